"""The row of a phone call: it rings, workers take it up one after the other, and it ends once.

The hard part: a carrier's reports, our own worker, and the worker that takes the call up after a
loss all write to one row, in any order. Every change of status is therefore a conditional update
along the legal moves, a media token opens one socket only, and a worker that has lost the call
(its `stream` is not the latest) can no longer end it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pipeline.call.status import CALL_CHANNEL, MOVES, CallRang, CallReport, CallStatus, Direction
from pipeline.ids import CallId, ContactId, ConversationId, InquiryId
from storage.database import Db, storable

WITHHELD = "withheld"
"""The kind of identity of a caller without a number: each call of one is somebody new."""
MOST_REOFFERS = 3
"""How often the audio of a call that was lost is asked for again."""
TOKEN_MARGIN_MS = 10_000
"""A token that is out is given again while it has this long to go."""

_FINAL = [status.value for status, moves in MOVES.items() if not moves]
_LEGAL_FROM = [before.value for before, moves in MOVES.items() for _ in moves]
_LEGAL_TO = [after.value for moves in MOVES.values() for after in moves]


@dataclass(frozen=True, slots=True)
class RingingCall:
    """A call that a carrier asks what to do with."""

    call_id: CallId
    conversation_id: ConversationId
    fresh: bool
    """False: this call was here already, and nothing was changed."""


async def ring(db: Db, rang: CallRang, *, direction: Direction = "inbound") -> RingingCall:
    """The call's row, made if there is none; whoever texts from that number is the same contact."""
    ours, theirs = (
        (rang.callee, rang.caller) if direction == "inbound" else (rang.caller, rang.callee)
    )
    row = await db.fetchrow(
        """
        INSERT INTO calls (conversation_id, provider, provider_id, direction, status,
                           caller, callee, forwarded_from)
        VALUES (conversation_of($1, $2, $3, $4, $5), $2, $6, $7, $8, $9, $10, $11)
        ON CONFLICT (provider, provider_id) DO UPDATE SET provider = excluded.provider
        RETURNING id, conversation_id, xmax = 0 AS fresh
        """,
        CALL_CHANNEL,
        rang.provider,
        ours,
        "phone" if theirs else WITHHELD,
        theirs or rang.provider_id,
        rang.provider_id,
        direction,
        CallStatus.RINGING if direction == "inbound" else CallStatus.INITIATED,
        rang.caller,
        rang.callee,
        rang.forwarded_from,
    )
    assert row is not None, "the row is there, by us or by another"
    return RingingCall(CallId(row["id"]), ConversationId(row["conversation_id"]), row["fresh"])


async def issue_token(db: Db, call_id: CallId, expires_ms: int) -> int | None:
    """When the media token to be given expires (Unix ms); None when the call is over.

    That is `expires_ms`, or the time of a token that is out, unused and good for some seconds
    yet: a carrier that asks twice may follow either answer.
    """
    kept: int | None = await db.fetchval(
        """
        UPDATE calls SET token_expires_ms =
               CASE WHEN token_expires_ms > extract(epoch FROM now()) * 1000 + $3
                    THEN token_expires_ms ELSE $2 END
         WHERE id = $1 AND status <> ALL($4::text[]) AND end_reason IS NULL
        RETURNING token_expires_ms
        """,
        call_id,
        expires_ms,
        TOKEN_MARGIN_MS,
        _FINAL,
    )
    return kept


@dataclass(frozen=True, slots=True)
class Attached:
    """A call whose media socket is this worker's: what is needed to go on with it."""

    call_id: CallId
    conversation_id: ConversationId
    contact_id: ContactId
    inquiry_id: InquiryId
    provider: str
    caller: str | None
    """E.164; None when withheld."""
    stream: int
    """Which media socket of the call this is: 1, or more after a loss."""
    answered_by: str
    """As asked for, or the attendant where the model has failed on this call."""
    memory: Mapping[str, Any]
    """Where the attendant's dialogue stood; empty at first."""
    tools: Sequence[str]
    """That did what they were asked, on the call's earlier media sockets, in order."""
    answered_at: datetime
    """When the first media socket came."""


ATTENDANT = "attendant"


async def attach(
    db: Db,
    provider: str,
    provider_id: str,
    expires_ms: int,
    *,
    worker: str,
    answered_by: str,
    business_version: int,
) -> Attached | None:
    """Take up a call with the token that expires at `expires_ms` (Unix ms), and use it up.

    None when that token is not the one that is out, is used, or the call is over. Whether it has
    expired is for whoever verified it to know.
    """
    row = await db.fetchrow(
        """
        WITH taken AS (
            UPDATE calls SET status = 'in_progress', token_expires_ms = NULL,
                   streams = streams + 1, worker = $4,
                   answered_by = CASE WHEN model_failed THEN $6 ELSE $5 END,
                   business_version = $7, answered_at = coalesce(answered_at, now())
             WHERE provider = $1 AND provider_id = $2 AND token_expires_ms = $3
               AND status IN ('ringing', 'in_progress', 'on_hold') AND end_reason IS NULL
            RETURNING *)
        SELECT t.id AS call_id, t.conversation_id, c.contact_id, i.id AS inquiry_id, t.provider,
               t.caller, t.streams AS stream, t.answered_by, t.memory, t.tools, t.answered_at
          FROM taken t JOIN conversations c ON c.id = t.conversation_id,
               LATERAL inquiry_of(c.contact_id) i
        """,
        provider,
        provider_id,
        expires_ms,
        worker,
        answered_by,
        ATTENDANT,
        business_version,
    )
    return Attached(**dict(row)) if row else None


async def answered(db: Db, call_id: CallId, answered_by: str) -> None:
    """Another answers than was thought when the call was taken up."""
    await db.execute("UPDATE calls SET answered_by = $2 WHERE id = $1", call_id, answered_by)


async def remember(db: Db, call_id: CallId, memory: Mapping[str, Any]) -> None:
    """Store where the attendant's dialogue stands."""
    await db.execute("UPDATE calls SET memory = $2 WHERE id = $1", call_id, dict(memory))


async def used(db: Db, call_id: CallId, tool: str) -> None:
    """A tool did on this call what it was asked."""
    await db.execute("UPDATE calls SET tools = tools || $2::text WHERE id = $1", call_id, tool)


async def model_failed(db: Db, call_id: CallId) -> None:
    """The model is not to be tried again on this call: the attendant goes on with it."""
    await db.execute(
        "UPDATE calls SET model_failed = true, answered_by = $2 WHERE id = $1", call_id, ATTENDANT
    )


_SPENT = """
    usage = add_up(usage, {usage}),
    -- Unknown once is unknown for good: a part of what it cost would look like all of it.
    cost_micros = CASE
        WHEN {cost}::bigint IS NULL AND {usage} <> '{{}}'::jsonb THEN NULL
        WHEN cost_micros IS NULL AND usage <> '{{}}'::jsonb THEN NULL
        WHEN {cost}::bigint IS NULL THEN cost_micros
        ELSE coalesce(cost_micros, 0) + {cost}::bigint END,
    timings = CASE WHEN {timings} = '{{}}'::jsonb THEN timings ELSE
        timings || jsonb_build_object(coalesce({stream}::int, streams)::text, {timings}) END
"""
_DETACH = f"""
    UPDATE calls SET worker = CASE WHEN streams = $2 THEN NULL ELSE worker END,
           {_SPENT.format(stream="$2", usage="$3::jsonb", cost="$4", timings="$5::jsonb")}
     WHERE id = $1 RETURNING ended_at IS NOT NULL
"""  # noqa: S608 - the only thing put in is the constant above
_END = f"""
    WITH was AS (
        SELECT id, streams = coalesce($2, streams) AS ours,
               streams = coalesce($2, streams)
               AND (status, $3) IN (SELECT * FROM unnest($4::text[], $5::text[])) AS moves
          FROM calls WHERE id = $1 FOR UPDATE)
    UPDATE calls c SET
           status = CASE WHEN moves THEN $3 ELSE status END,
           ended_at = CASE WHEN moves THEN now() ELSE ended_at END,
           token_expires_ms = CASE WHEN ours THEN NULL ELSE token_expires_ms END,
           worker = CASE WHEN ours THEN NULL ELSE worker END,
           end_reason = CASE WHEN ours THEN coalesce(end_reason, $6) ELSE end_reason END,
           outcome = CASE WHEN ours THEN coalesce(outcome, $7) ELSE outcome END,
           summary = CASE WHEN ours THEN coalesce(summary, $8) ELSE summary END,
           {_SPENT.format(stream="$2", usage="$9::jsonb", cost="$10", timings="$11::jsonb")}
      FROM was WHERE c.id = was.id RETURNING moves
"""  # noqa: S608 - the only thing put in is the constant above


async def ending(db: Db, call_id: CallId, stream: int, reason: str) -> None:
    """Say that we are about to hang up. Before the socket is closed: at that the carrier asks
    `after` what is next, and must not be told that the call was lost."""
    await db.execute(
        "UPDATE calls SET end_reason = coalesce(end_reason, $3) WHERE id = $1 AND streams = $2",
        call_id,
        stream,
        reason,
    )


async def detach(
    db: Db,
    call_id: CallId,
    stream: int,
    *,
    usage: Mapping[str, int] | None = None,
    cost_micros: int | None = None,
    timings: Mapping[str, Any] | None = None,
) -> bool:
    """The media socket is lost; whether the call is over meanwhile. If not, it may be taken up
    again."""
    over: bool | None = await db.fetchval(
        _DETACH, call_id, stream, dict(usage or {}), cost_micros, dict(timings or {})
    )
    return bool(over)


async def end(
    db: Db,
    call_id: CallId,
    *,
    status: CallStatus,
    reason: str,
    outcome: str,
    summary: str,
    usage: Mapping[str, int] | None = None,
    cost_micros: int | None = None,
    timings: Mapping[str, Any] | None = None,
    stream: int | None = None,
) -> bool:
    """End a call, if its status may move so; say whether it did.

    A call that the carrier has reported over already stays as it is, and is given its reason,
    outcome and summary where it has none. Usage and cost (millionths of a dollar; None: no price
    is known) are added to those of earlier media sockets; timings are kept by media socket. A
    worker that gives a `stream` which is not the latest adds only those.
    """
    moved: bool | None = await db.fetchval(
        _END,
        call_id,
        stream,
        status,
        _LEGAL_FROM,
        _LEGAL_TO,
        storable(reason),
        storable(outcome),
        storable(summary),
        dict(usage or {}),
        cost_micros,
        dict(timings or {}),
    )
    return bool(moved)


@dataclass(frozen=True, slots=True)
class Reported:
    """What became of a carrier's report."""

    call_id: CallId
    moved: bool
    status: CallStatus
    """As of now."""
    worker: str | None
    """Who holds the call's media socket, as far as the row knows."""
    outcome: str | None
    """None: nobody has said yet what the call came to."""


async def report(db: Db, said: CallReport) -> Reported | None:
    """Take in what a carrier says of a call; None when there is no such call.

    Reports come late, twice and in any order: only legal moves are made, and none out of a final
    state. That a call is in progress is said by our own media socket, never by a report; so a
    call that is reported completed while it still rings was missed.
    """
    row = await db.fetchrow(
        """
        WITH was AS (
            SELECT id, status, CASE WHEN status <> 'ringing' THEN $3
                                    WHEN $3 = 'completed' THEN 'missed'
                                    WHEN $3 <> 'in_progress' THEN $3 END AS wanted
              FROM calls WHERE provider = $1 AND provider_id = $2 FOR UPDATE),
        move AS (
            SELECT id, wanted, coalesce((status, wanted) IN
                   (SELECT * FROM unnest($5::text[], $6::text[])), false) AS moves FROM was)
        UPDATE calls c SET
               status = CASE WHEN moves THEN wanted ELSE status END,
               ended_at = CASE WHEN moves AND wanted = ANY($7::text[]) THEN now()
                               ELSE ended_at END,
               token_expires_ms = CASE WHEN moves AND wanted = ANY($7::text[]) THEN NULL
                                       ELSE token_expires_ms END,
               seconds = coalesce($4, seconds)
          FROM move WHERE c.id = move.id
        RETURNING c.id, moves, c.status, worker, outcome
        """,
        said.provider,
        said.provider_id,
        said.status,
        said.seconds,
        _LEGAL_FROM,
        _LEGAL_TO,
        _FINAL,
    )
    if row is None:
        return None
    return Reported(
        CallId(row["id"]), row["moves"], CallStatus(row["status"]), row["worker"], row["outcome"]
    )


@dataclass(frozen=True, slots=True)
class After:
    """What a carrier is to be told when the audio of a call has ended."""

    verdict: Literal["ended", "lost", "given_up"]
    """lost: ask for the audio again, with a new token. given_up: that was done often enough."""
    call_id: CallId
    conversation_id: ConversationId
    caller: str | None


async def after(db: Db, provider: str, provider_id: str) -> After | None:
    """Look what the call's row says, and count a loss; None when there is no such call."""
    row = await db.fetchrow(
        """
        WITH was AS (
            SELECT id, CASE WHEN end_reason IS NOT NULL OR status = ANY($3::text[]) THEN 'ended'
                            WHEN reoffered < $4 THEN 'lost' ELSE 'given_up' END AS verdict
              FROM calls WHERE provider = $1 AND provider_id = $2 FOR UPDATE)
        UPDATE calls c SET reoffered = reoffered + (verdict = 'lost')::int
          FROM was WHERE c.id = was.id
        RETURNING verdict, c.id AS call_id, conversation_id, caller
        """,
        provider,
        provider_id,
        _FINAL,
        MOST_REOFFERS,
    )
    return After(**dict(row)) if row else None


async def abandon(db: Db, *, worker: str) -> int:
    """At a worker's start: nobody holds what a namesake held when it died. How many that were.

    What was reported over meanwhile nobody has summed up, and nobody will.
    """
    rows = await db.fetch(
        """
        UPDATE calls SET worker = NULL,
               end_reason = CASE WHEN ended_at IS NULL THEN end_reason
                                 ELSE coalesce(end_reason, 'lost') END,
               outcome = CASE WHEN ended_at IS NULL THEN outcome ELSE coalesce(outcome, 'lost') END,
               summary = CASE WHEN ended_at IS NULL THEN summary
                              ELSE coalesce(summary, 'The call broke off.') END
         WHERE worker = $1 RETURNING id
        """,
        worker,
    )
    return len(rows)


async def close_stale(db: Db, *, older_seconds: float) -> int:
    """Close calls that began so long ago that a report of their end must have been lost."""
    rows = await db.fetch(
        "UPDATE calls SET ended_at = now(), token_expires_ms = NULL, worker = NULL,"
        " status = CASE WHEN status = 'ringing' THEN 'missed' ELSE 'failed' END"
        " WHERE status <> ALL($1::text[]) AND created_at < now() - $2::interval RETURNING id",
        _FINAL,
        timedelta(seconds=older_seconds),
    )
    return len(rows)
