"""A worker wired: over real servers it serves, drains, and leaves nothing behind."""

import asyncio
import re

import pytest
from aiohttp.test_utils import TestClient, TestServer

from channels.contract import secret_values
from gateway.app import opened
from gateway.settings import load
from storage.businesses import prepare
from tests.gateway.lines import ACCOUNT, NUMBER, TOKEN, TWILIO, inbound_form, signed


@pytest.fixture
def settings(database_dsn, redis_url, tmp_path):
    environ = {
        "DATA_DIR": str(tmp_path),
        "API_TOKEN": "the-owner's-own-token",
        "SECRET_KEY": "canary-secret-key-0123456789",
        "DATABASE_URL": database_dsn,
        "REDIS_URL": redis_url,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_NUMBER": NUMBER,
        "TWILIO_API_URL": "http://127.0.0.1:9",
    }
    return load(environ, None)


async def test_a_signed_text_becomes_an_owed_answer_and_closing_leaves_no_task(
    settings, pool, database_dsn
):
    await prepare(database_dsn, "my_hibachi")
    before = asyncio.all_tasks()
    async with (
        opened(settings, 1) as worker,
        TestClient(TestServer(worker.application)) as client,
    ):
        path = "/webhooks/twilio/sms"
        form = inbound_form("how much for 20 adults, no kids, 95125?")
        response = await client.post(path, **signed(settings.public_url + path, form))
        assert response.status == 200
        async with asyncio.timeout(10):
            while not await pool.fetchval("SELECT count(*) FROM outbox"):  # noqa: ASYNC110
                await asyncio.sleep(0)
    assert asyncio.all_tasks() - before == set()
    body = await pool.fetchval("SELECT body FROM messages WHERE direction = 'out'")
    assert "$1,100.00" in body


async def test_every_route_says_how_its_caller_is_proved(settings, database_dsn):
    await prepare(database_dsn, "my_hibachi")
    open_to_all = {"/", "/healthz", "/readyz", "/v1/openapi.json"}
    async with (
        opened(settings, 1) as worker,
        TestClient(TestServer(worker.application)) as client,
    ):
        for route in worker.application.router.routes():
            path = route.resource.canonical
            if path in open_to_all:
                continue
            method = "POST" if route.method == "*" else route.method
            response = await client.request(method, re.sub(r"\{.*?\}", "1", path))
            assert response.status in (401, 403), (method, path)


def test_a_channels_secrets_are_known_to_the_log():
    assert secret_values(TWILIO) == [TOKEN]
