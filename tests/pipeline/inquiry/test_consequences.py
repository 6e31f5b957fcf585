"""What a tool entails: people who are asked for, things done once."""

from typing import Any

import pytest

from pipeline.inquiry.consequences import effects, escalation, escalations, gathered
from pipeline.inquiry.escalation import Reason
from pipeline.inquiry.tools import run
from pipeline.inquiry.vocabulary import Effect, Escalation, ToolCall, ToolResult
from tests.pipeline.inquiry.parties import BUSINESS, NOW, QUOTE_ID


def ran(name: str, **arguments: Any) -> ToolResult:
    return run(BUSINESS, ToolCall("call_1", name, arguments), NOW, QUOTE_ID, on_call=True)


def reasons(result: ToolResult, said: str = "") -> list[tuple[str, str]]:
    return [(each.reason, each.priority) for each in escalations(result, said)]


def test_a_message_is_an_effect_and_wants_a_person() -> None:
    taken = ran("take_message", text="  Bring the big grill. ")
    assert effects(taken) == (Effect("take_message", {"text": "Bring the big grill."}),)
    assert escalations(taken, "") == (
        Escalation("message_taken", "medium", "Bring the big grill."),
    )


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("refund", ("refund", "high")),
        ("illness", ("illness", "urgent")),
        ("they sound cross", ("asked_for_person", "high")),
    ],
)
def test_a_transfer_wants_a_person_for_the_reason_given(
    reason: str, expected: tuple[str, str]
) -> None:
    transfer = ran("transfer_to_person", reason=reason)
    assert reasons(transfer) == [expected]
    [told] = escalations(transfer, "I want somebody real.")
    assert told.note == f"I want somebody real.\n({reason})"
    assert effects(transfer) == ()


@pytest.mark.parametrize(
    ("party", "expected"),
    [
        ({"adults": 20, "event_zipcode": "94539"}, []),
        ({"adults": 20}, []),
        ({"adults": 20, "event_zipcode": "10001"}, [("distance", "medium")]),
        ({"adults": 40, "event_zipcode": "94539"}, [("large_party", "medium")]),
        ({"adults": 20, "event_date": "2026-11-21"}, [("short_notice", "medium")]),
    ],
)
def test_a_quote_is_shown_to_a_person_where_the_rules_say_so(
    party: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert reasons(ran("calculate_party_quote", **party)) == expected


def test_the_note_of_a_quote_says_the_party_and_the_total() -> None:
    [told] = escalations(ran("calculate_party_quote", adults=40, event_zipcode="94539"), "")
    assert told.note == (
        "large_party: 40 adults, 0 children, 0 toddlers, ZIP 94539, no date: total $2,200.00"
    )


def test_what_failed_and_what_only_looks_entail_nothing() -> None:
    for result in (
        ran("take_message", text=""),
        ran("transfer_to_person", reason=3),
        ran("calculate_party_quote", adults=0),
        ran("search_knowledge", query="rain"),
        ran("send_text_message", kind="quote"),
        ran("end_call"),
    ):
        assert escalations(result, "refund") == ()
        assert effects(result) == ()


def test_the_most_pressing_is_told_with_the_notes_of_the_others() -> None:
    found = gathered(
        [
            escalation(Reason.MESSAGE_TAKEN, "call me"),
            escalation(Reason.ILLNESS, "my aunt is ill"),
            escalation(Reason.MESSAGE_TAKEN, "call me"),
        ]
    )
    assert found == Escalation("illness", "urgent", "my aunt is ill\ncall me")
    assert gathered([]) is None
