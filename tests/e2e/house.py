"""The whole thing, end to end: the program running, a Twilio that is only here, and the database.

Hard is to judge a run: only once it has come to rest, then by what the provider did and saw, what
the rows say, and a log in which nothing may stand that is nobody's business.
"""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
    nullcontext,
)
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from gateway import embedded
from storage import businesses
from storage.database import migrate, open_pool
from tests.e2e.program import Program, reserved_port, until
from tests.simulators.checker import check
from tests.simulators.twilio import TwilioSimulator

BUSINESS = "my_hibachi"
API_TOKEN = "canary-api-token-5f1e0c"
SECRET_KEY = "canary-secret-key-77ab31"
OWNER = {"Authorization": f"Bearer {API_TOKEN}"}
DEBOUNCE_SECONDS = 0.2
ANSWER_SECONDS = 15.0
REST_SECONDS = 30.0
TELLING = 12
"""Characters from which on a text does not stand in a log by chance."""

_BUSY = """
    SELECT EXISTS (SELECT 1 FROM conversations
                    WHERE owner = 'ai' AND (due_at IS NOT NULL OR lease_until > now()))
        OR EXISTS (SELECT 1 FROM outbox WHERE state IN ('queued', 'sending')
                      OR (state = 'unknown' AND settled_at IS NULL))
        OR EXISTS (SELECT 1 FROM calls WHERE status IN ('ringing', 'in_progress'))
"""

_SAID = f"SELECT DISTINCT body FROM call_turns WHERE length(body) >= {TELLING}"
_TOKEN = re.compile('<Parameter name="token" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class House:
    """A running program and what surrounds it."""

    program: Program
    twilio: TwilioSimulator
    pool: asyncpg.Pool
    http: aiohttp.ClientSession
    """Requests to the program, without a token."""
    secrets: frozenset[str]
    """Values of settings that nobody may see."""

    async def ask(self, number: str, text: str) -> str:
        """A customer's text, and the answer to it."""
        await self.twilio.text(number, text)
        return await self.answer(number)

    async def answer(self, number: str) -> str:
        """The next text that this customer gets."""
        found = await self.twilio.received(number, ANSWER_SECONDS)
        assert found is not None, f"{number} was not answered"
        return found

    async def post(
        self, path: str, body: object, **headers: str
    ) -> tuple[int, Mapping[str, Any], Mapping[str, str]]:
        """POST as the owner (or whoever the headers say): status, JSON and headers."""
        async with self.http.post(path, json=body, headers={**OWNER, **headers}) as response:
            return response.status, await response.json(), response.headers

    async def at_rest(self, within_s: float = REST_SECONDS) -> None:
        """Wait until nobody is owed anything and every callback has been made."""

        async def rests() -> bool:
            return not await self.pool.fetchval(_BUSY)

        await until(rests, "coming to rest", within_s)
        await self.twilio.reported()

    async def judge(self) -> None:
        """Nothing is lost, doubled or out of order, and the log tells nobody's secrets."""
        await self.at_rest()
        violations = await check(self.twilio.ledger, self.pool)
        assert not violations, "\n".join(violations)
        log = self.program.log()
        private = self._private() | {row["body"] for row in await self.pool.fetch(_SAID)}
        assert [each for each in sorted(private) if each in log] == []

    def _private(self) -> set[str]:
        """Numbers, what was written, tokens that open a call's audio, and other secrets."""
        ledger = self.twilio.ledger
        texts = ledger.events("inbound_sent", "created")
        parties = [*texts, *ledger.events("call_placed")]
        numbers = {str(event[end]) for event in parties for end in ("from", "to")}
        written = {str(event["body"]) for event in texts}
        answers = [str(event["body"]) for event in ledger.events("webhook_response")]
        tokens = {found for body in answers for found in _TOKEN.findall(body)}
        return {text for text in written if len(text) >= TELLING} | numbers | tokens | self.secrets


OpenHouse = Callable[..., AbstractAsyncContextManager[House]]
"""`open_house` with a folder and servers chosen already."""


@asynccontextmanager
async def open_house(
    folder: Path,
    *,
    dsn: str | None = None,
    redis_url: str | None = None,
    debounce_seconds: float = DEBOUNCE_SECONDS,
    twilio: TwilioSimulator | None = None,
    **settings: str,
) -> AsyncIterator[House]:
    """Start the program in a folder; when the test is through, judge the run and stop it.

    Without `dsn` and `redis_url` the program brings its own servers. `settings` go over ours.
    """
    twilio = twilio or TwilioSimulator()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(twilio)
        port = stack.enter_context(reserved_port())
        settings = {**_settings(twilio, dsn, redis_url), **settings}
        program = Program(folder, port, settings)
        twilio.gateway_url = twilio.public_url = program.url
        stack.callback(lambda: print(program.log()))  # pytest shows it where a test has failed
        stack.callback(program.kill)
        with _database(dsn, program) as url:
            await _furnish(url, debounce_seconds)
        program.start()
        await program.ready()
        url = stack.enter_context(_database(dsn, program))
        pool = await stack.enter_async_context(await open_pool(url))
        http = await stack.enter_async_context(aiohttp.ClientSession(program.url))
        house = House(program, twilio, pool, http, _secrets(settings))
        yield house
        await house.judge()
        await pool.close()  # ours goes first: the database may be the program's own
        program.terminate()
        assert await program.ended() == 0


def _settings(twilio: TwilioSimulator, dsn: str | None, redis_url: str | None) -> Mapping[str, str]:
    servers = {"DATABASE_URL": dsn or "", "REDIS_URL": redis_url or ""}
    return {
        **servers,
        "API_TOKEN": API_TOKEN,
        "SECRET_KEY": SECRET_KEY,
        "TWILIO_ACCOUNT_SID": twilio.account.sid,
        "TWILIO_AUTH_TOKEN": twilio.account.token,
        "TWILIO_NUMBER": twilio.account.number,
        "TWILIO_API_URL": twilio.url,
    }


def _secrets(settings: Mapping[str, str]) -> frozenset[str]:
    return frozenset(value for name, value in settings.items() if name.endswith(("_KEY", "_TOKEN")))


def _database(dsn: str | None, program: Program) -> AbstractContextManager[str]:
    return embedded.database(program.data_dir) if dsn is None else nullcontext(dsn)


async def _furnish(dsn: str, debounce_seconds: float) -> None:
    """Give the business its first version: as it is, but with no time to lose."""
    files = dict(businesses.seed_files(BUSINESS))
    as_it_is = "debounce_seconds = 1.5"
    assert as_it_is in files["channels.toml"]
    files["channels.toml"] = files["channels.toml"].replace(
        as_it_is, f"debounce_seconds = {debounce_seconds}"
    )
    await migrate(dsn)
    async with await open_pool(dsn, size=1) as pool:
        await businesses.seed(pool, BUSINESS, files)
