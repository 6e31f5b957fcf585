"""Callers by plan, in frames of 20 ms, without a line."""

import base64
from collections.abc import Sequence

import pytest

from tests.simulators.twilio_caller import (
    Act,
    BreakIn,
    Caller,
    CallerPlan,
    HangUp,
    Listen,
    Pause,
    Press,
    Speak,
    Step,
    plan_from_json,
)
from tests.simulators.twilio_sound import SILENCE, to_wav

TURN = Speak(b"\x01" * 160 + b"\x02" * 100, "a turn")
VOICE = range(100, 1100)


def lived(
    steps: Sequence[Step], voice: Sequence[range] = (), **limits: float
) -> list[tuple[int, Act]]:
    """(ms at which the frame begins, what is done in it), to the end, given when our voice is."""
    caller = Caller(CallerPlan(steps, **limits))
    acts: list[tuple[int, Act]] = []
    while not acts or not acts[-1][1].over:
        ms = len(acts) * 20
        acts.append((ms, caller.tick(any(ms in each for each in voice))))
        assert ms < 60_000
    return acts


def notes(acts: list[tuple[int, Act]]) -> list[tuple[int, str]]:
    return [(ms, what) for ms, act in acts for what, _ in act.notes]


def test_a_turn_is_spoken_whole_and_its_answer_heard_out() -> None:
    acts = lived([TURN], [VOICE])
    assert [act.frame for _, act in acts[:3]] == [
        b"\x01" * 160,
        b"\x02" * 100 + b"\xff" * 60,
        SILENCE,
    ]
    assert notes(acts) == [(0, "caller_started"), (20, "caller_ended")]
    assert acts[-1][0] == 1080 + 700


def test_a_turn_begins_when_our_voice_has_been_quiet_for_a_while() -> None:
    acts = lived([Listen(), TURN, HangUp()], [VOICE, range(1400, 1600)])
    assert notes(acts)[0] == (1580 + 700, "caller_started")


def test_breaking_in_begins_so_long_into_our_voice() -> None:
    acts = lived([BreakIn(0.5), TURN, HangUp()], [VOICE])
    assert notes(acts)[0] == (600, "caller_started")


def test_a_voice_too_short_to_be_broken_into_is_heard_out_instead() -> None:
    acts = lived([BreakIn(5.0), TURN, HangUp()], [VOICE])
    assert notes(acts)[:2] == [(1780, "gave_up"), (1780, "caller_started")]


def test_a_voice_that_does_not_come_is_not_waited_for_for_ever() -> None:
    acts = lived([Listen(), TURN, HangUp()], patience_seconds=2.0)
    assert notes(acts)[0] == (2000, "gave_up")


def test_the_rest_of_what_was_said_before_is_no_answer() -> None:
    acts = lived([Press("1"), Listen()], [range(0, 300), range(2000, 3000)])
    assert acts[-1][0] == 2980 + 700


def test_keys_are_pressed_a_quarter_of_a_second_apart() -> None:
    acts = lived([Press("95#"), Pause(0.2), HangUp()])
    assert [(ms, act.keys) for ms, act in acts if act.keys] == [(0, "9"), (260, "5"), (500, "#")]
    assert {act.frame for _, act in acts} == {SILENCE}
    assert acts[-1][0] == 720


def test_keys_in_two_steps_are_as_far_apart_as_in_one() -> None:
    acts = lived([Press("1"), Press("2"), HangUp()])
    pressed = [ms for ms, act in acts if act.keys]
    assert pressed[1] - pressed[0] in range(250, 281)


def test_two_turns_follow_without_a_gap() -> None:
    acts = lived([TURN, TURN, HangUp()])
    assert [ms for ms, _ in notes(acts)] == [0, 20, 40, 60]


def test_a_call_that_takes_too_long_is_ended() -> None:
    acts = lived([Pause(600.0)], max_seconds=1.0)
    assert acts[-1][0] == 1000
    assert notes(acts) == [(1000, "gave_up")]


def test_a_plan_can_be_written_as_json() -> None:
    wav = base64.b64encode(to_wav(b"abc")).decode()
    steps = [
        {"listen": True},
        {"play": wav, "name": "01.wav"},
        {"keys": "1#"},
        {"break_in": 2},
        {"pause": 0.5},
        {"hang_up": True},
    ]
    plan = plan_from_json({"steps": steps, "max_seconds": 9, "quiet_seconds": 1.5})
    assert plan.steps == [
        Listen(),
        Speak(b"abc", "01.wav"),
        Press("1#"),
        BreakIn(2.0),
        Pause(0.5),
        HangUp(),
    ]
    assert (plan.max_seconds, plan.quiet_seconds) == (9.0, 1.5)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"steps": "x"},
        {"steps": ["x"]},
        {"steps": [{}]},
        {"steps": [{"play": "%"}]},
        {"steps": [{"play": "aGVsbG8="}]},
        {"steps": [{"keys": ""}]},
        {"steps": [{"keys": "1,2"}]},
        {"steps": [{"pause": -1}]},
        {"steps": [{"break_in": True}]},
        {"steps": [], "max_seconds": "9"},
        {"steps": [], "max_seconds": 1e9},
    ],
)
def test_what_is_no_plan_is_refused(asked: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        plan_from_json(asked)
