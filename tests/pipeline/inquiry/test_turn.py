"""A turn asks, runs tools, checks what it is about to say, and hands over what it cannot."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletionMessageParam
from pydantic import TypeAdapter

from pipeline.inquiry.facts import Facts
from pipeline.inquiry.segments import count
from pipeline.inquiry.tools import run
from pipeline.inquiry.turn import (
    AskModel,
    Effect,
    ModelReply,
    Outcome,
    RunTools,
    Said,
    Snapshot,
    ToolCall,
    chat_messages,
    text_turn,
)
from pipeline.inquiry.vocabulary import INVALID_ARGUMENTS
from tests.pipeline.inquiry.parties import NOW, QUOTE_ID, quoted, snapshot

Answer = ModelReply | Callable[[AskModel], ModelReply]


def says(text: str, **more: Any) -> ModelReply:
    return ModelReply(text, model="scripted", **more)


def calls(*wanted: tuple[str, Mapping[str, Any]], **more: Any) -> ModelReply:
    found = [ToolCall(f"call_{place}", *call) for place, call in enumerate(wanted)]
    return ModelReply("", tuple(found), model="scripted", **more)


def quote(**arguments: Any) -> ModelReply:
    return calls(("calculate_party_quote", arguments))


def played(of: Snapshot, *script: Answer) -> tuple[Outcome, Sequence[AskModel]]:
    """A turn with a model that follows a script, the last line of it for ever."""
    turn, asked = text_turn(of), []
    question = next(turn)
    try:
        while True:
            if isinstance(question, RunTools):
                results = [run(of.business, call, of.now, QUOTE_ID) for call in question.calls]
                question = turn.send(tuple(results))
                continue
            asked.append(question)
            answer = script[min(len(asked), len(script)) - 1]
            question = turn.send(answer(question) if callable(answer) else answer)
    except StopIteration as done:
        return done.value, asked


def later(*texts: str, **changes: Any) -> Snapshot:
    """A conversation in which we have written before."""
    found = snapshot(*texts, **changes)
    return replace(found, history=(Said("us", "Hello!", NOW), *found.history))


# --- the ordinary turn -----------------------------------------------------------------------


def test_words_alone_are_the_reply() -> None:
    outcome, asked = played(later("Hi"), says("How many adults?", input_tokens=90, output_tokens=5))
    assert outcome.reply == "How many adults?"
    assert (outcome.model, outcome.usage) == ("scripted", {"input_tokens": 90, "output_tokens": 5})
    assert (outcome.escalation, outcome.effects, outcome.refused) == (None, (), ())
    assert len(asked) == 1


def test_a_quote_is_worked_out_and_told() -> None:
    outcome, asked = played(
        later("20 adults in 94539 please"),
        quote(adults=20, event_zipcode="94539"),
        says("20 x $55.00 = $1,100.00. Your total is $1,100.00, balance $1,000.00."),
    )
    assert outcome.reply.startswith("20 x $55.00")
    assert outcome.quote is not None
    assert outcome.quote.quote.total_cents == 110000
    assert outcome.facts == Facts(adults=20, zip="94539")
    assert [result.call.name for result in outcome.results] == ["calculate_party_quote"]
    assert asked[1].results == outcome.results


def test_the_model_sees_its_calls_and_their_results() -> None:
    _, asked = played(later("20 adults"), quote(adults=20), says("One moment."))
    call, result = asked[1].messages[-2:]
    assert call["tool_calls"][0]["function"]["name"] == "calculate_party_quote"
    assert json.loads(call["tool_calls"][0]["function"]["arguments"]) == {"adults": 20}
    assert result["tool_call_id"] == call["tool_calls"][0]["id"]
    assert json.loads(result["content"])["total"] == 1100.0
    for message in asked[1].messages:
        TypeAdapter(ChatCompletionMessageParam).validate_python(message)


def test_several_tools_run_side_by_side() -> None:
    outcome, asked = played(
        later("How much for 20, and is it messy?"),
        calls(("calculate_party_quote", {"adults": 20}), ("search_knowledge", {"query": "mess"})),
        says("Your total is $1,100.00 before travel."),
    )
    assert len(outcome.results) == 2
    assert len(asked) == 2


def test_a_failed_call_comes_back_as_data_and_may_be_mended() -> None:
    outcome, _ = played(
        later("20 adults"),
        quote(adults="twenty"),
        quote(adults=20),
        says("Your total is $1,100.00 before travel."),
    )
    assert [result.success for result in outcome.results] == [False, True]
    assert outcome.facts.adults == 20


def test_arguments_that_were_no_json_go_back_as_they_came() -> None:
    broken = calls(("search_knowledge", {INVALID_ARGUMENTS: '{"query": '}))
    outcome, asked = played(later("Is it messy?"), broken, says("Let me see."))
    assert asked[1].messages[-2]["tool_calls"][0]["function"]["arguments"] == '{"query": '
    assert not outcome.results[0].success


def test_a_model_that_only_calls_is_made_to_speak_in_the_end() -> None:
    outcome, asked = played(
        later("20 adults"),
        *[quote(adults=20)] * 3,
        lambda question: says("tools left") if question.tools else says("All right."),
    )
    assert outcome.reply == "All right."
    assert [bool(question.tools) for question in asked] == [True, True, True, False]


def test_no_more_than_eight_calls_of_a_round_are_run() -> None:
    many = calls(*[("search_knowledge", {"query": "rain"})] * 20)
    outcome, _ = played(later("rain?"), many, says("Rain is fine."))
    assert len(outcome.results) == 8


# --- refused drafts --------------------------------------------------------------------------


def test_a_wrong_figure_is_refused_once_and_mended() -> None:
    outcome, asked = played(
        later("20 adults"),
        says("That is about $1,000."),
        quote(adults=20),
        says("Your total is $1,100.00 before travel."),
    )
    assert outcome.reply == "Your total is $1,100.00 before travel."
    assert len(outcome.refused) == 1
    assert "$1,000" in asked[1].complaint
    assert asked[1].complaint in asked[1].system
    assert outcome.escalation is None


def test_a_figure_refused_twice_is_handed_over() -> None:
    outcome, asked = played(later("20 adults"), says("It is $999."))
    assert outcome.reply == (
        "Thank you! To get this exactly right, a person from our team will answer within 2 hours,"
        " by 4:00 PM."
    )
    assert outcome.escalation is not None
    assert (outcome.escalation.reason, outcome.escalation.priority) == (
        "validation_failure",
        "high",
    )
    assert "20 adults" in outcome.escalation.note
    assert "$999" in outcome.escalation.note
    assert len(outcome.refused) == len(asked) == 2


def test_silence_twice_is_handed_over() -> None:
    outcome, _ = played(snapshot("Hi"), says("  "))
    assert outcome.escalation is not None
    assert outcome.escalation.reason == "model_failure"
    assert "AI assistant" in outcome.reply
    assert count(outcome.reply).segments == 1


def test_what_was_learnt_and_done_survives_a_hand_over() -> None:
    outcome, _ = played(
        later("20 adults, and tell them we have a dog"),
        calls(
            ("calculate_party_quote", {"adults": 20}),
            ("take_message", {"text": "They have a dog."}),
        ),
        says("It is $999."),
    )
    assert outcome.facts.adults == 20
    assert outcome.quote is not None
    assert outcome.effects == (Effect("take_message", {"text": "They have a dog."}),)


# --- the current quote -----------------------------------------------------------------------

TWENTY = quoted({"adults": 20, "zip": "94539"})
KNOWN = Facts(adults=20, zip="94539")


def test_an_earlier_quote_may_be_told_again() -> None:
    outcome, _ = played(
        later("What was the total again?", facts=KNOWN, quote=TWENTY),
        says("Your total is $1,100.00."),
    )
    assert outcome.reply == "Your total is $1,100.00."
    assert outcome.quote == TWENTY


def test_an_earlier_quote_is_no_answer_for_another_party() -> None:
    outcome, _ = played(
        later("And for 25 people?", facts=KNOWN, quote=TWENTY),
        says("Your total is $1,100.00."),
        quote(adults=25, event_zipcode="94539"),
        says("For 25 adults your total is $1,375.00."),
    )
    assert outcome.reply == "For 25 adults your total is $1,375.00."
    assert len(outcome.refused) == 1
    assert outcome.quote is not None
    assert outcome.quote.party.adults == 25


def test_an_expired_quote_may_not_be_told() -> None:
    late = later(
        "What was the total again?",
        facts=KNOWN,
        quote=TWENTY,
        now=TWENTY.quote.valid_until + timedelta(days=1),
    )
    outcome, _ = played(late, says("Your total is $1,100.00."))
    assert outcome.escalation is not None


def test_facts_that_change_drop_the_quote_unless_it_is_made_again() -> None:
    outcome, _ = played(
        later("We are 21 now", facts=KNOWN, quote=TWENTY),
        says("Noted!", facts=KNOWN.learn(adults=21)),
    )
    assert outcome.quote is None
    assert outcome.facts.adults == 21


def test_facts_of_the_attendant_are_taken_as_they_are() -> None:
    facts = Facts(adults=20, event_date=date(2026, 12, 12), asked=("zip",))
    outcome, _ = played(later("20 adults"), says("And the ZIP?", facts=facts))
    assert outcome.facts == facts


def test_what_the_attendant_had_asked_is_forgotten_when_a_model_answers() -> None:
    outcome, _ = played(later("20", facts=Facts(asked=("adults",))), says("Thanks!"))
    assert outcome.facts == Facts()


# --- people ----------------------------------------------------------------------------------


def test_who_wants_a_person_gets_one_though_the_model_does_not_notice() -> None:
    outcome, _ = played(later("Your food made us sick"), says("Oh no, I am sorry."))
    assert outcome.escalation is not None
    assert (outcome.escalation.reason, outcome.escalation.priority) == ("illness", "urgent")
    assert outcome.escalation.note == "Your food made us sick"
    assert outcome.reply == (
        "Oh no, I am sorry. A person from our team will answer within 2 hours, by 4:00 PM."
    )


def test_every_unanswered_message_is_read() -> None:
    outcome, _ = played(later("I want a refund", "hello?"), says("Hello!"))
    assert outcome.escalation is not None
    assert outcome.escalation.reason == "refund"


def test_an_answered_message_is_not_read_again() -> None:
    history = (Said("customer", "I want a refund", NOW), Said("us", "A person will call.", NOW))
    outcome, _ = played(
        replace(snapshot("ok thanks"), history=(*history, Said("customer", "ok thanks", NOW))),
        says("You are welcome!"),
    )
    assert outcome.escalation is None


def test_a_transfer_asked_for_by_the_model_is_an_escalation() -> None:
    outcome, _ = played(
        later("hmm, not sure about this"),
        calls(("transfer_to_person", {"reason": "indoor"})),
        says("A person from our team will answer within 2 hours, by 4:00 PM."),
    )
    assert outcome.escalation is not None
    assert outcome.escalation.reason == "indoor"
    assert "not sure about this" in outcome.escalation.note


def test_a_transfer_for_a_reason_in_its_own_words_keeps_the_words() -> None:
    outcome, _ = played(
        later("hmm"),
        calls(("transfer_to_person", {"reason": "wants to hire us for a year"})),
        says("A person from our team will answer soon."),
    )
    assert outcome.escalation is not None
    assert outcome.escalation.reason == "asked_for_person"
    assert "wants to hire us for a year" in outcome.escalation.note


def test_a_message_is_taken_once_and_told_to_staff() -> None:
    outcome, _ = played(
        later("Please tell the chef that the gate code is 1234"),
        calls(("take_message", {"text": "The gate code is 1234."})),
        says("I have passed it on; someone from our team will get back to you."),
    )
    assert outcome.effects == (Effect("take_message", {"text": "The gate code is 1234."}),)
    assert outcome.escalation is not None
    assert (outcome.escalation.reason, outcome.escalation.priority) == ("message_taken", "medium")


@pytest.mark.parametrize(
    ("party", "reason"),
    [
        ({"adults": 45, "event_zipcode": "94539"}, "large_party"),
        ({"adults": 20, "event_zipcode": "94539", "event_date": "2026-11-21"}, "short_notice"),
        ({"adults": 20, "event_zipcode": "10001"}, "distance"),
        ({"adults": 20}, None),
        ({"adults": 20, "event_zipcode": "94110"}, None),
    ],
)
def test_a_quote_that_staff_must_see_reaches_them(
    party: dict[str, Any], reason: str | None
) -> None:
    outcome, _ = played(later("How much would it be?"), quote(**party), says("Here you go."))
    if reason is None:
        assert outcome.escalation is None
    else:
        assert outcome.escalation is not None
        assert (outcome.escalation.reason, outcome.escalation.priority) == (reason, "medium")
        assert f"{party['adults']} adults" in outcome.escalation.note
        assert "total $" in outcome.escalation.note


def test_what_adds_to_an_open_escalation_is_told_on_and_promises_no_new_time() -> None:
    outcome, _ = played(later("I want a refund", escalated=True), says("I understand."))
    assert outcome.escalation is not None
    assert (outcome.escalation.reason, outcome.escalation.note) == ("refund", "I want a refund")
    assert outcome.reply == "I understand. A person from our team will follow up with you."


def test_several_reasons_are_one_escalation_with_every_note() -> None:
    outcome, _ = played(
        later("Any discount for a corporate event?"),
        quote(adults=45, event_zipcode="94539"),
        calls(("transfer_to_person", {"reason": "discount"})),
        says("A person from our team will answer soon."),
    )
    assert outcome.escalation is not None
    assert "Any discount" in outcome.escalation.note
    assert "45 adults" in outcome.escalation.note


def test_the_same_message_three_times_is_a_misunderstanding() -> None:
    texts = [
        "What does your minimum mean?",
        "what does your minimum mean",
        "What does your MINIMUM mean??",
    ]
    outcome, _ = played(later(*texts), says("Our food minimum is $550."))
    assert outcome.escalation is not None
    assert outcome.escalation.reason == "repeated_misunderstanding"
    assert played(later("yes", "yes", "yes"), says("Great!"))[0].escalation is None


# --- first contact and history ---------------------------------------------------------------


def test_a_first_reply_says_that_an_ai_writes() -> None:
    outcome, _ = played(snapshot("Hi"), says("How many adults?"))
    assert outcome.reply == "This is My Hibachi Chef's AI assistant. How many adults?"


def test_history_becomes_chat_messages() -> None:
    history = (
        Said("customer", "Hi", NOW),
        Said("us", "Hello!", NOW),
        Said("staff", "Dana here.", NOW),
        Said("customer", "", NOW),
    )
    assert chat_messages(history) == (
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello!"},
        {"role": "assistant", "name": "staff", "content": "Dana here."},
        {"role": "user", "content": "(a message without words)"},
    )


def test_a_long_history_is_shown_from_its_end_and_a_long_message_from_its_beginning() -> None:
    messages = chat_messages([Said("customer", "x" * 100_000, NOW)] * 200)
    assert len(messages) == 30
    assert max(len(message["content"]) for message in messages) == 4000


# --- anything at all -------------------------------------------------------------------------

replies = st.one_of(
    st.text(max_size=60).map(says),
    st.sampled_from(["It is $999.", "Your total is $1,100.00.", "https://evil.com"]).map(says),
    st.integers(-5, 200).map(lambda adults: quote(adults=adults)),
    st.just(calls(("take_message", {"text": "hello"}), ("nothing", {}))),
)


@settings(max_examples=min(1000, settings.default.max_examples))
@given(st.lists(replies, min_size=1, max_size=8), st.text(max_size=80), st.booleans())
def test_whatever_a_model_does_a_turn_ends_with_words_that_may_leave(
    script: list[ModelReply], text: str, first: bool
) -> None:
    of = snapshot(text) if first else later(text)
    outcome, asked = played(of, *script)
    assert outcome.reply
    assert "$999" not in outcome.reply
    assert "evil" not in outcome.reply
    assert count(outcome.reply).segments <= 3
    assert len(asked) <= 8
    if len(outcome.refused) == 2:
        assert outcome.escalation is not None


def test_a_turn_may_be_dropped_at_any_question() -> None:
    turn = text_turn(later("20 adults"))
    assert isinstance(next(turn), AskModel)
    assert isinstance(turn.send(quote(adults=20)), RunTools)
    turn.close()
