"""One stream of a call: wires opened, the call run between them, its row told how it went.

However it ends, the row is told before the carrier's socket is closed, because at that the
carrier asks what is next; and when `run` returns, no task, timer or wire is left.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog

from gateway import call_tools
from gateway.call_records import Records
from gateway.call_tools import CallMatter
from gateway.calls import Leg, LiveCall
from gateway.context import Context
from gateway.media_line import MediaLine
from pipeline.attendant.phone import Attendant
from pipeline.call.greeting import was_heard
from pipeline.call.machine import FOR_GOOD, Call, Plan
from pipeline.call.status import CALL_CHANNEL, CallStatus
from pipeline.call.summary import LOST, summarise
from pipeline.call.turns import Turn
from pipeline.call.words import words
from pipeline.errors import ModelFailed, ProtocolError
from pipeline.events import CallerGone, ModelGone, ModelReady
from pipeline.inquiry import tools
from pipeline.inquiry.spoken_prompt import spoken, words_to_expect
from pipeline.peer import Peer
from realtime.protocol import RealtimeProtocol
from realtime.settings import SessionSettings, cost_micros
from realtime.socket import RealtimeSocket, connect
from storage import call_turns, calls
from storage.calls import ATTENDANT, Attached
from storage.database import DATABASE_DOWN, within

log = structlog.get_logger()

LOAD_SECONDS = 5.0
CONNECT_SECONDS = 3.5
"""For each model of the chain."""
LAST_SECONDS = 2.0
"""For telling the row how it went."""


class Bridge:
    """Bridges one media socket of a call that is ours."""

    def __init__(
        self,
        context: Context,
        attached: Attached,
        line: MediaLine,
        carrier: Peer,
        texted: Callable[[], None],
    ) -> None:
        """`texted` is called when a text was put into the outbox."""
        self._context = context
        self._attached = attached
        self._carrier_line = line
        self._carrier = carrier
        self._texted = texted
        self._began = time.monotonic()
        self._model = ""
        """The model that answers, once one does."""
        self._line: RealtimeSocket | None = None

    async def run(self) -> None:
        """Return when this media socket is done with."""
        context, attached = self._context, self._attached
        matter, earlier = await within(LOAD_SECONDS, self._load())
        records = Records(context, attached, matter, self._texted)
        try:
            await self._talk(matter, earlier, records)
        finally:
            await records.close()

    async def _load(self) -> tuple[CallMatter, Sequence[Turn]]:
        """What is known of the caller, and what was said on the call before."""
        context, attached = self._context, self._attached
        if attached.stream > 1:
            await call_turns.broken_off(context.pool, attached.call_id)
        earlier = await call_turns.turns(context.pool, attached.call_id)
        return await call_tools.load(context, attached), earlier

    async def _talk(self, matter: CallMatter, earlier: Sequence[Turn], records: Records) -> None:
        context, attached, line = self._context, self._attached, self._carrier_line
        live = self._live(matter, earlier, records)
        line.gone = records.tell = live.tell
        voice = context.speech.open(lambda data: live.receive(live.attendant, data))
        live.attendant.line = voice
        jobs = [self._read(live), line.write()]
        if attached.answered_by != ATTENDANT:
            jobs.append(self._reach_model(live, matter, earlier))
        tasks = [asyncio.create_task(job) for job in jobs]
        context.live_calls.add(live)
        context.metrics.calls_active.inc()
        try:
            live.tell(*([ModelReady()] if attached.answered_by == ATTENDANT else []))
            await live.ended.wait()
        finally:
            live.stop()
            context.live_calls.discard(live)
            context.metrics.calls_active.dec()
            for task in tasks:
                task.cancel()
            for failed in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(failed, Exception):
                    log.error("call_task_failed", exc_info=failed)
            voice.close()
            if self._line is not None:
                self._line.close()
            await self._finish(live, matter, records)

    def _live(
        self,
        matter: CallMatter,
        earlier: Sequence[Turn],
        records: Records,
    ) -> LiveCall:
        attached, business = self._attached, matter.snapshot.business
        by_attendant = attached.answered_by == ATTENDANT
        greeted = was_heard(earlier, business.calls.disclosure)
        spent = (datetime.now(UTC) - attached.answered_at).total_seconds()
        plan = Plan(
            answered_by="attendant" if by_attendant else "model",
            words=words(business, greeted=greeted, resumed=attached.stream > 1),
            seconds_left=max(0.0, business.calls.max_minutes * 60 - spent),
            history=earlier,
        )
        attendant = Attendant(
            business,
            answering=by_attendant,
            textable=call_tools.texts_by(self._context, matter) is not None,
            reachable=attached.caller is not None,
            memory=attached.memory,
        )
        return LiveCall(
            call=Call(plan, time.monotonic()),
            carrier=Leg("carrier", self._carrier, self._carrier_line),
            attendant=Leg("attendant", attendant),
            call_id=attached.call_id,
            last_words=attendant.caller_gone,
            records=records.obey,
            metrics=self._context.metrics,
            clock=time.monotonic,
        )

    async def _read(self, live: LiveCall) -> None:
        """The carrier's messages, until its socket closes."""
        try:
            async for data in self._carrier_line.read():
                live.receive(live.carrier, data)
        except ProtocolError as exc:
            self._context.metrics.media_errors.labels(str(exc)).inc()
        live.tell(CallerGone("socket_closed"))

    async def _reach_model(
        self, live: LiveCall, matter: CallMatter, earlier: Sequence[Turn]
    ) -> None:
        """Connect to the first model of the chain that takes us."""
        context, snapshot = self._context, matter.snapshot
        url, key = context.settings.realtime_url, context.settings.openai_api_key
        assert url is not None
        textable = call_tools.texts_by(context, matter) is not None
        for model in context.settings.realtime_models:
            session = SessionSettings(
                model=model,
                instructions=spoken(snapshot, textable=textable),
                voice=snapshot.business.calls.voice,
                tools=tools.specs(snapshot.business, CALL_CHANNEL),
                keywords=words_to_expect(snapshot.business),
            )
            leg = Leg("model", RealtimeProtocol(session, earlier))
            live.model = leg
            try:
                self._line = await connect(
                    url,
                    key=key.get_secret_value() if key else "",
                    model=model,
                    received=partial(live.receive, leg),
                    closed=lambda reason: live.tell(ModelGone(reason)),
                    seconds=CONNECT_SECONDS,
                )
            except ModelFailed as exc:
                context.metrics.model_connections.labels(str(exc)).inc()
                log.warning("model_not_reached", model=model, reason=str(exc))
                continue
            context.metrics.model_connections.labels("connected").inc()
            self._model, leg.line = model, self._line
            live.flush(leg)
            if f"model:{model}" != self._attached.answered_by:
                await calls.answered(context.pool, self._attached.call_id, f"model:{model}")
            return
        live.tell(ModelGone("unreachable"))

    async def _finish(self, live: LiveCall, matter: CallMatter, records: Records) -> None:
        """Tell the row, close the socket, finish what is under way, and sum up."""
        pool, held = self._context.pool, self._attached
        ended = live.reason if live.reason in FOR_GOOD else None
        with _storing():
            if ended is not None:
                telling = calls.ending(pool, held.call_id, held.stream, ended)
                await within(LAST_SECONDS, telling)
            elif live.reason == "model_failed":
                await within(LAST_SECONDS, calls.model_failed(pool, held.call_id))
        await self._carrier_line.close()
        await records.close()
        spent, outcome = self._spent(live), LOST
        with _storing():
            over = ended is not None
            if not over:  # unless the carrier says that it is, by now
                over = await calls.detach(pool, held.call_id, held.stream, **spent)
                spent = {}
            if over:
                turns = await call_turns.turns(pool, held.call_id)
                about = matter.snapshot
                came_to = summarise(
                    about.business,
                    about.facts,
                    about.quote,
                    matter.used,
                    turns,
                    lost=ended is None,
                )
                outcome = came_to.outcome
                await calls.end(
                    pool,
                    held.call_id,
                    status=CallStatus.COMPLETED,
                    reason=ended or LOST,
                    outcome=outcome,
                    summary=came_to.text,
                    stream=held.stream,
                    **spent,
                )
        self._count(live, outcome)

    def _spent(self, live: LiveCall) -> dict[str, Any]:
        usage = live.call.usage
        return {
            "usage": usage,
            "cost_micros": cost_micros(self._model, usage) if usage else None,
            "timings": {
                **asdict(live.call.timings),
                "greeted_by": live.call.greeting.by,
                "ms": int((time.monotonic() - self._began) * 1000),
            },
        }

    def _count(self, live: LiveCall, outcome: str) -> None:
        metrics, timings = self._context.metrics, live.call.timings
        if outcome != LOST:  # else it goes on, or `ringing` says what it came to
            metrics.calls.labels(outcome).inc()
        metrics.call_seconds.observe(time.monotonic() - self._began)
        metrics.interruptions.inc(timings.interruptions)
        metrics.dropped_bytes.inc(live.call.voice.dropped_bytes)
        if timings.first_audio_ms is not None:
            metrics.first_audio_seconds.observe(timings.first_audio_ms / 1000)
        for gap_ms in timings.gaps_ms:
            metrics.turn_gap_seconds.observe(gap_ms / 1000)
        if live.model is not None and live.call.greeting.by == "attendant":
            metrics.greeting_fallbacks.inc()
        log.info(
            "call_detached",
            reason=live.reason,
            outcome=outcome,
            model=self._model or ATTENDANT,
            first_audio_ms=timings.first_audio_ms,
            interruptions=timings.interruptions,
        )


@contextmanager
def _storing() -> Iterator[None]:
    """The call is over whatever the database says; what cannot be told to it is logged."""
    try:
        yield
    except DATABASE_DOWN as exc:
        log.error("call_end_not_stored", error=type(exc).__name__)
