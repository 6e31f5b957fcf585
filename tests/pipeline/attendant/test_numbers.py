"""Number words to digits, and the words that only look like numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.attendant.numbers import with_digits
from pipeline.quote.numerals import in_words


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("twelve adults", "12 adults"),
        ("twenty-five adults and one child", "25 adults and 1 child"),
        ("twenty five adults, sixteen kids", "25 adults, 16 kids"),
        ("zero kids", "0 kids"),
        ("2 dozen people", "24 people"),
        ("two dozen people", "24 people"),
        ("a dozen of us", "12 us"),
        ("half a dozen kids", "6 kids"),
        ("half dozen kids", "6 kids"),
        ("a hundred guests", "100 guests"),
        ("one hundred and twenty adults", "120 adults"),
        ("two hundred guests", "200 guests"),
        ("a couple of kids", "2 kids"),
        ("1.5 dozen adults", "18 adults"),
        ("a dozen and a half adults", "18 adults"),
        ("two and a half dozen", "30"),
        ("a couple of dozen people", "24 people"),
        ("hundred people", "100 people"),
        ("forty-one of us", "41 of us"),
        ("twenty one of us", "21 of us"),
        ("fourty-five guests, fiveteen kids", "45 guests, 15 kids"),
        ("a couple friends", "2 friends"),
        ("ten-twelve people", "10-12 people"),
        ("two to three kids", "2 to 3 kids"),
        ("a six-year-old", "a 6-year-old"),
    ],
)
def test_a_number_in_words_becomes_digits(text, digits):
    assert with_digits(text) == digits


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("december twelfth", "december 12th"),
        ("december twenty-fifth", "december 25th"),
        ("the twentieth", "the 20th"),
        ("the thirtieth", "the 30th"),
        ("june sixteenth at five", "june 16th at 5"),
    ],
)
def test_a_day_of_the_month_becomes_digits(text, digits):
    assert with_digits(text) == digits


@pytest.mark.parametrize(
    "text",
    [
        "no one is vegetarian",
        "one of us is vegan",
        "that one please",
        "any one will do",
        "one more question",
        "one last thing",
        "one second",
        "someone told everyone",
        "none of the attendees",
        "dozens of people",
        "first of all",
        "the tent often weighs a ton",
    ],
)
def test_words_that_count_nothing_stay(text):
    assert with_digits(text) == text


def test_one_counts_before_a_guest():
    assert with_digits("one toddler, no one else") == "1 toddler, no one else"


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        ("10adults 4kids", "10 adults 4 kids"),
        ("10a 4k", "10 adults 4 kids"),
        ("10a, 4c", "10 adults 4 kids"),
        ("6yo and 4yrs", "6 yo and 4 yrs"),
        ("filet x10", "filet x 10"),
    ],
)
def test_a_number_is_cut_loose_from_the_word_it_sticks_to(text, apart):
    assert with_digits(text) == apart


@pytest.mark.parametrize("text", ["3pm", "10am", "20th", "2nd", "95125", "$1,100.50", "12/12"])
def test_times_days_and_figures_stay_whole(text):
    assert with_digits(text) == text


@given(st.integers(2, 999), st.sampled_from(["adults", "kids", "people", "of us"]))
def test_every_head_count_in_words_is_the_number_it_says(count, noun):
    if count % 10 == 1 and noun == "of us":
        noun = "guests"
    assert with_digits(f"{in_words(count)} {noun}") == f"{count} {noun}"


@given(st.text("0123456789 .,/$:?!-"))
def test_digits_are_left_alone(text):
    assert with_digits(text) == text
