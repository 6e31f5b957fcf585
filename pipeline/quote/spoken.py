"""Amounts as words, and the amounts somebody named in a text."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Role(StrEnum):
    """What an amount is said to be."""

    TOTAL = "total"
    DEPOSIT = "deposit"
    BALANCE = "balance"
    ADULT = "adult"
    CHILD = "child"
    PER_GUEST = "per_guest"
    TRAVEL = "travel"
    PER_MILE = "per_mile"
    MINIMUM = "minimum"
    MINIMUM_ADJUSTMENT = "minimum_adjustment"
    UPGRADE = "upgrade"
    EXTRA_PROTEIN = "extra_protein"
    ADDON = "addon"
    BASE = "base"
    FOOD = "food"
    GRATUITY = "gratuity"
    FEE = "fee"
    RESCHEDULE = "reschedule"


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of money named in a text."""

    cents: int
    role: Role | None
    """What the text says it is; None where it does not say."""
    start: int
    end: int
    """The amount is text[start:end]."""


@dataclass(frozen=True, slots=True)
class Percent:
    """A percentage named in a text."""

    value: int | Decimal
    start: int
    end: int


def find_amounts(text: str) -> list[Amount]:
    """Every amount of money named in a text, in order, in digits or in words."""
    raise AssertionError("written next")


def find_percents(text: str) -> list[Percent]:
    """Every percentage named in a text, in order."""
    raise AssertionError("written next")


def amount_in_words(cents: int) -> str:
    """An amount as it is said: 110000 -> 'one thousand one hundred dollars'."""
    raise AssertionError("written next")
