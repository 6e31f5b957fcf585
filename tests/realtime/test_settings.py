"""The session that is asked for is one that OpenAI's types allow, and its cost is arithmetic."""

import json

import pytest
from openai.types.realtime import RealtimeSessionCreateRequest

from pipeline.inquiry.tools import specs
from realtime.settings import KINDS, PRICES, SessionSettings, cost_micros
from tests.pipeline.inquiry.parties import BUSINESS
from tests.realtime.openai_events import client_event

TOOLS = specs(BUSINESS, "phone")
SETTINGS = SessionSettings("gpt-realtime-2.1", "Be brief.", "marin", TOOLS, keywords=("hibachi",))


def session(payload: dict[str, object]) -> RealtimeSessionCreateRequest:
    event = client_event(json.dumps({"type": "session.update", "session": payload}))
    assert isinstance(event.session, RealtimeSessionCreateRequest)
    return event.session


def test_audio_is_mulaw_both_ways_and_the_answer_is_spoken() -> None:
    asked = session(SETTINGS.payload())
    assert (asked.model, asked.output_modalities) == ("gpt-realtime-2.1", ["audio"])
    assert asked.audio.input.format.type == asked.audio.output.format.type == "audio/pcmu"
    assert asked.audio.output.voice == "marin"
    assert asked.audio.input.noise_reduction.type == "near_field"


@pytest.mark.parametrize("payload", [SETTINGS.payload(), SETTINGS.plain_payload()])
def test_the_server_neither_answers_nor_falls_silent_by_itself(payload) -> None:
    turns = session(payload).audio.input.turn_detection
    assert (turns.type, turns.eagerness) == ("semantic_vad", "auto")
    assert (turns.create_response, turns.interrupt_response) == (False, False)


@pytest.mark.parametrize("payload", [SETTINGS.payload(), SETTINGS.plain_payload()])
def test_tools_are_realtime_tools_by_name_and_are_not_strict(payload) -> None:
    session(payload)
    names = [tool["function"]["name"] for tool in TOOLS]
    assert [tool["name"] for tool in payload["tools"]] == names
    assert {frozenset(tool) for tool in payload["tools"]} == {
        frozenset({"type", "name", "description", "parameters"})
    }
    assert any("strict" in tool["function"] for tool in TOOLS)
    assert payload["tool_choice"] == "auto"


def test_the_transcription_is_told_what_words_to_expect() -> None:
    asked = session(SETTINGS.payload()).audio.input.transcription
    assert (asked.model, asked.language) == ("gpt-transcribe", "en")
    assert asked.keywords == ["hibachi"]
    bare = session(SessionSettings("m", "i", "marin").payload()).audio.input.transcription
    assert bare.keywords is None


def test_a_plain_session_is_the_whole_one_without_its_comforts() -> None:
    plain, whole = SETTINGS.plain_payload(), SETTINGS.payload()
    assert whole.pop("truncation") == {"type": "retention_ratio", "retention_ratio": 0.8}
    assert set(whole["audio"]["input"]) - set(plain["audio"]["input"]) == {
        "noise_reduction",
        "transcription",
    }
    for comfort in ("noise_reduction", "transcription"):
        del whole["audio"]["input"][comfort]
    assert plain == whole


def test_a_million_tokens_of_each_kind_cost_the_published_price() -> None:
    dollars = {kind: cost_micros("gpt-realtime-2.1", {kind: 1_000_000}) / 1e6 for kind in KINDS}
    assert dollars == {
        "input_text": 4.0,
        "input_audio": 32.0,
        "cached_text": 0.4,
        "cached_audio": 0.4,
        "output_text": 24.0,
        "output_audio": 64.0,
    }
    assert cost_micros("gpt-realtime-2.1-mini", {"output_audio": 1_000_000}) == 20_000_000


def test_a_short_call_costs_the_sum_of_its_tokens_to_the_nearest_millionth() -> None:
    usage = {"input_text": 1500, "input_audio": 200, "cached_text": 1001, "output_audio": 300}
    assert cost_micros("gpt-realtime-2.1", usage) == 6000 + 6400 + 400 + 19200
    assert cost_micros("gpt-realtime-2.1", {"cached_text": 1}) == 0
    assert cost_micros("gpt-realtime-2.1", {"cached_text": 2}) == 1
    assert cost_micros("gpt-realtime-2.1", {}) == 0


def test_a_model_without_published_prices_costs_nobody_knows_what() -> None:
    assert cost_micros("llama-speaks", {"input_text": 5}) is None


def test_every_price_list_has_every_kind_and_cached_is_never_dearer() -> None:
    for cents in PRICES.values():
        assert set(cents) == set(KINDS)
        assert cents["cached_text"] < cents["input_text"]
        assert cents["cached_audio"] < cents["input_audio"]
