"""ZIPs and cities, and the figures and words that are neither."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.attendant.places import known_place, take_city, take_zip
from pipeline.attendant.slate import Slate
from pipeline.inquiry.facts import Facts
from tests.pipeline.seed import BUSINESS

CITIES = BUSINESS.cities


@pytest.mark.parametrize(
    ("text", "zip_code"),
    [
        ("95125", "95125"),
        ("zip is 95125.", "95125"),
        ("we are in 95125-1234", "95125"),
        ("(94538)?", "94538"),
        ("95125, sorry, 94538", "94538"),
        ("123 main st, fremont 94538", "94538"),
        ("12345 n. first street, san jose 95112", "95112"),
    ],
)
def test_the_last_zip_is_read(text, zip_code):
    assert take_zip(Slate(text)) == zip_code


@pytest.mark.parametrize(
    "text",
    [
        "12345 people",
        "$95125",
        "95125 dollars",
        "12345 oak ave",
        "order 123456",
        "1-95125",
        "9512",
        "ca95125",
        "94538-12",
        "20 adults dec 12",
        "",
    ],
)
def test_another_figure_is_no_zip(text):
    assert take_zip(Slate(text)) is None


def test_a_zip_and_a_street_are_wiped_and_the_rest_is_left():
    slate = Slate("20 adults at 12 oak street, 94538")
    assert take_zip(slate) == "94538"
    assert slate.left == "20 adults at ,"


@pytest.mark.parametrize(
    ("text", "city"),
    [
        ("we are in san jose", "san jose"),
        ("dublin ca", "dublin"),
        ("sf", "sf"),
        ("can you come to sunyvale?", "sunnyvale"),
        ("san fransisco please", "san francisco"),
        ("freemont", "fremont"),
        ("sannivale", "sunnyvale"),
        ("sacremento", "sacramento"),
        ("walnut creak", "walnut creek"),
        ("we moved from oakland to napa", "napa"),
        ("sanjose", "san jose"),
        ("pleasonton", "pleasanton"),
        ("moutain veiw", "mountain view"),
    ],
)
def test_a_city_is_read_misspelt_or_not(text, city):
    assert take_city(Slate(text), CITIES) == city


@pytest.mark.parametrize(
    "text",
    [
        "take a nap",
        "new york",
        "union dues",
        "san",
        "sannivalo",
        "ocklend",
        "cakland",
        "pleasant hill",
        "a pleasant evening",
        "pleasantly",
        "with mountain views",
        "first and foremost",
        "~~~~~~",
        "",
    ],
)
def test_another_word_is_no_city(text):
    slate = Slate(text)
    assert take_city(slate, CITIES) is None
    assert slate.text == text


def test_a_city_is_wiped():
    slate = Slate("20 adults in palo alto on saturday")
    assert take_city(slate, CITIES) == "palo alto"
    assert slate.left == "20 adults in on saturday"


@pytest.mark.parametrize("city", sorted(CITIES))
def test_every_city_of_the_table_is_read_inside_a_sentence(city):
    assert take_city(Slate(f"for 20 in {city} please"), CITIES) == city


@pytest.mark.parametrize("city", sorted(city for city in CITIES if len(city) > 6))
def test_every_longer_city_is_read_with_a_letter_missing(city):
    assert take_city(Slate(f"in {city[:2] + city[3:]}"), CITIES) == city


@given(st.integers(0, 99_999))
def test_any_five_digits_by_themselves_are_a_zip(number):
    assert take_zip(Slate(f"zip {number:05}!")) == f"{number:05}"


@given(st.text("sanjoefrmt ~ 95125-$.") | st.text())
def test_a_reader_names_only_what_it_wipes(text):
    slate = Slate(text)
    zip_code, city = take_zip(slate), take_city(slate, CITIES)
    assert zip_code is None or zip_code in text
    assert (city is None) or slate.text != text
    assert len(slate.text) == len(text)


def test_travel_is_reckoned_with_the_zip_then_with_the_citys():
    assert known_place(Facts(zip="95125", city="napa"), CITIES) == "95125"
    assert known_place(Facts(city="napa"), CITIES) == "94558"
    assert known_place(Facts(city="fresno"), CITIES) is None
    assert known_place(Facts(), CITIES) is None
