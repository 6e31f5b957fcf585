"""Calls from their first audio to their row: every ending, with a model and without one."""

import asyncio
from dataclasses import replace

import pytest

from pipeline.events import CallerGone
from storage import call_turns
from storage.sessions import Sessions
from tests.gateway.phone import LOUD, SILENT, counted, eventually, settled, the_call
from tests.simulators.realtime import RealtimeSimulator
from tests.simulators.realtime_scenario import Call, Connection, Scenario, Step, Utterance

QUOTE = Call("calculate_party_quote", {"adults": 20, "children": 5, "event_zipcode": "95125"})
QUOTED = Utterance([Step(calls=[QUOTE]), Step("The total is {total}.")], heard="20 adults")
GREETING = "Thank you for calling My Hibachi Chef. I'm the AI assistant."


@pytest.fixture
async def model(carrier, context):
    """Have calls answered by a simulated model; gives a way to tell what it is to do."""
    running = []

    async def model(*utterances, **changes):
        simulator = RealtimeSimulator(Scenario(utterances, **changes))
        running.append(await simulator.__aenter__())
        changed = {"openai_realtime_url": simulator.url}
        context.settings = context.settings.model_copy(update=changed)
        return simulator

    yield model
    for simulator in running:
        await simulator.__aexit__(None, None, None)


@pytest.fixture
def lasting(context):
    """Let calls last so many minutes."""

    def lasting(minutes):
        calls = replace(context.business.calls, max_minutes=minutes)
        context.business = replace(context.business, calls=calls)

    return lasting


async def texts(pool, speaker):
    said = await call_turns.turns(pool, await pool.fetchval("SELECT id FROM calls"))
    return [turn.text for turn in said if turn.speaker == speaker]


def greeting_ms(context):
    """How long the attendant takes for it."""
    return 5 * len(context.business.calls.greeting)


async def greeted(line, context):
    """The greeting was heard to its end, and the menu has begun."""
    await line.heard_ms(greeting_ms(context) + 100)


async def cut_short(line, context):
    """A key is pressed in the middle of the menu, and answered."""
    await greeted(line, context)
    await line.press("2")
    await line.until(lambda line: line.clears == 1)
    heard = len(line.heard)
    await line.until(lambda line: len(line.heard) > heard)


# --- the attendant answers ----------------------------------------------------------------------


async def test_a_caller_who_hangs_up_ends_the_call(carrier, context, pool):
    async with carrier.connected(echo_ms=greeting_ms(context) + 50) as line:
        await cut_short(line, context)
        await line.hang_up()
    row = await settled(pool)
    assert (row["status"], row["end_reason"]) == ("completed", "caller_hung_up")
    assert (row["answered_by"], row["outcome"], row["streams"]) == ("attendant", "answered", 1)
    assert row["ended_at"] >= row["answered_at"] >= row["created_at"]
    timings = row["timings"]["1"]
    assert 0 <= timings["first_audio_ms"] <= timings["ms"]
    assert (timings["greeted_by"], timings["interruptions"]) == ("attendant", 1)
    assert row["summary"] == "The caller used the keys of the phone."
    assert (await texts(pool, "attendant"))[0] == context.business.calls.greeting
    assert (await carrier.after()).verbs == ["Hangup"]
    assert counted(context.metrics.calls, "answered") == 1


async def test_keys_end_in_a_quote_and_its_text(carrier, context, pool):
    async with carrier.connected() as line:
        await greeted(line, context)
        await line.press("120#5#95125#")
        await eventually(lambda: pool.fetchval("SELECT count(*) FROM quotes"))
        await eventually(lambda: pool.fetchval("SELECT memory->>'step' = 'quote' FROM calls"))
        await line.press("1")
        await eventually(lambda: pool.fetchval("SELECT count(*) FROM outbox"))
        await line.hang_up()
    row = await settled(pool)
    assert (row["outcome"], row["end_reason"]) == ("texted", "caller_hung_up")
    assert row["summary"].startswith("20 adults and 5 children, ZIP 95125 quoted at $1,250.00")
    body = await pool.fetchval("SELECT body FROM messages WHERE direction = 'out'")
    assert "$1,250.00" in body


async def test_a_caller_is_warned_a_minute_before_the_end(carrier, lasting, pool):
    lasting(1 + 0.8 / 60)
    async with carrier.connected() as line:
        warning = "Just so you know, this call will end in one minute."

        async def warned():
            return warning in await texts(pool, "attendant")

        await eventually(warned)
        await line.hang_up()
    assert (await settled(pool))["end_reason"] == "caller_hung_up"


async def test_a_call_that_lasts_too_long_is_told_so_and_ended(carrier, lasting, pool):
    lasting(0.02)
    async with carrier.connected() as line:
        assert await line.closed() == 1000
    row = await settled(pool)
    assert (row["status"], row["end_reason"]) == ("completed", "too_long")
    said = await texts(pool, "attendant")
    assert said[-1].startswith("We have reached the longest time a call may take.")
    assert (await carrier.after()).verbs == ["Hangup"]


async def test_a_caller_without_a_number_is_answered_like_any_other(carrier, context, pool):
    told = await carrier.ring(caller="anonymous")
    async with carrier.connected(token=told.token) as line:
        await greeted(line, context)
        await line.hang_up()
    row = await settled(pool)
    assert (row["caller"], row["end_reason"]) == (None, "caller_hung_up")


async def test_a_cut_line_is_taken_up_where_it_was_three_times_and_then_called_back(
    carrier, context, pool
):
    told = await carrier.ring()
    for stream in (1, 2, 3, 4):
        async with carrier.connected(token=told.token) as line:
            if stream == 1:
                await greeted(line, context)
                await line.press("120#")
                await eventually(lambda: pool.fetchval("SELECT memory->'adults' = '20' FROM calls"))
            await line.heard_ms(100)
        row = await settled(pool)
        assert (row["streams"], row["status"]) == (stream, "in_progress")
        assert (row["end_reason"], row["outcome"]) == (None, None)
        told = await carrier.after()
        assert told.verbs == (["Connect", "Redirect"] if stream < 4 else ["Say", "Hangup"])
    row = await the_call(pool)
    assert (row["status"], row["outcome"], row["end_reason"]) == ("failed", "lost", "lost")
    assert row["memory"]["adults"] == 20
    assert sorted(row["timings"]) == ["1", "2", "3", "4"]
    assert await pool.fetchval("SELECT reason FROM escalations") == "call_back"
    said = await texts(pool, "attendant")
    assert said.count(context.business.calls.greeting) == 1
    assert counted(context.metrics.calls, "lost") == 1


async def test_a_call_that_its_carrier_reports_over_ends_though_its_socket_stays_open(
    carrier, context, pool
):
    async with carrier.connected() as line:
        await greeted(line, context)
        await carrier.report("completed", CallDuration="7")
        assert await line.closed() == 1000
    row = await eventually(lambda: pool.fetchrow("SELECT * FROM calls WHERE outcome IS NOT NULL"))
    assert (row["status"], row["end_reason"]) == ("completed", "caller_hung_up")
    assert (row["outcome"], row["seconds"]) == ("abandoned", 7)
    assert not context.live_calls


async def test_a_call_that_goes_on_when_its_worker_stops_is_handed_over(carrier, context, pool):
    async with carrier.connected() as line:
        await greeted(line, context)
        [live] = context.live_calls
        live.tell(CallerGone("drained"))
        assert await line.closed() == 1000
        told = await carrier.after()
        assert told.verbs == ["Connect", "Redirect"]
    await settled(pool)
    async with carrier.connected(token=told.token) as line:
        await line.heard_ms(400)
        await line.hang_up()
    row = await settled(pool)
    assert (row["streams"], row["end_reason"]) == (2, "caller_hung_up")
    assert "Sorry, we were cut off. I'm back." in await texts(pool, "attendant")


async def test_a_stop_that_waits_for_calls_sees_them_end(carrier, context):
    async with carrier.connected() as line:
        await line.heard_ms(20)
        [live] = context.live_calls
        await line.hang_up()
        async with asyncio.timeout(10):
            await live.ended.wait()
        assert not context.live_calls


async def test_without_redis_a_call_goes_on(carrier, context, pool):
    await context.sessions.close()
    context.sessions = Sessions(
        "redis://127.0.0.1:9", lambda _: context.metrics.redis_failures.inc()
    )
    async with carrier.connected(echo_ms=greeting_ms(context) + 50) as line:
        await cut_short(line, context)
        await line.hang_up()
    assert (await settled(pool))["end_reason"] == "caller_hung_up"
    assert counted(context.metrics.redis_failures) >= 1


async def test_without_the_database_a_call_goes_on_and_leaves_no_task(carrier, context):
    before = asyncio.all_tasks()
    async with carrier.connected(echo_ms=greeting_ms(context) + 50) as line:
        await greeted(line, context)
        await context.pool.close()
        await cut_short(line, context)
        await line.hang_up()

    async def over():
        return not context.live_calls and len(asyncio.all_tasks() - before) <= 1

    await eventually(over)  # but for the one that listens for the next request
    assert counted(context.metrics.calls_active) == 0


async def test_a_carrier_that_echoes_no_mark_does_not_hold_the_call_up(carrier, lasting, pool):
    lasting(0.02)
    async with carrier.connected(echo_ms=0) as line:
        assert await line.closed() == 1000
    assert (await settled(pool))["end_reason"] == "too_long"


# --- a model answers ----------------------------------------------------------------------------


async def test_a_model_greets_quotes_and_its_row_says_what_it_cost(carrier, context, model, pool):
    simulator = await model(QUOTED)
    async with carrier.connected() as line:
        await line.until(lambda line: len(line.marks) >= 2)
        await eventually(lambda: pool.fetchval("SELECT count(*) FROM call_turns"))
        await line.say(*[LOUD] * 20, *[SILENT] * 40)

        async def answered():
            said = await texts(pool, "model")
            return any("one thousand two hundred fifty" in text for text in said)

        await eventually(answered)
        await line.hang_up()
    row = await settled(pool)
    assert (row["answered_by"], row["outcome"]) == ("model:gpt-realtime-2.1", "quoted")
    assert row["usage"]["output_audio"] > 0
    assert row["cost_micros"] > 0
    assert row["timings"]["1"]["greeted_by"] == "model"
    assert (await texts(pool, "caller")) == ["20 adults"]
    assert (await texts(pool, "model"))[0] == context.business.calls.greeting
    assert await pool.fetchval("SELECT business_version FROM quotes") == 1
    assert counted(context.metrics.model_connections, "connected") == 1
    assert simulator.violations == []
    assert simulator.connected == 0


async def test_a_response_that_fails_is_asked_for_again_while_nobody_speaks(carrier, model, pool):
    failing, saying = Step(fail="failed"), Step(say="Twenty adults, gladly.")
    await model(Utterance([failing, saying], heard="20 adults"))
    async with carrier.connected() as line:
        await line.until(lambda line: len(line.marks) >= 2)
        await line.say(*[LOUD] * 20, *[SILENT] * 40)

        async def answered():
            return "Twenty adults, gladly." in await texts(pool, "model")

        await eventually(answered)
        await line.hang_up()
    assert (await settled(pool))["model_failed"] is False


async def test_a_model_that_ends_the_call_says_goodbye_first(carrier, model, pool):
    simulator = await model(Utterance([Step(calls=[Call("end_call")])], heard="Bye"))
    async with carrier.connected() as line:
        await line.heard_ms(1000)
        await line.say(*[LOUD] * 20, *[SILENT] * 40)
        assert await line.closed() == 1000
    row = await settled(pool)
    assert (row["status"], row["end_reason"]) == ("completed", "said_goodbye")
    assert (await texts(pool, "model"))[-1] == "Thank you for calling. Goodbye!"
    assert (await carrier.after()).verbs == ["Hangup"]
    assert simulator.violations == []


@pytest.mark.parametrize("fault", ["refuse_401", "refuse_429", "refuse_503", "close_1011"])
async def test_a_model_that_cannot_be_had_leaves_the_caller_to_the_attendant(
    carrier, context, model, pool, fault
):
    await model(connections=[Connection(fault)])
    async with carrier.connected() as line:
        assert await line.closed() == 1000
    row = await settled(pool)
    assert (row["model_failed"], row["status"], row["end_reason"]) == (True, "in_progress", None)
    told = await carrier.after()
    assert told.verbs == ["Connect", "Redirect"]
    async with carrier.connected(token=told.token) as line:
        await greeted(line, context)
        await line.hang_up()
    row = await settled(pool)
    assert (row["answered_by"], row["streams"]) == ("attendant", 2)
    assert row["end_reason"] == "caller_hung_up"
    assert context.business.calls.greeting in await texts(pool, "attendant")


async def test_the_second_model_is_asked_when_the_first_does_not_answer(
    carrier, context, model, pool
):
    second = {"openai_realtime_fallback_model": "gpt-realtime-mini"}
    context.settings = context.settings.model_copy(update=second)
    simulator = await model(connections=[Connection("refuse_503"), None])
    async with carrier.connected() as line:
        await line.heard_ms(200)
        await line.hang_up()
    await settled(pool)
    asked = [event["model"] for event in simulator.ledger.events("connecting")]
    assert asked == ["gpt-realtime-2.1", "gpt-realtime-mini"]
    outcomes = context.metrics.model_connections
    assert [counted(outcomes, each) for each in ("status_503", "connected")] == [1, 1]


@pytest.mark.parametrize("fail", ["close_1001", "close_1006", "close_1011"])
async def test_a_model_that_breaks_off_is_apologised_for_and_the_attendant_goes_on(
    carrier, context, model, pool, fail
):
    await model(Utterance([Step("I will tell you everything.", fail=fail)], heard="Hello?"))
    async with carrier.connected() as line:
        await line.heard_ms(1000)
        await line.say(*[LOUD] * 20, *[SILENT] * 40)
        assert await line.closed() == 1000
    row = await settled(pool)
    assert (row["model_failed"], row["end_reason"]) == (True, None)
    assert (await texts(pool, "attendant"))[-1].startswith("Sorry, I have lost my connection.")
    told = await carrier.after()
    async with carrier.connected(token=told.token) as line:
        await line.heard_ms(300)
        await line.hang_up()
    row = await settled(pool)
    assert (row["answered_by"], row["end_reason"]) == ("attendant", "caller_hung_up")
    said = await texts(pool, "attendant")
    assert "Sorry, we were cut off. I'm back." in said
    assert context.business.calls.greeting not in said  # the model's was heard


async def test_a_model_that_sends_nonsense_is_counted_and_goes_on(carrier, context, model, pool):
    odd = Step("Here I am.", fail="garbage")
    await model(Utterance([odd], heard="Hello?"))
    async with carrier.connected() as line:
        await line.heard_ms(1000)
        await line.say(*[LOUD] * 20, *[SILENT] * 40)

        async def answered():
            return "Here I am." in await texts(pool, "model")

        await eventually(answered)
        await line.hang_up()
    assert (await settled(pool))["end_reason"] == "caller_hung_up"
    assert counted(context.metrics.model_troubles, "not_json") >= 1


async def test_a_greeting_that_does_not_say_what_we_are_is_said_by_the_attendant(
    carrier, context, model, pool
):
    await model(instructed=[Step("Hey there.")])
    async with carrier.connected() as line:

        async def said():
            return context.business.calls.greeting in await texts(pool, "attendant")

        await eventually(said)
        await line.hang_up()
    row = await settled(pool)
    assert row["timings"]["1"]["greeted_by"] == "attendant"
    assert counted(context.metrics.greeting_fallbacks) == 1
