"""The parent: holds the listening socket and the embedded servers, and keeps workers alive.

It serves nothing itself, so that it has little to die of. The socket is bound first and outlives
every worker: while one is replaced, connections queue. Signals are blocked and waited for, not
handled, so that none comes between looking and acting.
"""

import asyncio
import errno
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import structlog
from pydantic import SecretStr

from gateway import child, embedded
from gateway.log import configure_with
from gateway.settings import Settings, worker_environment
from pipeline.errors import ConciergeError
from storage import businesses

Prepare = Callable[[Settings], Coroutine[None, None, None]]

WORKER = (sys.executable, "-m", "gateway", "worker")
"""A worker's command; `--fd` (the listening socket's number) and `--number` (its own) follow."""

STOP = frozenset({signal.SIGTERM, signal.SIGINT})
AWAITED = STOP | {signal.SIGCHLD}

BACKLOG = 1024
DRAIN_S = 30.0
IDLE_S = 60.0
YOUNG_S = 10.0  # what dies younger did not get going
LONGEST_DELAY_S = 5.0

log = structlog.get_logger()


class CannotListen(ConciergeError):
    """HOST and PORT cannot be listened on. The message says what to change."""


@dataclass(slots=True)
class Kept:
    """A process that is started again whenever it ends."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    early_deaths: int = 0
    start_at: float | None = 0.0
    """When to start it; None while it runs."""

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def tend(self, now: float) -> None:
        """Notice if it ended; start it if that is due."""
        if self.start_at is None and not self.running:
            self._ended(now)
        if self.start_at is not None and self.start_at <= now:
            self._begin(now)

    def _begin(self, now: float) -> None:
        self.started_at, self.start_at = now, None
        try:
            self.process = self.start()
        except (OSError, ConciergeError) as exc:
            log.error("process_not_started", process=self.name, reason=str(exc))
            self.process = None
            self._ended(now)

    def _ended(self, now: float) -> None:
        young = now - self.started_at < YOUNG_S
        self.early_deaths = self.early_deaths + 1 if young else 0
        delay = restart_delay(self.early_deaths)
        self.start_at = now + delay
        status = self.process and self.process.returncode
        log.error("process_ended", process=self.name, status=status, restart_in_s=delay)


def restart_delay(early_deaths: int) -> float:
    """Seconds until a restart: none after one death, growing while it keeps dying young."""
    if early_deaths <= 1:
        return 0.0
    return min(LONGEST_DELAY_S, 0.5 * 2.0 ** min(early_deaths - 2, 8))


def run(
    settings: Settings, *, worker: Sequence[str] = WORKER, prepare: Prepare | None = None
) -> int:
    """Serve until told to stop; returns the exit status. Call from the main thread.

    `prepare` runs once, when the servers answer and before the workers start. Raises CannotListen
    and embedded.ServerFailed: what the user can mend.
    """
    configure_with(settings)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with ExitStack() as stack:
            listening = stack.enter_context(listen(settings.host, settings.port))
            settings, servers = _serving(settings, stack)
            asyncio.run((prepare or _migrate_and_seed)(settings))
            signal.pthread_sigmask(signal.SIG_BLOCK, AWAITED)
            start = partial(_start_worker, worker, settings, listening)
            workers = [
                Kept(f"worker {number}", partial(start, number))
                for number in range(1, settings.workers + 1)
            ]
            host = f"[{settings.host}]" if ":" in settings.host else settings.host
            _say(f"Listening on http://{host}:{settings.port}")
            _keep([*servers, *workers])
            listening.close()
            _drain(workers)
    except KeyboardInterrupt:
        _say("Stopped while starting.")
    return 0


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, inheritable. Raises CannotListen."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        return socket.create_server(address, family=family, backlog=BACKLOG)
    except OSError as exc:
        match exc.errno:
            case errno.EADDRINUSE:
                what = f"another program has that port. Stop it, or choose another: PORT={port + 1}"
            case errno.EACCES:
                what = "only root may have that port. Choose one above 1023: PORT=8080"
            case _:
                what = f"{exc.strerror}. Choose an address of this machine: HOST=127.0.0.1"
        raise CannotListen(f"Cannot listen on HOST={host} PORT={port}: {what}") from exc


def _serving(settings: Settings, stack: ExitStack) -> tuple[Settings, list[Kept]]:
    """Start the servers that nobody gave us; the settings with their addresses in."""
    if settings.database_url and settings.redis_url:
        return settings, []
    lock = stack.enter_context(embedded.hold(settings.data_dir))
    own: dict[str, embedded.Server] = {}
    if settings.redis_url is None:
        own["redis_url"] = embedded.redis(settings.data_dir, lock)
    if settings.database_url is None:
        own["database_url"] = embedded.postgres(settings.data_dir, lock)
    stack.enter_context(embedded.serving(*own.values()))
    now = time.monotonic()
    kept = [
        Kept(server.name, server.start, server.process, started_at=now, start_at=None)
        for server in own.values()
    ]
    for server in own.values():
        user = server.owner.pw_name if server.owner else None
        log.info("server_started", server=server.name, log=str(server.log), user=user)
    urls = {setting: SecretStr(server.url) for setting, server in own.items()}
    return settings.model_copy(update=urls), kept


async def _migrate_and_seed(settings: Settings) -> None:
    assert settings.database_url is not None
    for line in await businesses.prepare(
        settings.database_url.get_secret_value(), settings.business
    ):
        log.info("prepared", done=line)


def _start_worker(
    command: Sequence[str], settings: Settings, listening: socket.socket, number: int
) -> subprocess.Popen[bytes]:
    assert settings.database_url is not None
    assert settings.redis_url is not None
    environment = worker_environment(
        settings,
        database_url=settings.database_url.get_secret_value(),
        redis_url=settings.redis_url.get_secret_value(),
    )
    fd = listening.fileno()
    return child.start(
        [*command, "--fd", str(fd), "--number", str(number)], env=environment, pass_fds=[fd]
    )


def _keep(kept: Iterable[Kept]) -> None:
    """Keep them all running until told to stop."""
    while True:
        now = time.monotonic()
        for each in kept:
            each.tend(now)
        due = min(
            (each.start_at for each in kept if each.start_at is not None), default=now + IDLE_S
        )
        told = signal.sigtimedwait(AWAITED, max(0.0, due - time.monotonic()))
        if told and told.si_signo in STOP:
            return


def _drain(workers: Iterable[Kept]) -> None:
    """Ask the workers to finish; a second signal, or DRAIN_S, ends what has not."""
    running = [worker.process for worker in workers if worker.process and worker.running]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + DRAIN_S
    while any(process.poll() is None for process in running):
        told = signal.sigtimedwait(AWAITED, max(0.0, deadline - time.monotonic()))
        if told is None or told.si_signo in STOP:
            log.error("workers_killed", why="second signal" if told else "drain took too long")
            for process in running:
                process.kill()
                process.wait()


def _say(line: str) -> None:
    """Tell whoever started us, beside the log on standard output."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201
