"""Messages in, and the lane: once, in order, one worker at a time."""

import asyncio

import pytest

from pipeline.inquiry.facts import Facts
from pipeline.inquiry.turn import Effect, Escalation, Outcome
from storage import conversations, inquiries
from storage.conversations import Fenced, Seen
from tests.storage.arrivals import DANA, LEE, SOON, US, arrive, claim, close, text


async def test_a_text_is_stored_once_however_often_it_comes(pool):
    arrivals = await asyncio.gather(*(arrive(pool, text("20 adults")) for _ in range(1000)))
    assert sum(each.fresh for each in arrivals) == 1
    assert await pool.fetchval("SELECT count(*) FROM messages") == 1
    assert await pool.fetchval("SELECT last_seq FROM conversations") == 1


async def test_texts_of_one_sender_that_come_at_once_get_one_place_each_in_one_conversation(pool):
    await asyncio.gather(*(arrive(pool, text(str(n), f"SM{n}")) for n in range(40)))
    rows = await pool.fetch("SELECT seq FROM messages ORDER BY seq")
    assert [row["seq"] for row in rows] == list(range(1, 41))
    assert await pool.fetchval("SELECT count(*) FROM conversations") == 1
    assert await pool.fetchval("SELECT count(*) FROM contacts") == 1


async def test_a_burst_moves_the_due_time_on_but_not_for_ever(pool):
    await arrive(pool, text("one", "SM1"), debounce=30)
    first = await pool.fetchrow("SELECT due_at, due_since FROM conversations")
    await arrive(pool, text("two", "SM2"), debounce=30)
    second = await pool.fetchrow("SELECT due_at, due_since FROM conversations")
    assert second["due_at"] > first["due_at"]
    assert second["due_since"] == first["due_since"]
    await pool.execute("UPDATE conversations SET due_since = now() - interval '2 minutes'")
    await arrive(pool, text("three", "SM3"), debounce=30)
    assert await pool.fetchval("SELECT due_at <= now() FROM conversations")


async def test_one_claim_takes_a_conversation_and_a_second_finds_nothing(pool):
    await arrive(pool, text())
    lane = await claim(pool)
    assert (lane.their_address, lane.our_address, lane.fence) == (DANA, US, 1)
    assert await conversations.claim_due(pool, limit=5, lease_seconds=15) == []


async def test_conversations_are_claimed_longest_due_first(pool):
    await arrive(pool, text("later", "SM2", LEE))
    await arrive(pool, text("first", "SM1", DANA))
    await pool.execute(
        "UPDATE conversations SET due_at = now() - interval '1 minute' WHERE their_address = $1",
        DANA,
    )
    lanes = [await claim(pool), await claim(pool)]
    assert [lane.their_address for lane in lanes] == [DANA, LEE]


async def test_a_conversation_that_a_person_owns_is_not_claimed(pool):
    await arrive(pool, text())
    await pool.execute("UPDATE conversations SET owner = 'person', owner_epoch = 2")
    assert await conversations.claim_due(pool, limit=5, lease_seconds=15) == []


async def test_a_worker_that_slept_through_its_lease_is_fenced(pool):
    await arrive(pool, text())
    asleep = await claim(pool, lease=-1)
    awake = await claim(pool)
    assert awake.fence == asleep.fence + 1
    with pytest.raises(Fenced):
        await conversations.extend_lease(pool, asleep, lease_seconds=15)
    with pytest.raises(Fenced):
        await close(pool, asleep)
    assert (await close(pool, awake)).message_id is not None
    assert await pool.fetchval("SELECT count(*) FROM messages WHERE direction = 'out'") == 1


async def test_closing_stores_reply_facts_and_debt_together_and_owes_nothing_more(pool):
    await arrive(pool, text("20 adults"))
    lane = await claim(pool)
    outcome = Outcome(
        reply="Total $1,100.00",
        facts=Facts(adults=20, name="Dana"),
        escalation=Escalation("large_party", "medium", "20 adults"),
        effects=(Effect("take_message", {"text": "call me"}),),
    )
    closed = await close(pool, lane, outcome)
    outbox = await pool.fetchrow("SELECT message_id, state, seq FROM outbox")
    assert tuple(outbox) == (closed.message_id, "queued", 2)
    matter = await inquiries.load(pool, lane.inquiry_id)
    assert (matter.version, matter.facts) == (2, outcome.facts)
    assert await pool.fetchval("SELECT name FROM contacts") == "Dana"
    assert await pool.fetchval("SELECT arguments FROM effects") == {"text": "call me"}
    assert await inquiries.is_escalated(pool, lane.conversation_id)
    row = await pool.fetchrow(
        "SELECT due_at, lease_until, answered_seq, attempts FROM conversations"
    )
    assert tuple(row) == (None, None, 1, 0)


async def test_a_message_during_the_turn_discards_the_draft_and_the_next_turn_sees_both(pool):
    await arrive(pool, text("20 adults", "SM1"))
    lane = await claim(pool)
    history = await conversations.history(pool, lane)
    await arrive(pool, text("no, 25", "SM2"))
    closed = await close(pool, lane, seen=Seen(history.last_inbound_seq, lane.inquiry_version))
    assert closed.message_id is None
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 0
    again = await claim(pool)
    history = await conversations.history(pool, again)
    assert [said.text for said in history.said] == ["20 adults", "no, 25"]
    assert (history.unanswered, again.attempts) == (2, 1)


async def test_another_conversation_of_the_contact_changing_the_inquiry_discards_the_draft(pool):
    await arrive(pool, text())
    lane = await claim(pool)
    await pool.execute("UPDATE inquiries SET version = version + 1")
    assert (await close(pool, lane)).message_id is None
    assert await pool.fetchval("SELECT count(*) FROM messages WHERE direction = 'out'") == 0
    assert await pool.fetchval("SELECT due_at IS NOT NULL FROM conversations")


async def test_a_person_taking_over_during_the_turn_discards_the_draft(pool):
    await arrive(pool, text())
    lane = await claim(pool)
    await pool.execute("UPDATE conversations SET owner = 'person', owner_epoch = 2")
    assert (await close(pool, lane)).message_id is None
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_a_failed_turn_falls_due_again_after_its_pause(pool):
    await arrive(pool, text())
    lane = await claim(pool)
    await conversations.release(pool, lane, retry_seconds=60)
    assert await conversations.claim_due(pool, limit=5, lease_seconds=15) == []
    seconds = await conversations.seconds_until_due(pool)
    assert seconds == pytest.approx(60, abs=5)


async def test_a_message_that_cannot_be_answered_is_parked_and_the_conversation_goes_on(pool):
    await arrive(pool, text("poison", "SM1"))
    assert await conversations.park(pool, await claim(pool), "failed", SOON) == 1
    row = await pool.fetchrow("SELECT reason, note FROM escalations")
    assert row["reason"] == "technical_error"
    await arrive(pool, text("20 adults", "SM2"))
    history = await conversations.history(pool, await claim(pool))
    assert [said.text for said in history.said] == ["20 adults"]
    assert await pool.fetchval("SELECT parked FROM messages WHERE provider_id = 'SM1'") == "failed"


async def test_stop_is_on_record_silences_the_number_and_start_ends_it(pool):
    await arrive(pool, text("20 adults", "SM1"), debounce=60)
    assert not (await arrive(pool, text("Stop!", "SM2"), command="stop")).due
    assert await conversations.is_opted_out(pool, "sms", US, DANA)
    assert await pool.fetchval("SELECT due_at FROM conversations") is None
    assert not (await arrive(pool, text("hello?", "SM3"))).due
    assert not (await arrive(pool, text("START", "SM4"), command="start")).due
    assert not await conversations.is_opted_out(pool, "sms", US, DANA)
    assert (await arrive(pool, text("hello", "SM5"))).due
    ledger = await pool.fetch("SELECT kind, wording, source FROM consents ORDER BY id")
    assert [tuple(row) for row in ledger] == [
        ("stop", "Stop!", "twilio message"),
        ("start", "START", "twilio message"),
    ]


async def test_what_a_program_brings_is_its_own_to_answer(pool):
    conversation = await conversations.start(pool, "sms", "api", "api", ("phone", DANA))
    await arrive(
        pool, text("20 adults"), debounce=None
    )  # the same customer on another line of ours
    lane = await conversations.claim_idle(pool, conversation.conversation_id, lease_seconds=15)
    assert lane is not None
    assert await conversations.claim_due(pool, limit=5, lease_seconds=15) == []
    assert await conversations.claim_idle(pool, lane.conversation_id, lease_seconds=15) is None
    closed = await close(pool, lane, expires=None)
    assert closed.message_id is not None
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_a_conversation_that_owes_a_texter_is_not_idle(pool):
    accepted = await arrive(pool, text(), debounce=60)
    found = await conversations.claim_idle(pool, accepted.conversation_id, lease_seconds=15)
    assert found is None


async def test_a_conversation_is_found_by_any_identity_of_its_contact(pool):
    accepted = await arrive(pool, text())
    await conversations.add_identities(
        pool, accepted.conversation_id, [("email", "dana@example.com"), ("phone", LEE)]
    )
    found = await conversations.find_by_identity(pool, "sms", [("email", "dana@example.com")])
    assert found is not None
    assert found.conversation_id == accepted.conversation_id
    assert await conversations.find_by_identity(pool, "email", [("phone", DANA)]) is None
    assert await conversations.find(pool, accepted.conversation_id) == found


async def test_an_identity_that_somebody_has_stays_theirs(pool):
    await arrive(pool, text("hi", "SM1", LEE))
    dana = await arrive(pool, text("hi", "SM2", DANA))
    await conversations.add_identities(pool, dana.conversation_id, [("phone", LEE)])
    owners = await pool.fetch("SELECT DISTINCT contact_id FROM identities")
    assert len(owners) == 2


async def test_two_channels_of_one_number_share_one_inquiry(pool):
    await arrive(pool, text())
    first = await claim(pool)
    other = await conversations.start(pool, "whatsapp", "api", "api", ("phone", DANA))
    second = await conversations.claim_idle(pool, other.conversation_id, lease_seconds=15)
    assert second is not None
    assert second.inquiry_id == first.inquiry_id
    assert await conversations.customer(pool, second.contact_id) == {"phone": DANA}
