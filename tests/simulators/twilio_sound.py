"""Telephone audio: G.711 mu-law, 8 bytes a millisecond, silence 0xFF.

https://www.itu.int/rec/T-REC-G.711
"""

import struct

FRAME_BYTES = 160
FRAME_MS = 20
BYTES_PER_MS = 8
SILENCE = b"\xff" * FRAME_BYTES
MULAW = 7  # WAVE_FORMAT_MULAW
LOUD = 150
"""Mean distance from zero, of at most 32,124, beyond which a frame counts as voice."""


def _linear(code: int) -> int:
    code = ~code & 0xFF
    size = ((((code & 0x0F) << 3) + 0x84) << (code >> 4 & 7)) - 0x84
    return -size if code & 0x80 else size


LINEAR = tuple(_linear(code) for code in range(256))
LOUDNESS = tuple(map(abs, LINEAR))


def loud(frame: bytes) -> bool:
    """Whether there is more in a frame than a quiet line."""
    return frame != SILENCE and sum(map(LOUDNESS.__getitem__, frame)) > LOUD * len(frame)


def to_wav(audio: bytes) -> bytes:
    """A WAV file of mu-law audio."""
    pad = b"\0" * (len(audio) % 2)
    form = struct.pack("<HHIIHHH", MULAW, 1, 8000, 8000, 1, 8, 0)
    fact = struct.pack("<I", len(audio))
    chunks = [(b"fmt ", form), (b"fact", fact), (b"data", audio)]
    body = b"WAVE" + b"".join(name + struct.pack("<I", len(data)) + data for name, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body) + len(pad)) + body + pad


def from_wav(file: bytes) -> bytes:
    """The audio of a mono mu-law WAV file at 8 kHz; raises ValueError for any other."""
    if file[:4] != b"RIFF" or file[8:12] != b"WAVE":
        raise ValueError("not a WAV file")
    at, form = 12, (0, 0, 0)
    while at + 8 <= len(file):
        name, size = file[at : at + 4], int.from_bytes(file[at + 4 : at + 8], "little")
        data = file[at + 8 : at + 8 + size]
        if name == b"fmt " and len(data) >= 16:
            form = struct.unpack_from("<HHI", data)
        elif name == b"data":
            if form != (MULAW, 1, 8000):
                raise ValueError("not mono mu-law at 8 kHz")
            return data
        at += 8 + size + size % 2
    raise ValueError("a WAV file without audio")
