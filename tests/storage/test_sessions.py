"""The live session in Redis: warm when right, absent when in doubt."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from time import time
from uuid import UUID, uuid4

from pipeline.inquiry.facts import Facts
from storage.inquiries import Matter
from storage.sessions import CallSession, Sessions

MATTER = Matter(7, Facts(adults=20, zip="95125", event_date=date(2026, 12, 12)), None)

CALL = CallSession(
    UUID("11111111-1111-4111-8111-111111111111"),
    1,
    "host:1",
    "in_progress",
    "+14155550123",
    datetime(2026, 11, 20, 20, 0, tzinfo=UTC),
    "For twenty adults, please.",
)
WITHHELD = replace(CALL, call_id=uuid4(), caller=None, since=datetime(2026, 11, 20, tzinfo=UTC))


async def test_a_session_comes_back_as_it_was_put(redis_url):
    failures = []
    sessions, conversation = Sessions(redis_url, failures.append), uuid4()
    await sessions.put(conversation, MATTER, "ai")
    assert await sessions.get(conversation, 7) == MATTER
    assert failures == []
    await sessions.close()


async def test_a_session_of_another_version_counts_as_absent(redis_url):
    sessions, conversation = Sessions(redis_url, [].append), uuid4()
    await sessions.put(conversation, MATTER, "ai")
    assert await sessions.get(conversation, 8) is None
    assert await sessions.get(uuid4(), 7) is None
    await sessions.close()


async def test_a_flush_loses_warmth_and_nothing_else(redis_url, redis):
    sessions, conversation = Sessions(redis_url, [].append), uuid4()
    await sessions.put(conversation, MATTER, "ai")
    await redis.flushdb()
    assert await sessions.get(conversation, 7) is None
    await sessions.close()


async def test_an_unreadable_session_is_counted_and_counts_as_absent(redis_url, redis):
    failures = []
    sessions, conversation = Sessions(redis_url, failures.append), uuid4()
    for stored in (b"{", b"[]", b'{"version": 7}', b'{"version": 7, "facts": 3, "quote": null}'):
        await redis.set(f"session:{conversation}", stored)
        assert await sessions.get(conversation, 7) is None
    assert failures == ["unreadable"] * 4
    await sessions.close()


async def test_without_redis_nothing_raises(tmp_path):
    failures = []
    sessions = Sessions(f"unix://{tmp_path}/absent.sock", failures.append)
    await sessions.put(uuid4(), MATTER, "ai")
    assert await sessions.get(uuid4(), 7) is None
    assert not await sessions.ping()
    assert failures == ["ConnectionError", "ConnectionError"]
    await sessions.close()


async def test_calls_that_go_on_are_found_the_longest_first(redis_url):
    failures = []
    sessions = Sessions(redis_url, failures.append)
    assert await sessions.live_calls() == []
    await sessions.put_call(CALL)
    await sessions.put_call(WITHHELD)
    said = replace(CALL, last_words="That is all.")
    await sessions.put_call(said)
    assert await sessions.live_calls() == [WITHHELD, said]
    await sessions.drop_call(WITHHELD.call_id, 1)
    await sessions.drop_call(WITHHELD.call_id, 1)
    assert await sessions.live_calls() == [said]
    assert failures == []
    await sessions.close()


async def test_a_stream_that_was_lost_does_not_drop_the_one_that_took_over(redis_url):
    sessions = Sessions(redis_url, [].append)
    taken_over = replace(CALL, stream=2, worker="host:2")
    await sessions.put_call(CALL)
    await sessions.put_call(taken_over)
    await sessions.drop_call(CALL.call_id, 1)
    assert await sessions.live_calls() == [taken_over]
    await sessions.drop_call(CALL.call_id, 2)
    assert await sessions.live_calls() == []
    await sessions.close()


async def test_a_call_of_a_worker_that_died_goes_by_itself(redis_url, redis):
    sessions = Sessions(redis_url, [].append)
    await sessions.put_call(CALL)
    assert 80 < await redis.ttl(f"call:{CALL.call_id}") <= 90
    assert 80 < await redis.zscore("calls", str(CALL.call_id)) - time() <= 90
    await redis.zadd("calls", {str(CALL.call_id): time() - 1})
    assert await sessions.live_calls() == []
    await sessions.put_call(WITHHELD)
    assert await redis.zrange("calls", 0, -1) == [str(WITHHELD.call_id)]
    await redis.delete(f"call:{WITHHELD.call_id}")
    assert await sessions.live_calls() == []
    await sessions.close()


async def test_an_unreadable_call_is_counted_and_redis_does_not_say(redis_url, redis):
    failures = []
    sessions = Sessions(redis_url, failures.append)
    await sessions.put_call(CALL)
    for stored in (b"{", b"[]", b"{}", b'{"call_id": 3}'):
        await redis.set(f"call:{CALL.call_id}", stored)
        assert await sessions.live_calls() is None
    await redis.zadd("calls", {"no id": time() + 60})
    assert await sessions.live_calls() is None
    assert failures == ["unreadable"] * 5
    await sessions.close()


async def test_without_redis_a_call_goes_on_and_nobody_knows_which_do(tmp_path):
    failures = []
    sessions = Sessions(f"unix://{tmp_path}/absent.sock", failures.append)
    await sessions.put_call(CALL)
    await sessions.drop_call(CALL.call_id, 1)
    assert await sessions.live_calls() is None
    assert failures == ["ConnectionError"] * 3
    await sessions.close()


async def test_a_redis_that_does_not_answer_holds_nobody_up(tmp_path):
    failures, silent = [], tmp_path / "silent.sock"

    async def says_nothing(reader, writer):
        await reader.read()
        writer.close()

    async with await asyncio.start_unix_server(says_nothing, silent):
        sessions = Sessions(f"unix://{silent}", failures.append)
        async with asyncio.timeout(0.9):  # its sockets wait for a second
            await sessions.put_call(CALL)
            await sessions.drop_call(CALL.call_id, 1)
            assert await sessions.live_calls() is None
        await sessions.close()
    assert failures == ["TimeoutError"] * 3


async def test_it_answers_a_ping(redis_url):
    sessions = Sessions(redis_url, [].append)
    assert await sessions.ping()
    await sessions.close()
