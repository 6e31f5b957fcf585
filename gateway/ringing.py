"""A call rings, a call's audio has ended, a carrier reports: what the carrier is told.

Hard is the second: the audio of a call ends when the call does, and also when the worker that
held it died. Only the call's row can tell which; a caller whose call was lost is brought back to
a worker that lives, until that has failed too often.
"""

import hmac
import time
from datetime import UTC, datetime

import structlog

from channels.contract import Reply, VoiceChannel, Webhook
from gateway.context import Context
from pipeline.call.status import MOVES, CallRang, CallReport, CallStatus, MediaOver
from pipeline.call.summary import LOST, summarise
from pipeline.call.words import UNABLE, call_back
from pipeline.events import HUNG_UP, CallerGone
from pipeline.ids import CallId, ConversationId
from pipeline.inquiry import policy
from pipeline.inquiry.escalation import Reason
from pipeline.inquiry.facts import Facts
from storage import call_turns, calls, inquiries
from storage.calls import After

log = structlog.get_logger()

TOKEN_SECONDS = 60


def media_token(secret: str, provider_id: str, expires_ms: int) -> str:
    """What the carrier brings along to open one call's audio once, until it expires."""
    return f"{expires_ms}.{_proof(secret, provider_id, expires_ms)}"


def token_expiry(secret: str, provider_id: str, token: str, now: float) -> int | None:
    """When a token of this call expires (Unix ms); None when it is forged or `now` is later."""
    written, _, proof = token.partition(".")
    if not (written.isascii() and written.isdecimal() and len(written) < 20):
        return None
    expires_ms = int(written)
    expected = _proof(secret, provider_id, expires_ms)
    if not hmac.compare_digest(proof.encode("utf-8", "replace"), expected.encode()):
        return None
    return expires_ms if now * 1000 <= expires_ms else None


def _proof(secret: str, provider_id: str, expires_ms: int) -> str:
    signed = f"media\n{provider_id}\n{expires_ms}"
    return hmac.digest(secret.encode(), signed.encode("utf-8", "replace"), "sha256").hex()


async def take(context: Context, channel: VoiceChannel, webhook: Webhook) -> Reply:
    """Prove and answer one of a carrier's webhooks. Raises as `channel.receive` does."""
    match channel.receive(webhook):
        case CallRang() as rang:
            return await _answer(context, channel, rang)
        case MediaOver() as over:
            return await _after(context, channel, over)
        case CallReport() as report:
            return await _note(context, report)


async def _answer(context: Context, channel: VoiceChannel, rang: CallRang) -> Reply:
    ringing = await calls.ring(context.pool, rang)
    if not context.can_talk:
        await _call_back(context, ringing.conversation_id, "Nobody could take it", rang.caller)
        return channel.hang_up(_sorry(context, rang.caller))
    reply = await _connect(context, channel, ringing.call_id, rang.provider_id)
    if ringing.fresh:
        log.info("call_rang", call_id=str(ringing.call_id))
    return reply


async def _connect(
    context: Context, channel: VoiceChannel, call_id: CallId, provider_id: str
) -> Reply:
    wanted = int((time.time() + TOKEN_SECONDS) * 1000)
    expires_ms = await calls.issue_token(context.pool, call_id, wanted)
    if expires_ms is None:
        return channel.hang_up()
    secret = context.settings.secret_key.get_secret_value()
    token = media_token(secret, provider_id, expires_ms)
    return channel.connect(token, context.settings.public_url)


async def _after(context: Context, channel: VoiceChannel, over: MediaOver) -> Reply:
    found = await calls.after(context.pool, over.provider, over.provider_id)
    if found is None or found.verdict == "ended":
        return channel.hang_up()
    context.metrics.calls_reoffered.labels(found.verdict).inc()
    log.warning("call_lost", call_id=str(found.call_id), verdict=found.verdict)
    if found.verdict == "lost":
        return await _connect(context, channel, found.call_id, over.provider_id)
    await _give_up(context, found)
    return channel.hang_up(_sorry(context, found.caller))


async def _give_up(context: Context, lost: After) -> None:
    """The call was lost too often: a person is to call back."""
    await _call_back(context, lost.conversation_id, "The line was lost", lost.caller)
    await _sum_up_lost(context, lost.call_id, CallStatus.FAILED)


async def _note(context: Context, report: CallReport) -> Reply:
    """Count and sum up a call that is over, unless a worker that has its audio will."""
    noted = await calls.report(context.pool, report)
    if noted is None or MOVES[noted.status]:
        return Reply()
    for live in context.live_calls:
        if live.call_id == noted.call_id:  # its socket has not noticed yet
            live.tell(CallerGone(HUNG_UP))
    if not noted.moved or noted.worker is not None or noted.outcome is not None:
        return Reply()
    if noted.status is CallStatus.COMPLETED:  # its audio was lost, and then the caller gave up
        await _sum_up_lost(context, noted.call_id, noted.status)
    else:
        context.metrics.calls.labels(noted.status).inc()
    return Reply()


async def _sum_up_lost(context: Context, call_id: CallId, status: CallStatus) -> None:
    said = await call_turns.turns(context.pool, call_id)
    came_to = summarise(context.business, Facts(), None, (), said, lost=True)
    await calls.end(
        context.pool,
        call_id,
        status=status,
        reason=LOST,
        outcome=came_to.outcome,
        summary=came_to.text,
    )
    context.metrics.calls.labels(came_to.outcome).inc()


async def _call_back(
    context: Context, conversation_id: ConversationId, why: str, caller: str | None
) -> None:
    business, now = context.business, datetime.now(UTC)
    whom = f"call {caller} back" if caller else "the number is withheld: nobody can be called back"
    await inquiries.escalate(
        context.pool,
        conversation_id,
        reason=Reason.CALL_BACK,
        note=f"A phone call: {why}; {whom}.",
        respond_by=policy.promise(business, now).by,
    )
    context.metrics.escalations.labels(Reason.CALL_BACK).inc()


def _sorry(context: Context, caller: str | None) -> str:
    """Said in the carrier's voice, before it hangs up."""
    if caller is None:
        return UNABLE
    return call_back(policy.promise(context.business, datetime.now(UTC)).words)
