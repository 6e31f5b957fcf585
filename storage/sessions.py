"""Redis: the live session of a conversation. Warmth only: all of it can be rebuilt.

Each session carries its inquiry's version; another version than PostgreSQL's, an answer slower
than 50 ms, or no Redis at all, and the caller loads from PostgreSQL instead.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import redis.asyncio
from redis.exceptions import RedisError

from pipeline.ids import ConversationId
from pipeline.inquiry.facts import Facts
from storage import quotes
from storage.inquiries import Matter

TTL_SECONDS = 24 * 3600
PATIENCE_SECONDS = 0.05


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
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._redis.set(
                    f"session:{conversation_id}", json.dumps(data), ex=TTL_SECONDS
                )
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
