"""What a bridged call costs: our worker, and a bare relay under the same load in the same run.

Each in turn has one core to itself; the carriers, the model and the servers share another. A frame
carries the moment it left at, so delays are measured one way. What the load itself needs to send
and to notice is in both, and in full in the relay's figures.
"""

import argparse
import asyncio
import json
import math
import os
import re
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import uvloop

from channels.signing import twilio_signature
from channels.twilio_voice import MEDIA_PATH, RING_PATH
from scripts.bench_voice_ends import Place
from scripts.bench_voice_wire import call_sid
from scripts.measuring import (
    BUSINESS,
    ROOT,
    Failed,
    free_port,
    program,
    tail,
    until_ready,
    verdict,
)
from tests.simulators.open_loop import ACCOUNT, AUTH_TOKEN, OUR_NUMBER

TICKS = os.sysconf("SC_CLK_TCK")
UP_SECONDS = 30.0
"""After the last call was placed, until all have been greeted."""
SETTLE_SECONDS = 3.0
REPORT_SECONDS = 30.0

DELAYS = {"up": "caller to model", "down": "model to caller", "clear": "break-in to clear"}

Token = Callable[[str, int], Awaitable[str]]
"""Has a call ring, given its id and number; what its media socket must bring along."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured: where it takes calls, and its process."""

    port: int
    pid: int
    token: Token
    log: Path


@dataclass(frozen=True, slots=True)
class Used:
    """What a process and its core had used by a moment."""

    at: float
    process_s: float
    core_s: float
    """By anybody."""
    resident_mib: float


@dataclass(frozen=True, slots=True)
class Result:
    """Figures of one subject under load."""

    calls: int
    cpu_percent: float
    """Of a core, by each call."""
    others_percent: float
    """Of its core, by other programs of this machine."""
    mib: float
    """For each call."""
    seen: dict[str, Any] = field(default_factory=dict)
    """What the load says: see bench_voice_load."""


def measure_voice(options: argparse.Namespace) -> None:
    """Our worker and a bare relay, one after the other."""
    with tempfile.TemporaryDirectory(prefix="concierge-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL runs as another user when this is root
        uvloop.run(_measure_voice(options, folder))


async def _measure_voice(options: argparse.Namespace, folder: Path) -> None:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise Failed("two cores are needed: one for what is measured, one for the load")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with pinned(cores[-1]):
        ours = await under_load(options, cores[0], folder, _worker)
        relay = await under_load(options, cores[0], folder, _relay)
    print(
        f"\nvoice, {options.calls} calls for {options.seconds:g} s, each program in turn on core"
        f" {cores[0]}, the load on core {cores[-1]}:"
    )
    print("\n".join(table(ours, relay)))


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """This process and those it starts run on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def pin(pid: int, core: int, *, first: bool) -> None:
    """A running process, with all its threads; `first`: it goes before whatever else runs there."""
    for task in os.listdir(f"/proc/{pid}/task"):
        with suppress(ProcessLookupError):
            os.sched_setaffinity(int(task), {core})
            if first:
                os.sched_setscheduler(int(task), os.SCHED_RR, os.sched_param(1))


class Load:
    """The process that is all carriers and the model."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def line(self, name: str, within_s: float) -> dict[str, Any]:
        """The next line that has this field; others are passed over."""
        assert self._process.stdout is not None
        async with asyncio.timeout(within_s):
            while data := await self._process.stdout.readline():
                found: dict[str, Any] = json.loads(data)
                if name in found:
                    return found
        raise Failed("the load ended by itself")

    def tell(self, order: object) -> None:
        """Have it do something."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")


@asynccontextmanager
async def load(interruptions: float) -> AsyncIterator[Load]:
    """A load, while this lasts."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "scripts.bench_voice_load",
        f"--interruptions={interruptions}",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        yield Load(process)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


Open = Callable[[Path, str], Any]
"""Starts what is measured, given a folder and the model's URL: an async context manager."""


async def under_load(options: argparse.Namespace, core: int, folder: Path, open_: Open) -> Result:
    """Bring the calls up gently, let them settle, and measure."""
    async with load(options.interruptions) as ends:
        port = (await ends.line("port", UP_SECONDS))["port"]
        async with open_(folder, f"ws://127.0.0.1:{port}/v1/realtime") as subject:
            pin(subject.pid, core, first=options.first)
            empty = used(subject.pid, core)
            await _bring_up(options, ends, subject)
            await asyncio.sleep(SETTLE_SECONDS)
            ends.tell({"measure": True})
            before = used(subject.pid, core)
            await asyncio.sleep(options.seconds)
            after = used(subject.pid, core)
            ends.tell({"stop": True})
            seen = await ends.line("up_lost", REPORT_SECONDS)
    return result(options.calls, empty, before, after, seen)


async def _bring_up(options: argparse.Namespace, ends: Load, subject: Subject) -> None:
    url = f"ws://127.0.0.1:{subject.port}{MEDIA_PATH}"
    signature, run = twilio_signature(AUTH_TOKEN, url), time.time_ns()
    start = time.monotonic()
    for number in range(options.calls):
        await asyncio.sleep(start + number / options.ramp - time.monotonic())
        sid = call_sid(number, run)
        token = await subject.token(sid, number)
        place = Place(subject.port, MEDIA_PATH, signature, ACCOUNT, sid, token)
        ends.tell({"call": asdict(place)})
    up = 0
    try:
        while up < options.calls:
            up = (await ends.line("up", UP_SECONDS))["up"]
    except TimeoutError:
        raise Failed(f"of {options.calls} calls {up} came up: {tail(subject.log)}") from None


def result(calls: int, empty: Used, before: Used, after: Used, seen: dict[str, Any]) -> Result:
    """Figures, from what was used before there were calls, and at both ends of the time."""
    lasted = after.at - before.at
    process_s = after.process_s - before.process_s
    others_s = max(0.0, after.core_s - before.core_s - process_s)
    return Result(
        calls=calls,
        cpu_percent=process_s / lasted / calls * 100,
        others_percent=others_s / lasted * 100,
        mib=(after.resident_mib - empty.resident_mib) / calls,
        seen=seen,
    )


def used(pid: int, core: int) -> Used:
    """Read what a process and its core have used so far."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = Path(f"/proc/{pid}/status").read_text()
    resident = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
    of_core = re.search(rf"^cpu{core} (.*)", Path("/proc/stat").read_text(), re.MULTILINE)
    assert resident is not None
    assert of_core is not None
    user, nice, system, _, _, irq, softirq, *_ = (int(each) for each in of_core[1].split())
    return Used(
        at=time.monotonic(),
        process_s=(int(after_name[11]) + int(after_name[12])) / TICKS,
        core_s=(user + nice + system + irq + softirq) / TICKS,
        resident_mib=int(resident[1]) / 1024,
    )


def table(ours: Result, relay: Result) -> Sequence[str]:
    """Rows, and whether the figures are held."""
    rows = [f"  {'':26}{'ours':>12}{'relay':>12}{'ratio':>8}"]

    def row(name: str, unit: str, *pair: float) -> None:
        mine, its = pair
        ratio = f"{mine / its:8.2f}" if its else f"{'-':>8}"
        rows.append(f"  {name:26}{mine:12.3f}{its:12.3f}{ratio}  {unit}")

    row("CPU of a call", "% of a core", ours.cpu_percent, relay.cpu_percent)
    row("memory of a call", "MiB", ours.mib, relay.mib)
    for key, name in DELAYS.items():
        for share in ("p50", "p99", "max"):
            row(f"{name}, {share}", "ms", ours.seen[key][share], relay.seen[key][share])
    for key, name in (("up_lost", "frames lost, up"), ("down_lost", "frames lost, down")):
        rows.append(f"  {name:26}{ours.seen[key]:12}{relay.seen[key]:12}")
    for name, each in (("ours", ours), ("relay", relay)):
        seen = each.seen
        rows.append(
            f"  {name}: {seen['up']['count']} frames up, {seen['turns']} turns,"
            f" {seen['clear']['count']} cleared, {seen['disordered']} out of order,"
            f" {seen['ended']} connections ended; the load used {seen['busy']:.0%} of its core,"
            f" p99 {seen['late']['p99']:.2f} ms late; others used {each.others_percent:.0f} % of"
            " the program's core"
        )
        rows += [f"    {count} x {what}" for what, count in seen["troubles"].items()]
    return [*rows, *verdicts(ours, relay)]


def verdicts(ours: Result, relay: Result) -> Sequence[str]:
    """The figures to hold at this number of calls."""
    measured = [ours.seen[key]["p99"] for key in DELAYS if ours.seen[key]["count"]]
    worst = max(measured, default=math.inf)
    most_ms = 5 if ours.calls <= 150 else 20
    lost = ours.seen["up_lost"] + ours.seen["down_lost"] + ours.seen["ended"]
    return [
        verdict(
            "CPU of a call at most 1.2 times the relay's",
            ours.cpu_percent <= 1.2 * relay.cpu_percent,
        ),
        verdict(f"p99 of each delay at most {most_ms} ms", worst <= most_ms),
        verdict("memory of a call at most 0.3 MiB", ours.mib <= 0.3),
        verdict("no frame and no call lost", lost == 0),
    ]


@asynccontextmanager
async def _worker(folder: Path, model_url: str) -> AsyncIterator[Subject]:
    """The gateway as it is run, with one worker and servers of its own."""
    port, log = free_port(), folder / "gateway.log"
    origin = f"http://127.0.0.1:{port}"
    environ = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": os.environ.get("HOME", str(folder)),
        "PYTHONPATH": str(ROOT),
        "PORT": str(port),
        "DATA_DIR": str(folder / "data"),
        "BUSINESS": BUSINESS,
        "OPENAI_REALTIME_URL": model_url,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_NUMBER": OUR_NUMBER,
        "TWILIO_API_URL": "http://127.0.0.1:9",  # nobody: no text is sent
    }
    command = (sys.executable, "-m", "gateway", "serve")
    with program(command, environ, folder, log) as process:
        await until_ready(f"{origin}/readyz", log)
        async with aiohttp.ClientSession(origin) as session:

            async def token(sid: str, number: int) -> str:
                return await _ring(session, f"{origin}{RING_PATH}", sid, number)

            yield Subject(port, worker_of(process.pid), token, log)


async def _ring(session: aiohttp.ClientSession, url: str, sid: str, number: int) -> str:
    """Have a call ring as Twilio does; the token it is answered with."""
    form = {
        "AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", "CallSid": sid,
        "CallStatus": "ringing", "Direction": "inbound", "To": OUR_NUMBER,
        "From": f"+1{408 + number // 9000}555{1000 + number % 9000}",
    }  # fmt: skip
    headers = {"X-Twilio-Signature": twilio_signature(AUTH_TOKEN, url, list(form.items()))}
    async with session.post(url, data=form, headers=headers) as response:
        found = re.search(r'name="token" value="([^"]+)"', await response.text())
    if found is None:
        raise Failed(f"a call was answered with {response.status} and no stream")
    return found[1]


def worker_of(pid: int) -> int:
    """The worker among a gateway's children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for each in children:
        with suppress(OSError):
            if b"\0worker\0" in Path(f"/proc/{each}/cmdline").read_bytes():
                return int(each)
    raise Failed("the gateway has no worker")


@asynccontextmanager
async def _relay(folder: Path, model_url: str) -> AsyncIterator[Subject]:
    port, log = free_port(), folder / "relay.log"
    environ = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT)}
    command = (sys.executable, "-m", "tests.simulators.bare_relay", str(port), model_url)
    with program(command, environ, folder, log) as process:
        await until_ready(f"http://127.0.0.1:{port}/readyz", log)

        async def token(sid: str, number: int) -> str:
            return ""

        yield Subject(port, process.pid, token, log)
