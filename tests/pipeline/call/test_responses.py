"""The gate: one response at a time, whatever happens around it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.call.responses import Responses
from pipeline.events import Respond
from pipeline.ids import ResponseId

ANSWER, TOOLS = Respond("answer"), Respond("tools")
GREETING, FAREWELL = Respond("greeting", "Say hello."), Respond("farewell", "Say goodbye.")
ONE, TWO = ResponseId("one"), ResponseId("two")


def running() -> Responses:
    """An answer was asked for at 0 and has begun."""
    gate = Responses()
    gate.want(ANSWER)
    assert gate.next(0.0) == ANSWER
    assert gate.started(ONE, "answer", 0.1)
    return gate


def test_what_is_wanted_is_asked_for_once():
    gate = Responses()
    gate.want(ANSWER)

    assert gate.next(0.0) == ANSWER
    assert gate.next(0.0) is None
    assert gate.busy


def test_nothing_is_asked_for_while_a_response_runs():
    gate = running()
    gate.want(ANSWER)
    assert gate.next(1.0) is None

    gate.done(ONE, 2.0)

    assert gate.next(2.0) == ANSWER


def test_requests_to_go_on_are_one():
    gate = Responses()
    gate.want(TOOLS)
    gate.want(ANSWER)
    assert gate.next(0.0) == ANSWER

    gate.started(ONE, "answer", 0.1)
    gate.done(ONE, 0.2)

    assert gate.next(0.3) is None


def test_words_of_their_own_go_first_and_lose_nothing_behind_them():
    gate = Responses()
    gate.want(ANSWER)
    gate.want(GREETING)
    assert gate.next(0.0) == GREETING
    gate.started(ONE, "greeting", 0.1)
    gate.done(ONE, 0.2)

    assert gate.next(0.2) == ANSWER


def test_only_what_may_be_said_now_is_asked_for():
    gate = Responses()
    gate.want(ANSWER)

    assert not gate.owes("farewell")
    assert gate.next(0.0, only="farewell") is None
    gate.want(FAREWELL)
    assert gate.owes("farewell")
    assert gate.next(0.0, only="farewell") == FAREWELL


@pytest.mark.parametrize(
    ("tag", "left"), [(None, None), ("answer", GREETING), ("greeting", ANSWER), ("x", GREETING)]
)
def test_what_was_not_asked_for_yet_can_be_forgotten(tag, left):
    gate = Responses()
    gate.want(ANSWER)
    gate.want(GREETING)

    gate.forget(tag)

    assert gate.next(0.0) == left


def test_only_what_runs_is_cancelled_and_only_once():
    gate = Responses()
    assert gate.drop(0.0) is None

    gate = running()
    assert gate.drop(1.0) == ONE
    assert gate.drop(1.1) is None
    assert not gate.is_wanted(ONE)
    assert not gate.busy


def test_what_was_asked_for_and_has_not_begun_is_refused_when_it_begins():
    gate = Responses()
    gate.want(ANSWER)
    gate.next(0.0)
    assert gate.drop(0.5) is None
    assert not gate.busy
    assert gate.next(0.6) is None

    assert not gate.started(ONE, "answer", 1.0)
    assert not gate.is_wanted(ONE)
    assert gate.drop(1.1) is None
    gate.want(ANSWER)
    assert gate.next(1.2) is None
    gate.done(ONE, 1.3)
    assert gate.next(1.3) == ANSWER


def test_what_nobody_asked_for_is_refused_and_what_was_asked_for_is_not():
    gate = Responses()
    gate.want(ANSWER)
    gate.next(0.0)

    assert not gate.started(ONE, "", 0.1)
    assert gate.started(TWO, "answer", 0.2)
    gate.done(ONE, 0.3)
    assert gate.busy
    assert gate.deadline(0.3) == 8.0


def test_the_end_of_another_response_changes_nothing():
    gate = running()
    gate.done(TWO, 1.0, failed=True)

    assert gate.busy
    assert gate.deadline(1.0) == 8.0


@pytest.mark.parametrize(
    ("begun", "progress", "due"), [(False, None, 8.0), (True, None, 8.0), (True, 3.0, 18.0)]
)
def test_a_response_has_a_deadline_that_signs_of_life_put_off(begun, progress, due):
    gate = Responses()
    gate.want(ANSWER)
    gate.next(0.0)
    if begun:
        gate.started(ONE, "answer", 1.0)
    if progress:
        gate.progressed(ONE, progress)

    assert gate.deadline(4.0) == due
    assert not gate.overdue(due - 0.01)
    assert gate.overdue(due)


def test_a_cancelled_response_has_5_seconds_to_end_whatever_comes_of_it():
    gate = running()
    gate.drop(2.0)
    gate.progressed(ONE, 6.0)

    assert gate.deadline(6.0) == 7.0


def test_what_is_over_is_not_overdue():
    gate = running()
    gate.done(ONE, 1.0)

    assert gate.deadline(1.0) is None
    assert not gate.overdue(100.0)


def test_a_failure_is_asked_for_again_after_half_a_second_and_once():
    gate = running()
    assert gate.done(ONE, 2.0, failed=True)
    assert gate.next(2.4) is None
    assert gate.deadline(2.4) == 2.5
    assert gate.next(2.5) == ANSWER
    gate.started(TWO, "answer", 2.6)

    assert not gate.done(TWO, 3.0, failed=True)


def test_a_cancelled_response_that_fails_is_not_asked_for_again():
    gate = running()
    gate.drop(1.0)

    assert gate.done(ONE, 2.0, failed=True)
    assert not gate.owes()


def test_newer_words_go_before_a_second_attempt():
    gate = Responses()
    gate.want(GREETING)
    gate.next(0.0)
    gate.started(ONE, "greeting", 0.1)
    gate.want(FAREWELL)

    gate.done(ONE, 1.0, failed=True)

    assert gate.next(2.0) == FAREWELL


def test_a_refusal_is_asked_for_again_but_not_for_ever():
    gate = Responses()
    gate.want(ANSWER)
    gate.next(0.0)
    gate.refused(0.1)
    assert gate.next(0.5) is None
    assert gate.next(0.6) == ANSWER
    gate.refused(0.7)

    assert gate.deadline(1.3) == 8.0
    assert gate.overdue(8.0)


def test_a_refusal_of_what_nobody_wants_any_more_is_forgotten():
    gate = Responses()
    gate.want(ANSWER)
    gate.next(0.0)
    gate.drop(0.1)
    gate.refused(0.2)

    assert not gate.owes()
    assert gate.deadline(0.2) is None
    gate.want(ANSWER)
    assert gate.next(5.0) == ANSWER
    assert gate.deadline(5.0) == 13.0


def test_of_a_model_that_is_gone_nothing_is_expected():
    gate = running()
    gate.want(FAREWELL)
    gate.gone()

    assert (gate.busy, gate.owes(), gate.deadline(1.0)) == (False, False, None)
    assert not gate.is_wanted(ONE)


STEPS = st.sampled_from(
    ["want", "script", "next", "start", "stray", "drop", "done", "fail", "refuse", "forget", "live"]
)


@given(st.lists(STEPS, max_size=60))
def test_never_are_two_under_way_and_never_is_one_without_a_deadline(steps):
    gate = Responses()
    asked: list[Respond] = []
    going: list[ResponseId] = []
    for number, step in enumerate(steps):
        now = float(number)
        new = ResponseId(f"r{number}")
        match step:
            case "want":
                gate.want(ANSWER)
            case "script":
                gate.want(GREETING)
            case "next" if request := gate.next(now):
                assert not asked
                assert not going
                asked.append(request)
            case "start" if asked and not going:
                gate.started(new, asked.pop().tag, now)
                going.append(new)
            case "stray" if not going:
                assert not gate.started(new, "", now)
                going.append(new)
            case "drop":
                cancelled = gate.drop(now)
                assert cancelled is None or cancelled in going
            case "done" | "fail" if going:
                gate.done(going.pop(), now, failed=step == "fail")
            case "refuse" if asked:
                asked.clear()
                gate.refused(now)
            case "forget":
                gate.forget()
            case "live" if going:
                gate.progressed(going[-1], now)
        if asked or going:
            assert gate.deadline(now) is not None
        else:
            assert not gate.busy
