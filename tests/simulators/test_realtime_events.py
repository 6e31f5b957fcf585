"""Events are held to the SDK's types, and to what the API asks for beyond them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulators.realtime_client import SESSION, text_item
from tests.simulators.realtime_events import (
    CLIENT_EVENTS,
    SERVER_EVENTS,
    Refused,
    client_event,
    server_event,
)


def refusal(event: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        client_event(event if isinstance(event, str) else json.dumps(event))
    return refused.value


def test_every_event_of_the_sdk_is_known_by_its_type() -> None:
    assert len(CLIENT_EVENTS) == 11
    assert len(SERVER_EVENTS) == 46
    assert SERVER_EVENTS["response.done"].__name__ == "ResponseDoneEvent"


def test_a_session_for_the_telephone_is_taken() -> None:
    tool = {"type": "function", "name": "end_call", "description": "x", "parameters": {}}
    session = {**SESSION, "tools": [tool], "tool_choice": "auto"}
    session["truncation"] = {"type": "retention_ratio", "retention_ratio": 0.8}
    event = {"type": "session.update", "session": session}
    assert client_event(json.dumps(event)) == event


@pytest.mark.parametrize(
    ("event", "code", "param"),
    [
        ("{", "invalid_json", None),
        ("[1]", "invalid_json", None),
        ("[" * 100_000, "invalid_json", None),
        ({"type": "session.delete"}, "invalid_value", "type"),
        ({"type": ["session.update"]}, "invalid_value", "type"),
        ({"type": "session.update"}, "missing_required_parameter", "session"),
        ({"type": "session.update", "session": {"voice": "x"}}, "missing_required_parameter",
         "session.type"),
        ({"type": "session.update", "session": {"type": "realtime", "modalities": ["audio"]}},
         "unknown_parameter", "session.modalities"),
        ({"type": "session.update", "session": {"type": "realtime", "tools": [
            {"type": "function", "name": "x", "strict": True}]}},
         "unknown_parameter", "session.tools[0].strict"),
        ({"type": "session.update", "session": {"type": "realtime",
          "output_modalities": ["text", "audio"]}}, "invalid_value", "output_modalities"),
        ({"type": "response.create", "response": {"metadata": {"tag": "x" * 513}}},
         "invalid_value", "response.metadata"),
        ({"type": "response.create", "response": {"metadata": {"tag": 1}}},
         "invalid_type", "response.metadata.tag"),
        ({"type": "conversation.item.create", "item": text_item("user", "x", id="i" * 33)},
         "string_above_max_length", "item.id"),
        ({"type": "conversation.item.create", "item": {"type": "message", "role": "assistant",
          "content": [{"type": "output_audio", "audio": "x"}]}},
         "invalid_value", "item.content[0].type"),
        ({"type": "conversation.item.truncate", "item_id": "i", "content_index": 0,
          "audio_end_ms": 1.5}, "invalid_type", "audio_end_ms"),
    ],
)  # fmt: skip
def test_what_the_server_would_not_take_is_refused(
    event: Any, code: str, param: str | None
) -> None:
    refused = refusal(event)
    assert (refused.code, refused.param) == (code, param)


def test_a_refusal_names_the_event_it_is_about() -> None:
    event = {"type": "session.update", "event_id": "ev_7", "session": {}}
    assert refusal(event).to_json()["event_id"] == "ev_7"


def test_a_server_event_that_no_server_would_send_is_not_made() -> None:
    with pytest.raises(ValueError, match="item_id"):
        server_event("response.output_audio.done", "event_1", response_id="resp_1")
    ids = {"response_id": "r", "item_id": "i", "output_index": 0, "content_index": 0}
    with pytest.raises(ValueError, match="audio_ms"):
        server_event("response.output_audio.done", "event_1", **ids, audio_ms=3)
    made = json.loads(server_event("response.output_audio.done", "event_1", **ids))
    assert made == {"type": "response.output_audio.done", "event_id": "event_1", **ids}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "item", "session", "role", "content", "metadata", "response"]),
            inner | st.sampled_from([*CLIENT_EVENTS, "message", "user", "realtime"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.text() | json_values.map(json.dumps))
def test_nonsense_is_refused_or_taken_and_nothing_else_happens(data: str) -> None:
    try:
        event = client_event(data)
    except Refused:
        return
    assert event["type"] in CLIENT_EVENTS
