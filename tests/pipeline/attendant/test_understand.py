"""The labelled texts, each read on top of what was known before; today is Friday 20 November."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.attendant.understand import understand
from pipeline.inquiry.facts import Facts
from tests.pipeline.seed import BUSINESS, TODAY, samples

TEXTS = samples("texts.json")
DELTA = [name for name in Facts().__slots__ if name not in ("asked", "noted")]


def learned(text, knows):
    """What changed, as JSON values; a fact that was taken back is None, dishes are whole."""
    before = Facts.from_json(knows)
    after = understand([text], before, BUSINESS, TODAY).facts
    changed = [name for name in DELTA if getattr(before, name) != getattr(after, name)]
    return {
        name: value.isoformat() if isinstance(value := getattr(after, name), date) else value
        for name in changed
    }


@pytest.mark.parametrize("sample", TEXTS, ids=lambda sample: sample["text"][:60] or "nothing")
def test_a_labelled_text_teaches_what_its_label_says(sample):
    assert learned(sample["text"], sample.get("knows", {})) == sample["learns"]
