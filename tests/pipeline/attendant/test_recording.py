from pipeline.attendant.recording import LONGEST_SECONDS, QUIET_MS, Recording
from tests.pipeline.attendant.recordings import caller, frames, silence, words


def test_a_message_is_what_was_said_from_the_tone_on():
    audio = caller("06-refund")
    recording = Recording(10.0)
    assert not any(recording.take(frame) for frame in frames(audio))
    assert recording.message() == audio
    assert recording.seconds == len(audio) // 8000
    assert recording.ends_at == 10.0 + LONGEST_SECONDS == 130.0


def test_a_long_pause_after_words_ends_it():
    recording = Recording(0.0)
    for frame in frames(words("06-refund") + silence(QUIET_MS - 1000)):
        assert not recording.take(frame)
    assert any(recording.take(frame) for frame in frames(silence(1100)))
    assert recording.message()


def test_nothing_said_is_no_message():
    recording = Recording(0.0)
    assert [recording.take(frame) for frame in frames(silence(QUIET_MS))][-1]
    assert recording.message() == b""
    assert recording.seconds == 0


def test_a_short_message_counts_as_a_second():
    recording = Recording(0.0)
    recording.take(caller("07-yes")[: 8 * 900])
    assert recording.seconds == 1
