"""What sentences order; 'steak' is two dishes until somebody says which."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.attendant.menu import SIDE, Swap, candidates, spellings, take_orders
from pipeline.attendant.words import shape
from tests.pipeline.seed import RULES

DISHES = spellings(RULES)


def read(text, *, guests_known=True):
    """The swaps, the orders as (dish, how, count), and the kinds that are left."""
    sentence = shape(text, DISHES)
    swaps, orders = take_orders(sentence, RULES, guests_known=guests_known)
    return swaps, [(each.dish, each.how, each.count) for each in orders], sentence.kinds


@pytest.mark.parametrize(
    ("text", "orders"),
    [
        ("10 filet and 10 chicken", [("filet_mignon", "set", 10), ("chicken", "set", 10)]),
        ("chicken: 10, filet: 5", [("chicken", "set", 10), ("filet_mignon", "set", 5)]),
        ("filet x 10", [("filet_mignon", "set", 10)]),
        ("12 chicken/12 shrimp", [("chicken", "set", 12), ("shrimp", "set", 12)]),
        ("we want 3 orders of gyoza", [("addon:gyoza", "set", 3)]),
        ("10 veggies", [("vegetables", "set", 10)]),
        ("5 steaks", [("steak", "set", 5)]),
        ("3 of the adults want tofu", [("tofu", "set", 3)]),
        ("add 2 gyoza", [("addon:gyoza", "add", 2)]),
        ("2 more lobster", [("lobster_tail", "add", 2)]),
        ("add 3 veggies", [("addon:vegetables", "add", 3)]),
        ("no lobster", [("lobster_tail", "remove", None)]),
        ("drop 2 lobster", [("lobster_tail", "remove", 2)]),
        ("no tofu or squid", [("tofu", "remove", None), ("calamari", "remove", None)]),
        ("filet for everyone", [("filet_mignon", "each", None)]),
        ("everyone gets tofu & salmon", [("tofu", "each", None), ("salmon", "each", None)]),
        ("everyone gets 2 filet", [("filet_mignon", "each", 2)]),
        ("half chicken half shrimp", [("chicken", "half", None), ("shrimp", "half", None)]),
        ("the rest gets tofu", [("tofu", "rest", None)]),
        ("kids get chicken", [("chicken", "children", None)]),
        ("lobster for the adults", [("lobster_tail", "adults", None)]),
        ("do you have salmon?", [("salmon", "mention", None)]),
        ("add gyoza", [("addon:gyoza", "mention", None)]),
        ("add 2 gyoza and 3 edamame", [("addon:gyoza", "add", 2), ("addon:edamame", "add", 3)]),
        ("5 chicken for the kids", [("chicken", "set", 5)]),
        ("filet for everyone except the kids", [("filet_mignon", "adults", None)]),
        ("everyone gets tofu but not the adults", [("tofu", "children", None)]),
        ("10 filet the rest tofu", [("tofu", "rest", None), ("filet_mignon", "set", 10)]),
        ("one prawn, two scallop", [("shrimp", "mention", None), ("scallops", "mention", None)]),
        ("20 adults on saturday", []),
        ("", []),
    ],
)
def test_a_sentence_orders_what_it_says(text, orders):
    assert read(text)[:2] == ([], orders)


@pytest.mark.parametrize(
    ("text", "swap"),
    [
        ("filet instead of steak", Swap("steak", "filet_mignon")),
        ("instead of chicken we want shrimp", Swap("chicken", "shrimp")),
        ("swap filet for lobster", Swap("filet_mignon", "lobster_tail")),
        ("replace chicken with tofu", Swap("chicken", "tofu")),
        ("swap 5 filet for lobster", Swap("filet_mignon", "lobster_tail", 5)),
        ("8 filet rather than chicken", Swap("chicken", "filet_mignon", 8)),
    ],
)
def test_a_swap_names_the_old_and_the_new(text, swap):
    assert read(text)[:2] == ([swap], [])


def test_a_number_of_portions_counts_no_guests():
    assert "N" not in read("10 filet, 10 chicken and filet for 3 people")[2]


@pytest.mark.parametrize("text", ["20 adults with filet", "20 adults with filet and shrimp"])
def test_guests_who_come_with_a_dish_are_still_to_be_counted(text):
    _, orders, kinds = read(text)
    assert ("filet_mignon", "each", None) in orders
    assert kinds.startswith("NA")


@pytest.mark.parametrize("text", ["10 people want filet", "filet for 10"])
def test_the_first_number_of_eaters_is_the_party_and_a_later_one_a_part_of_it(text):
    assert read(text, guests_known=False)[1] == [("filet_mignon", "each", None)]
    assert read(text, guests_known=True)[1] == [("filet_mignon", "set", 10)]


def test_every_dish_is_found_by_its_name_its_label_and_its_plural():
    for spelling in ("filet mignon", "fillet", "filets", "ny strip", "prawns", "squids"):
        assert DISHES[spelling] in RULES.proteins
    assert DISHES["noodles"] == "addon:yakisoba"
    assert DISHES["dumplings"] == "addon:gyoza"
    assert DISHES["extra rice"] == "addon:fried_rice"


def test_vegetables_are_a_protein_unless_they_are_extra():
    assert (DISHES["veggies"], DISHES["extra veggies"]) == ("vegetables", "addon:vegetables")


def test_steak_is_any_of_two_dishes_the_included_one_first():
    assert candidates(RULES, "steak") == ("ny_strip_steak", "filet_mignon")
    assert candidates(RULES, "chicken") == ()


KNOWN = {*RULES.proteins, *(SIDE + side for side in RULES.addons), "steak"}
WORDS = """
    10 5 a filet chicken steak gyoza veggies everyone half rest kids adults for with and , or add
    drop no swap instead more x : of the want gets 20
"""
customers = st.lists(st.sampled_from(WORDS.split()), max_size=12).map(" ".join)


@given(customers, st.booleans())
def test_whatever_is_said_orders_dishes_that_are_sold(text, guests_known):
    sentence = shape(text, DISHES)
    swaps, orders = take_orders(sentence, RULES, guests_known=guests_known)
    assert {each.dish for each in orders} | {each.new for each in swaps} <= KNOWN
    assert all(each.count is None or 0 < each.count <= 20 for each in [*swaps, *orders])
    assert "I" not in sentence.kinds
    assert take_orders(sentence, RULES, guests_known=guests_known) == ([], [])
