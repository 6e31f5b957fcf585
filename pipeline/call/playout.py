"""What waits to be played, what was sent to the carrier, and what the caller has heard.

The carrier buffers our audio, so sending is not hearing. We send chunks of at most 200 ms, at
most 400 ms ahead of what was played, with a mark behind each; the carrier echoes a mark when it
has played past it. Between two echoes the ledger goes on with the clock, never past what was
sent. So little is on the carrier's side that what is unheard is nearly all still here, and may
be kept when the caller breaks in.

Hard is that echoes may lie or stay away: those of chunks that were cleared come back too (their
generation is over), and a carrier that echoes nothing must not keep a call waiting, so audio
counts as heard a while after it should have been.
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


@dataclass(slots=True)
class _Sent:
    chunk: Chunk
    item: _Item
    ends_ms: float
    """Its end on the clock of this burst: ms sent since the carrier last ran dry."""


class Playout:
    """One media socket's ledger."""

    def __init__(self) -> None:
        self._items: deque[_Item] = deque()
        self._sent: deque[_Sent] = deque()
        self._generation = 0
        self._count = 0
        self._sent_ms = 0.0
        self._anchor_ms = 0.0
        self._anchor_at = 0.0
        self._heard: list[tuple[ItemId, int]] = []
        self.dropped_bytes = 0

    @property
    def audible(self) -> bool:
        """Whether the caller hears us now or is about to."""
        return bool(self._sent) or any(item.waiting for item in self._items)

    def add(self, item_id: ItemId, payload: bytes) -> None:
        """Audio came. Beyond a minute that nobody has heard yet it is dropped and counted."""
        item = self._item(item_id)
        room = MOST_WAITING_MS * BYTES_PER_MS - sum(len(each.waiting) for each in self._items)
        kept = payload[: max(0, room)]
        self.dropped_bytes += len(payload) - len(kept)
        item.waiting += kept
        item.came += len(kept)

    def complete(self, item_id: ItemId) -> None:
        """No more of this item will come; it is padded with silence to whole frames."""
        item = self._item(item_id)
        item.complete = True
        if item.waiting:
            item.waiting += SILENCE * (-len(item.waiting) % FRAME_BYTES)
        self._forget_heard()

    def due(self, now: float) -> list[Chunk]:
        """The chunks that may leave now."""
        chunks = []
        while (item := self._first_waiting()) is not None:
            size = self._size(item)
            if self._leaves_at(item, size, now) > now:
                break
            chunks.append(self._send(item, size, now))
        return chunks

    def deadline(self, now: float) -> float | None:
        """When to ask `due` or `overdue` again, if nothing happens before; None: not at all."""
        item = self._first_waiting()
        if item is not None:
            size = self._size(item)
            if size >= CHUNK_MS * BYTES_PER_MS or item.complete or self._sent:
                return self._leaves_at(item, size, now)
        return self._overdue_at() if self._sent else None

    def reached(self, mark: MarkName, now: float) -> None:
        """The carrier played past `mark`."""
        if not any(each.chunk.mark == mark for each in self._sent):
            return  # cleared, or never ours
        while self._sent:
            sent = self._sent.popleft()
            sent.item.heard += len(sent.chunk.payload)
            self._anchor_ms, self._anchor_at = sent.ends_ms, now
            if sent.chunk.mark == mark:
                break
        self._forget_heard()

    def overdue(self, now: float) -> None:
        """Count as heard what was sent so long ago that it must have been played."""
        if self._sent and now >= self._overdue_at():
            self.reached(self._sent[-1].chunk.mark, now)

    def heard(self) -> list[tuple[ItemId, int]]:
        """Items heard to their end since this was last asked, with their length in ms."""
        heard, self._heard = self._heard, []
        return heard

    def interrupt(self, now: float) -> list[Cut]:
        """Throw away what is unheard; say, in order, what was cut and where."""
        if not self.audible:
            return []
        played = self._position(now)
        for sent in self._sent:
            length_ms = len(sent.chunk.payload) / BYTES_PER_MS
            within = min(length_ms, max(0.0, played - (sent.ends_ms - length_ms)))
            sent.item.heard += int(within) * BYTES_PER_MS
        cuts = [self._cut(item) for item in self._items]
        self._items.clear()
        self._sent.clear()
        self._generation += 1
        return [cut for cut in cuts if cut is not None]

    def _cut(self, item: _Item) -> Cut | None:
        heard = min(item.heard, item.came)
        if item.complete and heard == item.came:
            self._heard.append((item.item_id, item.came // BYTES_PER_MS))
            return None
        on_its_way = b"".join(s.chunk.payload for s in self._sent if s.item is item)
        begins = item.sent - len(on_its_way)
        unheard = on_its_way[max(0, heard - begins) :] + bytes(item.waiting)
        return Cut(item.item_id, heard // BYTES_PER_MS, item.came // BYTES_PER_MS, unheard)

    def _item(self, item_id: ItemId) -> _Item:
        for item in self._items:
            if item.item_id == item_id:
                return item
        self._items.append(_Item(item_id))
        return self._items[-1]

    def _first_waiting(self) -> _Item | None:
        return next((item for item in self._items if item.waiting), None)

    def _size(self, item: _Item) -> int:
        """Bytes of the next chunk: whole frames, but for the rest of a complete item."""
        size = min(len(item.waiting), CHUNK_MS * BYTES_PER_MS)
        return size if size < FRAME_BYTES else size - size % FRAME_BYTES

    def _leaves_at(self, item: _Item, size: int, now: float) -> float:
        """When a chunk of this size may leave."""
        if not self._sent:
            return now
        whole = size == CHUNK_MS * BYTES_PER_MS or item.complete
        most_ahead = AHEAD_MS - size / BYTES_PER_MS if whole else LOW_MS
        ahead = self._sent_ms - self._position(now)
        return now + max(0.0, ahead - most_ahead) / 1000

    def _send(self, item: _Item, size: int, now: float) -> Chunk:
        payload = bytes(item.waiting[:size])
        del item.waiting[:size]
        if not self._sent:
            self._sent_ms = self._anchor_ms = 0.0
            self._anchor_at = now
        item.sent += size
        self._sent_ms += size / BYTES_PER_MS
        self._count += 1
        chunk = Chunk(item.item_id, payload, MarkName(f"{self._generation}.{self._count}"))
        self._sent.append(_Sent(chunk, item, self._sent_ms))
        return chunk

    def _position(self, now: float) -> float:
        """Ms of this burst that the caller has heard."""
        since = (now - self._anchor_at) * 1000
        return self._anchor_ms + min(max(0.0, since), self._sent_ms - self._anchor_ms)

    def _overdue_at(self) -> float:
        return self._anchor_at + (self._sent_ms - self._anchor_ms) / 1000 + SLACK_SECONDS

    def _forget_heard(self) -> None:
        while self._items and self._items[0].is_over:
            item = self._items.popleft()
            self._heard.append((item.item_id, item.came // BYTES_PER_MS))
