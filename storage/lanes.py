"""The lane of a conversation: one worker at a time answers it, fenced.

A claim commits at once with a lease and a fencing number, so that the turn runs with no
transaction open; `close` checks the fence and what the turn has seen in one transaction and
either stores everything the turn came to, or nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from pipeline.ids import ContactId, ConversationId, InquiryId, MessageId
from pipeline.inquiry.escalation import Reason
from pipeline.inquiry.turn import Outcome, Said
from storage import inquiries, outbox
from storage.conversations import add_reply, said
from storage.database import Db

HISTORY = 50
"""Messages of a conversation that a turn looks back on."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A conversation claimed by this worker until its lease runs out."""

    conversation_id: ConversationId
    contact_id: ContactId
    inquiry_id: InquiryId
    inquiry_version: int
    channel: str
    provider: str
    our_address: str
    their_address: str
    owner: str
    owner_epoch: int
    fence: int
    answered_seq: int
    attempts: int
    due_at: datetime | None
    """When its answer fell due, the debounce being over; None when it owes none."""


class Fenced(Exception):
    """Another worker has taken the lane since: whatever this turn came to is dropped."""


_LANE = """
    c.id AS conversation_id, c.contact_id, (c.inquiry).id AS inquiry_id,
    (c.inquiry).version AS inquiry_version,
    c.channel, c.provider, c.our_address, c.their_address, c.owner, c.owner_epoch, c.fence,
    c.answered_seq, c.attempts, c.due_at
"""


async def claim_due(db: Db, *, worker: str, limit: int, lease_seconds: float) -> Sequence[Lane]:
    """Claim up to `limit` conversations that are due, the longest due first."""
    rows = await db.fetch(
        f"""
        WITH claimed AS (
            UPDATE conversations SET fence = fence + 1, attempts = attempts + 1,
                   lease_until = now() + $2, claimed_by = $3
             WHERE id IN (SELECT id FROM conversations
                           WHERE due_at <= now() AND owner = 'ai'
                             AND (lease_until IS NULL OR lease_until < now())
                           ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
            RETURNING *, inquiry_of(contact_id) AS inquiry)
        SELECT {_LANE} FROM claimed c
        """,  # noqa: S608 - the only thing put in is the constant above
        limit,
        timedelta(seconds=lease_seconds),
        worker,
    )
    return [Lane(**dict(row)) for row in rows]


async def claim_idle(
    db: Db, conversation_id: ConversationId, *, worker: str, lease_seconds: float
) -> Lane | None:
    """Claim one conversation that nobody holds and that owes no answer; None while it does."""
    row = await db.fetchrow(
        f"""
        WITH claimed AS (
            UPDATE conversations SET fence = fence + 1, lease_until = now() + $2,
                   claimed_by = $3
             WHERE id = $1 AND due_at IS NULL AND (lease_until IS NULL OR lease_until < now())
            RETURNING *, inquiry_of(contact_id) AS inquiry)
        SELECT {_LANE} FROM claimed c
        """,  # noqa: S608 - the only thing put in is the constant above
        conversation_id,
        timedelta(seconds=lease_seconds),
        worker,
    )
    return Lane(**dict(row)) if row else None


async def abandon(db: Db, *, worker: str) -> int:
    """At a worker's start: what a namesake held when it died may be claimed at once."""
    rows = await db.fetch(
        "UPDATE conversations SET lease_until = NULL, claimed_by = NULL"
        " WHERE claimed_by = $1 AND lease_until IS NOT NULL AND due_at IS NOT NULL RETURNING id",
        worker,
    )
    return len(rows)


async def seconds_until_due(db: Db) -> float | None:
    """How long until a conversation that nobody holds falls due; None when none will."""
    seconds: float | None = await db.fetchval(
        "SELECT extract(epoch FROM min(GREATEST(due_at, lease_until)) - now())::float8"
        " FROM conversations WHERE due_at IS NOT NULL AND owner = 'ai'"
    )
    return seconds


async def extend_lease(db: Db, lane: Lane, *, lease_seconds: float) -> None:
    """The heartbeat. Raises Fenced when another worker has the lane."""
    held = await db.fetchval(
        "UPDATE conversations SET lease_until = now() + $3"
        " WHERE id = $1 AND fence = $2 RETURNING 1",
        lane.conversation_id,
        lane.fence,
        timedelta(seconds=lease_seconds),
    )
    if not held:
        raise Fenced


@dataclass(frozen=True, slots=True)
class History:
    """A conversation as a turn sees it."""

    said: tuple[Said, ...]
    """Oldest first; the unanswered messages of the customer come last."""
    unanswered: int
    last_inbound_seq: int


async def history(db: Db, lane: Lane) -> History:
    """The conversation's last messages; commands, their answers and parked messages left out."""
    last_inbound_seq = await db.fetchval(
        "SELECT last_inbound_seq FROM conversations WHERE id = $1", lane.conversation_id
    )
    rows = await db.fetch(
        """
        SELECT m.seq, m.direction, m.author, m.body, m.at,
               m.direction = 'in' AND m.seq > c.answered_seq AS unanswered
          FROM messages m JOIN conversations c ON c.id = m.conversation_id
         WHERE c.id = $1 AND m.parked IS NULL
           AND NOT m.details ? 'consent' AND m.author <> 'consent'
         ORDER BY m.seq DESC LIMIT $2
        """,
        lane.conversation_id,
        HISTORY,
    )
    ordered = sorted(rows, key=lambda row: (row["unanswered"], row["seq"]))
    return History(
        tuple(said(row) for row in ordered),
        sum(row["unanswered"] for row in rows),
        last_inbound_seq,
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """What a turn looked at; the close discards its draft when either has moved on."""

    last_inbound_seq: int
    inquiry_version: int


@dataclass(frozen=True, slots=True)
class Closed:
    """What closing a turn came to."""

    message_id: MessageId | None
    """The reply stored; None when the draft was discarded and the turn has to run again."""


class _Moved(Exception):
    """The inquiry or the conversation has moved on since the snapshot."""


async def close(
    pool: asyncpg.Pool,
    lane: Lane,
    seen: Seen,
    outcome: Outcome,
    message_id: MessageId,
    *,
    business_version: int,
    respond_by: datetime,
    model_seconds: float,
    expires_seconds: float | None,
) -> Closed:
    """Store all that a turn came to, and what is owed to the customer, in one transaction.

    With `expires_seconds` the reply goes to the outbox, and a newer inbound message discards the
    draft; without, nothing is sent and only what the turn saw counts as answered. Raises Fenced
    when the lane is no longer ours.
    """
    try:
        async with pool.acquire() as connection, connection.transaction():
            await _check(connection, lane, seen, sending=expires_seconds is not None)
            if not await inquiries.record(
                connection,
                lane,
                seen.inquiry_version,
                outcome,
                business_version=business_version,
                respond_by=respond_by,
            ):
                raise _Moved
            seq = await add_reply(
                connection,
                lane.conversation_id,
                message_id,
                outcome.reply,
                by=author(outcome),
                provider=lane.provider,
            )
            if expires_seconds is not None:
                await outbox.enqueue(
                    connection,
                    lane.conversation_id,
                    message_id,
                    seq,
                    expires_seconds=expires_seconds,
                    owed_since=lane.due_at and lane.due_at + timedelta(seconds=model_seconds),
                )
            await connection.execute(_ANSWERED, lane.conversation_id, seen.last_inbound_seq)
    except _Moved:
        await release(pool, lane, retry_seconds=0)
        return Closed(None)
    return Closed(message_id)


_ANSWERED = """
    UPDATE conversations SET lease_until = NULL, claimed_by = NULL, attempts = 0,
           answered_seq = GREATEST(answered_seq, $2),
           due_at = CASE WHEN last_inbound_seq > $2 THEN due_at END,
           due_since = CASE WHEN last_inbound_seq > $2 THEN due_since END
     WHERE id = $1
"""


async def _check(db: Db, lane: Lane, seen: Seen, *, sending: bool) -> None:
    row = await db.fetchrow(
        "SELECT fence, last_inbound_seq, owner_epoch FROM conversations WHERE id = $1 FOR UPDATE",
        lane.conversation_id,
    )
    if row is None or row["fence"] != lane.fence:
        raise Fenced
    now = (row["last_inbound_seq"], row["owner_epoch"])
    if sending and now != (seen.last_inbound_seq, lane.owner_epoch):
        raise _Moved


def author(outcome: Outcome) -> str:
    """Who a reply is signed by in the record."""
    return outcome.model if outcome.model == "attendant" else f"model:{outcome.model}"


async def release(db: Db, lane: Lane, *, retry_seconds: float) -> None:
    """Give the lane back unanswered; it falls due again after a pause.

    A draft that was merely overtaken (no pause) is no failed attempt.
    """
    await db.execute(
        "UPDATE conversations SET lease_until = NULL, claimed_by = NULL,"
        " attempts = CASE WHEN $3 > interval '0' THEN attempts ELSE 0 END,"
        " due_at = GREATEST(due_at, CASE WHEN due_at IS NOT NULL THEN now() + $3 END)"
        " WHERE id = $1 AND fence = $2",
        lane.conversation_id,
        lane.fence,
        timedelta(seconds=retry_seconds),
    )


async def park(
    pool: asyncpg.Pool,
    lane: Lane,
    reason: str,
    *,
    reply: str,
    message_id: MessageId,
    respond_by: datetime,
    expires_seconds: float,
) -> int:
    """Set aside what cannot be answered, tell its writer and people, and let the lane go on.

    Returns how many messages were parked.
    """
    async with pool.acquire() as connection, connection.transaction():
        await _check(connection, lane, Seen(0, 0), sending=False)
        rows = await connection.fetch(
            "UPDATE messages SET parked = $3 WHERE conversation_id = $1 AND direction = 'in'"
            " AND seq > $2 AND NOT details ? 'consent' RETURNING seq",
            lane.conversation_id,
            lane.answered_seq,
            reason,
        )
        last = max((row["seq"] for row in rows), default=lane.answered_seq)
        await inquiries.escalate(
            connection,
            lane.conversation_id,
            reason=Reason.TECHNICAL_ERROR,
            note=f"{len(rows)} message(s) could not be answered: {reason}",
            respond_by=respond_by,
        )
        if rows:
            seq = await add_reply(
                connection,
                lane.conversation_id,
                message_id,
                reply,
                by="attendant",
                provider=lane.provider,
            )
            await outbox.enqueue(
                connection, lane.conversation_id, message_id, seq, expires_seconds=expires_seconds
            )
        await connection.execute(_ANSWERED, lane.conversation_id, last)
    return len(rows)
