"""A gateway that only listens: it keeps the webhooks it gets and answers as it is told."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl

from aiohttp import web

from tests.simulators.twilio import listen


@dataclass(frozen=True, slots=True)
class Heard:
    """One webhook as it arrived. Header names are lower case."""

    path: str
    """With its query."""
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The body's fields."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(slots=True)
class StandIn:
    """`async with StandIn() as gateway:` listens on `gateway.url`."""

    status: int = 200
    """What it answers."""
    on_heard: Callable[[Heard], Awaitable[None]] | None = None
    """What it does before it answers."""
    heard: list[Heard] = field(default_factory=list)
    url: str = ""
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._hear)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        listener = listen(0)
        await web.SockSite(self._runner, listener).start()
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        return self

    async def __aexit__(self, *_exc: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _hear(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        heard = Heard(request.path_qs, headers, await request.read())
        self.heard.append(heard)
        if self.on_heard is not None:
            await self.on_heard(heard)
        return web.Response(body=b"<Response/>", content_type="text/xml", status=self.status)
