"""Messages in, and the lane: once, in order, one worker at a time."""

import asyncio
from dataclasses import replace

from pipeline.inquiry.facts import Facts
from pipeline.inquiry.turn import Outcome
from storage import conversations, lanes
from tests.storage.arrivals import DANA, LEE, US, arrive, claim, close, idle, text


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
    second = await idle(pool, other.conversation_id)
    assert second is not None
    assert second.inquiry_id == first.inquiry_id
    assert await conversations.customer(pool, second.contact_id) == {"phone": DANA}


async def test_what_came_before_a_stop_is_owed_again_after_start(pool):
    await arrive(pool, text("20 adults", "SM1"), debounce=60)
    await arrive(pool, text("STOP", "SM2"), command="stop")
    assert await pool.fetchval("SELECT due_at FROM conversations") is None
    await arrive(pool, text("START", "SM3"), command="start")
    history = await lanes.history(pool, await claim(pool))
    assert [said.text for said in history.said] == ["20 adults"]


async def test_the_latest_messages_of_a_contact_come_from_all_channels_oldest_first(pool):
    await arrive(pool, text("one", "SM1"))
    await close(pool, await claim(pool), Outcome("Hello!", Facts()))
    await arrive(pool, text("STOP", "SM2"), command="stop")
    await arrive(pool, replace(text("two", "WA1"), channel="whatsapp"))
    await arrive(pool, text("somebody else's", "SM3", LEE))
    contact_id = await pool.fetchval("SELECT contact_id FROM identities WHERE value = $1", DANA)

    async def latest(limit, days=30.0):
        found = await conversations.latest(pool, contact_id, limit=limit, days=days)
        return [(said.by, said.text) for said in found]

    assert await latest(10) == [("customer", "one"), ("us", "Hello!"), ("customer", "two")]
    assert await latest(1) == [("customer", "two")]
    await pool.execute("UPDATE messages SET at = at - interval '40 days' WHERE body <> 'two'")
    assert await latest(10) == [("customer", "two")]
    await pool.execute("UPDATE messages SET parked = 'why' WHERE body = 'two'")
    assert await latest(10) == []


async def test_a_reply_by_staff_is_told_apart_from_ours(pool):
    await arrive(pool, text("one", "SM1"))
    await close(pool, await claim(pool))
    await pool.execute("UPDATE messages SET author = 'user:ann' WHERE direction = 'out'")
    contact_id = await pool.fetchval("SELECT contact_id FROM identities")
    found = await conversations.latest(pool, contact_id, limit=9, days=1.0)
    assert [each.by for each in found] == ["customer", "staff"]
