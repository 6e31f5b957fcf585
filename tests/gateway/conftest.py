"""What tests of the edges share: a worker's context over real servers, and a client of it."""

import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from gateway.api.access import access
from gateway.context import CONTEXT, Context
from gateway.log import configure
from gateway.metrics import Metrics
from gateway.settings import load
from pipeline.business.document import parse
from storage.businesses import seed, seed_files
from storage.people import Actor, issue_token
from storage.sessions import Sessions
from tests.gateway.lines import TWILIO
from tests.gateway.phone import VOICE, Carrier, routes, tone_speech

OWNER_TOKEN = "the-owner's-own-token"


class AsServed(TestServer):
    """As a worker serves: what was begun for somebody who has gone is finished."""

    async def _make_runner(self, **kwargs: Any) -> web.AppRunner:
        return web.AppRunner(self.app, **{**kwargs, "handler_cancellation": False})


Serve = Callable[[Iterable[web.RouteDef]], Awaitable[TestClient]]


@pytest.fixture(autouse=True, scope="session")
def quiet_log() -> None:
    """Lines go through the product's own sink, as in a worker, and then nowhere."""
    configure("INFO", stream=io.StringIO())


@pytest.fixture
async def context(pool: asyncpg.Pool, redis_url: str, tmp_path: Path) -> AsyncIterator[Context]:
    """A worker's context: the first business, seeded, and no channel on."""
    environ = {
        "DATA_DIR": str(tmp_path),
        "API_TOKEN": OWNER_TOKEN,
        "SECRET_KEY": "canary-secret-key-0123456789",
        "DATABASE_URL": "postgresql://concierge:canary-password@localhost/concierge",
        "REDIS_URL": redis_url,
    }
    version, files = await seed(pool, "my_hibachi", seed_files("my_hibachi"))
    sessions = Sessions(redis_url, lambda _reason: None)
    settings = load(environ, None)
    yield Context("test:0", settings, pool, sessions, Metrics(), parse(files), version)
    await sessions.close()


@pytest.fixture
async def serve(context: Context) -> AsyncIterator[Serve]:
    """Serve routes over the context, behind the access check; gives a client."""
    async with AsyncExitStack() as stack:

        async def serve(routes: Iterable[web.RouteDef]) -> TestClient:
            application = web.Application(middlewares=[access])
            application[CONTEXT] = context
            application.add_routes(routes)
            return await stack.enter_async_context(TestClient(AsServed(application)))

        yield serve


@pytest.fixture
async def carrier(context: Context, serve: Serve) -> AsyncIterator[Carrier]:
    """Twilio, to whom the attendant answers, in a voice that is a tone."""
    context.settings = context.settings.model_copy(
        update={
            "channels": {"twilio-sms": TWILIO},
            "voice_channels": {"twilio-voice": VOICE},
            "openai_realtime_url": "off",
        }
    )
    context.speech = tone_speech()
    await context.speech.start()
    client = await serve(routes())
    yield Carrier(client, context.settings.public_url)
    await client.close()
    await context.speech.close()


@pytest.fixture
async def tokens(pool: asyncpg.Pool) -> dict[str, dict[str, str]]:
    """Request headers by role."""
    operator = Actor("command:ann", "owner")
    roles = ("viewer", "agent", "manager")
    issued = {role: await issue_token(pool, operator, f"a-{role}", role) for role in roles}
    issued["owner"] = OWNER_TOKEN
    return {role: {"Authorization": f"Bearer {token}"} for role, token in issued.items()}
