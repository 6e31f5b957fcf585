"""Mistyped dishes and nouns put right, English words left as they are."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.attendant.menu import spellings
from pipeline.attendant.spelling import corrected
from tests.pipeline.seed import RULES

DISHES = spellings(RULES)
MISTYPED = ("chicken", "lobster", "calamari", "scallops", "edamame", "noodles", "dumplings")


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("10 lobstr and 10 chiken", "10 lobster and 10 chicken"),
        ("10 adlts, 5 childern", "10 adults, 5 children"),
        ("15 peopel", "15 people"),
        ("2 todlers", "2 toddlers"),
        ("filett mingon for evryone", "filet mignon for everyone"),
        ("scalops and calimari", "scallops and calamari"),
        ("shirmp or salman", "shrimp or salmon"),
        ("2 gioza, 3 edamami", "2 gyoza, 3 edamame"),
        ("dumpligns", "dumplings"),
    ],
)
def test_a_mistyped_dish_or_noun_is_put_right(text, right):
    assert corrected(text, DISHES) == right


@pytest.mark.parametrize(
    "text",
    [
        "i guess we have some guesses and a quest",
        "what is the price of the dinner?",
        "do you cook in the kitchen or on the sides?",
        "every vegan checked the check",
        "steal the scale, steam the noon trips",
        "salad, snacks, cheese and cheddar",
        "don't forget the children's table",
        "see you friday evening at the saloon",
        "20 ppl, 5 kids",
        "12 friends and a friend",
        "scallions, files, races, minions and chickpeas",
        "an extract of shallow streams and strings",
        "friends adjust their freed fries",
    ],
)
def test_an_english_word_stays_itself(text):
    assert corrected(text, DISHES) == text


def test_short_forms_are_written_out():
    assert corrected("we r 3 lil youngins, nxt wknd", DISHES) == (
        "we are 3 little youngsters, next weekend"
    )


def test_a_short_word_is_never_corrected():
    assert corrected("tofo, stea, rise", DISHES) == "tofo, stea, rise"


def test_two_wrong_strokes_need_a_long_word():
    assert corrected("labstar but not shromb", DISHES) == "lobster but not shromb"
    assert corrected("labztar, kalemare", DISHES) == "labztar, kalemare"


def test_another_first_letter_is_another_word():
    assert corrected("thicken the mobster", DISHES) == "thicken the mobster"


def test_a_word_is_only_drawn_to_what_is_sold():
    assert corrected("brisquet and chiken", {"brisket": "brisket"}) == "brisket and chiken"


@pytest.mark.parametrize("spelling", sorted(DISHES))
def test_every_dish_spelt_right_stays(spelling):
    assert corrected(spelling, DISHES) == spelling


@pytest.mark.parametrize("dish", MISTYPED)
@pytest.mark.parametrize("place", [1, 2, 3, 4])
def test_one_slip_of_the_finger_still_names_the_same_dish(dish, place):
    before, here, after, rest = dish[:place], dish[place], dish[place + 1], dish[place + 2 :]
    missing, doubled = before + after + rest, before + here + here + after + rest
    for slip in (missing, doubled, before + after + here + rest):
        assert DISHES[corrected(slip, DISHES)] == DISHES[dish]


near_words = st.lists(
    st.sampled_from(["lobstr", "childern", "20", "x", "gyoza", ",", "peopel", "$5"])
    | st.text("abcdehiklmnoprst'", max_size=9)
).map(" ".join)


@settings(max_examples=50)
@given(near_words)
def test_correcting_twice_changes_nothing_more(text):
    once = corrected(text, DISHES)
    assert corrected(once, DISHES) == once


@settings(max_examples=50)
@given(near_words | st.text())
def test_figures_signs_and_spaces_are_untouched(text):
    assert re.findall(r"[^a-z]", corrected(text, DISHES)) == re.findall(r"[^a-z]", text)
