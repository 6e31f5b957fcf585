"""HTTP edges: webhooks, health, metrics.

A webhook is proved on its raw bytes, parsed, committed, and only then acknowledged; nothing slow
comes before the acknowledgement. What is proved but cannot be understood is parked, so that it
is neither lost nor sent to us for ever.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import asyncpg
import structlog
from aiohttp import web

from channels.contract import Reply, TextChannel, VoiceChannel, Webhook
from gateway import messages, ringing
from gateway.api.access import needs
from gateway.api.body import read_body
from gateway.context import CONTEXT, Context
from gateway.metrics import exposition
from pipeline.call.words import UNABLE
from pipeline.errors import ProtocolError, Rejected
from pipeline.messages import DeliveryReport, InboundMessage
from storage.conversations import Accepted
from storage.database import DATABASE_DOWN, within

log = structlog.get_logger()

Arrived = Callable[[Accepted], None]
Report = Callable[[DeliveryReport], Awaitable[bool]]
Take = Callable[[Context, Webhook], Coroutine[Any, Any, Reply]]
"""Proves, parses and commits a webhook; gives the answer that is its acknowledgement."""
STORE_SECONDS = 8.0
"""A carrier waits 15 s for an answer; a database that hangs must leave time for another."""
UNSTORED = Reply(503, {"retry-after": "5"})


def routes(
    channels: Sequence[TextChannel],
    voice_channels: Sequence[VoiceChannel],
    arrived: Arrived,
    report: Report,
) -> Sequence[web.RouteDef]:
    """The webhooks of every channel that is on, and what watches over the process."""
    found = [
        web.get("/healthz", healthz),
        web.get("/readyz", readyz),
        web.get("/metrics", metrics),
    ]
    for channel in channels:
        handler = _webhook(channel, _text(channel, arrived, report), UNSTORED)
        found += [web.route("*", path, handler) for path in channel.PATHS]
    for line in voice_channels:
        handler = _webhook(line, _call(line), line.hang_up(UNABLE))
        found += [web.route("*", path, handler) for path in line.PATHS]
    return found


def _text(channel: TextChannel, arrived: Arrived, report: Report) -> Take:
    async def take(context: Context, webhook: Webhook) -> Reply:
        received = channel.receive(webhook)
        for fact in received.facts:
            if isinstance(fact, InboundMessage):
                arrived(await messages.accept(context, fact))
            else:
                await report(fact)
        return received.reply

    return take


def _call(channel: VoiceChannel) -> Take:
    async def take(context: Context, webhook: Webhook) -> Reply:
        return await ringing.take(context, channel, webhook)

    return take


def _webhook(
    channel: TextChannel | VoiceChannel, take: Take, unstored: Reply
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A route; `unstored` is the answer while the database is away."""

    async def handle(request: web.Request) -> web.Response:
        context = request.app[CONTEXT]
        started = time.perf_counter()
        response = await _received(context, channel, request, take, unstored)
        path = request.path
        context.metrics.webhook_acks.labels(path, response.status).inc()
        context.metrics.webhook_seconds.labels(path).observe(time.perf_counter() - started)
        return response

    return handle


async def _received(
    context: Context,
    channel: TextChannel | VoiceChannel,
    request: web.Request,
    take: Take,
    unstored: Reply,
) -> web.Response:
    try:
        body = await read_body(request, channel.BODY_LIMIT)
    except web.HTTPException as refusal:
        context.metrics.signature_rejects.labels(request.path, "body").inc()
        return web.Response(status=refusal.status)
    webhook = webhook_of(request, context, body)
    try:
        reply = await within(STORE_SECONDS, take(context, webhook))
    except Rejected as exc:
        context.metrics.signature_rejects.labels(request.path, str(exc)).inc()
        log.warning("webhook_rejected", path=request.path, reason=str(exc))
        return web.Response(status=403)
    except (ProtocolError, asyncpg.DataError) as exc:
        return await _parked(context, channel, webhook, exc)
    except DATABASE_DOWN as exc:
        log.error("webhook_not_stored", path=request.path, error=type(exc).__name__)
        return _response(unstored)
    return _response(reply)


def webhook_of(request: web.Request, context: Context, body: bytes) -> Webhook:
    """A request as its channel proves it: with the URL the provider was given."""
    return Webhook(
        request.method,
        context.settings.public_url + request.raw_path,
        request.path,
        {name.lower(): value for name, value in request.headers.items()},
        body,
    )


async def _parked(
    context: Context, channel: TextChannel | VoiceChannel, webhook: Webhook, why: Exception
) -> web.Response:
    reason = str(why) if isinstance(why, ProtocolError) else type(why).__name__
    try:
        await context.pool.execute(
            "INSERT INTO parked_webhooks (path, reason, body) VALUES ($1, $2, $3)",
            webhook.path,
            reason,
            webhook.body,
        )
    except DATABASE_DOWN:
        return _response(UNSTORED)
    context.metrics.parked.labels("webhook").inc()
    log.warning("webhook_parked", path=webhook.path, reason=reason)
    return _response(channel.NO_ANSWER)


def _response(reply: Reply) -> web.Response:
    return web.Response(status=reply.status, body=reply.body, headers=dict(reply.headers))


async def healthz(request: web.Request) -> web.Response:
    """The process is up."""
    return web.json_response({"status": "ok"})


async def readyz(request: web.Request) -> web.Response:
    """Whether to send us work: database and Redis answer, and we are not draining."""
    context = request.app[CONTEXT]
    database, redis = await asyncio.gather(_database_answers(context), context.sessions.ping())
    checks = {"database": database, "redis": redis, "draining": context.draining}
    # Redis keeps warmth only: without it we are slower, not unable.
    ready = database and not context.draining
    return web.json_response(
        {"status": "ready" if ready else "not ready", "checks": checks},
        status=200 if ready else 503,
    )


async def _database_answers(context: Context) -> bool:
    try:
        return bool(await context.pool.fetchval("SELECT true", timeout=2) is True)
    except DATABASE_DOWN:
        return False


@needs("viewer")
async def metrics(request: web.Request) -> web.Response:
    """Prometheus text: every worker's counters, and what PostgreSQL knows."""
    context = request.app[CONTEXT]
    text = await exposition(context.metrics, context.pool, context.sessions.redis)
    return web.Response(text=text, content_type="text/plain", charset="utf-8")
