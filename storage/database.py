"""The connection pool, and the numbered migrations, run once under an advisory lock."""

import asyncio
import json
from collections.abc import Coroutine, Sequence
from importlib.resources import files
from typing import Any, TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from pipeline.errors import ConciergeError

Db = asyncpg.Pool | asyncpg.Connection | PoolConnectionProxy
"""What a query needs: the pool, or one connection inside a transaction."""
Found = TypeVar("Found")


class Unreachable(ConciergeError):
    """No connection could be made. The message says why and what to mend."""


DATABASE_DOWN = (
    Unreachable,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shutting down, starting up, a cancelled statement
    asyncpg.InsufficientResourcesError,  # no connection or no disk left
    asyncpg.TransactionRollbackError,  # a deadlock
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server went away in the middle of a protocol step
    OSError,
    TimeoutError,
)
"""What a query raises when the database is away, restarting or too slow: not our mistakes."""

_left: set["asyncio.Task[object]"] = set()


async def within(seconds: float, work: Coroutine[Any, Any, Found]) -> Found:
    """Do this unless it takes longer; then TimeoutError at once, and it ends when it can.

    A query that is cancelled waits for a word of the server's. From a server that hangs there is
    none for as long as a command may take, and whoever has a deadline does not wait for that.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if not task.done():
            raise TimeoutError
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            _left.add(task)
            task.add_done_callback(_ended)


def _ended(task: "asyncio.Task[object]") -> None:
    _left.discard(task)
    if not task.cancelled():
        task.exception()  # nobody asks any more


COMMAND_SECONDS = 30.0
MIGRATION_LOCK = 0x636F6E63  # "conc": one migrator at a time, whatever machine it is on


async def connect(
    dsn: str, *, command_seconds: float | None = COMMAND_SECONDS
) -> asyncpg.Connection:
    """One connection outside the pool, jsonb and json as Python values. Raises Unreachable."""
    try:
        connection = await asyncpg.connect(dsn, timeout=10, command_timeout=command_seconds)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as exc:
        said = str(exc) or type(exc).__name__
        raise Unreachable(f"the database cannot be reached: {said}; mend DATABASE_URL") from exc
    await _prepare(connection)
    return connection


async def open_pool(dsn: str, *, size: int = 20) -> asyncpg.Pool:
    """The pool of one process. jsonb columns are Python values; every command has a deadline."""
    return await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=size,
        timeout=10,
        command_timeout=COMMAND_SECONDS,
        init=_prepare,
        reset=_as_it_is,
    )


async def _as_it_is(_: asyncpg.Connection) -> None:
    """Nothing here sets anything on a session: resetting it would double the round trips."""


async def _prepare(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
    )


def storable(text: str) -> str:
    """What PostgreSQL can hold of a text: no NUL, no half of a surrogate pair."""
    return text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def migrations() -> Sequence[tuple[int, str, str]]:
    """Every migration as (number, name, SQL), in order."""
    folder = files("storage").joinpath("migrations")
    return sorted(
        (int(entry.name[:4]), entry.name, entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".sql")
    )


async def migrate(dsn: str) -> Sequence[str]:
    """Run the migrations that have not run; return their names. Safe from several processes."""
    # No deadline: another migrator may take its time, and so may a migration.
    connection = await connect(dsn, command_seconds=None)
    ran: list[str] = []
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations ("
            "version integer PRIMARY KEY, name text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
        rows = await connection.fetch("SELECT version FROM schema_migrations")
        done = {row["version"] for row in rows}
        for version, name, sql in migrations():
            if version in done:
                continue
            async with connection.transaction():
                await connection.execute(sql)
                await connection.execute(
                    "INSERT INTO schema_migrations (version, name) VALUES ($1, $2)", version, name
                )
            ran.append(name)
    finally:
        await connection.close()
    return ran


async def pending_migrations(db: Db) -> Sequence[str]:
    """Names of migrations that have not run here; all of them on an empty database."""
    exists = await db.fetchval("SELECT to_regclass('schema_migrations') IS NOT NULL")
    done = (
        {row["version"] for row in await db.fetch("SELECT version FROM schema_migrations")}
        if exists
        else set()
    )
    return [name for version, name, _ in migrations() if version not in done]
