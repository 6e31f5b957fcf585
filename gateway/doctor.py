"""Is everything as it should be, and if not, what to mend: one line for each thing looked at.

It only looks: nothing is migrated, seeded or sent. The checks run side by side and each has a
deadline, so that one server that never answers hides nothing about the others.
"""

import asyncio
import shutil
import stat
from collections.abc import Awaitable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import asyncpg
from pydantic import SecretStr
from redis.asyncio import Redis
from redis.exceptions import RedisError

from channels.twilio_sms import TwilioSms
from gateway import doctor_twilio
from gateway.egress import Perform, open_session, performer
from gateway.findings import Finding, Findings, clock, entries, fail, get, ok, warn
from gateway.settings import OPENAI_URL, Settings
from pipeline.business.document import parse
from pipeline.errors import BusinessError, ConciergeError
from storage import businesses
from storage.database import connect, pending_migrations

DEADLINE_SECONDS = 10.0
OLDEST_POSTGRES = 15
OLDEST_REDIS = (6, 2)
LOW_DISK, NO_DISK = 1_000_000_000, 100_000_000


async def examine(settings: Settings, dsn: str, redis_url: str | None) -> Findings:
    """Look at everything. `redis_url` is None where the embedded Redis does not run just now."""
    async with open_session() as session:
        checks = _checks(settings, dsn, redis_url, performer(session))
        found = await asyncio.gather(*(_bounded(subject, check) for subject, check in checks))
    on = ", ".join([*settings.channels, *settings.voice_channels]) or "none"
    attendant = "the built-in attendant"
    writer = settings.openai_text_model if settings.text_model_on else attendant
    speaker = settings.openai_realtime_model if settings.realtime_url else attendant
    said = f"texts are written by {writer}; calls are answered by {speaker}"
    first = ok("settings", f"channels that are on: {on}; {said}")
    return [first, *(finding for findings in found for finding in findings)]


def _checks(
    settings: Settings, dsn: str, redis_url: str | None, perform: Perform
) -> Iterator[tuple[str, Awaitable[Findings]]]:
    yield "files", asyncio.to_thread(_files, settings)
    yield "database", _database(settings, dsn)
    yield "redis", _redis(redis_url)
    for server in _model_servers(settings):
        yield server.subject, _model(server, perform)
    for channel in settings.channels.values():
        if isinstance(channel, TwilioSms):
            yield "twilio", doctor_twilio.look(settings, channel, perform)
    yield "gateway", _gateway(settings, perform)


async def _bounded(subject: str, check: Awaitable[Findings]) -> Findings:
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await check
    except TimeoutError:
        return [fail(subject, f"no answer within {DEADLINE_SECONDS:g} s")]
    except (
        ConciergeError,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        RedisError,
        OSError,
    ) as exc:
        return [fail(subject, f"cannot be reached: {exc or type(exc).__name__}")]


def _files(settings: Settings) -> Findings:
    """DATA_DIR, what it keeps secret, and how much room there is."""
    folder = settings.data_dir
    found = [
        fail("secrets", f"{path} can be read by others: chmod 600 {path}")
        for path in (*folder.glob("secrets/*"), Path(".env"))
        if path.exists() and _mode(path) & 0o077
    ]
    if folder.is_dir() and _mode(folder) & 0o022:
        found.append(fail("data", f"others may write in {folder}: chmod go-w {folder}"))
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    said = f"{free / 1e9:.1f} GB free for {folder}"
    if free < NO_DISK:
        found.append(fail("disk", f"{said}: make room now, or nothing more can be stored"))
    elif free < LOW_DISK:
        found.append(warn("disk", f"{said}: make room"))
    else:
        found.append(ok("disk", said))
    return found


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def _database(settings: Settings, dsn: str) -> Findings:
    db = await connect(dsn)
    try:
        embedded = settings.database_url is None
        version = db.get_server_version()
        said = f"PostgreSQL {version.major}.{version.minor}{', embedded' if embedded else ''}"
        found = [ok("database", said)]
        if version.major < OLDEST_POSTGRES:
            found = [fail("database", f"{said}: version {OLDEST_POSTGRES} or later is needed")]
        asked = datetime.now(UTC)
        theirs: datetime = await db.fetchval("SELECT clock_timestamp()")
        found.append(clock("the database", theirs, asked, datetime.now(UTC)))
        if pending := await pending_migrations(db):
            said = f"the database lacks {', '.join(pending)}: run concierge migrate"
            return [*found, warn("migrations", said) if embedded else fail("migrations", said)]
        found.append(ok("migrations", "none pending"))
        return [*found, await _business(db, settings.business)]
    finally:
        await db.close()


async def _business(db: asyncpg.Connection, name: str) -> Finding:
    current = await businesses.current(db, name)
    try:
        if current is None:
            parse(businesses.seed_files(name))
            return warn("business", f"{name} has no version yet: concierge migrate makes the first")
        parse(current[1])
    except BusinessError as exc:
        problems = "; ".join(exc.problems)
        return fail("business", f"{problems}: mend it with concierge config export and import")
    return ok("business", f"{name}, version {current[0]}")


async def _redis(url: str | None) -> Findings:
    if url is None:
        return [ok("redis", "embedded: it starts with concierge serve")]
    async with Redis.from_url(url, decode_responses=True) as client:
        told: Mapping[str, object] = await client.info()
    version = str(told["redis_version"])
    policy = str(told.get("maxmemory_policy", "unknown"))
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_REDIS:
        return [fail("redis", f"Redis {version}: 6.2 or later is needed")]
    if policy != "noeviction":
        said = f"Redis {version} drops keys when full ({policy}): set maxmemory-policy noeviction"
        return [warn("redis", said)]
    return [ok("redis", f"Redis {version}, {policy}")]


@dataclass(frozen=True, slots=True)
class _ModelServer:
    subject: str
    settings: tuple[str, str, str]
    """The names of the settings that say where it is, our key, and its model."""
    base_url: str
    key: SecretStr | None
    model: str


def _model_servers(settings: Settings) -> Iterator[_ModelServer]:
    if settings.text_model_on:
        yield _ModelServer(
            "model",
            ("OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_TEXT_MODEL"),
            settings.openai_base_url or OPENAI_URL,
            settings.openai_api_key,
            settings.openai_text_model,
        )
    if settings.fallback_model_on:
        yield _ModelServer(
            "stand-in",
            (
                "FALLBACK_OPENAI_BASE_URL",
                "FALLBACK_OPENAI_API_KEY",
                "FALLBACK_OPENAI_TEXT_MODEL",
            ),
            settings.fallback_openai_base_url or OPENAI_URL,
            settings.fallback_openai_api_key,
            settings.fallback_openai_text_model,
        )

    url = settings.realtime_url
    for model in settings.realtime_models if url else ():
        own = settings.openai_realtime_url or not settings.openai_base_url
        first = model == settings.openai_realtime_model
        yield _ModelServer(
            "calls" if first else "calls, 2nd",
            (
                "OPENAI_REALTIME_URL" if own else "OPENAI_BASE_URL",
                "OPENAI_API_KEY",
                "OPENAI_REALTIME_MODEL" if first else "OPENAI_REALTIME_FALLBACK_MODEL",
            ),
            str(url).replace("ws", "http", 1).removesuffix("/realtime"),
            settings.openai_api_key,
            model,
        )


async def _model(server: _ModelServer, perform: Perform) -> Findings:
    """It answers, takes our key, and has the model by this name."""
    subject, url = server.subject, server.base_url
    where, key, model = server.settings
    authorization = f"Bearer {server.key.get_secret_value()}" if server.key else ""
    reply = await get(perform, f"{url}/models", authorization)
    if reply is None:
        said = f"{url} does not answer: mend {where} or the network"
        return [fail(subject, said)]
    if reply.status in (401, 403):
        return [fail(subject, f"{url} refuses the key: mend {key}")]
    if reply.status in (404, 405):
        return [ok(subject, f"{url} answers, and does not say which models it has")]
    if reply.status != HTTPStatus.OK:
        said = f"{url} answers {reply.status}: ask whose server it is, or try again"
        return [warn(subject, said)]
    if server.model not in [entry.get("id") for entry in entries(reply, "data")]:
        said = f"{url} has no model {server.model!r}: mend {model}"
        return [warn(subject, said)]
    return [ok(subject, f"{server.model} at {url}")]


async def _gateway(settings: Settings, perform: Perform) -> Findings:
    url = f"{settings.public_url}/healthz"
    reply = await get(perform, url)
    if reply is None or reply.status != HTTPStatus.OK:
        said = "does not answer" if reply is None else f"answers {reply.status}"
        return [
            warn("gateway", f"{url} {said}: start concierge serve, or mend PUBLIC_URL or the proxy")
        ]
    return [ok("gateway", f"{url} answers")]
