"""What every part of scripts/bench needs: figures, the machine, and programs to measure."""

import asyncio
import math
import os
import platform
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

import aiohttp

from gateway import child

ROOT = Path(__file__).resolve().parent.parent
BUSINESS = "my_hibachi"

START_SECONDS = 60.0
STOP_SECONDS = 40.0


class Failed(Exception):
    """Nothing can be measured, and why."""


@contextmanager
def program(
    command: Sequence[str], environ: Mapping[str, str], folder: Path, log: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    """A program of ours while this lasts, its output in `log`; told to stop at the end."""
    with log.open("wb") as output:
        process = child.start(
            command, env=environ, cwd=folder, output=output, last_signal=signal.SIGTERM
        )
        try:
            yield process
            if process.poll() is not None:
                raise Failed(f"{command[-1]} ended by itself: {tail(log)}")
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def tail(log: Path) -> str:
    """The end of a program's output."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-5:])


async def until_ready(url: str, log: Path) -> float:
    """Seconds until `url` answers 200. Raises Failed after START_SECONDS."""
    started = time.monotonic()
    async with aiohttp.ClientSession() as session:
        while time.monotonic() - started < START_SECONDS:
            with suppress(aiohttp.ClientError):
                async with session.get(url) as response:
                    if response.status == 200:
                        return time.monotonic() - started
            await asyncio.sleep(0.02)
    raise Failed(f"{url} did not answer in {START_SECONDS:g} s: {tail(log)}")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def quantile(values: Sequence[float], at: float) -> float:
    """The value that this share of them does not exceed; NaN of none."""
    if not values:
        return math.nan
    return sorted(values)[min(len(values) - 1, math.ceil(at * len(values)) - 1)]


def spread(seconds: Sequence[float], unit: Literal["ms", "us"] = "ms") -> str:
    """p50, p99 and the largest."""
    scale = {"ms": 1e3, "us": 1e6}[unit]
    p50, p99, largest = (quantile(seconds, at) * scale for at in (0.5, 0.99, 1.0))
    return f"p50 {p50:.2f} {unit}, p99 {p99:.2f} {unit}, max {largest:.2f} {unit}"


def verdict(figure: str, held: bool) -> str:
    """Whether a figure to hold was held; reported, never asserted."""
    return f"  {'held' if held else 'NOT HELD'}: {figure}"


def machine() -> str:
    """What it was measured on."""
    model = platform.processor() or platform.machine()
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(
            (each.partition(":")[2].strip() for each in lines if "model name" in each), model
        )
    return f"{model}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}"
