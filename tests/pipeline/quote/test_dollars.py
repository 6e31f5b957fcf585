import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.quote.dollars import amount_in_digits, brief_amount, dollars


@given(st.integers(0, 10**9))
def test_a_json_number_of_dollars_shows_the_cents_exactly(cents):
    whole, _, rest = json.dumps(dollars(cents)).partition(".")
    assert int(whole) * 100 + int(rest.ljust(2, "0")) == cents


@pytest.mark.parametrize(
    ("cents", "full", "brief"),
    [
        (0, "$0.00", "$0"),
        (5, "$0.05", "$0.05"),
        (5500, "$55.00", "$55"),
        (55060, "$550.60", "$550.60"),
        (110000, "$1,100.00", "$1,100"),
        (123456789, "$1,234,567.89", "$1,234,567.89"),
    ],
)
def test_an_amount_is_written_with_two_decimals_or_briefly_with_none(cents, full, brief):
    assert (amount_in_digits(cents), brief_amount(cents)) == (full, brief)
