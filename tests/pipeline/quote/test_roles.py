import pytest

from pipeline.quote.roles import Role, dish_roles, find_names
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
