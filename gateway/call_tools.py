"""Tools on a call: run at once, and what they do is committed before the model hears of it.

Hard here: a call has no closing step that could take anything back, and texts of the same customer
may change the same inquiry meanwhile. So every tool commits for itself, on the inquiry as it is
then; a tool that could not be committed is answered with an error, and nothing of it is true.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import structlog

from channels.contract import TextChannel
from gateway.context import Context
from gateway.messages import REPLY_EXPIRES_SECONDS
from pipeline.attendant.mulaw import RATE
from pipeline.attendant.texting import CHANNEL as TEXTS
from pipeline.attendant.texting import quote_text
from pipeline.call.status import CALL_CHANNEL
from pipeline.ids import CallId, ConversationId, InquiryId, MessageId, QuoteId
from pipeline.inquiry import policy, tools
from pipeline.inquiry.consequences import effects, escalation, escalations, gathered
from pipeline.inquiry.escalation import Reason, wanted
from pipeline.inquiry.facts import Facts
from pipeline.inquiry.standing import stands
from pipeline.inquiry.turn import (
    Effect,
    Escalation,
    KnownQuote,
    Outcome,
    Snapshot,
    ToolCall,
    ToolResult,
)
from pipeline.inquiry.validator import check, evidence
from storage import call_turns, calls, conversations, inquiries, outbox
from storage.calls import Attached
from storage.database import DATABASE_DOWN, Db
from storage.inquiries import Matter

log = structlog.get_logger()

EARLIER_TEXTS = 8
EARLIER_DAYS = 30.0
LAST_WORDS = 3
"""Of the caller, that go into a note for staff."""
TRIES = 5
"""How often a tool is committed anew, because a text has changed the inquiry meanwhile."""
CHANGES_NOTHING = frozenset({tools.SEARCH, tools.END})

NOT_RECORDED = "this could not be recorded just now: say that it did not work, and try once more"
NO_NUMBER = "the caller's number is withheld, so nothing can be texted to it"
NO_TEXTS = "this line cannot send texts"
OPTED_OUT = "this number has told us not to text it (STOP); texting START to us allows it again"
NO_QUOTE = "there is no current quote: call calculate_party_quote first"
EXPIRED = "the quote has expired: call calculate_party_quote again"
WITHHELD = "withheld: ask for a number to call back, and leave it with take_message"


@dataclass(slots=True)
class CallMatter:
    """The business matter of one call on one media socket, as of its last tool."""

    call_id: CallId
    conversation_id: ConversationId
    inquiry_id: InquiryId
    provider: str
    caller: str | None
    version: int
    """Of the inquiry: another one in the database means that a text has changed it."""
    snapshot: Snapshot
    """Made into the model's instructions; its history is what was texted before."""
    used: list[str] = field(default_factory=list)
    """Tools that succeeded, in order."""
    quoted: set[QuoteId] = field(default_factory=set)
    """Quotes that were made here."""
    said: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_WORDS))
    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    def moved(self, version: int, facts: Facts, quote: KnownQuote | None) -> None:
        """The inquiry is now as stated."""
        self.version = version
        self.snapshot = replace(self.snapshot, facts=facts, quote=quote)


async def load(context: Context, attached: Attached) -> CallMatter:
    """What is known of a caller, for instructions and tools. Raises what a database does."""
    pool = context.pool
    business, version = context.business, context.business_version
    known = await conversations.customer(pool, attached.contact_id)
    customer: dict[str, str] = {name: known[name] for name in ("name", "email") if name in known}
    if attached.caller:
        customer["phone"] = attached.caller
    matter = await inquiries.load(pool, attached.inquiry_id)
    snapshot = Snapshot(
        business=business,
        business_version=version,
        channel=CALL_CHANNEL,
        facts=matter.facts,
        quote=matter.quote,
        history=await conversations.latest(
            pool, attached.contact_id, limit=EARLIER_TEXTS, days=EARLIER_DAYS
        ),
        unanswered=0,
        customer=customer,
        escalated=await inquiries.is_escalated(pool, attached.conversation_id),
        now=datetime.now(UTC),
    )
    return CallMatter(
        attached.call_id,
        attached.conversation_id,
        attached.inquiry_id,
        attached.provider,
        attached.caller,
        matter.version,
        snapshot,
        used=list(attached.tools),
    )


def texts_by(context: Context, matter: CallMatter) -> TextChannel | None:
    """The channel that can text this caller; None where none can, or there is no number."""
    if matter.caller is None:
        return None
    return next(
        (
            channel
            for channel in context.settings.channels.values()
            if channel.CHANNEL == TEXTS and matter.provider == channel.PROVIDER
        ),
        None,
    )


async def run(
    context: Context, matter: CallMatter, call: ToolCall, *, texted: Callable[[], None]
) -> Mapping[str, Any]:
    """Run a tool, commit what it does, and give what the model is to be told.

    Never raises but when cancelled: whatever went wrong is {"error"}, and then nothing was done.
    `texted` is called when something was put into the outbox. The tools of a call run one after
    the other.
    """
    started = time.perf_counter()
    async with matter.one_at_a_time:
        try:
            result = await _run(context, matter, call, texted)
        except DATABASE_DOWN as exc:
            log.warning("call_tool_not_recorded", error=type(exc).__name__)
            result = _failed(call, NOT_RECORDED)
        except Exception:
            # Whatever is wrong with one tool, the caller is still on the line.
            log.exception("call_tool_failed")
            result = _failed(call, NOT_RECORDED)
    if result.success:
        matter.used.append(call.name)
        with suppress(*DATABASE_DOWN):  # it is done all the same; only the summary is poorer
            await calls.used(context.pool, matter.call_id, call.name)
    known = call.name if call.name in {*tools.TOOLS, *tools.CALL_TOOLS} else "unknown"
    succeeded = str(result.success).lower()
    context.metrics.call_tools.labels(known, succeeded).inc()
    context.metrics.tool_seconds.labels(known, succeeded).observe(time.perf_counter() - started)
    return result.result


async def notice(context: Context, matter: CallMatter, text: str) -> None:
    """Take in what the caller said: staff are told of what concerns them, as with a text.

    Words that came already, for their turn was stored again, are passed over.
    """
    words = text.replace("\0", "").strip()
    if not words or words in matter.said:
        return
    matter.said.append(words)
    found = wanted(words)
    if found is not None:
        try:
            await _escalate(context, context.pool, matter, found)
        except DATABASE_DOWN as exc:
            log.warning("escalation_not_recorded", error=type(exc).__name__)


async def keep_spoken_message(context: Context, matter: CallMatter, audio: bytes) -> None:
    """Store what a caller spoke for staff (G.711 mu-law), and tell them."""
    seconds = round(len(audio) / RATE)
    note = f"A spoken message of {seconds} seconds, kept with call {matter.call_id}."
    try:
        async with context.pool.acquire() as connection, connection.transaction():
            await call_turns.keep_message(connection, matter.call_id, audio)
            await _escalate(context, connection, matter, escalation(Reason.MESSAGE_TAKEN, note))
    except DATABASE_DOWN as exc:
        log.warning("spoken_message_not_recorded", error=type(exc).__name__)


async def _run(
    context: Context, matter: CallMatter, call: ToolCall, texted: Callable[[], None]
) -> ToolResult:
    now = datetime.now(UTC)
    result = tools.run(matter.snapshot.business, call, now, QuoteId(uuid4()), on_call=True)
    if not result.success or call.name in CHANGES_NOTHING:
        return result
    if call.name == tools.SEND_TEXT:
        return await _text_quote(context, matter, call, now, texted)
    await _commit(context, matter, result, now)
    if call.name == tools.TRANSFER and matter.caller is None:
        return replace(result, result={**result.result, "callers_number": WITHHELD})
    return result


async def _commit(context: Context, matter: CallMatter, result: ToolResult, now: datetime) -> None:
    """Store what a tool learnt, quoted, promised and asked people for.

    A text of the same customer may have changed the inquiry: then once more, on what it is now.
    """
    business = matter.snapshot.business
    person = gathered(escalations(result, "\n".join(matter.said)))
    respond_by = policy.promise(business, now).by
    for _ in range(TRIES):
        before = matter.snapshot
        facts = tools.learned(business, result, before.facts, now)
        quote = result.quote or before.quote
        if quote is before.quote and quote and facts != before.facts:
            quote = quote if stands(quote.party, facts, business) else None
        outcome = Outcome("", facts, quote, person, effects(result), (result,))
        if await _recorded(context, matter, outcome, respond_by):
            matter.moved(matter.version + 1, facts, quote)
            now_is = Matter(matter.version, facts, quote)
            await context.sessions.put(matter.conversation_id, now_is, "ai")
            if result.quote:
                matter.quoted.add(result.quote.quote_id)
            if person:
                _counted(context, matter, person)
            return
        now_is = await inquiries.load(context.pool, matter.inquiry_id)
        matter.moved(now_is.version, now_is.facts, now_is.quote)
    raise TimeoutError("the inquiry kept changing")


class _Moved(Exception):
    """The inquiry has moved on; what was written in this transaction is taken back."""


async def _recorded(
    context: Context, matter: CallMatter, outcome: Outcome, respond_by: datetime
) -> bool:
    try:
        async with context.pool.acquire() as connection, connection.transaction():
            if not await inquiries.record(
                connection,
                matter,
                matter.version,
                outcome,
                business_version=matter.snapshot.business_version,
                respond_by=respond_by,
            ):
                raise _Moved
    except _Moved:
        return False
    return True


async def _text_quote(
    context: Context,
    matter: CallMatter,
    call: ToolCall,
    now: datetime,
    texted: Callable[[], None],
) -> ToolResult:
    """Owe the inquiry's current quote to the caller's own number, once."""
    if matter.caller is None:
        return _failed(call, NO_NUMBER)
    channel = texts_by(context, matter)
    if channel is None:
        return _failed(call, NO_TEXTS)
    current = await inquiries.load(context.pool, matter.inquiry_id)
    matter.moved(current.version, current.facts, current.quote)
    known = _textable(matter)
    if known is None:
        return _failed(call, NO_QUOTE)
    if known.quote.valid_until <= now:
        return _failed(call, EXPIRED)
    if await conversations.is_opted_out(context.pool, TEXTS, channel.address, matter.caller):
        return _failed(call, OPTED_OUT)
    business = matter.snapshot.business
    text = quote_text(known, business)
    if problems := check(text, evidence(replace(matter.snapshot, now=now), ()), business):
        return await _held(context, matter, call, problems)
    told = {"to_the_number_ending_in": matter.caller[-4:], "quote_id": str(known.quote_id)}
    if not await _owed(context, matter, channel, known.quote_id, text):
        return ToolResult(call, {"texted": False, "already_sent_before": True, **told}, True)
    texted()
    return ToolResult(call, {"texted": True, **told}, True)


def _textable(matter: CallMatter) -> KnownQuote | None:
    """The current quote, if it was made on this call or is for the party as it is known now."""
    snapshot = matter.snapshot
    known = snapshot.quote
    if known is None or known.quote_id in matter.quoted:
        return known
    return known if stands(known.party, snapshot.facts, snapshot.business) else None


async def _owed(
    context: Context, matter: CallMatter, channel: TextChannel, quote_id: QuoteId, text: str
) -> bool:
    """Put a text into the outbox, in the conversation with this number; False if it was there."""
    assert matter.caller is not None
    effect = Effect(tools.SEND_TEXT, {"kind": "quote", "quote_id": str(quote_id)})
    async with context.pool.acquire() as connection, connection.transaction():
        if not await inquiries.done_first(connection, matter.inquiry_id, effect):
            return False
        conversation = await conversations.start(
            connection, TEXTS, channel.PROVIDER, channel.address, ("phone", matter.caller)
        )
        message_id = MessageId(uuid4())
        seq = await conversations.add_reply(
            connection,
            conversation.conversation_id,
            message_id,
            text,
            by="attendant",
            provider=channel.PROVIDER,
        )
        await outbox.enqueue(
            connection,
            conversation.conversation_id,
            message_id,
            seq,
            expires_seconds=REPLY_EXPIRES_SECONDS,
        )
    log.info("quote_texted", message_id=str(message_id))
    return True


async def _held(
    context: Context, matter: CallMatter, call: ToolCall, problems: Sequence[str]
) -> ToolResult:
    """The words of a quote that did not pass the check every text passes: a person sends them."""
    context.metrics.number_guard_holds.inc()
    note = f"A quote asked for on the phone could not be texted: {'; '.join(problems)}"
    await _escalate(context, context.pool, matter, escalation(Reason.VALIDATION_FAILURE, note))
    return _failed(call, "this quote cannot be texted: a person will send it")


async def _escalate(context: Context, db: Db, matter: CallMatter, found: Escalation) -> None:
    await inquiries.escalate(
        db,
        matter.conversation_id,
        reason=Reason(found.reason),
        priority=found.priority,
        note=found.note,
        respond_by=policy.promise(matter.snapshot.business, datetime.now(UTC)).by,
    )
    _counted(context, matter, found)


def _counted(context: Context, matter: CallMatter, found: Escalation) -> None:
    matter.snapshot = replace(matter.snapshot, escalated=True)
    context.metrics.escalations.labels(found.reason).inc()


def _failed(call: ToolCall, why: str) -> ToolResult:
    return ToolResult(call, {"error": why}, success=False)
