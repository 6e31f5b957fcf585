"""Texts delivered to a gateway at a steady rate, each at its moment, and a provider that takes
every reply.

Open-loop: a text's time counts from the moment it was due, not from when a slow gateway at last
let us write it, so that a stall is felt by every text that had to wait.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter
from urllib.parse import urlencode
from uuid import uuid4

import aiohttp
from aiohttp import web

from channels.signing import twilio_signature

ACCOUNT = "AC" + "b" * 32
AUTH_TOKEN = "open-loop-auth-token"
OUR_NUMBER = "+19165550100"

AREAS = (408, 415, 510, 530, 559, 650, 669, 707, 831, 916, 925)
"""For handsets, ten thousand each."""

CONNECTIONS = 200
"""Twilio keeps many connections; a request waits for one only when all of these are busy."""

ANSWER_SECONDS = 15.0
"""What Twilio waits for a webhook's answer."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text, signed, ready to be delivered to our webhook."""

    sender: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(slots=True)
class Run:
    """What one open-loop run came to."""

    latencies: list[float] = field(default_factory=list)
    """Seconds from the moment a request was due to its answer, answered ones only."""
    late: list[float] = field(default_factory=list)
    """Seconds that we ourselves began late: of these the server is innocent."""
    refused: int = 0
    """Answers other than 200, and no answers."""
    due: dict[str, float] = field(default_factory=dict)
    """Sender to the `perf_counter` at which its first text was due."""


class Provider:
    """The least of Twilio that a gateway needs to send: it takes every message at once."""

    def __init__(self) -> None:
        self.taken: dict[str, float] = {}
        """Recipient to the `perf_counter` of its first message."""
        self.url = ""

    async def create(self, request: web.Request) -> web.Response:
        """POST …/Messages.json."""
        form = await request.post()
        self.taken.setdefault(str(form["To"]), perf_counter())
        created = {"sid": f"SM{uuid4().hex}", "status": "queued", "num_segments": "1"}
        return web.json_response(created, status=201)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Provider"]:
        """Serve on a free port."""
        app = web.Application()
        app.router.add_post(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", self.create)
        async with served(app, 0) as port:
            self.url = f"http://127.0.0.1:{port}"
            yield self


@asynccontextmanager
async def served(app: web.Application, port: int) -> AsyncIterator[int]:
    """Serve an application on 127.0.0.1; gives the port."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def texts(
    count: int, body: str, url: str, *, first: int = 0, handsets: int | None = None
) -> Sequence[Text]:
    """Texts signed for `url`, of `handsets` in turn (else each its own), numbered from `first`."""
    return [_text(_handset(first + each % (handsets or count)), body, url) for each in range(count)]


def _handset(number: int) -> str:
    area, line = divmod(number, 10_000)
    return f"+1{AREAS[area]}555{line:04}"


def _text(sender: str, body: str, url: str) -> Text:
    sid = f"SM{uuid4().hex}"
    form = {
        "ToCountry": "US", "SmsMessageSid": sid, "NumMedia": "0", "SmsSid": sid,
        "SmsStatus": "received", "Body": body, "FromCountry": "US", "To": OUR_NUMBER,
        "NumSegments": "1", "MessageSid": sid, "AccountSid": ACCOUNT, "From": sender,
        "ApiVersion": "2010-04-01",
    }  # fmt: skip
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Twilio-Signature": twilio_signature(AUTH_TOKEN, url, list(form.items())),
    }
    return Text(sender, urlencode(form).encode(), headers)


async def open_loop(url: str, load: Sequence[Text], rate: float) -> Run:
    """Deliver each text at its moment, `rate` a second, whatever became of those before."""
    run = Run()
    connector = aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=60)
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
        asyncio.TaskGroup() as group,
    ):
        start = perf_counter() + 0.1
        for number, text in enumerate(load):
            due = start + number / rate
            if (ahead := due - perf_counter()) > 0:
                await asyncio.sleep(ahead)
            run.late.append(max(0.0, perf_counter() - due))
            run.due.setdefault(text.sender, due)
            group.create_task(_deliver(session, url, text, due, run))
    return run


async def _deliver(
    session: aiohttp.ClientSession, url: str, text: Text, due: float, run: Run
) -> None:
    try:
        async with session.post(url, data=text.body, headers=text.headers) as response:
            await response.read()
            answered = response.status == 200
    except (aiohttp.ClientError, TimeoutError):
        answered = False
    if answered:
        run.latencies.append(perf_counter() - due)
    else:
        run.refused += 1
