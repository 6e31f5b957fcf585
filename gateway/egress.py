"""The only place that makes HTTP requests to providers: one session, deadlines, a size limit.

What is hard is telling apart 'nothing happened' from 'nobody knows': a connection that was never
made did nothing; one that broke after the request was written may have done everything.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import TypeVar

import aiohttp

from channels.contract import Reply, Request
from pipeline.errors import SendDelayed, SendUnknown
from pipeline.messages import Receipt

DEADLINE_SECONDS = 15.0
CONNECT_SECONDS = 5.0
LARGEST_REPLY = 4 * 1024 * 1024

Perform = Callable[[Request], Awaitable[Reply]]
Result = TypeVar("Result", Receipt, Sequence[Receipt])


async def drive(exchange: Generator[Request, Reply, Result], perform: Perform) -> Result:
    """Run a channel's exchange to its result, one request at a time."""
    try:
        request = next(exchange)
        while True:
            request = exchange.send(await perform(request))
    except StopIteration as done:
        result: Result = done.value
        return result


def open_session() -> aiohttp.ClientSession:
    """The session of one worker. No redirects are followed and no proxy is taken up."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS),
        connector=aiohttp.TCPConnector(limit=100, limit_per_host=50),
        auto_decompress=True,
    )


def performer(session: aiohttp.ClientSession) -> Perform:
    """Perform requests on this session.

    Raises SendDelayed when no connection could be made (nothing was done) and SendUnknown when it
    broke or ran out of time once the request may have been written.
    """

    async def perform(request: Request) -> Reply:
        try:
            async with (
                asyncio.timeout(DEADLINE_SECONDS),
                session.request(
                    request.method,
                    request.url,
                    headers=request.headers,
                    data=request.body or None,
                    allow_redirects=False,
                ) as response,
            ):
                body = await _whole_body(response)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Reply(response.status, headers, body)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as exc:
            raise SendDelayed(f"no connection: {type(exc).__name__}") from exc
        except (aiohttp.ClientError, OSError, TimeoutError) as exc:
            raise SendUnknown(f"no answer: {type(exc).__name__}") from exc

    return perform


async def _whole_body(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > LARGEST_REPLY:
            raise aiohttp.ClientPayloadError("larger than any honest reply")
    return bytes(body)
