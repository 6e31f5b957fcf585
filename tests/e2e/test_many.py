"""Many customers at once, webhooks twice, dying workers: nothing is lost, nothing comes twice."""

import asyncio
import random
from collections.abc import Sequence

import pytest

from tests.e2e.house import House
from tests.e2e.relay import Relay, insisting

CUSTOMERS, ALL_CUSTOMERS = 300, 3_334
AT_ONCE = 40
TEXTS = ("hello, we would be 20 adults", "it will be in 95125", "how much is it?")
TOTAL = "$1,100.00"
SHARE_TWICE = 0.2
KILLS, ALL_KILLS = 2, 6
SLOWEST_PER_SECOND = 15
"""Texts answered, on the slowest machine that this runs on."""


async def in_turns(house: House, numbers: Sequence[str], chance: random.Random) -> None:
    """Every customer's texts, each when the one before is acknowledged; some webhooks twice."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def writes(number: str) -> None:
        for text in TEXTS:
            async with gate:
                copies = 2 if chance.random() < SHARE_TWICE else 1
                await house.twilio.text(number, text, copies=copies)

    await asyncio.gather(*(writes(each) for each in numbers))


async def kills(house: House, times: int, texts: int, chance: random.Random) -> None:
    """Kill the worker each time another share of the texts has been written."""
    moments = sorted(chance.sample(range(texts // 10, texts * 9 // 10), times))
    for moment in moments:
        await house.twilio.ledger.wait_for(
            lambda moment=moment: len(house.twilio.line.messages) >= moment or None, 600
        )
        await house.program.kill_worker()
        await house.program.ready()


@pytest.mark.timeout(3600)
async def test_many_customers_and_a_worker_that_dies_again_and_again(own_house, customers, full):
    chance = random.Random(1)
    count, times = (ALL_CUSTOMERS, ALL_KILLS) if full else (CUSTOMERS, KILLS)
    numbers = [next(customers) for _ in range(count)]
    async with Relay(insisting(5)) as webhooks, own_house() as house:
        webhooks.target, house.twilio.gateway_url = house.program.url, webhooks.url
        texts = count * len(TEXTS)
        await asyncio.gather(in_turns(house, numbers, chance), kills(house, times, texts, chance))
        await house.at_rest(within_s=texts / SLOWEST_PER_SECOND)
        stored = "SELECT count(*) FROM messages WHERE direction = 'in'"
        assert await house.pool.fetchval(stored) == texts
        for each in numbers:
            assert TOTAL in str(house.twilio.line.arrivals(each)[-1]["body"])
