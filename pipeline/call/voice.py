"""Our voice on a call: audio in, paced chunks out, and a record of what was heard of it."""

from collections.abc import Sequence
from typing import Literal

from pipeline.call.playout import BYTES_PER_MS, Cut, Playout
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
from pipeline.ids import ItemId, MarkName, ResponseId

SAY_SECONDS = 5.0
"""Between two pieces of what the attendant was told to say; then it is given up."""


class Voice:
    """What the model and the attendant say, one after the other in one stream."""

    def __init__(self, transcript: Transcript, answered_by: Literal["model", "attendant"]) -> None:
        self._playout = Playout()
        self._transcript = transcript
        self._answered_by = answered_by
        self._saying: dict[ItemId, float] = {}
        """What the attendant was told to say and has not said whole, and when we give it up."""
        self._said = 0
        self._models: set[ItemId] = set()
        self._coming: dict[ItemId, ResponseId] = {}
        """Items of responses of which more may come."""
        self._refused: set[ItemId] = set()
        """Items of which nothing more is played."""
        self.spoke: ResponseId | None = None
        """The response that was last heard of."""
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

    def say(self, text: str, now: float) -> list[Order]:
        """Have the attendant say these words, whoever answers."""
        self._said += 1
        item_id = ItemId(f"say-{self._said}")
        self._saying[item_id] = now + SAY_SECONDS
        return [Say(item_id, text)]

    def add(self, fact: ModelAudio, now: float, *, wanted: bool) -> list[Order]:
        """Audio came. What is not wanted is dropped, and so is the rest of an item that was cut;
        of an item that nobody heard anything of, the model must know that."""
        item_id = fact.item_id
        if not wanted or item_id in self._refused:
            self._transcript.missed(item_id, len(fact.payload) // BYTES_PER_MS)
            if item_id in self._refused or self._answered_by != "model" or item_id in self._models:
                return []
            self._refused.add(item_id)
            return [Truncate(item_id, 0)]
        speaker: Speaker = self._answered_by
        if item_id in self._saying:
            speaker = "attendant"
            self._saying[item_id] = now + SAY_SECONDS
        else:
            self._coming[item_id] = self.spoke = fact.response_id
        if speaker == "model":
            self._models.add(item_id)
        self._transcript.begin(item_id, speaker, now)
        self._playout.add(item_id, fact.payload)
        return []

    def complete(self, item_id: ItemId) -> None:
        """All audio of an item has come."""
        self._saying.pop(item_id, None)
        self._coming.pop(item_id, None)
        self._refused.add(item_id)
        self._playout.complete(item_id)

    def finish(self, response_id: ResponseId | None = None) -> None:
        """No more will come of this response, or of any: what came of it is all there is."""
        for item_id, of in list(self._coming.items()):
            if response_id in (None, of):
                self.complete(item_id)

    def saying(self, item_id: ItemId, text: str) -> None:
        """More words of an item came."""
        self._transcript.we_are_saying(item_id, text)

    def said(self, item_id: ItemId, text: str) -> list[Order]:
        """The words of an item came."""
        turn = self._transcript.we_said(item_id, text)
        return [KeepTurn(turn)] if turn else []

    def reached(self, mark: MarkName, now: float) -> None:
        """The carrier echoed a mark."""
        self._playout.reached(mark, now)

    def pump(self, now: float) -> list[Order]:
        """Audio that may leave now, each chunk with its mark; and the turns that were heard."""
        for item_id in [item_id for item_id, by in self._saying.items() if now >= by]:
            self.complete(item_id)
        orders: list[Order] = []
        for chunk in self._playout.due(now):
            orders += (Play(chunk.payload), Mark(chunk.mark))
        return orders + self._heard()

    def deadline(self, now: float) -> float | None:
        """When to pump again, if nothing happens before."""
        due = [self._playout.deadline(now), *self._saying.values()]
        return min((at for at in due if at is not None), default=None)

    def stop(self, now: float) -> list[Order]:
        """Fall silent at once. What was queued behind the item that played was not heard at all;
        the attendant's items are none of the model's business."""
        self._refused.update(self._saying)
        self._saying.clear()
        if not self.audible:
            return []
        cuts = self._playout.interrupt(now)
        self.held = cuts
        orders: list[Order] = [StopPlaying()]
        for cut in cuts:
            self._refused.add(cut.item_id)
            self._coming.pop(cut.item_id, None)
            if cut.item_id in self._models:
                orders.append(Truncate(cut.item_id, cut.heard_ms))
        for cut in cuts:
            turn = self._transcript.cut(cut.item_id, cut.heard_ms, cut.whole_ms)
            if turn is not None:
                orders.append(KeepTurn(turn))
        return orders + self._heard()

    def _heard(self) -> list[Order]:
        turns = [self._transcript.heard(*heard) for heard in self._playout.heard()]
        return [KeepTurn(turn) for turn in turns if turn is not None]
