import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.quote.travel import UNKNOWN, Trip, travel_fee, travel_for_zip
from tests.pipeline.seed import RULES


@pytest.mark.parametrize(
    ("miles", "dollars"),
    [(25, 0), (30, 0), (35, 10), (40, 20), (50, 40), (80, 100), (95, 130), (100, 140)],
)
def test_the_first_30_miles_are_free_and_each_further_one_costs_2_dollars(miles, dollars):
    trip = travel_fee(RULES, miles * 10)
    assert trip.cents == dollars * 100
    assert trip.status == ("free" if miles <= 30 else "charged")
    assert trip.reason is None


@pytest.mark.parametrize(("tenths", "cents"), [(301, 20), (303, 60), (317, 340), (504, 4080)])
def test_a_tenth_of_a_mile_costs_20_cents(tenths, cents):
    assert travel_fee(RULES, tenths).cents == cents


def test_beyond_100_miles_a_person_decides():
    assert travel_fee(RULES, 1001) == Trip(1001, None, "to_be_confirmed", "over_100_miles")


@pytest.mark.parametrize(
    ("zip_code", "trip"),
    [
        ("94539", Trip(0, 0, "estimated")),
        ("95014", Trip(200, 0, "estimated")),
        ("95125", Trip(250, 0, "estimated")),  # by its first three digits
        ("94041", Trip(190, 0, "estimated")),  # by four
        ("94612", Trip(300, 0, "estimated", "distance_estimated")),
        ("94558", Trip(600, 6000, "estimated", "distance_estimated")),
        ("95814", Trip(950, 13000, "estimated", "distance_estimated")),
    ],
)
def test_a_zip_of_the_table_is_estimated_and_above_25_miles_confirmed(zip_code, trip):
    assert travel_for_zip(RULES, zip_code) == trip


@pytest.mark.parametrize("zip_code", [None, "", "95630", "10001", "94501", "00000"])
def test_a_zip_outside_the_table_is_unknown_and_never_free(zip_code):
    assert travel_for_zip(RULES, zip_code) == UNKNOWN
    assert UNKNOWN.cents is None


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_the_farther_the_dearer(one, other):
    near, far = sorted((one, other))
    near_cents, far_cents = travel_fee(RULES, near).cents, travel_fee(RULES, far).cents
    assert near_cents is not None
    assert far_cents is not None
    assert near_cents <= far_cents
