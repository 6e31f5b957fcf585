from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.quote.numerals import find_numbers, find_products, in_words
from pipeline.quote.tokens import read


def numbers(text: str) -> list[Decimal]:
    return [number.value for number in find_numbers(read(text).tokens)]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("eleven hundred", [1100]),
        ("eleven-hundred", [1100]),
        ("one thousand, one hundred and five", [1105]),
        ("a hundred", [100]),
        ("a thousand", [1000]),
        ("two thousand seven hundred fifty", [2750]),
        ("twenty-five hundred", [2500]),
        ("five fifty", [550]),
        ("five fifty five", [555]),
        ("twenty-two fifty", [2250]),
        ("nineteen", [19]),
        ("fifty five", [55]),
        ("one two three", [1, 2, 3]),
        ("ten five", [10, 5]),
        ("hundred", [100]),
        ("one million two", [1_000_002]),
        ("two grand", [2000]),
        ("1,100.50", [Decimal("1100.50")]),
        ("1.1k", [1100]),
        ("11 hundred", [1100]),
        ("20, 15 and 5", [20, 15, 5]),
        ("one hundred and", [100]),
        ("twenty-", [20]),
        ("a lot and a grand time", []),
        ("1234567890123", []),
        ("hundreds of twelfths", []),
    ],
)
def test_numbers_are_understood_in_words_and_digits(text, values):
    assert numbers(text) == values


@given(st.integers(0, 999_999_999))
def test_a_number_in_words_is_understood_again(value):
    assert numbers(in_words(value)) == [value]


@given(st.integers(10, 99), st.integers(10, 99))
def test_two_halves_of_a_price_are_one_number(dollars, rest):
    said = f"{in_words(dollars)} {in_words(rest)}"
    assert numbers(said)[0] in (dollars * 100 + rest, dollars)


@given(st.text())
def test_numbers_of_any_text_come_in_order_and_never_overlap(text):
    found = find_numbers(read(text).tokens)
    assert all(number.first < number.last for number in found)
    assert all(one.last <= other.first for one, other in pairwise(found))


@pytest.mark.parametrize(
    ("text", "value"),
    [("about a grand", 1000), ("a grand for all", 1000), ("1.1 grand", 1100), ("a grand total", 0)],
)
def test_a_grand_is_a_thousand_where_it_is_no_adjective(text, value):
    assert sum(number.value for number in find_numbers(read(text).tokens)) == value


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("20 adults x $55 = $1,100", [(20, 55, 1100)]),
        ("20 x 45 = 900", [(20, 45, 900)]),
        ("10 x filet mignon @ $5 = $50", [(10, 5, 50)]),
        ("ten adults at fifty dollars each is five hundred dollars", [(10, 50, 500)]),
        ("2 x 10 = 20 proteins", []),
        ("8 x 6 ft, 10 ft away", []),
        ("12 adults at $55 and 3 children at $30", []),
    ],
)
def test_a_product_is_found_where_money_is_multiplied(text, found):
    products = find_products(read(text).tokens)
    assert [tuple(number.value for number in three) for three in products] == found
