"""An answer that is owed: nothing makes us forget it, and no silence lasts."""

from pipeline.call.owed import LONGEST_SECONDS, MOST_ROUNDS, STUCK_SECONDS, Owed


def owed() -> Owed:
    """The caller's turn ended at 10 s."""
    found = Owed(watched=True)
    found.asked(10.0)
    return found


def test_a_silence_is_given_two_seconds():
    answer = owed()
    answer.watch(11.0, silent=True)
    answer.watch(11.5, silent=True)
    assert answer.deadline == 11.0 + STUCK_SECONDS
    assert answer.late(12.9) is None
    assert answer.late(13.0) == "ask"
    assert answer.deadline is None


def test_what_is_under_way_is_waited_for():
    answer = owed()
    answer.watch(11.0, silent=True)
    answer.watch(12.0, silent=False)
    assert answer.late(20.0) is None


def test_a_second_silence_in_a_turn_is_a_failure_when_nothing_was_said():
    answer = owed()
    for expected in ("ask", "fail"):
        answer.watch(20.0, silent=True)
        assert answer.late(22.0) == expected


def test_a_second_silence_after_something_was_said_may_be_all_there_is():
    answer = owed()
    answer.spoken(11.0)
    answer.follow_up()
    answer.watch(12.0, silent=True)
    assert answer.late(14.0) == "ask"
    answer.watch(15.0, silent=True)
    assert answer.late(17.0) is None
    answer.watch(18.0, silent=True)
    assert answer.deadline is None


def test_once_it_is_heard_nothing_is_owed():
    answer = owed()
    assert answer.spoken(10.75) == 750
    assert answer.spoken(10.9) is None
    answer.watch(12.0, silent=True)
    assert answer.deadline is None


def test_who_was_cut_short_owes_the_rest_but_no_gap():
    answer = Owed(watched=True)
    answer.cut()
    answer.watch(1.0, silent=True)
    assert answer.deadline == 1.0 + STUCK_SECONDS
    assert answer.spoken(2.0) is None


def test_a_silence_that_is_kept_on_purpose_is_left_alone():
    answer = Owed(watched=False)
    answer.asked(1.0)
    answer.watch(1.0, silent=True)
    assert answer.deadline is None
    assert answer.spoken(1.25) == 250


def test_after_so_many_rounds_of_tools_there_are_none_until_the_next_turn():
    answer = owed()
    rounds = [answer.follow_up().tools for _ in range(MOST_ROUNDS + 1)]
    assert rounds == [True] * (MOST_ROUNDS - 1) + [False] * 2
    answer.asked(30.0)
    assert answer.follow_up().tools


def test_whatever_is_under_way_it_does_not_keep_a_caller_longer_than_twenty_seconds():
    answer = owed()
    answer.watch(12.0, silent=False)
    assert answer.deadline == 10.0 + LONGEST_SECONDS
    assert answer.late(29.9) is None
    assert answer.late(30.0) == "fail"


def test_while_the_caller_speaks_nothing_is_late():
    answer = owed()
    answer.watch(15.0, silent=False, listening=True)
    assert answer.deadline is None
    answer.watch(40.0, silent=True)
    assert answer.deadline == 40.0 + STUCK_SECONDS
