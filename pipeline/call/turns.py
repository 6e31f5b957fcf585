"""Who said what on a call, and how much of it was heard."""

from dataclasses import dataclass, replace
from typing import Literal

from pipeline.ids import ItemId

Speaker = Literal["caller", "model", "attendant"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance. Stored again whenever more is known of it."""

    item_id: ItemId
    position: int
    """Its place in the call: the order in which things were said, not in which words came."""
    speaker: Speaker
    text: str
    """As far as it was heard; '' while nothing is known."""
    at_ms: int
    """When it began, in ms since this media socket started."""
    heard_ms: int | None = None
    """Of our own voice: how much of it the caller heard; None while it plays."""
    whole_ms: int = 0
    """Of our own voice: how long it was, once it was cut or heard to its end."""
    interrupted: bool = False


def heard_text(text: str, heard_ms: int, whole_ms: int) -> str:
    """The words of `text` that fit into what was heard of it, cut at a word.

    Speech has no word times here: words are taken to be spread evenly, and the last one counts
    only if the whole of it was heard.
    """
    if heard_ms >= whole_ms:
        return text
    room = int(len(text) * max(0, heard_ms) / max(1, whole_ms))
    return text[: text.rfind(" ", 0, room + 1)].rstrip() if " " in text[: room + 1] else ""


def noted(what: str) -> str:
    """What a caller did instead of speaking, in the place of words:
    '(The caller pressed 1 on the keypad.)'"""
    return f"(The caller {what}.)"


def is_noted(text: str) -> bool:
    """Whether a caller's words are no words, but `noted`."""
    return text.startswith("(The caller ")


class Transcript:
    """The turns of one media socket, in the order in which they were spoken.

    Words come late and in any order; a turn's place is kept from the moment it began.
    """

    def __init__(self, began: float) -> None:
        self._began = began
        self._turns: dict[ItemId, Turn] = {}
        self._words: dict[ItemId, str] = {}

    def begin(self, item_id: ItemId, speaker: Speaker, now: float) -> None:
        """Somebody begins to speak; a turn that has begun stays where it is."""
        if item_id not in self._turns:
            at_ms = int((now - self._began) * 1000)
            text = self._words.get(item_id, "")
            self._turns[item_id] = Turn(item_id, len(self._turns), speaker, text, at_ms)

    def caller_said(self, item_id: ItemId, text: str, now: float) -> Turn:
        """The caller's words."""
        self.begin(item_id, "caller", now)
        return self._set(replace(self._turns[item_id], text=text))

    def we_are_saying(self, item_id: ItemId, text: str) -> None:
        """More words of an item of ours: all that is known of them if it is cut now."""
        self._words[item_id] = self._words.get(item_id, "") + text

    def we_said(self, item_id: ItemId, text: str) -> Turn | None:
        """The words of an item of ours; None when nothing of it was to be heard."""
        self._words[item_id] = text
        turn = self._turns.get(item_id)
        if turn is None:
            return None
        if turn.interrupted and turn.heard_ms is not None:
            return self._set(replace(turn, text=heard_text(text, turn.heard_ms, turn.whole_ms)))
        return self._set(replace(turn, text=text))

    def heard(self, item_id: ItemId, heard_ms: int) -> Turn | None:
        """An item of ours was heard to its end."""
        turn = self._turns.get(item_id)
        if turn is None:
            return None
        text = turn.text or self._words.get(item_id, "")
        return self._set(replace(turn, text=text, heard_ms=heard_ms, whole_ms=heard_ms))

    def cut(self, item_id: ItemId, heard_ms: int, whole_ms: int) -> Turn | None:
        """An item of ours was heard only so far."""
        turn = self._turns.get(item_id)
        if turn is None:
            return None
        text = heard_text(self._words.get(item_id, ""), heard_ms, whole_ms)
        cut = replace(turn, text=text, heard_ms=heard_ms, whole_ms=whole_ms, interrupted=True)
        return self._set(cut)

    def missed(self, item_id: ItemId, ms: int) -> None:
        """More came of an item after it was cut: its words are spread over that too."""
        turn = self._turns.get(item_id)
        if turn is not None and turn.interrupted:
            self._set(replace(turn, whole_ms=turn.whole_ms + ms))

    def _set(self, turn: Turn) -> Turn:
        self._turns[turn.item_id] = turn
        return turn
