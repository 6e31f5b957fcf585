"""Counters of several workers as one, and ages that come from PostgreSQL."""

import asyncio
import math
import time
from uuid import uuid4

import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis

from gateway.metrics import Metrics, Worst, exposition, merge, publish, publish_loop, watch_loop
from pipeline.call.status import CallRang, CallStatus
from storage import calls
from storage.database import open_pool


def read(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample by its name and labels, `worker` among them."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_a_scrape_gives_this_workers_counters(pool):
    metrics = Metrics(version="1.2.3")
    metrics.webhook_acks.labels("/webhooks/twilio/sms", 200).inc(3)
    metrics.model_tokens.labels("attendant", "input").inc(12)
    samples = read(await exposition(metrics, pool))
    acks = (("path", "/webhooks/twilio/sms"), ("status", "200"), ("worker", "1"))
    assert samples["concierge_webhook_acks_total", acks] == 3
    assert samples["concierge_build_info", (("version", "1.2.3"), ("worker", "1"))] == 1
    assert samples["concierge_database_up", ()] == 1
    assert samples["concierge_inbox_oldest_seconds", ()] == 0


async def test_whichever_worker_is_asked_gives_all_that_are_alive(pool, redis, redis_url):
    workers = [Metrics(worker=number, workers=3, group="8080") for number in (1, 2, 3)]
    for metrics in workers[:2]:
        metrics.turns.labels("attendant", "answered").inc(metrics.worker)
    async with Redis.from_url(redis_url) as raw:
        await publish(workers[1], raw)
        assert 0 < await redis.ttl(workers[1].key(2)) <= 15
        for client in (raw, redis):  # whether it decodes or not
            samples = read(await exposition(workers[0], pool, client))
            turns = {
                dict(labels)["worker"]: value
                for (name, labels), value in samples.items()
                if name == "concierge_turns_total"
            }
            assert turns == {"1": 1, "2": 2}


async def test_workers_of_another_port_are_not_ours(pool, redis):
    theirs = Metrics(worker=2, workers=2, group="9090")
    await publish(theirs, redis)
    samples = read(await exposition(Metrics(workers=2, group="8080"), pool, redis))
    assert {dict(labels).get("worker") for _, labels in samples} == {"1", None}


async def test_a_worker_alone_leaves_nothing_in_redis(redis):
    async with asyncio.timeout(1):
        await publish_loop(Metrics(), redis)
    assert await redis.keys() == []


async def test_without_redis_a_worker_gives_its_own_and_counts_the_failure(pool):
    metrics = Metrics(workers=2)
    async with Redis(host="127.0.0.1", port=1) as nowhere:
        samples = read(await exposition(metrics, pool, nowhere))
        assert samples["concierge_redis_failures_total", (("worker", "1"),)] == 1


async def test_without_postgresql_old_figures_are_not_shown_as_true(database_dsn):
    metrics = Metrics()
    pool = await open_pool(database_dsn)
    assert math.isfinite(
        read(await exposition(metrics, pool))["concierge_inbox_oldest_seconds", ()]
    )
    await pool.close()
    samples = read(await exposition(metrics, pool))
    assert samples["concierge_database_up", ()] == 0
    assert math.isnan(samples["concierge_inbox_oldest_seconds", ()])
    assert math.isnan(samples["concierge_outbox_messages", (("state", "unknown"),)])
    assert math.isnan(samples["concierge_calls_open", (("status", "in_progress"),)])


async def _conversation(pool, due_seconds_ago: int | None) -> object:
    contact = await pool.fetchval("INSERT INTO contacts DEFAULT VALUES RETURNING id")
    return await pool.fetchval(
        "INSERT INTO conversations (contact_id, channel, provider, our_address, their_address,"
        " due_at, due_since) VALUES ($1, 'sms', 'twilio', '+1', $2,"
        " now() + interval '2 s', now() - make_interval(secs => $3)) RETURNING id"
        if due_seconds_ago is not None
        else "INSERT INTO conversations (contact_id, channel, provider, our_address,"
        " their_address) VALUES ($1, 'sms', 'twilio', '+1', $2) RETURNING id",
        *(contact, str(uuid4()), *([due_seconds_ago] if due_seconds_ago is not None else [])),
    )


async def _owed(pool, conversation: object, state: str, seconds_ago: int, seq: int) -> None:
    message = await pool.fetchval(
        "INSERT INTO messages (id, conversation_id, seq, direction, author, body, provider)"
        " VALUES (gen_random_uuid(), $1, $2, 'out', 'attendant', '', 'twilio') RETURNING id",
        conversation,
        seq,
    )
    await pool.execute(
        "INSERT INTO outbox (message_id, conversation_id, seq, owner_epoch, state, expires_at,"
        " created_at) VALUES ($1, $2, $3, 1, $4, now(), now() - make_interval(secs => $5))",
        message,
        conversation,
        seq,
        state,
        seconds_ago,
    )


async def test_ages_are_those_of_what_is_still_owed(pool):
    await _conversation(pool, None)
    await _conversation(pool, 5)
    late = await _conversation(pool, 40)
    await _owed(pool, late, "delivered", 5000, 1)
    await _owed(pool, late, "unknown", 900, 2)
    await _owed(pool, late, "queued", 30, 3)
    await _owed(pool, late, "queued", 10, 4)
    await pool.execute(
        "INSERT INTO escalations (conversation_id, reason, priority, note)"
        " VALUES ($1, 'asked', 'high', '')",
        late,
    )
    samples = read(await exposition(Metrics(), pool))
    assert samples["concierge_inbox_conversations", ()] == 2
    assert 40 <= samples["concierge_inbox_oldest_seconds", ()] < 60
    assert samples["concierge_outbox_messages", (("state", "queued"),)] == 2
    assert 30 <= samples["concierge_outbox_oldest_seconds", (("state", "queued"),)] < 50
    assert 900 <= samples["concierge_outbox_oldest_seconds", (("state", "unknown"),)] < 920
    assert samples["concierge_outbox_messages", (("state", "sending"),)] == 0
    assert samples["concierge_escalations_open", ()] == 1


async def test_calls_that_are_not_over_are_counted_by_their_state(pool):
    for number, status in enumerate(["ringing", "in_progress", "in_progress", "completed"]):
        ringing = await calls.ring(pool, CallRang("twilio", f"CA{number}", None, "+1"))
        await pool.execute(
            "UPDATE calls SET status = $2 WHERE id = $1", ringing.call_id, CallStatus(status)
        )
    samples = read(await exposition(Metrics(), pool))
    counted = {
        dict(labels)["status"]: value
        for (name, labels), value in samples.items()
        if name == "concierge_calls_open"
    }
    assert counted == {"initiated": 0, "ringing": 1, "in_progress": 2, "on_hold": 0}


def test_what_a_call_is_measured_by_has_its_unit_and_its_labels():
    metrics = Metrics()
    metrics.calls.labels("quoted").inc()
    metrics.calls_active.set(2)
    metrics.call_seconds.observe(61)
    metrics.first_audio_seconds.observe(0.48)
    metrics.turn_gap_seconds.observe(0.9)
    metrics.interruptions.inc()
    metrics.greeting_fallbacks.inc()
    metrics.call_tools.labels("calculate_party_quote", True).inc()
    metrics.media_refused.labels("token").inc()
    metrics.media_errors.labels("not_json").inc()
    metrics.model_connections.labels("open").inc()
    metrics.model_troubles.labels("response_cancel_not_active").inc()
    samples = read(metrics.text())
    assert samples["concierge_calls_active", ()] == 2
    ended = (("outcome", "quoted"),)
    assert samples["concierge_calls_total", ended] == 1
    long = (("le", "120.0"),)
    assert samples["concierge_call_seconds_bucket", long] == 1
    assert samples["concierge_turn_gap_seconds_bucket", (("le", "0.7"),)] == 0
    assert samples["concierge_turn_gap_seconds_bucket", (("le", "1.0"),)] == 1
    tool = (("success", "True"), ("tool", "calculate_party_quote"))
    assert samples["concierge_call_tools_total", tool] == 1


@pytest.mark.parametrize("name", ["turn_seconds", "outbox", "loop_lag_seconds"])
def test_each_family_appears_once_however_many_workers(name):
    text = Metrics().text()
    merged = merge({"0": text, "1": text})
    assert merged.count(f"# TYPE concierge_{name}") == 1


def test_every_name_ends_in_a_unit_or_says_what_it_counts():
    metrics = Metrics()
    names = [family.name for family in metrics.registry.collect()]
    names += [family.name for family in metrics.backlog.registry.collect()]
    counted = ("_conversations", "_messages", "_open", "_active", "_up", "_build", "_seconds")
    text = metrics.text()
    for name in names:
        assert name.startswith("concierge_")
        assert name.endswith(counted) or f"# TYPE {name}_total counter" in text


async def test_a_loop_that_was_held_up_is_noticed():
    metrics = Metrics()
    watching = asyncio.create_task(watch_loop(metrics))
    await asyncio.sleep(0)  # it looks at the clock
    time.sleep(0.2)  # noqa: ASYNC251  the fault to be noticed
    for _ in range(3):
        await asyncio.sleep(0)
    watching.cancel()
    samples = read(merge({"1": metrics.text()}))
    assert 0.1 < samples["concierge_loop_lag_max_seconds", (("worker", "1"),)] < 10
    assert samples["concierge_loop_lag_seconds_count", (("worker", "1"),)] == 1


@pytest.mark.parametrize(
    ("values", "worst"),
    [
        ([(0.0, 5), (59.0, 1)], 5),
        ([(0.0, 5), (61.0, 1)], 5),
        ([(0.0, 5), (61.0, 1), (122.0, 2)], 2),
        ([(0.0, 5), (61.0, 1), (119.0, 3), (122.0, 2)], 3),
        ([(0.0, 5), (500.0, 1)], 1),
    ],
)
def test_the_worst_is_remembered_for_a_minute_or_two(values, worst):
    remembered = Worst(0.0)
    assert [remembered.of(value, now) for now, value in values][-1] == worst
