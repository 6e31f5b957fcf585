"""The parent: holds the listening socket and the embedded servers, and keeps workers alive.

It serves nothing itself and awaits nothing, so that it has little to die of. The socket is
bound first and outlives every worker: while one is replaced, connections queue. Signals are
blocked and waited for, never handled, so none can come between a look and an act.
"""

import asyncio
import errno
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import structlog
from pydantic import SecretStr

from gateway import child, embedded
from gateway.settings import Settings, worker_environment
from pipeline.errors import ConciergeError

WORKER = (sys.executable, "-m", "gateway", "worker")
"""A worker's command; `--fd` (the listening socket) and `--name` follow."""

STOP = frozenset({signal.SIGTERM, signal.SIGINT})
AWAITED = STOP | {signal.SIGCHLD}

BACKLOG = 1024
DRAIN_S = 30.0
IDLE_S = 60.0
YOUNG_S = 10.0  # a process that dies younger than this did not get going
LONGEST_DELAY_S = 5.0

log = structlog.get_logger()

Prepare = Callable[[Settings], Awaitable[None]]


class CannotListen(ConciergeError):
    """HOST and PORT cannot be listened on. The message says what to change."""


@dataclass(slots=True)
class Kept:
    """A process that is started again whenever it ends, sooner or later but always."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    early_deaths: int = 0
    restart_at: float | None = None
    """When to start it; None while it runs."""

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def tend(self, now: float) -> None:
        """Start it if it is due; note that it ended, and when to start it again."""
        if self.restart_at is None and not self.running:
            status = None if self.process is None else self.process.returncode
            young = now - self.started_at < YOUNG_S
            self.early_deaths = self.early_deaths + 1 if young else 1
            self.restart_at = now + restart_delay(self.early_deaths)
            log.error("ended", process=self.name, status=status, again_in_s=self.restart_at - now)
        if self.restart_at is not None and self.restart_at <= now:
            self.begin(now)

    def begin(self, now: float) -> None:
        self.started_at, self.restart_at = now, None
        try:
            self.process = self.start()
        except (OSError, ConciergeError) as exc:
            self.process = None
            log.error("not_started", process=self.name, reason=str(exc))


def restart_delay(early_deaths: int) -> float:
    """Seconds to wait before a restart: none after a first death, then longer up to a limit."""
    if early_deaths <= 1:
        return 0.0
    return min(LONGEST_DELAY_S, 0.5 * 2.0 ** min(early_deaths - 2, 10))


def run(
    settings: Settings, *, worker: Sequence[str] = WORKER, prepare: Prepare | None = None
) -> int:
    """Serve until told to stop; returns the exit status. Call from the main thread.

    `prepare` runs once, when the servers answer and before the workers start. Raises CannotListen
    and embedded.ServerFailed: what the user can mend.
    """
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with ExitStack() as stack:
            listening = stack.enter_context(listen(settings.host, settings.port))
            settings, servers = _start_servers(settings, stack)
            asyncio.run(_prepare(settings) if prepare is None else prepare(settings))
            signal.pthread_sigmask(signal.SIG_BLOCK, AWAITED)
            command = [*worker, "--fd", str(listening.fileno())]
            crew = [
                Kept(name, _starter([*command, "--name", name], settings, listening.fileno()))
                for name in (f"w{number}" for number in range(1, settings.workers + 1))
            ]
            _work(crew, servers, f"http://{settings.host}:{settings.port}")
            listening.close()
            _drain(crew, servers)
    except KeyboardInterrupt:
        log.info("stopped", while_="starting")
    return 0


def listen(host: str, port: int) -> socket.socket:
    """Bind and listen. Raises CannotListen."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        return socket.create_server(address, family=family, backlog=BACKLOG)
    except OSError as exc:
        match exc.errno:
            case errno.EADDRINUSE:
                what = f"the port is taken. Stop who has it, or set another: PORT={port + 1}"
            case errno.EACCES:
                what = "ports below 1024 are for root. Set another, such as PORT=8080"
            case _:
                what = f"{exc.strerror}. Set HOST to an address of this machine: HOST=127.0.0.1"
        raise CannotListen(f"Cannot listen on HOST={host} PORT={port}: {what}.") from exc
