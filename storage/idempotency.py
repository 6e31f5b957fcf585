"""Requests that may be repeated under a key: the first is carried out, the rest get its answer."""

from dataclasses import dataclass
from typing import Any

from storage.database import Db

STALE = "15 minutes"
"""After this long without an answer whoever began is taken for dead, and a repeat begins anew.

Longer than a whole batch takes when every model is slow: a repeat must not run beside the first.
"""


@dataclass(frozen=True, slots=True)
class Begun:
    """This request is the first: carry it out, then `finish`."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The answer the first request got."""

    response: Any


@dataclass(frozen=True, slots=True)
class Busy:
    """The first request is still being carried out."""


@dataclass(frozen=True, slots=True)
class Different:
    """The key was used for another request."""


async def begin(
    db: Db, actor: str, key: str, request_hash: str
) -> Begun | Finished | Busy | Different:
    """Take a key, or say what became of it. A key is one actor's own."""
    taken = await db.fetchval(
        f"""
        INSERT INTO idempotency_keys AS k (actor, key, request_hash) VALUES ($1, $2, $3)
        ON CONFLICT (actor, key) DO UPDATE SET created_at = now()
         WHERE k.request_hash = $3 AND k.response IS NULL
           AND k.created_at < now() - interval '{STALE}'
        RETURNING true
        """,  # noqa: S608 - the only thing put in is the constant above
        actor,
        key,
        request_hash,
    )
    if taken:
        return Begun()
    row = await db.fetchrow(
        "SELECT request_hash, response FROM idempotency_keys WHERE actor = $1 AND key = $2",
        actor,
        key,
    )
    if row is None:  # forgotten between the two statements: whoever took it did nothing
        return Busy()
    if row["request_hash"] != request_hash:
        return Different()
    return Busy() if row["response"] is None else Finished(row["response"])


async def finish(db: Db, actor: str, key: str, response: Any) -> None:
    """Keep the answer for repeats."""
    await db.execute(
        "UPDATE idempotency_keys SET response = $3 WHERE actor = $1 AND key = $2",
        actor,
        key,
        response,
    )


async def forget(db: Db, actor: str, key: str) -> None:
    """The request was refused without doing anything: a repeat may try again."""
    await db.execute(
        "DELETE FROM idempotency_keys WHERE actor = $1 AND key = $2 AND response IS NULL",
        actor,
        key,
    )
