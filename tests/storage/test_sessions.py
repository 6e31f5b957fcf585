"""The live session in Redis: warm when right, absent when in doubt."""

from datetime import date
from uuid import uuid4

from pipeline.inquiry.facts import Facts
from storage.inquiries import Matter
from storage.sessions import Sessions

MATTER = Matter(7, Facts(adults=20, zip="95125", event_date=date(2026, 12, 12)), None)


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


async def test_it_answers_a_ping(redis_url):
    sessions = Sessions(redis_url, [].append)
    assert await sessions.ping()
    await sessions.close()
