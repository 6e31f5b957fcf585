"""Both ends of a call for the voice bench: a carrier that brings a caller, a model that talks.

They are no judges: whether the messages are right, tests say. They keep time, echo marks when the
audio before them has been played, and see what arrives when. A model that is told to leave
responses to its client waits for response.create; any other speaks when its turn has come.
"""

import json
import random
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from scripts.bench_voice_loop import Line, Loop
from scripts.bench_voice_wire import (
    BYTES_PER_MS,
    CLOSE,
    DELTA_MS,
    FRAME_MS,
    PING,
    PONG,
    STAMP_CHARS,
    TEXT,
    accept,
    delta,
    event,
    frame,
    heard_stamp,
    mark,
    media,
    stamp,
    stamped,
    started,
    unmasked,
    upgrade,
)

MS = 1_000_000
"""In ns."""
NS_PER_BYTE = MS // BYTES_PER_MS
SPEAKS_MS = 3000
PAUSE_MS = 2000
CALLER_MS = 1000
"""After what the model says is over: a pause, then the caller's turn."""
BREAKS_IN_MS = 1000
"""Into what the model says, on those turns that are broken into."""
DELTA_EVERY_MS = 100
"""A model makes speech faster than it is spoken: here twice as fast."""
THINKS_MS = 20

EXACTLY = re.compile(r'Say exactly: "(.*)" Say nothing else', re.DOTALL)
MEDIA, PAYLOAD, CLEAR = b'{"event":"media"', b'"payload":"', b'"event":"clear"'


@dataclass(slots=True)
class Seen:
    """What was measured, in ns, while it was to be measured."""

    measuring: bool = False
    up: list[int] = field(default_factory=list)
    """Carrier to model."""
    down: list[int] = field(default_factory=list)
    """Model to carrier, first audio of a turn, with nothing queued."""
    clear: list[int] = field(default_factory=list)
    """From the model's speech_started to the carrier's clear."""
    late: list[int] = field(default_factory=list)
    """By how much our own frames left late."""
    disordered: int = 0
    down_lost: int = 0
    """Of 20 ms."""
    turns: int = 0
    ended: int = 0
    """Connections that ended before they should."""
    troubles: dict[str, int] = field(default_factory=dict)

    def trouble(self, what: str) -> None:
        """Something that should not be."""
        self.troubles[what] = self.troubles.get(what, 0) + 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where and as what a carrier connects."""

    port: int
    path: str
    signature: str
    account: str
    call_sid: str
    token: str


class Carrier:
    """One call's carrier."""

    def __init__(self, loop: Loop, line: Line, index: int, place: Place, seen: Seen) -> None:
        self._loop, self._line, self._seen = loop, line, seen
        self.index, self._place = index, place
        self.sent = self.received = 0
        """Frames of the caller's, at this end and at the model's."""
        self.turn_bytes = 0
        """Of the turn that is being heard."""
        self.heard_turns = 0
        self.cut_at = 0
        """When the model told that the caller breaks in, and no clear has come; else 0."""
        self._answer = b""
        self._until = 0
        self._marks: deque[str] = deque()
        self._generation = 0
        self.stopped = False
        line.take, line.ended = self._handshake, self._ended
        line.send(upgrade(place.path, place.port, place.signature))

    def stop(self) -> None:
        """No more frames."""
        self.stopped = True

    def close(self) -> None:
        """Hang up."""
        self.stop()
        stop = {"event": "stop", "streamSid": f"MZ{self.index:032x}", "stop": {}}
        self._line.send(frame(json.dumps(stop).encode(), masked=True))
        self._line.close()

    def _handshake(self, data: bytes, now: int) -> None:
        self._answer += data
        if b"\r\n\r\n" not in self._answer:
            return
        answer, _, rest = self._answer.partition(b"\r\n\r\n")
        if b" 101 " not in answer.partition(b"\r\n")[0]:
            self._seen.trouble(answer.partition(b"\r\n")[0].decode("latin-1"))
            self._ended()
            return
        place = self._place
        self._line.take = self._take
        for message in started(self.index, place.account, place.call_sid, place.token):
            self._line.send(message)
        self._due = now + int(random.random() * FRAME_MS * MS)  # noqa: S311 - no secret
        self._loop.at(self._due, self._speak)
        if rest:
            self._take(rest, now)

    def _speak(self, now: int) -> None:
        """20 ms of the caller's, at their moment."""
        if self.stopped:
            return
        if self._seen.measuring:
            self._seen.late.append(now - self._due)
        self._line.send(media(self.index, self.sent, now))
        self.sent += 1
        self._due += FRAME_MS * MS
        self._loop.at(self._due, self._speak)

    def _take(self, data: bytes, now: int) -> None:
        for kind, whole, start, end, _ in self._line.reader.feed(data):
            if whole.startswith(MEDIA, start):
                self._hear(whole, start, end, now)
            elif whole.find(CLEAR, start, end) >= 0:
                self._clear(now)
            elif kind == TEXT:
                self._mark(json.loads(whole[start:end]), now)
            elif kind == PING:
                self._line.send(frame(whole[start:end], masked=True, kind=PONG))
            elif kind == CLOSE:
                self._ended()

    def _hear(self, data: bytes, start: int, end: int, now: int) -> None:
        at = data.find(PAYLOAD, start, end) + len(PAYLOAD)
        chars = data.rfind(b'"', at, end) - at
        size = chars // 4 * 3 - data.count(b"=", at + chars - 2, at + chars)
        first = stamped(data[at : at + STAMP_CHARS])
        if first is not None and first[2]:
            if first[0] != self.index:
                self._seen.trouble("audio of another call")
            if self._seen.measuring and now >= self._until and not self._marks:
                self._seen.down.append(now - first[2])
            self.turn_bytes = 0
            self.heard_turns += 1
        self.turn_bytes += size
        self._until = max(self._until, now) + size * NS_PER_BYTE

    def _clear(self, now: int) -> None:
        if self.cut_at and self._seen.measuring:
            self._seen.clear.append(now - self.cut_at)
        self.cut_at = 0
        self._until = now
        self._generation += 1
        while self._marks:
            self._line.send(mark(self.index, self._marks.popleft()))

    def _mark(self, message: dict[str, Any], now: int) -> None:
        if message.get("event") != "mark":
            self._seen.trouble(f"carrier got {message.get('event')}")
            return
        self._marks.append(message["mark"]["name"])
        generation = self._generation

        def reached(_: int) -> None:
            if generation == self._generation and self._marks:
                self._line.send(mark(self.index, self._marks.popleft()))

        self._loop.at(max(self._until, now), reached)

    def _ended(self) -> None:
        if not self.stopped:
            self._seen.ended += 1
            self._seen.trouble("a carrier's connection ended")
        self.stop()


class Model:
    """One connection of a model that speaks and listens in turns."""

    def __init__(
        self, loop: Loop, line: Line, carriers: dict[int, Carrier], seen: Seen, interrupted: float
    ) -> None:
        """`interrupted`: the share of its turns that are broken into."""
        self._loop, self._line, self._carriers, self._seen = loop, line, carriers, seen
        self._interrupted = interrupted
        self._carrier: Carrier | None = None
        self._asked = b""
        self._by_itself = True
        self._turn = 0
        self._left = 0
        """Deltas of the response that runs."""
        self._tag = self._text = ""
        self._response = self._item = ""
        line.take, line.ended = self._handshake, self._ended

    def _handshake(self, data: bytes, now: int) -> None:
        self._asked += data
        asked, ended, rest = self._asked.partition(b"\r\n\r\n")
        if ended:
            self._line.take = self._take
            self._line.send(accept(asked + ended))
            self._send("session.created", session={"type": "realtime"})
            self._take(rest, now)

    def _take(self, data: bytes, now: int) -> None:
        for kind, whole, start, end, mask in self._line.reader.feed(data):
            if (heard := heard_stamp(whole, start, end, mask)) is not None:
                self._hear(*heard, now)
            elif kind == TEXT:
                self._obey(json.loads(unmasked(whole[start:end], mask)), now)
            elif kind == PING:
                self._line.send(frame(unmasked(whole[start:end], mask), kind=PONG))
            elif kind == CLOSE:
                self._ended()

    def _hear(self, call: int, number: int, sent_at: int, now: int) -> None:
        carrier = self._carrier
        if carrier is None:
            carrier = self._carrier = self._carriers[call]
        if self._seen.measuring:
            self._seen.up.append(now - sent_at)
        if number != carrier.received & 0xFFFF or call != carrier.index:
            self._seen.disordered += 1
        carrier.received += 1

    def _obey(self, message: dict[str, Any], now: int) -> None:
        match message["type"]:
            case "session.update":
                heard = message["session"].get("audio", {}).get("input", {})
                detection = heard.get("turn_detection") or {}
                self._by_itself = detection.get("create_response", True)
                self._send("session.updated", session=message["session"])
                if self._by_itself:
                    self._loop.at(now + THINKS_MS * MS, self._begin)
            case "response.create":
                asked = message.get("response", {})
                self._tag = asked.get("metadata", {}).get("tag", "")
                exactly = EXACTLY.search(asked.get("instructions", ""))
                self._text = exactly[1] if exactly else "Of course."
                self._begin(now)
            case "response.cancel":
                self._cancel()
            case "conversation.item.create" | "conversation.item.truncate":
                pass
            case other:
                self._seen.trouble(f"model got {other}")

    def _begin(self, now: int) -> None:
        if self._left:
            self._seen.trouble("response.create while a response runs")
            return
        self._turn += 1
        self._response, self._item = f"resp_{self._turn}", f"item_{self._turn}"
        self._left = SPEAKS_MS // DELTA_MS
        self._send(
            "response.created",
            response={"id": self._response, "metadata": {"tag": self._tag}, "output": []},
        )
        item = {"id": self._item, "type": "message", "role": "assistant", "content": []}
        self._about("response.output_item.added", item=item)
        turn = self._turn
        self._loop.at(now + THINKS_MS * MS, lambda at: self._say(turn, at))

    def _say(self, turn: int, now: int) -> None:
        """200 ms of it, and so on until it is said or cut."""
        if turn != self._turn or not self._left:
            return
        first = self._left == SPEAKS_MS // DELTA_MS
        call = self._carrier.index if self._carrier else 0
        chars = stamp(call, turn, now if first else 0)
        self._line.send(delta(self._response, self._item, chars))
        self._about("response.output_audio_transcript.delta", delta="word ", content_index=0)
        self._left -= 1
        if first:
            cut = turn > 1 and random.random() < self._interrupted  # noqa: S311 - no secret
            after = BREAKS_IN_MS if cut else SPEAKS_MS + PAUSE_MS
            self._loop.at(now + after * MS, lambda at: self._caller_begins(cut, at))
        if self._left:
            self._loop.at(now + DELTA_EVERY_MS * MS, lambda at: self._say(turn, at))
        else:
            self._done("completed")

    def _done(self, status: str) -> None:
        self._left = 0
        text = self._text or "Of course."
        self._about("response.output_audio.done", content_index=0)
        if status == "completed":
            self._about("response.output_audio_transcript.done", transcript=text)
        usage = {"input_tokens": 100, "output_tokens": 60, "total_tokens": 160}
        self._send(
            "response.done",
            response={"id": self._response, "status": status, "output": [], "usage": usage},
        )

    def _cancel(self) -> None:
        if self._left:
            self._done("cancelled")

    def _caller_begins(self, cut: bool, now: int) -> None:
        carrier = self._carrier
        if carrier is None or carrier.stopped:
            return
        if self._seen.measuring:
            self._seen.turns += 1
        if cut:
            carrier.cut_at = now
        else:
            missing = SPEAKS_MS * BYTES_PER_MS - carrier.turn_bytes
            self._seen.down_lost += max(0, missing) // (FRAME_MS * BYTES_PER_MS)
        heard = f"item_{carrier.index}_heard_{self._turn}"
        self._send("input_audio_buffer.speech_started", item_id=heard, audio_start_ms=self._turn)
        if self._by_itself:
            self._cancel()
        self._loop.at(now + CALLER_MS * MS, lambda at: self._caller_ends(heard, at))

    def _caller_ends(self, heard: str, now: int) -> None:
        self._send("input_audio_buffer.speech_stopped", item_id=heard, audio_end_ms=self._turn)
        self._send("input_audio_buffer.committed", item_id=heard, previous_item_id=None)
        self._send(
            "conversation.item.input_audio_transcription.completed",
            item_id=heard,
            content_index=0,
            transcript="How much is it?",
        )
        if self._by_itself:
            self._begin(now)

    def _about(self, kind: str, **fields: Any) -> None:
        self._send(kind, response_id=self._response, item_id=self._item, output_index=0, **fields)

    def _send(self, kind: str, **fields: Any) -> None:
        self._line.send(event(kind, **fields))

    def _ended(self) -> None:
        if self._carrier is None or not self._carrier.stopped:
            self._seen.ended += 1
            self._seen.trouble("a model's connection ended")
