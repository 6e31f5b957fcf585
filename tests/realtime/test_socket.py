"""A connection hands over whole messages, takes any, and says exactly once that it is over."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from socket import create_server
from typing import TypeVar

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from pipeline.errors import ModelFailed
from realtime.socket import MOST_RECEIVED, MOST_WAITING, RealtimeSocket, connect
from tests.realtime.loose_server import (
    CLOSE,
    CONTINUATION,
    PING,
    TEXT,
    LooseServer,
    Reader,
    Writer,
    frame,
    upgrade,
)

KEY = "sk-secret-0123456789"
PRIVATE_KEY = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg4qq3NugV0pBIdsDY
3c2xubjqf8hSvnklEQomqoAmfN+hRANCAASlEGWRUJkLwZVJfpvUv1vaATytLDSE
lKho6ft3y5r7jjBU/dzpSE6FQqw6dZ/NDG2fHQdKUC4+xhgu3WuMb5+e
-----END PRIVATE KEY-----
"""
CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIIBkTCCATagAwIBAgIUDL32THNTDM/qL0gtb8H+M8qRPxwwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyMDE1NTg0MFoYDzIxMjYxMDI3
MTU1ODQwWjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASlEGWRUJkLwZVJfpvUv1vaATytLDSElKho6ft3y5r7jjBU/dzpSE6F
Qqw6dZ/NDG2fHQdKUC4+xhgu3WuMb5+eo2QwYjAdBgNVHQ4EFgQU3D8tEzMsuZAL
AoHkXRjPu5lHwz0wHwYDVR0jBBgwFoAU3D8tEzMsuZALAoHkXRjPu5lHwz0wDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0kAMEYC
IQD/+SuVZ93oguG9BRO8AlE18DxzIXUnalBFknCBvFEidgIhAPx1LCkuvoIWGyc/
zS95L2G1nZ/uqaJzb54Kw6sMfrIl
-----END CERTIFICATE-----
"""
"""Of 127.0.0.1, for tests."""


Found = TypeVar("Found")


async def soon(awaitable: Awaitable[Found]) -> Found:
    """What must come without our waiting for it long."""
    return await asyncio.wait_for(awaitable, 10)


class Ends:
    """What a connection handed over, and how it ended."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[bytes] = asyncio.Queue()
        self.reasons: list[str] = []
        self._over = asyncio.Event()

    def closed(self, reason: str) -> None:
        self.reasons.append(reason)
        self._over.set()

    async def reason(self) -> str:
        """The one reason, after anything else that is still under way."""
        await soon(self._over.wait())
        for _ in range(5):
            await asyncio.sleep(0)
        (reason,) = self.reasons
        return reason

    async def connect(self, url: str, **settings: float) -> RealtimeSocket:
        return await connect(
            url,
            key=KEY,
            model="gpt-realtime-2.1",
            received=self.messages.put_nowait,
            closed=self.closed,
            **settings,
        )


async def refused(url: str, **settings: float) -> str:
    """Why no connection came about; nothing else may have been said of it."""
    ends = Ends()
    with pytest.raises(ModelFailed) as failure:
        await ends.connect(url, **settings)
    assert ends.reasons == []
    return str(failure.value)


@asynccontextmanager
async def serving(
    handler: Callable[[web.Request], object], tls: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """An aiohttp server; its URL."""
    app = web.Application()
    app.router.add_get("/v1/realtime", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    scheme = "ws" if tls is None else "wss"
    try:
        yield f"{scheme}://127.0.0.1:{runner.addresses[0][1]}/v1/realtime"
    finally:
        await runner.cleanup()


async def echo(request: web.Request) -> web.WebSocketResponse:
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    async for message in ws:
        if message.data.startswith("close"):
            await ws.close(code=int(message.data.split()[1]))
        else:
            await ws.send_str(message.data)
    return ws


async def test_messages_go_both_ways_whole_and_in_order() -> None:
    ends = Ends()
    sent = ["one", "two \u00e9", "x" * 1_000_000, "four"]
    async with serving(echo) as url:
        socket = await ends.connect(url)
        for each in sent:
            socket.send(each)
        found = [await soon(ends.messages.get()) for _ in sent]
        socket.close()
    assert found == [each.encode() for each in sent]


async def asked_with(key: str, model: str) -> web.Request:
    seen: list[web.Request] = []

    async def handler(request: web.Request) -> web.WebSocketResponse:
        seen.append(request)
        return await echo(request)

    async with serving(handler) as url:
        ends = Ends()
        socket = await connect(
            url, key=key, model=model, received=ends.messages.put_nowait, closed=ends.closed
        )
        socket.close()
    return seen[0]


async def test_the_model_is_in_the_query_and_the_key_in_its_header() -> None:
    request = await asked_with(KEY, "a model/1&x=y")
    assert dict(request.query) == {"model": "a model/1&x=y"}
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert "OpenAI-Beta" not in request.headers


async def test_without_a_key_there_is_no_authorization() -> None:
    assert "Authorization" not in (await asked_with("", "gpt-realtime-2.1")).headers


@pytest.mark.parametrize("code", [1000, 1001, 1011, 1013, 3000, 4001])
async def test_a_close_of_the_servers_is_told_once_however_clean(code: int) -> None:
    ends = Ends()
    async with serving(echo) as url:
        socket = await ends.connect(url)
        socket.send(f"close {code}")
        assert await ends.reason() == f"closed_{code}"
        socket.send("after the end")
        socket.close()
    assert ends.reasons == [f"closed_{code}"]


async def test_our_close_is_not_told_and_the_server_hears_of_it() -> None:
    codes: asyncio.Queue[int | None] = asyncio.Queue()

    async def handler(request: web.Request) -> web.WebSocketResponse:
        ws = await echo(request)
        codes.put_nowait(ws.close_code)
        return ws

    ends = Ends()
    async with serving(handler) as url:
        socket = await ends.connect(url)
        socket.send("a last word")
        socket.close()
        socket.close()
        socket.send("after the end")
        assert await soon(codes.get()) == 1000
    assert ends.reasons == []
    assert ends.messages.empty()


async def test_fragments_are_joined_and_pings_between_them_are_answered() -> None:
    pong = asyncio.Event()

    async def talk(reader: Reader, writer: Writer) -> None:
        writer.write(await upgrade(reader))
        writer.write(frame(TEXT, b"on", fin=False) + frame(CONTINUATION, b"e me", fin=False))
        writer.write(frame(PING, b"?") + frame(CONTINUATION, b"ssage") + frame(TEXT, b"another"))
        header = await reader.readexactly(2)
        assert header[0] == 0x8A
        pong.set()
        await reader.read()

    ends = Ends()
    async with LooseServer(talk) as server:
        socket = await ends.connect(server.url)
        assert await soon(ends.messages.get()) == b"one message"
        assert await soon(ends.messages.get()) == b"another"
        await soon(pong.wait())
        socket.close()


async def sends(*parts: bytes) -> str:
    """How a connection ends whose server sends this and then waits."""

    async def talk(reader: Reader, writer: Writer) -> None:
        writer.write(await upgrade(reader))
        writer.write(frame(TEXT, b"hello"))
        await reader.readexactly(1)
        for part in parts:
            writer.write(part)
            await writer.drain()
        if parts:
            await reader.read()

    ends = Ends()
    async with LooseServer(talk) as server:
        socket = await ends.connect(server.url)
        assert await soon(ends.messages.get()) == b"hello"
        socket.send("go on")
        return await ends.reason()


async def test_a_connection_that_breaks_is_told() -> None:
    assert await sends() == "closed_1006"


async def test_a_close_without_a_code_is_told() -> None:
    assert await sends(frame(CLOSE, b"")) == "closed_1005"


@pytest.mark.parametrize(
    "part",
    [
        b"\xff\xff\xff\xff",
        frame(TEXT, b"")[:1] + b"\x80\x00\x00\x00\x00",
        b"\x81\x7f" + (MOST_RECEIVED + 1).to_bytes(8, "big"),
    ],
    ids=["no frame", "masked", "too long"],
)
async def test_frames_that_no_server_may_send_are_the_end(part: bytes) -> None:
    with capture_logs():
        assert await sends(part) == "broke_protocol"


async def test_a_message_whose_fragments_never_end_is_the_end() -> None:
    piece = frame(CONTINUATION, b"x" * 2**20, fin=False)
    first = frame(TEXT, b"x" * 2**20, fin=False)
    assert await sends(first, *[piece] * (MOST_RECEIVED // 2**20)) == "too_long"


async def deaf(reader: Reader, writer: Writer) -> None:
    """Takes the connection, and then nothing more."""
    writer.write(await upgrade(reader))
    await asyncio.Event().wait()


async def test_a_server_that_takes_nothing_is_given_up_when_too_much_waits() -> None:
    ends = Ends()
    async with LooseServer(deaf) as server:
        socket = await ends.connect(server.url)
        sent = 0
        while not ends.reasons:
            socket.send("x" * 65536)
            sent += 65536
            assert sent < 4 * MOST_WAITING
            await asyncio.sleep(0)
        assert await ends.reason() == "stalled"
    assert sent > MOST_WAITING


async def test_a_server_that_takes_nothing_is_given_up_in_time_though_little_waits() -> None:
    ends = Ends()
    async with LooseServer(deaf) as server:
        socket = await ends.connect(server.url, patience_seconds=0.1)
        socket.send("x" * (MOST_WAITING // 2))
        assert ends.reasons == []
        assert await ends.reason() == "stalled"


async def test_a_server_that_is_behind_and_catches_up_is_kept() -> None:
    size = MOST_WAITING // 2
    go_on, caught_up = asyncio.Event(), asyncio.Event()

    async def talk(reader: Reader, writer: Writer) -> None:
        writer.write(await upgrade(reader))
        await go_on.wait()
        await reader.readexactly(size)
        caught_up.set()
        while await reader.read(4096):  # pings are answered by hand
            writer.write(frame(0xA, b""))

    ends = Ends()
    async with LooseServer(talk) as server:
        socket = await ends.connect(server.url, patience_seconds=0.3)
        socket.send("x" * size)
        go_on.set()
        await soon(caught_up.wait())
        await asyncio.sleep(0.4)  # longer than its patience
        assert ends.reasons == []
        socket.close()


async def test_a_server_that_answers_no_ping_is_given_up() -> None:
    ends = Ends()
    async with LooseServer(deaf) as server:
        await ends.connect(server.url, patience_seconds=0.05)
        assert await ends.reason() == "no_pong"


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
async def test_a_refusal_is_named_by_its_status(status: int) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=status, text=f"not with {KEY}")

    async with serving(handler) as url:
        assert await refused(url) == f"status_{status}"


async def test_the_key_follows_no_redirect() -> None:
    seen = []

    async def other(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization"))
        return web.Response()

    async with serving(other) as elsewhere:

        async def handler(_: web.Request) -> web.Response:
            raise web.HTTPFound(elsewhere)

        async with serving(handler) as url:
            assert await refused(url) == "status_302"
    assert seen == []


async def test_nobody_listening_is_unreachable() -> None:
    with closing(create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    assert await refused(f"ws://127.0.0.1:{port}/v1/realtime") == "unreachable"


async def test_a_handshake_that_takes_too_long_is_given_up_and_its_connection_closed() -> None:
    over = asyncio.Event()

    async def talk(reader: Reader, _: Writer) -> None:
        await reader.read()
        over.set()

    async with LooseServer(talk) as server:
        assert await refused(server.url, seconds=0.1) == "timeout"
        await soon(over.wait())


async def test_who_gives_up_connecting_leaves_no_connection_behind() -> None:
    begun, over = asyncio.Event(), asyncio.Event()

    async def talk(reader: Reader, writer: Writer) -> None:
        answer = await upgrade(reader)
        begun.set()
        await asyncio.sleep(0.05)
        writer.write(answer)
        await reader.read()
        over.set()

    ends = Ends()
    async with LooseServer(talk) as server:
        connecting = asyncio.create_task(ends.connect(server.url))
        await soon(begun.wait())
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        await soon(over.wait())
    assert ends.reasons == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "cut_off"),
        (b"garbage\r\n\r\n", "bad_handshake"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "bad_handshake"),
        (b"x" * 100_000, "bad_handshake"),
    ],
)
async def test_an_answer_that_is_no_handshake_is_no_connection(answer: bytes, reason: str) -> None:
    async def talk(reader: Reader, writer: Writer) -> None:
        await upgrade(reader)
        writer.write(answer)
        if answer:
            await reader.read()

    async with LooseServer(talk) as server:
        assert await refused(server.url) == reason


async def test_a_connection_that_ends_as_it_begins_is_none() -> None:
    async def talk(reader: Reader, writer: Writer) -> None:
        writer.write(await upgrade(reader) + frame(CLOSE, b"\x03\xe9"))
        await reader.read()

    async with LooseServer(talk) as server:
        assert await refused(server.url) == "closed_1001"


async def test_what_a_server_says_at_once_waits_until_somebody_has_the_connection() -> None:
    async def talk(reader: Reader, writer: Writer) -> None:
        writer.write(await upgrade(reader) + frame(TEXT, b"one") + frame(TEXT, b"two"))
        await reader.readexactly(1)
        writer.write(frame(TEXT, b"three") + frame(CLOSE, b"\x03\xe9"))
        await reader.read()

    told: list[str] = []
    over = asyncio.Event()

    def closed(reason: str) -> None:
        told.append(reason)
        over.set()

    async with LooseServer(talk) as server:
        socket = await connect(
            server.url,
            key=KEY,
            model="m",
            received=lambda message: told.append(message.decode()),
            closed=closed,
        )
        assert told == []
        socket.send("go on")
        await soon(over.wait())
    assert told == ["one", "two", "three", "closed_1001"]


async def test_who_cannot_take_a_message_is_told_that_it_failed_and_the_log_says_why() -> None:
    def received(_: bytes) -> None:
        raise KeyError("a mistake of ours")

    ends = Ends()
    with capture_logs() as lines:
        async with serving(echo) as url:
            socket = await connect(url, key=KEY, model="m", received=received, closed=ends.closed)
            socket.send("hello")
            assert await ends.reason() == "failed"
    assert [line["event"] for line in lines] == ["model_socket_callback_failed"]


async def test_who_cannot_take_the_end_is_in_the_log_and_harms_nobody() -> None:
    def closed(_: str) -> None:
        over.set()
        raise KeyError("a mistake of ours")

    over = asyncio.Event()
    with capture_logs() as lines:
        async with serving(echo) as url:
            socket = await connect(url, key=KEY, model="m", received=lambda _: None, closed=closed)
            socket.send("close 1001")
            await soon(over.wait())
    assert [line["event"] for line in lines] == ["model_socket_callback_failed"]


async def test_what_cannot_be_sent_ends_the_connection_rather_than_the_sender() -> None:
    ends = Ends()
    with capture_logs() as lines:
        async with serving(echo) as url:
            socket = await ends.connect(url)
            socket.send("\ud800")
            assert ends.reasons == []
            assert await ends.reason() == "send_failed"
    assert [line["event"] for line in lines] == ["model_socket_send_failed"]


async def test_no_log_has_the_key_however_much_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    for name in ("picows", "picows.client", "realtime", "realtime.socket"):
        logging.getLogger(name).setLevel(1)
    try:
        async with serving(echo) as url:
            socket = await Ends().connect(url)
            socket.send("hello")
            socket.close()
            await refused(url.replace("realtime", "elsewhere"))
    finally:
        for name in ("picows", "picows.client", "realtime", "realtime.socket"):
            logging.getLogger(name).setLevel(logging.NOTSET)
    assert caplog.records
    assert KEY not in caplog.text


async def test_a_server_is_believed_only_with_a_certificate_that_is_trusted(
    tmp_path: Path,
) -> None:
    pem = tmp_path / "server.pem"
    pem.write_text(PRIVATE_KEY + CERTIFICATE)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    ends = Ends()
    async with serving(echo, server) as url:
        assert await refused(url) == "bad_certificate"
        trusting = ssl.create_default_context(cadata=CERTIFICATE)
        socket = await connect(
            url,
            key=KEY,
            model="m",
            received=ends.messages.put_nowait,
            closed=ends.closed,
            tls=trusting,
        )
        socket.send("hello")
        assert await soon(ends.messages.get()) == b"hello"
        socket.send("close 1001")
        assert await ends.reason() == "closed_1001"
