import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.attendant.hearing import QUIET_MS, SPEECH_MS, Hearing
from pipeline.attendant.mulaw import encode
from tests.pipeline.attendant.recordings import FOLDER, caller, frames, silence, words

SAMPLES = sorted(path.stem for path in FOLDER.glob("*.wav"))


def ends(audio, hearing=None):
    """How often something said came to its end."""
    hearing = hearing or Hearing()
    return sum(hearing.hear(frame) for frame in frames(audio))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_callers_words_come_to_an_end_after_a_pause(name):
    assert ends(silence(500) + caller(name) + silence(1000)) >= 1


def test_words_have_not_ended_while_they_last():
    hearing = Hearing()
    ends(words("04-person") + silence(QUIET_MS - 100), hearing)
    assert hearing.speech_ms >= SPEECH_MS
    assert ends(silence(200), hearing) == 1
    assert ends(silence(5000), hearing) == 0


def test_silence_and_soft_noise_are_no_speech():
    noise = encode((np.random.default_rng(1).normal(0, 60, 80_000)).astype(np.int16))
    assert ends(silence(10_000)) == 0
    assert ends(noise + silence(1000)) == 0


def test_a_cough_is_no_speech():
    cough = caller("04-person")[8 * 800 : 8 * 1100]
    hearing = Hearing()
    hearing.hear(cough)
    assert 0 < hearing.speech_ms < SPEECH_MS
    assert ends(silence(2000), hearing) == 0


def test_what_was_heard_before_is_forgotten_on_demand():
    hearing = Hearing()
    ends(caller("04-person"), hearing)
    hearing.reset()
    assert ends(silence(2000), hearing) == 0


@given(st.lists(st.integers(1, 700), min_size=1, max_size=60))
def test_it_does_not_matter_how_audio_is_cut(sizes):
    audio = caller("07-yes") + silence(1000)
    whole, cut = Hearing(), Hearing()
    expected = whole.hear(audio)
    found, at = False, 0
    for size in [*sizes, len(audio)]:
        found |= cut.hear(audio[at : at + size])
        at += size
    assert found is expected is True
    assert (cut.speech_ms, cut.quiet_ms) == (whole.speech_ms, whole.quiet_ms)
