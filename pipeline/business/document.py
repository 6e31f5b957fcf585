"""The shape of a Business, and the parser that lists every mistake."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time

from pipeline.quote.rules import PriceRules


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
class Entry:
    """One thing the business has written down; its figures come from the price rules."""

    entry_id: str
    question: str
    answer: str
    keywords: tuple[str, ...]


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
    raise AssertionError("written next")
