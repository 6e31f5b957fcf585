"""Messages out: the last gate, one at a time per conversation, never twice, never backwards."""

from itertools import permutations
from uuid import uuid4

import pytest

from pipeline.messages import Delivery, DeliveryReport, Receipt
from storage import outbox
from tests.storage.arrivals import DANA, LEE, SOON, US, arrive, owed, text


async def sending(pool, sender="host:1", limit=10, lease=30.0):
    return await outbox.claim(pool, sender=sender, limit=limit, lease_seconds=lease)


async def state(pool, message_id):
    row = await pool.fetchrow("SELECT state, reason FROM outbox WHERE message_id = $1", message_id)
    return tuple(row)


async def test_a_debt_is_claimed_once_as_sending_with_all_that_a_channel_needs(pool):
    message_id = await owed(pool)
    [claimed] = await sending(pool)
    assert (claimed.state, claimed.attempts, claimed.provider) == ("sending", 1, "twilio")
    message = claimed.message
    assert (message.message_id, message.sender, message.recipient) == (message_id, US, DANA)
    assert message.text == "Hello!"
    assert await sending(pool) == []


async def test_a_conversation_sends_one_message_at_a_time_in_order_while_others_flow(pool):
    first = await owed(pool, "a", "SM1")
    second = await owed(pool, "b", "SM2")
    other = await owed(pool, "c", "SM3", LEE)
    assert {each.message.message_id for each in await sending(pool)} == {first, other}
    await outbox.unknown(pool, first, "no answer")
    assert await sending(pool) == []
    await outbox.sent(pool, first, Receipt("SMout1"))
    assert [each.message.message_id for each in await sending(pool)] == [second]


async def test_stop_before_sending_blocks(pool):
    message_id = await owed(pool)
    await arrive(pool, text("STOP", "SM2"), command="stop")
    [claimed] = await sending(pool)
    assert (claimed.state, claimed.reason) == ("blocked", "opted_out")
    assert await state(pool, message_id) == ("blocked", "opted_out")


async def test_a_person_taking_over_before_sending_blocks(pool):
    message_id = await owed(pool)
    await pool.execute("UPDATE conversations SET owner = 'person', owner_epoch = 2")
    await sending(pool)
    assert await state(pool, message_id) == ("blocked", "owner_changed")


async def test_a_reply_that_comes_too_late_expires(pool):
    message_id = await owed(pool)
    await pool.execute("UPDATE outbox SET expires_at = now()")
    await sending(pool)
    assert await state(pool, message_id) == ("expired", "too_late")


async def test_a_delayed_message_waits_and_is_tried_again(pool):
    message_id = await owed(pool)
    await sending(pool)
    await outbox.delayed(pool, message_id, "429", 60)
    assert await sending(pool) == []
    assert await outbox.seconds_until_due(pool) == pytest.approx(60, abs=5)
    await pool.execute("UPDATE outbox SET due_at = now()")
    [again] = await sending(pool)
    assert again.attempts == 2


async def test_what_a_dead_worker_was_sending_is_unknown_and_never_queued_again(pool):
    first = await owed(pool, "a", "SM1")
    second = await owed(pool, "b", "SM2", LEE)
    await sending(pool, sender="host:1", limit=1)
    await sending(pool, sender="host:2", limit=1)
    assert await outbox.abandon(pool, sender="host:1") == 1
    assert await state(pool, first) == ("unknown", "worker_died")
    assert (await state(pool, second))[0] == "sending"
    await pool.execute("UPDATE outbox SET lease_until = now() - interval '1 s'")
    assert await outbox.abandon(pool) == 1
    assert await state(pool, second) == ("unknown", "worker_died")
    assert await sending(pool) == []


async def test_an_unknown_is_looked_for_again_after_a_while_until_a_person_judges_it(pool):
    message_id = await owed(pool)
    await sending(pool)
    await outbox.unknown(pool, message_id, "no answer")
    [lost] = await outbox.claim_unknown(pool, limit=5, look_again_seconds=5)
    assert (lost.looked, lost.message.message_id) == (1, message_id)
    assert await outbox.claim_unknown(pool, limit=5, look_again_seconds=5) == []
    await outbox.give_up(pool, message_id, SOON)
    await outbox.give_up(pool, message_id, SOON)
    assert await outbox.claim_unknown(pool, limit=5, look_again_seconds=5) == []
    note = await pool.fetchval("SELECT note FROM escalations WHERE reason = 'delivery_unknown'")
    assert note == "Our reply may not have arrived (not_found): Hello!"
    behind = await owed(pool, "b", "SM2")
    assert [each.message.message_id for each in await sending(pool)] == [behind]


async def test_a_callback_settles_an_unknown_though_the_reply_was_lost(pool):
    message_id = await owed(pool)
    await sending(pool)
    await outbox.unknown(pool, message_id, "no answer")
    report = DeliveryReport("twilio", "SMout1", Delivery.DELIVERED, message_id)
    assert await outbox.report(pool, report, SOON)
    assert (await state(pool, message_id))[0] == "delivered"
    stored = await pool.fetchval("SELECT provider_id FROM messages WHERE id = $1", message_id)
    assert stored == "SMout1"
    assert await outbox.known_provider_ids(pool, "twilio", ["SMout1", "SMx"]) == {"SMout1"}


REPORTS = (Delivery.ACCEPTED, Delivery.SENT, Delivery.DELIVERED, Delivery.READ)


@pytest.mark.parametrize("order", list(permutations(REPORTS)), ids="-".join)
async def test_reports_in_any_order_end_where_the_furthest_does(pool, order):
    message_id = await owed(pool)
    await sending(pool)
    seen = []
    for status in order:
        await outbox.report(pool, DeliveryReport("twilio", "SMout1", status, message_id), SOON)
        seen.append((await state(pool, message_id))[0])
    assert seen[-1] == "read"
    assert seen == sorted(seen, key=[each.value for each in REPORTS].index)


async def test_the_receipt_after_a_faster_callback_does_not_go_backwards(pool):
    message_id = await owed(pool)
    await sending(pool)
    await outbox.report(
        pool, DeliveryReport("twilio", "SMout1", Delivery.DELIVERED, message_id), SOON
    )
    await outbox.sent(pool, message_id, Receipt("SMout1", segments=2))
    row = await pool.fetchrow("SELECT state, segments FROM outbox")
    assert tuple(row) == ("delivered", 2)


async def test_a_report_about_a_stranger_changes_nothing(pool):
    for message_id in (None, uuid4()):
        report = DeliveryReport("twilio", "SMstranger", Delivery.DELIVERED, message_id)
        assert not await outbox.report(pool, report, SOON)


async def test_a_failure_is_shown_to_a_person_once(pool):
    message_id = await owed(pool)
    await sending(pool)
    await outbox.sent(pool, message_id, Receipt("SMout1"))
    failed = DeliveryReport("twilio", "SMout1", Delivery.FAILED, error_code="30003")
    await outbox.report(pool, failed, SOON)
    await outbox.report(pool, failed, SOON)
    assert await state(pool, message_id) == ("failed", "30003")
    notes = await pool.fetch("SELECT reason, note FROM escalations")
    assert [tuple(row) for row in notes] == [
        ("delivery_failed", "Our reply may not have arrived (30003): Hello!")
    ]


async def test_a_refusal_because_of_an_opt_out_becomes_our_opt_out(pool):
    message_id = await owed(pool)
    await sending(pool)
    await outbox.ended(pool, message_id, "21610", opted_out=True, respond_by=SOON)
    assert await state(pool, message_id) == ("blocked", "21610")
    source = await pool.fetchval("SELECT source FROM consents WHERE kind = 'stop'")
    assert source == "provider refusal"
    assert await pool.fetchval("SELECT count(*) FROM escalations") == 0
    assert not (await arrive(pool, text("hello?", "SM2"))).due


async def test_a_refusal_for_good_is_failed_and_shown_to_a_person(pool):
    message_id = await owed(pool)
    await sending(pool)
    await outbox.ended(pool, message_id, "21211", opted_out=False, respond_by=SOON)
    assert await state(pool, message_id) == ("failed", "21211")
    assert await pool.fetchval("SELECT priority FROM escalations") == "high"
