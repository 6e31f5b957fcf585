from pipeline.business.price_list import read_prices
from pipeline.business.tables import Table
from pipeline.quote.rules import Addon, PriceRules, Protein
from tests.pipeline.seed import FILES, RULES


def read(prices: str = "", places: str = "") -> tuple[PriceRules, list[str]]:
    """The seed's price list with a line or two replaced, given as 'old -> new'."""
    problems: list[str] = []
    tables = []
    for name, edit in (("prices.toml", prices), ("places.toml", places)):
        old, _, new = edit.partition(" -> ")
        tables.append(Table.from_toml(name, FILES[name].replace(old, new), problems))
    return read_prices(*tables), problems


def test_the_seed_is_read_without_a_problem():
    assert read() == (RULES, [])


def test_amounts_are_cents_and_miles_become_tenths():
    assert RULES.travel.station == "Fremont"
    assert (RULES.travel.free_tenths, RULES.travel.max_tenths) == (300, 1000)
    assert (RULES.travel.per_mile_cents, RULES.travel.estimate_staff_tenths) == (200, 250)
    assert RULES.travel.zip_tenths["95014"] == 200
    assert RULES.travel.zip_tenths["958"] == 950


def test_a_dish_has_a_name_a_label_a_price_and_other_names():
    assert RULES.addons["edamame"] == Addon("edamame", "Edamame", 500)
    assert RULES.proteins["calamari"] == Protein("calamari", "Calamari", 0, ("squid",))
    assert "steak" in RULES.proteins["ny_strip_steak"].aliases


def test_another_price_is_another_rule():
    rules, problems = read(prices="adult_cents = 5500 -> adult_cents = 6000")
    assert (rules.adult_cents, problems) == (6000, [])


def test_a_fee_above_the_whole_is_a_mistake():
    _, problems = read(prices="card = 300 -> card = 10001")
    assert problems == ["prices.toml: payment_fee_basis_points.card: must be from 0 to 10000"]


def test_a_distance_is_in_whole_miles():
    _, problems = read(places="94536 = 3 -> 94536 = 3.5")
    assert problems == ["places.toml: zip_miles.94536: must be a whole number"]
