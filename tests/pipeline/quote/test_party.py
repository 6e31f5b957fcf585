from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InvalidFields
from pipeline.quote.party import Party, party_from_json
from tests.pipeline.seed import RULES, TODAY


def party(data: dict[str, object], *, allow_miles: bool = True) -> Party:
    return party_from_json(RULES, data, TODAY, allow_miles)


def problems(data: dict[str, object], *, allow_miles: bool = True) -> dict[str, str]:
    with pytest.raises(InvalidFields) as caught:
        party(data, allow_miles=allow_miles)
    return caught.value.fields


def test_a_whole_party_is_read():
    assert party(
        {
            "adults": 10,
            "children": 2,
            "toddlers": 1,
            "proteins": {"filet_mignon": 10, "chicken": 10},
            "addons": {"gyoza": 2},
            "zip": "95125",
            "event_date": "2026-12-12",
        }
    ) == Party(
        adults=10,
        children=2,
        toddlers=1,
        proteins={"filet_mignon": 10, "chicken": 10},
        addons={"gyoza": 2},
        zip="95125",
        event_date=date(2026, 12, 12),
    )


def test_null_is_not_given():
    given_null = dict.fromkeys(("children", "proteins", "addons", "miles", "zip", "event_date"))
    assert party({"adults": 10} | given_null) == Party(10)


@pytest.mark.parametrize(
    ("adults", "problem"),
    [
        (None, "is required: how many guests pay the adult price"),
        (0, "must be from 1 to 100"),
        (-1, "must be from 1 to 100"),
        (101, "must be from 1 to 100"),
        (10**400, "must be from 1 to 100"),
        (2.5, "must be a whole number"),
        (1e300, "must be from 1 to 100"),
        (Decimal(10), "must be a whole number"),
        (True, "must be a whole number"),
        ("10", "must be a whole number"),
        ([10], "must be a whole number"),
        (float("nan"), "must be a whole number"),
    ],
)
def test_adults_are_a_whole_number_from_1_to_100(adults, problem):
    assert problems({"adults": adults}) == {"adults": problem}


def test_a_party_without_adults_is_refused():
    assert "required" in problems({"children": 5})["adults"]


@pytest.mark.parametrize("field", ["children", "toddlers"])
def test_children_and_toddlers_are_up_to_50_each(field):
    assert problems({"adults": 10, field: 51}) == {field: "must be from 0 to 50"}
    assert problems({"adults": 10, field: -1}) == {field: "must be from 0 to 50"}
    assert getattr(party({"adults": 10, field: 50}), field) == 50


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("steak", "ny_strip_steak"),
        ("filet", "filet_mignon"),
        ("lobster", "lobster_tail"),
        ("Filet Mignon", "filet_mignon"),
        ("filet-mignon", "filet_mignon"),
        ("New York strip", "ny_strip_steak"),
        ("vegetables", "vegetables"),
        ("veggies", "vegetables"),
    ],
)
def test_a_protein_is_known_by_its_other_names(name, meant):
    assert party({"adults": 10, "proteins": {name: 3}}).proteins == {meant: 3}


def test_two_names_of_one_protein_add_up_and_none_is_dropped():
    proteins = {"steak": 3, "ny_strip_steak": 4, "tofu": 0}
    assert party({"adults": 10, "proteins": proteins}).proteins == {"ny_strip_steak": 7}


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("proteins", {"wagyu": 2}, "wagyu is not on the menu"),
        ("proteins", {"shrmp": 2}, "shrmp is not on the menu; did you mean shrimp?"),
        ("addons", {"giyoza": 2}, "giyoza is not on the menu; did you mean gyoza?"),
        ("addons", {"shrimp": 2}, "shrimp is not on the menu"),
        ("proteins", {"chicken": -1}, "chicken must be from 0 to 1000"),
        ("proteins", {"chicken": 1001}, "chicken must be from 0 to 1000"),
        ("proteins", {"chicken": 1.5}, "chicken must be a whole number"),
        ("proteins", {"chicken": True}, "chicken must be a whole number"),
        ("proteins", {"chicken": 600, "Chicken": 600}, "Chicken must be from 0 to 1000"),
        ("proteins", ["chicken"], "must be an object of names and whole numbers"),
        ("addons", "gyoza", "must be an object of names and whole numbers"),
        (
            "proteins",
            {"wagyu": 2, "chicken": "2"},
            "wagyu is not on the menu; chicken must be a whole number",
        ),
    ],
)
def test_what_is_not_on_the_menu_is_refused_with_the_nearest_name(field, value, problem):
    assert problems({"adults": 10, field: value}) == {field: problem}


@pytest.mark.parametrize(
    ("miles", "tenths"),
    [
        (0, 0),
        (12, 120),
        (12.0, 120),
        (50.4, 504),
        (50.35, 504),  # half-up as it is written, though the nearest binary fraction is below
        (50.349, 503),
        (30.05, 301),
        (Decimal("31.65"), 317),
        (100.04, 1000),
        (100.05, 1001),
        (9999.99, 100_000),
        (-0.0, 0),
    ],
)
def test_miles_are_taken_to_a_tenth_half_up(miles, tenths):
    assert party({"adults": 10, "miles": miles}).miles_tenths == tenths


@pytest.mark.parametrize(
    "miles",
    [
        -1,
        -0.01,
        10_001,
        10**400,
        float("inf"),
        float("-inf"),
        float("nan"),
        Decimal("sNaN"),
        1e308,
    ],
)
def test_a_distance_that_cannot_be_is_refused(miles):
    assert problems({"adults": 10, "miles": miles}) == {"miles": "must be from 0 to 10000 miles"}


def test_a_distance_too_long_to_write_out_is_refused():
    assert problems({"adults": 10, "miles": 10**5000}) == {"miles": "must be from 0 to 10000 miles"}


@pytest.mark.parametrize("miles", ["12", True, [12], {}])
def test_a_distance_is_a_number(miles):
    assert problems({"adults": 10, "miles": miles}) == {"miles": "must be a number of miles"}


def test_miles_and_zip_exclude_each_other():
    both = "give miles or zip, not both"
    assert problems({"adults": 10, "miles": 12.0, "zip": "95125"}) == {"miles": both, "zip": both}


@pytest.mark.parametrize(
    "zip_code", [95125, "9512", "951255", "95125-1234", "９５１２５", "", " 95125"]
)
def test_a_zip_is_five_digits(zip_code):
    wanted = "must be a string of five digits, such as 94539"
    assert problems({"adults": 10, "zip": zip_code}) == {"zip": wanted}


@pytest.mark.parametrize(
    ("event_date", "problem"),
    [
        ("2026-11-19", "is in the past"),
        ("2026-02-30", "must be a date such as 2026-12-31"),
        ("20261212", "must be a date such as 2026-12-31"),
        ("2026-W50-6", "must be a date such as 2026-12-31"),
        ("12/12/2026", "must be a date such as 2026-12-31"),
        ("", "must be a date such as 2026-12-31"),
        (20261212, "must be a date such as 2026-12-31"),
    ],
)
def test_an_event_date_is_a_day_to_come(event_date, problem):
    assert problems({"adults": 10, "event_date": event_date}) == {"event_date": problem}


def test_today_is_not_past():
    assert party({"adults": 10, "event_date": "2026-11-20"}).event_date == TODAY


def test_every_mistake_is_named_at_once():
    assert problems(
        {"adults": 0, "children": "2", "zip": "1", "protiens": {}, "event_date": "soon"}
    ) == {
        "adults": "must be from 1 to 100",
        "children": "must be a whole number",
        "zip": "must be a string of five digits, such as 94539",
        "protiens": "unknown field; did you mean proteins?",
        "event_date": "must be a date such as 2026-12-31",
    }


def test_a_model_may_not_bring_a_distance():
    assert problems({"adults": 10, "miles": 5}, allow_miles=False) == {"miles": "unknown field"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
names = st.sampled_from(
    ["adults", "children", "toddlers", "proteins", "addons", "miles", "zip", "event_date"]
)


def outcome(data: dict[str, object]) -> Party | InvalidFields:
    try:
        return party(data)
    except InvalidFields as error:
        return error


@given(st.dictionaries(names | st.text(max_size=10), json_values, max_size=8))
def test_any_json_object_is_a_party_or_a_list_of_mistakes(data):
    match outcome(data):
        case Party() as found:
            assert 1 <= found.adults <= 100
            assert found.guests <= 200
        case InvalidFields(fields=fields):
            assert fields
            assert all(fields.values())
