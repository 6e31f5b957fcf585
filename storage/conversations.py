"""Who writes with whom, and every message between them: stored once, in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg

from pipeline.ids import ContactId, ConversationId, MessageId
from pipeline.inquiry.turn import Said
from pipeline.messages import InboundMessage
from storage.database import Db


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of an arrival."""

    conversation_id: ConversationId
    fresh: bool
    """False: this provider id was already here, and nothing was changed."""
    due: bool
    """An answer is now owed."""


async def receive(
    db: Db,
    message: InboundMessage,
    message_id: MessageId,
    *,
    identity_kind: str,
    command: Literal["stop", "start", "help"] | None,
    debounce_seconds: float | None,
) -> Accepted:
    """Store one arrival and mark its conversation due, in one atomic statement.

    A burst moves the due time on with every message, up to four debounces after its first. None:
    whoever brought the message answers it, so nothing falls due.
    """
    debounce = None if debounce_seconds is None else timedelta(seconds=debounce_seconds)
    row = await db.fetchrow(
        "SELECT * FROM receive_message($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)",
        message_id,
        message.channel,
        message.provider,
        message.provider_id,
        identity_kind,
        message.sender,
        message.recipient,
        message.text,
        list(message.media),
        message.provider_time,
        command,
        debounce,
        None if debounce is None else 4 * debounce,
    )
    assert row is not None, "the function returns one row"
    return Accepted(row["conversation_id"], row["fresh"], row["due"])


async def is_opted_out(db: Db, channel: str, our_address: str, address: str) -> bool:
    """Whether this address has told this address of ours to stop."""
    found: bool = await db.fetchval(
        "SELECT EXISTS (SELECT 1 FROM opt_outs"
        " WHERE channel = $1 AND our_address = $2 AND address = $3)",
        channel,
        our_address,
        address,
    )
    return found


async def add_reply(
    db: Db,
    conversation_id: ConversationId,
    message_id: MessageId,
    text: str,
    *,
    by: str,
    provider: str,
) -> int:
    """Store a message of ours; return its place in the conversation. In a transaction only."""
    seq: int = await db.fetchval(
        "UPDATE conversations SET last_seq = last_seq + 1 WHERE id = $1 RETURNING last_seq",
        conversation_id,
    )
    await db.execute(
        "INSERT INTO messages (id, conversation_id, seq, direction, author, body, provider)"
        " VALUES ($1, $2, $3, 'out', $4, $5, $6)",
        message_id,
        conversation_id,
        seq,
        by,
        text,
        provider,
    )
    return seq


@dataclass(frozen=True, slots=True)
class Conversation:
    """Where a conversation is held."""

    conversation_id: ConversationId
    channel: str
    provider: str
    our_address: str
    their_address: str


async def find(db: Db, conversation_id: UUID) -> Conversation | None:
    """The conversation of this id."""
    row = await db.fetchrow(
        "SELECT id AS conversation_id, channel, provider, our_address, their_address"
        " FROM conversations WHERE id = $1",
        conversation_id,
    )
    return Conversation(**dict(row)) if row else None


async def find_by_identity(
    db: Db, channel: str, identities: Sequence[tuple[str, str]]
) -> Conversation | None:
    """The latest conversation on this channel of whoever has one of these (kind, value)."""
    row = await db.fetchrow(
        "SELECT c.id AS conversation_id, c.channel, c.provider, c.our_address, c.their_address"
        "  FROM conversations c JOIN identities i ON i.contact_id = c.contact_id"
        " WHERE c.channel = $1 AND (i.kind, i.value) IN"
        "       (SELECT * FROM unnest($2::text[], $3::text[]))"
        " ORDER BY c.created_at DESC LIMIT 1",
        channel,
        [kind for kind, _ in identities],
        [value for _, value in identities],
    )
    return Conversation(**dict(row)) if row else None


async def start(
    db: Db, channel: str, provider: str, our_address: str, identity: tuple[str, str]
) -> Conversation:
    """The conversation between these addresses, made if there is none."""
    kind, their_address = identity
    conversation_id = await db.fetchval(
        "SELECT conversation_of($1, $2, $3, $4, $5)",
        channel,
        provider,
        our_address,
        kind,
        their_address,
    )
    return Conversation(conversation_id, channel, provider, our_address, their_address)


async def add_identities(
    db: Db, conversation_id: ConversationId, identities: Sequence[tuple[str, str]]
) -> None:
    """Note further identities of a conversation's contact; one that somebody has stays theirs."""
    await db.executemany(
        "INSERT INTO identities (kind, value, contact_id)"
        " SELECT $2, $3, contact_id FROM conversations WHERE id = $1 ON CONFLICT DO NOTHING",
        [(conversation_id, kind, value) for kind, value in identities],
    )


def said(row: asyncpg.Record) -> Said:
    """A row of messages as a turn sees it."""
    by: Literal["customer", "us", "staff"] = "us"
    if row["direction"] == "in":
        by = "customer"
    elif row["author"].startswith("user:"):
        by = "staff"
    return Said(by, row["body"], row["at"])


async def latest(db: Db, contact_id: ContactId, *, limit: int, days: float) -> tuple[Said, ...]:
    """The last messages with a contact on any channel, oldest first; no commands or parked ones."""
    rows = await db.fetch(
        """
        SELECT m.direction, m.author, m.body, m.at
          FROM messages m JOIN conversations c ON c.id = m.conversation_id
         WHERE c.contact_id = $1 AND m.at > now() - $3::interval AND m.parked IS NULL
           AND NOT m.details ? 'consent' AND m.author <> 'consent'
         ORDER BY m.at DESC, m.seq DESC LIMIT $2
        """,
        contact_id,
        limit,
        timedelta(days=days),
    )
    return tuple(said(row) for row in reversed(rows))


async def customer(db: Db, contact_id: ContactId) -> dict[str, Any]:
    """What is known of a contact: name, and the first identity of each kind."""
    rows = await db.fetch(
        "SELECT kind, value FROM identities WHERE contact_id = $1 ORDER BY created_at DESC",
        contact_id,
    )
    known = {row["kind"]: row["value"] for row in rows}
    name = await db.fetchval("SELECT name FROM contacts WHERE id = $1", contact_id)
    return {"name": name, **known} if name else known
