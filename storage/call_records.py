"""Calls as they are looked up: the newest first, and one with all that belongs to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from pipeline.call.status import CallStatus, Direction
from pipeline.ids import CallId, ConversationId, QuoteId
from storage.database import Db


@dataclass(frozen=True, slots=True)
class CallRecord:
    """The row of a call, and the quotes that were given while it lasted."""

    call_id: CallId
    conversation_id: ConversationId
    provider: str
    provider_id: str
    direction: Direction
    status: CallStatus
    caller: str | None
    """E.164; None when withheld."""
    callee: str
    forwarded_from: str
    streams: int
    """How many media sockets it has had."""
    worker: str | None
    answered_by: str | None
    """model:NAME or attendant; None while nobody has answered."""
    model_failed: bool
    business_version: int | None
    end_reason: str | None
    outcome: str | None
    summary: str | None
    usage: Mapping[str, int]
    """Tokens by kind."""
    cost_micros: int | None
    """Millionths of a dollar; None when no price is known."""
    timings: Mapping[str, Mapping[str, Any]]
    """By media socket: "1", "2", ..."""
    seconds: int | None
    """As the carrier counts them."""
    created_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    quote_ids: Sequence[QuoteId]


_RECORD = """
    SELECT k.id AS call_id, k.conversation_id, k.provider, k.provider_id, k.direction, k.status,
           k.caller, k.callee, k.forwarded_from, k.streams, k.worker, k.answered_by,
           k.model_failed, k.business_version, k.end_reason, k.outcome, k.summary, k.usage,
           k.cost_micros, k.timings, k.seconds, k.created_at, k.answered_at, k.ended_at,
           ARRAY(SELECT q.id FROM conversations c
                   JOIN inquiries i ON i.contact_id = c.contact_id
                   JOIN quotes q ON q.inquiry_id = i.id
                  WHERE c.id = k.conversation_id AND q.created_at >= k.answered_at
                    AND q.created_at <= coalesce(k.ended_at, now())
                  ORDER BY q.created_at, q.id) AS quote_ids
      FROM calls k
"""


async def newest(
    db: Db,
    *,
    limit: int,
    statuses: Sequence[CallStatus] = (),
    before: UUID | None = None,
    provider_id: str | None = None,
) -> Sequence[CallRecord]:
    """Up to `limit` calls, the newest first: of these statuses if any are given, older than the
    call `before`, with this id of their carrier's."""
    rows = await db.fetch(
        f"""{_RECORD}
         WHERE ($2::text[] = '{{}}' OR k.status = ANY($2))
           AND ($3::uuid IS NULL OR (k.created_at, k.id) <
                (SELECT b.created_at, b.id FROM calls b WHERE b.id = $3))
           AND ($4::text IS NULL OR k.provider_id = $4)
         ORDER BY k.created_at DESC, k.id DESC LIMIT $1
        """,  # noqa: S608 - the only thing put in is the constant above
        limit,
        [status.value for status in statuses],
        before,
        provider_id,
    )
    return [_record(row) for row in rows]


async def find(db: Db, call_id: UUID) -> CallRecord | None:
    """The call of this id."""
    row = await db.fetchrow(f"{_RECORD} WHERE k.id = $1", call_id)
    return _record(row) if row else None


def _record(row: asyncpg.Record) -> CallRecord:
    return CallRecord(**{**dict(row), "status": CallStatus(row["status"])})


@dataclass(frozen=True, slots=True)
class SpokenMessage:
    """A message a caller spoke for staff. Its number counts a call's from 1."""

    number: int
    milliseconds: int
    at: datetime


async def messages(db: Db, call_id: UUID) -> Sequence[SpokenMessage]:
    """The messages spoken on a call, in order."""
    rows = await db.fetch(
        "SELECT row_number() OVER (ORDER BY at, id)::int AS number,"
        " octet_length(audio) / 8 AS milliseconds, at"
        " FROM spoken_messages WHERE call_id = $1 ORDER BY 1",
        call_id,
    )
    return [SpokenMessage(**dict(row)) for row in rows]


async def message_audio(db: Db, call_id: UUID, number: int) -> bytes | None:
    """A message as it was spoken, in G.711 mu-law; None when the call has no such message."""
    if number < 1:
        return None
    audio: bytes | None = await db.fetchval(
        "SELECT audio FROM spoken_messages WHERE call_id = $1 ORDER BY at, id OFFSET $2 LIMIT 1",
        call_id,
        number - 1,
    )
    return audio
