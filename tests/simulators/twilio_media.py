"""A call's audio on a WebSocket, as Twilio's <Connect><Stream> brings it.

Hard is to be honest about playing: what we are sent waits in a buffer that empties at the pace of
speech, a mark comes back when that has reached it, and what is cleared was never heard.
https://www.twilio.com/docs/voice/media-streams/websocket-messages
"""

import asyncio
import base64
import binascii
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aiohttp

from tests.simulators.twilio_sound import BYTES_PER_MS, FRAME_BYTES, FRAME_MS

BINARY, INVALID = 31950, 31951
CLOSE_SECONDS = 2.0

Note = Callable[..., None]
"""Called with what happened and its details."""


class Playout:
    """What we were sent and is not yet played, with the marks in it."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._played = self._taken = 0
        self._marks: deque[tuple[int, str]] = deque()

    @property
    def waiting_ms(self) -> int:
        """How much is still to be heard."""
        return len(self._waiting) // BYTES_PER_MS

    def add(self, audio: bytes) -> None:
        """Audio arrives."""
        self._waiting += audio
        self._taken += len(audio)

    def mark(self, name: str) -> Sequence[str]:
        """A mark arrives; it comes back at once when nothing waits."""
        self._marks.append((self._taken, name))
        return self._reached()

    def clear(self) -> Sequence[str]:
        """Throw everything away; the marks that come back for it."""
        self._waiting.clear()
        self._played = self._taken
        return self._reached()

    def play(self) -> tuple[bytes, Sequence[str]]:
        """20 ms of what the caller hears, and the marks that are reached with them."""
        frame = bytes(self._waiting[:FRAME_BYTES])
        del self._waiting[:FRAME_BYTES]
        self._played += len(frame)
        return frame.ljust(FRAME_BYTES, b"\xff"), self._reached()

    def _reached(self) -> Sequence[str]:
        names = []
        while self._marks and self._marks[0][0] <= self._played:
            names.append(self._marks.popleft()[1])
        return names


class MediaStream:
    """One open socket; `sid` is the stream's, `start` what its start message tells of the call."""

    def __init__(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        sid: str,
        start: Mapping[str, object],
        note: Note,
    ) -> None:
        self._socket = socket
        self._sid = sid
        self._note = note
        self._playout = Playout()
        self._outbox: asyncio.Queue[str | None] = asyncio.Queue()
        self._closed = asyncio.Event()
        self._sequence = self._chunk = 0
        self._about = {"accountSid": start["accountSid"], "callSid": start["callSid"]}
        self._put({"event": "connected", "protocol": "Call", "version": "1.0.0"})
        form = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
        self._tell(
            "start",
            {"streamSid": sid, "tracks": ["inbound"], "mediaFormat": form, **start},
        )

    async def run(self) -> int | None:
        """Carry messages both ways until the socket is closed; the code it was closed with."""
        sending = asyncio.create_task(self._send())
        try:
            async for message in self._socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._take(message.data)
                else:
                    self._note("stream_error", code=BINARY, words="a binary message")
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            await self._socket.close()
            self._closed.set()
        return self._socket.close_code

    async def stop(self) -> None:
        """The call leaves the stream: say so, and close. Raises TimeoutError if that hangs."""
        self._tell("stop", self._about)
        self._outbox.put_nowait(None)
        async with asyncio.timeout(CLOSE_SECONDS):
            await self._closed.wait()

    def hear(self) -> bytes:
        """What the caller hears for 20 ms."""
        frame, marks = self._playout.play()
        self._echo(marks, flushed=False)
        return frame

    def speak(self, frame: bytes) -> None:
        """What the caller says for 20 ms."""
        self._chunk += 1
        payload = base64.b64encode(frame).decode()
        at = str((self._chunk - 1) * FRAME_MS)
        details = {"chunk": str(self._chunk), "timestamp": at, "payload": payload}
        self._tell("media", {"track": "inbound", **details})

    def press(self, digit: str) -> None:
        """The caller presses a key."""
        self._tell("dtmf", {"track": "inbound_track", "digit": digit})

    def _take(self, text: str) -> None:
        """One message from the gateway."""
        try:
            message = json.loads(text)
            if message["streamSid"] != self._sid:
                raise ValueError("another streamSid")
            self._obey(message)
        except (ValueError, KeyError, TypeError, RecursionError) as exc:
            words = f"{type(exc).__name__}: {exc}; in {text[:80]}"
            self._note("stream_error", code=INVALID, words=words)

    def _obey(self, message: Mapping[str, Any]) -> None:
        match message["event"]:
            case "media":
                audio = _decoded(message["media"]["payload"])
                if not self._playout.waiting_ms:
                    self._note("audio_arrived", bytes=len(audio))
                self._playout.add(audio)
            case "mark":
                name = message["mark"]["name"]
                if not (isinstance(name, str) and name):
                    raise ValueError("a mark without a name")
                self._echo(self._playout.mark(name), flushed=False)
            case "clear":
                self._note("clear", dropped_ms=self._playout.waiting_ms)
                self._echo(self._playout.clear(), flushed=True)
            case other:
                raise ValueError(f"no such event: {other}")

    def _echo(self, marks: Sequence[str], *, flushed: bool) -> None:
        for name in marks:
            self._note("mark", name=name, flushed=flushed)
            self._tell("mark", {"name": name})

    def _tell(self, event: str, details: Mapping[str, object]) -> None:
        self._sequence += 1
        self._put(
            {
                "event": event,
                "sequenceNumber": str(self._sequence),
                event: details,
                "streamSid": self._sid,
            }
        )

    def _put(self, message: Mapping[str, object]) -> None:
        self._outbox.put_nowait(json.dumps(message, separators=(",", ":")))

    async def _send(self) -> None:
        try:
            while (text := await self._outbox.get()) is not None:
                await self._socket.send_str(text)
            await self._socket.close()
        except ConnectionError:
            pass  # `run` sees that the socket is closed


def _decoded(payload: str) -> bytes:
    try:
        audio = base64.b64decode(payload, validate=True)
    except binascii.Error as exc:
        raise ValueError(f"payload: {exc}") from exc
    if not audio:
        raise ValueError("payload: empty")
    return audio
