"""The day somebody names: 'Dec 12', '12/12', 'next Saturday', 'tomorrow', 'the 4th of July'.

A cheap pattern finds the phrase, so that '2 gyoza', '95125' or '6 pm' is never read as a day;
only then dateparser reads it, from the business's own today. A day without a year lies ahead.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import dateparser

from pipeline.attendant.slate import Slate

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:r?uary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = (
    r"(?:mon(?:day)?|tue(?:s|sday)?|wed(?:s|nesday)?|thu(?:rs|r|rsday)?|fri(?:day)?|sat(?:urday)?"
    r"|sun(?:day)?)\.?"
)
_LONG_WEEKDAY = r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
_NOT_A_COUNT = (
    r"(?!\s*(?:people|ppl|persons?|guests?|adults?|kids?|children|of us|pax|friends|heads))"
)
_LEAD = rf"(?:\b(?:on|for|this|next|coming)\s+)?(?:\b{_WEEKDAY},?\s+)?(?:the\s+)?"

_MONTH_DAY = re.compile(
    rf"{_LEAD}\b(?P<month>{_MONTH})\s*(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b"
    rf"(?:,?\s+(?P<year>20\d\d)\b)?{_NOT_A_COUNT}"
)
_DAY_MONTH = re.compile(
    rf"{_LEAD}\b(?P<day>\d{{1,2}})(?:(?:st|nd|rd|th)(?:\s+of)?|\s+of|(?=\s+(?!may\b)))"
    rf"\s+(?P<month>{_MONTH})\b(?:,?\s+(?P<year>20\d\d)\b)?{_NOT_A_COUNT}"
)
_ISO = re.compile(r"\b(?P<year>20\d\d)-(?P<month>\d{1,2})-(?P<day>\d{1,2})\b")
_NUMERIC = re.compile(
    rf"{_LEAD}\b(?P<month>\d{{1,2}})(?P<sign>[/.-])(?P<day>\d{{1,2}})"
    r"(?:(?P=sign)(?P<year>(?:20)?\d\d))?\b(?![/\d])"
)
_WEEKDAY_THE_NTH = re.compile(
    rf"\b(?P<weekday>{_WEEKDAY}),?\s+(?:the\s+)?(?P<day>\d{{1,2}})"
    r"(?:st|nd|rd|th)\b"
)
_IN_A_WHILE = re.compile(
    r"\b(?:in\s+)?(?P<count>\d{1,2}|an?)\s+(?P<unit>day|week|month)s?\s+"
    rf"(?:from\s+(?P<from>now|today|tomorrow|{_LONG_WEEKDAY})\b|(?:out|away)\b)"
    r"|\bin\s+(?P<count2>\d{1,2}|an?)\s+(?P<unit2>day|week|month)s?(?:'\s*time)?\b"
)
_NEAR = re.compile(
    r"\b(?:day after tomorrow|tomm?orr?ow|tmrw|tmr|2moro|2morrow"
    r"|(?:for|is|on|party|event|dinner) today|tonight)\b"
)
_WEEKDAY_ALONE = re.compile(
    rf"\b(?:(?P<which>this|next|this coming|coming|on|for|every|last|past)\s+)?"
    rf"(?P<weekday>{_LONG_WEEKDAY})\b"
    rf"|\b(?P<which2>this coming|this|next|coming|on|for)\s+(?P<weekday2>{_WEEKDAY})(?![a-z])"
)
_SHORT_WEEKDAY_ALONE = re.compile(rf"^\W*(?P<weekday>{_WEEKDAY})\W*$")
_ORDINAL_ALONE = re.compile(r"\b(?:on|for)\s+(?:the\s+)?(?P<day>\d{1,2})(?:st|nd|rd|th)\b")
_ANY_ORDINAL = re.compile(r"\b(?:the\s+)?(?P<day>\d{1,2})(?:st|nd|rd|th)\b")
_VAGUE = re.compile(
    r"\b(?:(?:next|this|that)\s+(?:week(?:end)?|month|year)"
    r"|(?:sometime|early|mid|late|end of)?[\s-]*"
    rf"\b(?:in|next|this)\s+(?:{_MONTH})(?!\s*\d)\b|(?:mid|early|late)[\s-]+{_MONTH})"
)
# "I'll let you know tomorrow" names no day of a party.
_ABOUT_US = re.compile(
    r"\b(?:call|let you know|get back|text (?:you|me)|respond|reach out|follow up|talk|hear from)\b"
)
MOST_DAYS = 4
"""So many days of one sentence are read."""
_MOVED = re.compile(
    r"\b(?:from|moved?|chang(?:e|ed|ing)|switch(?:ed)?|push(?:ed)?|instead(?! of)|rather)\b"
)
_FRACTIONS = frozenset({"1/2", "1/3", "2/3", "1/4", "3/4"})
_FRACTION = re.compile(r"\b[123]/[234]\b")


@dataclass(frozen=True, slots=True)
class Named:
    """A day somebody named."""

    day: date | None
    """None: it is no single day ('in June'), or there is no such day ('Nov 31')."""
    past: bool = False


def take_date(slate: Slate, today: date, *, asked: bool) -> Named | None:
    """Find the day a sentence names, and wipe it. `today` is the business's.

    `asked` admits what only means a day when a day was asked for: 'sat', 'the 12th', '1/2'. Of
    several days the first counts, or the last where the party is moved from one to the other.
    """
    moved = _MOVED.search(slate.text) is not None
    named = _take_one(slate, today, asked=asked)
    for _ in range(MOST_DAYS - 1):
        another = _take_one(slate, today, asked=False) if named else None
        if another is None:
            break
        if moved and another.day:
            named = another
    return named


def _take_one(slate: Slate, today: date, *, asked: bool) -> Named | None:
    readers = _CLEAR_READERS if _ABOUT_US.search(slate.text) else _CLEAR_READERS + _NEAR_READERS
    for pattern, read in readers:
        for found in pattern.finditer(slate.text):
            if pattern is _NUMERIC and not _is_numeric_date(found, slate.text, asked):
                continue
            slate.wipe(*found.span())
            return read(found, today)
    if asked:
        for pattern, read in _ASKED_READERS:
            if found_late := slate.take(pattern):
                return read(found_late, today)
    if slate.take(_VAGUE):
        return Named(None)
    return None


def _is_numeric_date(found: re.Match[str], text: str, asked: bool) -> bool:
    """12/12 is a date; 50/50, 1/2 and 3.5 are not; 10-12 without a year is a range."""
    if found["sign"] != "/" and not found["year"]:
        return False
    month, day = int(found["month"]), int(found["day"])
    if not (1 <= month <= 12 and 1 <= day <= 31) and not found["year"]:
        return False
    whole = text.strip() == found[0].strip()
    led = re.match(r"(?:on|for|this|next|coming)\b", found[0]) is not None
    fraction = found[0].strip() in _FRACTIONS
    shares = len(_FRACTION.findall(text)) > 1  # '1/2 chicken, 1/2 shrimp'
    return not fraction or (asked and not shares) or whole or led


def _calendar(found: re.Match[str], today: date) -> Named:
    """A day of the month, with or without its year."""
    year = found["year"] or ""
    month = found["month"].rstrip(".")
    phrase = f"{month} {found['day']}" if month.isalpha() else f"{month}/{found['day']}"
    if year:
        year = year if len(year) == 4 else f"20{year}"
        phrase += f", {year}" if month.isalpha() else f"/{year}"
    day = _parsed(phrase, today)
    if day and not year and (day.month, day.day) == (today.month, today.day):
        day = today  # "prefer the future" would skip a whole year
    return Named(day, past=day is not None and day < today)


def _parsed(phrase: str, today: date) -> date | None:
    found = dateparser.parse(
        phrase,
        languages=["en"],
        settings={
            "RELATIVE_BASE": datetime.combine(today, time(12)),
            "PREFER_DATES_FROM": "future",
            "DATE_ORDER": "MDY",
            "REQUIRE_PARTS": ["day", "month"],
            "RETURN_AS_TIMEZONE_AWARE": False,
        },
    )
    return found.date() if found else None


def _while(found: re.Match[str], today: date) -> Named:
    count, unit = found["count"] or found["count2"], found["unit"] or found["unit2"]
    base = today
    start = found["from"] or "now"
    if start == "tomorrow":
        base += timedelta(days=1)
    elif start not in ("now", "today"):
        base = _next_weekday(_DAYS.index(start[:3]), today)
    number = 1 if count in ("a", "an") else int(count)
    return Named(_parsed(f"in {number} {unit}s", base))


def _near(found: re.Match[str], today: date) -> Named:
    word = found[0]
    days = 0 if word.endswith(("today", "tonight")) else 2 if word.startswith("day") else 1
    return Named(today + timedelta(days=days))


def _weekday(found: re.Match[str], today: date) -> Named | None:
    groups = found.groupdict()
    name = groups.get("weekday") or groups.get("weekday2") or ""
    which = groups.get("which") or groups.get("which2") or ""
    if which in ("last", "past", "every"):
        return None
    weekday = _DAYS.index(name[:3])
    if which == "next":  # of the calendar week that begins next Monday
        monday = today + timedelta(days=7 - today.weekday())
        return Named(monday + timedelta(days=weekday))
    return Named(_next_weekday(weekday, today))


def _next_weekday(weekday: int, today: date) -> date:
    """The first such day from today on."""
    return today + timedelta(days=(weekday - today.weekday()) % 7)


def _weekday_the_nth(found: re.Match[str], today: date) -> Named:
    """'Saturday the 12th': the next month in which they fall together; else the next 12th."""
    weekday, number = _DAYS.index(found["weekday"][:3]), int(found["day"])
    coming = [day for day in _coming_days(number, today) if day.weekday() == weekday]
    return Named(coming[0]) if coming else _ordinal(found, today)


def _ordinal(found: re.Match[str], today: date) -> Named:
    coming = _coming_days(int(found["day"]), today)
    return Named(coming[0] if coming else None)


def _coming_days(number: int, today: date) -> list[date]:
    """The days of the next twelve months with that number, soonest first."""
    days = []
    for months in range(13):
        year, month = divmod(today.year * 12 + today.month - 1 + months, 12)
        try:
            day = date(year, month + 1, number)
        except ValueError:
            continue
        if day >= today:
            days.append(day)
    return days


def _fixed(month: int, day: int) -> Callable[[int], date]:
    return lambda year: date(year, month, day)


def _nth(month: int, weekday: int, number: int) -> Callable[[int], date]:
    """The number-th such weekday of a month; -1 is the last."""

    def of(year: int) -> date:
        if number > 0:
            return _next_weekday(weekday, date(year, month, 7 * number - 6))
        return _next_weekday(weekday, date(year, month, 25))

    return of


_FEASTS: tuple[tuple[str, Callable[[int], date]], ...] = (
    (r"new year'?s? eve|nye", _fixed(12, 31)),
    (r"new year'?s?(?: day)?", _fixed(1, 1)),
    (r"valentine'?s?(?: day)?", _fixed(2, 14)),
    (r"st\.? patrick'?s?(?: day)?", _fixed(3, 17)),
    (r"cinco de mayo", _fixed(5, 5)),
    (r"mother'?s'? day", _nth(5, 6, 2)),
    (r"memorial day", _nth(5, 0, -1)),
    (r"father'?s'? day", _nth(6, 6, 3)),
    (r"juneteenth", _fixed(6, 19)),
    (r"(?:the )?(?:4th|fourth) of july|independence day", _fixed(7, 4)),
    (r"labou?r day", _nth(9, 0, 1)),
    (r"halloween", _fixed(10, 31)),
    (r"thanksgiving(?: day)?", _nth(11, 3, 4)),
    (r"(?:christmas|xmas) eve", _fixed(12, 24)),
    (r"(?:christmas|xmas)(?: day)?", _fixed(12, 25)),
)
_FEAST_NAMES = "|".join(f"(?P<feast{n}>{words})" for n, (words, _) in enumerate(_FEASTS))
_FEAST = re.compile(rf"\b(?:on|for|this|next)\s+(?:{_FEAST_NAMES})\b(?! (?:party|theme|eve))")
_FEAST_ALONE = re.compile(rf"^\W*(?:{_FEAST_NAMES})\W*$")


def _feast(found: re.Match[str], today: date) -> Named:
    name = found.lastgroup or "feast0"
    of = _FEASTS[int(name.removeprefix("feast"))][1]
    day = of(today.year)
    return Named(day if day >= today else of(today.year + 1))


Reader = tuple[re.Pattern[str], Callable[[re.Match[str], date], Named | None]]

_CLEAR_READERS: tuple[Reader, ...] = (
    (_ISO, _calendar),
    (_MONTH_DAY, _calendar),
    (_FEAST, _feast),
    (_FEAST_ALONE, _feast),
    (_DAY_MONTH, _calendar),
    (_WEEKDAY_THE_NTH, _weekday_the_nth),
    (_NUMERIC, _calendar),
)
_NEAR_READERS: tuple[Reader, ...] = (
    (_IN_A_WHILE, _while),
    (_NEAR, _near),
    (_WEEKDAY_ALONE, _weekday),
    (_ORDINAL_ALONE, _ordinal),
)
_ASKED_READERS: tuple[Reader, ...] = (
    (_SHORT_WEEKDAY_ALONE, _weekday),
    (_ANY_ORDINAL, _ordinal),
    (re.compile(r"^\W*(?:today|tonight)\b"), _near),
)
