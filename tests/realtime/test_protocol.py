"""Orders become events that OpenAI's types allow, and only ones the server can carry out."""

import base64
import json
from typing import Any

import pytest

from pipeline.call.turns import Turn
from pipeline.events import (
    AnswerTool,
    CallerSaid,
    CallerTurnEnded,
    CancelResponse,
    HangUp,
    Hear,
    ModelGone,
    ModelReady,
    ModelTroubled,
    Order,
    Play,
    Press,
    Respond,
    Say,
    Tell,
    Truncate,
)
from realtime.keys import PAUSE_SECONDS
from realtime.protocol import RealtimeProtocol
from realtime.settings import SessionSettings
from tests.realtime.openai_events import client_event, server_event

SETTINGS = SessionSettings("gpt-realtime-2.1", "Be brief.", "marin")
READY = server_event("session.updated", session={"type": "realtime"})


def opened(*history: Turn) -> RealtimeProtocol:
    """A session that stands, with nothing left to send."""
    protocol = RealtimeProtocol(SETTINGS, history)
    protocol.data_to_send()
    protocol.receive(READY, 0.0)
    return protocol


def sent(protocol: RealtimeProtocol) -> list[dict[str, Any]]:
    waiting = protocol.data_to_send()
    for each in waiting:
        client_event(each)
    return [json.loads(each) for each in waiting]


def obeyed(*orders: Order, now: float = 0.0) -> list[dict[str, Any]]:
    protocol = opened()
    for order in orders:
        protocol.obey(order, now)
    return sent(protocol)


def audio(item_id: str, ms: int) -> bytes:
    return server_event(
        "response.output_audio.delta",
        response_id="resp_1",
        item_id=item_id,
        output_index=0,
        content_index=0,
        delta=base64.b64encode(b"\xff" * 8 * ms).decode(),
    )


def test_the_first_thing_it_says_is_what_session_it_wants() -> None:
    protocol = RealtimeProtocol(SETTINGS)
    (first,) = sent(protocol)
    assert first["type"] == "session.update"
    assert first["session"] == SETTINGS.payload()
    assert protocol.data_to_send() == []
    assert list(protocol.receive(READY, 0.0)) == [ModelReady()]


def test_what_was_said_before_follows_the_session_as_it_was_heard() -> None:
    history = (
        Turn("a", 0, "attendant", "Hello.", 0),
        Turn("b", 1, "caller", "For twenty.", 10),
        Turn("c", 2, "model", "That comes", 20, 900, interrupted=True),
        Turn("d", 3, "caller", "", 30),
    )
    events = sent(RealtimeProtocol(SETTINGS, history))
    assert [event["type"] for event in events] == [
        "session.update",
        *["conversation.item.create"] * 3,
    ]
    assert [(event["item"]["role"], event["item"]["content"]) for event in events[1:]] == [
        ("assistant", [{"type": "output_text", "text": "Hello."}]),
        ("user", [{"type": "input_text", "text": "For twenty."}]),
        ("assistant", [{"type": "output_text", "text": "That comes"}]),
    ]


def test_what_the_caller_says_is_passed_on_as_it_came() -> None:
    payload = base64.b64encode(bytes(range(160))).decode()
    assert obeyed(Hear(payload)) == [{"type": "input_audio_buffer.append", "audio": payload}]


def test_a_response_carries_its_tag_and_has_the_sessions_instructions_and_tools() -> None:
    assert obeyed(Respond("turn-3")) == [
        {"type": "response.create", "response": {"metadata": {"tag": "turn-3"}}}
    ]


def test_a_response_may_have_instructions_of_its_own_and_no_tools() -> None:
    ((event),) = obeyed(Respond("greeting", 'Say exactly: "Hello."', tools=False))
    assert event["response"] == {
        "metadata": {"tag": "greeting"},
        "instructions": 'Say exactly: "Hello."',
        "tools": [],
        "tool_choice": "none",
    }


def test_a_response_is_cancelled_by_its_id() -> None:
    assert obeyed(CancelResponse("resp_1")) == [
        {"type": "response.cancel", "response_id": "resp_1"}
    ]


def test_an_item_is_truncated_at_what_was_heard() -> None:
    protocol = opened()
    protocol.receive(audio("item_1", 300), 0.0)
    protocol.receive(audio("item_1", 200), 0.0)
    protocol.obey(Truncate("item_1", 420), 1.0)
    assert sent(protocol) == [
        {
            "type": "conversation.item.truncate",
            "item_id": "item_1",
            "content_index": 0,
            "audio_end_ms": 420,
        }
    ]


@pytest.mark.parametrize(("heard_ms", "end_ms"), [(500, 500), (501, 500), (9999, 500), (-3, 0)])
def test_an_item_is_never_truncated_beyond_what_the_server_sent(heard_ms: int, end_ms: int) -> None:
    protocol = opened()
    protocol.receive(audio("item_1", 500), 0.0)
    protocol.obey(Truncate("item_1", heard_ms), 1.0)
    assert [event["audio_end_ms"] for event in sent(protocol)] == [end_ms]


def test_an_item_that_is_not_the_servers_is_not_truncated() -> None:
    protocol = opened()
    protocol.receive(audio("item_1", 500), 0.0)
    protocol.obey(Truncate("attendant-1", 100), 1.0)
    assert sent(protocol) == []


def test_a_tool_is_answered_under_its_calls_id() -> None:
    (event,) = obeyed(AnswerTool("call_1", {"total": 1250.0, "travel_fee": None}))
    assert (event["item"]["type"], event["item"]["call_id"]) == ("function_call_output", "call_1")
    assert json.loads(event["item"]["output"]) == {"total": 1250.0, "travel_fee": None}


@pytest.mark.parametrize(
    ("role", "kind"),
    [("user", "input_text"), ("system", "input_text"), ("assistant", "output_text")],
)
def test_words_are_put_into_the_conversation_without_asking_for_an_answer(role, kind) -> None:
    (event,) = obeyed(Tell(role, 'He said "no" \u2013 \u00e9'))
    assert event["item"]["role"] == role
    assert event["item"]["content"] == [{"type": kind, "text": 'He said "no" \u2013 \u00e9'}]


@pytest.mark.parametrize("order", [Play(b"x"), Say("a-1", "Hello."), HangUp("over")])
def test_what_is_another_ends_order_is_left_to_it(order: Order) -> None:
    assert obeyed(order) == []


def test_keys_are_a_turn_of_the_callers_after_a_pause() -> None:
    protocol = opened()
    for place, digit in enumerate("95125"):
        protocol.obey(Press(digit), 50.0 + place / 4)
    assert protocol.deadline() == 51.0 + PAUSE_SECONDS
    assert list(protocol.expire(52.4)) == []
    assert sent(protocol) == []
    ended, said = protocol.expire(52.5)
    text = "(The caller pressed 95125 on the keypad.)"
    assert ended == CallerTurnEnded("keys-52500")
    assert said == CallerSaid("keys-52500", text)
    (event,) = sent(protocol)
    assert event["item"] == {
        "type": "message",
        "role": "user",
        "id": "keys-52500",
        "content": [{"type": "input_text", "text": text}],
    }
    assert protocol.deadline() is None


def test_a_hash_is_due_at_once_and_nothing_is_due_without_keys() -> None:
    protocol = opened()
    assert protocol.deadline() is None
    for digit in "20#":
        protocol.obey(Press(digit), 50.0)
    assert protocol.deadline() == 50.0
    assert [fact.text for fact in protocol.expire(50.0) if isinstance(fact, CallerSaid)] == [
        "(The caller pressed 20 on the keypad.)"
    ]


def refusal(event_id: str | None, kind: str = "invalid_request_error") -> bytes:
    error = {"message": "no", "type": kind, "code": "invalid_value", "event_id": event_id}
    return server_event("error", error=error)


@pytest.mark.parametrize("about", ["session-1", None])
def test_a_session_that_is_refused_is_asked_for_once_more_without_comforts(about) -> None:
    protocol = RealtimeProtocol(SETTINGS)
    (first,) = sent(protocol)
    assert first["event_id"] == "session-1"
    assert list(protocol.receive(refusal(about), 0.0)) == [ModelTroubled("session_refused")]
    (second,) = sent(protocol)
    assert (second["event_id"], second["session"]) == ("session-2", SETTINGS.plain_payload())
    assert list(protocol.receive(READY, 0.0)) == [ModelReady()]


def test_a_session_that_is_refused_twice_is_the_end() -> None:
    protocol = RealtimeProtocol(SETTINGS)
    protocol.receive(refusal("session-1"), 0.0)
    sent(protocol)
    assert list(protocol.receive(refusal("session-2"), 0.0)) == [
        ModelTroubled("invalid_value"),
        ModelGone("session_refused"),
    ]
    assert sent(protocol) == []


@pytest.mark.parametrize(
    "complaint", [refusal("ours-7"), refusal(None, kind="server_error"), refusal("session-2")]
)
def test_a_complaint_about_something_else_leaves_the_session_as_it_was_asked_for(
    complaint: bytes,
) -> None:
    protocol = RealtimeProtocol(SETTINGS)
    sent(protocol)
    assert list(protocol.receive(complaint, 0.0)) == [ModelTroubled("invalid_value")]
    assert sent(protocol) == []


def test_a_session_that_stands_is_not_asked_for_again() -> None:
    protocol = opened()
    assert list(protocol.receive(refusal("session-1"), 0.0)) == [ModelTroubled("invalid_value")]
    assert sent(protocol) == []
