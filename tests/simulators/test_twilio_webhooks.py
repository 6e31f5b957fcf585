"""Webhooks as Twilio makes them: signed, within a deadline, repeated only if nobody answered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from twilio.request_validator import RequestValidator

from tests.simulators.ledger import Ledger
from tests.simulators.stand_in import StandIn
from tests.simulators.twilio import listen
from tests.simulators.twilio_webhooks import Webhooks

FORM = {"MessageSid": "SM1", "Body": "Héllo 😀 + more", "Empty": ""}
PUBLIC = "https://gw.example.com/webhooks/twilio/sms"


@asynccontextmanager
async def webhooks(
    ledger: Ledger, *, retries: int = 1, deadline: float = 5.0
) -> AsyncIterator[Webhooks]:
    made = Webhooks("token", ledger, retries=retries, deadline=deadline)
    try:
        yield made
    finally:
        await made.close()


def kinds(ledger: Ledger) -> list[object]:
    return [event.get("reason", event["kind"]) for event in ledger.events()]


async def test_a_webhook_is_signed_for_the_public_url_and_delivered_here() -> None:
    ledger = Ledger()
    async with StandIn() as gateway, webhooks(ledger) as twilio:
        target = f"{gateway.url}/webhooks/twilio/sms"
        assert await twilio.post("inbound", PUBLIC, target, FORM) == 200
        [heard] = gateway.heard
    assert heard.form == FORM
    assert heard.headers["host"] == "gw.example.com"
    assert heard.headers["i-twilio-idempotency-token"]
    signature = heard.headers["x-twilio-signature"]
    assert RequestValidator("token").validate(PUBLIC, FORM, signature)
    [_, response] = ledger.events()
    assert (response["status"], response["content_type"]) == (200, "text/xml")


@pytest.mark.parametrize("retries", [0, 1, 3])
async def test_only_a_failure_to_connect_is_tried_again(retries: int) -> None:
    ledger = Ledger()
    closed = listen(0)
    port = closed.getsockname()[1]
    closed.close()
    async with webhooks(ledger, retries=retries) as twilio:
        assert await twilio.post("inbound", PUBLIC, f"http://127.0.0.1:{port}/x", FORM) is None
    assert kinds(ledger) == ["webhook_attempt", "connect"] * (retries + 1)


@pytest.mark.parametrize("status", [403, 500, 503])
async def test_a_bad_answer_is_final(status: int) -> None:
    ledger = Ledger()
    async with StandIn(status) as gateway, webhooks(ledger) as twilio:
        assert await twilio.post("inbound", PUBLIC, f"{gateway.url}/x", FORM) == status
    assert kinds(ledger) == ["webhook_attempt", "webhook_response"]


async def test_an_answer_after_the_deadline_is_none() -> None:
    ledger = Ledger()
    silent = listen(0)
    target = f"http://127.0.0.1:{silent.getsockname()[1]}/x"
    async with webhooks(ledger, deadline=0.05) as twilio:
        assert await twilio.post("inbound", PUBLIC, target, FORM) is None
    silent.close()
    assert kinds(ledger) == ["webhook_attempt", "timeout"]


async def test_a_connection_that_breaks_is_not_tried_again() -> None:
    ledger = Ledger()

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.transport.abort()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        target = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"
        async with webhooks(ledger) as twilio:
            assert await twilio.post("inbound", PUBLIC, target, FORM) is None
    assert kinds(ledger)[0] == "webhook_attempt"
    assert len(ledger.events("webhook_failed")) == len(ledger.events()) - 1 == 1
