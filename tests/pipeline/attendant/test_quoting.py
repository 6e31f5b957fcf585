"""Quotes in words: every figure the quote's own, nothing unknown called settled."""

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.attendant.manner import composed
from pipeline.attendant.quoting import (
    day_words,
    guests_words,
    label,
    minimum_words,
    place_words,
    quote_parts,
    trip_words,
)
from pipeline.inquiry.facts import Facts
from pipeline.quote.dollars import amount_in_digits
from pipeline.quote.quote import party_from_json, price
from pipeline.quote.spoken import find_amounts
from pipeline.quote.travel import travel_fee, travel_for_zip
from tests.pipeline.seed import BUSINESS, NOW, RULES, TODAY, ZONE


def priced(**party):
    return price(RULES, party_from_json(RULES, party, TODAY, allow_miles=False), NOW, ZONE)


def words(quote, channel="email", shown=None, **facts):
    """The quote as a channel would say it."""
    itemised = channel == "email"
    parts = quote_parts(quote, Facts(**facts), BUSINESS, itemised=itemised, shown=shown)
    return composed(parts, BUSINESS, BUSINESS.manners[channel], None)


def test_a_text_message_shows_the_working_the_total_and_the_deposit():
    assert words(priced(adults=20, zip="95125"), "sms", zip="95125") == (
        "20 adults x $55.00 = $1,100.00. Total $1,100.00 (travel to ZIP 95125 free within 30"
        " miles). Deposit $100.00 holds the date, balance $1,000.00."
    )


def test_a_letter_has_a_line_for_every_line_of_the_quote():
    quote = priced(
        adults=20, children=1, toddlers=2, proteins={"filet_mignon": 10, "lobster_tail": 1},
        addons={"gyoza": 2},
    )  # fmt: skip
    letter = words(quote).splitlines()
    assert [line for line in letter if line.startswith("-")] == [
        "- 20 adults x $55.00 = $1,100.00",
        "- 1 child x $30.00 = $30.00",
        "- 2 toddlers free",
        "- 10 filet mignon upgrades x $5.00 = $50.00",
        "- 1 lobster tail upgrade x $15.00 = $15.00",
        "- 2 gyoza x $10.00 = $20.00",
    ]
    assert "A tip is optional: $243.00 to $425.25 is customary." in "\n".join(letter)


@pytest.mark.parametrize(
    ("zip_code", "says"),
    [
        (None, "Total $550.00 before travel, which is to be confirmed."),
        ("99999", "Total $550.00 before travel: our team confirms travel to ZIP 99999."),
        ("94538", "Total $550.00 (travel to ZIP 94538 free within 30 miles)."),
        ("94612", "(travel to ZIP 94612 free within 30 miles, our team confirms)."),
        ("94103", "Total $582.00, estimated travel $32.00 included; our team confirms"),
    ],
)
def test_a_total_says_what_it_knows_of_travel(zip_code, says):
    place = {"zip": zip_code} if zip_code else {}
    told = words(priced(adults=10, **place), "sms", **place)
    assert says in told
    assert "$0" not in told


def test_a_small_party_hears_that_the_minimum_is_money():
    told = words(priced(adults=4, zip="94538"), zip="94538")
    assert "Our food minimum is $550.00, so an adjustment of $330.00 is added" in told
    assert minimum_words(priced(adults=10), RULES) == ""


def test_a_large_party_and_a_near_day_hear_that_a_person_looks():
    told = words(priced(adults=30, event_date="2026-11-21"))
    assert "With 30 or more guests a person will confirm this." in told
    assert "less than 48 hours ahead, so a person must confirm" in told
    assert "person" not in words(priced(adults=29, event_date="2026-12-12"))


def test_the_same_working_is_not_shown_twice():
    before, after = priced(adults=20), priced(adults=20, zip="94103")
    assert words(after, "sms", shown=before, city="sf").startswith("Total $1,132.00, estimated")
    assert words(priced(adults=21), "sms", shown=before).startswith("21 adults x $55.00")


@pytest.mark.parametrize(
    ("zip_code", "told"),
    [
        ("94538", "Travel to Napa is free (within 30 miles)."),
        ("94612", "Travel to Napa is free (within 30 miles; our team confirms it)."),
        ("94558", "Travel to Napa is estimated at $60.00; our team confirms it."),
        ("99999", "Travel to Napa is to be confirmed by our team."),
    ],
)
def test_the_way_alone_is_free_estimated_or_to_be_confirmed(zip_code, told):
    assert trip_words(travel_for_zip(RULES, zip_code), "Napa", RULES) == told


def test_a_way_that_is_too_long_has_no_price():
    told = trip_words(travel_fee(RULES, 1001), "Reno", RULES)
    assert told == "Reno is more than 100 miles away, so our team must confirm travel."


def test_guests_places_days_and_dishes_are_named_as_people_name_them():
    assert guests_words(Facts(adults=20, children=5, toddlers=1)) == (
        "20 adults, 5 children and 1 toddler"
    )
    assert guests_words(Facts(adults=1, children=0)) == "1 adult"
    assert guests_words(Facts()) == ""
    assert place_words(Facts(zip="94558", city="napa")) == "ZIP 94558"
    assert [place_words(Facts(city=city)) for city in ("sf", "napa", None)] == ["SF", "Napa", ""]
    assert day_words(date(2026, 12, 2)) == "Wed Dec 2, 2026"
    assert (label("Gyoza (10 pieces)"), label("NY strip steak")) == ("gyoza", "NY strip steak")


portions = st.integers(0, 60)
parties = st.fixed_dictionaries(
    {"adults": st.integers(1, 100), "children": st.integers(0, 50), "toddlers": st.integers(0, 9)},
    optional={
        "zip": st.sampled_from(["94538", "94612", "94103", "95814", "99999"]),
        "proteins": st.dictionaries(st.sampled_from(sorted(RULES.proteins)), portions),
        "addons": st.dictionaries(st.sampled_from(sorted(RULES.addons)), portions),
    },
)


@settings(max_examples=40)
@given(parties, st.sampled_from(["sms", "email", "instagram"]))
def test_any_quote_tells_its_total_and_no_figure_but_its_own(party, channel):
    quote = priced(**party)
    told = words(quote, channel, zip=party.get("zip"))
    for cents in (quote.total_cents, quote.deposit_cents, quote.balance_cents):
        assert amount_in_digits(cents) in told
    own = {each for line in quote.lines for each in (line.unit_cents, line.amount_cents)}
    own |= {value for name, value in quote.to_json().items() if name.endswith("_cents")}
    own |= {RULES.minimum_cents}
    own |= {each.cents for note in quote.payment_fee_notes for each in find_amounts(note)}
    assert {each.cents for each in find_amounts(told)} <= own
    for count, unit, amount in re.findall(r"(\d+) [^,\n]* x (\S+) = (\$[\d,]*\.\d\d)", told):
        assert int(count) * find_amounts(unit)[0].cents == find_amounts(amount)[0].cents
