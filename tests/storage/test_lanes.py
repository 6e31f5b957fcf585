"""The lane: one worker at a time, everything or nothing, and nothing answered blindly."""

from uuid import uuid4

import pytest

from pipeline.inquiry.facts import Facts
from pipeline.inquiry.turn import Effect, Escalation, Outcome
from storage import conversations, inquiries, lanes
from storage.lanes import Fenced, Seen
from tests.storage.arrivals import DANA, LEE, SOON, US, arrive, claim, close, idle, text


async def nothing_to_claim(pool):
    return await lanes.claim_due(pool, worker="host:2", limit=5, lease_seconds=15) == []


async def test_what_a_dead_namesake_held_is_free_at_once_and_anothers_is_not(pool):
    await arrive(pool, text("a", "SM1", DANA))
    await arrive(pool, text("b", "SM2", LEE))
    mine, _other = await claim(pool, worker="host:1"), await claim(pool, worker="host:2")
    assert await lanes.abandon(pool, worker="host:1") == 1
    again = await claim(pool)
    assert (again.conversation_id, again.fence) == (mine.conversation_id, mine.fence + 1)
    assert await nothing_to_claim(pool)


async def test_one_claim_takes_a_conversation_and_a_second_finds_nothing(pool):
    await arrive(pool, text())
    lane = await claim(pool)
    assert (lane.their_address, lane.our_address, lane.fence) == (DANA, US, 1)
    assert await nothing_to_claim(pool)


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
    assert await nothing_to_claim(pool)


async def test_a_worker_that_slept_through_its_lease_is_fenced(pool):
    await arrive(pool, text())
    asleep = await claim(pool, lease=-1)
    awake = await claim(pool)
    assert awake.fence == asleep.fence + 1
    with pytest.raises(Fenced):
        await lanes.extend_lease(pool, asleep, lease_seconds=15)
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
    history = await lanes.history(pool, lane)
    await arrive(pool, text("no, 25", "SM2"))
    closed = await close(pool, lane, seen=Seen(history.last_inbound_seq, lane.inquiry_version))
    assert closed.message_id is None
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 0
    again = await claim(pool)
    history = await lanes.history(pool, again)
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
    await lanes.release(pool, lane, retry_seconds=60)
    assert await nothing_to_claim(pool)
    seconds = await lanes.seconds_until_due(pool)
    assert seconds == pytest.approx(60, abs=5)


async def test_a_message_that_cannot_be_answered_is_parked_and_the_conversation_goes_on(pool):
    await arrive(pool, text("poison", "SM1"))
    parked = await lanes.park(
        pool,
        await claim(pool),
        "failed",
        reply="Sorry!",
        message_id=uuid4(),
        respond_by=SOON,
        expires_seconds=60,
    )
    assert parked == 1
    row = await pool.fetchrow("SELECT reason, note FROM escalations")
    assert row["reason"] == "technical_error"
    await arrive(pool, text("20 adults", "SM2"))
    history = await lanes.history(pool, await claim(pool))
    assert [said.text for said in history.said] == ["Sorry!", "20 adults"]
    assert await pool.fetchval("SELECT parked FROM messages WHERE provider_id = 'SM1'") == "failed"


async def test_what_a_program_brings_is_its_own_to_answer(pool):
    conversation = await conversations.start(pool, "sms", "api", "api", ("phone", DANA))
    await arrive(
        pool, text("20 adults"), debounce=None
    )  # the same customer on another line of ours
    lane = await lanes.claim_idle(
        pool, conversation.conversation_id, worker="host:1", lease_seconds=15
    )
    assert lane is not None
    assert await nothing_to_claim(pool)
    assert await idle(pool, lane.conversation_id) is None
    closed = await close(pool, lane, expires=None)
    assert closed.message_id is not None
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_a_conversation_that_owes_a_texter_is_not_idle(pool):
    accepted = await arrive(pool, text(), debounce=60)
    found = await lanes.claim_idle(
        pool, accepted.conversation_id, worker="host:1", lease_seconds=15
    )
    assert found is None


async def test_what_answers_a_command_is_no_part_of_what_a_turn_looks_back_on(pool):
    accepted = await arrive(pool, text("20 adults", "SM1"))
    await conversations.add_reply(
        pool, accepted.conversation_id, uuid4(), "How to stop", by="consent", provider="twilio"
    )
    history = await lanes.history(pool, await claim(pool))
    assert [said.text for said in history.said] == ["20 adults"]
    assert (history.unanswered, history.last_inbound_seq) == (1, 1)


async def test_an_early_return_does_not_cut_a_debounce_short(pool):
    await arrive(pool, text("20", "SM1"))
    lane = await claim(pool)
    await arrive(pool, text("adults", "SM2"), debounce=60)
    await lanes.release(pool, lane, retry_seconds=0)
    assert await nothing_to_claim(pool)
