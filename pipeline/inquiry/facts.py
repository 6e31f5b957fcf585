"""What an inquiry knows so far. Kept in PostgreSQL, warm in Redis, shown to model and attendant."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Facts:
    """The party as understood so far; None is 'not said'."""

    adults: int | None = None
    children: int | None = None
    toddlers: int | None = None
    zip: str | None = None
    city: str | None = None
    """A city of the business's table, when no ZIP was given."""
    event_date: date | None = None
    proteins: Mapping[str, int] = field(default_factory=dict)
    """Rule names (chicken, filet_mignon) to portions."""
    addons: Mapping[str, int] = field(default_factory=dict)
    name: str | None = None
    email: str | None = None
    asked: tuple[str, ...] = ()
    """What our last message asked for, so that a bare '20' or 'yes' can be understood."""
    noted: str = ""
    """A message being taken for staff, before its sender has finished it."""

    def learn(self, **changes: Any) -> "Facts":
        """These facts with changes applied."""
        return replace(self, **changes)

    def to_json(self) -> dict[str, Any]:
        """Only what is known; dates as ISO 8601."""
        out: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if value in (None, "", (), {}):
                continue
            if isinstance(value, date):
                value = value.isoformat()
            elif isinstance(value, tuple):
                value = list(value)
            elif isinstance(value, Mapping):
                value = dict(value)
            out[each.name] = value
        return out

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Facts":
        """Inverse of `to_json`; names this version does not know are dropped."""
        known = {each.name for each in fields(cls)}
        values = {name: value for name, value in data.items() if name in known}
        if "event_date" in values:
            values["event_date"] = date.fromisoformat(values["event_date"])
        if "asked" in values:
            values["asked"] = tuple(values["asked"])
        return cls(**values)
