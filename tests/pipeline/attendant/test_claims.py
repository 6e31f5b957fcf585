"""Prices customers name: read as money, told apart as a claim, a haggle or neither."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.attendant.claims import claims, haggles, published, take_amounts
from pipeline.attendant.slate import Slate
from pipeline.quote.dollars import amount_in_digits, brief_amount
from tests.pipeline.seed import BUSINESS


def amounts(text):
    return take_amounts(Slate(text))


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("$45", [4500]),
        ("$ 45", [4500]),
        ("us $1,100.50", [110050]),
        ("$1.5", [150]),
        ("$0.50", [50]),
        ("500 dollars", [50000]),
        ("20 bucks or 30 usd", [2000, 3000]),
        ("45/person", [4500]),
        ("45 per adult, 20 a kid", [4500, 2000]),
        ("50pp", [5000]),
        ("$20-$30", [2000, 3000]),
        ("$5.", [500]),
        ("$2k", [200000]),
        ("$1.1k or $1.125 k", [110000, 112500]),
        ("1.2k, 2 grand, 3k dollars", [120000, 200000, 300000]),
        ("you told me 2k for 20", [200000]),
    ],
)
def test_a_sum_of_money_is_read_in_cents(text, cents):
    assert amounts(text) == cents


@pytest.mark.parametrize(
    "text", ["20 adults", "95125", "dec 12", "how about 15?", "2000", "12 chicken a", "10a 2k", ""]
)
def test_another_number_is_no_money(text):
    slate = Slate(text)
    assert take_amounts(slate) == []
    assert slate.text == text


def test_money_is_wiped_so_that_it_counts_nobody():
    slate = Slate("$45 for 20 adults, 30 per kid")
    assert take_amounts(slate) == [4500, 3000]
    assert slate.left == "for 20 adults,"


@given(st.integers(0, 10**9))
def test_an_amount_as_we_write_it_is_read_back(cents):
    assert amounts(f"you said {amount_in_digits(cents)} total") == [cents]
    assert amounts(f"{brief_amount(cents)}?") == [cents]


@given(st.text("$0123456789.,k dolarspe/") | st.text())
def test_no_text_holds_less_than_nothing(text):
    slate = Slate(text)
    assert all(cents >= 0 for cents in take_amounts(slate))
    assert len(slate.text) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "your site said $45",
        "the flyer says 40 per person",
        "i was quoted 1000 dollars last year",
        "groupon has $49.99 pp",
        "my neighbor paid $600",
        "your website says $30 per adult",
        "you told me $2k",
        "last time it was $1.1k",
    ],
)
def test_a_price_that_is_not_ours_is_a_claim(text):
    assert claims(text, amounts(text), BUSINESS)


@pytest.mark.parametrize(
    "text",
    [
        "your website says $55 per adult",
        "the site says the deposit is $100",
        "you told me the minimum is $550",
        "she said kids are $30",
        "our budget is $800",
        "is it $47?",
        "your site said 20 adults is fine",
    ],
)
def test_our_own_prices_and_mere_figures_are_no_claim(text):
    assert not claims(text, amounts(text), BUSINESS)


@pytest.mark.parametrize(
    "text",
    [
        "can you do it for $500",
        "how about $40 a head",
        "we'll pay $30 per kid",
        "$400, best you can?",
        "will you beat $900?",
        "thats too much, can u do 400",
        "how about 500?",
    ],
)
def test_an_offer_of_less_is_haggling(text):
    assert haggles(text, amounts(text))


@pytest.mark.parametrize(
    "text", ["our budget is $800", "your site said $45", "can you do 20 adults", "is it $55?"]
)
def test_a_budget_or_a_question_is_no_haggling(text):
    assert not haggles(text, amounts(text))


def test_the_published_figures_are_the_price_lists():
    assert {5500, 3000, 55000, 10000, 1000, 200, 500, 1500, 20000} <= published(BUSINESS)
    assert 4500 not in published(BUSINESS)
