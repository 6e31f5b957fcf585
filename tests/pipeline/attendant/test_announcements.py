from dataclasses import replace
from datetime import time

import pytest

from pipeline.attendant import announcements as said
from pipeline.business.document import Hours
from pipeline.quote.quote import party_from_json, price, tool_result
from pipeline.quote.spoken import find_amounts
from tests.pipeline.seed import BUSINESS, NOW, RULES, TODAY, ZONE


def quoted(**fields):
    """A result of the quote tool."""
    party = party_from_json(RULES, fields, TODAY, allow_miles=False)
    return tool_result(price(RULES, party, NOW, ZONE), "q-1")


def test_a_quote_is_read_out_with_its_guests_total_travel_deposit_and_balance():
    words = said.quote_words(quoted(adults=20, children=5, zip="95125"), "95125")
    assert words == (
        "For 20 adults and 5 children in ZIP 95125, the total is $1,250.00. Travel is free."
        " A deposit of $100.00 holds the date, and the balance is $1,150.00."
    )


def test_a_small_party_is_told_of_the_minimum():
    words = said.quote_words(quoted(adults=1), "")
    assert "For 1 adult, the total is $550.00. Our food minimum adds $495.00 of it;" in words


def test_travel_that_nobody_knows_is_not_said_to_be_free():
    words = said.quote_words(quoted(adults=10, zip="99999"), "99999")
    assert "Travel is not in it yet: our team confirms that." in words
    assert "free" not in words


def test_estimated_travel_is_called_an_estimate():
    far = next(
        zip_ for zip_, tenths in RULES.travel.zip_tenths.items()
        if len(zip_) == 5 and RULES.travel.free_tenths < tenths <= RULES.travel.max_tenths
    )  # fmt: skip
    result = quoted(adults=10, zip=far)
    words = said.quote_words(result, far)
    assert f"an estimated ${result['travel_fee']:.2f} for travel" in words
    assert "A person from our team confirms it" in words


@pytest.mark.parametrize("adults", [1, 10, 33, 100])
def test_every_figure_of_a_quote_is_the_results_own(adults):
    result = quoted(adults=adults, children=3, zip="95125")
    cents = {amount.cents for amount in find_amounts(said.quote_words(result, "95125"))}
    known = {result[name] for name in ("total", "deposit", "balance", "minimum_adjustment")}
    assert cents <= {round(each * 100) for each in known}
    assert round(result["total"] * 100) in cents


def test_hours_alike_are_one_stretch():
    assert said.hours_words(BUSINESS) == "Our team answers every day from 12:00 PM to 9:00 PM."


def test_days_that_differ_are_told_apart_and_closed_days_left_out():
    late, early = time(9), time(17, 30)
    hours = Hours(
        dict.fromkeys((0, 1, 2, 4), late),
        {0: early, 1: early, 2: early, 4: time(0)},
        frozenset(),
        60,
    )
    assert said.hours_words(replace(BUSINESS, hours=hours)) == (
        "Our team answers Monday to Wednesday from 9:00 AM to 5:30 PM,"
        " Friday from 9:00 AM to midnight."
    )


def test_policies_are_the_businesss_own_answers():
    words = said.hours_and_policies(BUSINESS)
    answers = {entry.entry_id: entry.answer for entry in BUSINESS.knowledge}
    assert answers["deposit"] in words
    assert answers["deposit-refund"] in words


def test_a_business_that_has_nothing_written_down_still_tells_its_hours():
    words = said.hours_and_policies(replace(BUSINESS, knowledge=()))
    assert words.startswith("Our team answers every day")


def test_nobody_is_said_to_be_put_through():
    words = said.person_asked({"promise": "within 2 hours, by 2:00 PM"})
    assert "will call you back" in words
    assert "within 2 hours, by 2:00 PM" in words


@pytest.mark.parametrize("tell", [said.person_asked, said.message_kept, said.texted])
def test_a_tool_that_failed_is_not_said_to_have_worked(tell):
    words = tell({"error": "no"})
    assert words.startswith("Sorry")
    assert "promise" not in words
