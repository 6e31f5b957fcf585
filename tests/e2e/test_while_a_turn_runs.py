"""What comes in the midst of a turn: another text, a STOP, the order to stop the program."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.e2e.house import House, OpenHouse
from tests.e2e.program import until
from tests.e2e.relay import Held, Relay
from tests.simulators.stand_in import StandIn

QUESTION = "hi, quote for 20 adults in 95125"
TOTAL = "$1,100.00"


@asynccontextmanager
async def thinking(own_house: OpenHouse) -> AsyncIterator[tuple[House, Held]]:
    """A house whose model thinks until `go`; then it says nothing, and the attendant answers."""
    held = Held()
    async with StandIn() as nobody, Relay(held.before) as model:
        model.target = nobody.url
        settings = {"OPENAI_BASE_URL": f"{model.url}/v1", "OPENAI_API_KEY": "canary-openai-key"}
        async with own_house(**settings) as house:
            yield house, held


async def test_another_text_is_in_the_one_answer(own_house, customer):
    async with thinking(own_house) as (house, held):
        await house.twilio.text(customer, "hello, we are 20 adults")
        await held.reached.wait()
        await house.twilio.text(customer, "in 95125")
        held.go.set()
        assert TOTAL in await house.answer(customer)
        await house.at_rest()
        [created] = house.twilio.ledger.events("created")
        assert "95125" in str(created["body"])
        [discarded, _] = house.program.logged("turn_closed")
        assert discarded["discarded"] is True


async def test_a_stop_keeps_the_answer_back(own_house, customer):
    async with thinking(own_house) as (house, held):
        await house.twilio.text(customer, QUESTION)
        await held.reached.wait()
        await house.twilio.text(customer, "STOP")
        held.go.set()
        await house.at_rest()
        assert house.twilio.ledger.events("create_request") == []


async def test_sigterm_waits_for_it_and_its_answer_is_sent(own_house, customer):
    async with thinking(own_house) as (house, held):
        await house.twilio.text(customer, QUESTION)
        await held.reached.wait()
        house.program.terminate()
        held.go.set()
        assert await house.program.ended() == 0
        assert [str(each["to"]) for each in house.twilio.ledger.events("created")] == [customer]
        house.program.start()
        await house.program.ready()


async def test_while_draining_it_says_so_and_goes_on_taking_texts_in(own_house, customers):
    ann, bob = next(customers), next(customers)
    async with thinking(own_house) as (house, held):
        await house.twilio.text(ann, QUESTION)
        await held.reached.wait()
        house.program.terminate()
        await until(lambda: house.program.logged("draining"), "the drain")
        async with house.http.get("/readyz", headers={"Connection": "close"}) as response:
            assert response.status == 503
        await house.twilio.text(bob, QUESTION)
        held.go.set()
        assert await house.program.ended() == 0

        house.program.start()
        await house.program.ready()
        for each in (ann, bob):
            assert TOTAL in await house.answer(each)


# A matter of moments: about two runs in three see it.
async def test_sigterm_amid_much_work_leaves_nothing_in_doubt(own_house, customers):
    numbers = [next(customers) for _ in range(100)]
    async with own_house() as house:
        await asyncio.gather(*(house.twilio.text(each, QUESTION) for each in numbers))
        ledger = house.twilio.ledger
        assert await ledger.wait_for(lambda: ledger.events("created")[12:] or None, 10)
        house.program.terminate()
        assert await house.program.ended() == 0
        doubtful = "SELECT count(*) FROM outbox WHERE state IN ('sending', 'unknown')"
        assert await house.pool.fetchval(doubtful) == 0

        house.program.start()
        await house.program.ready()
        for each in numbers:
            assert TOTAL in await house.answer(each)
