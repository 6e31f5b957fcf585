"""Messages out: what is owed, what is being sent, and what became of it.

`sending` is committed before a provider is called. Whatever cannot be known afterwards is
`unknown`: settled by a status callback or the provider's own list, and never sent again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from pipeline.ids import ConversationId, MessageId
from pipeline.inquiry.escalation import Reason
from pipeline.messages import DeliveryReport, OutboundMessage, Receipt, next_state
from storage import inquiries
from storage.database import Db


@dataclass(frozen=True, slots=True)
class Owed:
    """A message claimed for sending, or for being looked for."""

    message: OutboundMessage
    provider: str
    conversation_id: ConversationId
    attempts: int
    sending_since: datetime
    looked: int
    owed_since: datetime
    state: str
    reason: str


async def enqueue(
    db: Db,
    conversation_id: ConversationId,
    message_id: MessageId,
    seq: int,
    *,
    expires_seconds: float,
    owed_since: datetime | None = None,
) -> None:
    """Owe a stored message to its customer, as the conversation is owned now.

    In the transaction that stored the message. `owed_since` (now, if None) is what our own delay
    is measured from.
    """
    await db.execute(
        "INSERT INTO outbox (message_id, conversation_id, seq, owner_epoch, expires_at, owed_since)"
        " SELECT $1, id, $3, owner_epoch, now() + $4, COALESCE($5, now())"
        " FROM conversations WHERE id = $2",
        message_id,
        conversation_id,
        seq,
        timedelta(seconds=expires_seconds),
        owed_since,
    )


NOT_FOUND = "not_found"
"""Why an unknown is given to a person."""

_HEAD = """
    NOT EXISTS (SELECT 1 FROM outbox p
                 WHERE p.conversation_id = o.conversation_id AND p.seq < o.seq
                   AND p.state IN ('queued', 'sending', 'unknown') AND p.settled_at IS NULL)
"""
_OWED = """
    o.message_id, o.conversation_id, o.attempts, o.sending_since, o.looked, o.owed_since,
    o.state, o.reason, m.body, m.provider, c.channel, c.our_address, c.their_address
"""


def _owed(row: asyncpg.Record) -> Owed:
    message = OutboundMessage(
        row["message_id"], row["channel"], row["our_address"], row["their_address"], row["body"]
    )
    return Owed(
        message,
        row["provider"],
        row["conversation_id"],
        row["attempts"],
        row["sending_since"],
        row["looked"],
        row["owed_since"],
        row["state"],
        row["reason"],
    )


async def claim(db: Db, *, sender: str, limit: int, lease_seconds: float) -> Sequence[Owed]:
    """Claim the head message of up to `limit` conversations and pass it through the last gate.

    Opt-out, ownership and age are looked at here, in the statement that commits `sending`:
    rows come back as `sending`, or as `blocked` or `expired` with the reason.
    """
    rows = await db.fetch(
        f"""
        WITH head AS (
            SELECT o.message_id, o.expires_at <= now() AS late,
                   o.owner_epoch <> c.owner_epoch AS taken_over,
                   EXISTS (SELECT 1 FROM opt_outs x WHERE x.channel = c.channel
                              AND x.our_address = c.our_address
                              AND x.address = c.their_address) AS opted_out
              FROM outbox o JOIN conversations c ON c.id = o.conversation_id
             WHERE o.state = 'queued' AND o.due_at <= now()
               AND {_HEAD}
             ORDER BY o.due_at LIMIT $1 FOR UPDATE OF o SKIP LOCKED),
        claimed AS (
            UPDATE outbox o SET
                state = CASE WHEN h.opted_out OR h.taken_over THEN 'blocked'
                             WHEN h.late THEN 'expired' ELSE 'sending' END,
                reason = CASE WHEN h.opted_out THEN 'opted_out'
                              WHEN h.taken_over THEN 'owner_changed'
                              WHEN h.late THEN 'too_late' ELSE '' END,
                settled_at = CASE WHEN h.opted_out OR h.taken_over OR h.late THEN now() END,
                attempts = o.attempts + 1, sender = $2, sending_since = now(),
                lease_until = now() + $3
              FROM head h WHERE o.message_id = h.message_id
            RETURNING o.*)
        SELECT {_OWED} FROM claimed o
          JOIN messages m ON m.id = o.message_id JOIN conversations c ON c.id = o.conversation_id
        """,  # noqa: S608 - the only thing put in is the constant above
        limit,
        sender,
        timedelta(seconds=lease_seconds),
    )
    return [_owed(row) for row in rows]


async def seconds_until_due(db: Db) -> float | None:
    """How long until the head of a conversation is due to be sent or looked for, if any is."""
    seconds: float | None = await db.fetchval(
        f"""
        SELECT extract(epoch FROM min(o.due_at) - now())::float8 FROM outbox o
         WHERE o.state IN ('queued', 'unknown') AND o.settled_at IS NULL AND {_HEAD}
        """  # noqa: S608 - the only thing put in is the constant above
    )
    return seconds


async def sent(pool: asyncpg.Pool, message_id: MessageId, receipt: Receipt) -> None:
    """The provider has it. A callback may have said more already: never goes backwards."""
    report = DeliveryReport("", receipt.provider_id, receipt.status, message_id)
    async with pool.acquire() as connection, connection.transaction():
        await _settle(connection, message_id, report, segments=receipt.segments)


async def delayed(db: Db, message_id: MessageId, reason: str, seconds: float) -> None:
    """The provider did nothing: try again after a while."""
    await db.execute(
        "UPDATE outbox SET state = 'queued', reason = $2, due_at = now() + $3, lease_until = NULL"
        " WHERE message_id = $1 AND state = 'sending'",
        message_id,
        reason,
        timedelta(seconds=seconds),
    )


async def ended(
    pool: asyncpg.Pool, message_id: MessageId, reason: str, *, opted_out: bool, respond_by: datetime
) -> None:
    """It was refused for good: `blocked` when the customer opted out, else `failed`."""
    async with pool.acquire() as connection, connection.transaction():
        over = await connection.fetchval(
            "UPDATE outbox SET state = $2, reason = $3, settled_at = now(), lease_until = NULL"
            " WHERE message_id = $1 AND state IN ('sending', 'unknown') RETURNING true",
            message_id,
            "blocked" if opted_out else "failed",
            reason,
        )
        if over:
            await undelivered(connection, message_id, reason, opted_out, respond_by)


async def expired(pool: asyncpg.Pool, message_id: MessageId, respond_by: datetime) -> None:
    """A reply came too late to be sent: a person has to take over."""
    async with pool.acquire() as connection, connection.transaction():
        await undelivered(connection, message_id, "too_late", False, respond_by)


async def unknown(db: Db, message_id: MessageId, reason: str) -> None:
    """Nobody can say whether it was sent."""
    await db.execute(
        "UPDATE outbox SET state = 'unknown', reason = $2, due_at = now(), lease_until = NULL"
        " WHERE message_id = $1 AND state = 'sending'",
        message_id,
        reason,
    )


async def abandon(db: Db, *, sender: str | None = None) -> int:
    """What a dead worker was sending is unknown: a namesake's at its start, others' by lease."""
    rows = await db.fetch(
        "UPDATE outbox SET state = 'unknown', reason = 'worker_died', due_at = now(),"
        " lease_until = NULL WHERE state = 'sending' AND (sender = $1 OR lease_until < now())"
        " RETURNING message_id",
        sender,
    )
    return len(rows)


async def claim_unknown(db: Db, *, limit: int, look_again_seconds: float) -> Sequence[Owed]:
    """Unknown messages whose turn it is to be looked for; the next look is booked at once."""
    rows = await db.fetch(
        f"""
        WITH due AS (
            SELECT message_id FROM outbox WHERE state = 'unknown' AND due_at <= now()
               AND settled_at IS NULL ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED),
        claimed AS (
            UPDATE outbox o SET looked = looked + 1, due_at = now() + $2
              FROM due WHERE o.message_id = due.message_id RETURNING o.*)
        SELECT {_OWED} FROM claimed o
          JOIN messages m ON m.id = o.message_id JOIN conversations c ON c.id = o.conversation_id
        """,  # noqa: S608 - the only thing put in is the constant above
        limit,
        timedelta(seconds=look_again_seconds),
    )
    return [_owed(row) for row in rows]


async def known_provider_ids(db: Db, provider: str, ids: Sequence[str]) -> set[str]:
    """Those of the provider's ids that already belong to a message of ours."""
    rows = await db.fetch(
        "SELECT provider_id FROM messages WHERE provider = $1 AND provider_id = ANY($2)",
        provider,
        list(ids),
    )
    return {row["provider_id"] for row in rows}


async def give_up(pool: asyncpg.Pool, message_id: MessageId, respond_by: datetime) -> None:
    """An unknown that was not found is a person's to judge; what is queued behind it goes on."""
    async with pool.acquire() as connection, connection.transaction():
        given_up = await connection.fetchval(
            "UPDATE outbox SET settled_at = now() WHERE message_id = $1 AND state = 'unknown'"
            " AND settled_at IS NULL RETURNING 1",
            message_id,
        )
        if given_up:
            await undelivered(connection, message_id, NOT_FOUND, False, respond_by)


async def report(pool: asyncpg.Pool, delivery: DeliveryReport, respond_by: datetime) -> bool:
    """Apply a status callback; False when it is about no message of ours.

    A message that failed after all is shown to a person, and an opt-out that only the provider
    knew of becomes ours.
    """
    message_id: UUID | None = delivery.message_id
    async with pool.acquire() as connection, connection.transaction():
        if message_id is None:
            message_id = await connection.fetchval(
                "SELECT id FROM messages WHERE provider = $1 AND provider_id = $2",
                delivery.provider,
                delivery.provider_id,
            )
        if message_id is None:
            return False
        moved = await _settle(connection, MessageId(message_id), delivery)
        if moved is None:
            return False
        before, after = moved
        if after == "failed" and before != "failed":
            await undelivered(
                connection,
                MessageId(message_id),
                delivery.error_code,
                delivery.opted_out,
                respond_by,
            )
    return True


async def _settle(
    db: Db, message_id: MessageId, delivery: DeliveryReport, segments: int | None = None
) -> tuple[str, str] | None:
    """Move a row up the ladder; the states before and after, or None where there is no row."""
    state: str | None = await db.fetchval(
        "SELECT state FROM outbox WHERE message_id = $1 FOR UPDATE", message_id
    )
    if state is None:
        return None
    after = next_state(state, delivery.status)
    await db.execute(
        "UPDATE messages SET provider_id = COALESCE(provider_id, $2) WHERE id = $1",
        message_id,
        delivery.provider_id,
    )
    await db.execute(
        """
        UPDATE outbox SET state = $2, segments = COALESCE($3, segments), lease_until = NULL,
               settled_at = COALESCE(settled_at, now()),
               reason = CASE WHEN $2 = state THEN reason ELSE $4 END
         WHERE message_id = $1
        """,
        message_id,
        after,
        segments,
        delivery.error_code,
    )
    return state, after


async def undelivered(
    db: Db, message_id: MessageId, reason: str, opted_out: bool, respond_by: datetime
) -> None:
    """A reply did not reach its customer: they opted out, or a person has to take over."""
    row = await db.fetchrow(
        "SELECT c.id, c.channel, c.our_address, c.their_address, m.body FROM messages m"
        " JOIN conversations c ON c.id = m.conversation_id WHERE m.id = $1",
        message_id,
    )
    assert row is not None, "a message is never deleted"
    if opted_out:
        await opt_out(db, row["channel"], row["our_address"], row["their_address"], reason)
        return
    await inquiries.escalate(
        db,
        row["id"],
        reason=Reason.DELIVERY_UNKNOWN if reason == NOT_FOUND else Reason.DELIVERY_FAILED,
        note=f"Our reply may not have arrived ({reason}): {row['body']}",
        respond_by=respond_by,
    )


async def opt_out(db: Db, channel: str, our_address: str, address: str, wording: str) -> None:
    """The provider says that this customer has told it to stop: so have they told us."""
    await db.execute(
        "WITH ledger AS (INSERT INTO consents"
        " (channel, our_address, address, kind, wording, source)"
        " VALUES ($1, $2, $3, 'stop', $4, 'provider refusal'))"
        " INSERT INTO opt_outs (channel, our_address, address) VALUES ($1, $2, $3)"
        " ON CONFLICT DO NOTHING",
        channel,
        our_address,
        address,
        wording,
    )
