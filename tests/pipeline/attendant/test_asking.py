"""The one next step, in its order of need."""

from datetime import date

import pytest

from pipeline.attendant.asking import Step, asked, next_step
from pipeline.attendant.memory import Memory
from pipeline.attendant.plan import make_plan
from pipeline.inquiry.facts import Facts
from tests.pipeline.attendant.conversation import snapshot
from tests.pipeline.seed import BUSINESS

DAY = date(2026, 12, 12)


def step(*knows, text="ok", quoted=False, **facts):
    plan = make_plan(snapshot(text, facts=Facts(asked=tuple(knows), **facts)))
    return next_step(plan, BUSINESS, quoted=quoted)


@pytest.mark.parametrize(
    ("knows", "facts", "asks", "words"),
    [
        ((), {}, ("adults",), "how many adults (13+) and children (6-12)"),
        ((), {"children": 4}, ("adults",), "And how many adults (13+)?"),
        ((), {"adults": 0}, ("adults",), "at least one adult"),
        (("range=people:10-12",), {}, ("range",), "10 or 12"),
        (("total=12",), {"adults": 12}, ("children",), "Adults are $55.00, children 6-12 $30.00"),
        (("steak=10",), {"adults": 9}, ("steak",), "NY strip steak (included) or filet mignon"),
        (("portions=lobster_tail",), {"adults": 9}, ("portions",), "lobster tail (+$15.00 each)"),
        (("portions=addon:gyoza",), {"adults": 9}, ("portions",), "gyoza ($10.00 each)"),
        ((), {"adults": 9}, ("zip", "date"), "ZIP (or city)"),
        ((), {"adults": 9, "event_date": DAY}, ("zip",), "ZIP or city"),
        ((), {"adults": 9, "zip": "95125"}, ("date",), "What date"),
    ],
)
def test_what_is_missing_most_is_asked_first(knows, facts, asks, words):
    found = step(*knows, **facts)

    assert found.asks == asks
    assert words in found.words


def test_confirming_is_offered_once_there_is_a_price_and_nothing_is_missing():
    known = {"adults": 9, "zip": "95125", "event_date": DAY}

    assert step(quoted=True, **known).asks == ("confirm",)
    assert step(quoted=True, **known).words == "Shall I ask our team to confirm Sat Dec 12, 2026?"
    assert step(quoted=False, **known) == Step()


@pytest.mark.parametrize("name", ["zip", "date"])
def test_what_was_asked_twice_is_not_asked_again(name):
    both = step(f"+{name}", adults=9)
    assert both.asks == ("zip", "date")

    left = step(f"+{name}", f"+{name}", adults=9)
    assert name not in left.asks
    assert left.asks


def test_when_all_was_asked_twice_the_guests_are_waited_for():
    assert step("+adults", "+adults").asks == ()
    assert "Once you know" in step("+adults", "+adults").words


def test_yes_there_are_children_is_asked_how_many():
    found = step("children", "total=12", "+children", adults=12, text="yes")

    assert found == Step("How many are 12 or under, and how old are they?", ("children",))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("12/12/2020", "Sat Dec 12, 2020 is in the past. What date is the party?"),
        ("in june", "Which exact date is the party?"),
        ("nov 31", "Which exact date is the party?"),
    ],
)
def test_a_day_that_is_none_is_asked_for_again(text, words):
    assert step("date", "+date", adults=9, zip="95125", text=text).words == words


def test_a_step_is_remembered():
    memory = asked(Memory(notes={"lost": "1"}), Step("?", ("zip", "date")), lost=0)

    assert memory == Memory(open=("zip", "date"), tally={"zip": 1, "date": 1})
    assert asked(memory, Step(), lost=2) == Memory(notes={"lost": "2"}, tally=memory.tally)
