import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.quote.dollars import amount_in_digits, brief_amount
from pipeline.quote.spoken import (
    Role,
    amount_in_words,
    dish_roles,
    find_amounts,
    find_guests,
    find_percents,
)
from tests.pipeline.seed import BUSINESS, RULES, samples

DISHES = dish_roles(RULES)
SENTENCES = samples("amounts.json")["sentences"]
cents = st.integers(0, 9_999_999)

PIECES = [
    *(
        "$",
        "1,100",
        "1100",
        ".00",
        "20",
        "%",
        "percent",
        "per",
        "adult",
        "child",
        "a",
        "head",
        "each",
    ),
    *("total", "deposit", "balance", "is", "of", "and", "to", "-", "(", ")", ",", ".", ":", "\n"),
    *(
        "one",
        "hundred",
        "thousand",
        "fifty",
        "five",
        "dollars",
        "cents",
        "USD",
        "bucks",
        "k",
        "grand",
    ),
    *("12/12", "travel", "miles", "mile", "fee", "minimum", "filet", "gyoza", "extra", "protein"),
    *("$5", "$1.1k", "95125", "916-555-0100", "pp", "the", "x", "=", " "),
]
sentences = st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join)


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: sentence["text"][:60])
def test_every_amount_of_a_labelled_sentence_is_found_with_what_it_is_said_to_be(sentence):
    found = find_amounts(sentence["text"], DISHES)
    assert [[amount.cents, amount.role] for amount in found] == sentence["amounts"]


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: sentence["text"][:60])
def test_every_percentage_of_a_labelled_sentence_is_found(sentence):
    found = find_percents(sentence["text"])
    assert [str(percent.value) for percent in found] == sentence.get("percents", [])


def test_the_labelled_set_is_large_enough_to_mean_something():
    assert len(SENTENCES) >= 200
    assert sum(1 for sentence in SENTENCES if not sentence["amounts"]) >= 40


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "zero dollars"),
        (1, "one cent"),
        (50, "fifty cents"),
        (100, "one dollar"),
        (101, "one dollar and one cent"),
        (5500, "fifty-five dollars"),
        (10000, "one hundred dollars"),
        (55060, "five hundred fifty dollars and sixty cents"),
        (110000, "one thousand one hundred dollars"),
        (
            123456789,
            "one million two hundred thirty-four thousand five hundred sixty-seven"
            " dollars and eighty-nine cents",
        ),
    ],
)
def test_an_amount_is_said_as_people_say_it(amount, words):
    assert amount_in_words(amount) == words


def test_a_negative_amount_is_never_said():
    with pytest.raises(ValueError, match="not negative"):
        amount_in_words(-1)


@given(cents)
def test_an_amount_in_words_is_understood_again(amount):
    words = amount_in_words(amount)
    assert [(a.cents, a.start, a.end) for a in find_amounts(words)] == [(amount, 0, len(words))]


@given(cents)
def test_an_amount_in_digits_is_understood_again(amount):
    for text in (amount_in_digits(amount), brief_amount(amount)):
        assert [(a.cents, a.start, a.end) for a in find_amounts(text)] == [(amount, 0, len(text))]


@given(cents, cents, cents)
def test_a_quote_in_one_sentence_is_understood_again(total, deposit, balance):
    wanted = [(total, Role.TOTAL), (deposit, Role.DEPOSIT), (balance, Role.BALANCE)]
    for say in (amount_in_digits, amount_in_words):
        text = f"Your total is {say(total)}, deposit {say(deposit)} and balance {say(balance)}."
        assert [(found.cents, found.role) for found in find_amounts(text)] == wanted


@given(st.text() | sentences)
def test_any_text_is_read_and_what_is_found_lies_in_it_in_order(text):
    spans = [(found.start, found.end) for found in find_amounts(text, DISHES)]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    assert all(0 <= one.start < one.end <= len(text) for one in find_percents(text))


def test_a_span_stands_where_the_amount_stands_in_the_original():
    text = "\ufb01rst \u200bthe total: \uff04\uff11,\uff11\u200b\uff10\uff10 \u00bd"
    (found,) = find_amounts(text)
    assert (found.cents, text[found.start : found.end]) == (
        110000,
        "\uff04\uff11,\uff11\u200b\uff10\uff10",
    )


def calls_to_read(text: str) -> int:
    """How many functions are called to find the amounts of a text."""
    count = 0

    def note(*_: object) -> None:
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        find_amounts(text, DISHES)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize(
    "piece",
    ["$1 total ", "1,", "one ", "hundred and ", "$", "(", "card processing ", "$5-", "1.1k "],
)
def test_four_times_the_text_is_four_times_the_work(piece):
    once = piece * (2_500 // len(piece))
    assert calls_to_read(once * 4) < 5 * calls_to_read(once)


def test_what_the_business_publishes_names_only_figures_of_its_rules():
    published = {
        Role.ADULT: {RULES.adult_cents},
        Role.CHILD: {RULES.child_cents},
        Role.MINIMUM: {RULES.minimum_cents},
        Role.DEPOSIT: {RULES.deposit_cents},
        Role.PER_MILE: {RULES.travel.per_mile_cents},
        Role.EXTRA_PROTEIN: {RULES.extra_protein_cents},
        Role.UPGRADE: {protein.upgrade_cents for protein in RULES.proteins.values()},
        Role.ADDON: {addon.cents for addon in RULES.addons.values()},
        Role.RESCHEDULE: {BUSINESS.published["reschedule"]},
    }
    texts = [entry.answer for entry in BUSINESS.knowledge] + [BUSINESS.about, BUSINESS.help_text]
    found = [amount for text in texts for amount in find_amounts(text, DISHES)]
    assert len(found) >= 15
    assert [a for a in found if a.role is None or a.cents not in published[a.role]] == []


def test_percentages_of_the_business_are_those_it_publishes():
    texts = [entry.answer for entry in BUSINESS.knowledge]
    found = {percent.value for text in texts for percent in find_percents(text)}
    assert found == BUSINESS.published_percents


@pytest.mark.parametrize(
    ("text", "guests"),
    [
        ("For 20 adults and 5 kids", [("adults", 20), ("children", 5)]),
        ("a party of twenty-five", [("guests", 25)]),
        ("changed from 10 adults to 12 adults", [("adults", 12)]),
        ("for all 20 of you, 2 babies", [("guests", 20), ("toddlers", 2)]),
        ("$20 people ask 6-12 kids, one adult", []),
    ],
)
def test_the_guests_of_a_text_are_counted(text, guests):
    assert find_guests(text) == guests
