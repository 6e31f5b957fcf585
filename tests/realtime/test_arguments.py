"""What a model writes as arguments is an object, or is kept as it came."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.inquiry.vocabulary import INVALID_ARGUMENTS
from realtime.arguments import sayable, tool_arguments


def test_an_object_is_its_arguments_and_nothing_is_no_arguments() -> None:
    assert tool_arguments('{"adults": 10, "proteins": {"steak": [1]}}') == {
        "adults": 10,
        "proteins": {"steak": [1]},
    }
    assert tool_arguments("") == {}
    assert tool_arguments({"adults": 10}) == {"adults": 10}


@pytest.mark.parametrize("raw", ['{"adults": ', "[1]", "20", "null", "[" * 100_000, "9" * 5000])
def test_what_is_no_object_is_kept_as_it_came(raw: str) -> None:
    assert tool_arguments(raw) == {INVALID_ARGUMENTS: raw[:500]}


@pytest.mark.parametrize("depth", [100, 400, 600, 900, 990])
def test_deep_nesting_is_read_or_kept_but_never_raises(depth: int) -> None:
    raw = '{"a":' * depth + "1" + "}" * depth
    assert set(tool_arguments(raw)) <= {"a", INVALID_ARGUMENTS}


def test_characters_and_numbers_that_no_database_takes_are_replaced() -> None:
    found = tool_arguments('{"na\\u0000me": ["a\\ud800b", {"\\u0000": NaN}], "big": 1e999}')
    assert found == {"na\ufffdme": ["a\ufffdb", {"\ufffd": "nan"}], "big": "inf"}
    assert sayable("a\x00\udfffb") == "a\ufffd\ufffdb"


@given(st.text())
def test_whatever_comes_can_be_kept(raw: str) -> None:
    kept = json.dumps(tool_arguments(raw), ensure_ascii=False, allow_nan=False)
    assert "\x00" not in kept
    kept.encode()
