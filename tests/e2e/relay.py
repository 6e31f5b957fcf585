"""A door between two programs, where a test may hold a request, repeat it or let nothing through.

Faults are made on the way and not in the programs: neither knows that somebody stands there.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Self

import aiohttp
from aiohttp import web

from tests.simulators.twilio import listen

Forward = Callable[[], Awaitable[web.Response]]
"""Passes the request on. Raises aiohttp.ClientError when the other side breaks off."""

Way = Callable[[Forward], Awaitable[web.Response | None]]
"""What becomes of one request; None closes its connection without an answer."""

_NOT_PASSED_ON = {"connection", "transfer-encoding", "content-length", "content-encoding"}


async def straight(forward: Forward) -> web.Response:
    """Nothing happens on the way."""
    return await forward()


def insisting(times: int, way: Way = straight) -> Way:
    """As Twilio repeats a webhook whose URL ends in #rc=TIMES&rp=all."""

    async def again_and_again(forward: Forward) -> web.Response | None:
        answer = None
        for _ in range(1 + times):
            with suppress(aiohttp.ClientError):
                answer = await way(forward)
                if answer is not None and answer.status < 500:
                    break
        return answer

    return again_and_again


class Held:
    """Requests that come before `go` is set wait for it here."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.go = asyncio.Event()

    async def before(self, forward: Forward) -> web.Response:
        """The other side hears of it late."""
        await self._wait()
        return await forward()

    async def after(self, forward: Forward) -> web.Response:
        """The other side has done it; its answer comes late."""
        answer = await forward()
        await self._wait()
        return answer

    async def unheard(self, forward: Forward) -> web.Response | None:
        """The other side has done it; its answer is lost, if it was not too late to wait."""
        held = not self.go.is_set()
        answer = await self.after(forward)
        return None if held else answer

    async def lost(self, _forward: Forward) -> None:
        """The other side never hears of it."""
        await self._wait()

    async def _wait(self) -> None:
        self.reached.set()
        await self.go.wait()


class Relay:
    """Passes requests to `target`, by `way`; both may be changed at any time."""

    def __init__(self, way: Way = straight) -> None:
        self.way = way
        self.target = self.url = ""

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        self._session = aiohttp.ClientSession(connector=connector)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._pass)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        listener = listen(0)
        await web.SockSite(self._runner, listener).start()
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._runner.cleanup()
        await self._session.close()

    async def _pass(self, request: web.Request) -> web.Response:
        body = await request.read()

        async def forward() -> web.Response:
            async with self._session.request(
                request.method,
                self.target + request.raw_path,
                headers=_end_to_end(request.headers),
                data=body,
                allow_redirects=False,
            ) as answer:
                return web.Response(
                    status=answer.status,
                    headers=_end_to_end(answer.headers),
                    body=await answer.read(),
                )

        response = await self.way(forward)
        if response is None:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        return response


def _end_to_end(headers: Mapping[str, str]) -> Mapping[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _NOT_PASSED_ON}
