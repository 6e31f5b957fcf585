"""Speech at any rate to the telephone's 8,000 Hz, without what would fold back into it.

A sample rate is changed by whole numbers: 22,050 Hz times 160 / 441 is 8,000 Hz. Each of the 160
output samples of such a round is a weighted sum of the samples around it, the weights a windowed
sinc that passes up to 3.3 kHz and stops at 4 kHz. A whole utterance is one matrix product.
"""

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.attendant.mulaw import RATE

_CUTOFF_HZ = 3650
_REACH = 64
"""Samples on either side that an output sample is made from."""
_BETA = 5.65  # of the Kaiser window: 60 dB down beyond the transition

Samples = NDArray[np.float32]


def to_telephone(samples: NDArray[np.int16], rate: int) -> NDArray[np.int16]:
    """The same sound at 8,000 Hz; `rate` is at least that, in Hz."""
    up, down = _ratio(rate)
    count = len(samples) * up // down
    rounds = max(1, -(-count // up))
    padded = np.zeros(rounds * down + 2 * _REACH, np.float32)
    padded[_REACH : _REACH + len(samples)] = samples[: rounds * down + _REACH]
    pieces = np.lib.stride_tricks.sliding_window_view(padded, down + 2 * _REACH)[::down]
    resampled = (pieces @ _weights(rate)).reshape(-1)[:count]
    found: NDArray[np.int16] = np.clip(np.rint(resampled), -32_768, 32_767).astype(np.int16)
    return found


def _ratio(rate: int) -> tuple[int, int]:
    shared = math.gcd(RATE, rate)
    return RATE // shared, rate // shared


@cache
def _weights(rate: int) -> Samples:
    """What each sample of a round (and around it) adds to each output sample of that round."""
    up, down = _ratio(rate)
    at = np.arange(down + 2 * _REACH)[:, None] - _REACH
    distance = at - np.arange(up)[None, :] * down / up
    window = np.where(
        np.abs(distance) < _REACH,
        np.i0(_BETA * np.sqrt(np.maximum(0, 1 - (distance / _REACH) ** 2))) / np.i0(_BETA),
        0,
    )
    share = 2 * _CUTOFF_HZ / rate
    weights: Samples = (window * share * np.sinc(share * distance)).astype(np.float32)
    return weights
