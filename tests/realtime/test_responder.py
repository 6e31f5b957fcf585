"""The responder asks one model, then the next, and makes something of any answer or none."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from pipeline.errors import ModelFailed
from pipeline.inquiry.facts import Facts
from pipeline.inquiry.turn import AskModel, Said, Snapshot
from pipeline.inquiry.vocabulary import INVALID_ARGUMENTS
from realtime.responder import REST_S, Endpoint, Responder
from tests.pipeline.inquiry.parties import BUSINESS
from tests.simulators.chat_completions import (
    BreaksOff,
    Calls,
    ChatCompletionsSimulator,
    Fails,
    Hangs,
    Says,
    Sends,
)

NOW = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
TOOL = {"type": "function", "function": {"name": "search_knowledge", "parameters": {}}}
SECRET = "sk-secret-0123456789"


def question(tools: Sequence[dict[str, object]] = (TOOL,)) -> AskModel:
    said = (Said("customer", "How much for 20?", NOW),)
    snapshot = Snapshot(BUSINESS, 1, "sms", Facts(), None, said, 1, {}, False, NOW)
    messages = ({"role": "user", "content": "How much for 20?"},)
    return AskModel(snapshot, "You are an assistant.", messages, tuple(tools))


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def asked(server: ChatCompletionsSimulator, **settings: float) -> object:
    """The reply of a responder with this server alone, or the failure's text."""
    responder = Responder([Endpoint("simulated", server.url, SECRET)], **settings)
    try:
        return await responder.reply(question())
    except ModelFailed as failure:
        return str(failure)
    finally:
        await responder.close()


async def test_words_come_back_with_the_model_and_its_tokens() -> None:
    async with ChatCompletionsSimulator([Says("  Hi!  ")]) as server:
        reply = await asked(server)
    assert (reply.text, reply.calls, reply.facts) == ("Hi!", (), None)
    assert (reply.model, reply.input_tokens, reply.output_tokens) == ("simulated", 100, 20)


async def test_the_request_is_the_system_prompt_the_messages_and_the_tools() -> None:
    async with ChatCompletionsSimulator() as server:
        await asked(server)
        body = server.requests[0]["body"]
    assert body["model"] == "simulated"
    assert body["messages"] == [
        {"role": "system", "content": "You are an assistant."},
        {"role": "user", "content": "How much for 20?"},
    ]
    assert body["tools"] == [TOOL]
    assert server.requests[0]["authorization"] == f"Bearer {SECRET}"


async def test_no_tools_are_no_field_at_all() -> None:
    async with ChatCompletionsSimulator() as server:
        responder = Responder([Endpoint("simulated", server.url)])
        await responder.reply(question(tools=()))
        await responder.close()
    assert "tools" not in server.requests[0]["body"]


async def test_without_a_key_no_authorization_header_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not even the one the environment has for somebody else."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-program")
    async with ChatCompletionsSimulator() as server:
        responder = Responder([Endpoint("simulated", server.url)])
        await responder.reply(question())
        await responder.close()
    assert [request["authorization"] for request in server.requests] == [None]


async def test_tool_calls_come_back_with_their_arguments() -> None:
    script = [Calls([("search_knowledge", {"query": "rain"}), ("calculate_travel_fee", "{}")])]
    async with ChatCompletionsSimulator(script) as server:
        reply = await asked(server)
    assert [(call.name, call.arguments) for call in reply.calls] == [
        ("search_knowledge", {"query": "rain"}),
        ("calculate_travel_fee", {}),
    ]
    assert len({call.call_id for call in reply.calls}) == 2


@pytest.mark.parametrize("raw", ['{"adults": ', "[1, 2]", "20", "null", "[" * 100_000, "9" * 5000])
async def test_arguments_that_are_no_object_are_kept_as_they_came(raw: str) -> None:
    async with ChatCompletionsSimulator([Calls([("calculate_party_quote", raw)])]) as server:
        reply = await asked(server)
    assert reply.calls[0].arguments == {INVALID_ARGUMENTS: raw[:500]}


async def test_a_parameter_that_a_model_refuses_is_dropped_and_stays_dropped() -> None:
    async with ChatCompletionsSimulator(rejects=["temperature"]) as server:
        responder = Responder([Endpoint("simulated", server.url)])
        replies = [await responder.reply(question()) for _ in range(2)]
        await responder.close()
    assert [reply.text for reply in replies] == ["Hello.", "Hello."]
    assert ["temperature" in request["body"] for request in server.requests] == [True, False, False]
    assert "max_completion_tokens" in server.requests[-1]["body"]


async def test_every_optional_parameter_may_be_refused() -> None:
    rejects = ["max_completion_tokens", "temperature"]
    async with ChatCompletionsSimulator(rejects=rejects) as server:
        reply = await asked(server)
    assert reply.text == "Hello."


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (Fails(500), "status 500"),
        (Fails(429, "rate_limit_exceeded"), "status 429 rate_limit_exceeded"),
        (Fails(400, "context_length_exceeded"), "status 400 context_length_exceeded"),
        (Fails(401, "invalid_api_key", message=f"Incorrect key {SECRET}"), "status 401"),
        (BreaksOff(), "not reachable, or cut off"),
        (Sends(b"<html>bad gateway</html>", "text/html"), "an answer"),
        (Sends(b"{]"), "an answer"),
        (Sends(b"[]"), "an answer"),
        (Sends(b'{"choices": []}'), "an answer without a message"),
        (Sends(b'{"choices": [{"index": 0}]}'), "an answer without a message"),
        (Sends(b'{"choices": "no"}'), "an answer without a message"),
        (Sends(b"null"), "an answer"),
    ],
)
async def test_a_failure_is_one_error_that_says_why_and_holds_no_secret(
    step: object, reason: str
) -> None:
    async with ChatCompletionsSimulator([step]) as server:
        failure = await asked(server)
    assert isinstance(failure, str)
    assert reason in failure
    assert SECRET not in failure
    assert len(server.requests) == 1


async def test_an_unreachable_server_is_a_failure() -> None:
    responder = Responder([Endpoint("gone", "http://127.0.0.1:9/v1")])
    with pytest.raises(ModelFailed, match="gone: not reachable"):
        await responder.reply(question())
    await responder.close()


async def test_arguments_that_no_database_takes_are_cleaned() -> None:
    raw = r'{"text": "nul \u0000 and half \ud800", "more": [{"a\u0000": "b"}]}'
    async with ChatCompletionsSimulator([Calls([("take_message", raw)])]) as server:
        reply = await asked(server)
    [call] = reply.calls
    assert call.arguments == {"text": "nul \ufffd and half \ufffd", "more": [{"a\ufffd": "b"}]}


async def test_the_next_model_is_asked_when_the_first_fails() -> None:
    async with (
        ChatCompletionsSimulator([Fails(503)]) as first,
        ChatCompletionsSimulator([Says("From the second.")]) as second,
    ):
        failed = []
        responder = Responder(
            [Endpoint("a", first.url, SECRET), Endpoint("b", second.url)],
            failed=lambda model, reason: failed.append((model, reason)),
        )
        reply = await responder.reply(question())
        await responder.close()
    assert (reply.text, reply.model) == ("From the second.", "b")
    assert failed == [("a", "status 503")]
    assert [request["authorization"] for request in second.requests] == [None]


async def test_a_model_that_hangs_leaves_time_for_the_next() -> None:
    async with (
        ChatCompletionsSimulator([Hangs()]) as first,
        ChatCompletionsSimulator([Says("In time.")]) as second,
    ):
        responder = Responder([Endpoint("a", first.url), Endpoint("b", second.url)], deadline_s=1.0)
        reply = await responder.reply(question())
        await responder.close()
    assert reply.text == "In time."


async def test_the_deadline_is_kept_when_every_model_hangs() -> None:
    async with ChatCompletionsSimulator([Hangs()]) as server:
        failure = await asked(server, deadline_s=0.2)
    assert failure == "simulated: no answer in time"


@pytest.mark.parametrize("step", [Fails(401), Fails(403), Fails(429, "insufficient_quota")])
async def test_a_model_that_refuses_for_good_is_left_alone_for_a_while(step: Fails) -> None:
    clock = Clock()
    async with ChatCompletionsSimulator([step, Says("Back.")]) as server:
        responder = Responder([Endpoint("simulated", server.url)], clock=clock)
        for _ in range(2):
            with pytest.raises(ModelFailed):
                await responder.reply(question())
        assert len(server.requests) == 1
        clock.now += REST_S
        reply = await responder.reply(question())
        await responder.close()
    assert reply.text == "Back."


async def test_a_model_that_is_only_busy_is_asked_again() -> None:
    async with ChatCompletionsSimulator([Fails(429), Says("Back.")]) as server:
        responder = Responder([Endpoint("simulated", server.url)])
        with pytest.raises(ModelFailed):
            await responder.reply(question())
        reply = await responder.reply(question())
        await responder.close()
    assert reply.text == "Back."


async def test_no_model_at_all_is_a_failure() -> None:
    with pytest.raises(ModelFailed, match="no model is set up"):
        await Responder([]).reply(question())


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("<think>20 x 55 is 1100</think>\n\nHi!", "Hi!"),
        ("a\x00b", "a\ufffdb"),
        ("a\ud800b", "a\ufffdb"),
        ("", ""),
    ],
)
async def test_what_no_customer_should_see_is_taken_out(text: str, clean: str) -> None:
    async with ChatCompletionsSimulator([Says(text)]) as server:
        reply = await asked(server)
    assert reply.text == clean


async def test_an_answer_cut_at_its_length_is_no_answer() -> None:
    async with ChatCompletionsSimulator([Says("Your total is $1,1", "length")]) as server:
        reply = await asked(server)
    assert reply.text == ""


def test_a_key_is_never_shown() -> None:
    assert SECRET not in repr(Endpoint("simulated", "http://x/v1", api_key=SECRET))
