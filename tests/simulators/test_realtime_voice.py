"""A tone is as long as the words would take; speech is the attendant's own."""

import pytest

from realtime.speaking import available
from tests.simulators.realtime_voice import Spoken, Tone
from tests.simulators.twilio_sound import loud


async def test_a_tone_is_as_long_as_the_words_would_take() -> None:
    audio = await Tone(ms_per_character=60).speak("Hello.")
    assert len(audio) == 6 * 60 * 8
    assert all(loud(audio[at : at + 160]) for at in range(0, len(audio), 160))
    assert len(await Tone(1).speak("")) == 160


@pytest.mark.skipif(not available(), reason="no speech is installed")
async def test_speech_takes_longer_for_more_words() -> None:
    async with Spoken() as voice:
        short = await voice.speak("Hello.")
        long = await voice.speak("Hello, and thank you for calling. The total is one dollar.")
    assert 8 * 200 < len(short) < len(long)
    assert any(loud(short[at : at + 160]) for at in range(0, len(short), 160))
