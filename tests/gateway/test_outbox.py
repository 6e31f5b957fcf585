"""Sending what is owed and settling what is unknown, against a provider that answers by script."""

import asyncio
import json
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from channels.contract import Reply
from gateway.outbox import BACKOFF_CAP_SECONDS, Sender, _pause
from pipeline.errors import SendDelayed, SendUnknown
from pipeline.messages import Delivery, DeliveryReport
from tests.gateway.lines import NUMBER, TWILIO, Api, created, refused, sid
from tests.storage.arrivals import DANA, LEE, owed


@pytest.fixture
def api():
    return Api()


@pytest.fixture
def sender(context, api):
    return Sender(context, [TWILIO], api)


async def step(sender):
    """One round of the sender's loop, everything it claimed run to its end."""
    await asyncio.gather(*(await sender._claim(16)))


async def state(pool):
    row = await pool.fetchrow("SELECT state, reason FROM outbox ORDER BY seq DESC LIMIT 1")
    return tuple(row)


def listing(*bodies):
    messages = [
        {
            "sid": sid(number),
            "body": body,
            "to": DANA,
            "direction": "outbound-api",
            "status": "delivered",
            "num_segments": "1",
            "date_created": format_datetime(datetime.now(UTC)),
        }
        for number, body in enumerate(bodies, 900)
    ]
    return Reply(200, {}, json.dumps({"messages": messages, "next_page_uri": None}).encode())


async def test_what_is_owed_is_sent_once_and_its_sid_recorded(pool, sender, api):
    await owed(pool)
    api.script = [created()]
    await step(sender)
    await step(sender)
    assert await state(pool) == ("accepted", "")
    [request] = api.requests
    assert b"Body=Hello%21" in request.body
    assert await pool.fetchval("SELECT provider_id FROM messages WHERE direction='out'") == sid(900)


async def test_a_provider_that_did_nothing_is_asked_again(pool, sender, api):
    await owed(pool)
    api.script = [SendDelayed("no connection"), refused(429), created()]
    for expected in ("queued", "queued", "accepted"):
        await step(sender)
        await pool.execute("UPDATE outbox SET due_at = now() WHERE state = 'queued'")
        assert (await state(pool))[0] == expected
    assert await pool.fetchval("SELECT attempts FROM outbox") == 3


async def test_a_reply_that_could_not_leave_in_time_is_a_persons(pool, sender, api):
    await owed(pool)
    api.script = [SendDelayed("no connection")]
    await step(sender)
    await pool.execute("UPDATE outbox SET due_at = now(), expires_at = now()")
    await step(sender)
    assert await state(pool) == ("expired", "too_late")
    assert await pool.fetchval("SELECT reason FROM escalations") == "delivery_failed"
    assert len(api.requests) == 1


async def test_a_lost_answer_is_found_in_the_providers_list_and_not_sent_again(pool, sender, api):
    await owed(pool)
    api.script = [SendUnknown("no answer"), listing("Hello!")]
    await step(sender)
    assert await state(pool) == ("unknown", "no answer")
    await step(sender)
    assert await state(pool) == ("delivered", "")
    assert [request.method for request in api.requests] == ["POST", "GET"]


async def test_a_message_that_is_ours_already_is_not_taken_for_the_lost_one(pool, sender, api):
    await owed(pool, "a", "SM1")
    api.script = [created(900)]
    await step(sender)
    await owed(pool, "b", "SM2")
    api.script = [SendUnknown("no answer"), listing("Hello!")]
    await step(sender)
    await step(sender)
    assert (await state(pool))[0] == "unknown"


async def test_an_unknown_that_is_not_found_within_a_minute_is_a_persons(pool, sender, api):
    await owed(pool)
    api.script = [SendUnknown("no answer"), listing(), refused(500), listing()]
    await step(sender)
    await step(sender)
    await pool.execute("UPDATE outbox SET due_at = now()")
    await step(sender)
    assert await pool.fetchval("SELECT count(*) FROM escalations") == 0
    await pool.execute(
        "UPDATE outbox SET due_at = now(), sending_since = now() - interval '61 seconds'"
    )
    await step(sender)
    assert await pool.fetchval("SELECT reason FROM escalations") == "delivery_unknown"
    assert (await state(pool))[0] == "unknown"
    assert [request.method for request in api.requests] == ["POST", "GET", "GET", "GET"]


async def test_a_callback_settles_an_unknown_before_any_listing(pool, sender, api):
    message_id = await owed(pool)
    api.script = [SendUnknown("no answer")]
    await step(sender)
    assert await sender.report(DeliveryReport("twilio", sid(900), Delivery.SENT, message_id))
    await step(sender)
    assert await state(pool) == ("sent", "")
    assert len(api.requests) == 1


async def test_an_opt_out_at_the_carrier_blocks_and_is_remembered(pool, sender, api):
    await owed(pool)
    api.script = [refused(400, 21610)]
    await step(sender)
    assert await state(pool) == ("blocked", "21610")
    assert await pool.fetchval("SELECT address FROM opt_outs") == DANA


async def test_a_refusal_holds_nobody_else_up(pool, sender, api):
    await owed(pool, "a", "SM1")
    await owed(pool, "b", "SM2", LEE)
    api.script = [refused(400, 21211), created()]
    await step(sender)
    states = await pool.fetch("SELECT state FROM outbox ORDER BY state")
    assert [row["state"] for row in states] == ["accepted", "failed"]


async def test_a_channel_that_was_switched_off_fails_aloud(pool, context, api):
    await owed(pool)
    await step(Sender(context, [], api))
    assert await state(pool) == ("failed", "channel_off")
    assert api.requests == []


def test_pauses_grow_are_capped_and_heed_the_provider():
    assert all(0 <= _pause(1, SendDelayed("x")) <= 2 for _ in range(100))
    assert all(_pause(50, SendDelayed("x")) <= BACKOFF_CAP_SECONDS for _ in range(100))
    assert _pause(1, SendDelayed("x", retry_after=30.0)) == 30.0


def test_the_line_answers_from_the_number_that_was_written_to():
    assert TWILIO.address == NUMBER
