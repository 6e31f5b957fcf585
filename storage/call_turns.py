"""What was said on a call: each turn a row, stored again whenever more is known of it; and the
messages that callers spoke for staff.

A call may have several media sockets, one after the other; each counts its turns and its time from
its own start, so a turn is known by (call, media socket, item).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pipeline.call.turns import Turn
from pipeline.ids import CallId, ItemId
from storage.database import Db, storable


async def keep_turn(db: Db, call_id: CallId, stream: int, turn: Turn) -> None:
    """Store what was said on one media socket; stored already, it is replaced."""
    await db.execute(
        """
        INSERT INTO call_turns (call_id, stream, item_id, position, speaker, body, at_ms,
                                heard_ms, whole_ms, interrupted)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (call_id, stream, item_id) DO UPDATE SET
            position = excluded.position, speaker = excluded.speaker, body = excluded.body,
            at_ms = excluded.at_ms, heard_ms = excluded.heard_ms,
            whole_ms = excluded.whole_ms, interrupted = excluded.interrupted
        """,
        call_id,
        stream,
        storable(turn.item_id),
        turn.position,
        turn.speaker,
        storable(turn.text),
        turn.at_ms,
        turn.heard_ms,
        turn.whole_ms,
        turn.interrupted,
    )


@dataclass(frozen=True, slots=True)
class Said:
    """A turn, and where it stands in the call."""

    stream: int
    """Of which media socket: 1, 2, ..."""
    turn: Turn
    at: datetime
    """When it was first stored."""


async def said(db: Db, call_id: UUID) -> Sequence[Said]:
    """All that was said on a call, in order."""
    rows = await db.fetch(
        "SELECT stream, item_id, position, speaker, body, at_ms, heard_ms, whole_ms,"
        " interrupted, at FROM call_turns WHERE call_id = $1"
        " ORDER BY stream, position, item_id",
        call_id,
    )
    return [
        Said(
            row["stream"],
            Turn(
                item_id=ItemId(row["item_id"]),
                position=row["position"],
                speaker=row["speaker"],
                text=row["body"],
                at_ms=row["at_ms"],
                heard_ms=row["heard_ms"],
                whole_ms=row["whole_ms"],
                interrupted=row["interrupted"],
            ),
            row["at"],
        )
        for row in rows
    ]


async def broken_off(db: Db, call_id: UUID) -> None:
    """Nobody knows how much was heard of what we were saying when a media socket was lost."""
    await db.execute(
        "UPDATE call_turns SET interrupted = true"
        " WHERE call_id = $1 AND speaker <> 'caller' AND heard_ms IS NULL",
        call_id,
    )


async def turns(db: Db, call_id: UUID) -> tuple[Turn, ...]:
    """All that was said so far, in order, over all of the call's media sockets."""
    return tuple(each.turn for each in await said(db, call_id))


async def keep_message(db: Db, call_id: CallId, audio: bytes) -> None:
    """Store a message spoken for staff: G.711 mu-law, 8,000 bytes a second."""
    await db.execute("INSERT INTO spoken_messages (call_id, audio) VALUES ($1, $2)", call_id, audio)
