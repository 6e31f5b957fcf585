"""A tool's arguments, and any other words of a model's, made fit to be kept.

A model may write anything where a JSON object is due, and characters no database takes.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from pipeline.inquiry.vocabulary import INVALID_ARGUMENTS

_UNSPEAKABLE = re.compile("[\x00\ud800-\udfff]")


def tool_arguments(raw: object) -> Mapping[str, Any]:
    """The object a model wrote, or under INVALID_ARGUMENTS what it wrote instead of one."""
    try:
        found = _cleaned(json.loads(raw or "{}") if isinstance(raw, str) else raw)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {INVALID_ARGUMENTS: sayable(str(raw)[:500])}


def sayable(text: str) -> str:
    """Without NUL and lone surrogates, which no database takes."""
    return _UNSPEAKABLE.sub("\ufffd", text)


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return sayable(value)
    if isinstance(value, list):
        return [_cleaned(each) for each in value]
    if isinstance(value, dict):
        return {sayable(str(name)): _cleaned(each) for name, each in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
