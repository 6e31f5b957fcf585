"""What tests share: real servers started once a run, a fresh database each, and a fence.

The servers are the embedded ones, or with --servers this machine's PostgreSQL 15 and Redis 7, or
those that DATABASE_URL and REDIS_URL name. A test's database is cloned from one that was migrated
once. A test that tries to leave this machine fails.
"""

import asyncio
import ipaddress
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import hypothesis
import pytest
from redis import Redis as BlockingRedis
from redis.asyncio import Redis

from gateway import embedded
from pipeline.errors import ConciergeError
from storage.database import migrate, open_pool

SYSTEM_POSTGRES = Path("/usr/lib/postgresql/15")
SYSTEM_REDIS = Path("/usr/bin/redis-server")

DATABASE = "CONCIERGE_TEST_DATABASE"  # the migrated template's URL
REDIS = "CONCIERGE_TEST_REDIS"
MEMORY_WANTED_BYTES = 2_000_000_000

_running = ExitStack()
_numbers = count(1)
_strays: list[str] = []

hypothesis.settings.register_profile("quick", deadline=None)
hypothesis.settings.register_profile("full", deadline=None, max_examples=5_000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--servers", action="store_true", help="use the installed PostgreSQL 15 and Redis 7"
    )
    parser.addoption("--full", action="store_true", help="run the large numbers")


def pytest_configure(config: pytest.Config) -> None:
    hypothesis.settings.load_profile("full" if config.getoption("full") else "quick")
    sys.addaudithook(_stay_on_this_machine)
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        try:
            _start_servers(config)  # here, in the process that outlives the workers it starts
        except ConciergeError as exc:
            raise pytest.UsageError(str(exc)) from exc


def pytest_unconfigure() -> None:
    _running.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    _strays.clear()
    yield
    if _strays:
        pytest.fail(f"left this machine: {', '.join(_strays)}")


@pytest.fixture(scope="session")
def full(pytestconfig: pytest.Config) -> bool:
    """Whether to run the large numbers."""
    return bool(pytestconfig.getoption("full"))


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Mapping[str, str]:
    """URLs of the servers of this run, under DATABASE and REDIS."""
    if DATABASE not in os.environ:
        _start_servers(pytestconfig)
    return os.environ


@pytest.fixture
async def database_dsn(servers: Mapping[str, str]) -> AsyncIterator[str]:
    """A migrated database of this test's own."""
    template = servers[DATABASE]
    name = f"test_{os.getpid()}_{next(_numbers)}"
    await _execute(template, f'CREATE DATABASE "{name}" TEMPLATE "{_name(template)}"')
    yield _renamed(template, name)
    await _execute(template, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
async def pool(database_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    """A pool on this test's database."""
    async with await open_pool(database_dsn) as pool:
        yield pool


@pytest.fixture
def redis_url(servers: Mapping[str, str]) -> Iterator[str]:
    """An empty Redis database, not shared with tests that run at the same time."""
    index = 1 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    parts = urlsplit(servers[REDIS])
    if parts.scheme == "unix":
        url = f"{servers[REDIS]}?db={index}"
    else:
        url = urlunsplit(parts._replace(path=f"/{index}"))
    with BlockingRedis.from_url(url) as client:
        client.flushdb()
        yield url
        client.flushdb()


@pytest.fixture(name="redis")
async def redis_client(redis_url: str) -> AsyncIterator[Redis]:
    """A client on this test's Redis database."""
    async with Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


def _start_servers(config: pytest.Config) -> None:
    database, redis = os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL")
    folder = Path(_running.enter_context(_scratch_folder()))
    folder.chmod(0o711)  # PostgreSQL 15 looks itself up by path, as a user who is not root
    installed = config.getoption("servers")
    lock = _running.enter_context(embedded.hold(folder))
    own = []
    if redis is None:
        own.append(embedded.redis(folder, lock, program=SYSTEM_REDIS if installed else None))
        redis = own[-1].url
    else:
        _refuse_data(redis)
    if database is None:
        install = SYSTEM_POSTGRES if installed else None
        own.append(embedded.postgres(folder, lock, install=install))
        database = own[-1].url
    _running.enter_context(embedded.serving(*own))
    if own and own[-1].url == database:
        asyncio.run(_hurry(database))
    template = _renamed(database, f"test_template_{os.getpid()}")
    asyncio.run(_make_template(database, template))
    _running.callback(lambda: asyncio.run(_drop(database, template)))
    os.environ |= {DATABASE: template, REDIS: redis}


def _refuse_data(url: str) -> None:
    """Tests empty the databases of the Redis they are given: it must hold nothing yet."""
    with BlockingRedis.from_url(url) as client:
        if held := client.info("keyspace"):
            raise pytest.UsageError(
                f"REDIS_URL holds data ({', '.join(held)}); tests would erase it"
            )


def _scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """In memory where there is room: cloning a database per test is mostly making files."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > MEMORY_WANTED_BYTES
    return tempfile.TemporaryDirectory(prefix="concierge-test-", dir=memory if roomy else None)


async def _make_template(server: str, template: str) -> None:
    await _execute(server, f'CREATE DATABASE "{_name(template)}"')
    await migrate(template)


async def _hurry(server: str) -> None:
    """A database that lives for one run need not survive a power cut."""
    await _execute(server, "ALTER SYSTEM SET fsync = off")
    await _execute(server, "SELECT pg_reload_conf()")


async def _drop(server: str, template: str) -> None:
    await _execute(server, f'DROP DATABASE "{_name(template)}" WITH (FORCE)')


async def _execute(dsn: str, sql: str) -> None:
    connection = await asyncpg.connect(_renamed(dsn, "postgres"), timeout=10)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


def _name(dsn: str) -> str:
    return urlsplit(dsn).path.removeprefix("/")


def _renamed(dsn: str, name: str) -> str:
    parts = urlsplit(dsn)
    return f"postgresql://{parts.netloc}/{name}?{parts.query}"


def _stay_on_this_machine(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook: sees every connection that Python makes, and patches nothing."""
    match event, arguments:
        case ("socket.connect" | "socket.sendto", (_, (str() as host, *_))):
            here = _is_here(host)
        case "socket.getaddrinfo", (str() as host, *_):
            here = _is_here(host) or _is_address(host)
        case _:
            return
    if not here:
        _strays.append(host)
        raise ConnectionRefusedError(f"a test may not reach {host}")


def _is_here(host: str) -> bool:
    if not _is_address(host):
        return host in {"", "localhost"}
    address = ipaddress.ip_address(host)
    return address.is_loopback or address.is_unspecified


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
