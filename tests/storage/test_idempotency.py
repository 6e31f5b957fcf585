"""Requests that may be repeated under a key."""

import asyncio

from storage.idempotency import Begun, Busy, Different, Finished, begin, finish, forget


async def test_of_a_hundred_at_once_one_begins_and_the_rest_are_told_to_wait(pool):
    answers = await asyncio.gather(*(begin(pool, "ann", "k1", "h") for _ in range(100)))
    assert answers.count(Begun()) == 1
    assert answers.count(Busy()) == 99


async def test_a_repeat_gets_the_first_answer_and_another_request_is_refused(pool):
    assert await begin(pool, "ann", "k1", "h") == Begun()
    await finish(pool, "ann", "k1", {"response": "hi"})
    assert await begin(pool, "ann", "k1", "h") == Finished({"response": "hi"})
    assert await begin(pool, "ann", "k1", "other") == Different()
    assert await begin(pool, "bea", "k1", "other") == Begun()


async def test_a_request_that_was_refused_may_be_tried_again(pool):
    await begin(pool, "ann", "k1", "h")
    await forget(pool, "ann", "k1")
    assert await begin(pool, "ann", "k1", "h") == Begun()


async def test_a_request_whose_worker_died_may_be_begun_anew_after_a_while(pool):
    await begin(pool, "ann", "k1", "h")
    await pool.execute("UPDATE idempotency_keys SET created_at = now() - interval '16 minutes'")
    assert await begin(pool, "ann", "k1", "h") == Begun()
    assert await begin(pool, "ann", "k1", "h") == Busy()
