"""A quote as a text: exact, within its segments, and honest about who writes."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.attendant.texting import quote_text
from pipeline.inquiry.segments import count
from pipeline.inquiry.validator import check, evidence
from pipeline.quote.dollars import amount_in_digits
from tests.pipeline.inquiry.parties import BUSINESS, quoted, snapshot

RULES = BUSINESS.prices
portions = st.integers(1, 60)


def test_a_quote_is_texted_with_its_working_its_total_and_who_writes() -> None:
    known = quoted({"adults": 20, "children": 5, "zip": "95125", "event_date": "2026-12-12"})
    assert quote_text(known, BUSINESS) == (
        "This is My Hibachi Chef's AI assistant with your quote for Sat Dec 12, 2026. 20 adults x"
        " $55.00 = $1,100.00, 5 children x $30.00 = $150.00. Total $1,250.00 (travel to ZIP 95125"
        " free within 30 miles). Deposit $100.00 holds the date, balance $1,150.00. Valid until"
        " Dec 12. Questions? Just reply. Reply STOP to stop. - My Hibachi Chef"
    )


@pytest.mark.parametrize(
    ("zip_code", "said"),
    [
        (None, "before travel, which is to be confirmed"),
        ("10001", "our team confirms travel to ZIP 10001"),
        ("95814", "travel $130.00 included"),
    ],
)
def test_travel_is_never_passed_over(zip_code: str | None, said: str) -> None:
    party = {"adults": 10} | ({"zip": zip_code} if zip_code else {})
    assert said in quote_text(quoted(party), BUSINESS)


def test_it_holds_no_longer_than_the_quote_in_the_business_own_days() -> None:
    known = quoted({"adults": 10, "event_date": "2026-12-12"})
    assert known.quote.valid_until.day == 13  # in UTC
    assert "Valid until Dec 12." in quote_text(known, BUSINESS)
    later = quoted({"adults": 10})
    assert later.quote.valid_until - known.quote.valid_until > timedelta(days=5)
    assert "Valid until Dec 20." in quote_text(later, BUSINESS)


@given(
    st.fixed_dictionaries(
        {"adults": st.integers(1, 100)},
        optional={
            "children": st.integers(0, 50),
            "toddlers": st.integers(0, 9),
            "zip": st.sampled_from(["95125", "94539", "10001", "95814", "93720"]),
            "event_date": st.sampled_from(["2026-11-21", "2026-12-12", "2027-06-01"]),
            "proteins": st.dictionaries(st.sampled_from(sorted(RULES.proteins)), portions),
            "addons": st.dictionaries(st.sampled_from(sorted(RULES.addons)), portions),
        },
    )
)
def test_every_quote_fits_and_every_figure_has_evidence(party: dict[str, Any]) -> None:
    known = quoted(party)
    text = quote_text(known, BUSINESS)
    assert count(text).segments <= 3
    assert f"Total {amount_in_digits(known.quote.total_cents)}" in text
    assert "AI assistant" in text
    assert "STOP" in text
    assert text.endswith("- My Hibachi Chef")
    assert check(text, evidence(snapshot(quote=known), []), BUSINESS) == ()
