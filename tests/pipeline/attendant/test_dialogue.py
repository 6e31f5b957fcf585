"""Whole conversations, and what holds in all of them."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.attendant.dialogue import answer
from pipeline.inquiry.facts import Facts
from pipeline.inquiry.segments import count
from pipeline.inquiry.validator import check, evidence
from tests.pipeline.attendant.conversation import (
    answered,
    question,
    ran,
    snapshot,
    take_turn,
    texted,
)
from tests.pipeline.seed import BUSINESS, samples

SCENARIOS = json.loads(
    (Path(__file__).parents[2] / "scenarios" / "texts" / "attendant.json").read_text("utf-8")
)
TEXTS = samples("texts.json")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["name"])
def test_a_conversation_goes_as_it_is_written_down(scenario):
    conversation = snapshot(
        channel=scenario["channel"], customer=scenario.get("customer", {}), unanswered=0
    )
    for turn in scenario["turns"]:
        conversation = texted(conversation, *turn["texts"])
        outcome = take_turn(conversation)
        conversation = answered(conversation, outcome)
        told = outcome.facts.to_json()
        asked = tuple(name for name in told.pop("asked", ()) if not set("=+") & set(name))
        assert outcome.refused == ()
        assert [words for words in turn.get("says", ()) if words not in outcome.reply] == []
        assert [words for words in turn.get("never", ()) if words in outcome.reply] == []
        if "knows" in turn:
            assert {name: told.get(name) for name in turn["knows"]} == turn["knows"]
        if "tools" in turn:
            assert [each.call.name for each in outcome.results] == turn["tools"]
        if "asks" in turn:
            assert asked == tuple(turn["asks"])
