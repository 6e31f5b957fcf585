"""Is everything as it should be, and if not, what to mend: one line for each thing looked at.

It only looks: nothing is migrated, seeded or sent. The checks run side by side and each has a
deadline, so that one server that never answers hides nothing about the others.
"""

import asyncio
import json
import shutil
import stat
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import asyncpg
from pydantic import SecretStr
from redis.asyncio import Redis
from redis.exceptions import RedisError

from channels.contract import LOOPBACK, Reply, Request
from channels.signing import basic
from channels.twilio_sms import INBOUND_PATH, TwilioSms
from gateway.egress import Perform, open_session, performer
from gateway.settings import OPENAI_URL, Settings
from pipeline.business.document import parse
from pipeline.errors import BusinessError, ConciergeError, SendFailed
from storage import businesses
from storage.database import connect, pending_migrations

DEADLINE_SECONDS = 10.0
OLDEST_POSTGRES = 15
OLDEST_REDIS = (6, 2)
LOW_DISK, NO_DISK = 1_000_000_000, 100_000_000
CLOCK_WARN, CLOCK_FAIL = timedelta(seconds=2), timedelta(seconds=30)
RETRIES = "#rc=3&rp=all"
"""What a webhook's address ends on so that Twilio asks again, after any failure, up to 3 times.

https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""


class Level(StrEnum):
    """How bad a finding is. FAIL: something will not work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, and what was seen; unless OK it also says what to do."""

    level: Level
    subject: str
    said: str

    def __str__(self) -> str:
        return f"{self.level:<4}  {self.subject:<10}  {self.said}"


Findings = Sequence[Finding]


def ok(subject: str, said: str) -> Finding:
    """Nothing to do."""
    return Finding(Level.OK, subject, said)


def warn(subject: str, said: str) -> Finding:
    """It works, but somebody should look at it."""
    return Finding(Level.WARN, subject, said)


def fail(subject: str, said: str) -> Finding:
    """It will not work."""
    return Finding(Level.FAIL, subject, said)


async def examine(settings: Settings, dsn: str, redis_url: str | None) -> Findings:
    """Look at everything. `redis_url` is None where the embedded Redis does not run just now."""
    async with open_session() as session:
        checks = _checks(settings, dsn, redis_url, performer(session))
        found = await asyncio.gather(*(_bounded(subject, check) for subject, check in checks))
    on = ", ".join(settings.channels) or "none"
    writer = settings.openai_text_model if settings.text_model_on else "the built-in attendant"
    first = ok("settings", f"channels that are on: {on}; texts are written by {writer}")
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
            yield "twilio", _twilio(settings, channel, perform)
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
        found.append(_clock("the database", theirs, asked, datetime.now(UTC)))
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


def _clock(whose: str, theirs: datetime, asked: datetime, answered: datetime) -> Finding:
    """Their clock against ours, which read `asked` before and `answered` after."""
    off = max(asked - theirs, theirs - answered, timedelta(0))
    said = f"{off.total_seconds():.1f} s from that of {whose}"
    if off > CLOCK_FAIL:
        return fail("clock", f"{said}: set this machine's clock (NTP); signatures depend on it")
    if off > CLOCK_WARN:
        return warn("clock", f"{said}: set this machine's clock (NTP)")
    return ok("clock", said)


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
    prefix: str
    base_url: str
    key: SecretStr | None
    model: str


def _model_servers(settings: Settings) -> Iterator[_ModelServer]:
    if settings.text_model_on:
        yield _ModelServer(
            "model",
            "OPENAI",
            settings.openai_base_url or OPENAI_URL,
            settings.openai_api_key,
            settings.openai_text_model,
        )
    if settings.fallback_model_on:
        yield _ModelServer(
            "stand-in",
            "FALLBACK_OPENAI",
            settings.fallback_openai_base_url or OPENAI_URL,
            settings.fallback_openai_api_key,
            settings.fallback_openai_text_model,
        )


async def _model(server: _ModelServer, perform: Perform) -> Findings:
    """It answers, takes our key, and has the model by this name."""
    subject, url = server.subject, server.base_url
    authorization = f"Bearer {server.key.get_secret_value()}" if server.key else ""
    reply = await _get(perform, f"{url}/models", authorization)
    if reply is None:
        said = f"{url} does not answer: mend {server.prefix}_BASE_URL or the network"
        return [fail(subject, said)]
    if reply.status in (401, 403):
        return [fail(subject, f"{url} refuses the key: mend {server.prefix}_API_KEY")]
    if reply.status in (404, 405):
        return [ok(subject, f"{url} answers, and does not say which models it has")]
    if reply.status != HTTPStatus.OK:
        said = f"{url} answers {reply.status}: ask whose server it is, or try again"
        return [warn(subject, said)]
    if server.model not in [entry.get("id") for entry in _entries(reply, "data")]:
        said = f"{url} has no model {server.model!r}: mend {server.prefix}_TEXT_MODEL"
        return [warn(subject, said)]
    return [ok(subject, f"{server.model} at {url}")]


async def _gateway(settings: Settings, perform: Perform) -> Findings:
    url = f"{settings.public_url}/healthz"
    reply = await _get(perform, url)
    if reply is None or reply.status != HTTPStatus.OK:
        said = "does not answer" if reply is None else f"answers {reply.status}"
        return [
            warn("gateway", f"{url} {said}: start concierge serve, or mend PUBLIC_URL or the proxy")
        ]
    return [ok("gateway", f"{url} answers")]


async def _twilio(settings: Settings, channel: TwilioSms, perform: Perform) -> Findings:
    """The account takes our token, and the number's texts come here.

    https://www.twilio.com/docs/iam/api/account
    https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
    """
    account = f"{channel.api_url}/2010-04-01/Accounts/{channel.account_sid}"
    authorization = basic(channel.account_sid, channel.auth_token)
    found = list(_reachable_from_outside(settings, channel))
    asked = datetime.now(UTC)
    reply = await _get(perform, f"{account}.json", authorization)
    if reply is None:
        said = f"{channel.api_url} does not answer: mend the network, or TWILIO_API_URL"
        return [*found, fail("twilio", said)]
    found += _date(reply, "Twilio", asked)
    if reply.status == HTTPStatus.UNAUTHORIZED:
        said = "TWILIO_AUTH_TOKEN is not that of TWILIO_ACCOUNT_SID: copy both anew from its page"
        return [*found, fail("twilio", said)]
    if reply.status != HTTPStatus.OK:
        said = f"answers {reply.status} for the account: mend TWILIO_ACCOUNT_SID or TWILIO_API_URL"
        return [*found, fail("twilio", said)]
    if (status := _parsed(reply).get("status")) != "active":
        return [*found, fail("twilio", f"the account is {status!r}: see its page at Twilio")]
    query = urlencode({"PhoneNumber": channel.number})
    reply = await _get(perform, f"{account}/IncomingPhoneNumbers.json?{query}", authorization)
    numbers = [] if reply is None else _entries(reply, "incoming_phone_numbers")
    return [*found, _number(settings, channel, numbers)]


def _number(
    settings: Settings, channel: TwilioSms, numbers: Sequence[Mapping[str, object]]
) -> Finding:
    ours = [each for each in numbers if each.get("phone_number") == channel.number]
    if not ours:
        said = f"the account has no number {channel.number}: mend TWILIO_NUMBER"
        return fail("twilio", said)
    url = f"{settings.public_url}{INBOUND_PATH}"
    where, _, retries = str(ours[0].get("sms_url")).partition("#")
    if (where, ours[0].get("sms_method")) != (url, "POST"):
        said = f"texts to {channel.number} go elsewhere"
    elif "rc=" not in retries:
        said = "Twilio tries once and drops a text that meets a restart"
    else:
        return ok("twilio", f"the account is active, and texts to {channel.number} come here")
    said += f": set 'A message comes in' to POST {url}{RETRIES}"
    if channel.messaging_service_sid:
        said += ", and in the messaging service 'Defer to sender's webhook'"
    return warn("twilio", said)


def _reachable_from_outside(settings: Settings, channel: TwilioSms) -> Findings:
    if urlsplit(channel.api_url).hostname in LOOPBACK:
        return []  # a simulator reaches us where we are
    public = urlsplit(settings.public_url)
    if public.hostname in LOOPBACK:
        said = f"Twilio cannot reach {settings.public_url}: set it to the address it can"
        return [fail("public_url", said)]
    if public.scheme != "https":
        return [warn("public_url", "texts and calls come unencrypted: set an https address")]
    return []


def _date(reply: Reply, whose: str, asked: datetime) -> Findings:
    """What their Date header says of our clock; it counts whole seconds."""
    with suppress(ValueError, KeyError):
        theirs = parsedate_to_datetime(reply.headers["date"])
        return [_clock(whose, theirs, asked - timedelta(seconds=1), datetime.now(UTC))]
    return []


async def _get(perform: Perform, url: str, authorization: str = "") -> Reply | None:
    """The reply; None if none came."""
    headers = {"authorization": authorization} if authorization else {}
    with suppress(SendFailed):
        return await perform(Request("GET", url, headers))
    return None


def _parsed(reply: Reply) -> Mapping[str, object]:
    """A JSON object; an empty one if the reply is none."""
    with suppress(ValueError):
        found = json.loads(reply.body)
        if isinstance(found, dict):
            return found
    return {}


def _entries(reply: Reply, name: str) -> Sequence[Mapping[str, object]]:
    entries = _parsed(reply).get(name)
    return [each for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []
