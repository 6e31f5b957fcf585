"""A conversation as the Realtime API keeps it: items in order, tool calls, answers, tokens.

Tokens are counted as OpenAI does: a caller's audio 10 a second, the model's 20, words a quarter of
their characters. Every response is charged with all that went before, what it shares with the
response before it at the price of a cache.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.simulators.realtime_events import Event, Refused


@dataclass(slots=True)
class Item:
    """One item, as it is shown to clients, and what it weighs."""

    shown: Event
    text: str = ""
    caller_ms: int = 0
    model_ms: int = 0

    @property
    def item_id(self) -> str:
        return str(self.shown["id"])

    @property
    def tokens(self) -> tuple[int, int]:
        """(text, audio)."""
        return -(-len(self.text) // 4), self.caller_ms // 100 + self.model_ms // 50


@dataclass(slots=True)
class Conversation:
    """Items in their order."""

    items: list[Item] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)
    """By the id of a tool call that is complete: how often it was answered."""
    fresh: list[str] = field(default_factory=list)
    """What the tools answered since the caller last spoke."""
    _cached: tuple[int, int] = (0, 0)

    def find(self, item_id: str) -> Item | None:
        """By its id."""
        return next((each for each in self.items if each.item_id == item_id), None)

    def before(self, item: Item) -> str | None:
        """The id of the one before it; None if it is the first, or gone."""
        ids = [each.item_id for each in self.items]
        place = ids.index(item.item_id) if item.item_id in ids else 0
        return ids[place - 1] if place else None

    def add(self, item: Item, after: str | None = None) -> str | None:
        """Put it at the end, or after another ('root': first); the id it comes after.

        Raises Refused for an id that is taken or not there.
        """
        if self.find(item.item_id):
            raise Refused(
                "item_create_duplicate_id",
                f"Error adding item: item with id '{item.item_id}' already exists.",
                param="item.id",
            )
        place = len(self.items)
        if after == "root":
            place = 0
        elif after is not None:
            before = self.find(after)
            if before is None:
                raise Refused(
                    "item_create_invalid_previous_item_id",
                    f"Error adding item: the previous item with id '{after}' does not exist.",
                    param="previous_item_id",
                )
            place = self.items.index(before) + 1
        self.items.insert(place, item)
        return self.before(item)

    def create(self, shown: Event, after: str | None) -> str | None:
        """An item that a client made; the id it comes after. Raises Refused."""
        text = shown.get("output") or shown.get("arguments") or ""
        if shown["type"] == "message":
            text = words_of(shown)
        if shown["type"] == "function_call" and shown.get("call_id"):
            self.answers[shown["call_id"]] = 0
        if shown["type"] == "function_call_output":
            call_id = shown["call_id"]
            if call_id not in self.answers:
                raise Refused(
                    "invalid_tool_call_id",
                    f"Tool call ID '{call_id}' not found in conversation.",
                    param="item.call_id",
                )
            self.answers[call_id] += 1
            self.fresh.append(text)
        return self.add(Item(shown, text), after)

    def truncate(self, item_id: str, content_index: int, audio_end_ms: int) -> None:
        """The caller heard only so much. Raises Refused as the server does."""
        item = self.find(item_id)
        if item is None or item.shown.get("role") != "assistant":
            raise Refused(
                "item_truncate_invalid_item_id",
                f"Error truncating item: item with id '{item_id}' not found.",
                param="item_id",
            )
        if content_index != 0 or audio_end_ms < 0:
            raise Refused("invalid_value", "Invalid content_index or audio_end_ms.")
        if audio_end_ms > item.model_ms:
            raise Refused(
                "invalid_value",
                f"Audio content of {item.model_ms}ms is already shorter than {audio_end_ms}ms",
                param="audio_end_ms",
            )
        item.model_ms, item.text = audio_end_ms, ""
        for content in item.shown["content"]:
            content.pop("transcript", None)

    def delete(self, item_id: str) -> None:
        """Raises Refused for one that is not there."""
        item = self.find(item_id)
        if item is None:
            raise Refused(
                "item_delete_invalid_item_id",
                f"Error deleting item: item with id '{item_id}' not found.",
                param="item_id",
            )
        self.items.remove(item)

    def usage(self, session: Event, context: int, output: tuple[int, int]) -> dict[str, Any]:
        """What a response cost that began after so many items."""
        told = len(session.get("instructions") or "") + len(str(session.get("tools") or ""))
        text, audio = -(-told // 4), 0
        for item in self.items[:context]:
            text, audio = text + item.tokens[0], audio + item.tokens[1]
        cached = min(text, self._cached[0]), min(audio, self._cached[1])
        self._cached = text, audio
        return {
            "total_tokens": text + audio + sum(output),
            "input_tokens": text + audio,
            "output_tokens": sum(output),
            "input_token_details": {
                "text_tokens": text,
                "audio_tokens": audio,
                "image_tokens": 0,
                "cached_tokens": sum(cached),
                "cached_tokens_details": {
                    "text_tokens": cached[0],
                    "audio_tokens": cached[1],
                    "image_tokens": 0,
                },
            },
            "output_token_details": {"text_tokens": output[0], "audio_tokens": output[1]},
        }


def words_of(shown: Event) -> str:
    """The words of a message."""
    return " ".join(each.get("text") or each.get("transcript") or "" for each in shown["content"])
