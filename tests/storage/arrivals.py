"""Texts and outcomes for tests of storage."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from pipeline.inquiry.facts import Facts
from pipeline.inquiry.turn import Outcome
from pipeline.messages import InboundMessage
from storage import conversations, lanes
from storage.lanes import Seen

US, DANA, LEE = "+19165550100", "+14155550123", "+14155550124"
SOON = datetime.now(UTC) + timedelta(hours=1)


def text(body="hi", sid="SM1", sender=DANA, **changes):
    return InboundMessage("sms", "twilio", sid, sender, US, body, **changes)


async def arrive(db, message, *, command=None, debounce=0.0):
    return await conversations.receive(
        db,
        message,
        uuid4(),
        identity_kind="phone",
        command=command,
        debounce_seconds=debounce,
    )


async def claim(pool, lease=15.0, worker="host:1"):
    [lane] = await lanes.claim_due(pool, worker=worker, limit=1, lease_seconds=lease)
    return lane


async def idle(pool, conversation_id, worker="host:1"):
    """The lane of a conversation that owes nobody an answer, as a program claims it."""
    return await lanes.claim_idle(pool, conversation_id, worker=worker, lease_seconds=15.0)


async def close(pool, lane, outcome=None, *, seen=None, expires=3600.0):
    outcome = outcome or Outcome(reply="Hello!", facts=Facts(adults=20))
    if seen is None:
        history = await lanes.history(pool, lane)
        seen = Seen(history.last_inbound_seq, lane.inquiry_version)
    return await lanes.close(
        pool,
        lane,
        seen,
        outcome,
        uuid4(),
        business_version=1,
        respond_by=SOON,
        model_seconds=0.0,
        expires_seconds=expires,
    )


async def owed(pool, body="hi", sid="SM1", sender=DANA):
    """A text that was answered: its reply waits in the outbox."""
    await arrive(pool, text(body, sid, sender))
    return (await close(pool, await claim(pool))).message_id
