"""Who acts: users and programs under their own names, and the record of everything they did.

Every write a person or program asks for leaves its audit row in the same transaction, so that
neither exists without the other.
"""

import hashlib
import re
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
from argon2 import PasswordHasher

from pipeline.errors import InvalidFields
from storage.database import Db

ROLES = ("viewer", "agent", "manager", "owner")
"""Lowest first: each may do what those before it may."""

OWNER = "owner"
"""The name API_TOKEN acts under; nobody else may have it."""

TOKEN_PREFIX = "cg_"  # noqa: S105 - tells what kind of thing a leaked string is
MIN_PASSWORD = 10
MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks for something: a user, a token, or `command:NAME` at the operator's shell."""

    name: str
    role: str

    def may(self, role: str) -> bool:
        """Whether this actor may do what needs at least `role`."""
        return ROLES.index(self.role) >= ROLES.index(role)


@dataclass(frozen=True, slots=True)
class User:
    """A person of the business."""

    name: str
    role: str
    has_password: bool
    disabled: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """A program's key, as far as anyone can still see it."""

    name: str
    role: str
    revoked: bool
    created_at: datetime


@asynccontextmanager
async def writing(db: Db) -> AsyncIterator[Db]:
    """One transaction, on the pool or within a transaction that is already open."""
    if isinstance(db, asyncpg.Pool):
        async with db.acquire() as connection, connection.transaction():
            yield connection
    else:
        async with db.transaction():
            yield db


async def audit(
    db: Db, actor: Actor, action: str, subject: str = "", details: Mapping[str, Any] | None = None
) -> None:
    """Record what was done, in the caller's transaction. No secrets and no personal details."""
    await db.execute(
        "INSERT INTO audit (actor, role, action, subject, details) VALUES ($1, $2, $3, $4, $5)",
        actor.name,
        actor.role,
        action,
        subject,
        dict(details or {}),
    )


def hash_password(password: str) -> str:
    """The argon2id hash to keep. Takes about 0.1 s of CPU: call it in a thread where others wait.

    Raises InvalidFields for a password that is too short.
    """
    if len(password) < MIN_PASSWORD:
        raise InvalidFields({"password": f"must have at least {MIN_PASSWORD} characters"})
    return PasswordHasher().hash(password)


async def add_user(
    db: Db, actor: Actor, name: str, role: str, password_hash: str | None = None
) -> None:
    """Add a person. Raises InvalidFields for a bad or taken name or an unknown role."""
    _check(name, role)
    async with writing(db) as connection:
        await _refuse_taken(connection, name)
        await connection.execute(
            "INSERT INTO users (name, role, password_hash) VALUES ($1, $2, $3)",
            name,
            role,
            password_hash,
        )
        await audit(connection, actor, "user.add", name, {"role": role})


async def users(db: Db) -> Sequence[User]:
    """Everyone, by name."""
    rows = await db.fetch(
        "SELECT name, role, password_hash IS NOT NULL AS has_password,"
        " disabled_at IS NOT NULL AS disabled, created_at FROM users ORDER BY name"
    )
    return [User(**row) for row in rows]


async def issue_token(db: Db, actor: Actor, name: str, role: str) -> str:
    """Make a program's key and return it: nobody can see it again, as only its hash is kept.

    A revoked token's name may be issued anew. Raises InvalidFields for a bad or taken name or an
    unknown role.
    """
    _check(name, role)
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    async with writing(db) as connection:
        await _refuse_taken(connection, name)
        await connection.execute(
            "INSERT INTO api_tokens (name, role, token_hash) VALUES ($1, $2, $3)"
            " ON CONFLICT (name) DO UPDATE SET role = excluded.role,"
            " token_hash = excluded.token_hash, revoked_at = NULL, created_at = now()",
            name,
            role,
            _hash_token(token),
        )
        await audit(connection, actor, "token.issue", name, {"role": role})
    return token


async def revoke_token(db: Db, actor: Actor, name: str) -> None:
    """End a program's key, at once. Raises InvalidFields if no live token has this name."""
    async with writing(db) as connection:
        ended = await connection.fetchval(
            "UPDATE api_tokens SET revoked_at = now()"
            " WHERE name = $1 AND revoked_at IS NULL RETURNING true",
            name,
        )
        if not ended:
            raise InvalidFields({"name": f"{name!r} is not the name of a live token"})
        await audit(connection, actor, "token.revoke", name)


async def tokens(db: Db) -> Sequence[Token]:
    """Every program's key, by name, revoked ones included."""
    rows = await db.fetch(
        "SELECT name, role, revoked_at IS NOT NULL AS revoked, created_at"
        " FROM api_tokens ORDER BY name"
    )
    return [Token(**row) for row in rows]


async def actor_of_token(db: Db, token: str) -> Actor | None:
    """Who holds this token; None if nobody does, or not any more.

    Looking up a hash tells a guesser nothing by its timing: tokens have 256 random bits.
    """
    if not (token.startswith(TOKEN_PREFIX) and token.isascii()):
        return None
    row = await db.fetchrow(
        "SELECT name, role FROM api_tokens WHERE token_hash = $1 AND revoked_at IS NULL",
        _hash_token(token),
    )
    return Actor(row["name"], row["role"]) if row else None


def _hash_token(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _check(name: str, role: str) -> None:
    problems = {}
    if not re.fullmatch(rf"[\w.@+-]{{1,{MAX_NAME}}}", name) or name == OWNER:
        problems["name"] = (
            f"must be letters, digits and . @ + - _, at most {MAX_NAME}, and not {OWNER!r}"
        )
    if role not in ROLES:
        problems["role"] = f"must be one of {', '.join(ROLES)}"
    if problems:
        raise InvalidFields(problems)


async def _refuse_taken(db: Db, name: str) -> None:
    # One namespace for people and programs, so that an actor in the audit log is one of them. The
    # lock makes two that come together stand in line; it ends with the transaction.
    await db.execute("SELECT pg_advisory_xact_lock(hashtext('people'), hashtext($1))", name)
    taken = await db.fetchval(
        "SELECT EXISTS (SELECT 1 FROM users WHERE name = $1)"
        " OR EXISTS (SELECT 1 FROM api_tokens WHERE name = $1 AND revoked_at IS NULL)",
        name,
    )
    if taken:
        raise InvalidFields({"name": f"{name!r} is taken"})
