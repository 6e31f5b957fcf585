"""A gateway that only answers the phone: TwiML as told, and audio by a script of the test's."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import WSMsgType, web

from tests.simulators.stand_in import Heard
from tests.simulators.twilio import listen

VOICE = b"\xb0\x30" * 80
"""20 ms that are loud."""


@dataclass(slots=True)
class Media:
    """One media socket, seen from the gateway."""

    socket: web.WebSocketResponse
    headers: Mapping[str, str]
    messages: list[dict[str, Any]] = field(default_factory=list)
    """All that came, without media."""
    frames: list[dict[str, Any]] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    """All that came, as it came."""
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def sid(self) -> str:
        """The stream's."""
        return str(next(each["streamSid"] for each in self.messages if each["event"] == "start"))

    async def until(self, event: str, count: int = 1) -> dict[str, Any]:
        """The message of that kind that is the `count`th."""
        async with asyncio.timeout(5):
            while True:
                pool = self.frames if event == "media" else self.messages
                found = [each for each in pool if each["event"] == event]
                if len(found) >= count:
                    return found[count - 1]
                await self._came.wait()
                self._came.clear()

    async def play(self, ms: int, mark: str = "") -> None:
        """Send so much voice, and a mark after it."""
        payload = base64.b64encode(VOICE * (ms // 20)).decode()
        await self.tell({"event": "media", "media": {"payload": payload}})
        if mark:
            await self.tell({"event": "mark", "mark": {"name": mark}})

    async def clear(self) -> None:
        """Have the rest thrown away."""
        await self.tell({"event": "clear"})

    async def tell(self, message: Mapping[str, object]) -> None:
        """Send a message of this stream."""
        await self.socket.send_json({"streamSid": self.sid, **message})

    async def listen(self) -> None:
        """Take what comes, until the socket is closed."""
        async for message in self.socket:
            if message.type is WSMsgType.TEXT:
                self.raw.append(message.data)
                told = json.loads(message.data)
                (self.frames if told["event"] == "media" else self.messages).append(told)
                self._came.set()


@dataclass(slots=True)
class VoiceStandIn:
    """`async with VoiceStandIn(script) as gateway:` the script is run for each media socket, which
    is closed when the script returns."""

    script: Callable[[Media], Awaitable[None]]
    answers: dict[str, Sequence[str]] = field(default_factory=dict)
    """TwiML by path, within <Response>, one after the other; the last is repeated. {ws} and
    {http} stand for the gateway's own address."""
    status: int = 200
    heard: list[Heard] = field(default_factory=list)
    media: list[Media] = field(default_factory=list)
    routes: Sequence[web.RouteDef] = ()
    url: str = ""
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        self.answers = {
            "/webhooks/twilio/voice": [
                '<Connect><Stream url="{ws}/media/twilio"><Parameter name="token" value="t1"/>'
                '</Stream></Connect><Redirect method="POST">{http}/webhooks/twilio/voice/after'
                "</Redirect>"
            ],
            "/webhooks/twilio/voice/after": ["<Hangup/>"],
            **self.answers,
        }
        app = web.Application()
        app.router.add_routes(self.routes)
        app.router.add_get("/media/twilio", self._connect)
        app.router.add_post("/{path:.*}", self._hear)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
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
        self.heard.append(Heard(request.path_qs, headers, await request.read()))
        answers = self.answers.get(request.path, [""])
        asked = [each for each in self.heard if each.path == request.path_qs]
        body = answers[min(len(asked), len(answers)) - 1].format(
            http=self.url, ws=self.url.replace("http", "ws")
        )
        text = f"<Response>{body}</Response>"
        return web.Response(text=text, content_type="text/xml", status=self.status)

    async def _connect(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        raw = {name.decode(): value.decode() for name, value in request.raw_headers}
        media = Media(socket, raw)
        self.media.append(media)
        listening = asyncio.create_task(media.listen())
        playing = asyncio.ensure_future(self.script(media))
        await asyncio.wait({listening, playing}, return_when=asyncio.FIRST_COMPLETED)
        playing.cancel()
        await socket.close()
        await asyncio.gather(listening, playing, return_exceptions=True)
        return socket
