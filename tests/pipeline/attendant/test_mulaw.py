import warnings

import numpy as np
import pytest

from pipeline.attendant.mulaw import RATE, SILENCE, decode, encode, tone

EVERY_CODE = bytes(range(256))
EVERY_SAMPLE = np.arange(65_536, dtype=np.uint16).view(np.int16)


@pytest.fixture
def oracle():
    """The standard library's own, where this Python still has it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return pytest.importorskip("audioop")


def test_every_code_is_the_sample_that_the_standard_library_takes_it_for(oracle):
    assert decode(EVERY_CODE).tobytes() == oracle.ulaw2lin(EVERY_CODE, 2)


def test_every_sample_is_the_code_that_the_standard_library_makes_of_it(oracle):
    assert encode(EVERY_SAMPLE) == oracle.lin2ulaw(EVERY_SAMPLE.tobytes(), 2)


def test_codes_of_the_standard_are_known():
    assert decode(b"\x00\x80\x7f\xff").tolist() == [-32_124, 32_124, 0, 0]
    assert encode(np.array([0, 32_767, -32_768], np.int16)) == b"\xff\x80\x00"
    assert decode(SILENCE).tolist() == [0]


def test_every_code_comes_back_but_the_second_zero():
    changed = {a: b for a, b in zip(EVERY_CODE, encode(decode(EVERY_CODE)), strict=True) if a != b}
    assert changed == {0x7F: 0xFF}


def test_a_tone_has_its_length_its_pitch_and_no_click():
    samples = decode(tone(1000, 300)).astype(float)
    assert len(samples) == RATE * 3 // 10
    assert np.argmax(np.abs(np.fft.rfft(samples))) * RATE / len(samples) == 1000
    assert abs(samples[0]) < 100 > abs(samples[-1])
    assert 15_000 < samples.max() < 17_000
