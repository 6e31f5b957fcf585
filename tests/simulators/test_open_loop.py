"""The load is what it says: signed like Twilio's, on time, and fair to those who had to wait."""

import asyncio
import time

import aiohttp
import pytest
from aiohttp import web

from channels.contract import Webhook
from channels.twilio_sms import INBOUND_PATH, TwilioSms
from pipeline.messages import InboundMessage
from tests.simulators.open_loop import (
    ACCOUNT,
    AUTH_TOKEN,
    OUR_NUMBER,
    Provider,
    open_loop,
    served,
    texts,
)

CHANNEL = TwilioSms(ACCOUNT, AUTH_TOKEN, OUR_NUMBER)


def test_a_text_is_one_that_our_channel_takes_for_twilios():
    url = f"http://127.0.0.1:8080{INBOUND_PATH}"
    load = texts(3, "How much for 10?", url, first=9_999)
    facts = [
        CHANNEL.receive(
            Webhook(
                "POST",
                url,
                INBOUND_PATH,
                {name.lower(): value for name, value in text.headers.items()},
                text.body,
            )
        ).facts[0]
        for text in load
    ]
    assert all(isinstance(fact, InboundMessage) for fact in facts)
    assert [fact.sender for fact in facts] == ["+14085559999", "+14155550000", "+14155550001"]
    assert {fact.text for fact in facts} == {"How much for 10?"}
    assert len({fact.provider_id for fact in facts}) == 3


def test_handsets_take_turns():
    load = texts(5, "hello", "http://127.0.0.1/", first=10, handsets=2)
    assert [text.sender[-2:] for text in load] == ["10", "11", "10", "11", "10"]
    assert len({text.body for text in load}) == 5


async def _loaded(handler, count: int, rate: float):
    app = web.Application()
    app.router.add_post(INBOUND_PATH, handler)
    async with served(app, 0) as port:
        url = f"http://127.0.0.1:{port}{INBOUND_PATH}"
        return await open_loop(url, texts(count, "hello", url), rate)


async def test_every_text_is_delivered_once_and_timed():
    seen = []

    async def take(request: web.Request) -> web.Response:
        seen.append(await request.read())
        return web.Response()

    run = await _loaded(take, 50, 500)
    assert len(set(seen)) == len(run.latencies) == len(run.late) == len(run.due) == 50
    assert run.refused == 0
    assert min(run.latencies) > 0
    moments = list(run.due.values())
    assert moments[-1] - moments[0] == pytest.approx(49 / 500)


async def test_a_stall_is_felt_by_everyone_who_had_to_wait():
    stalled = asyncio.Event()

    async def stall_once(_request: web.Request) -> web.Response:
        if not stalled.is_set():
            stalled.set()
            time.sleep(0.3)  # noqa: ASYNC251  the whole server stands still
        return web.Response()

    run = await _loaded(stall_once, 60, 200)
    # 0.3 s at 200 a second: some 60 texts were due meanwhile, the last of them hardly late.
    assert max(run.latencies) >= 0.3
    assert sum(latency > 0.1 for latency in run.latencies) >= 30


async def test_what_is_not_answered_with_200_is_refused():
    async def refuse(request: web.Request) -> web.Response:
        if b"0000&" in await request.read():
            assert request.transport is not None
            request.transport.abort()
        return web.Response(status=503)

    run = await _loaded(refuse, 5, 100)
    assert run.refused == 5
    assert run.latencies == []


async def test_the_provider_remembers_when_each_handset_got_its_first_reply():
    async with Provider().serving() as provider, aiohttp.ClientSession() as session:
        url = f"{provider.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        sids = set()
        for recipient in ("+14085550001", "+14085550002", "+14085550001"):
            async with session.post(url, data={"To": recipient, "Body": "x"}) as response:
                assert response.status == 201
                sids.add((await response.json())["sid"])
    assert len(sids) == 3
    first, second = (provider.taken[f"+1408555000{n}"] for n in (1, 2))
    assert first < second
