"""Our voice on a call: audio in, paced chunks out, and a record of what was heard of it."""

from collections.abc import Sequence
from typing import Literal

from pipeline.call.playout import Cut, Playout
from pipeline.call.turns import Speaker, Transcript
from pipeline.events import (
    KeepTurn,
    Mark,
    ModelAudio,
    Order,
    Play,
    Say,
    StopPlaying,
    Truncate,
)
from pipeline.ids import ItemId, MarkName


class Voice:
    """What the model and the attendant say, one after the other in one stream."""

    def __init__(self, transcript: Transcript, answered_by: Literal["model", "attendant"]) -> None:
        self._playout = Playout()
        self._transcript = transcript
        self._answered_by = answered_by
        self._saying: set[ItemId] = set()
        self._said = 0
        self._models: set[ItemId] = set()
        self.held: Sequence[Cut] = ()
        """What the last interruption left unheard, in order: it may yet be taken back."""

    @property
    def audible(self) -> bool:
        """Whether the caller hears us, or is about to."""
        return self._playout.audible

    @property
    def dropped_bytes(self) -> int:
        """Audio that was dropped because a minute of it was waiting already."""
        return self._playout.dropped_bytes

    @property
    def pending(self) -> bool:
        """Whether the attendant was told to say something that has not come whole."""
        return bool(self._saying)

    def say(self, text: str) -> list[Order]:
        """Have the attendant say these words, whoever answers."""
        self._said += 1
        item_id = ItemId(f"say-{self._said}")
        self._saying.add(item_id)
        return [Say(item_id, text)]

    def add(self, fact: ModelAudio, now: float) -> None:
        """Audio came."""
        speaker: Speaker = "attendant" if fact.item_id in self._saying else self._answered_by
        if speaker == "model":
            self._models.add(fact.item_id)
        self._transcript.begin(fact.item_id, speaker, now)
        self._playout.add(fact.item_id, fact.payload)

    def complete(self, item_id: ItemId) -> None:
        """All audio of an item has come."""
        self._saying.discard(item_id)
        self._playout.complete(item_id)

    def said(self, item_id: ItemId, text: str) -> list[Order]:
        """The words of an item came."""
        turn = self._transcript.we_said(item_id, text)
        return [KeepTurn(turn)] if turn else []

    def reached(self, mark: MarkName, now: float) -> None:
        """The carrier echoed a mark."""
        self._playout.reached(mark, now)

    def pump(self, now: float) -> list[Order]:
        """Audio that may leave now, each chunk with its mark; and the turns that were heard."""
        self._playout.overdue(now)
        orders: list[Order] = []
        for chunk in self._playout.due(now):
            orders += (Play(chunk.payload), Mark(chunk.mark))
        return orders + self._heard()

    def deadline(self, now: float) -> float | None:
        """When to pump again, if nothing happens before."""
        return self._playout.deadline(now)

    def stop(self, now: float) -> list[Order]:
        """Fall silent at once. What was queued behind the item that played was not heard at all;
        the attendant's items are none of the model's business."""
        if not self.audible:
            return []
        cuts = self._playout.interrupt(now)
        self.held = cuts
        orders: list[Order] = [StopPlaying()]
        orders += [Truncate(c.item_id, c.heard_ms) for c in cuts if c.item_id in self._models]
        for cut in cuts:
            turn = self._transcript.cut(cut.item_id, cut.heard_ms, cut.whole_ms)
            if turn is not None:
                orders.append(KeepTurn(turn))
        return orders + self._heard()

    def _heard(self) -> list[Order]:
        turns = [self._transcript.heard(*heard) for heard in self._playout.heard()]
        return [KeepTurn(turn) for turn in turns if turn is not None]
