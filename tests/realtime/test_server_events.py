"""Each event a realtime server sends, as OpenAI's types make it, is the fact it is about."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ProtocolError
from pipeline.events import (
    CallerSaid,
    CallerTurnEnded,
    ModelAudio,
    ModelAudioDone,
    ModelGone,
    ModelReady,
    ModelSaid,
    ModelSaying,
    ModelTroubled,
    ResponseDone,
    ResponseStarted,
    SpeechStarted,
    SpeechStopped,
    ToolCalled,
)
from pipeline.inquiry.vocabulary import INVALID_ARGUMENTS
from realtime import server_events
from realtime.protocol import RealtimeProtocol
from realtime.settings import SessionSettings
from tests.realtime.openai_events import server_event

SETTINGS = SessionSettings("gpt-realtime-2.1", "Be brief.", "marin")
OUTPUT = {"response_id": "resp_1", "item_id": "item_1", "output_index": 0, "content_index": 0}
USAGE = {
    "total_tokens": 821,
    "input_tokens": 789,
    "output_tokens": 32,
    "input_token_details": {
        "text_tokens": 313,
        "audio_tokens": 476,
        "cached_tokens": 640,
        "cached_tokens_details": {"text_tokens": 256, "audio_tokens": 384},
    },
    "output_token_details": {"text_tokens": 9, "audio_tokens": 23},
}


def facts(data: str | bytes) -> tuple[Any, ...]:
    return tuple(RealtimeProtocol(SETTINGS).receive(data, 0.0))


def response(**fields: Any) -> dict[str, Any]:
    return {"id": "resp_1", "object": "realtime.response", "output": [], **fields}


def function_call(**fields: Any) -> bytes:
    item = {
        "id": "item_2",
        "object": "realtime.item",
        "type": "function_call",
        "status": "completed",
        "call_id": "call_1",
        "name": "calculate_party_quote",
        "arguments": '{"adults":20}',
        **fields,
    }
    return server_event(
        "response.output_item.done", response_id="resp_1", output_index=0, item=item
    )


def test_the_session_is_ready_once() -> None:
    updated = server_event("session.updated", session={"type": "realtime"})
    protocol = RealtimeProtocol(SETTINGS)
    assert list(protocol.receive(updated, 0.0)) == [ModelReady()]
    assert list(protocol.receive(updated, 1.0)) == []


def test_audio_is_bytes_of_its_item() -> None:
    sound = bytes(range(256))
    event = server_event(
        "response.output_audio.delta", delta=base64.b64encode(sound).decode(), **OUTPUT
    )
    assert facts(event) == (ModelAudio("resp_1", "item_1", sound),)
    assert facts(event.decode()) == (ModelAudio("resp_1", "item_1", sound),)


def test_no_audio_at_all_is_no_fact() -> None:
    assert facts(server_event("response.output_audio.delta", delta="", **OUTPUT)) == ()


def test_the_end_of_an_items_audio_and_its_words() -> None:
    assert facts(server_event("response.output_audio.done", **OUTPUT)) == (
        ModelAudioDone("resp_1", "item_1"),
    )
    done = server_event("response.output_audio_transcript.done", transcript=" Hello. ", **OUTPUT)
    assert facts(done) == (ModelSaid("item_1", "Hello."),)


def test_the_callers_speech_begins_stops_and_is_a_turn() -> None:
    started = server_event(
        "input_audio_buffer.speech_started", audio_start_ms=1200, item_id="item_3"
    )
    stopped = server_event("input_audio_buffer.speech_stopped", audio_end_ms=2400, item_id="item_3")
    committed = server_event(
        "input_audio_buffer.committed", item_id="item_3", previous_item_id=None
    )
    assert [fact for event in (started, stopped, committed) for fact in facts(event)] == [
        SpeechStarted("item_3", 1200),
        SpeechStopped("item_3", 2400),
        CallerTurnEnded("item_3"),
    ]


def test_the_callers_words_come_or_could_not_be_made_out() -> None:
    kind = "conversation.item.input_audio_transcription"
    usage = {"type": "duration", "seconds": 2}
    completed = server_event(
        f"{kind}.completed",
        item_id="item_3",
        content_index=0,
        transcript="For\x00 twenty.\n",
        usage=usage,
    )
    failed = server_event(f"{kind}.failed", item_id="item_3", content_index=0, error={})
    assert facts(completed) == (CallerSaid("item_3", "For\ufffd twenty."),)
    assert facts(failed) == (CallerSaid("item_3", ""),)


@pytest.mark.parametrize(
    ("metadata", "tag"), [({"tag": "greeting"}, "greeting"), ({}, ""), (None, "")]
)
def test_a_response_starts_with_the_tag_it_was_asked_with(metadata, tag: str) -> None:
    event = server_event("response.created", response=response(metadata=metadata))
    assert facts(event) == (ResponseStarted("resp_1", tag),)


def test_a_complete_tool_call_is_a_fact() -> None:
    (fact,) = facts(function_call())
    assert isinstance(fact, ToolCalled)
    assert (fact.response_id, fact.call.call_id) == ("resp_1", "call_1")
    assert (fact.call.name, fact.call.arguments) == ("calculate_party_quote", {"adults": 20})


def test_an_interrupted_tool_call_is_none() -> None:
    assert facts(function_call(status="incomplete", arguments='{"adu')) == ()


def test_arguments_that_are_no_object_are_kept_as_they_came() -> None:
    (fact,) = facts(function_call(arguments="twenty"))
    assert fact.call.arguments == {INVALID_ARGUMENTS: "twenty"}


def test_a_message_that_is_done_is_no_tool_call() -> None:
    item = {"id": "item_2", "type": "message", "role": "assistant", "content": []}
    event = server_event(
        "response.output_item.done", response_id="resp_1", output_index=0, item=item
    )
    assert facts(event) == ()


def test_a_response_ends_with_its_tokens_by_kind_and_cached_ones_apart() -> None:
    event = server_event("response.done", response=response(status="completed", usage=USAGE))
    tokens = {
        "input_text": 57,
        "input_audio": 92,
        "cached_text": 256,
        "cached_audio": 384,
        "output_text": 9,
        "output_audio": 23,
    }
    assert facts(event) == (ResponseDone("resp_1", "completed", "", tokens),)
    assert sum(tokens.values()) == USAGE["total_tokens"]


def test_tokens_without_details_are_text() -> None:
    usage = {"input_tokens": 10, "output_tokens": 3}
    (done,) = facts(
        server_event("response.done", response=response(status="completed", usage=usage))
    )
    assert {kind: count for kind, count in done.usage.items() if count} == {
        "input_text": 10,
        "output_text": 3,
    }


@pytest.mark.parametrize(
    ("status", "details", "reason"),
    [
        ("completed", None, ""),
        ("cancelled", {"type": "cancelled", "reason": "client_cancelled"}, "client_cancelled"),
        ("cancelled", {"type": "cancelled", "reason": "turn_detected"}, "turn_detected"),
        ("incomplete", {"type": "incomplete", "reason": "content_filter"}, "content_filter"),
        ("failed", {"type": "failed", "error": {"type": "server_error"}}, "server_error"),
        (
            "failed",
            {"type": "failed", "error": {"type": "x", "code": "rate_limit_exceeded"}},
            "rate_limit_exceeded",
        ),
    ],
)
def test_a_response_ends_as_it_ended(status: str, details, reason: str) -> None:
    event = server_event("response.done", response=response(status=status, status_details=details))
    assert facts(event) == (ResponseDone("resp_1", status, reason, {}),)


def test_a_status_nobody_knows_is_a_failure() -> None:
    event = {"type": "response.done", "response": {"id": "resp_1", "status": "evaporated"}}
    assert facts(json.dumps(event)) == (ResponseDone("resp_1", "failed"),)


def test_a_response_that_failed_for_want_of_credit_is_the_last() -> None:
    details = {"type": "failed", "error": {"type": "x", "code": "insufficient_quota"}}
    event = server_event(
        "response.done", response=response(status="failed", status_details=details)
    )
    assert facts(event) == (
        ResponseDone("resp_1", "failed", "insufficient_quota", {}),
        ModelGone("insufficient_quota"),
    )


def ready_and_told(**error: Any) -> list[Any]:
    protocol = RealtimeProtocol(SETTINGS)
    protocol.receive(server_event("session.updated", session={"type": "realtime"}), 0.0)
    error = {"message": "no", "type": "invalid_request_error", **error}
    return list(protocol.receive(server_event("error", error=error), 0.0))


@pytest.mark.parametrize(
    "code",
    [
        "conversation_already_has_active_response",
        "response_cancel_not_active",
        "input_audio_buffer_commit_empty",
        "invalid_value",
        "item_truncate_invalid_item_id",
        "rate_limit_exceeded",
    ],
)
def test_most_complaints_are_survived(code: str) -> None:
    assert ready_and_told(code=code) == [ModelTroubled(code)]


@pytest.mark.parametrize("code", sorted(server_events.FATAL))
def test_some_complaints_are_the_end(code: str) -> None:
    assert ready_and_told(code=code) == [ModelGone(code)]


def test_a_complaint_without_a_code_goes_by_its_type_and_is_short_and_plain() -> None:
    assert ready_and_told(type="server_error") == [ModelTroubled("server_error")]
    (fact,) = ready_and_told(code="a\x00b c" * 40)
    assert fact.code == ("a_b_c" * 40)[:60]
    assert facts('{"type":"error"}')[-1] == ModelTroubled("session_refused")


@pytest.mark.parametrize(
    "data",
    [
        server_event("session.created", session={"type": "realtime"}),
        server_event("rate_limits.updated", rate_limits=[]),
        server_event("response.function_call_arguments.done", arguments="{}", call_id="c", name="n",
                     response_id="r", item_id="i", output_index=0),
        b'{"type":"from.the.future","item_id":{"a":1},"delta":[1],"response":7}',
    ],
)  # fmt: skip
def test_an_event_that_we_have_no_use_for_is_no_fact_whatever_its_fields(data: bytes) -> None:
    assert facts(data) == ()


DELTA = '{"type":"response.output_audio.delta","response_id":"r",'
SPEECH = '{"type":"input_audio_buffer.speech_started",'
COMMITTED = '{"type":"input_audio_buffer.committed"'


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"\xff\xfe", "not_json"),
        ("\ud800", "not_json"),
        ('{"type":"x","a":' + "[" * 100_000, "not_json"),
        (SPEECH + '"item_id":null,"delta":NaN}', "not_json"),
        (b"[]", "bad_shape"),
        (b"{}", "bad_shape"),
        (b'{"type":7}', "bad_shape"),
        (b'{"type":"response.created"}', "bad_shape"),
        (b'{"type":"response.created","response":{"id":""}}', "bad_shape"),
        (b'{"type":"response.done","response":"r"}', "bad_shape"),
        (COMMITTED + "}", "bad_shape"),
        (COMMITTED + ',"item_id":"a\\u0000"}', "bad_shape"),
        (SPEECH + '"item_id":"i","audio_start_ms":-1}', "bad_shape"),
        (SPEECH + '"item_id":"i","audio_start_ms":1e99}', "bad_shape"),
        (DELTA + '"item_id":"i","delta":7}', "bad_shape"),
        (DELTA + '"delta":"AAAA"}', "bad_shape"),
        (DELTA + '"item_id":"i","delta":"A"}', "bad_base64"),
        (DELTA + '"item_id":"i","delta":"AA AA"}', "bad_base64"),
        (DELTA + '"item_id":"i","delta":"AA==AA=="}', "bad_base64"),
        (DELTA + '"item_id":"i","delta":"\u00e9AAA"}', "bad_base64"),
    ],
)
def test_nonsense_is_named_and_the_next_event_is_read(data: str | bytes, reason: str) -> None:
    protocol = RealtimeProtocol(SETTINGS)
    with pytest.raises(ProtocolError) as refused:
        protocol.receive(data, 0.0)
    assert str(refused.value) == reason
    updated = server_event("session.updated", session={"type": "realtime"})
    assert list(protocol.receive(updated, 0.0)) == [ModelReady()]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
KNOWN = st.sampled_from([*sorted(server_events._USEFUL), "session.created"])
FIELDS = st.sampled_from(
    ["item_id", "response_id", "delta", "transcript", "audio_start_ms", "item", "response", "error"]
)


def complaint(data: str | bytes) -> str:
    """Why it could not be read; '' when it could."""
    try:
        facts(data)
    except ProtocolError as refused:
        return str(refused)
    return ""


REASONS = {"", "not_json", "bad_shape", "bad_base64"}


@given(st.binary() | st.text())
def test_any_bytes_are_facts_or_nonsense(data: str | bytes) -> None:
    assert complaint(data) in REASONS


@given(KNOWN, st.dictionaries(FIELDS, VALUES))
def test_any_fields_are_facts_or_nonsense(kind: str, fields: dict[str, Any]) -> None:
    assert complaint(json.dumps({"type": kind, **fields})) in REASONS


def test_words_come_in_pieces() -> None:
    event = server_event("response.output_audio_transcript.delta", delta="Your to", **OUTPUT)
    assert facts(event) == (ModelSaying("item_1", "Your to"),)
