"""Customers text, and the program that anybody can start answers them."""

import asyncio
import re
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from redis import Redis

from pipeline.business.document import parse
from pipeline.inquiry.policy import promise
from storage.businesses import seed_files
from tests.e2e.house import BUSINESS, House
from tests.e2e.program import stopped, until
from tests.simulators.twilio import INBOUND_PATH

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.usefixtures("judged")]

QUESTION = "hi, quote for 20 adults in 95125"
TOTAL = "$1,100.00"  # 20 adults at $55; 95125 is within 30 miles of Fremont
LONGEST_REPLY = 459
HELP = parse(seed_files(BUSINESS)).help_text


def created_for(house: House, number: str) -> list[str]:
    """What was sent to this customer, in order."""
    return [str(e["body"]) for e in house.twilio.ledger.events("created") if e["to"] == number]


async def states(house: House, number: str) -> list[str]:
    """How far each of our messages to this customer has come."""
    rows = await house.pool.fetch(
        "SELECT o.state FROM outbox o JOIN conversations c ON c.id = o.conversation_id"
        " WHERE c.their_address = $1 ORDER BY o.seq",
        number,
    )
    return [row["state"] for row in rows]


async def test_a_text_gets_an_exact_quote_and_it_is_seen_to_arrive(house, customer):
    reply = await house.ask(customer, QUESTION)
    assert TOTAL in reply
    assert len(reply) <= LONGEST_REPLY
    await house.at_rest()
    assert await states(house, customer) == ["delivered"]


async def test_a_burst_gets_one_answer_that_has_seen_all_of_it(house, customer):
    burst = ["hello there", "we'd be 20 adults", "the party is in 95125"]
    await asyncio.gather(*(house.twilio.text(customer, each) for each in burst))
    assert TOTAL in await house.answer(customer)
    await house.at_rest()
    assert len(created_for(house, customer)) == 1


async def test_the_same_webhook_five_times_at_once_gets_one_answer(house, customer):
    await house.twilio.text(customer, QUESTION, copies=5)
    assert TOTAL in await house.answer(customer)
    await house.at_rest()
    assert len(created_for(house, customer)) == 1


async def test_after_stop_nothing_is_ever_sent_until_start(house, customer):
    await asyncio.gather(*(house.twilio.text(customer, each) for each in (QUESTION, "Stop")))
    assert "unsubscribed" in await house.answer(customer)
    await house.twilio.text(customer, "are you still there? 20 adults in 95125")
    await house.at_rest()
    assert created_for(house, customer) == []
    asked = [e["form"]["To"] for e in house.twilio.ledger.events("create_request")]
    assert [customer] not in asked

    assert "re-subscribed" in await house.ask(customer, "START")
    assert TOTAL in await house.ask(customer, QUESTION)


async def test_help_is_answered_in_the_businesss_own_words(house, customer):
    carriers = await house.ask(customer, "HELP")
    assert carriers != HELP
    assert await house.answer(customer) == HELP


@pytest.mark.parametrize("signature", [None, "", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="])
async def test_a_webhook_that_twilio_did_not_sign_is_refused(house, customer, signature):
    form = {"MessageSid": f"SM{0:032x}", "From": customer, "Body": QUESTION}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if signature is not None:
        headers["X-Twilio-Signature"] = signature
    for path in (INBOUND_PATH, f"{INBOUND_PATH}/status"):
        async with house.http.post(path, data=urlencode(form), headers=headers) as response:
            assert response.status == 403
    stored = "SELECT count(*) FROM conversations WHERE their_address = $1"
    assert await house.pool.fetchval(stored, customer) == 0


async def test_who_asks_for_a_person_is_promised_an_honest_time_and_staff_see_it(house, customer):
    before = promise(parse(seed_files(BUSINESS)), datetime.now(UTC))
    reply = await house.ask(customer, "I want to talk to a person please")
    after = promise(parse(seed_files(BUSINESS)), datetime.now(UTC))
    assert re.search(r"(by|after) \d{1,2}:\d\d [AP]M", reply)
    assert before.words in reply or after.words in reply
    row = await house.pool.fetchrow(
        "SELECT e.* FROM escalations e JOIN conversations c ON c.id = e.conversation_id"
        " WHERE c.their_address = $1",
        customer,
    )
    assert (row["reason"], row["priority"], row["status"]) == (
        "asked_for_person",
        "high",
        "pending",
    )
    assert before.by <= row["respond_by"] <= after.by


async def test_two_customers_at_once_do_not_mix(house, customers):
    ann, bob = next(customers), next(customers)

    async def told(number: str, *texts: str) -> str:
        return [await house.ask(number, text) for text in texts][-1]

    for_ann, for_bob = await asyncio.gather(
        told(ann, "quote for 20 adults", "it is in 95125", "and the total?"),
        told(bob, "quote for 12 adults", "it is in 94539", "and the total?"),
    )
    assert TOTAL in for_ann
    assert TOTAL not in for_bob
    assert "$660.00" in for_bob


CONVERSATION = [
    ("hi! do you do birthday parties?", "AI assistant"),
    ("we'd be 20 adults", "$1,100.00"),
    ("it's in 95125", "95125"),
    ("actually 22 adults and 5 kids", "$1,360.00"),
    ("add 10 filet mignon please", "$1,410.00"),
    ("no filet after all", "$1,360.00"),
    ("what's the deposit?", "$100"),
    ("we moved the party to 94539", "94539"),
    ("what is included?", "two proteins"),
    ("ok so what's the total now?", "$1,360.00"),
]


async def test_ten_turns_keep_what_was_said_and_follow_every_change_of_mind(house, customer):
    for text, expected in CONVERSATION:
        reply = await house.ask(customer, text)
        assert expected in reply, text
        assert len(reply) <= LONGEST_REPLY


POISON = [
    "\0\0\0",
    "20 adults\0 in 95125",
    "\u202e\u2066 ٢٠ adults \ufeff\U0001f525" * 40,
    "9" * 1600,
    "'); DROP TABLE messages; --",
    "{{7*7}} ${jndi:ldap://x} %s%n <script>",
    "\n\r\t ",
]


async def test_a_poisonous_text_harms_nobody(house, customers):
    number = next(customers)
    good = [next(customers) for _ in POISON]
    await asyncio.gather(
        *(house.twilio.text(number, each) for each in POISON),
        *(house.twilio.text(each, QUESTION) for each in good),
    )
    for each in good:
        assert TOTAL in await house.answer(each)
    assert await house.answer(number)


async def test_a_sender_that_cannot_be_answered_is_set_aside_for_people(own_house):
    async with own_house() as house:
        await house.twilio.text("72345", "a short code has no number to answer")
        [parked] = await house.pool.fetch("SELECT path, reason FROM parked_webhooks")
        assert parked["path"] == INBOUND_PATH


async def test_what_cannot_be_answered_goes_to_a_person_and_its_neighbours_are_answered(
    house, customers
):
    broken, neighbour = next(customers), next(customers)
    await house.ask(broken, QUESTION)
    # As no program of ours would write it: every turn of this conversation fails from now on.
    await house.pool.execute(
        'UPDATE inquiries SET facts = \'{"event_date": "never"}\', version = version + 1'
        " WHERE contact_id = (SELECT contact_id FROM conversations WHERE their_address = $1)",
        broken,
    )
    await house.twilio.text(broken, "and for 21 adults?")

    async def parked() -> bool:
        await house.pool.execute("UPDATE conversations SET due_at = now() WHERE due_at > now()")
        query = "SELECT EXISTS (SELECT 1 FROM messages WHERE parked = 'turn_failed_repeatedly')"
        return bool(await house.pool.fetchval(query))

    await until(parked, "being parked", 20)
    assert TOTAL in await house.ask(neighbour, QUESTION)
    escalated = await house.pool.fetchval(
        "SELECT e.reason FROM escalations e JOIN conversations c ON c.id = e.conversation_id"
        " WHERE c.their_address = $1",
        broken,
    )
    assert escalated == "technical_error"


async def test_redis_may_forget_everything_in_mid_conversation(house, customer):
    await house.ask(customer, "hello, we are 20 adults")
    with Redis.from_url(f"unix://{house.program.data_dir}/redis/redis.sock") as redis:
        assert redis.keys("session:*")
        redis.flushall()
    assert TOTAL in await house.ask(customer, "in 95125")


async def test_redis_may_stop_in_mid_conversation(house, customer):
    await house.ask(customer, "hello, we are 20 adults")
    with stopped(house.program.redis()):
        assert TOTAL in await house.ask(customer, "in 95125")
        async with house.http.get("/readyz") as response:
            assert response.status == 200  # slower, not unable
            assert (await response.json())["checks"]["redis"] is False
    assert "$1,210.00" in await house.ask(customer, "make that 22 adults")
