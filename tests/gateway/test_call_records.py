"""What a call leaves behind is written in order, beside the call, and to the end."""

import asyncio
import json

import pytest

from gateway import call_tools
from gateway.call_records import Records
from pipeline.call.status import CallRang
from pipeline.call.turns import Turn
from pipeline.events import KeepMessage, KeepTurn, Remember, RunTool
from pipeline.ids import ItemId
from pipeline.inquiry.vocabulary import ToolCall
from storage import call_turns, calls
from storage.sessions import Sessions
from tests.gateway.lines import NUMBER
from tests.gateway.phone import PATIENCE_S, counted, eventually
from tests.storage.arrivals import DANA

EXPIRES_MS = 4_000_000_000_000
QUOTE = ToolCall("call_1", "calculate_party_quote", {"adults": 20})


def turn(number, text, speaker="caller"):
    return Turn(ItemId(f"item-{number}"), number, speaker, text, number * 1000)


@pytest.fixture
async def attached(context):
    rang = await calls.ring(context.pool, CallRang("twilio", "CA1", DANA, NUMBER))
    await calls.issue_token(context.pool, rang.call_id, EXPIRES_MS)
    return await calls.attach(
        context.pool,
        "twilio",
        "CA1",
        EXPIRES_MS,
        worker=context.worker,
        answered_by="attendant",
        business_version=context.business_version,
    )


@pytest.fixture
async def matter(context, attached):
    return await call_tools.load(context, attached)


@pytest.fixture
async def records(context, attached, matter):
    kept = Records(context, attached, matter, lambda: None, tool_seconds=0.2)
    kept.answers = answers = asyncio.Queue()
    kept.tell = answers.put_nowait
    yield kept
    await kept.close()


async def answer(records):
    async with asyncio.timeout(PATIENCE_S):
        return await records.answers.get()


async def test_turns_are_written_in_order_and_replaced_when_more_is_known(pool, records, attached):
    for each in (turn(0, "Hi", "attendant"), turn(1, ""), turn(2, "Sure"), turn(1, "A quote")):
        records.obey(KeepTurn(each))
    await records.close()
    said = await call_turns.turns(pool, attached.call_id)
    assert [each.text for each in said] == ["Hi", "A quote", "Sure"]


async def test_all_that_was_ordered_is_written_though_the_call_is_over(pool, records, attached):
    for number in range(200):
        records.obey(KeepTurn(turn(number, f"turn {number}")))
    records.obey(Remember({"step": "menu"}))
    records.obey(RunTool(QUOTE))
    await records.close()
    assert len(await call_turns.turns(pool, attached.call_id)) == 200
    assert await pool.fetchval("SELECT memory->>'step' FROM calls") == "menu"
    assert await pool.fetchval("SELECT count(*) FROM quotes") == 1
    assert (await answer(records)).output["total"] == 1100.0


async def test_what_a_caller_says_of_an_injury_reaches_staff(pool, records):
    records.obey(KeepTurn(turn(0, "Somebody got sick after your party.")))
    records.obey(KeepTurn(turn(1, "Somebody got sick after your party.", "attendant")))
    await records.close()
    assert await pool.fetchval("SELECT reason FROM escalations") == "illness"


async def test_a_spoken_message_is_kept_and_staff_are_told(pool, records):
    records.obey(KeepMessage(b"\xb0" * 16_000))
    await records.close()
    assert await pool.fetchval("SELECT length(audio) FROM spoken_messages") == 16_000
    note = await pool.fetchval("SELECT note FROM escalations WHERE reason = 'message_taken'")
    assert note.startswith("A spoken message of 2 seconds")


# --- tools --------------------------------------------------------------------------------------


async def test_a_tool_is_answered_once_with_what_it_did(records):
    records.obey(RunTool(QUOTE))
    told = await answer(records)
    assert (told.call_id, told.output["total"]) == ("call_1", 1100.0)
    await records.close()
    assert records.answers.empty()


async def test_a_tool_that_takes_too_long_is_answered_once_all_the_same(records, matter, pool):
    async with matter.one_at_a_time:  # another tool is at work
        records.obey(RunTool(QUOTE))
        told = await answer(records)
        assert told.output == {
            "error": "this takes too long, and nobody knows yet whether it was done: say so"
        }
    await records.close()
    assert records.answers.empty()
    assert await pool.fetchval("SELECT count(*) FROM quotes") == 0


async def test_each_of_several_tools_is_answered_once(records):
    names = ("calculate_party_quote", "levitate", "search_knowledge", "end_call")
    for number, name in enumerate(names):
        records.obey(RunTool(ToolCall(f"call_{number}", name, {})))
    told = [await answer(records) for _ in names]
    assert sorted(each.call_id for each in told) == ["call_0", "call_1", "call_2", "call_3"]
    failed = {each.call_id for each in told if "error" in each.output}
    assert failed == {"call_0", "call_1", "call_2"}
    await records.close()
    assert records.answers.empty()


async def test_without_the_database_a_tool_says_so_and_nothing_holds_the_end_up(context, records):
    await context.pool.close()
    records.obey(RunTool(QUOTE))
    records.obey(KeepTurn(turn(0, "Hi")))
    records.obey(KeepMessage(b"\xb0" * 8000))
    assert "error" in (await answer(records)).output
    async with asyncio.timeout(PATIENCE_S):
        await records.close()


# --- the directory ------------------------------------------------------------------------------


async def test_a_call_is_in_the_directory_until_it_is_closed(context, redis, records, attached):
    [call] = await eventually(context.sessions.live_calls)
    assert (call.call_id, call.worker, call.caller) == (attached.call_id, context.worker, DANA)
    assert json.loads(await redis.get(f"call:{attached.call_id}"))["status"] == "in_progress"
    await records.close()
    assert await context.sessions.live_calls() == []
    assert await redis.keys("call:*") == []


async def test_closing_leaves_no_task_though_redis_is_away(context, attached, matter):
    before = asyncio.all_tasks()
    await context.sessions.close()
    context.sessions = Sessions(
        "redis://127.0.0.1:9", lambda _: context.metrics.redis_failures.inc()
    )
    kept = Records(context, attached, matter, lambda: None)
    kept.obey(KeepTurn(turn(0, "Hi")))
    await kept.close()
    await kept.close()
    assert asyncio.all_tasks() == before
    assert counted(context.metrics.redis_failures) >= 1
    assert len(await call_turns.turns(context.pool, attached.call_id)) == 1
