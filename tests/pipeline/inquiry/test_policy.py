"""Hours in the business's zone, clock changes included, and promises that hold."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.business.document import Hours
from pipeline.inquiry.policy import is_open, next_open, promise
from tests.pipeline.inquiry.parties import BUSINESS

ZONE = "America/Los_Angeles"
DAILY = Hours(dict.fromkeys(range(7), time(12)), dict.fromkeys(range(7), time(21)), frozenset(), 60)
WEEKDAYS = Hours(
    dict.fromkeys(range(5), time(9)), dict.fromkeys(range(5), time(17)), frozenset(), 60
)
NEVER = Hours({}, {}, frozenset(), 60)


def at(text: str) -> datetime:
    """A local wall-clock time of the business, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


def promised(hours: Hours, when: str) -> tuple[str, datetime]:
    found = promise(replace(BUSINESS, hours=hours, timezone=ZONE), at(when))
    return found.words, found.by


@pytest.mark.parametrize(
    ("when", "is_in"),
    [
        ("2026-11-20 11:59:59", False),
        ("2026-11-20 12:00:00", True),
        ("2026-11-20 20:59:59", True),
        ("2026-11-20 21:00:00", False),
        ("2026-03-08 12:00:00", True),
        ("2026-03-08 11:59:00", False),
        ("2026-11-01 12:00:00", True),
        ("2026-11-01 20:59:00", True),
        ("2026-11-01 21:00:00", False),
    ],
)
def test_hours_are_wall_clock_times_also_when_clocks_change(when: str, is_in: bool) -> None:
    assert is_open(DAILY, ZONE, at(when)) is is_in


def test_a_closed_date_has_no_hours() -> None:
    hours = replace(DAILY, closed_dates=frozenset({"2026-12-25"}))
    assert not is_open(hours, ZONE, at("2026-12-25 15:00"))
    assert next_open(hours, ZONE, at("2026-12-24 22:00")) == at("2026-12-26 12:00")


def test_midnight_closes_the_day() -> None:
    hours = replace(DAILY, close_at=dict.fromkeys(range(7), time(0)))
    assert is_open(hours, ZONE, at("2026-11-20 23:59"))
    assert not is_open(hours, ZONE, at("2026-11-21 00:00"))


def test_people_who_are_in_are_in_at_once() -> None:
    assert next_open(DAILY, ZONE, at("2026-11-20 15:00")) == at("2026-11-20 15:00")


@pytest.mark.parametrize(
    ("when", "opens"),
    [
        ("2026-11-20 08:00", "2026-11-20 09:00"),
        ("2026-11-20 18:00", "2026-11-23 09:00"),
        ("2026-10-30 18:00", "2026-11-02 09:00"),
        ("2026-03-06 18:00", "2026-03-09 09:00"),
    ],
)
def test_the_next_opening_skips_closed_days_and_minds_the_clock(when: str, opens: str) -> None:
    assert next_open(WEEKDAYS, ZONE, at(when)) == at(opens)


def test_a_business_that_never_opens_has_no_next_opening() -> None:
    assert next_open(NEVER, ZONE, at("2026-11-20 08:00")) is None
    assert promised(NEVER, "2026-11-20 08:00")[0] == "as soon as possible"


@pytest.mark.parametrize(
    ("minutes", "when", "words", "by"),
    [
        (60, "2026-11-20 14:40", "within the hour, by 3:40 PM", "2026-11-20 15:40"),
        (60, "2026-11-20 14:37:12", "within the hour, by 3:40 PM", "2026-11-20 15:40"),
        (30, "2026-11-20 12:00", "within 30 minutes, by 12:30 PM", "2026-11-20 12:30"),
        (120, "2026-11-20 14:00", "within 2 hours, by 4:00 PM", "2026-11-20 16:00"),
        (60, "2026-11-20 20:00", "within the hour, by 9:00 PM", "2026-11-20 21:00"),
        (60, "2026-11-20 20:01", "tomorrow after 12:00 PM", "2026-11-21 13:00"),
        (60, "2026-11-20 23:30", "tomorrow after 12:00 PM", "2026-11-21 13:00"),
        (60, "2026-11-20 00:30", "today after 12:00 PM", "2026-11-20 13:00"),
    ],
)
def test_a_promise_names_a_time_that_is_within_hours(
    minutes: int, when: str, words: str, by: str
) -> None:
    assert promised(replace(DAILY, respond_within_minutes=minutes), when) == (words, at(by))


@pytest.mark.parametrize(
    ("closed", "words"),
    [
        ({"2026-11-21"}, "on Sunday after 12:00 PM"),
        ({f"2026-11-{day}" for day in range(21, 31)}, "on December 1 after 12:00 PM"),
    ],
)
def test_a_day_further_off_is_named(closed: set[str], words: str) -> None:
    hours = replace(DAILY, closed_dates=frozenset(closed))
    assert promised(hours, "2026-11-20 22:00")[0] == words


@given(st.timedeltas(timedelta(), timedelta(days=730)))
def test_a_promise_falls_within_hours_or_on_their_end(later: timedelta) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + later
    found = promise(replace(BUSINESS, hours=DAILY), now)
    assert now <= found.by <= now + timedelta(hours=17)
    assert is_open(DAILY, ZONE, found.by - timedelta(seconds=1))
    assert found.by >= now + timedelta(minutes=60)
