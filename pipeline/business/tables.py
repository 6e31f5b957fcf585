"""One TOML table being read: whatever is missing, wrong or left over becomes a problem.

A reader never raises. It notes the problem and gives a value of the right type, so that one
pass over a business's files finds every mistake in them.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import time


class Table:
    """A table, and which of its keys have been asked for. `close` reports those never asked for."""

    def __init__(self, where: str, values: Mapping[str, object], problems: list[str]) -> None:
        self.where = where
        self._values = values
        self._asked: set[str] = set()
        self._problems = problems

    @classmethod
    def from_toml(cls, name: str, text: str, problems: list[str]) -> "Table":
        """A whole file; one that is no TOML is one problem and reads as empty."""
        try:
            return cls(f"{name}: ", tomllib.loads(text), problems)
        except tomllib.TOMLDecodeError as error:
            problems.append(f"{name}: not valid TOML: {error}")
            return cls(f"{name}: ", {}, [])

    def problem(self, key: str, what: str) -> None:
        """Note that a key's value is wrong."""
        self._problems.append(f"{self.where}{key}: {what}")

    def names(self) -> Sequence[str]:
        """Every key, for a table whose keys are the business's own choice."""
        return tuple(self._values)

    def peek(self, key: str) -> object:
        """The raw value or None, without a word."""
        return self._values.get(key)

    def take(self, key: str) -> object:
        """The raw value, or None with a problem noted."""
        self._asked.add(key)
        if key not in self._values:
            self.problem(key, "is missing")
            return None
        return self._values[key]

    def text(self, key: str, pattern: str = r"(?s).+", what: str = "must not be empty") -> str:
        """A string the whole of which matches; else '' and `what` is noted."""
        value = self.take(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.problem(key, "must be a string")
            return ""
        if not re.fullmatch(pattern, value):
            self.problem(key, what)
            return ""
        return value

    def whole(self, key: str, low: int = 0, high: int = 10_000_000) -> int:
        """A whole number within bounds; else `low`."""
        value = self.take(key)
        if value is None:
            return low
        if not isinstance(value, int) or isinstance(value, bool):
            self.problem(key, "must be a whole number")
            return low
        if not low <= value <= high:
            self.problem(key, f"must be from {low} to {high}")
            return low
        return value

    def seconds(self, key: str, high: float) -> float:
        """A number of seconds from 0 to `high`; else 0."""
        value = self.take(key)
        if value is None:
            return 0.0
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= high:
            self.problem(key, f"must be a number of seconds from 0 to {high:g}")
            return 0.0
        return float(value)

    def flag(self, key: str) -> bool:
        """True or false; else False."""
        value = self.take(key)
        if value is not None and not isinstance(value, bool):
            self.problem(key, "must be true or false")
        return value is True

    def clock(self, key: str) -> time:
        """A TOML local time such as 12:00:00; else midnight."""
        value = self.take(key)
        if isinstance(value, time):
            return value
        if value is not None:
            self.problem(key, "must be a time such as 12:00:00, without quotes")
        return time(0)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings, maybe empty; else ()."""
        value = self.take(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            self.problem(key, "must be a list of strings")
            return ()
        return tuple(value)

    def table(self, key: str) -> "Table":
        """A table within; an empty one that complains no further where there is none."""
        value = self.take(key)
        inner = f"{self.where}{key}."
        if isinstance(value, Mapping):
            return Table(inner, value, self._problems)
        if value is not None:
            self.problem(key, "must be a table")
        return Table(inner, {}, [])

    def close(self) -> None:
        """Note every key that nobody asked for: a misspelt key must not pass in silence."""
        for key in self._values:
            if key not in self._asked:
                self.problem(key, "is not a key here")
