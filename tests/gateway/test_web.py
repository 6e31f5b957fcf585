"""Webhooks at the edge: proved, committed, acknowledged; or refused, or parked; never lost."""

import asyncio
from dataclasses import replace

import pytest

from gateway import web as edges
from tests.gateway.lines import NUMBER, TWILIO, inbound_form, sid, signed
from tests.gateway.phone import counted
from tests.storage.arrivals import DANA

PATH, STATUS = "/webhooks/twilio/sms", "/webhooks/twilio/sms/status"


@pytest.fixture
async def arrived():
    return []


@pytest.fixture
async def client(context, serve, arrived):
    async def report(delivery):
        arrived.append(delivery)
        return True

    channel = replace(TWILIO)
    return await serve(
        edges.routes([channel], [], lambda accepted: arrived.append(accepted.due), report)
    )


@pytest.fixture
def post(client, context):
    async def post(form, path=PATH, **changes):
        url = context.settings.public_url + path
        return await client.post(path, **{**signed(url, form), **changes})

    return post


async def test_a_text_is_committed_before_it_is_acknowledged(pool, post, arrived):
    response = await post(inbound_form("20 adults"))
    assert (response.status, response.content_type) == (200, "text/xml")
    assert await response.text() == '<?xml version="1.0" encoding="UTF-8"?><Response/>'
    row = await pool.fetchrow("SELECT body, provider, provider_id, author FROM messages")
    assert tuple(row) == ("20 adults", "twilio", sid(1), "customer")
    assert arrived == [True]
    assert await pool.fetchval("SELECT their_address FROM conversations") == DANA


async def test_the_same_text_twice_is_acknowledged_twice_and_stored_once(pool, post, context):
    for _ in range(2):
        assert (await post(inbound_form())).status == 200
    assert await pool.fetchval("SELECT count(*) FROM messages") == 1
    assert counted(context.metrics.duplicates_absorbed) == 1


@pytest.mark.parametrize("headers", [{}, {"X-Twilio-Signature": "AAAA"}])
async def test_an_unsigned_or_forged_webhook_is_refused_and_counted(pool, post, context, headers):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    response = await post(inbound_form(), headers={**form, **headers})
    assert (response.status, await response.text()) == (403, "")
    assert await pool.fetchval("SELECT count(*) FROM messages") == 0
    reason = "bad_signature" if headers else "missing_signature"
    assert counted(context.metrics.signature_rejects, PATH, reason) == 1


async def test_a_get_of_a_webhook_is_refused(client):
    assert (await client.get(PATH)).status == 403


async def test_a_body_over_the_limit_is_refused_unread(pool, client):
    response = await client.post(PATH, data=b"x" * 70_000)
    assert response.status == 413
    assert await pool.fetchval("SELECT count(*) FROM parked_webhooks") == 0


async def test_what_is_proved_but_not_understood_is_parked_with_its_reason(pool, post, context):
    response = await post(inbound_form(sender="12345"))
    assert (response.status, response.content_type) == (200, "text/xml")
    row = await pool.fetchrow("SELECT path, reason, body FROM parked_webhooks")
    assert (row["path"], row["reason"]) == (PATH, "the sender has no phone number to answer")
    assert b"12345" in row["body"]
    assert counted(context.metrics.parked, "webhook") == 1


async def test_poison_beside_good_texts_holds_nobody_up(pool, post):
    forms = [inbound_form(f"text {n}", n) for n in range(1, 20)]
    forms.insert(7, inbound_form("poison", 50, sender="anonymous"))
    forms.insert(9, inbound_form("nul \0 here", 51))
    responses = await asyncio.gather(*(post(form) for form in forms))
    assert {response.status for response in responses} == {200}
    assert await pool.fetchval("SELECT count(*) FROM messages") == 20
    assert await pool.fetchval("SELECT body FROM messages WHERE provider_id=$1", sid(51)) == (
        "nul  here"
    )


async def test_a_status_callback_reaches_the_outbox_with_our_id(post, arrived):
    mid = "6f1e7f3a-0b4c-4f43-9a43-0a4a9a0d9b11"
    form = {
        "MessageSid": sid(9),
        "AccountSid": TWILIO.account_sid,
        "MessageStatus": "delivered",
        "To": DANA,
        "From": NUMBER,
    }
    assert (await post(form, f"{STATUS}?mid={mid}")).status == 200
    [report] = arrived
    assert (report.provider_id, report.status, str(report.message_id)) == (sid(9), "delivered", mid)


async def test_without_the_database_a_webhook_is_asked_to_come_again(post, context):
    await context.pool.close()
    response = await post(inbound_form())
    assert (response.status, response.headers["Retry-After"]) == (503, "5")


async def test_stop_is_recorded_and_nothing_falls_due(pool, post):
    await post(inbound_form("20 adults", 1))
    await post(inbound_form(" stop. ", 2))
    assert await pool.fetchval("SELECT address FROM opt_outs") == DANA
    assert await pool.fetchval("SELECT due_at FROM conversations") is None
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 0
    assert await pool.fetchval("SELECT wording FROM consents") == " stop. "


async def test_yes_is_an_opt_in_only_for_somebody_who_has_opted_out(pool, post):
    await post(inbound_form("yes", 1))
    assert await pool.fetchval("SELECT count(*) FROM consents") == 0
    await post(inbound_form("STOP", 2))
    await post(inbound_form("yes", 3))
    assert await pool.fetchval("SELECT count(*) FROM opt_outs") == 0
    kinds = await pool.fetch("SELECT kind FROM consents ORDER BY id")
    assert [row["kind"] for row in kinds] == ["stop", "start"]


async def test_help_is_answered_in_the_businesss_words_unless_the_provider_has(pool, post, context):
    await post(inbound_form("HELP", 1))
    await post(inbound_form("help", 2, OptOutType="HELP"))
    bodies = await pool.fetch("SELECT body, author FROM messages WHERE direction = 'out'")
    assert [tuple(row) for row in bodies] == [(context.business.help_text, "consent")]
    assert await pool.fetchval("SELECT due_at FROM conversations") is None


async def test_it_is_up_and_ready_until_it_drains_or_the_database_is_gone(client, context):
    assert (await client.get("/healthz")).status == 200
    ready = await client.get("/readyz")
    assert (ready.status, (await ready.json())["checks"]) == (
        200,
        {"database": True, "redis": True, "draining": False},
    )
    context.draining = True
    assert (await client.get("/readyz")).status == 503
    context.draining = False
    await context.pool.close()
    assert (await client.get("/readyz")).status == 503
    assert (await client.get("/healthz")).status == 200


async def test_metrics_are_for_those_who_may_see_them(client, tokens, post):
    await post(inbound_form())
    assert (await client.get("/metrics")).status == 401
    response = await client.get("/metrics", headers=tokens["viewer"])
    text = await response.text()
    assert 'concierge_webhook_acks_total{path="/webhooks/twilio/sms",status="200"' in text
    assert "concierge_inbox_conversations 1.0" in text
