"""The carrier's media socket: proved, bound to a call, and bridged until the call is over.

Three proofs come before anything else: the carrier signed the upgrade, the token it brings along
is of this call and has not expired, and the call's row gives it up, once. Then everything is the
call's. However it ends, its row is told before the socket closes, because at that the carrier
asks what is next; and when this returns, no task, timer or socket of the call is left.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from channels.contract import VoiceChannel
from gateway.api.access import ANYONE, needs
from gateway.bridge import Bridge
from gateway.context import CONTEXT, Context
from gateway.media_line import MediaLine
from gateway.ringing import token_expiry
from gateway.web import webhook_of
from pipeline.errors import ProtocolError, Rejected
from pipeline.events import MediaStarted
from pipeline.peer import Peer
from storage import calls
from storage.calls import Attached
from storage.database import DATABASE_DOWN, within

log = structlog.get_logger()

START_SECONDS = 5.0
ATTACH_SECONDS = 5.0
"""For the database; after that the carrier had better ask again."""
HEARTBEAT_SECONDS = 15.0
"""A carrier that has sent nothing for so long is asked whether it is there."""
MOST_MESSAGE = 64 * 1024
REFUSED, TOO_LATE = 1008, 1002


def handler(
    channel: VoiceChannel, texted: Callable[[], None], *, start_seconds: float = START_SECONDS
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The route of a channel's media sockets. `texted` is called when a text was put into the
    outbox; a socket has `start_seconds` to say whose it is."""

    @needs(ANYONE)
    async def media(request: web.Request) -> web.StreamResponse:
        context = request.app[CONTEXT]
        try:
            channel.prove_media(webhook_of(request, context, b""))
        except Rejected as exc:
            context.metrics.media_refused.labels(str(exc)).inc()
            return web.Response(status=403)
        socket = web.WebSocketResponse(
            max_msg_size=MOST_MESSAGE,
            compress=False,
            timeout=1.0,
            decode_text=True,
            heartbeat=HEARTBEAT_SECONDS,
        )
        await socket.prepare(request)
        line = MediaLine(socket, request.transport)
        try:
            await _bridge(context, channel, line, texted, start_seconds)
        except DATABASE_DOWN as exc:
            log.error("call_not_attached", error=type(exc).__name__)
        except Exception:
            # What speaks a WebSocket can be given no page that says so.
            log.exception("call_failed")
        finally:
            await line.close()
        return socket

    return media


async def _bridge(
    context: Context,
    channel: VoiceChannel,
    line: MediaLine,
    texted: Callable[[], None],
    start_seconds: float,
) -> None:
    peer = channel.media()
    try:
        async with asyncio.timeout(start_seconds):
            started = await _first_fact(context, line, peer)
    except TimeoutError:
        started = None
    if started is None:
        context.metrics.media_refused.labels("never_started").inc()
        await line.close(TOO_LATE)
        return
    attached = await within(ATTACH_SECONDS, _attach(context, channel, started))
    if attached is None:
        await line.close(REFUSED)
        return
    with structlog.contextvars.bound_contextvars(call_id=str(attached.call_id)):
        await Bridge(context, attached, line, peer, texted).run()


async def _first_fact(context: Context, line: MediaLine, peer: Peer) -> MediaStarted | None:
    """The start of the media; None when the socket ends before. What else comes is counted."""
    counted = context.metrics.media_errors
    try:
        async for data in line.read():
            try:
                facts = peer.receive(data, time.monotonic())
            except ProtocolError as exc:
                counted.labels(str(exc)).inc()
                continue
            for fact in facts:
                if isinstance(fact, MediaStarted):
                    return fact
    except ProtocolError as exc:
        counted.labels(str(exc)).inc()
    return None


async def _attach(
    context: Context, channel: VoiceChannel, started: MediaStarted
) -> Attached | None:
    secret = context.settings.secret_key.get_secret_value()
    expires = token_expiry(secret, started.provider_id, started.token, time.time())
    if expires is None:
        context.metrics.media_refused.labels("bad_token").inc()
        return None
    model = context.settings.realtime_url is not None
    attached = await calls.attach(
        context.pool,
        channel.PROVIDER,
        started.provider_id,
        expires,
        worker=context.worker,
        answered_by=f"model:{context.settings.openai_realtime_model}" if model else "attendant",
        business_version=context.business_version,
    )
    if attached is None:
        context.metrics.media_refused.labels("used_token").inc()
    return attached
