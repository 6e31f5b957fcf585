"""A call is summed up by what was done and said on it, and by nothing else."""

from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.call.summary import CallOutcome, Summary, summarise
from pipeline.call.turns import Turn
from pipeline.ids import ItemId
from pipeline.inquiry.facts import Facts
from pipeline.inquiry.tools import CALL_TOOLS, TOOLS
from pipeline.inquiry.vocabulary import KnownQuote
from tests.pipeline.inquiry.parties import BUSINESS, quoted

QUOTE = quoted({"adults": 20, "children": 5, "zip": "95125", "event_date": "2026-12-12"})
GREETING = Turn(ItemId("greeting"), 0, "attendant", "Thank you for calling.", 0, 1500)


def caller(text: str, position: int = 1) -> Turn:
    return Turn(ItemId(f"item_{position}"), position, "caller", text, 2000 * position)


def summed(
    *turns: Turn,
    used: Collection[str] = (),
    quote: KnownQuote | None = None,
    facts: Facts | None = None,
    lost: bool = False,
) -> Summary:
    return summarise(BUSINESS, facts or Facts(), quote, used, turns, lost=lost)


def test_a_quoted_call_says_the_party_and_the_exact_total() -> None:
    found = summed(GREETING, caller("how much?"), used=["calculate_party_quote"], quote=QUOTE)
    assert found == Summary(
        CallOutcome.QUOTED,
        "20 adults and 5 children, ZIP 95125, Sat Dec 12, 2026 quoted at $1,250.00.",
    )


def test_all_that_was_done_is_said_and_the_weightiest_counts() -> None:
    used = ["calculate_party_quote", "send_text_message", "transfer_to_person"]
    found = summed(GREETING, caller("how much?"), used=used, quote=QUOTE)
    assert found.outcome is CallOutcome.PERSON_WANTED
    assert found.text.endswith(
        "$1,250.00. The quote was texted to them and a person is to call back."
    )
    without = summed(caller("how much?"), used=used[:2], quote=QUOTE)
    assert without.outcome is CallOutcome.TEXTED
    assert without.text.endswith("The quote was texted to them.")


def test_travel_that_is_not_known_is_said_to_be_open() -> None:
    found = summed(used=["calculate_party_quote"], quote=quoted({"adults": 12}))
    assert found.text == "12 adults quoted at $660.00, travel to be confirmed."


def test_a_quote_of_an_earlier_day_is_not_this_calls() -> None:
    found = summed(GREETING, caller("When are you open?"), used=["search_knowledge"], quote=QUOTE)
    assert found == Summary(CallOutcome.ANSWERED, 'The caller said: "When are you open?"')


def test_a_message_is_told_with_what_the_caller_said_first() -> None:
    found = summed(caller("Tell Ann\nI called."), caller("bye", 2), used=["take_message"])
    assert found == Summary(
        CallOutcome.MESSAGE_TAKEN, 'The caller said: "Tell Ann I called." A message was taken.'
    )


def test_a_call_that_broke_off_is_lost_whatever_was_done() -> None:
    found = summed(caller("hello?"), used=["calculate_party_quote"], quote=QUOTE, lost=True)
    assert found.outcome is CallOutcome.LOST
    assert found.text.endswith("$1,250.00. The call broke off.")


@pytest.mark.parametrize(
    ("turns", "used", "outcome", "text"),
    [
        ((), (), "abandoned", "They rang My Hibachi Chef and said nothing."),
        ((GREETING,), (), "abandoned", "They rang My Hibachi Chef and said nothing."),
        ((caller(""),), (), "answered", "The caller spoke, but could not be made out."),
        (
            (caller("(The caller pressed 1 on the keypad.)"),),
            (),
            "answered",
            "The caller used the keys of the phone.",
        ),
        ((), ("end_call",), "answered", "The caller used the keys of the phone."),
        (
            (),
            ("calculate_travel_fee",),
            "answered",
            "The caller used the keys of the phone; known is 20 adults, ZIP 94110.",
        ),
    ],
)
def test_a_call_without_words(
    turns: tuple[Turn, ...], used: tuple[str, ...], outcome: str, text: str
) -> None:
    facts = Facts(adults=20, zip="94110") if "calculate_travel_fee" in used else Facts()
    found = summed(*turns, used=used, facts=facts)
    assert (found.outcome, found.text) == (outcome, text)


@given(
    st.lists(st.text(max_size=400), max_size=3),
    st.sets(st.sampled_from([*TOOLS, *CALL_TOOLS])),
    st.sampled_from([None, QUOTE]),
    st.booleans(),
)
def test_any_call_is_summed_up_in_a_few_sentences(
    said: list[str], used: set[str], quote: KnownQuote | None, lost: bool
) -> None:
    turns = [caller(text, place) for place, text in enumerate(said)]
    found = summed(*turns, used=used, quote=quote, lost=lost)
    assert 1 <= len(found.text) < 400
    assert found.outcome in set(CallOutcome)
    assert "\n" not in found.text
