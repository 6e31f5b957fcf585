"""Sentences as strings of kinds: A adults, C children, T toddlers, P people, N number, I dish."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.attendant.menu import spellings
from pipeline.attendant.words import items, numbers, shape
from tests.pipeline.seed import RULES

DISHES = spellings(RULES)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("20 adults and 5 kids under 12, filet for everyone", "NA&NCuN,IfE"),
        ("the hungry 12", "N"),
        ("party of 12", "GN"),
        ("me and my wife", "M&M"),
        ("10 x filet", "N*I"),
        ("half chicken half shrimp", "HIHI"),
        ("swap filet for lobster", "WIfI"),
        ("5 couples", "ND"),
        ("2-3 toddlers", "N-NT"),
        ("20/5", "N,N"),
        ("a kid and an adult", "NC&NA"),
        ("3 of the adults", "NqA"),
        ("kids aren't coming", "Cc"),
        ("my 3 year old", "Ny"),
        ("bring a zither", "a."),
        ("", ""),
    ],
)
def test_a_sentence_has_a_shape(text, kinds):
    assert shape(text, DISHES).kinds == kinds


def test_numbers_and_dishes_are_read_out_of_a_shape():
    read = shape("20 adults, 10 filet mignon and 2 extra veggies", DISHES)
    assert numbers(read.words) == [20, 10, 2]
    assert items(read.words) == ["filet_mignon", "addon:vegetables"]


def test_the_longer_name_of_a_dish_wins():
    words = shape("new york strip steak, lobster tails, fried rice", DISHES).words
    assert items(words) == ["ny_strip_steak", "lobster_tail", "addon:fried_rice"]


def test_a_name_over_two_lines_is_one_dish():
    assert items(shape("filet  \n mignon", DISHES).words) == ["filet_mignon"]


@pytest.mark.parametrize("text", ["$20", "12th", "6pm", "12.5", "95125", "no. 123456", "#7"])
def test_prices_days_times_and_long_figures_are_no_counts(text):
    assert numbers(shape(text, DISHES).words) == []


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("20+ people", [20]),
        ("20 adults 13+", [20]),
        ("a toddler", [1]),
        ("and my baby too", [1]),
        ("an adult", [1]),
        ("a kid-friendly menu", []),
        ("a party", []),
        ("an adultery", []),
    ],
)
def test_what_counts_is_a_number_or_an_article_before_somebody(text, counts):
    assert numbers(shape(text, DISHES).words) == counts


def test_what_was_read_before_stays_read():
    assert shape("~~~~~ for 20 ~~~ ~~~", {}).kinds == "~fN~"


def test_without_a_menu_no_word_is_a_dish():
    assert shape("10 chicken", {}).kinds == "N."


def test_taking_wipes_and_nothing_is_taken_twice():
    read = shape("10 filet, 5 chicken", DISHES)
    pattern = re.compile("NI")
    assert [numbers(words) for words in read.take_all(pattern)] == [[10], [5]]
    assert read.take(pattern) is None
    assert [word.kind for word in read.left] == [","]


WORDS = "20 5 a kid adults filet chicken for everyone and ~~ $5 my 13+ x under"
customers = st.lists(st.sampled_from(WORDS.split())).map(" ".join)


@given(st.text() | customers)
def test_every_word_has_one_kind(text):
    read = shape(text, DISHES)
    assert [word.kind for word in read.words] == list(read.kinds)


@given(customers, st.tuples(st.integers(0, 9), st.integers(0, 9)))
def test_wiping_keeps_the_other_words_in_their_places(text, span):
    read = shape(text, DISHES)
    before = read.kinds
    start, end = (min(place, len(before)) for place in sorted(span))
    assert read.wipe(start, end) == read.words[start:end]
    assert read.kinds == before[:start] + "~" * (end - start) + before[end:]
