"""Who said what, in the order in which it was said, and as far as it was heard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.call.turns import Transcript, Turn, heard_text, is_noted, noted
from pipeline.ids import ItemId

US, CALLER = ItemId("us"), ItemId("caller")


@pytest.mark.parametrize(
    ("heard_ms", "text"),
    [
        (0, ""),
        (230, ""),
        (231, "one"),
        (538, "one"),
        (539, "one two"),
        (999, "one two"),
        (1000, "one two three"),
        (5000, "one two three"),
    ],
)
def test_the_words_that_were_heard_are_those_that_fit(heard_ms, text):
    assert heard_text("one two three", heard_ms, 1000) == text


def test_of_one_word_that_was_cut_nothing_is_kept():
    assert heard_text("Unbelievable!", 900, 1000) == ""


@given(st.text(max_size=80), st.integers(0, 10_000), st.integers(0, 10_000))
def test_what_was_heard_begins_what_was_said(text, heard_ms, whole_ms):
    heard = heard_text(text, heard_ms, whole_ms)

    assert text.startswith(heard)
    assert heard == text or heard_ms < whole_ms


@given(st.text("ab ", max_size=40), st.integers(0, 1000), st.integers(0, 1000))
def test_who_heard_longer_heard_no_less(text, one, other):
    shorter, longer = sorted((one, other))
    assert len(heard_text(text, shorter, 1000)) <= len(heard_text(text, longer, 1000))


def test_turns_stand_where_they_began_however_late_their_words():
    said = Transcript(100.0)
    said.begin(CALLER, "caller", 101.0)
    said.begin(US, "model", 102.5)

    assert said.we_said(US, "Hello") == Turn(US, 1, "model", "Hello", 2500)
    assert said.caller_said(CALLER, "Hi", 110.0) == Turn(CALLER, 0, "caller", "Hi", 1000)


def test_beginning_twice_moves_nothing():
    said = Transcript(0.0)
    said.begin(US, "model", 1.0)
    said.begin(US, "attendant", 9.0)

    turn = said.we_said(US, "Hello")
    assert turn == Turn(US, 0, "model", "Hello", 1000)


def test_words_of_which_nothing_was_heard_are_no_turn_until_their_audio_begins():
    said = Transcript(0.0)
    assert said.we_said(US, "Hello") is None
    assert said.heard(US, 500) is None
    assert said.cut(US, 0, 500) is None

    said.begin(US, "model", 1.0)

    assert said.heard(US, 500) == Turn(US, 0, "model", "Hello", 1000, 500, 500)


@pytest.mark.parametrize("words_first", [True, False])
def test_a_turn_that_was_cut_keeps_what_was_heard_of_it(words_first):
    said = Transcript(0.0)
    said.begin(US, "model", 0.0)
    if words_first:
        said.we_said(US, "one two three")
    cut = said.cut(US, 620, 1000)
    if not words_first:
        cut = said.we_said(US, "one two three")

    assert cut == Turn(US, 0, "model", "one two", 0, 620, 1000, True)


def test_what_came_of_it_afterwards_makes_the_whole_longer():
    said = Transcript(0.0)
    said.begin(US, "model", 0.0)
    said.cut(US, 620, 1000)
    said.missed(US, 1000)

    turn = said.we_said(US, "one two three")
    assert turn == Turn(US, 0, "model", "one", 0, 620, 2000, True)


def test_nothing_is_missed_of_a_turn_that_was_not_cut_or_never_began():
    said = Transcript(0.0)
    said.missed(US, 1000)
    said.begin(US, "model", 0.0)
    said.missed(US, 1000)

    turn = said.heard(US, 500)
    assert turn is not None
    assert turn.whole_ms == 500


def test_what_was_cut_before_its_words_were_whole_is_told_as_far_as_they_came():
    said = Transcript(0.0)
    said.begin(US, "model", 0.0)
    for delta in ("Your total ", "is one ", "thousand"):
        said.we_are_saying(US, delta)

    cut = said.cut(US, 600, 1000)

    assert cut is not None
    assert (cut.text, cut.interrupted) == ("Your total is", True)


def test_words_that_never_came_whole_are_told_all_the_same():
    said = Transcript(0.0)
    said.begin(US, "model", 0.0)
    said.we_are_saying(US, "Goodbye!")

    heard = said.heard(US, 900)

    assert heard is not None
    assert heard.text == "Goodbye!"


def test_what_a_caller_did_is_told_from_what_a_caller_said():
    assert noted("pressed 1 on the keypad") == "(The caller pressed 1 on the keypad.)"
    assert is_noted(noted("left a spoken message"))
    assert not is_noted("(laughs) The caller before me pressed 1.")
