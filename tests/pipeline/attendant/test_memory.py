"""What was asked for and noted, kept in a list of short texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.attendant.memory import SHARES, Memory

NAMES = st.sampled_from(["zip", "date", "adults", "children", "steak", "portions"])
NOTES = st.sampled_from(["total", "range", "steak", "portions", "lost"])


def test_a_list_of_texts_is_what_our_last_message_left_open():
    memory = Memory.from_asked(
        ("zip", "date", "steak=10", "total=12", "each=filet_mignon", "half=tofu", "+zip", "+zip")
    )
    assert memory.open == ("zip", "date")
    assert memory.notes == {"steak": "10", "total": "12"}
    assert memory.shares == {"filet_mignon": "each", "tofu": "half"}
    assert memory.tally == {"zip": 2}


@given(st.lists(st.text("+=zeach ", max_size=6) | NAMES).map(tuple))
def test_what_is_written_is_read_back(asked):
    memory = Memory.from_asked(asked)
    assert Memory.from_asked(memory.to_asked()) == memory


def test_an_empty_memory_leaves_nothing_behind():
    assert Memory().to_asked() == ()


def test_a_thing_is_asked_for_twice_and_never_a_third_time():
    memory = Memory()
    assert memory.may_ask("zip")
    memory = memory.asking("zip", "date").asking("zip")
    assert (memory.may_ask("zip"), memory.may_ask("date")) == (False, True)


def test_a_reply_that_asks_for_nothing_leaves_nothing_open():
    memory = Memory().asking("zip").asking()
    assert not memory.has_asked("zip")
    assert memory.tally == {"zip": 1}


def test_one_of_several_things_was_asked():
    memory = Memory().asking("zip", "date")
    assert memory.has_asked("children", "date")
    assert not memory.has_asked("children", "adults")
    assert not memory.has_asked()


def test_what_they_do_not_know_is_not_asked_again_until_it_is_forgotten():
    memory = Memory().give_up("date")
    assert not memory.may_ask("date")
    assert memory.forget_tally("date").may_ask("date")
    assert memory.forget_tally("zip") == memory


def test_notes_are_set_and_taken_away_one_by_one():
    memory = Memory().note(total=12, steak="each").note(total=None, portions="lobster_tail")
    assert memory.notes == {"steak": "each", "portions": "lobster_tail"}


@pytest.mark.parametrize(
    ("noted", "number"),
    [("12", 12), ("0", 0), ("each", None), ("", None), ("-3", None), ("people:10-12", None)],
)
def test_a_note_is_a_number_or_it_is_not(noted, number):
    assert Memory().note(total=noted).number("total") == number


def test_a_note_that_is_not_there_is_no_number():
    assert Memory().number("total") is None


def test_a_dish_has_one_share_the_last_said():
    memory = Memory().share("tofu", "each").share("chicken", "half").share("tofu", "half")
    assert memory.shares == {"chicken": "half", "tofu": "half"}
    assert memory.share("tofu", None).shares == {"chicken": "half"}


changes = st.one_of(
    NAMES.map(lambda name: lambda memory: memory.asking(name)),
    NAMES.map(lambda name: lambda memory: memory.give_up(name)),
    NAMES.map(lambda name: lambda memory: memory.forget_tally(name)),
    NOTES.map(lambda name: lambda memory: memory.note(**{name: 7})),
    NOTES.map(lambda name: lambda memory: memory.note(**{name: None})),
    st.tuples(NAMES, st.sampled_from(SHARES)).map(lambda said: lambda m: m.share(*said)),
)


@given(st.lists(changes, max_size=8))
def test_every_memory_survives_being_stored(steps):
    memory = Memory()
    for step in steps:
        memory = step(memory)
    assert Memory.from_asked(memory.to_asked()) == memory
