import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.telephone import to_telephone

RATE = 22_050


def level_db(hertz, rate=RATE):
    """What a full second of a tone comes to, against what it was."""
    wave = (np.sin(np.arange(rate) * 2 * np.pi * hertz / rate) * 16_000).astype(np.int16)
    heard = to_telephone(wave, rate)[400:-400].astype(float)
    return 20 * np.log10(np.sqrt((heard**2).mean()) / (16_000 / np.sqrt(2)) + 1e-9)


@pytest.mark.parametrize("hertz", [200, 1000, 2000, 3000, 3300])
def test_the_telephones_band_passes(hertz):
    assert abs(level_db(hertz)) < 0.3


@pytest.mark.parametrize("hertz", [4000, 4300, 5000, 6000, 8000, 11_000])
def test_what_would_fold_back_into_it_does_not(hertz):
    assert level_db(hertz) < -50


@pytest.mark.parametrize("rate", [8000, 16_000, 24_000, 44_100])
def test_other_rates_serve_too(rate):
    assert abs(level_db(1000, rate)) < 0.3


def test_a_tone_keeps_its_pitch_and_its_place():
    wave = (np.sin(np.arange(RATE) * 2 * np.pi * 500 / RATE) * 16_000).astype(np.int16)
    expected = np.sin(np.arange(8000) * 2 * np.pi * 500 / 8000) * 16_000
    assert np.abs(to_telephone(wave, RATE)[100:-100] - expected[100:-100]).max() < 60


@given(st.integers(0, 30_000))
def test_it_lasts_as_long_as_it_lasted(count):
    assert len(to_telephone(np.zeros(count, np.int16), RATE)) == count * 8000 // RATE


def test_the_loudest_sound_is_clipped_and_does_not_wrap():
    square = np.where(np.arange(RATE) // 100 % 2, 32_767, -32_768).astype(np.int16)
    heard = to_telephone(square, RATE)
    assert (int(heard.max()), int(heard.min())) == (32_767, -32_768)
    flat = heard.reshape(-1, 2000)[:, ::2]
    assert (np.abs(np.diff(np.sign(flat.astype(int)))) == 2).mean() < 0.1
