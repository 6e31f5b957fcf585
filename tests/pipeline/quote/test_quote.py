import ast
import itertools
import json
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.quote.party import Party
from pipeline.quote.quote import Quote, party_from_json, price, tool_result
from tests.pipeline.seed import NOW, RULES, TODAY, ZONE, samples

REASONS = {
    "large_party",
    "distance_unknown",
    "distance_estimated",
    "over_100_miles",
    "under_48_hours",
}


def quote(**party: object) -> Quote:
    return price(RULES, party_from_json(RULES, party, TODAY, allow_miles=True), NOW, ZONE)


def portions(names: object) -> st.SearchStrategy[dict[str, int]]:
    return st.dictionaries(st.sampled_from(sorted(names)), st.integers(1, 60), max_size=5)


parties = st.builds(
    Party,
    adults=st.integers(1, 100),
    children=st.integers(0, 50),
    toddlers=st.integers(0, 50),
    proteins=portions(RULES.proteins),
    addons=portions(RULES.addons),
    miles_tenths=st.none() | st.integers(0, 2000),
    zip=st.sampled_from([None, "94539", "95125", "95814", "10001"]),
    event_date=st.none() | st.dates(TODAY, TODAY + timedelta(days=400)),
)


@pytest.mark.parametrize(
    "worked", samples("worked_quotes.json")["quotes"], ids=lambda worked: str(worked["number"])
)
def test_a_worked_quote_comes_out_to_the_cent(worked):
    found = quote(**worked["party"])
    assert {name: getattr(found, name) for name in worked["cents"]} == worked["cents"]
    assert found.deposit_cents == 10000


@pytest.mark.parametrize(
    ("adults", "per_guest"), [(20, 5500), (5, 11000), (6, 9167), (7, 7857), (10, 5500)]
)
def test_the_price_of_one_guest_is_rounded_half_up(adults, per_guest):
    assert quote(adults=adults, miles=0).per_guest_cents == per_guest


def test_gratuity_is_20_to_35_percent_of_the_food_and_stays_out_of_the_total():
    found = quote(adults=20, miles=50)
    assert (found.gratuity_low_cents, found.gratuity_high_cents) == (22000, 38500)
    assert found.total_cents == 110000 + 4000


def test_gratuity_counts_the_minimum_adjustment():
    found = quote(adults=5, miles=0)
    assert (found.gratuity_low_cents, found.gratuity_high_cents) == (11000, 19250)


def test_gratuity_is_rounded_half_up_to_the_cent():
    odd = replace(RULES, adult_cents=55_010, gratuity_low_percent=25)
    assert price(odd, Party(1, miles_tenths=0), NOW, ZONE).gratuity_low_cents == 13753


def test_paying_by_card_or_venmo_costs_3_percent_and_says_so():
    assert quote(adults=10, miles=0).payment_fee_notes == (
        "Card and Venmo add 3% ($16.50 on $550.00).",
        "Zelle and cash add nothing.",
    )


def test_a_payment_fee_on_a_total_that_is_not_final_says_that_travel_is_missing():
    assert quote(adults=10).payment_fee_notes[0].endswith("($16.50 on $550.00 before travel).")


def test_a_fee_that_is_no_whole_percent_is_written_out():
    fees = (replace(RULES.payment_fees[0], basis_points=290),)
    found = price(replace(RULES, payment_fees=fees), Party(10, miles_tenths=0), NOW, ZONE)
    assert found.payment_fee_notes == ("Card adds 2.9% ($15.95 on $550.00).",)


def test_lines_come_in_one_order_and_show_the_working():
    found = quote(
        adults=4,
        children=1,
        toddlers=1,
        proteins={"lobster": 2, "chicken": 9, "filet": 1},
        addons={"gyoza": 1, "yakisoba": 2},
        miles=31.5,
    )
    assert [(line.code, line.quantity, line.unit_cents) for line in found.lines] == [
        ("adults", 4, 5500),
        ("children", 1, 3000),
        ("toddlers", 1, 0),
        ("upgrade:filet_mignon", 1, 500),
        ("upgrade:lobster_tail", 2, 1500),
        ("extra_proteins", 1, 1000),
        ("addon:yakisoba", 2, 500),
        ("addon:gyoza", 1, 1000),
        ("minimum_adjustment", 1, 23500),
        ("travel", 1, 300),
    ]
    assert [line.label for line in found.lines[:4]] == [
        "Adults (13+)",
        "Children (6-12)",
        "Toddlers (5 and under)",
        "Filet mignon upgrade",
    ]


def test_toddlers_eat_within_an_allowance_of_their_own():
    within = quote(adults=10, toddlers=2, proteins={"chicken": 22}, miles=0)
    beyond = quote(adults=10, toddlers=2, proteins={"chicken": 23}, miles=0)
    assert (within.extra_proteins_cents, beyond.extra_proteins_cents) == (0, 1000)


def test_fewer_portions_than_guests_are_fine():
    assert quote(adults=10, proteins={"filet_mignon": 3}, miles=0).total_cents == 56500


@pytest.mark.parametrize(
    ("place", "cents", "status", "reasons"),
    [
        ({"miles": 12}, 0, "free", ()),
        ({"miles": 30}, 0, "free", ()),
        ({"miles": 35}, 1000, "charged", ()),
        ({"miles": 100}, 14000, "charged", ()),
        ({"miles": 100.1}, None, "to_be_confirmed", ("over_100_miles",)),
        ({"zip": "94539"}, 0, "estimated", ()),
        ({"zip": "95125"}, 0, "estimated", ()),
        ({"zip": "94612"}, 0, "estimated", ("distance_estimated",)),
        ({"zip": "95814"}, 13000, "estimated", ("distance_estimated",)),
        ({"zip": "95630"}, None, "to_be_confirmed", ("distance_unknown",)),
        ({}, None, "to_be_confirmed", ("distance_unknown",)),
    ],
)
def test_a_distance_is_charged_estimated_or_to_be_confirmed_but_never_guessed(
    place, cents, status, reasons
):
    found = quote(adults=10, **place)
    assert (found.travel_cents, found.travel_status, found.reasons) == (cents, status, reasons)
    assert found.needs_staff is bool(reasons)
    assert found.total_cents == 55000 + (cents or 0)


@pytest.mark.parametrize(("guests", "large"), [((29, 0), False), ((25, 5), True), ((30, 0), True)])
def test_a_party_of_30_toddlers_counted_is_large(guests, large):
    adults, toddlers = guests
    assert ("large_party" in quote(adults=adults, toddlers=toddlers, miles=0).reasons) is large


@pytest.mark.parametrize(
    ("now", "short"),
    [
        (datetime(2026, 12, 10, 20, 0, tzinfo=UTC), False),  # noon there: exactly 48 hours
        (datetime(2026, 12, 10, 20, 1, tzinfo=UTC), True),
        (datetime(2026, 12, 12, 23, 0, tzinfo=UTC), True),
    ],
)
def test_notice_counts_to_noon_of_the_day_in_the_business_zone(now, short):
    party = Party(10, miles_tenths=0, event_date=date(2026, 12, 12))
    assert ("under_48_hours" in price(RULES, party, now, ZONE).reasons) is short


@pytest.mark.parametrize(
    ("event_date", "valid_until"),
    [
        (None, "2026-12-20T20:00:00+00:00"),
        ("2027-06-01", "2026-12-20T20:00:00+00:00"),
        ("2026-12-12", "2026-12-13T07:59:59+00:00"),
        ("2026-11-20", "2026-11-21T07:59:59+00:00"),
        ("9999-12-31", "2026-12-20T20:00:00+00:00"),
    ],
)
def test_a_quote_is_valid_for_30_days_and_not_past_the_event(event_date, valid_until):
    assert quote(adults=10, event_date=event_date).to_json()["valid_until"] == valid_until


def test_json_has_the_names_and_order_of_the_interface():
    found = quote(adults=10, miles=0).to_json()
    assert " ".join(found) == (
        "currency lines base_cents upgrades_cents extra_proteins_cents addons_cents food_cents"
        " minimum_adjustment_cents travel_cents travel_status total_cents deposit_cents"
        " balance_cents gratuity_low_cents gratuity_high_cents payment_fee_notes needs_staff"
        " reasons valid_until"
    )
    assert found["lines"] == [
        {
            "code": "adults",
            "label": "Adults (13+)",
            "quantity": 10,
            "unit_cents": 5500,
            "amount_cents": 55000,
        }
    ]


def test_a_model_sees_dollars():
    found = tool_result(quote(adults=6, addons={"gyoza": 6, "edamame": 6}, miles=31.7), "Q1")
    assert found | {"lines": [], "valid_until": ""} == {
        "quote_id": "Q1",
        "base_cost": 330.0,
        "protein_upgrades": 0.0,
        "extra_proteins": 0.0,
        "addons": 90.0,
        "minimum_adjustment": 130.0,
        "travel_fee": 3.4,
        "travel_status": "charged",
        "total": 553.4,
        "per_guest": 92.23,
        "deposit": 100.0,
        "balance": 453.4,
        "lines": [],
        "needs_staff": False,
        "reasons": [],
        "valid_until": "",
    }
    assert found["lines"][1] == {
        "code": "addon:edamame",
        "label": "Edamame",
        "quantity": 6,
        "unit": 5.0,
        "amount": 30.0,
    }


def test_a_model_sees_null_for_a_fee_nobody_knows():
    assert tool_result(quote(adults=10), "Q1")["travel_fee"] is None


@given(parties)
def test_lines_sum_to_the_total_and_nothing_is_negative(party):
    found = price(RULES, party, NOW, ZONE)
    assert sum(line.amount_cents for line in found.lines) == found.total_cents
    assert all(line.quantity * line.unit_cents == line.amount_cents for line in found.lines)
    assert all(line.quantity > 0 for line in found.lines)
    assert found.deposit_cents + found.balance_cents == found.total_cents
    amounts = [getattr(found, each.name) for each in fields(found) if each.name.endswith("_cents")]
    assert all(type(cents) is int and cents >= 0 for cents in amounts if cents is not None)
    assert (found.travel_cents is None) == (found.travel_status == "to_be_confirmed")
    assert set(found.reasons) <= REASONS
    assert found.needs_staff is bool(found.reasons)
    assert found.food_cents + found.minimum_adjustment_cents >= RULES.minimum_cents


@given(parties)
def test_one_more_guest_never_costs_less_with_any_portions(party):
    """Two extra proteins cost less than a child, so even then the total cannot fall."""
    before = price(RULES, party, NOW, ZONE).total_cents
    assert price(RULES, replace(party, adults=party.adults + 1), NOW, ZONE).total_cents >= before
    assert (
        price(RULES, replace(party, children=party.children + 1), NOW, ZONE).total_cents >= before
    )


@given(parties, st.randoms(use_true_random=False))
def test_the_order_in_which_dishes_are_named_never_matters(party, random):
    proteins, addons = list(party.proteins.items()), list(party.addons.items())
    random.shuffle(proteins)
    random.shuffle(addons)
    shuffled = replace(party, proteins=dict(proteins), addons=dict(addons))
    assert price(RULES, shuffled, NOW, ZONE) == price(RULES, party, NOW, ZONE)


@given(parties)
def test_a_quote_and_its_party_survive_storage(party):
    found = price(RULES, party, NOW, ZONE)
    assert Quote.from_json(json.loads(json.dumps(found.to_json()))) == found
    assert Party.from_json(json.loads(json.dumps(party.to_json()))) == party


def test_a_stored_quote_may_carry_more_than_its_own_names():
    found = quote(adults=10)
    assert Quote.from_json(found.to_json() | {"quote_id": "Q1", "business_version": 3}) == found


def fractions_of(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=float()):
                yield f"line {node.lineno}: {node.value}"
            case ast.Call(func=ast.Name(id="float")) | ast.BinOp(op=ast.Div()):
                yield f"line {node.lineno}: {ast.unparse(node)}"
            case ast.AugAssign(op=ast.Div()):
                yield f"line {node.lineno}: {ast.unparse(node)}"


def test_no_binary_fraction_touches_money():
    """Only dollars.py, where cents leave as JSON numbers, may divide."""
    folder = Path(__file__).parents[3] / "pipeline" / "quote"
    found = {path.name: list(fractions_of(path.read_text())) for path in folder.glob("*.py")}
    [only] = found.pop("dollars.py")
    assert only.endswith(": cents / 100")
    assert list(itertools.chain.from_iterable(found.values())) == []
    assert list(fractions_of("a = 1.5\nb = float('1')\nc = 1 / 2\nc /= 2")) != []
