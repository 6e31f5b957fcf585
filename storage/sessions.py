"""Redis: the live session of a conversation or call. Warmth only: all of it can be rebuilt.

Each conversation's session carries its inquiry's version; another version than PostgreSQL's, an
answer slower than 50 ms, or no Redis at all, and the caller loads from PostgreSQL instead. A
call's session says that the call goes on at this moment; it runs out unless it is put again.
"""

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from time import time
from typing import Any
from uuid import UUID

import redis.asyncio
from redis.exceptions import RedisError

from pipeline.ids import CallId, ConversationId
from pipeline.inquiry.facts import Facts
from storage import quotes
from storage.inquiries import Matter

TTL_SECONDS = 24 * 3600
PATIENCE_SECONDS = 0.05
CALL_TTL_SECONDS = 90
"""A call is put again well within this, or counts as gone: its worker may have died."""
DIRECTORY = "calls"
"""A sorted set: ids of calls that go on, by the Unix time at which each counts as gone."""


@dataclass(frozen=True, slots=True)
class CallSession:
    """A call that goes on at this moment, as its worker last said."""

    call_id: CallId
    stream: int
    """Which of the call's: a stream that was lost says no more about one that took over."""
    worker: str
    status: str
    caller: str | None
    since: datetime
    """When it was answered. With a zone."""
    last_words: str
    """What was said last, by either side."""


class Sessions:
    """Sessions by conversation. `failed` is called with a short reason on every failure."""

    def __init__(self, url: str, failed: Callable[[str], None]) -> None:
        self._redis = redis.asyncio.Redis.from_pool(
            redis.asyncio.BlockingConnectionPool.from_url(
                url, max_connections=20, timeout=1, socket_timeout=1, socket_connect_timeout=1
            )
        )
        self._failed = failed

    @property
    def redis(self) -> "redis.asyncio.Redis":
        """The client itself, for health checks and counters."""
        return self._redis

    async def get(self, conversation_id: ConversationId, version: int) -> Matter | None:
        """The session, if it is of this version."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                stored = await self._redis.get(f"session:{conversation_id}")
            if stored is None:
                return None
            data = json.loads(stored)
            if data["version"] != version:
                return None
            quote = quotes.from_json(data["quote"]) if data["quote"] else None
            return Matter(version, Facts.from_json(data["facts"]), quote)
        except (RedisError, OSError, TimeoutError) as exc:
            self._failed(type(exc).__name__)
        except (ValueError, KeyError, TypeError, AttributeError):
            self._failed("unreadable")
        return None

    async def put(self, conversation_id: ConversationId, matter: Matter, owner: str) -> None:
        """Keep a session warm. Never raises for Redis's sake."""
        data: dict[str, Any] = {
            "version": matter.version,
            "owner": owner,
            "facts": matter.facts.to_json(),
            "quote": quotes.to_json(matter.quote) if matter.quote else None,
        }
        with self._counted():
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._redis.set(
                    f"session:{conversation_id}", json.dumps(data), ex=TTL_SECONDS
                )

    async def put_call(self, call: CallSession) -> None:
        """Say that a call goes on, for another 90 s. Never raises for Redis's sake."""
        data = {
            "call_id": str(call.call_id),
            "stream": call.stream,
            "worker": call.worker,
            "status": call.status,
            "caller": call.caller,
            "since": call.since.isoformat(),
            "last_words": call.last_words,
        }
        now = time()
        with self._counted():
            async with asyncio.timeout(PATIENCE_SECONDS), self._redis.pipeline() as both:
                both.set(f"call:{call.call_id}", json.dumps(data), ex=CALL_TTL_SECONDS)
                both.zadd(DIRECTORY, {str(call.call_id): now + CALL_TTL_SECONDS})
                both.zremrangebyscore(DIRECTORY, "-inf", now)
                await both.execute()

    async def drop_call(self, call_id: CallId, stream: int) -> None:
        """Say that a call is over, unless another stream has taken it over. Never raises for
        Redis's sake."""
        key = f"call:{call_id}"
        with self._counted():
            async with asyncio.timeout(PATIENCE_SECONDS):
                stored = await self._redis.get(key)
                if _stream(stored) not in {stream, None}:
                    return
                async with self._redis.pipeline() as both:
                    both.delete(key)
                    both.zrem(DIRECTORY, str(call_id))
                    await both.execute()

    async def live_calls(self) -> Sequence[CallSession] | None:
        """The calls that go on at this moment, the longest first; None when Redis does not say."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                ids = await self._redis.zrange(DIRECTORY, time(), "inf", byscore=True)
                keys = [f"call:{_id(each)}" for each in ids]
                stored = await self._redis.mget(keys) if keys else []
            calls = [_call(json.loads(each)) for each in stored if each is not None]
            return sorted(calls, key=lambda call: call.since)
        except (RedisError, OSError, TimeoutError) as exc:
            self._failed(type(exc).__name__)
        except (ValueError, KeyError, TypeError, AttributeError):
            self._failed("unreadable")
        return None

    @contextmanager
    def _counted(self) -> Iterator[None]:
        try:
            yield
        except (RedisError, OSError, TimeoutError) as exc:
            self._failed(type(exc).__name__)

    async def ping(self) -> bool:
        """Whether Redis answers within a second."""
        try:
            async with asyncio.timeout(1):
                return bool(await self._redis.ping())
        except (RedisError, OSError, TimeoutError):
            return False

    async def close(self) -> None:
        """Close every connection."""
        await self._redis.aclose()


def _id(member: object) -> UUID:
    """A member of the directory, whether the client decodes or not."""
    return UUID(member.decode() if isinstance(member, bytes) else str(member))


def _stream(stored: bytes | str | None) -> object:
    """Which stream a call was put for; None when nobody can say."""
    try:
        return json.loads(stored or "{}")["stream"]
    except (ValueError, KeyError, TypeError):
        return None


def _call(data: dict[str, Any]) -> CallSession:
    return CallSession(
        CallId(UUID(data["call_id"])),
        data["stream"],
        data["worker"],
        data["status"],
        data["caller"],
        datetime.fromisoformat(data["since"]),
        data["last_words"],
    )
