"""The shape of a Business, and the parser that lists every mistake."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.business.answers import Entry, figures_for_answers, read_answers
from pipeline.business.price_list import NAME, read_prices
from pipeline.business.tables import Table
from pipeline.errors import BusinessError
from pipeline.quote.rules import PriceRules
from pipeline.quote.spoken import Role
from pipeline.quote.travel import travel_for_zip

__all__ = ["Business", "Entry", "Hours", "Manner", "parse"]

FILES = ("business.toml", "prices.toml", "channels.toml", "places.toml", "knowledge.md")
CHANNELS = ("phone", "sms", "instagram", "facebook", "whatsapp", "email", "web_chat", "tiktok")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ONE_SEGMENT = r"[A-Za-z0-9 @$!\"#%&'()*+,./:;<=>?_-]{1,160}"
"""160 characters that take one place each in the GSM 7-bit alphabet (3GPP TS 23.038)."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How we write on a channel."""

    channel: str
    tone: str
    max_characters: int
    """Of one reply, all its parts together."""
    max_segments: int | None
    """For SMS: how many segments one reply may take."""
    emoji: bool
    debounce_seconds: float
    """How long after a message we wait for the next before answering."""


@dataclass(frozen=True, slots=True)
class Hours:
    """When people answer, in the business's zone. Monday is 0."""

    open_at: Mapping[int, time]
    close_at: Mapping[int, time]
    closed_dates: frozenset[str]
    """ISO dates on which nobody answers."""
    respond_within_minutes: int
    """What we promise for a call-back within hours."""


@dataclass(frozen=True, slots=True)
class Calls:
    """How calls are answered."""

    greeting: str
    """The first words of every call, said to the end: who we are, and that it is an AI."""
    disclosure: str
    """The words of the greeting that say that it is an AI; what was said is checked for them."""
    max_minutes: int
    """After which a call is ended, with a spoken warning a minute before."""
    voice: str
    """The realtime model's voice."""


@dataclass(frozen=True, slots=True)
class Business:
    """Everything that makes one business this business."""

    key: str
    name: str
    legal_name: str
    phone: str
    """E.164: what we print when we give a number to call."""
    email: str
    website: str
    timezone: str
    """IANA name."""
    about: str
    """One or two sentences for prompts and pages."""
    help_text: str
    """The answer to HELP: who we are, how to reach a person, how to stop. One segment."""
    hours: Hours
    calls: Calls
    prices: PriceRules
    manners: Mapping[str, Manner]
    cities: Mapping[str, str]
    """City name in lower case to a ZIP of the travel table that stands for it."""
    published: Mapping[str, int]
    """Other figures the business publishes, in cents, role to amount (reschedule, ...)."""
    published_percents: frozenset[int]
    """Percentages the business publishes (20, 35, 3)."""
    forbidden: tuple[str, ...]
    """Case-insensitive regular expressions of wordings that never leave."""
    knowledge: tuple[Entry, ...]


def parse(files: Mapping[str, str]) -> Business:
    """Parse a business's files (name -> text). Raises BusinessError with every mistake listed."""
    problems = [f"{name}: is not a file of a business" for name in files if name not in FILES]
    problems += [f"{name}: is missing" for name in FILES if name not in files]
    business, prices, channels, places = (
        Table.from_toml(name, files[name], problems) if name in files else Table(name, {}, [])
        for name in FILES[:4]
    )
    rules = read_prices(prices, places)
    published = _published(business.table("published_cents"))
    contact = _contact(business.table("contact"))
    figures = figures_for_answers(rules, published, contact)
    found = Business(
        key=business.text("key", NAME, "must be lower-case letters, digits and underscores"),
        name=business.text("name"),
        legal_name=business.text("legal_name"),
        phone=contact["phone"],
        email=contact["email"],
        website=contact["website"],
        timezone=_timezone(business),
        about=business.text("about"),
        help_text=business.text(
            "help_text", ONE_SEGMENT, "must fit one SMS segment: at most 160 plain characters"
        ),
        hours=_hours(business.table("hours")),
        calls=_calls(business),
        prices=rules,
        manners={name: _manner(name, channels.table(name)) for name in CHANNELS},
        cities=_cities(places.table("cities"), rules),
        published=published,
        published_percents=_percents(rules),
        forbidden=_forbidden(business),
        knowledge=read_answers("knowledge.md", files["knowledge.md"], figures, problems)
        if "knowledge.md" in files
        else (),
    )
    for table in (business, prices, channels, places):
        table.close()
    if problems:
        raise BusinessError(problems)
    return found


def _contact(table: Table) -> dict[str, str]:
    found = {
        "phone": table.text("phone", r"\+[1-9][0-9]{7,14}", "must be E.164: +19165550100"),
        "email": table.text("email", r"[^@\s]+@[^@\s]+\.[a-z]+", "must be an e-mail address"),
        "website": table.text("website", r"[a-z0-9.-]+\.[a-z]+", "must be a host name alone"),
    }
    table.close()
    return found


def _timezone(business: Table) -> str:
    name = business.text("timezone")
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        if name:
            business.problem("timezone", "is no IANA time zone, such as America/Los_Angeles")
    return name


def _hours(table: Table) -> Hours:
    """A day is { open = 12:00:00, close = 21:00:00 } or "closed"."""
    open_at: dict[int, time] = {}
    close_at: dict[int, time] = {}
    for number, day in enumerate(DAYS):
        if table.peek(day) == "closed":
            table.take(day)
            continue
        span = table.table(day)
        open_at[number], close_at[number] = span.clock("open"), span.clock("close")
        if open_at[number] > close_at[number]:
            span.problem("open", "must not be after close")
        span.close()
    closed = table.texts("closed_dates")
    for day in closed:
        if not _is_date(day):
            table.problem("closed_dates", f"{day} is no date such as 2026-12-25")
    hours = Hours(
        open_at, close_at, frozenset(closed), table.whole("respond_within_minutes", 1, 10_080)
    )
    table.close()
    return hours


def _calls(business: Table) -> Calls:
    """A document written before there were calls has no [calls]: it gets a plain greeting."""
    if business.peek("calls") is None:
        thanks = f"Thank you for calling {business.peek('name')}."
        greeting = f"{thanks} This is the AI assistant. How can I help you?"
        return Calls(greeting, disclosure="AI assistant", max_minutes=30, voice="marin")
    table = business.table("calls")
    calls = Calls(
        greeting=table.text("greeting", r".{20,300}", "must have 20 to 300 characters"),
        disclosure=table.text("disclosure", r".{2,60}", "must have 2 to 60 characters"),
        max_minutes=table.whole("max_minutes", 2, 55),
        voice=table.text("voice", r"[a-z]+", "must be a voice's name, such as marin"),
    )
    if calls.disclosure.lower() not in calls.greeting.lower():
        table.problem(
            "greeting", f"must say {calls.disclosure!r}: callers are told before all else"
        )
    if "AI" not in calls.disclosure:
        table.problem("disclosure", "must say AI")
    table.close()
    return calls


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _manner(channel: str, table: Table) -> Manner:
    manner = Manner(
        channel=channel,
        tone=table.text("tone"),
        max_characters=table.whole("max_characters", 100, 20_000),
        max_segments=table.whole("max_segments", 1, 10) if channel == "sms" else None,
        emoji=table.flag("emoji"),
        debounce_seconds=table.seconds("debounce_seconds", 60),
    )
    table.close()
    return manner


def _cities(table: Table, rules: PriceRules) -> dict[str, str]:
    found: dict[str, str] = {}
    for city in table.names():
        found[city] = table.text(city, r"[0-9]{5}", "must be a ZIP of five digits")
        if city != " ".join(city.lower().split()):
            table.problem(city, "a city's name must be in lower case")
        if found[city] and travel_for_zip(rules, found[city]).miles_tenths is None:
            table.problem(city, f"{found[city]} is not in zip_miles")
    return found


def _published(table: Table) -> dict[str, int]:
    for role in table.names():
        if role not in set(Role):
            table.problem(role, f"is no role of a figure; those are {', '.join(Role)}")
    return {role: table.whole(role) for role in table.names()}


def _percents(rules: PriceRules) -> frozenset[int]:
    """Gratuity and payment fees are the percentages there are; a broken percent is not whole."""
    fees = (fee.basis_points for fee in rules.payment_fees)
    return frozenset(
        {rules.gratuity_low_percent, rules.gratuity_high_percent}
        | {points // 100 for points in fees if points and points % 100 == 0}
    )


def _forbidden(business: Table) -> tuple[str, ...]:
    patterns = business.texts("forbidden")
    for number, pattern in enumerate(patterns, 1):
        try:
            re.compile(pattern, re.IGNORECASE)
        except re.error as error:
            business.problem("forbidden", f"number {number} is no regular expression: {error}")
    return patterns
