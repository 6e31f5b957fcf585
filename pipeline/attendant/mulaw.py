"""G.711 mu-law, the telephone's 8-bit code, to 16-bit samples and back.

Both ways are tables: 256 values one way, 65,536 the other. As in ITU-T G.711, table 2b, with the
sign and all other bits inverted on the line, so that silence is 0xFF.
"""

import math

import numpy as np
from numpy.typing import NDArray

RATE = 8000
"""Samples, and so bytes, a second."""
SILENCE = b"\xff"

_BIAS = 33
_MOST = 8191
"""The code has 14 bits; of a 16-bit sample the last two are dropped."""


def decode(audio: bytes) -> NDArray[np.int16]:
    """Samples at 8,000 Hz, as loud as 16 bits allow: +-32,124."""
    return _SAMPLES[np.frombuffer(audio, np.uint8)]


def encode(samples: NDArray[np.int16]) -> bytes:
    """Inverse of `decode`, to the nearest code below."""
    return _CODES[samples.view(np.uint16)].tobytes()


def tone(hertz: int, ms: int) -> bytes:
    """A beep at half the greatest loudness, faded in and out so that it does not click."""
    count = RATE * ms // 1000
    fade = np.minimum(1, np.minimum(np.arange(count), np.arange(count)[::-1]) / (RATE / 100))
    wave = np.sin(np.arange(count) * (2 * math.pi * hertz / RATE))
    return encode((wave * fade * 16_000).astype(np.int16))


def _samples() -> NDArray[np.int16]:
    code = ~np.arange(256) & 0xFF
    size = (((code & 0x0F) * 2 + _BIAS) << (code >> 4 & 7)) - _BIAS
    return (np.where(code & 0x80, -size, size) * 4).astype(np.int16)


def _codes() -> NDArray[np.uint8]:
    """By a sample's bits read as unsigned."""
    sample = np.arange(65_536, dtype=np.uint16).view(np.int16).astype(np.int32) >> 2
    size = np.minimum(np.abs(sample), _MOST) + _BIAS
    size = np.minimum(size, _MOST)
    exponent = np.floor(np.log2(size)).astype(np.int32) - 5
    code = exponent << 4 | size >> (exponent + 1) & 0x0F
    codes: NDArray[np.uint8] = (~(code | np.where(sample < 0, 0x80, 0)) & 0xFF).astype(np.uint8)
    return codes


_SAMPLES = _samples()
_CODES = _codes()
