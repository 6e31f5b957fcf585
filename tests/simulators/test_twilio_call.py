"""Where a voice begins and ends; whole calls are tried in test_twilio_calls."""

from collections.abc import Sequence

from tests.simulators.ledger import Ledger
from tests.simulators.twilio_call import CallOutcome, Voice, timeline


def found(*voice: range, split: int | None = None, until: int = 3000) -> Sequence[tuple[str, int]]:
    """What is found in these stretches of ms."""
    heard, notes = Voice(), []
    for ms in range(0, until, 20):
        if ms == split:
            heard.split(ms)
        notes += heard.tick(any(ms in each for each in voice), ms)
    return [*notes, *heard.end()]


def test_a_short_pause_does_not_end_a_voice_and_a_long_one_does() -> None:
    assert found(range(100, 500), range(960, 1000), range(1500, 1600)) == [
        ("voice_started", 100),
        ("voice_ended", 1000),
        ("voice_started", 1500),
        ("voice_ended", 1600),
    ]


def test_after_a_turn_of_the_callers_a_short_pause_is_an_end() -> None:
    assert found(range(100, 500), range(600, 1000), split=500)[1:3] == [
        ("voice_ended", 500),
        ("voice_started", 600),
    ]
    assert len(found(range(0, 500), range(600, 1000), split=40)) == 4
    assert len(found(range(0, 800), range(900, 1000), split=40)) == 2
    assert len(found(range(100, 200), range(300, 400), split=40)) == 2


def test_a_voice_that_speaks_to_the_end_ends_with_the_call() -> None:
    assert found(range(100, 200), until=200) == [("voice_started", 100), ("voice_ended", 200)]


def test_a_timeline_is_one_calls_in_its_own_time() -> None:
    ledger = Ledger()
    for sid, what, ms in [("CA1", "b", 40), ("CA2", "x", 0), ("CA1", "a", 20)]:
        ledger.record("call", sid=sid, what=what, ms=ms)
    seen = timeline(ledger, "CA1")
    assert [event["what"] for event in seen] == ["a", "b"]
    assert [event["what"] for event in timeline(ledger, "CA1", after=1)] == ["a"]
    outcome = CallOutcome("CA1", "completed", "caller", 1.0, seen, b"", b"", 0)
    assert (outcome.times("b"), outcome.times("c")) == ([40], [])
