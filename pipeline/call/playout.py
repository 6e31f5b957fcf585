"""What waits to be played, what was sent to the carrier, and what the caller has heard.

The carrier buffers our audio, so sending is not hearing. We send chunks of at most 200 ms, at
most 400 ms ahead of what was played, with a mark behind each; the carrier echoes a mark when it
has played past it. Between two echoes the ledger goes on with the clock, never past what was
sent. So little is on the carrier's side that what is unheard is nearly all still here, and may
be kept when the caller breaks in.

Hard is that echoes are late, may lie or stay away: each tells of a moment one round trip ago, and
a ledger that took it for now would let a distant carrier run dry; those of chunks that were
cleared come back too (their generation is over); and a carrier that echoes nothing must not keep
a call waiting, so audio counts as heard a while after it should have been.
"""

from collections import deque
from dataclasses import dataclass, field

from pipeline.ids import ItemId, MarkName

BYTES_PER_MS = 8  # G.711: 8000 samples a second, one byte each
FRAME_BYTES = 160
SILENCE = b"\xff"
CHUNK_MS = 200
AHEAD_MS = 400
LOW_MS = 100
"""With less than this on its way, what there is leaves without waiting for a whole chunk."""
MOST_WAITING_MS = 60_000
SLACK_SECONDS = 1.5
"""How long an echo may be overdue."""
ROUND_TRIP_SECONDS = 0.5
"""An echo may be behind what it tells of by its way and the way of the audio, so long at most."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Audio that may leave now, and the mark to plant behind it."""

    item_id: ItemId
    payload: bytes
    mark: MarkName


@dataclass(frozen=True, slots=True)
class Cut:
    """An item that was not heard to its end."""

    item_id: ItemId
    heard_ms: int
    whole_ms: int
    """Of it that had come when it was cut."""
    unheard: bytes = field(repr=False)
    """From the last sample heard on."""


@dataclass(slots=True)
class _Item:
    item_id: ItemId
    waiting: bytearray = field(default_factory=bytearray)
    complete: bool = False
    came: int = 0
    """Bytes of it that came."""
    sent: int = 0
    heard: int = 0
    """Bytes acknowledged, or overdue."""

    @property
    def is_over(self) -> bool:
        """All of it came, was sent and heard."""
        return self.complete and not self.waiting and self.heard == self.sent

    @property
    def size(self) -> int:
        """Bytes of the next chunk: whole frames, but for the rest of a complete item."""
        size = min(len(self.waiting), CHUNK_MS * BYTES_PER_MS)
        return size if self.complete else size - size % FRAME_BYTES


@dataclass(slots=True)
class _Sent:
    chunk: Chunk
    item: _Item
    ends_ms: float
    """Its end on the clock of this burst."""
    ends_at: float
    """When that should be."""


@dataclass(slots=True)
class _Burst:
    """The clock of what was sent since the carrier last ran dry, in ms of audio."""

    sent_ms: float = 0.0
    _ms: float = 0.0
    """Where the caller was, at the moment _at."""
    _at: float = 0.0
    _late: float | None = None
    """By so much, in seconds, its first echo came later than its chunk should have ended."""

    def position(self, now: float) -> float:
        """Ms of it that the caller has heard."""
        return min(self.sent_ms, self._ms + max(0.0, now - self._at) * 1000)

    def dry_at(self) -> float:
        """When the caller will have heard it all."""
        return self._at + (self.sent_ms - self._ms) / 1000

    def send(self, ms: float, now: float) -> None:
        """So much more was sent."""
        if self.position(now) >= self.sent_ms:  # the carrier waited for it
            self._ms, self._at = self.sent_ms, now
        self.sent_ms += ms

    def reached(self, sent: _Sent, now: float) -> None:
        """An echo came. The caller is past its chunk; how far the clock may be beyond that, the
        first echo tells, for which the carrier had nothing else to play before."""
        if self._late is None:
            self._late = min(max(0.0, now - sent.ends_at), ROUND_TRIP_SECONDS)
        likely = min(self.position(now), sent.ends_ms + self._late * 1000)
        self._ms, self._at = max(sent.ends_ms, likely), now


class Playout:
    """One media socket's ledger."""

    def __init__(self) -> None:
        self._items: deque[_Item] = deque()
        self._sent: deque[_Sent] = deque()
        self._burst = _Burst()
        self._generation = 0
        self._count = 0
        self._heard: list[tuple[ItemId, int]] = []
        self.dropped_bytes = 0

    @property
    def audible(self) -> bool:
        """Whether the caller hears us now or is about to."""
        return bool(self._sent) or any(item.waiting for item in self._items)

    def add(self, item_id: ItemId, payload: bytes) -> None:
        """Audio came. Beyond a minute that nobody has heard yet it is dropped and counted."""
        item = self._item(item_id)
        if item is None:
            item = _Item(item_id)
            self._items.append(item)
        room = MOST_WAITING_MS * BYTES_PER_MS - sum(len(each.waiting) for each in self._items)
        kept = payload[: max(0, room)]
        self.dropped_bytes += len(payload) - len(kept)
        item.waiting += kept
        item.came += len(kept)

    def complete(self, item_id: ItemId) -> None:
        """No more of this item will come; it is padded with silence to whole frames."""
        item = self._item(item_id)
        if item is None:
            return  # nothing of it came, or it was cut
        item.complete = True
        item.waiting += SILENCE * (-len(item.waiting) % FRAME_BYTES)
        self._forget_heard()

    def due(self, now: float) -> list[Chunk]:
        """The chunks that may leave now. What was sent so long ago that it must have been played
        counts as heard before."""
        if self._sent and now >= self._burst.dry_at() + SLACK_SECONDS:
            self.reached(self._sent[-1].chunk.mark, now)
        chunks = []
        while (item := self._first_waiting()) is not None and self._leaves_at(item, now) <= now:
            chunks.append(self._send(item, now))
        return chunks

    def deadline(self, now: float) -> float | None:
        """When to ask `due` again, if nothing happens before; None: not at all."""
        item = self._first_waiting()
        if item is not None:
            return self._leaves_at(item, now)
        return self._burst.dry_at() + SLACK_SECONDS if self._sent else None

    def reached(self, mark: MarkName, now: float) -> None:
        """The carrier played past `mark`."""
        if not any(each.chunk.mark == mark for each in self._sent):
            return  # cleared, or never ours
        while self._sent:
            sent = self._sent.popleft()
            sent.item.heard += len(sent.chunk.payload)
            if sent.chunk.mark == mark:
                self._burst.reached(sent, now)
                break
        self._forget_heard()

    def heard(self) -> list[tuple[ItemId, int]]:
        """Items heard to their end since this was last asked, with their length in ms."""
        heard, self._heard = self._heard, []
        return heard

    def interrupt(self, now: float) -> list[Cut]:
        """Throw away what is unheard; say, in order, what was cut and where."""
        if not self.audible:
            return []
        played = self._burst.position(now)
        for sent in self._sent:
            length_ms = len(sent.chunk.payload) / BYTES_PER_MS
            within = min(length_ms, max(0.0, played - (sent.ends_ms - length_ms)))
            sent.item.heard += int(within + 0.001) * BYTES_PER_MS
        cuts = []
        for item in self._items:
            if item.complete and item.heard >= item.came:
                self._heard.append((item.item_id, item.came // BYTES_PER_MS))
            else:
                cuts.append(self._cut(item))
        self._items.clear()
        self._sent.clear()
        self._generation += 1
        return cuts

    def _cut(self, item: _Item) -> Cut:
        heard = min(item.heard, item.came)
        on_its_way = b"".join(s.chunk.payload for s in self._sent if s.item is item)
        begins = item.sent - len(on_its_way)
        unheard = on_its_way[max(0, heard - begins) :] + bytes(item.waiting)
        return Cut(item.item_id, heard // BYTES_PER_MS, item.came // BYTES_PER_MS, unheard)

    def _item(self, item_id: ItemId) -> _Item | None:
        return next((item for item in self._items if item.item_id == item_id), None)

    def _first_waiting(self) -> _Item | None:
        return next((item for item in self._items if item.size), None)

    def _leaves_at(self, item: _Item, now: float) -> float:
        """When the next chunk of it may leave."""
        if not self._sent:
            return now
        whole = item.size == CHUNK_MS * BYTES_PER_MS or item.complete
        most_ahead = AHEAD_MS - item.size / BYTES_PER_MS if whole else LOW_MS
        ahead = self._burst.sent_ms - self._burst.position(now)
        return now + max(0.0, ahead - most_ahead) / 1000

    def _send(self, item: _Item, now: float) -> Chunk:
        payload = bytes(item.waiting[: item.size])
        del item.waiting[: len(payload)]
        item.sent += len(payload)
        if not self._sent:
            self._burst = _Burst()
        self._burst.send(len(payload) / BYTES_PER_MS, now)
        self._count += 1
        chunk = Chunk(item.item_id, payload, MarkName(f"{self._generation}.{self._count}"))
        self._sent.append(_Sent(chunk, item, self._burst.sent_ms, self._burst.dry_at()))
        return chunk

    def _forget_heard(self) -> None:
        while self._items and self._items[0].is_over:
            item = self._items.popleft()
            self._heard.append((item.item_id, item.came // BYTES_PER_MS))
