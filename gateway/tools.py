"""Runs a turn's questions: the model (or the attendant) asked, tools run and timed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from uuid import uuid4

import structlog

from gateway.metrics import Metrics
from pipeline.attendant.dialogue import answer as attendant
from pipeline.errors import ModelFailed
from pipeline.ids import QuoteId
from pipeline.inquiry import tools
from pipeline.inquiry.turn import (
    Answer,
    AskModel,
    ModelReply,
    Outcome,
    RunTools,
    Snapshot,
    ToolCall,
    ToolResult,
    text_turn,
)

log = structlog.get_logger()

MODEL_SECONDS = 30.0
"""Of one turn, all its questions together; then the attendant answers what is left."""
CALM_SECONDS = 0.001
"""A round of the event loop that takes longer had other work to do."""
PATIENCE_ROUNDS = 50

Model = Callable[[AskModel], Awaitable[ModelReply]]
"""Raises ModelFailed when no model of the chain answers."""


class Turnstile:
    """Lets one step of one turn pass at a time, and whatever else is ready before it.

    A step is milliseconds of work that awaits nothing. Sixteen turns that became ready together
    would keep a webhook waiting for all of them; and while webhooks come in thick, whoever sent
    them waits for an acknowledgement, and the texters for a while longer.
    """

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()

    async def passed(self) -> None:
        """Return when it is this step's turn and the loop is calm, or has had time enough."""
        async with self._one_at_a_time:
            for _ in range(PATIENCE_ROUNDS):
                began = time.perf_counter()
                await asyncio.sleep(0)
                if time.perf_counter() - began < CALM_SECONDS:
                    break


async def run_turn(
    snapshot: Snapshot,
    model: Model | None,
    metrics: Metrics,
    turnstile: Turnstile,
    *,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[Outcome, float]:
    """One turn from its snapshot to its outcome, and the seconds that models took of it.

    Changes nothing.

    A model that fails is replaced by the attendant for the rest of the turn: a turn half answered
    by each would quote with one's facts and speak with the other's.
    """
    turn = text_turn(snapshot)
    question = next(turn)
    model_seconds = 0.0
    try:
        while True:
            reply: Answer
            await turnstile.passed()
            if isinstance(question, RunTools):
                reply = tuple(_run(call, snapshot, metrics) for call in question.calls)
            elif model is None or model_seconds > MODEL_SECONDS:
                reply, model = attendant(question), None
            else:
                started = clock()
                reply, model = await _ask(question, model, metrics)
                model_seconds += clock() - started
            question = turn.send(reply)
    except StopIteration as done:
        outcome: Outcome = done.value
        return outcome, model_seconds


async def _ask(
    question: AskModel, model: Model, metrics: Metrics
) -> tuple[ModelReply, Model | None]:
    started = time.perf_counter()
    try:
        reply = await model(question)
    except ModelFailed as failure:
        metrics.model_failures.labels("chain", "exhausted").inc()
        log.warning("model_failed", reason=str(failure))
        return attendant(question), None
    metrics.model_seconds.labels(reply.model).observe(time.perf_counter() - started)
    metrics.model_tokens.labels(reply.model, "input").inc(reply.input_tokens)
    metrics.model_tokens.labels(reply.model, "output").inc(reply.output_tokens)
    return reply, model


def _run(call: ToolCall, snapshot: Snapshot, metrics: Metrics) -> ToolResult:
    started = time.perf_counter()
    result = tools.run(snapshot.business, call, snapshot.now, QuoteId(uuid4()))
    elapsed = time.perf_counter() - started
    known = call.name if call.name in tools.TOOLS else "unknown"  # the name is the model's own
    metrics.tool_seconds.labels(known, str(result.success).lower()).observe(elapsed)
    return ToolResult(result.call, result.result, result.success, result.quote, elapsed * 1000)
