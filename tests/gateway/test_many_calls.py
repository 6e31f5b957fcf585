"""Five hundred short calls leave nothing behind: no task, no socket, no timer, no memory."""

import asyncio
import gc
from collections import Counter
from itertools import count

import psutil
import pytest

from gateway.bridge import Bridge
from gateway.call_records import Records
from gateway.calls import LiveCall
from gateway.media_line import MediaLine
from pipeline.attendant.phone import Attendant
from pipeline.call.machine import Call
from realtime.protocol import RealtimeProtocol
from tests.gateway.phone import counted, eventually
from tests.simulators.realtime import RealtimeSimulator

BY_ATTENDANT, BY_MODEL, AT_ONCE = 400, 100, 10
OF_A_CALL = (Attendant, Bridge, Call, LiveCall, MediaLine, RealtimeProtocol, Records)
GROWTH_BYTES = 20 << 20
"""Beside what tests keep of log and ledger. Calls that were kept with their audio, instructions
and instruments would take 30 MB; and what is kept by nobody's leave is counted besides."""


def left():
    """What calls are made of and is still there."""
    gc.collect()
    kinds = Counter(type(each).__name__ for each in gc.get_objects() if type(each) in OF_A_CALL)
    return dict(kinds)


@pytest.mark.timeout(180)
async def test_five_hundred_short_calls_leave_nothing_behind(carrier, context, pool):
    process, numbers = psutil.Process(), count(1)
    async with RealtimeSimulator() as model:

        async def caller(calls):
            for _ in range(calls):
                async with carrier.connected(next(numbers)) as line:
                    await line.heard_ms(20)
                    await line.hang_up()

        async def over():
            held = await pool.fetchval("SELECT count(*) FROM calls WHERE ended_at IS NULL")
            return not (held or context.live_calls or model.connected)

        async def answered_by(url, calls):
            settings = context.settings.model_copy(update={"openai_realtime_url": url})
            context.settings = settings
            await asyncio.gather(*(caller(calls // AT_ONCE) for _ in range(AT_ONCE)))
            await eventually(over, 30)

        for url in ("off", model.url):  # what is made once is made now
            await answered_by(url, 2 * AT_ONCE)
        tasks, files = len(asyncio.all_tasks()), process.num_fds()
        memory = process.memory_info().rss
        await answered_by("off", BY_ATTENDANT)
        await answered_by(model.url, BY_MODEL)
        assert left() == {}
        assert process.memory_info().rss - memory < GROWTH_BYTES
        assert len(asyncio.all_tasks()) <= tasks + AT_ONCE  # connections that are kept open
        assert process.num_fds() <= files + AT_ONCE
        assert model.violations == []
    assert counted(context.metrics.calls_active) == 0
    assert await context.sessions.live_calls() == []
    ended = "SELECT answered_by, end_reason, count(*) FROM calls GROUP BY 1, 2 ORDER BY 1"
    assert [tuple(row) for row in await pool.fetch(ended)] == [
        ("attendant", "caller_hung_up", BY_ATTENDANT + 2 * AT_ONCE),
        ("model:gpt-realtime-2.1", "caller_hung_up", BY_MODEL + 2 * AT_ONCE),
    ]
