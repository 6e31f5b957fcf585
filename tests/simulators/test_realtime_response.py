"""A response sends its events in the order of the API, ends whole however it ends, and fails as
it is told to."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.simulators.realtime import RealtimeSimulator
from tests.simulators.realtime_client import Client, connected, text_item
from tests.simulators.realtime_scenario import Call, Failure, Scenario, Step, Utterance
from tests.simulators.realtime_voice import Tone

SAYING = [
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
    "response.output_audio.delta",
    "response.output_audio_transcript.delta",
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "response.output_item.done",
    "conversation.item.done",
    "response.done",
]
CALLING = [
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.output_item.done",
    "conversation.item.done",
    "response.done",
]


@asynccontextmanager
async def asked(*steps: Step, **more: Any) -> AsyncIterator[tuple[RealtimeSimulator, Client]]:
    """A client whose caller has just typed 'Hi', which is owed these answers."""
    scenario = Scenario([Utterance(steps, text="Hi")], **more)
    async with RealtimeSimulator(scenario) as simulator, connected(simulator) as client:
        await client.send("conversation.item.create", item=text_item("user", "Hi"))
        await client.until("conversation.item.done")
        yield simulator, client


def in_order(types: Sequence[str]) -> Sequence[str]:
    """Each type where it first came."""
    return list(dict.fromkeys(types))


async def test_words_come_in_the_order_of_the_api_with_their_audio() -> None:
    async with asked(Step("Hello there.")) as (simulator, client):
        await client.send("response.create", response={"metadata": {"tag": "answer"}})
        types = await client.types_until("response.done")
        done = client.seen[-1]["response"]
        await client.until("rate_limits.updated")
    assert in_order(types) == SAYING
    assert (done["status"], done["metadata"]) == ("completed", {"tag": "answer"})
    assert client.said(done) == "Hello there."
    [audio] = client.audio.values()
    assert audio == await Tone().speak("Hello there.")
    deltas = [each for each in client.seen if each["type"].endswith("transcript.delta")]
    assert "".join(each["delta"] for each in deltas) == "Hello there."
    assert done["usage"]["output_token_details"] == {"text_tokens": 3, "audio_tokens": 14}
    assert simulator.violations == []


async def test_a_tool_call_comes_whole_and_its_answer_is_spoken() -> None:
    quote = Call("calculate_party_quote", {"adults": 20})
    said = Step("The total is {total}.")
    async with asked(Step(calls=[quote]), said) as (simulator, client):
        await client.send("response.create")
        types = await client.types_until("response.done")
        [item] = client.seen[-1]["response"]["output"]
        output = {"type": "function_call_output", "call_id": item["call_id"]}
        output["output"] = json.dumps({"total": 1250.0})
        await client.send("conversation.item.create", item=output)
        spoken = await client.answer()
    assert in_order(types) == CALLING
    assert (item["name"], item["status"]) == ("calculate_party_quote", "completed")
    assert json.loads(item["arguments"]) == {"adults": 20}
    assert client.said(spoken) == "The total is one thousand two hundred fifty dollars."
    assert simulator.violations == []
    assert simulator.ledger.events("tool_answered_times") == []


async def test_a_tool_call_nobody_answers_is_in_the_ledger() -> None:
    async with asked(Step(calls=[Call("end_call")])) as (simulator, client):
        await client.answer()
    [event] = simulator.ledger.events("tool_answered_times")
    assert (event["call_id"], event["times"]) == ("call_1x1", 0)


async def test_a_tool_call_answered_twice_is_a_violation() -> None:
    async with asked(Step(calls=[Call("end_call")])) as (simulator, client):
        [call] = (await client.answer())["output"]
        answer = {"type": "function_call_output", "call_id": call["call_id"], "output": "{}"}
        for _ in range(2):
            await client.send("conversation.item.create", item=answer)
            await client.until("conversation.item.done")
    assert [each["code"] for each in simulator.violations] == ["answered_twice"]


@pytest.mark.parametrize("off", [{"tool_choice": "none"}, {"tools": []}])
async def test_with_its_tools_off_a_response_only_speaks(off: dict[str, Any]) -> None:
    async with asked(Step("One moment.", [Call("end_call")])) as (_, client):
        done = await client.answer(**off)
    assert [item["type"] for item in done["output"]] == ["message"]


async def test_a_response_may_be_told_its_words_and_uses_no_step_of_the_script() -> None:
    async with asked(Step("Hello.")) as (_, client):
        told = await client.answer(instructions='Say exactly: "I am an AI." Say nothing else.')
        own = await client.answer()
    assert (client.said(told), client.said(own)) == ("I am an AI.", "Hello.")


async def test_audio_is_sent_at_its_rate() -> None:
    async with asked(Step("Hello.", audio_ms=400), rate=4.0) as (_, client):
        began = asyncio.get_running_loop().time()
        await client.answer()
        took = asyncio.get_running_loop().time() - began
    assert took >= 0.1 - 0.001


async def test_audio_is_cut_off_by_a_cancellation() -> None:
    long = Step("Hello there, how are you?", audio_ms=60_000)
    async with asked(long, Step("Yes?"), rate=4.0) as (simulator, client):
        await client.send("response.create")
        created = await client.until("response.created")
        for _ in range(3):
            await client.until("response.output_audio.delta")
        response_id = created["response"]["id"]
        await client.send("response.cancel", response_id=response_id)
        types = await client.types_until("response.done")
        done = client.seen[-1]["response"]
        again = await client.answer()
    assert in_order(types)[-6:] == SAYING[-6:]
    assert done["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    [item] = done["output"]
    assert item["status"] == "incomplete"
    assert "Hello there, how are you?".startswith(client.said(done))
    assert 2400 <= len(client.audio[item["id"]]) < 60_000
    assert client.said(again) == "Yes?"
    assert simulator.violations == []


async def test_a_second_response_and_a_late_cancellation_are_refused_and_harmless() -> None:
    async with asked(Step("Hello.", delay_ms=200), Step("Bye.")) as (simulator, client):
        await client.send("response.create")
        await client.send("response.create", event_id="ev_2")
        error = (await client.until("error"))["error"]
        await client.until("response.done")
        await client.send("response.cancel")
        late = (await client.until("error"))["error"]
    assert error["code"] == "conversation_already_has_active_response"
    assert error["event_id"] == "ev_2"
    assert late["code"] == "response_cancel_not_active"
    assert simulator.violations == []


async def test_what_was_said_is_cut_to_what_was_heard() -> None:
    async with asked(Step("Hello.", audio_ms=1000)) as (simulator, client):
        [item] = (await client.answer())["output"]
        cut = {"item_id": item["id"], "content_index": 0}
        await client.send("conversation.item.truncate", **cut, audio_end_ms=1001)
        error = (await client.until("error"))["error"]
        await client.send("conversation.item.truncate", **cut, audio_end_ms=400)
        done = await client.until("conversation.item.truncated")
    assert error["message"] == "Audio content of 1000ms is already shorter than 1001ms"
    assert done["audio_end_ms"] == 400
    assert [each["code"] for each in simulator.violations] == ["invalid_value"]


@pytest.mark.parametrize(
    ("fail", "status", "reason", "words"),
    [
        ("incomplete", "incomplete", "max_output_tokens", "Hello"),
        ("content_filter", "incomplete", "content_filter", "Hello"),
        ("soundless", "completed", "", "Hello there."),
        ("wordless", "completed", "", ""),
        ("garbage", "completed", "", "Hello there."),
    ],
)
async def test_a_response_goes_wrong_as_it_is_told(
    fail: Failure, status: str, reason: str, words: str
) -> None:
    async with asked(Step("Hello there.", fail=fail)) as (_, client):
        if fail == "garbage":
            await client.send("response.create")
            frames = [await client.socket.receive() for _ in range(8)]
            assert sum(frame.data == b"\x00\xff" for frame in frames) == 1
            assert sum(frame.data == "[]" for frame in frames) == 1
            done = (await client.until("response.done"))["response"]
        else:
            done = await client.answer()
    assert done["status"] == status
    assert (done["status_details"] or {}).get("reason", "") == reason
    assert client.said(done).startswith(words)
    assert bool(client.audio) == (fail != "soundless")


async def test_a_failed_response_says_why_and_the_next_one_goes_on() -> None:
    failed = Step(fail="failed", code="inference_rate_limit_exceeded")
    async with asked(failed, Step("Hello.")) as (_, client):
        done = await client.answer()
        again = await client.answer()
    assert done["status_details"]["error"]["code"] == "inference_rate_limit_exceeded"
    assert client.said(again) == "Hello."


async def test_a_server_error_is_an_error_and_no_response() -> None:
    async with asked(Step(fail="server_error"), Step("Hello.")) as (simulator, client):
        await client.send("response.create")
        assert (await client.until("error"))["error"]["code"] == "server_error"
        assert client.said(await client.answer()) == "Hello."
    assert simulator.violations == []


async def test_a_call_that_breaks_off_is_no_call() -> None:
    broken = Step(calls=[Call("end_call", '{"reason": "bye"}')], fail="partial_call")
    async with asked(broken) as (simulator, client):
        [item] = (await client.answer())["output"]
    assert (item["status"], item["arguments"]) == ("incomplete", '{"reason')
    assert simulator.ledger.events("tool_called") == []
    assert "response.function_call_arguments.done" in client.types


@pytest.mark.parametrize("fail", ["silence", "stall"])
async def test_a_response_that_hangs_can_be_cancelled(fail: Failure) -> None:
    async with asked(Step("Hello there.", fail=fail)) as (_, client):
        await client.send("response.create")
        await client.until("response.created")
        if fail == "stall":
            await client.until("response.output_audio.delta")
        await client.send("response.cancel")
        done = (await client.until("response.done"))["response"]
    assert done["status"] == "cancelled"
    assert bool(client.audio) == (fail == "stall")


@pytest.mark.parametrize(
    ("fail", "code"), [("close_1001", 1001), ("close_1006", 1006), ("close_1011", 1011)]
)
async def test_a_connection_can_break_in_the_middle_of_a_word(fail: Failure, code: int) -> None:
    async with asked(Step("Hello there.", fail=fail)) as (simulator, client):
        await client.send("response.create")
        await client.until("response.output_audio.delta")
        assert await client.closed() == code
    assert [event["code"] for event in simulator.ledger.events("closing")] == [code]
    assert simulator.ledger.events("response_done") == []
