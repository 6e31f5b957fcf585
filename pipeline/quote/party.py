"""Who comes and what they eat, checked field by field where it enters.

Numbers from outside are taken as whole or refused, never rounded for somebody: only a distance
is rounded, to a tenth of a mile, and it passes through Decimal so that no binary fraction does.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from rapidfuzz import fuzz, process

from pipeline.errors import InvalidFields
from pipeline.quote.rules import Addon, PriceRules, Protein

MAX_PORTIONS = 1000
"""Of one protein or side: far above 200 guests who all choose the same, below any mischief."""
MAX_MILES = 10_000

FIELDS = ("adults", "children", "toddlers", "proteins", "addons", "miles", "zip", "event_date")


@dataclass(frozen=True, slots=True)
class Party:
    """One party to be priced. Names of proteins and add-ons are the rules' own."""

    adults: int
    children: int = 0
    toddlers: int = 0
    proteins: Mapping[str, int] = field(default_factory=dict)
    """Name to portions."""
    addons: Mapping[str, int] = field(default_factory=dict)
    """Name to servings."""
    miles_tenths: int | None = None
    """One way, when somebody measured it."""
    zip: str | None = None
    event_date: date | None = None
    """In the business's zone."""

    @property
    def guests(self) -> int:
        """Everybody, toddlers counted."""
        return self.adults + self.children + self.toddlers

    def to_json(self) -> dict[str, Any]:
        """For storage: every field, the date as ISO 8601."""
        return {
            "adults": self.adults,
            "children": self.children,
            "toddlers": self.toddlers,
            "proteins": dict(self.proteins),
            "addons": dict(self.addons),
            "miles_tenths": self.miles_tenths,
            "zip": self.zip,
            "event_date": self.event_date.isoformat() if self.event_date else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Party":
        """Inverse of `to_json`; it trusts what it is given."""
        event_date = data["event_date"]
        return cls(
            adults=data["adults"],
            children=data["children"],
            toddlers=data["toddlers"],
            proteins=data["proteins"],
            addons=data["addons"],
            miles_tenths=data["miles_tenths"],
            zip=data["zip"],
            event_date=date.fromisoformat(event_date) if event_date else None,
        )


def party_from_json(
    rules: PriceRules, data: Mapping[str, object], today: date, allow_miles: bool
) -> Party:
    """Check a party from outside. `today` is the business's; null means 'not given'.

    Without `allow_miles` a distance is an unknown field: a model may not bring one.
    Raises InvalidFields naming every field that is wrong.
    """
    problems: dict[str, str] = {}
    allowed = {name: name for name in FIELDS if allow_miles or name != "miles"}
    for name in data:
        if name not in allowed:
            problems[name] = f"unknown field{_suggestion(name, allowed)}"

    def read(name: str, parse: Callable[..., Any], *arguments: Any) -> Any:
        value = data.get(name) if name in allowed else None
        if value is None:
            return None
        try:
            return parse(value, *arguments)
        except _Problem as problem:
            problems[name] = str(problem)
            return None

    if data.get("adults") is None:
        problems["adults"] = "is required: how many guests pay the adult price"
    adults = read("adults", _whole_number, 1, rules.max_adults)
    children = read("children", _whole_number, 0, rules.max_children)
    toddlers = read("toddlers", _whole_number, 0, rules.max_toddlers)
    proteins = read("proteins", _portions, rules.proteins)
    addons = read("addons", _portions, rules.addons)
    miles_tenths = read("miles", _tenths)
    zip_code = read("zip", _zip)
    event_date = read("event_date", _future_date, today)
    if allow_miles and data.get("miles") is not None and data.get("zip") is not None:
        problems["miles"] = problems["zip"] = "give miles or zip, not both"
    if problems:
        raise InvalidFields(problems)
    return Party(
        adults=adults,
        children=children or 0,
        toddlers=toddlers or 0,
        proteins=proteins or {},
        addons=addons or {},
        miles_tenths=miles_tenths,
        zip=zip_code,
        event_date=event_date,
    )


class _Problem(Exception):
    """What is wrong with one field."""


def _whole_number(value: object, low: int, high: int) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JSON does not tell 20.0 from 20
    if not isinstance(value, int) or isinstance(value, bool):
        raise _Problem("must be a whole number")
    if not low <= value <= high:
        raise _Problem(f"must be from {low} to {high}")
    return value


def _portions(value: object, known: Mapping[str, Protein] | Mapping[str, Addon]) -> dict[str, int]:
    """Names and aliases to the rules' names, zero portions dropped, every wrong entry named."""
    if not isinstance(value, Mapping):
        raise _Problem("must be an object of names and whole numbers")
    spellings = {_spelling(alias): each.name for each in known.values() for alias in each.aliases}
    spellings |= {name: name for name in known}
    found: dict[str, int] = {}
    wrong: list[str] = []
    for given, count in value.items():
        name = spellings.get(_spelling(given))
        try:
            if name is None:
                raise _Problem(f"is not on the menu{_suggestion(given, spellings)}")
            portions = _whole_number(count, 0, MAX_PORTIONS)
            found[name] = _whole_number(found.get(name, 0) + portions, 0, MAX_PORTIONS)
        except _Problem as problem:
            wrong.append(f"{given[:50]} {problem}")
    if wrong:
        raise _Problem("; ".join(wrong))
    return {name: portions for name, portions in found.items() if portions}


def _tenths(value: object) -> int:
    """Miles to tenths, half-up."""
    if not isinstance(value, int | float | Decimal) or isinstance(value, bool):
        raise _Problem("must be a number of miles")
    miles = Decimal(value) if isinstance(value, int) else Decimal(str(value))
    if not miles.is_finite() or not 0 <= miles <= MAX_MILES:
        raise _Problem(f"must be from 0 to {MAX_MILES} miles")
    return int((miles * 10).quantize(Decimal(1), ROUND_HALF_UP))


def _zip(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{5}", value):
        raise _Problem("must be a string of five digits, such as 94539")
    return value


def _future_date(value: object, today: date) -> date:
    try:
        if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise ValueError
        event_date = date.fromisoformat(value)
    except ValueError:
        raise _Problem("must be a date such as 2026-12-31") from None
    if event_date < today:
        raise _Problem("is in the past")
    return event_date


def _spelling(name: str) -> str:
    return "_".join(name.lower().replace("-", " ").replace("_", " ").split())


def _suggestion(given: str, spellings: Mapping[str, str]) -> str:
    """The name whose spelling comes nearest, if any comes near."""
    near = process.extractOne(_spelling(given[:50]), spellings.keys(), scorer=fuzz.ratio)
    return f"; did you mean {spellings[near[0]]}?" if near and near[1] >= 60 else ""
