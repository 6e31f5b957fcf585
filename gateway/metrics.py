"""Counters and histograms, and the gauges worked out from PostgreSQL when somebody asks.

The hard part: several workers answer behind one port, so a scrape reaches any one of them. Each
worker therefore leaves its own exposition in Redis every few seconds; whichever is asked adds a
`worker` label to each and gives them together. What PostgreSQL knows is the same for all of them
and carries no such label. Without Redis the asked worker still gives its own.

Label values come from closed sets (a route's template, a state, a reason code): never an address,
an id or anything a stranger wrote.
"""

import asyncio
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any, cast

import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    Metric,
    generate_latest,
)
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample
from redis.asyncio import Redis
from redis.exceptions import RedisError

from storage.database import DATABASE_DOWN, Db

PUBLISH_SECONDS = 5.0
PUBLISHED_FOR_SECONDS = 15
REDIS_SECONDS = 0.5
DATABASE_SECONDS = 2.0
LAG_EVERY_SECONDS = 0.05
LAG_WARN_SECONDS = 0.05
WORST_SECONDS = 60.0

_QUICK = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
)  # fmt: skip
_TALK = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0)
_CALL = (5.0, 15.0, 30.0, 60.0, 120.0, 180.0, 300.0, 600.0, 900.0, 1800.0, 3600.0)
_SLOW = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0, 30.0, 60.0)

log = structlog.get_logger(__name__)


class Metrics:
    """One worker's own counters, by name; `backlog` is what PostgreSQL knows."""

    def __init__(
        self, *, worker: int = 1, workers: int = 1, group: str = "local", version: str = ""
    ) -> None:
        """`worker` counts from 1; `group` names the workers that share one port."""
        self.worker, self.workers, self._group = worker, workers, group
        self.backlog = Backlog()
        self.registry = CollectorRegistry()
        count, seconds = _counters(self.registry), _histograms(self.registry)

        self.webhook_acks = count("webhook_acks", "Webhooks answered.", "path", "status")
        self.webhook_seconds = seconds("webhook", "Whole webhook to answer.", _QUICK, "path")
        self.signature_rejects = count("signature_rejects", "Unproved callers.", "path", "reason")
        self.parked = count("parked", "Messages and webhooks put aside for people.", "reason")
        self.duplicates_absorbed = count("duplicates_absorbed", "Arrivals already known.")

        self.turns = count("turns", "Written turns ended.", "model", "outcome")
        self.turn_seconds = seconds("turn", "One written turn.", _SLOW, "model")
        self.tool_seconds = seconds("tool", "One tool, run in a turn.", _QUICK, "tool", "success")
        self.number_guard_holds = count("number_guard_holds", "Drafts refused by the check.")
        self.escalations = count("escalations", "Times a person was asked for.", "reason")
        self.reply_overhead_seconds = seconds(
            "reply_overhead", "Text in to reply handed over, without debounce and model.", _QUICK
        )

        self.model_seconds = seconds("model", "One model request.", _SLOW, "model")
        self.model_tokens = count("model_tokens", "Tokens used.", "model", "direction")
        self.model_failures = count("model_failures", "Requests that failed.", "model", "reason")

        self._count_calls(count, seconds)

        self.outbox = count("outbox", "Messages that reached a state.", "state")
        self.optout_blocks = count("optout_blocks", "Messages not sent: their recipient said stop.")
        self.provider_seconds = seconds("provider", "One provider request.", _QUICK, "provider")

        self.api_requests = count("api_requests", "Requests.", "route", "method", "status")
        self.api_seconds = seconds("api", "One API request.", _QUICK, "route")
        self.access_refused = count("access_refused", "Requests nobody may make.", "reason")

        self.redis_failures = count("redis_failures", "Redis calls that failed.")
        self.sessions_rebuilt = count("sessions_rebuilt", "Sessions read from PostgreSQL.")
        self.loop_lag_seconds = seconds("loop_lag", "How late the event loop woke.", _QUICK)
        self.loop_lag_max_seconds = _gauge(
            self.registry, "loop_lag_max_seconds", "Worst of the last minute or two."
        )
        Info("concierge_build", "What runs.", registry=self.registry).info({"version": version})

    def _count_calls(
        self, count: Callable[..., Counter], seconds: Callable[..., Histogram]
    ) -> None:
        self.calls = count("calls", "Calls ended.", "outcome")
        self.calls_reoffered = count(
            "calls_reoffered", "Calls cut off, by what came next.", "verdict"
        )
        self.calls_active = _gauge(self.registry, "calls_active", "Media sockets held here.")
        self.call_seconds = seconds("call", "One stream of a call.", _CALL)
        self.first_audio_seconds = seconds(
            "first_audio", "Media socket to our first audio handed over.", _TALK
        )
        self.turn_gap_seconds = seconds(
            "turn_gap", "The caller's turn ended to our first audio handed over.", _TALK
        )
        self.interruptions = count("interruptions", "Times a caller cut us short.")
        self.dropped_bytes = count(
            "dropped_bytes", "Audio of ours thrown away: a minute of it was waiting."
        )
        self.greeting_fallbacks = count(
            "greeting_fallbacks", "Greetings that the attendant spoke for the model."
        )
        self.call_tools = count("call_tools", "Tools run on calls.", "tool", "success")
        self.media_refused = count("media_refused", "Media sockets not taken.", "reason")
        self.media_errors = count("media_errors", "Messages of a carrier not understood.", "reason")
        self.model_connections = count("model_connections", "Tries to reach a model.", "outcome")
        self.model_troubles = count("model_troubles", "Complaints of a model on a call.", "code")

    def text(self) -> str:
        """This worker's own counters in Prometheus's text format."""
        return generate_latest(self.registry).decode()

    def key(self, worker: int) -> str:
        """Where in Redis a worker of this port leaves its exposition."""
        return f"metrics:{self._group}:{worker}"


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits, and for how long: the same whichever worker reads it from PostgreSQL."""

    conversations: int
    """That are owed a turn."""
    oldest_seconds: float
    """Since when the longest of them waits; 0 when none does."""
    escalations: int
    """Conversations that wait for a person."""
    outbox: Mapping[str, tuple[int, float]]
    """Messages in each state that is not yet settled, and the age of the oldest in seconds."""
    calls: Mapping[str, int]
    """Calls in each state that is not final."""


async def waiting(db: Db) -> Waiting | None:
    """Read it; None when PostgreSQL is away."""
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            inbox = await db.fetchrow(_INBOX)
            found = {row["state"]: row for row in await db.fetch(_OUTBOX)}
            open_calls = {row["status"]: row["calls"] for row in await db.fetch(_CALLS)}
    except DATABASE_DOWN:
        return None
    assert inbox is not None
    outbox = {
        state: (found[state]["messages"], found[state]["oldest_seconds"])
        if state in found
        else (0, 0.0)
        for state in _OPEN_STATES
    }
    calls = {status: open_calls.get(status, 0) for status in _OPEN_CALLS}
    return Waiting(**inbox, outbox=outbox, calls=calls)


class Backlog:
    """What waits, as gauges."""

    def __init__(self) -> None:
        self.registry = own = CollectorRegistry()
        self._database_up = _gauge(own, "database_up", "1 when PostgreSQL answered.")
        self._conversations = _gauge(own, "inbox_conversations", "Owed a turn.")
        self._oldest_seconds = _gauge(own, "inbox_oldest_seconds", "The longest owed one.")
        self._escalations = _gauge(own, "escalations_open", "Waiting for a person.")
        self._outbox = _gauge(own, "outbox_messages", "Not yet settled.", "state")
        self._outbox_seconds = _gauge(own, "outbox_oldest_seconds", "The oldest.", "state")
        self._calls = _gauge(own, "calls_open", "Calls that are not over.", "status")

    def show(self, now: Waiting | None) -> None:
        """Set the gauges. Without PostgreSQL they are NaN: an old figure would look true."""
        self._database_up.set(now is not None)
        now = now or _UNKNOWN
        self._conversations.set(now.conversations)
        self._oldest_seconds.set(now.oldest_seconds)
        self._escalations.set(now.escalations)
        for state, (messages, oldest_seconds) in now.outbox.items():
            self._outbox.labels(state).set(messages)
            self._outbox_seconds.labels(state).set(oldest_seconds)
        for status, calls in now.calls.items():
            self._calls.labels(status).set(calls)


_OPEN_STATES = ("queued", "sending", "unknown")
_OPEN_CALLS = ("initiated", "ringing", "in_progress", "on_hold")
_NAN: Any = math.nan
_UNKNOWN = Waiting(
    *(_NAN, _NAN, _NAN),
    outbox=dict.fromkeys(_OPEN_STATES, (_NAN, _NAN)),
    calls=dict.fromkeys(_OPEN_CALLS, _NAN),
)

_INBOX = """
    SELECT count(*) AS conversations,
           coalesce(extract(epoch FROM now() - min(coalesce(due_since, due_at))), 0)::float8
               AS oldest_seconds,
           (SELECT count(*) FROM escalations WHERE status NOT IN ('resolved', 'closed'))
               AS escalations
      FROM conversations WHERE due_at IS NOT NULL
"""

_OUTBOX = """
    SELECT state, count(*) AS messages,
           extract(epoch FROM now() - min(coalesce(sending_since, created_at)))::float8
               AS oldest_seconds
      FROM outbox WHERE state IN ('queued', 'sending', 'unknown') GROUP BY state
"""

_CALLS = """
    SELECT status, count(*) AS calls FROM calls
     WHERE status IN ('initiated', 'ringing', 'in_progress', 'on_hold') GROUP BY status
"""


def _counters(registry: CollectorRegistry) -> Callable[..., Counter]:
    def count(name: str, about: str, *labels: str) -> Counter:
        return Counter(f"concierge_{name}", about, labels, registry=registry)

    return count


def _histograms(registry: CollectorRegistry) -> Callable[..., Histogram]:
    def seconds(name: str, about: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(
            f"concierge_{name}_seconds", about, labels, buckets=buckets, registry=registry
        )

    return seconds


def _gauge(registry: CollectorRegistry, name: str, about: str, *labels: str) -> Gauge:
    return Gauge(f"concierge_{name}", about, labels, registry=registry)


@dataclass(frozen=True, slots=True)
class _Families:
    """What `generate_latest` asks of a registry."""

    families: Sequence[Metric]

    def collect(self) -> Sequence[Metric]:
        return self.families


def merge(snapshots: Mapping[str, str]) -> str:
    """Expositions by worker as one: each family once, a `worker` label on every sample."""
    merged: dict[str, Metric] = {}
    for worker, text in sorted(snapshots.items()):
        for family in text_string_to_metric_families(text):
            if family.name.endswith("_created"):  # doubles every series, and nobody asks
                continue
            into = merged.setdefault(
                family.name, Metric(family.name, family.documentation, family.type)
            )
            into.samples.extend(
                Sample(each.name, {**each.labels, "worker": worker}, each.value)
                for each in family.samples
            )
    return generate_latest(cast(Collector, _Families(tuple(merged.values())))).decode()


async def exposition(metrics: Metrics, db: Db, redis: Redis | None = None) -> str:
    """What /metrics answers: every worker's counters, then the figures from PostgreSQL."""
    metrics.backlog.show(await waiting(db))
    snapshots = await _published(metrics, redis) if redis is not None else {}
    snapshots[str(metrics.worker)] = metrics.text()
    return merge(snapshots) + generate_latest(metrics.backlog.registry).decode()


async def publish_loop(metrics: Metrics, redis: Redis) -> None:
    """Keep this worker's counters where the others find them; alone, return at once."""
    while metrics.workers > 1:
        await publish(metrics, redis)
        await asyncio.sleep(PUBLISH_SECONDS)


async def publish(metrics: Metrics, redis: Redis) -> None:
    """Leave this worker's counters in Redis, for a while."""
    with _counted(metrics):
        async with asyncio.timeout(REDIS_SECONDS):
            await redis.set(metrics.key(metrics.worker), metrics.text(), ex=PUBLISHED_FOR_SECONDS)


async def _published(metrics: Metrics, redis: Redis) -> dict[str, str]:
    """The other workers' expositions, as far as they are alive and Redis answers."""
    others = [number for number in range(1, metrics.workers + 1) if number != metrics.worker]
    found: list[bytes | str | None] = []
    if others:
        with _counted(metrics):
            async with asyncio.timeout(REDIS_SECONDS):
                found = await redis.mget([metrics.key(number) for number in others])
    return {
        str(number): text if isinstance(text, str) else text.decode()
        for number, text in zip(others, found, strict=False)
        if text is not None
    }


@contextmanager
def _counted(metrics: Metrics) -> Iterator[None]:
    """Redis may be away: counted, and the asked worker gives what it has."""
    try:
        yield
    except (RedisError, OSError, TimeoutError):
        metrics.redis_failures.inc()


async def watch_loop(metrics: Metrics) -> None:
    """Measure how late the event loop wakes, until cancelled; log what a caller would notice."""
    worst = Worst(monotonic())
    while True:
        asleep = monotonic()
        await asyncio.sleep(LAG_EVERY_SECONDS)
        woke = monotonic()
        lag = max(0.0, woke - asleep - LAG_EVERY_SECONDS)
        metrics.loop_lag_seconds.observe(lag)
        metrics.loop_lag_max_seconds.set(worst.of(lag, woke))
        if lag > LAG_WARN_SECONDS:
            log.warning("loop_lag", lag_ms=round(lag * 1000, 1))


class Worst:
    """The largest value of this minute and the one before, so that no scrape misses it."""

    def __init__(self, now: float) -> None:
        self._before = self._now = 0.0
        self._since = now

    def of(self, value: float, now: float) -> float:
        """Take in a value at `now`, in seconds, never less than before; return the largest."""
        if now - self._since >= WORST_SECONDS:
            missed = now - self._since >= 2 * WORST_SECONDS
            self._before, self._now, self._since = 0.0 if missed else self._now, 0.0, now
        self._now = max(self._now, value)
        return max(self._before, self._now)
