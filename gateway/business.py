"""The business as it is now: the version in force, taken anew when PostgreSQL tells of another."""

import asyncio
from contextlib import suppress

import asyncpg
import structlog

from gateway.context import Context
from pipeline.business.document import Business, parse
from pipeline.errors import BusinessError
from storage import businesses
from storage.database import DATABASE_DOWN, Db, connect

log = structlog.get_logger()

CHECK_SECONDS = 30.0
"""How long a version can go unnoticed when a notification was lost with its connection."""


async def load(db: Db, key: str) -> tuple[int, Business]:
    """The version in force. Raises BusinessError when there is none, or it cannot be read."""
    found = await businesses.current(db, key)
    if found is None:
        raise BusinessError([f"{key} has no version yet: run concierge migrate"])
    version, files = found
    return version, parse(files)


async def follow(context: Context) -> None:
    """Keep `context.business` at the version in force until cancelled."""
    assert context.settings.database_url is not None
    dsn = context.settings.database_url.get_secret_value()
    while True:
        with suppress(*DATABASE_DOWN):
            connection = await connect(dsn)
            try:
                await _listen(context, connection)
            finally:
                with suppress(*DATABASE_DOWN):
                    await connection.close(timeout=1)
        await asyncio.sleep(1)


async def _listen(context: Context, connection: asyncpg.Connection) -> None:
    told = asyncio.Event()
    await connection.add_listener("business", lambda *_: told.set())
    while not connection.is_closed():
        told.clear()
        await _take(context, connection)
        with suppress(TimeoutError):
            async with asyncio.timeout(CHECK_SECONDS):
                await told.wait()


async def _take(context: Context, db: Db) -> None:
    try:
        version, business = await load(db, context.settings.business)
    except BusinessError as exc:
        log.error("business_unreadable", problems=list(exc.problems))
        return
    if version != context.business_version:
        context.business, context.business_version = business, version
        log.info("business_version", version=version)
