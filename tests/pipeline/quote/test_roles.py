import pytest

from pipeline.quote.roles import UNNAMED, Role, dish_roles, find_names, free_travel, names_a_dish
from pipeline.quote.tokens import read
from tests.pipeline.seed import RULES

DISHES = dish_roles(RULES)


def names(text: str) -> list[tuple[str, str]]:
    reading = read(text)
    return [
        (" ".join(token.text for token in reading.tokens[name.first : name.last]), name.role)
        for name in find_names(reading, DISHES)
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the food minimum", [("food minimum", "minimum")]),
        ("minimum adjustment", [("minimum adjustment", "minimum_adjustment")]),
        ("the total travel fee", [("total travel fee", "travel")]),
        ("the total's", [("total's", "total")]),
        ("balance due", [("balance due", "balance")]),
        ("reschedule fee", [("reschedule fee", "reschedule")]),
        ("filet mignon", [("filet mignon", "upgrade")]),
        ("extra rice or gyoza", [("extra rice", "addon"), ("gyoza", "addon")]),
        ("children ages 6-12", [("children", "child"), ("ages 6 - 12", "child")]),
        ("the total number of people, the minimum age", []),
        ("travel is to be confirmed", []),
        ("totally depositing", []),
    ],
)
def test_a_text_calls_an_amount_by_its_longest_name(text, found):
    assert names(text) == found


def test_only_dishes_that_cost_more_name_an_amount():
    assert DISHES["lobster tail"] is Role.UPGRADE
    assert DISHES["filet"] is Role.UPGRADE
    assert DISHES["gyoza"] is Role.ADDON
    assert "chicken" not in DISHES


def test_without_a_menu_dishes_are_but_words():
    assert list(find_names(read("gyoza and filet"), {})) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the price for 20 adults", [("price", "total"), ("adults", "adult")]),
        ("the price for 10 lobster tails", [("lobster tails", "upgrade")]),
        ("the price per portion", []),
        ("the upgrades cost extra", [("upgrades", "upgrade")]),
        ("you'd pay that", [("you'd pay", "total")]),
        ("that for everything", [("for everything", "total")]),
    ],
)
def test_a_price_is_a_total_unless_it_is_of_one_thing(text, found):
    assert names(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "There is no fee for travel",
        "Travel won't cost you anything",
        "Mileage is free",
        "Travel's on the house",
        "We'll drive out for free",
        "Travel fee: none",
    ],
)
def test_free_travel_is_seen(text):
    assert list(free_travel(text, or_included=False)) != []


def test_free_miles_and_unknown_fees_are_no_free_travel():
    for text in ("The first 30 miles are free.", "Travel isn't included.", "Total without travel"):
        assert list(free_travel(text, or_included=True)) == []
    assert list(free_travel("Travel is included.", or_included=True)) == ["Travel is included"]
    assert list(free_travel("Travel is included.", or_included=False)) == []


def test_a_dish_that_costs_extra_is_seen():
    assert names_a_dish("Two lobsters", RULES)
    assert not names_a_dish("Two chickens", RULES)


def test_every_role_may_be_unnamed_somewhere():
    assert set(UNNAMED) == set(Role)
