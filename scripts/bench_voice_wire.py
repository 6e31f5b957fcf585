"""What goes over the sockets of the voice bench, made and read as cheaply as Python can.

Hard is to be light enough that one core carries both ends of hundreds of calls and still sees
what the other core does: a frame is made beforehand but for its stamp, and of one that comes only
the stamp is read.
"""

import base64
import json
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterator
from hashlib import sha1
from struct import Struct
from struct import error as StructError  # noqa: N812 - it is named like nothing else
from typing import Any

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
BYTES_PER_MS = 8
FRAME_MS, DELTA_MS = 20, 200

STAMP = Struct(">HHQ")
"""Call plus one, a number, and CLOCK_MONOTONIC in ns: the first 12 bytes of a piece of audio."""
STAMP_CHARS = 16
SOUND = b"\x7e"
"""The rest of it: nearly silence, and unlike what anybody else would send."""

HEAR = b'{"type":"input_audio_buffer.append","audio":"'
HEAR_CHARS = len(HEAR) + 4 * -(-FRAME_MS * BYTES_PER_MS // 3) + len('"}')
"""Bytes of the message in which 20 ms reach the model."""
NO_MASK = b"\0\0\0\0"
"""A mask that leaves a client's message as it is; its receiver has the same work."""


def _rest(ms: int) -> bytes:
    """Base64 of a piece of audio without its stamp."""
    return b2a_base64(SOUND * (ms * BYTES_PER_MS - STAMP.size), newline=False)


FRAME_REST, DELTA_REST = _rest(FRAME_MS), _rest(DELTA_MS)


def stamp(call: int, number: int, now: int) -> bytes:
    """STAMP_CHARS of base64; `number` may be any."""
    return b2a_base64(STAMP.pack(call + 1, number & 0xFFFF, now), newline=False)


def stamped(chars: bytes) -> tuple[int, int, int] | None:
    """What `stamp` was given; None when these are no stamp."""
    try:
        call, number, now = STAMP.unpack(a2b_base64(chars))
    except (ValueError, StructError):
        return None
    # Nearly silence in place of a stamp has a call far beyond any.
    return (call - 1, number, now) if 0 < call < 0x7E7E else None


def frame(payload: bytes, *, masked: bool = False, kind: int = TEXT) -> bytes:
    """One WebSocket frame (RFC 6455, 5.2)."""
    return head(len(payload), masked=masked, kind=kind) + payload


def head(size: int, *, masked: bool = False, kind: int = TEXT) -> bytes:
    """What stands before `size` bytes of payload."""
    bit = 0x80 if masked else 0
    first = bytes([0x80 | kind])
    if size < 126:
        found = first + bytes([bit | size])
    elif size < 65536:
        found = first + bytes([bit | 126]) + size.to_bytes(2, "big")
    else:
        found = first + bytes([bit | 127]) + size.to_bytes(8, "big")
    return found + NO_MASK if masked else found


class Reader:
    """Frames out of a stream of bytes. None of them may be a fragment."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes, int, int, bytes]]:
        """(kind, bytes, start, end, mask) of each whole frame: its payload is bytes[start:end],
        under the mask unless that is empty."""
        if self._left:
            data = self._left + data
        at, size = 0, len(data)
        while size - at >= 2:
            long = data[at + 1] & 0x7F
            start = at + 2
            if long == 126:
                long, start = int.from_bytes(data[start : start + 2], "big"), start + 2
            elif long == 127:
                long, start = int.from_bytes(data[start : start + 8], "big"), start + 8
            mask = b""
            if data[at + 1] & 0x80:
                mask, start = data[start : start + 4], start + 4
            end = start + long
            if end > size or start > size:
                break
            yield data[at] & 0x0F, data, start, end, mask
            at = end
        self._left = data[at:]


def unmasked(data: bytes, mask: bytes) -> bytes:
    """The payload under a mask."""
    if not mask:
        return data
    size = len(data)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")


def heard_stamp(data: bytes, start: int, end: int, mask: bytes) -> tuple[int, int, int] | None:
    """The stamp of a message in which 20 ms reach the model; None when it is another."""
    if end - start != HEAR_CHARS:
        return None
    at = start + len(HEAR)
    turned = len(HEAR) % 4
    key = mask[turned:] + mask[:turned]
    return stamped(unmasked(data[at : at + STAMP_CHARS], key))


def accept(request: bytes) -> bytes:
    """The answer to a client's upgrade, which ends in an empty line."""
    lines = request.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    key = headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    proof = base64.b64encode(sha1(key.encode(), usedforsecurity=False).digest()).decode()
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {proof}\r\n\r\n"
    ).encode()


def upgrade(path: str, port: int, signature: str) -> bytes:
    """A carrier's upgrade of a media socket."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"x-twilio-signature: {signature}\r\n\r\n"
    ).encode()


def stream_sid(call: int) -> str:
    """A media stream's id."""
    return f"MZ{call:032x}"


def call_sid(call: int, run: int = 0) -> str:
    """A call's id; `run` tells those of one run of the bench from another's."""
    return f"CA{run:016x}{call:016x}"


def media(call: int, sequence: int, now: int) -> bytes:
    """20 ms of the caller's, in Twilio's own spelling, as a masked frame."""
    text = (
        b'{"event":"media","sequenceNumber":"%d","media":{"track":"inbound","chunk":"%d",'
        b'"timestamp":"%d","payload":"%b%b"},"streamSid":"MZ%032x"}'
    ) % (
        sequence + 2,
        sequence + 1,
        sequence * FRAME_MS,
        stamp(call, sequence, now),
        FRAME_REST,
        call,
    )
    return head(len(text), masked=True) + text


def started(call: int, account: str, call_id: str, token: str) -> list[bytes]:
    """What a carrier says first."""
    sid = stream_sid(call)
    start = {
        "streamSid": sid,
        "accountSid": account,
        "callSid": call_id,
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"token": token},
    }
    connected = {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    begun = {"event": "start", "sequenceNumber": "1", "start": start, "streamSid": sid}
    return [frame(json.dumps(each).encode(), masked=True) for each in (connected, begun)]


def mark(call: int, name: str) -> bytes:
    """A mark that was reached."""
    echo = {"event": "mark", "streamSid": stream_sid(call), "mark": {"name": name}}
    return frame(json.dumps(echo).encode(), masked=True)


def event(kind: str, **fields: Any) -> bytes:
    """One event of the model's."""
    return frame(json.dumps({"type": kind, "event_id": "event_1", **fields}).encode())


def delta(response: str, item: str, stamp_chars: bytes) -> bytes:
    """200 ms of what the model says."""
    text = (
        b'{"type":"response.output_audio.delta","event_id":"event_1","response_id":"%b",'
        b'"item_id":"%b","output_index":0,"content_index":0,"delta":"%b%b"}'
    ) % (response.encode(), item.encode(), stamp_chars, DELTA_REST)
    return head(len(text)) + text
