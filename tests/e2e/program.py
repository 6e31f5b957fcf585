"""`concierge serve` as a user starts it: processes of its own, one port, one folder, one log.

Hard is to leave nothing running whatever was killed, and to have a port that is nobody else's:
it is bound here first and never listened on, which keeps it from being given to others.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import AF_INET, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, socket
from typing import Any, TypeVar

import aiohttp

from gateway import child

ROOT = Path(__file__).parents[2]
START_SECONDS = 20.0
STOP_SECONDS = 20.0
LOOK_SECONDS = 0.01

Found = TypeVar("Found")


async def until(
    look: Callable[[], Found | Awaitable[Found]], what: str, within_s: float = 15.0
) -> Found:
    """What `look` gives, once it is true. Raises AssertionError, saying what, after so long."""
    deadline = time.monotonic() + within_s
    while True:
        found = look()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return found
        assert time.monotonic() < deadline, f"{what}: not within {within_s:g} s"
        await asyncio.sleep(LOOK_SECONDS)


class Program:
    """One `concierge serve` and its children. `start` it; what was started ends with us."""

    def __init__(self, folder: Path, port: int, settings: Mapping[str, str]) -> None:
        self.data_dir = folder / "data"
        self.url = f"http://127.0.0.1:{port}"
        self._log = folder / "log"
        self._environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "default",
            "PORT": str(port),
            "DATA_DIR": str(self.data_dir),
            "LOG_LEVEL": "DEBUG",
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The parent's process id."""
        assert self._process is not None, "start it first"
        return self._process.pid

    def start(self) -> None:
        """Start it, on the data of the one before if there was one; `ready` says when it is up."""
        with self._log.open("ab") as log:
            self._process = child.start(
                [sys.executable, "-m", "gateway", "serve"],
                env=self._environ,
                cwd=self._log.parent,
                output=log,
            )

    async def ready(self) -> float:
        """Wait until it says that it is ready; how many seconds that took."""
        started = time.monotonic()
        patience = aiohttp.ClientTimeout(total=1.0)
        async with aiohttp.ClientSession(self.url, timeout=patience) as session:

            async def answers() -> bool:
                assert self._status() is None, f"it ended with {self._status()}"
                with suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get("/readyz") as response:
                        return response.status == 200
                return False

            await until(answers, "being ready", START_SECONDS)
        return time.monotonic() - started

    def workers(self) -> Sequence[int]:
        """The process ids of the workers that live now."""
        return self._children(b"\0worker\0")

    def redis(self) -> int | None:
        """The process id of its own Redis, if that runs."""
        return next(iter(self._children(b"redis-server")), None)

    def postgres(self) -> int | None:
        """The process id of its own PostgreSQL, if that runs."""
        return next(iter(self._children(b"bin/postgres\0")), None)

    async def kill_worker(self, which: int = 0) -> None:
        """SIGKILL; returns when that worker is gone. Another is on its way by then."""
        pid = self.workers()[which]
        os.kill(pid, signal.SIGKILL)
        await until(lambda: pid not in self.workers(), "the end of a worker", STOP_SECONDS)

    def terminate(self) -> None:
        """SIGTERM: it drains."""
        os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL the parent, if it lives."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    async def ended(self) -> int:
        """Wait for the parent's end; its status."""
        await until(lambda: self._status() is not None, "its end", STOP_SECONDS)
        status = self._status()
        assert status is not None
        return status

    def log(self) -> str:
        """All that its processes, its own servers included, have written so far."""
        files = [self._log, *sorted(self.data_dir.glob("*.log"))]
        return "".join(file.read_text(encoding="utf-8") for file in files if file.exists())

    def logged(self, event: str) -> Sequence[Mapping[str, Any]]:
        """The log's lines of this event."""
        lines = [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]
        return [line for line in lines if line.get("event") == event]

    def _status(self) -> int | None:
        return None if self._process is None else self._process.poll()

    def _children(self, mark: bytes) -> Sequence[int]:
        found = []
        with suppress(FileNotFoundError, ProcessLookupError):
            children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
            for pid in map(int, children.split()):
                with suppress(FileNotFoundError, ProcessLookupError):
                    if mark in Path(f"/proc/{pid}/cmdline").read_bytes():
                        found.append(pid)
        return found


@contextmanager
def reserved_port() -> Iterator[int]:
    """A port on 127.0.0.1 that nobody else is given while a program of ours listens on it."""
    with socket(AF_INET, SOCK_STREAM) as held:
        held.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@contextmanager
def stopped(pid: int | None) -> Iterator[None]:
    """A process that is there and does nothing meanwhile."""
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
