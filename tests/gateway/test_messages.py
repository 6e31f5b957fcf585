"""A text arrives and is answered: lanes by the attendant and by models that follow a script."""

import asyncio
from dataclasses import replace

import pytest

from gateway import messages
from gateway.messages import MAX_ATTEMPTS, PARKED, Lanes
from pipeline.errors import ModelFailed
from pipeline.inquiry.turn import ModelReply
from storage import conversations, lanes
from tests.storage.arrivals import DANA, LEE, claim, text


@pytest.fixture
def impatient(context):
    """The context of a business that answers at once."""
    manner = replace(context.business.manners["sms"], debounce_seconds=0.0)
    context.business = replace(
        context.business, manners={**context.business.manners, "sms": manner}
    )
    return context


@pytest.fixture
def arrive(impatient):
    async def arrive(body, sid="SM1", sender=DANA):
        return await messages.accept(impatient, text(body, sid, sender))

    return arrive


async def step(context, model=None, replied=lambda: None):
    """One round of the lanes, every claimed conversation run to its end."""
    await asyncio.gather(*(await Lanes(context, model, replied)._claim(16)))


async def replies(pool):
    rows = await pool.fetch("SELECT body FROM messages WHERE direction = 'out' ORDER BY at")
    return [row["body"] for row in rows]


async def test_a_text_is_answered_with_the_exact_quote_and_owed_to_its_sender(
    pool, impatient, arrive
):
    told = []
    await arrive("how much for 20 adults in 95125? no kids")
    await step(impatient, replied=lambda: told.append("replied"))
    [reply] = await replies(pool)
    assert "$1,100.00" in reply
    assert "AI assistant" in reply
    row = await pool.fetchrow("SELECT state, total_cents, stage FROM outbox, quotes, inquiries")
    assert tuple(row) == ("queued", 110000, "quoted")
    assert told == ["replied"]


async def test_a_burst_gets_one_answer_that_has_seen_all(pool, impatient, arrive):
    await arrive("20 adults", "SM1")
    await arrive("and 5 kids", "SM2")
    await arrive("95125", "SM3")
    await step(impatient)
    [reply] = await replies(pool)
    assert "$1,250.00" in reply


async def test_facts_last_from_turn_to_turn_with_and_without_redis(pool, impatient, arrive):
    await arrive("20 adults no kids in 95125", "SM1")
    await step(impatient)
    await arrive("actually make it 25", "SM2")
    await step(impatient)
    await impatient.sessions.redis.flushdb()
    await arrive("and 10 filet please", "SM3")
    await step(impatient)
    first, second, third = await replies(pool)
    assert "$1,100.00" in first
    assert "$1,375.00" in second
    assert "$1,425.00" in third
    rebuilt = impatient.metrics.sessions_rebuilt._value.get()
    assert rebuilt == 2  # the first turn, and the one after the flush


async def test_customers_do_not_mix(pool, impatient, arrive):
    await arrive("20 adults no kids in 95125", "SM1", DANA)
    await arrive("12 adults no kids in 95125", "SM2", LEE)
    await step(impatient)
    rows = await pool.fetch(
        "SELECT c.their_address, m.body FROM messages m JOIN conversations c"
        " ON c.id = m.conversation_id WHERE m.direction = 'out'"
    )
    by_customer = {row["their_address"]: row["body"] for row in rows}
    assert "$1,100.00" in by_customer[DANA]
    assert "$660.00" in by_customer[LEE]


async def test_a_text_during_the_turn_discards_the_draft_and_is_answered_with_it(
    pool, impatient, arrive
):
    async def slow(question):
        if len(question.snapshot.history) == 1:
            await arrive("sorry, 25 adults", "SM2")
        return ModelReply(f"seen {len(question.snapshot.history)}", model="slow")

    await arrive("20 adults", "SM1")
    await step(impatient, slow)
    assert await replies(pool) == []
    await step(impatient, slow)
    [reply] = await replies(pool)
    assert reply.endswith("seen 2")


async def test_the_attendant_stands_in_for_a_model_that_fails(pool, impatient, arrive):
    async def broken(question):
        raise ModelFailed("status 500")

    await arrive("how much for 20 adults, no kids, 95125")
    await step(impatient, broken)
    [reply] = await replies(pool)
    assert "$1,100.00" in reply
    assert await pool.fetchval("SELECT author FROM messages WHERE direction='out'") == "attendant"


async def test_a_models_wrong_figure_never_leaves(pool, impatient, arrive):
    complaints = []

    async def liar(question):
        complaints.append(question.complaint)
        return ModelReply("For 20 adults the total is $999.00, all in!", model="liar")

    await arrive("how much for 20 adults?")
    await step(impatient, liar)
    [reply] = await replies(pool)
    assert "999" not in reply
    assert complaints[0] == ""
    assert "999" in complaints[1]
    assert await pool.fetchval("SELECT reason FROM escalations") == "validation_failure"


async def test_a_turn_that_crashes_is_given_back_and_at_last_parked_while_others_go_on(
    pool, impatient, arrive
):
    async def brittle(question):
        if "poison" in question.snapshot.history[-1].text:
            raise ZeroDivisionError
        return ModelReply("All good.", model="brittle")

    await arrive("poison", "SM1", DANA)
    await arrive("hello", "SM2", LEE)
    for _ in range(MAX_ATTEMPTS + 1):
        await step(impatient, brittle)
        await pool.execute("UPDATE conversations SET due_at = now() WHERE due_at IS NOT NULL")
    good, sorry = await replies(pool)
    assert good.endswith("All good.")
    assert "A person from our team will answer" in sorry
    row = await pool.fetchrow("SELECT parked, body FROM messages WHERE parked IS NOT NULL")
    assert tuple(row) == (PARKED, "poison")
    assert await pool.fetchval("SELECT reason FROM escalations") == "technical_error"
    assert await pool.fetchval("SELECT count(*) FROM conversations WHERE due_at IS NOT NULL") == 0


async def test_a_worker_that_lost_its_lane_stores_nothing(pool, impatient, arrive):
    async def overtaken(question):
        await pool.execute("UPDATE conversations SET lease_until = now() - interval '1 s'")
        await claim(pool)
        return ModelReply("Too late.", model="overtaken")

    await arrive("hello")
    await step(impatient, overtaken)
    assert await replies(pool) == []


async def test_what_a_program_knows_of_a_customer_reaches_the_turn(pool, impatient):
    conversation = await conversations.start(pool, "sms", "api", "api", ("phone", DANA))
    await conversations.receive(
        pool,
        replace(text("20 adults, no kids"), recipient="api", provider="api"),
        conversation.conversation_id,
        identity_kind="phone",
        command=None,
        debounce_seconds=None,
    )
    lane = await lanes.claim_idle(
        pool, conversation.conversation_id, worker="host:1", lease_seconds=15
    )
    known = {"name": "Dana", "zipcode": "95125"}
    outcome, _ = await messages.answer(impatient, lane, None, sending=False, known=known)
    assert (outcome.facts.name, outcome.facts.zip) == ("Dana", "95125")
    assert (outcome.facts.adults, outcome.facts.children) == (20, 0)
    assert "$1,100.00" in outcome.reply
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 0
