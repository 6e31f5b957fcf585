"""One worker, wired: the one place where real things meet."""

import asyncio
import gc
import resource
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version as package_version

import dateparser
import structlog
from aiohttp import web

from gateway import business, egress, front, media
from gateway import log as logs
from gateway.api import calls, openapi, orchestrator, quotes
from gateway.api.access import access
from gateway.context import CONTEXT, Context
from gateway.messages import Lanes
from gateway.metrics import Metrics, publish_loop, watch_loop
from gateway.outbox import Sender
from gateway.settings import OPENAI_URL, Settings
from gateway.tools import Model
from gateway.web import routes
from pipeline.events import CallerGone
from realtime.speech import Speech
from storage import calls as call_rows
from storage import lanes, outbox
from storage.conversations import Accepted
from storage.database import open_pool
from storage.sessions import Sessions

log = structlog.get_logger()

DRAIN_SECONDS = 25.0
KEEPALIVE_SECONDS = 75.0
STALE_CALL_SECONDS = 4 * 3600.0
"""No call lasts so long: the report of its end was lost."""


async def serve(settings: Settings, listening: socket.socket, number: int) -> None:
    """Serve on an inherited socket until SIGTERM, then drain: no new work, what runs ends.

    The socket stays the parent's: while this worker drains or is restarted, connections queue.
    """
    logs.configure_with(settings, worker=str(number))
    # As many connections as this machine allows: idle ones must not keep webhooks out.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    async with opened(settings, number) as worker:
        runner = web.AppRunner(
            worker.application,
            access_log=None,
            keepalive_timeout=KEEPALIVE_SECONDS,
            shutdown_timeout=5,
        )
        await runner.setup()
        await web.SockSite(runner, listening).start()
        # What is here now stays: a collection that walks all of it keeps calls waiting (88 ms).
        gc.collect()
        gc.freeze()
        log.info("serving", version=package_version("concierge"))
        told = asyncio.create_task(stop.wait())
        ended, _ = await asyncio.wait({told, *worker.loops}, return_when=asyncio.FIRST_COMPLETED)
        log.info("draining")
        await worker.drain()
        await runner.cleanup()
        for loop_ended in ended - {told}:
            await loop_ended  # raises what ended it: the parent starts another worker
    log.info("drained")


@asynccontextmanager
async def opened(settings: Settings, number: int) -> AsyncIterator["Worker"]:
    """Everything a worker has open, its loops running. Drain before leaving."""
    async with AsyncExitStack() as stack:
        context = await _context(settings, number, stack)
        session = await stack.enter_async_context(egress.open_session())
        if settings.voice_channels:
            await context.speech.start()
            stack.push_async_callback(context.speech.close)
        model = _model(settings, context.metrics, stack)
        channels = list(settings.channels.values())
        sender = Sender(context, channels, egress.performer(session))
        answering = Lanes(context, model, sender.loop.wake)

        def arrived(accepted: Accepted) -> None:
            (answering if accepted.due else sender).loop.wake()

        application = web.Application(middlewares=[access])
        application[CONTEXT] = context
        voice = list(settings.voice_channels.values())
        application.add_routes(routes(channels, voice, arrived, sender.report))
        for line in voice:
            application.add_routes(
                [web.get(line.MEDIA_PATH, media.handler(line, sender.loop.wake))]
            )
        application.add_routes([*quotes.ROUTES, *calls.ROUTES, *front.ROUTES, *openapi.ROUTES])
        application.add_routes(orchestrator.routes(model))

        background = [
            watch_loop(context.metrics),
            publish_loop(context.metrics, context.sessions.redis),
            business.follow(context),
        ]
        for work in background:
            stack.push_async_callback(_end, asyncio.create_task(work))
        sending = asyncio.create_task(sender.loop.run())
        turning = asyncio.create_task(answering.loop.run())

        async def drain() -> None:
            context.draining = True
            with suppress(TimeoutError):
                async with asyncio.timeout(DRAIN_SECONDS):
                    answering.loop.stop()
                    await asyncio.wait({turning})
                    while context.live_calls:
                        await asyncio.gather(*(call.ended.wait() for call in context.live_calls))
            for call in tuple(context.live_calls):
                call.tell(CallerGone("drained"))  # another worker goes on with it
            with suppress(TimeoutError):
                async with asyncio.timeout(DRAIN_SECONDS):
                    sender.loop.stop(emptied=True)
                    await asyncio.wait({sending})

        stack.push_async_callback(_end, sending)
        stack.push_async_callback(_end, turning)
        yield Worker(application, frozenset({sending, turning}), drain)


@dataclass(frozen=True, slots=True)
class Worker:
    """What runs in this process."""

    application: web.Application
    loops: frozenset["asyncio.Task[None]"]
    """They end when drained; ending before is a failure."""
    drain: Callable[[], Awaitable[None]]
    """Says that we are not ready, finishes the turns and calls that run, sends what they came to,
    and goes on taking in webhooks meanwhile: they are rows, and the next worker's to answer. A
    call that goes on too long is left to the next worker."""


async def _context(settings: Settings, number: int, stack: AsyncExitStack) -> Context:
    """This worker's connections; what a namesake held when it died is given free."""
    assert settings.database_url is not None
    assert settings.redis_url is not None
    metrics = Metrics(
        worker=number,
        workers=settings.workers,
        group=f"{socket.gethostname()}:{settings.port}",
        version=package_version("concierge"),
    )
    pool = await stack.enter_async_context(
        await open_pool(settings.database_url.get_secret_value())
    )
    sessions = Sessions(
        settings.redis_url.get_secret_value(), lambda _: metrics.redis_failures.inc()
    )
    stack.push_async_callback(sessions.close)
    version, current = await business.load(pool, settings.business)
    # It loads its languages at the first date it reads: 0.1 s that nobody should wait for.
    dateparser.parse("tomorrow", languages=["en"])
    worker = f"{socket.gethostname()}:{settings.port}:{number}"
    await outbox.abandon(pool, sender=worker)
    await lanes.abandon(pool, worker=worker)
    await call_rows.abandon(pool, worker=worker)
    await call_rows.close_stale(pool, older_seconds=STALE_CALL_SECONDS)
    speech = Speech(failed=lambda reason: log.warning("speech_failed", reason=reason))
    return Context(worker, settings, pool, sessions, metrics, current, version, speech=speech)


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait({task})


def _model(settings: Settings, metrics: Metrics, stack: AsyncExitStack) -> Model | None:
    """The chain of models that write texts; None without one."""
    if not settings.text_model_on:
        return None
    # The SDK takes half a second to import, and many a line has no model.
    from realtime.responder import Endpoint, Responder  # noqa: PLC0415

    chain = [(settings.openai_text_model, settings.openai_base_url, settings.openai_api_key)]
    if settings.fallback_model_on:
        chain.append(
            (
                settings.fallback_openai_text_model,
                settings.fallback_openai_base_url,
                settings.fallback_openai_api_key,
            )
        )

    def failed(model: str, reason: str) -> None:
        metrics.model_failures.labels(model, reason).inc()
        log.warning("model_failed", model=model, reason=reason)

    endpoints = [
        Endpoint(model, url or OPENAI_URL, key.get_secret_value() if key else "")
        for model, url, key in chain
    ]
    responder = Responder(endpoints, failed=failed)
    stack.push_async_callback(responder.close)
    return responder.reply
