"""An old quote answers for the same party only."""

from datetime import date
from typing import Any

import pytest

from pipeline.inquiry.facts import Facts
from pipeline.inquiry.standing import asks_otherwise, stands
from pipeline.quote.quote import Party
from tests.pipeline.inquiry.parties import BUSINESS

PARTY = Party(
    adults=20,
    children=4,
    proteins={"filet_mignon": 10},
    zip="94539",
    event_date=date(2026, 12, 12),
)
KNOWN: dict[str, Any] = {"adults": 20, "children": 4, "proteins": {"filet_mignon": 10}}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"zip": "94539"},
        {"event_date": date(2026, 12, 12)},
        {"toddlers": 0},
        {"name": "Dana", "asked": ("date",)},
        {"proteins": {"filet_mignon": 10, "chicken": 0}},
    ],
)
def test_the_same_inputs_keep_a_quote(changes: dict[str, Any]) -> None:
    assert stands(PARTY, Facts(**KNOWN | changes), BUSINESS)


@pytest.mark.parametrize(
    "changes",
    [
        {"adults": 21},
        {"children": 0},
        {"toddlers": 1},
        {"zip": "94110"},
        {"city": "san francisco"},
        {"event_date": date(2026, 12, 13)},
        {"proteins": {}},
        {"proteins": {"filet_mignon": 11}},
        {"addons": {"gyoza": 1}},
    ],
)
def test_a_changed_input_drops_it(changes: dict[str, Any]) -> None:
    assert not stands(PARTY, Facts(**KNOWN | changes), BUSINESS)


@pytest.mark.parametrize(
    "text",
    [
        "what was the total again?",
        "so 20 adults and 4 kids, right?",
        "for the 24 guests, what is the deposit",
        "is it still the same price on December 12",
        "can you come at 6 pm or 7:30",
        "how about 5pm",
        "we're 12 miles from the bridge",
        "my number is 916-555-0134",
        "ok for 94539 then",
        "with filet, yes",
        "no one is allergic",
    ],
)
def test_the_same_party_may_be_asked_about_again(text: str) -> None:
    assert not asks_otherwise(text, PARTY, BUSINESS)


@pytest.mark.parametrize(
    "text",
    [
        "and for 12?",
        "what if it's 25 people",
        "make it 22",
        "what about twelve adults",
        "two more kids are coming",
        "actually 18",
        "it is in 94110 now",
        "can we add gyoza",
        "and with lobster?",
        "what would it be without the filet",
        "30 guests instead",
    ],
)
def test_another_party_is_noticed(text: str) -> None:
    assert asks_otherwise(text, PARTY, BUSINESS)
