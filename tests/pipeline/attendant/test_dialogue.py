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
from pipeline.inquiry.turn import ToolResult
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


WORDS = st.sampled_from(
    [each["text"] for each in TEXTS]
    + ["yes", "no", "ok", "thanks", "not sure", "can I talk to a person", "what is included?"]
    + ["the food was terrible", "leave a message", "start over", "do you have parking?", ""]
)
NUMBERS = st.text(alphabet="0123456789 ,:-/$+", min_size=1, max_size=12)
MESSAGES = st.lists(WORDS, min_size=1, max_size=3)


@settings(max_examples=40, deadline=None)
@given(st.lists(MESSAGES, min_size=1, max_size=4), st.sampled_from(["sms", "email", "web_chat"]))
def test_no_reply_is_ever_refused_or_too_long(turns, channel):
    conversation = snapshot(channel=channel, unanswered=0)
    for texts in turns:
        conversation = texted(conversation, *texts)
        outcome = take_turn(conversation)
        conversation = answered(conversation, outcome)
        manner = BUSINESS.manners[channel]
        assert outcome.refused == ()
        assert 0 < len(outcome.reply) <= manner.max_characters
        if manner.max_segments:
            assert count(outcome.reply).encoding == "GSM-7"
            assert count(outcome.reply).segments <= manner.max_segments


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.text(max_size=120) | NUMBERS | WORDS, min_size=1, max_size=3),
    st.sampled_from(TEXTS),
)
def test_any_text_is_answered_and_every_figure_has_evidence(texts, before):
    conversation = snapshot(*texts, facts=Facts.from_json(before.get("knows", {})))
    outcome = take_turn(conversation)

    known = evidence(conversation, outcome.results)
    assert outcome.refused == ()
    assert outcome.reply
    assert check(outcome.reply, known, BUSINESS) == ()


@settings(max_examples=40, deadline=None)
@given(MESSAGES, st.sampled_from(TEXTS))
def test_asking_again_in_the_same_turn_changes_nothing(texts, before):
    conversation = snapshot(*texts, facts=Facts.from_json(before.get("knows", {})))
    first = answer(question(conversation))
    assert answer(question(conversation)) == first

    results = ran(conversation, first)
    last = answer(question(conversation, *results))
    party = [name for name in Facts().__slots__ if name not in ("asked", "noted")]
    assert [getattr(last.facts, name) for name in party] == [
        getattr(first.facts, name) for name in party
    ]
    assert answer(question(conversation, *results)) == last


@pytest.mark.parametrize("text", ["0", "00", "0 0", "0,1", "-", "$0", "0/0/0"])
def test_a_bare_number_that_counts_nobody_is_answered(text):
    assert take_turn(snapshot(text)).reply


def test_of_a_flood_of_texts_the_last_are_read():
    flood = [f"{count} adults" for count in range(10, 60)]
    assert take_turn(snapshot(*flood)).facts.adults == 59


def test_calls_are_numbered_and_asked_for_side_by_side():
    before = snapshot("20 adults in 95125. Do you bring tables? It is a corporate party")
    reply = answer(question(before))

    assert [(call.call_id, call.name) for call in reply.calls] == [
        ("attendant-1", "calculate_party_quote"),
        ("attendant-2", "search_knowledge"),
        ("attendant-3", "transfer_to_person"),
    ]
    assert reply.text == ""


def test_a_refused_draft_is_written_again_shorter_and_without_new_calls():
    before = snapshot("5 adults in 95125. Do you bring tables?")
    results = ran(before, answer(question(before)))
    draft = answer(question(before, *results))
    again = answer(question(before, *results, complaint="'$9' is in no result"))

    assert again.calls == ()
    assert len(again.text) < len(draft.text)
    assert "Total $550.00" in again.text


def test_a_quote_that_fails_goes_to_a_person():
    before = snapshot("20 adults", now=datetime(2026, 11, 20, 20, tzinfo=UTC))
    reply = answer(question(before))
    failed = ToolResult(reply.calls[0], {"error": "adults: no"}, success=False)
    then = answer(question(before, failed))

    assert [call.name for call in then.calls] == ["transfer_to_person"]
    last = answer(question(before, failed, *ran(before, then)))
    assert "could not work out that quote" in last.text
    assert "a person will answer you here" in last.text
