import pytest

from pipeline.quote.naming import Naming
from pipeline.quote.numerals import find_numbers
from pipeline.quote.roles import Role, dish_roles
from pipeline.quote.tokens import read
from tests.pipeline.seed import RULES

DISHES = dish_roles(RULES)


def named(text: str) -> list[Role | None]:
    """What each number of a text would be called, were all of them amounts."""
    reading = read(text)
    naming = Naming(reading, DISHES)
    return [
        naming.take(naming.find(number.first, number.last), number.last)
        for number in find_numbers(reading.tokens)
    ]


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("1100 total, 100 deposit, balance 1000", ["total", "deposit", "balance"]),
        ("total 1100 deposit 100 balance 1000", ["total", "deposit", "balance"]),
        ("the balance after the 100 deposit is 1000", ["deposit", "balance"]),
        ("the deposit of 100 comes off the total", ["deposit"]),
        ("the total including travel is 590", ["total"]),
        ("the balance after the deposit is 1000", ["balance"]),
        (
            "55 per adult, 30 per kid, 2 a mile, 60 a head",
            ["adult", "child", "per_mile", "per_guest"],
        ),
        ("travel comes to 40", ["travel"]),
        ("it comes to 40", ["total"]),
        ("gyoza (the large ones) are 10", ["addon"]),
        ("The deposit is due. It is 600", [None]),
        ("We take a deposit, the food of all the guests is 600", ["food"]),
        ("nothing is said of 600", [None]),
    ],
)
def test_an_amount_takes_the_name_that_is_its_own(text, roles):
    assert named(text) == roles


def test_a_name_is_taken_once():
    assert named("the total is 600 or 700") == ["total", None]


def test_each_is_per_guest_where_nothing_else_is_priced_by_the_piece():
    assert named("for our guests that is 60 each") == ["per_guest"]
    assert named("lobster is 15 each for your guests") == ["upgrade"]
    assert named("60 each") == [None]


def test_a_price_without_a_name_is_known_by_its_verb():
    reading = read("it costs just 60")
    assert Naming(reading, DISHES).costs(3)
    assert not Naming(read("it seats just 60"), DISHES).costs(3)


@pytest.mark.parametrize(
    ("text", "is_sum"),
    [
        ("I can do it for 900", True),
        ("it will be 900 for everything", True),
        ("the price for 20 adults is 900", True),
        ("it is 1250 Main Street", False),
        ("it is 94539", False),
        ("it seats 900", False),
    ],
)
def test_a_bare_number_is_a_price_by_its_verb(text, is_sum):
    reading = read(text)
    naming = Naming(reading, DISHES)
    found = next(n for n in find_numbers(reading.tokens) if n.value > 100)
    assert naming.is_sum(found, naming.find(found.first, found.last)) is is_sum
