"""scripts/bench voice: its arithmetic, and a very small run of the whole thing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.bench_voice import Result, Used, pin, pinned, result, table, used, worker_of
from scripts.measuring import Failed

ROOT = Path(__file__).parent.parent.parent
MS = {"count": 9, "p50": 1.0, "p99": 4.0, "max": 6.0}


def seen(**changed):
    found = {
        "up": MS, "down": MS, "clear": MS, "late": MS, "busy": 0.5, "up_lost": 0,
        "down_lost": 0, "disordered": 0, "turns": 3, "ended": 0, "troubles": {},
    }  # fmt: skip
    return {**found, **changed}


def of(calls=150, cpu=0.3, mib=0.1, **changed):
    return Result(calls, cpu, 2.0, mib, seen(**changed))


def test_what_a_call_uses_is_a_share_of_what_was_used_while_it_was_measured():
    empty = Used(at=0.0, process_s=3.0, core_s=9.0, resident_mib=80.0)
    before = Used(at=100.0, process_s=10.0, core_s=50.0, resident_mib=92.0)
    after = Used(at=120.0, process_s=16.0, core_s=58.0, resident_mib=95.0)
    found = result(150, empty, before, after, {})
    assert found.cpu_percent == pytest.approx(0.2)  # 6 s of 20 s, by 150 calls
    assert found.others_percent == pytest.approx(10.0)
    assert found.mib == pytest.approx(0.1)


def test_the_table_sets_ours_beside_the_relays():
    rows = table(of(cpu=0.36, mib=0.2), of(cpu=0.30, mib=0.05))
    assert rows[0].split() == ["ours", "relay", "ratio"]
    assert rows[1].split()[-7:] == ["0.360", "0.300", "1.20", "%", "of", "a", "core"]
    assert "4.00  MiB" in rows[2]
    assert [row for row in rows if "held" in row.lower()] == [
        "  held: CPU of a call at most 1.2 times the relay's",
        "  held: p99 of each delay at most 5 ms",
        "  held: memory of a call at most 0.3 MiB",
        "  held: no frame and no call lost",
    ]


@pytest.mark.parametrize(
    ("ours", "figure"),
    [
        (of(cpu=0.37), "CPU of a call at most 1.2 times the relay's"),
        (of(clear={**MS, "p99": 5.1}), "p99 of each delay at most 5 ms"),
        (of(calls=250, down={**MS, "p99": 20.1}), "p99 of each delay at most 20 ms"),
        (of(mib=0.31), "memory of a call at most 0.3 MiB"),
        (of(up_lost=1), "no frame and no call lost"),
        (of(down_lost=1), "no frame and no call lost"),
        (of(ended=1), "no frame and no call lost"),
    ],
)
def test_each_figure_that_is_not_held_is_named(ours, figure):
    assert f"  NOT HELD: {figure}" in table(ours, of())


def test_what_never_happened_is_no_delay():
    never = {"count": 0, "p50": float("nan"), "p99": float("nan"), "max": float("nan")}
    assert "  held: p99 of each delay at most 5 ms" in table(of(clear=never), of(clear=never))


def test_troubles_are_told():
    assert "    2 x model got an error" in table(of(troubles={"model got an error": 2}), of())


def test_a_process_says_what_it_uses_and_stays_on_its_core():
    allowed = os.sched_getaffinity(0)
    core = min(allowed)
    with pinned(core):
        assert os.sched_getaffinity(0) == {core}
        pin(os.getpid(), core, first=False)
        first = used(os.getpid(), core)
        sum(range(3_000_000))
        later = used(os.getpid(), core)
    assert os.sched_getaffinity(0) == allowed
    assert later.process_s > first.process_s > 0
    assert later.core_s > first.core_s
    assert later.resident_mib > 1


def test_a_gateway_without_a_worker_cannot_be_measured():
    with pytest.raises(Failed, match="no worker"):
        worker_of(os.getpid())


@pytest.mark.timeout(120)
@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="it needs two cores")
def test_two_calls_are_carried_by_ours_and_by_the_relay():
    command = (sys.executable, "-m", "scripts.bench", "voice", "--calls=2", "--seconds=2")
    done = subprocess.run(
        command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=110
    )
    assert done.returncode == 0, done.stderr
    assert "voice, 2 calls for 2 s" in done.stdout
    assert "  held: no frame and no call lost" in done.stdout
    assert " x " not in done.stdout  # nobody said what the other did not understand
