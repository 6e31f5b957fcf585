"""A text arrives: record it, take the lane, run the turn, close it.

`accept` is all that happens before a provider is answered. Everything after runs from rows, so
whatever dies in between, another worker finds it again.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import structlog

from gateway.claims import ClaimLoop, Work
from gateway.context import Context
from gateway.metrics import Metrics
from gateway.tools import Model, run_turn
from pipeline.ids import MessageId
from pipeline.inquiry import consent, identity, policy
from pipeline.inquiry.turn import Outcome, Snapshot
from pipeline.messages import InboundMessage
from storage import conversations, inquiries, lanes, outbox
from storage.conversations import Accepted
from storage.database import DATABASE_DOWN, Db
from storage.inquiries import Matter
from storage.lanes import Closed, Fenced, Lane, Seen

log = structlog.get_logger()

LEASE_SECONDS = 15.0
HEARTBEAT_SECONDS = 4.0
TURN_SECONDS = 60.0
MAX_ATTEMPTS = 5
"""Claims without a close (crashes included) after which the message is parked for a person."""
RETRY_SECONDS = 2.0
REPLY_EXPIRES_SECONDS = 4 * 3600.0
LANES = 32
"""Turns side by side in one worker: most of them wait for a model."""
PARKED = "turn_failed_repeatedly"


async def accept(context: Context, message: InboundMessage) -> Accepted:
    """Store an arrival, atomically. Consent words are decided here, before any model.

    STOP and START are recorded and nothing is sent: the provider confirms them itself. HELP is
    answered in the business's own words, unless the provider says that it has.
    """
    command = consent.command(message.text, opted_out=False)
    if command is None and consent.command(message.text, opted_out=True):
        opted_out = await conversations.is_opted_out(
            context.pool, message.channel, message.recipient, message.sender
        )
        command = consent.command(message.text, opted_out=opted_out)
    if command == "help" and not message.provider_opt_out:
        async with context.pool.acquire() as connection, connection.transaction():
            accepted = await _receive(context, connection, message, command)
            if accepted.fresh:
                await _owe(connection, accepted, context.business.help_text, message.provider)
    else:
        accepted = await _receive(context, context.pool, message, command)
    if not accepted.fresh:
        context.metrics.duplicates_absorbed.inc()
    return accepted


async def _receive(
    context: Context, db: Db, message: InboundMessage, command: consent.Command | None
) -> Accepted:
    manner = context.business.manners[message.channel]
    return await conversations.receive(
        db,
        message,
        MessageId(uuid4()),
        identity_kind=identity.identity_kind(message.channel),
        command=command,
        debounce_seconds=manner.debounce_seconds,
    )


async def _owe(connection: Db, accepted: Accepted, text: str, provider: str) -> None:
    """Owe a fixed text to a conversation, in the transaction that stored what asked for it."""
    message_id = MessageId(uuid4())
    seq = await conversations.add_reply(
        connection,
        accepted.conversation_id,
        message_id,
        text,
        by="consent",
        provider=provider,
    )
    await outbox.enqueue(
        connection,
        accepted.conversation_id,
        message_id,
        seq,
        expires_seconds=REPLY_EXPIRES_SECONDS,
    )


class Lanes:
    """Answers conversations as they fall due, up to LANES of them side by side."""

    def __init__(self, context: Context, model: Model | None, replied: Callable[[], None]) -> None:
        """`replied` is called whenever something was put into the outbox."""
        self._context = context
        self._model = model
        self._replied = replied
        self.loop = ClaimLoop("lanes", LANES, self._claim, self._due)

    async def _due(self) -> float | None:
        return await lanes.seconds_until_due(self._context.pool)

    async def _claim(self, room: int) -> Sequence[Work]:
        claimed = await lanes.claim_due(
            self._context.pool, worker=self._context.worker, limit=room, lease_seconds=LEASE_SECONDS
        )
        return [self._take(lane) for lane in claimed]

    async def _take(self, lane: Lane) -> None:
        """One claimed conversation: answered, parked, or given back."""
        with structlog.contextvars.bound_contextvars(conversation_id=str(lane.conversation_id)):
            try:
                if lane.attempts > MAX_ATTEMPTS:
                    await self._park(lane)
                    return
                _, closed = await answer(self._context, lane, self._model)
                if closed.message_id:
                    self._replied()
            except Fenced:
                log.warning("turn_fenced")
            except DATABASE_DOWN as exc:
                log.warning("turn_dropped", error=type(exc).__name__)  # the lease runs out
            except Exception:
                # Whatever went wrong belongs to this conversation alone: its neighbours go on,
                # and after MAX_ATTEMPTS claims it is parked for a person.
                log.exception("turn_failed", attempts=lane.attempts)
                await self._give_back(lane)

    async def _give_back(self, lane: Lane) -> None:
        self._context.metrics.turns.labels("none", "failed").inc()
        with suppress(*DATABASE_DOWN):  # then the lease runs out instead
            await lanes.release(
                self._context.pool, lane, retry_seconds=RETRY_SECONDS * 2**lane.attempts
            )

    async def _park(self, lane: Lane) -> None:
        business, now = self._context.business, datetime.now(UTC)
        parked = await lanes.park(
            self._context.pool,
            lane,
            PARKED,
            reply=policy.apology(business, now),
            message_id=MessageId(uuid4()),
            respond_by=policy.promise(business, now).by,
            expires_seconds=REPLY_EXPIRES_SECONDS,
        )
        self._replied()
        self._context.metrics.parked.labels(PARKED).inc(parked)
        log.error("messages_parked", count=parked)


async def answer(
    context: Context,
    lane: Lane,
    model: Model | None,
    *,
    sending: bool = True,
    known: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Outcome, Closed]:
    """One turn in a claimed lane: snapshot, questions, close; the lease is kept alive meanwhile.

    `known` is what somebody other than the customer says of them (name, zipcode). Raises Fenced
    when the lane was lost to another worker.
    """
    started = time.perf_counter()
    async with context.turns_at_database:
        snapshot, seen = await take_snapshot(context, lane, known)
    async with asyncio.timeout(TURN_SECONDS):
        outcome, model_seconds = await _kept_alive(
            context, lane, run_turn(snapshot, model, context.metrics, context.turnstile)
        )
    async with context.turns_at_database:
        closed = await lanes.close(
            context.pool,
            lane,
            seen,
            outcome,
            MessageId(uuid4()),
            business_version=snapshot.business_version,
            respond_by=policy.promise(context.business, snapshot.now).by,
            model_seconds=model_seconds,
            expires_seconds=REPLY_EXPIRES_SECONDS if sending else None,
        )
    discarded = closed.message_id is None
    _count(context.metrics, outcome, discarded, time.perf_counter() - started)
    log.info(
        "turn_closed",
        message_id=str(closed.message_id),
        discarded=discarded,
        model=outcome.model,
        tools=[result.call.name for result in outcome.results],
        escalation=outcome.escalation.reason if outcome.escalation else None,
        refused=len(outcome.refused),
    )
    if not discarded:
        matter = Matter(seen.inquiry_version + 1, outcome.facts, outcome.quote)
        await context.sessions.put(lane.conversation_id, matter, lane.owner)
    return outcome, closed


async def take_snapshot(
    context: Context, lane: Lane, known: Mapping[str, str]
) -> tuple[Snapshot, Seen]:
    """All that a turn may look at, and what the close has to find unchanged."""
    matter = await context.sessions.get(lane.conversation_id, lane.inquiry_version)
    if matter is None:
        matter = await inquiries.load(context.pool, lane.inquiry_id)
        context.metrics.sessions_rebuilt.inc()
    history = await lanes.history(context.pool, lane)
    snapshot = Snapshot(
        business=context.business,
        business_version=context.business_version,
        channel=lane.channel,
        facts=matter.facts.learn(
            name=matter.facts.name or known.get("name"),
            zip=matter.facts.zip or known.get("zipcode"),
        ),
        quote=matter.quote,
        history=history.said,
        unanswered=history.unanswered,
        customer=await conversations.customer(context.pool, lane.contact_id),
        escalated=await inquiries.is_escalated(context.pool, lane.conversation_id),
        now=datetime.now(UTC),
    )
    return snapshot, Seen(history.last_inbound_seq, matter.version)


async def _kept_alive(
    context: Context, lane: Lane, work: Coroutine[Any, Any, tuple[Outcome, float]]
) -> tuple[Outcome, float]:
    """Await work while a heartbeat holds its lane; the work is dropped when the lane is lost."""
    turn = asyncio.create_task(work)
    try:
        while True:
            done, _ = await asyncio.wait({turn}, timeout=HEARTBEAT_SECONDS)
            if done:
                return await turn
            await lanes.extend_lease(context.pool, lane, lease_seconds=LEASE_SECONDS)
    finally:
        turn.cancel()


def _count(metrics: Metrics, outcome: Outcome, discarded: bool, seconds: float) -> None:
    metrics.turns.labels(outcome.model, "discarded" if discarded else "answered").inc()
    metrics.turn_seconds.labels(outcome.model).observe(seconds)
    metrics.number_guard_holds.inc(len(outcome.refused))
    if outcome.escalation and not discarded:
        metrics.escalations.labels(outcome.escalation.reason).inc()
