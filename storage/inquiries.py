"""What is known of a business matter: its facts, its current quote, and who was asked to help."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pipeline.ids import ConversationId, InquiryId
from pipeline.inquiry.escalation import REASONS, Reason
from pipeline.inquiry.facts import Facts
from pipeline.inquiry.turn import Effect, KnownQuote, Outcome, Priority
from storage import quotes
from storage.database import Db


class Held(Protocol):
    """The part of a claimed lane that is needed here."""

    @property
    def conversation_id(self) -> ConversationId: ...
    @property
    def inquiry_id(self) -> InquiryId: ...


@dataclass(frozen=True, slots=True)
class Matter:
    """An inquiry as a turn needs it; what a session keeps warm."""

    version: int
    facts: Facts
    quote: KnownQuote | None


async def load(db: Db, inquiry_id: InquiryId) -> Matter:
    """The inquiry from PostgreSQL."""
    row = await db.fetchrow(
        "SELECT version, facts, quote_id FROM inquiries WHERE id = $1", inquiry_id
    )
    assert row is not None, "a claimed lane has an inquiry"
    quote = await quotes.load(db, row["quote_id"]) if row["quote_id"] else None
    return Matter(row["version"], Facts.from_json(row["facts"]), quote)


async def is_escalated(db: Db, conversation_id: ConversationId) -> bool:
    """Whether a person has been asked for and has not yet dealt with it."""
    found: bool = await db.fetchval(
        "SELECT EXISTS (SELECT 1 FROM escalations WHERE conversation_id = $1"
        " AND status NOT IN ('resolved', 'closed'))",
        conversation_id,
    )
    return found


async def record(
    db: Db,
    lane: Held,
    version: int,
    outcome: Outcome,
    *,
    business_version: int,
    respond_by: datetime,
) -> bool:
    """Store what a turn learnt, quoted, promised and asked people for. In a transaction only.

    False when the inquiry is no longer at `version`: another of the contact's conversations has
    changed it meanwhile, and the transaction must be rolled back.
    """
    for result in outcome.results:
        if result.quote is not None:
            await quotes.save(db, lane.inquiry_id, result.quote, business_version)
    current = await db.fetchval(
        """
        UPDATE inquiries SET facts = $2, quote_id = $3, version = version + 1, updated_at = now(),
               stage = CASE WHEN stage = 'open' AND $3::uuid IS NOT NULL THEN 'quoted'
                            ELSE stage END
         WHERE id = $1 AND version = $4 RETURNING 1
        """,
        lane.inquiry_id,
        outcome.facts.to_json(),
        outcome.quote.quote_id if outcome.quote else None,
        version,
    )
    if not current:
        return False
    if outcome.facts.name:
        await db.execute(
            "UPDATE contacts SET name = $2 FROM inquiries i"
            " WHERE i.id = $1 AND contacts.id = i.contact_id",
            lane.inquiry_id,
            outcome.facts.name,
        )
    for effect in outcome.effects:
        await done_first(db, lane.inquiry_id, effect)
    if outcome.escalation:
        await escalate(
            db,
            lane.conversation_id,
            reason=Reason(outcome.escalation.reason),
            priority=outcome.escalation.priority,
            note=outcome.escalation.note,
            respond_by=respond_by,
        )
    return True


async def done_first(db: Db, inquiry_id: InquiryId, effect: Effect) -> bool:
    """Put an effect on record; False when it was there already, and must not be done again.

    In the transaction that does it: two at once wait for each other.
    """
    first: bool | None = await db.fetchval(
        "INSERT INTO effects (inquiry_id, tool, arguments_hash, arguments)"
        " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING true",
        inquiry_id,
        effect.tool,
        arguments_hash(dict(effect.arguments)),
        dict(effect.arguments),
    )
    return first is not None


def arguments_hash(arguments: dict[str, object]) -> str:
    """One hash for the same arguments in any order."""
    canonical = json.dumps(arguments, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


async def escalate(
    db: Db,
    conversation_id: UUID,
    *,
    reason: Reason,
    priority: Priority | None = None,
    note: str,
    respond_by: datetime,
) -> None:
    """Ask for a person, with the reason's own priority unless another is given.

    A conversation has one open escalation: a second joins the first, and then
    it has the more urgent one's reason and priority, the earlier promise, every note.
    """
    await db.execute(
        """
        INSERT INTO escalations AS e (conversation_id, reason, priority, note, respond_by)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (conversation_id) WHERE status NOT IN ('resolved', 'closed') DO UPDATE SET
            note = CASE WHEN strpos(e.note, excluded.note) > 0 THEN e.note
                        ELSE left(e.note || E'\\n' || excluded.note, 20000) END,
            respond_by = LEAST(e.respond_by, excluded.respond_by),
            reason = CASE WHEN array_position(ARRAY['low', 'medium', 'high', 'urgent'], e.priority)
                          >= array_position(ARRAY['low', 'medium', 'high', 'urgent'],
                                            excluded.priority)
                          THEN e.reason ELSE excluded.reason END,
            priority = (ARRAY['low', 'medium', 'high', 'urgent'])[GREATEST(
                array_position(ARRAY['low', 'medium', 'high', 'urgent'], e.priority),
                array_position(ARRAY['low', 'medium', 'high', 'urgent'], excluded.priority))]
        """,
        conversation_id,
        reason,
        priority or REASONS[reason],
        note,
        respond_by,
    )
