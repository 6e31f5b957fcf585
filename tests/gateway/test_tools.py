"""A turn's questions are answered by the model, by the tools, and by the attendant for both."""

import asyncio
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from gateway.metrics import Metrics
from gateway.tools import MODEL_SECONDS, Turnstile, run_turn
from pipeline.business.document import parse
from pipeline.errors import ModelFailed
from pipeline.inquiry.facts import Facts
from pipeline.inquiry.turn import ModelReply, Said, Snapshot, ToolCall
from storage.businesses import seed_files

NOW = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def business():
    return parse(seed_files("my_hibachi"))


@pytest.fixture
def snapshot(business):
    said = Said("customer", "how much for 20 adults, no kids, in 95125?", NOW)
    return Snapshot(business, 1, "sms", Facts(), None, (said,), 1, {}, False, NOW)


def quoting(question):
    if not question.results:
        arguments = {"adults": 20, "event_zipcode": "95125"}
        return ModelReply("", (ToolCall("c1", "calculate_party_quote", arguments),), model="m")
    return ModelReply("The total is $1,100.00. I am an AI assistant.", model="m")


async def test_a_models_tool_call_is_run_timed_and_told_back(snapshot):
    metrics = Metrics()

    async def model(question):
        return quoting(question)

    outcome, _ = await run_turn(snapshot, model, metrics, Turnstile())
    assert "$1,100.00" in outcome.reply
    [result] = outcome.results
    assert (result.result["total"], result.success) == (1100.0, True)
    assert result.elapsed_ms > 0
    assert result.quote.quote.total_cents == 110000
    assert (outcome.model, outcome.facts.adults) == ("m", 20)


async def test_two_quotes_never_share_an_id(snapshot):
    async def model(question):
        return quoting(question)

    (first, _), (second, _) = [
        await run_turn(snapshot, model, Metrics(), Turnstile()) for _ in range(2)
    ]
    assert first.quote.quote_id != second.quote.quote_id


async def test_a_model_that_fails_midway_is_replaced_for_the_rest_of_the_turn(snapshot):
    asked = []

    async def model(question):
        asked.append(question)
        if question.results:
            raise ModelFailed("status 500")
        return quoting(question)

    metrics = Metrics()
    outcome, _ = await run_turn(snapshot, model, metrics, Turnstile())
    assert "$1,100.00" in outcome.reply
    assert outcome.model == "attendant"
    assert len(asked) == 2
    assert metrics.model_failures.labels("chain", "exhausted")._value.get() == 1


async def test_a_model_that_has_taken_its_time_is_not_asked_again_in_this_turn(snapshot):
    now = 0.0

    async def slow(question):
        nonlocal now
        now += MODEL_SECONDS + 1
        return quoting(question)

    outcome, seconds = await run_turn(snapshot, slow, Metrics(), Turnstile(), clock=lambda: now)
    assert "$1,100.00" in outcome.reply
    assert (outcome.model, seconds) == ("attendant", MODEL_SECONDS + 1)


async def test_a_tool_that_does_not_exist_is_an_error_the_model_can_act_on(snapshot):
    async def model(question):
        if not question.results:
            return ModelReply("", (ToolCall("c1", "give_discount", {"percent": 50}),), model="m")
        assert question.results[0].success is False
        return quoting(question) if len(question.results) == 1 else ModelReply("Hi!", model="m")

    outcome, _ = await run_turn(snapshot, model, Metrics(), Turnstile())
    assert outcome.results[0].success is False
    assert "error" in outcome.results[0].result


async def test_of_turns_ready_together_one_step_passes_at_a_time():
    turnstile, passed, seen = Turnstile(), [], []

    async def step(number):
        await turnstile.passed()
        passed.append(number)

    async def webhook():
        for _ in range(3):
            await asyncio.sleep(0)
            seen.append(len(passed))

    steps = [asyncio.create_task(step(number)) for number in range(5)]
    await webhook()
    await asyncio.gather(*steps)
    assert passed == [0, 1, 2, 3, 4]
    assert max(seen) < 5
    assert all(after - before <= 1 for before, after in pairwise(seen))
