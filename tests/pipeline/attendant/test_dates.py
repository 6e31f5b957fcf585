"""The day somebody names, from Friday 20 November 2026."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.attendant.dates import take_date
from pipeline.attendant.slate import WIPED, Slate

TODAY = date(2026, 11, 20)


def named(text, today=TODAY, *, asked=False):
    """The day in a text, or what kind of no day it is."""
    found = take_date(Slate(text), today, asked=asked)
    return found and (found.day or "vague")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("dec 12", "2026-12-12"),
        ("december 12th, 2026", "2026-12-12"),
        ("dec. 12 at noon", "2026-12-12"),
        ("saturday the 12th of december", "2026-12-12"),
        ("12 december", "2026-12-12"),
        ("12/12", "2026-12-12"),
        ("12/12/26", "2026-12-12"),
        ("12-12-2026", "2026-12-12"),
        ("2026-12-12", "2026-12-12"),
        ("on sat 12/5", "2026-12-05"),
        ("sunday the 13th", "2026-12-13"),
        ("on the 5th", "2026-12-05"),
        ("this saturday", "2026-11-21"),
        ("saturday", "2026-11-21"),
        ("friday", "2026-11-20"),
        ("next saturday", "2026-11-28"),
        ("tomorrow", "2026-11-21"),
        ("tmrw", "2026-11-21"),
        ("day after tomorrow", "2026-11-22"),
        ("tonight", "2026-11-20"),
        ("in 2 weeks", "2026-12-04"),
        ("a week from saturday", "2026-11-28"),
        ("3 weeks from now", "2026-12-11"),
        ("in a month", "2026-12-20"),
        ("on christmas eve", "2026-12-24"),
        ("for the 4th of july", "2027-07-04"),
        ("for thanksgiving", "2026-11-26"),
        ("on labor day", "2027-09-06"),
        ("memorial day", "2027-05-31"),
        ("we moved it from dec 12 to dec 19", "2026-12-19"),
        ("dec 12 or dec 13", "2026-12-12"),
    ],
)
def test_a_day_is_read(text, day):
    assert named(text) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("11/20", "2026-11-20"),
        ("nov 20", "2026-11-20"),
        ("nov 19", "2027-11-19"),
        ("11/19/2027", "2027-11-19"),
        ("feb 29", "2028-02-29"),
    ],
)
def test_a_day_without_a_year_lies_ahead_and_today_counts(text, day):
    assert named(text) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "text",
    [
        "2 gyoza",
        "95125",
        "at 6pm",
        "10-12 people",
        "50/50 chicken and shrimp",
        "1/2 chicken",
        "1/2 chicken, 1/2 shrimp",
        "3.5 hours",
        "dec 20 people",
        "20 may come",
        "do you work saturdays",
        "last saturday was great",
        "i'll let you know tomorrow",
        "call me on saturday",
        "can i get a quote today",
        "13/25",
        "20 adults and 5 kids",
    ],
)
def test_what_is_no_day_is_left_alone(text):
    slate = Slate(text)

    assert take_date(slate, TODAY, asked=False) is None
    assert WIPED not in slate.text or "last" in text


@pytest.mark.parametrize("text", ["in june", "next month", "this weekend", "mid december"])
def test_a_stretch_of_time_names_no_day(text):
    assert named(text) == "vague"


def test_a_day_that_does_not_exist_names_no_day():
    assert named("nov 31") == "vague"


def test_a_day_with_its_year_may_lie_behind():
    found = take_date(Slate("12/12/2020"), TODAY, asked=False)

    assert found is not None
    assert (found.day, found.past) == (date(2020, 12, 12), True)


@pytest.mark.parametrize(
    ("text", "day"), [("sat", "2026-11-21"), ("the 12th", "2026-12-12"), ("today", "2026-11-20")]
)
def test_what_may_mean_a_day_means_one_when_a_day_was_asked_for(text, day):
    assert named(text, asked=True) == date.fromisoformat(day)
    assert named(text) is None


def test_a_day_is_wiped_and_the_rest_stays():
    slate = Slate("for 20 december 12 please")
    take_date(slate, TODAY, asked=False)

    assert slate.left == "for 20 please"


@given(st.dates(date(2024, 1, 1), date(2030, 12, 31)), st.integers(0, 364))
def test_every_day_of_the_coming_year_is_found_however_it_is_written(today, ahead):
    day = today + timedelta(days=ahead)
    if (day.month, day.day) == (2, 29):
        return  # without a year the next leap day is as good
    for text in (f"{day:%B} {day.day}", f"{day.month}/{day.day}", day.isoformat(), f"{day:%b %d}"):
        assert named(text.lower(), today) == day


@given(st.text(max_size=200), st.booleans())
def test_any_text_can_be_looked_at(text, asked):
    slate = Slate(text.lower())
    take_date(slate, TODAY, asked=asked)

    assert len(slate.text) == len(text.lower())
