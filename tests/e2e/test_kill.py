"""The worker is killed with -9 at every point of a text's way: nothing is lost, nothing is twice.

The points are reached from outside: a lock in the database, a request held on its way, a debounce
that does not end by itself. Time passes where the test says so, in the rows that hold it.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.e2e.house import House
from tests.e2e.program import until
from tests.e2e.relay import Held, Relay, insisting, straight
from tests.gateway.processes import belonging_to
from tests.simulators.stand_in import StandIn
from tests.simulators.twilio import TwilioSimulator
from tests.simulators.twilio_faults import Fault, lost

QUESTION = "hi, quote for 20 adults in 95125"
TOTAL = "$1,100.00"
NOT_YET = 30.0
"""A debounce, in seconds, that ends only when `fall_due` says so."""


@asynccontextmanager
async def locked(house: House, table: str) -> AsyncIterator[None]:
    """Whoever wants something of this table waits."""
    async with house.pool.acquire() as connection, connection.transaction():
        await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield


async def stuck(house: House, statement: str) -> None:
    """Wait until the program waits for a lock with a statement that contains this."""
    query = (
        "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        " AND datname = current_database() AND position($1 IN query) > 0)"
    )
    await until(lambda: house.pool.fetchval(query, statement), f"waiting with {statement}")


async def fall_due(house: House) -> None:
    """The debounce is over."""
    await house.pool.execute("UPDATE conversations SET due_at = now() WHERE due_at IS NOT NULL")


async def leases_run_out(house: House) -> None:
    """What a dead worker had claimed is free again."""
    await house.pool.execute(
        "UPDATE conversations SET lease_until = now() WHERE lease_until > now()"
    )


async def a_minute_passes(house: House) -> None:
    """For what is looked for."""
    await house.pool.execute(
        "UPDATE outbox SET sending_since = sending_since - interval '61 seconds', due_at = now()"
        " WHERE state = 'unknown' AND settled_at IS NULL"
    )


async def outbox_row(house: House) -> tuple[str, str]:
    """State and reason of the one message that is owed."""
    [row] = await house.pool.fetch("SELECT state, reason FROM outbox")
    return row["state"], row["reason"]


async def is_unknown(house: House) -> bool:
    return (await outbox_row(house))[0] == "unknown"


async def back(house: House) -> None:
    """The next worker is at work."""
    print(f"a worker is back after {await house.program.ready():.2f} s")


async def is_answered_once(house: House, number: str) -> None:
    """The one answer comes, and when all is quiet it is still the only one."""
    assert TOTAL in await house.answer(number)
    await house.at_rest()
    assert len(house.twilio.ledger.events("created")) == 1


async def test_killed_before_the_text_is_stored(own_house, customer):
    async with Relay(insisting(3)) as webhooks, own_house() as house:
        webhooks.target, house.twilio.gateway_url = house.program.url, webhooks.url
        async with locked(house, "messages"):
            text = asyncio.create_task(house.twilio.text(customer, QUESTION))
            await stuck(house, "receive_message")
            await house.program.kill_worker()
        await text
        await back(house)
        await is_answered_once(house, customer)


async def test_killed_when_the_text_is_stored_and_twilio_does_not_hear_so(own_house, customer):
    held = Held()
    async with (
        Relay(insisting(3, held.unheard)) as webhooks,
        own_house(debounce_seconds=NOT_YET) as house,
    ):
        webhooks.target, house.twilio.gateway_url = house.program.url, webhooks.url
        text = asyncio.create_task(house.twilio.text(customer, QUESTION))
        await held.reached.wait()
        await house.program.kill_worker()
        held.go.set()
        await text
        await back(house)
        await fall_due(house)
        await is_answered_once(house, customer)


async def test_killed_while_the_debounce_runs(own_house, customer):
    async with own_house(debounce_seconds=NOT_YET) as house:
        await house.twilio.text(customer, QUESTION)
        await house.program.kill_worker()
        await back(house)
        await fall_due(house)
        await is_answered_once(house, customer)


async def test_killed_when_the_conversation_is_claimed(own_house, customer):
    async with own_house(debounce_seconds=NOT_YET) as house:
        await house.twilio.text(customer, QUESTION)
        async with locked(house, "messages"):
            await fall_due(house)
            await stuck(house, "FROM messages m")
            await house.program.kill_worker()
        await back(house)
        await leases_run_out(house)
        await is_answered_once(house, customer)


async def test_killed_while_the_model_thinks(own_house, customer):
    thinking = Held()
    async with StandIn() as nobody, Relay(thinking.before) as model:
        model.target = nobody.url  # it is no model: what it says makes the attendant answer
        async with own_house(OPENAI_BASE_URL=f"{model.url}/v1") as house:
            await house.twilio.text(customer, QUESTION)
            await thinking.reached.wait()
            await house.program.kill_worker()
            model.way = straight
            await back(house)
            await leases_run_out(house)
            await is_answered_once(house, customer)


async def test_killed_at_the_commit_of_the_answer(own_house, customer):
    async with own_house() as house:
        async with locked(house, "outbox"):
            await house.twilio.text(customer, QUESTION)
            await stuck(house, "INSERT INTO outbox")
            await house.program.kill_worker()
        await back(house)
        await leases_run_out(house)
        await is_answered_once(house, customer)


async def test_killed_while_the_answer_waits_to_be_sent(own_house, customer):
    async with own_house() as house:
        house.twilio.fail([Fault("throttle", seconds=2.0)])
        await house.twilio.text(customer, QUESTION)

        async def is_delayed() -> bool:
            query = "SELECT EXISTS (SELECT 1 FROM outbox WHERE state = 'queued' AND attempts = 1)"
            return bool(await house.pool.fetchval(query))

        await until(is_delayed, "being told to try later")
        await house.program.kill_worker()
        await back(house)
        await is_answered_once(house, customer)


async def test_killed_when_the_provider_was_asked_and_never_heard_of_it(own_house, customer):
    asking = Held()
    async with Relay(asking.lost) as api, own_house(TWILIO_API_URL=api.url) as house:
        api.target = house.twilio.url
        await house.twilio.text(customer, QUESTION)
        await asking.reached.wait()
        api.way = straight
        await house.program.kill_worker()
        asking.go.set()
        await back(house)
        await until(lambda: is_unknown(house), "being unknown")
        assert await outbox_row(house) == ("unknown", "worker_died")

        await a_minute_passes(house)
        await house.at_rest()
        assert house.twilio.ledger.events("listed")
        assert house.twilio.ledger.events("created") == []
        [escalation] = await house.pool.fetch("SELECT reason, status FROM escalations")
        assert tuple(escalation) == ("delivery_unknown", "pending")


@pytest.mark.parametrize("callbacks", ["told by its callbacks", "found in its list"])
async def test_killed_when_the_provider_has_taken_it_and_not_yet_said_so(
    own_house, customer, callbacks
):
    told = callbacks == "told by its callbacks"
    answering = Held()
    twilio = TwilioSimulator() if told else TwilioSimulator(callbacks=lost)
    async with (
        Relay(answering.after) as api,
        own_house(twilio=twilio, TWILIO_API_URL=api.url) as house,
    ):
        api.target = house.twilio.url
        await house.twilio.text(customer, QUESTION)
        await answering.reached.wait()
        api.way = straight
        await house.program.kill_worker()
        answering.go.set()
        await back(house)
        await is_answered_once(house, customer)
        assert (await outbox_row(house))[0] == "delivered"


async def test_the_port_takes_requests_while_the_worker_is_dead(own_house, customer):
    async with own_house() as house:
        for _ in range(2):
            await house.program.kill_worker()
            started = time.monotonic()
            await house.twilio.text(customer, QUESTION)
            print(f"a text in the gap is acknowledged after {time.monotonic() - started:.2f} s")
        assert len(house.twilio.ledger.events("webhook_attempt")) == 2  # none was tried again
        assert TOTAL in await house.answer(customer)


async def test_two_workers_share_the_work_and_one_goes_on_when_the_other_dies(own_house, customers):
    async with own_house(WORKERS="2") as house:
        numbers = [next(customers) for _ in range(40)]
        await asyncio.gather(*(house.twilio.text(each, QUESTION) for each in numbers))
        for each in numbers:
            assert TOTAL in await house.answer(each)
        senders = await house.pool.fetch("SELECT DISTINCT sender FROM outbox")
        assert len(senders) == 2

        await house.at_rest()
        await house.program.kill_worker(0)
        assert TOTAL in await house.ask(next(customers), QUESTION)


async def test_nothing_outlives_the_parent_and_nothing_said_is_forgotten(own_house, customer):
    async with own_house(dsn=None, redis_url=None) as house:
        assert TOTAL in await house.ask(customer, QUESTION)
        await house.at_rest()
        data_dir = house.program.data_dir
        assert len(belonging_to(data_dir)) > 3
        house.program.kill()
        started = time.monotonic()
        await until(lambda: not belonging_to(data_dir), "the end of every process", 5.0)
        print(f"nothing is left after {time.monotonic() - started:.2f} s")

        house.program.start()
        print(f"it is back after {await house.program.ready():.2f} s")
        assert "$1,210.00" in await house.ask(customer, "make that 22 adults please")


async def test_a_killed_database_comes_back_and_the_worker_goes_on(own_house, customer):
    async with own_house(dsn=None, redis_url=None) as house:
        await house.ask(customer, "hello, we are 20 adults")
        await house.at_rest()
        database, workers = house.program.postgres(), house.program.workers()
        os.kill(database, signal.SIGKILL)
        await until(lambda: house.program.postgres() not in (None, database), "the next database")
        await back(house)
        assert house.program.workers() == workers
        assert TOTAL in await house.ask(customer, "in 95125")
