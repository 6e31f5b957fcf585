"""Media sockets: who is let in, what bad input does to its own call, and to no other."""

import asyncio
import json
import time
from contextlib import suppress

import pytest
from aiohttp import WSServerHandshakeError, web

from channels.twilio_voice import MEDIA_PATH
from gateway import media
from gateway.calls import MOST_MISTAKES
from gateway.ringing import media_token
from tests.gateway.phone import (
    LOUD,
    VOICE,
    Carrier,
    call_sid,
    counted,
    eventually,
    settled,
    the_call,
)

DEEP = '{"event":' + "[" * 30_000
HUGE = '{"event":"media","media":{"chunk":' + "9" * 60_000 + "}}"
WIDE = json.dumps({"event": "media", "media": {str(n): n for n in range(3000)}})


def token(context, number=1, seconds=60):
    secret = context.settings.secret_key.get_secret_value()
    return media_token(secret, call_sid(number), int((time.time() + seconds) * 1000))


# --- who is let in ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signature", "reason"), [("", "missing_signature"), ("AAAA", "bad_signature")]
)
async def test_an_upgrade_that_twilio_did_not_sign_is_refused(carrier, context, signature, reason):
    with pytest.raises(WSServerHandshakeError) as refused:
        await carrier.open(signature=signature)
    assert refused.value.status == 403
    assert counted(context.metrics.media_refused, reason) == 1


async def test_what_is_signed_but_no_upgrade_is_no_media_socket(carrier, context):
    headers = {"X-Twilio-Signature": "AAAA"}
    assert (await carrier._client.get(MEDIA_PATH, headers=headers)).status == 403


@pytest.mark.parametrize("kind", ["none", "garbage", "expired", "another call's", "forged"])
async def test_a_token_that_is_not_this_calls_opens_nothing(carrier, context, pool, kind):
    await carrier.ring(1)
    given = {
        "none": "",
        "garbage": "1.2.3",
        "expired": token(context, seconds=-1),
        "another call's": (await carrier.ring(2)).token,
        "forged": f"{int(time.time() * 1000) + 60_000}.{'0' * 64}",
    }[kind]
    line = await carrier.open()
    await line.start(1, given)
    assert await line.closed() == 1008
    assert not line.heard
    assert counted(context.metrics.media_refused, "bad_token") == 1
    assert (await the_call(pool))["streams"] == 0


async def test_a_token_that_was_never_given_out_opens_nothing(carrier, context, pool):
    await carrier.ring(1)
    line = await carrier.open()
    await line.start(1, token(context, seconds=30))
    assert await line.closed() == 1008
    assert counted(context.metrics.media_refused, "used_token") == 1
    assert (await the_call(pool))["streams"] == 0


async def test_a_used_token_opens_no_second_socket_and_leaves_the_first_alone(
    carrier, context, pool
):
    told, again = await carrier.ring(), await carrier.ring()
    async with carrier.connected(token=told.token) as line:
        await line.heard_ms(20)
        for given in (told.token, again.token):
            second = await carrier.open()
            await second.start(1, given)
            assert await second.closed() == 1008
        before = len(line.heard)
        await line.press("2")
        await line.until(lambda line: len(line.heard) > before)
    assert counted(context.metrics.media_refused, "used_token") == 2
    assert (await the_call(pool))["streams"] == 1


async def test_a_call_that_is_over_takes_no_socket(carrier, context):
    told = await carrier.ring()
    await carrier.report("canceled")
    line = await carrier.open()
    await line.start(1, told.token)
    assert await line.closed() == 1008
    assert counted(context.metrics.media_refused, "used_token") == 1


async def test_a_socket_that_never_starts_is_closed(context, serve):
    client = await serve(
        [web.get(MEDIA_PATH, media.handler(VOICE, lambda: None, start_seconds=0.05))]
    )
    line = await Carrier(client, context.settings.public_url).open()
    await line.socket.send_str('{"event":"connected","protocol":"Call","version":"1.0.0"}')
    assert await line.closed() == 1002
    assert counted(context.metrics.media_refused, "never_started") == 1


async def test_a_socket_that_goes_before_it_starts_is_counted(carrier, context):
    line = await carrier.open()
    await line.close()
    refused = context.metrics.media_refused

    async def look():
        return counted(refused, "never_started")

    assert await eventually(look) == 1


async def test_what_comes_before_the_start_is_counted_and_the_call_goes_on(carrier, context):
    told = await carrier.ring()
    line = await carrier.open()
    await line.say(LOUD)
    await line.socket.send_bytes(b"\x00")
    await line.socket.send_str("nonsense")
    await line.start(1, told.token)
    line.listen()
    await line.heard_ms(20)
    await line.close()
    errors = context.metrics.media_errors
    reasons = ("media_before_start", "binary", "not_json")
    assert [counted(errors, each) for each in reasons] == [1, 1, 1]


async def test_without_the_database_the_socket_is_closed_so_that_the_carrier_asks_again(
    carrier, context
):
    told = await carrier.ring()
    await context.pool.close()
    line = await carrier.open()
    await line.start(1, told.token)
    assert await line.closed() == 1000
    assert counted(context.metrics.calls_active) == 0


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ('{"event":"media","streamSid":"MZ1","media":{"payload":"AAAA"}}', "wrong_stream"),
        (b"\x00" * 160, "binary"),
        ("{", "not_json"),
        (DEEP, "not_json"),
        (HUGE, "not_json"),
        (WIDE, "wrong_stream"),
        ("[]", "bad_shape"),
        ('{"event":"levitate"}', "unknown_event"),
        ("BASE64", "bad_base64"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else None,
)
async def test_one_bad_message_is_counted_and_the_call_goes_on(carrier, context, message, reason):
    async with carrier.connected() as line:
        await line.heard_ms(20)
        if message == "BASE64":
            await line.tell("media", track="inbound", payload="not base64!")
        elif isinstance(message, bytes):
            await line.socket.send_bytes(message)
        else:
            await line.socket.send_str(message)
        before = len(line.heard)
        await line.press("2")
        await line.until(lambda line: len(line.heard) > before)
    assert counted(context.metrics.media_errors, reason) == 1


async def test_too_much_nonsense_ends_the_socket_and_the_caller_is_brought_back(
    carrier, context, pool
):
    async with carrier.connected() as line:
        await line.heard_ms(20)
        for _ in range(MOST_MISTAKES + 1):
            await line.socket.send_str("nonsense")
        assert await line.closed() == 1000
    row = await settled(pool)
    assert (row["status"], row["end_reason"]) == ("in_progress", None)
    assert counted(context.metrics.media_errors, "not_json") == MOST_MISTAKES + 1
    assert (await carrier.after()).verbs == ["Connect", "Redirect"]


async def test_a_frame_of_ten_megabytes_ends_its_own_call_only(carrier, context, pool):
    async with carrier.connected(1) as other, carrier.connected(2) as line:
        await other.heard_ms(20)
        await line.heard_ms(20)
        with suppress(ConnectionError):  # it is closed before it has all come
            await line.socket.send_str("x" * 10_000_000)
        assert await line.closed() == 1009
        await settled(pool, 2)
        before = len(other.heard)
        await other.press("2")
        await other.until(lambda other: len(other.heard) > before)
        assert counted(context.metrics.calls_active) == 1
    assert counted(context.metrics.media_errors, "too_long") == 1
    assert (await carrier.after(2)).verbs == ["Connect", "Redirect"]


async def test_other_calls_do_not_notice_a_flood_of_nonsense(carrier, context, pool):
    async def flood(line):
        for message in (DEEP, HUGE, WIDE) * 4:
            await line.socket.send_str(message)
        return await line.closed()

    async with carrier.connected(1) as good, carrier.connected(2) as one:
        async with carrier.connected(3) as two:
            assert await asyncio.gather(flood(one), flood(two)) == [1000, 1000]
        before = len(good.heard)
        await good.press("2")
        await good.until(lambda good: len(good.heard) > before)
        await good.hang_up()
    row = await settled(pool, 1)
    assert (row["end_reason"], row["outcome"]) == ("caller_hung_up", "answered")
