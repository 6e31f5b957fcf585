"""Speech is found where it is, on the audio's own clock, and recordings are known again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulators.realtime_hearing import Began, Ear, Ended, Recordings
from tests.simulators.realtime_voice import Tone

SILENCE = b"\xff" * 8
TONE = Tone.PERIOD * 2
"""5 ms."""
RECORDINGS = Recordings()
SPEECH = SILENCE * 1000 + TONE * 100 + SILENCE * 1000
"""500 ms of it, after a second of silence."""


def test_silence_is_no_speech() -> None:
    assert Ear().hear(SILENCE * 10_000) == []


def test_speech_begins_with_its_prefix_and_ends_after_its_silence() -> None:
    began, ended = Ear().hear(SPEECH)
    assert began == Began(1060 - 360)
    assert isinstance(ended, Ended)
    assert ended.at_ms == 1500 + 500
    assert len(ended.audio) == 8 * (2000 - 700)
    assert TONE * 100 in ended.audio


def test_a_click_is_no_speech() -> None:
    assert Ear().hear(SILENCE * 400 + TONE * 8 + SILENCE * 1000) == []


def test_a_short_pause_does_not_end_a_turn() -> None:
    audio = TONE * 40 + SILENCE * 400 + TONE * 40 + SILENCE * 600
    assert [type(found) for found in Ear().hear(audio)] == [Began, Ended]


@given(st.integers(1, 999))
def test_it_does_not_matter_how_the_audio_is_cut(size: int) -> None:
    ear, twice = Ear(), SPEECH * 2
    pieces = [twice[at : at + size] for at in range(0, len(twice), size)]
    assert [found for piece in pieces for found in ear.hear(piece)] == Ear().hear(twice)


def test_with_nobody_listening_for_turns_everything_is_kept_until_it_is_taken() -> None:
    ear = Ear()
    ear.on = False
    assert ear.hear(SPEECH + b"\xff") == []
    assert ear.take() == SPEECH + b"\xff"
    assert ear.kept_ms == 0


@pytest.mark.parametrize("name", RECORDINGS.by_name)
def test_every_recording_is_one_turn_and_known_again(name: str) -> None:
    recording = RECORDINGS.by_name[name]
    began, ended = Ear().hear(SILENCE * 1234 + recording.audio + SILENCE * 600)
    assert isinstance(began, Began)
    assert isinstance(ended, Ended)
    assert RECORDINGS.recognise(ended.audio) == recording
    assert recording.transcript


def test_half_a_recording_is_known_and_a_strange_voice_is_not() -> None:
    quote = RECORDINGS.by_name["01-quote"]
    assert RECORDINGS.recognise(quote.audio[: len(quote.audio) // 2]) == quote
    assert RECORDINGS.recognise(TONE * 1000) is None
    assert RECORDINGS.recognise(SILENCE * 1000) is None
