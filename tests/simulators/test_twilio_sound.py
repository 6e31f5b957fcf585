"""Mu-law against the standard's own values and the standard library's reader."""

import io
import struct
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulators.twilio_sound import LINEAR, SILENCE, from_wav, loud, to_wav


@pytest.mark.parametrize(
    ("code", "linear"),
    [(0xFF, 0), (0x7F, 0), (0x80, 32124), (0x00, -32124), (0xFE, 8), (0x7E, -8), (0xF0, 120)],
)
def test_a_code_has_the_value_of_the_standard(code: int, linear: int) -> None:
    assert LINEAR[code] == linear


def test_a_voice_is_loud_and_a_quiet_line_is_not() -> None:
    assert not loud(SILENCE)
    assert not loud(b"\xfe\x7e" * 80)
    assert loud(b"\xb0\x30" * 80)


@given(st.binary(max_size=400))
def test_a_file_gives_back_what_was_put_into_it(audio: bytes) -> None:
    assert from_wav(to_wav(audio)) == audio


def test_a_pcm_file_is_not_taken_for_mu_law() -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as made:
        made.setparams((1, 2, 8000, 0, "NONE", ""))
        made.writeframes(struct.pack("<2h", 1, 2))
    with pytest.raises(ValueError, match="mu-law"):
        from_wav(file.getvalue())


@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda rest: to_wav(b"ab")[:16] + rest))
def test_what_is_no_file_is_refused(garbage: bytes) -> None:
    with pytest.raises(ValueError):
        from_wav(garbage)
