"""Who comes, sentence by sentence; what is no head-count; ages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.attendant.guests import Heads, take_heads
from pipeline.attendant.words import shape
from tests.pipeline.seed import RULES


def read(text):
    return take_heads(shape(text, {}), RULES)


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("20 adults and 5 kids", {"adults": 20, "children": 5}),
        ("25 ppl", {"people": 25}),
        ("party of 12", {"people": 12}),
        ("20-person party", {"people": 20}),
        ("adults: 20, kids: 5", {"adults": 20, "children": 5}),
        ("adults 20 kids 5", {"adults": 20, "children": 5}),
        ("guests: 12 adults / 4 kids", {"adults": 12, "children": 4}),
        ("10 men and 8 women", {"adults": 18}),
        ("5 couples", {"adults": 10}),
        ("a toddler and 12 adults", {"adults": 12, "toddlers": 1}),
        ("me and 9 friends", {"people": 10}),
        ("my wife and i and 8 friends", {"people": 10}),
        ("me, my husband and 3 kids", {"adults": 2, "children": 3}),
        ("quote for 20 in san jose", {"people": 20}),
        ("we are 15", {"people": 15}),
        ("3 of the guests are kids", {"children": 3}),
        ("not 20, 22 adults", {"adults": 22}),
        ("0 adults", {"adults": 0}),
    ],
)
def test_heads_are_counted(text, counts):
    assert read(text).counts == counts


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("kids 4 and 7", {"toddlers": 1, "children": 1}),
        ("2 kids (4 and 7)", {"toddlers": 1, "children": 1}),
        ("3 kids: 2, 5, and 13", {"toddlers": 2, "adults": 1}),
        ("3 kids ages 4 and 7", {"toddlers": 1, "children": 2}),
        ("2 10-year-olds", {"children": 2}),
        ("my 8 year old", {"children": 1}),
        ("1 is 4 and 2 are 8", {"toddlers": 1, "children": 2}),
        ("5 kids 6-12", {"children": 5}),
        ("5 kids under 5", {"toddlers": 5}),
        ("2 kids 5 and under", {"toddlers": 2}),
        ("3 kids under 12", {"children": 3}),
        ("4 kids over 12", {"adults": 4}),
        ("8 over 13", {"adults": 8}),
        ("10 people under 40", {"people": 10}),
        ("20 adults 13+", {"adults": 20}),
    ],
)
def test_ages_decide_what_somebody_counts_as(text, counts):
    assert read(text).counts == counts


@given(st.integers(0, 17), st.integers(1, 9))
def test_the_rules_ages_are_the_limits(age, count):
    kind = "toddlers" if age <= 5 else "children" if age <= 12 else "adults"

    assert read(f"{count} kids age {age}").counts == {kind: count}


@pytest.mark.parametrize(
    "text",
    [
        "we have 3 dogs",
        "for 20 minutes",
        "2 tables and 20 chairs",
        "is there a kids menu",
        "can i talk to a person",
        "do you charge for kids 5 and under",
        "5 of us dont eat meat",
        "3 of the adults eat no meat",
        "a 40 year old",
        "10% off",
    ],
)
def test_what_counts_nobody_teaches_nothing(text):
    assert read(text) == Heads()


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("add 2 more kids", {"children": 2}),
        ("2 more adults", {"adults": 2}),
        ("another adult", {"adults": 1}),
        ("3 fewer adults", {"adults": -3}),
        ("2 people can't make it", {"people": -2}),
        ("drop 2 kids", {"children": -2}),
        ("what if we add 5 more", {"people": 5}),
    ],
)
def test_a_change_is_told_apart_from_a_count(text, more):
    assert read(text) == Heads(more=more)


@pytest.mark.parametrize(
    ("text", "between"),
    [
        ("10-12 people", ("people", 10, 12)),
        ("10 to 12 adults", ("adults", 10, 12)),
        ("between 10 and 12 guests", ("people", 10, 12)),
        ("party of 45-50", ("people", 45, 50)),
        ("16-18 adults and 3 kids", ("adults", 16, 18)),
    ],
)
def test_a_range_is_no_count(text, between):
    heads = read(text)

    assert heads.between == between
    assert between[0] not in heads.counts


@pytest.mark.parametrize(
    "text", ["no kids", "just adults", "we are all adults", "everyone is over 21", "adults only"]
)
def test_that_no_child_comes_is_understood(text):
    assert read(text).only_adults


def test_just_the_two_of_us_are_adults():
    heads = read("just the 2 of us")

    assert (heads.counts, heads.only_adults) == ({"people": 2}, True)


@pytest.mark.parametrize(
    ("text", "besides"),
    [("12 people and 3 kids", True), ("12 people including 3 kids", False), ("also 2 kids", True)],
)
def test_children_on_top_are_told_from_children_among(text, besides):
    assert read(text).besides is besides


@pytest.mark.parametrize(
    ("text", "bare", "corrected"),
    [("20", (20,), False), ("20 and 5", (20, 5), False), ("actually 18", (18,), True)],
)
def test_a_number_alone_waits_for_what_was_asked(text, bare, corrected):
    heads = read(text)

    assert (heads.bare, heads.corrected, heads.said) == (bare, corrected, False)


def test_numbers_alone_may_be_ages():
    assert read("4, 7 and 9").as_ages == {"toddlers": 1, "children": 2}
    assert read("2, 3 and 8").as_ages == {"toddlers": 1, "children": 1}
    assert read("20 and 5").as_ages == {}


@given(st.text(max_size=200))
def test_any_text_can_be_read(text):
    heads = read(text.lower())

    assert all(count >= 0 for count in heads.counts.values())
