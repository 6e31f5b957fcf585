"""Business hours and honest times: when a person answers, in words that will hold.

Hours are wall-clock times in the business's zone, so a day may last 23 or 25 hours; lengths of
time are reckoned in UTC.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pipeline.business.document import Business, Hours

LOOK_AHEAD_DAYS = 370
ROUND_MINUTES = 5


@dataclass(frozen=True, slots=True)
class Promise:
    """By when a person answers."""

    by: datetime
    """Aware, UTC. What staff are held to; the words never promise sooner."""
    words: str
    """Ends a sentence: 'within the hour, by 3:40 PM', 'tomorrow after 12:00 PM'."""


def is_open(hours: Hours, timezone: str, now: datetime) -> bool:
    """Whether people answer at this moment. The closing minute is outside."""
    return _closes_at(hours, timezone, now) is not None


def next_open(hours: Hours, timezone: str, now: datetime) -> datetime | None:
    """The first moment from `now` on when people answer, in UTC; None if none within a year."""
    if is_open(hours, timezone, now):
        return now.astimezone(UTC)
    today = now.astimezone(ZoneInfo(timezone)).date()
    for days in range(LOOK_AHEAD_DAYS):
        window = _window(hours, timezone, today + timedelta(days=days))
        if window is not None and window[0] >= now:
            return window[0]
    return None


def promise(business: Business, now: datetime) -> Promise:
    """When a person will have answered somebody who asks now.

    Within hours that is the promised number of minutes, if the day is long enough; else so many
    minutes after the next opening. The words name a time in the business's zone.
    """
    hours, zone = business.hours, ZoneInfo(business.timezone)
    allowance = timedelta(minutes=hours.respond_within_minutes)
    closes = _closes_at(hours, business.timezone, now)
    if closes is not None:
        by = _rounded_up(now + allowance)
        if by <= closes:
            return Promise(by, f"within {_length(allowance)}, by {_clock(by.astimezone(zone))}")
    opens = next_open(hours, business.timezone, closes or now)
    if opens is None:
        return Promise(now.astimezone(UTC) + timedelta(days=1), "as soon as possible")
    start = opens.astimezone(zone)
    day = _day(start.date(), now.astimezone(zone).date())
    return Promise(_rounded_up(opens + allowance), f"{day} after {_clock(start)}")


def apology(business: Business, now: datetime) -> str:
    """What a customer is told whose message nothing here could answer. One SMS."""
    words = promise(business, now).words
    return f"Sorry, I could not answer that by myself. A person from our team will answer {words}."


def _closes_at(hours: Hours, timezone: str, now: datetime) -> datetime | None:
    """When the hours end that `now` lies in, or None outside them."""
    today = now.astimezone(ZoneInfo(timezone)).date()
    for day in (today, today - timedelta(days=1)):
        window = _window(hours, timezone, day)
        if window is not None and window[0] <= now < window[1]:
            return window[1]
    return None


def _window(hours: Hours, timezone: str, day: date) -> tuple[datetime, datetime] | None:
    """Opening and closing of one day, in UTC; closing at midnight is the end of the day."""
    weekday = day.weekday()
    if weekday not in hours.open_at or day.isoformat() in hours.closed_dates:
        return None
    zone = ZoneInfo(timezone)
    closes_on = day if hours.close_at[weekday] != time(0) else day + timedelta(days=1)
    opening = datetime.combine(day, hours.open_at[weekday], zone)
    closing = datetime.combine(closes_on, hours.close_at[weekday], zone)
    return opening.astimezone(UTC), closing.astimezone(UTC)


def _rounded_up(moment: datetime) -> datetime:
    """To whole five minutes: nobody is promised 3:37:12 PM."""
    moment = moment.astimezone(UTC)
    floor = moment.replace(minute=moment.minute // ROUND_MINUTES * ROUND_MINUTES)
    floor = floor.replace(second=0, microsecond=0)
    return floor if floor == moment else floor + timedelta(minutes=ROUND_MINUTES)


def _length(allowance: timedelta) -> str:
    minutes = int(allowance.total_seconds()) // 60
    if minutes == 60:
        return "the hour"
    if minutes % 60 == 0:
        return f"{minutes // 60} hours"
    return f"{minutes} minutes"


def _clock(moment: datetime) -> str:
    return f"{moment.hour % 12 or 12}:{moment.minute:02} {'PM' if moment.hour >= 12 else 'AM'}"


def _day(day: date, today: date) -> str:
    days = (day - today).days
    if days < 2:
        return ("today", "tomorrow")[days]
    return f"on {day:%A}" if days < 7 else f"on {day:%B} {day.day}"
