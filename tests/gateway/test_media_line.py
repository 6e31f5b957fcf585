"""A media socket's wire: in order, bounded, and never waited for."""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web

from gateway.media_line import MOST_WAITING, MediaLine
from pipeline.errors import ProtocolError
from tests.gateway.phone import PATIENCE_S

HANDSHAKE = (
    "GET / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@pytest.fixture
async def lines(serve):
    """Run something with each media line that is opened; gives a client."""

    async def lines(doing, **limits):
        async def handle(request):
            socket = web.WebSocketResponse(max_msg_size=1000, timeout=0.1)
            await socket.prepare(request)
            await doing(MediaLine(socket, request.transport, **limits))
            return socket

        return await serve([web.get("/", handle)])

    return lines


@asynccontextmanager
async def writing(line):
    task = asyncio.create_task(line.write())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_messages_go_out_in_order_and_the_socket_closes_with_its_code(lines):
    over = asyncio.Event()

    async def doing(line):
        async with writing(line):
            for number in range(100):
                line.send(str(number))
            await over.wait()
        await line.close(1008)

    socket = await (await lines(doing)).ws_connect("/")
    assert [await socket.receive_str() for _ in range(100)] == [str(n) for n in range(100)]
    over.set()
    await socket.receive()
    assert socket.close_code == 1008


async def test_what_arrives_is_read_until_the_carrier_closes(lines):
    read = asyncio.Queue()

    async def doing(line):
        async for message in line.read():
            read.put_nowait(message)
        read.put_nowait(None)

    socket = await (await lines(doing)).ws_connect("/")
    await socket.send_str("one")
    await socket.send_bytes(b"two")
    await socket.close()
    assert [await read.get() for _ in range(3)] == ["one", b"two", None]


@pytest.mark.parametrize(
    ("frame", "reason", "code"),
    [(b"x" * 1001, "too_long", 1009), (b"\xff\xfe", "bad_frame", 1007)],
)
async def test_what_no_carrier_sends_closes_the_socket_and_says_why(lines, frame, reason, code):
    read = asyncio.Queue()

    async def doing(line):
        try:
            async for message in line.read():
                read.put_nowait(message)
        except ProtocolError as exc:
            read.put_nowait(str(exc))

    socket = await (await lines(doing)).ws_connect("/")
    await socket.send_frame(frame, 1)
    assert await read.get() == reason
    await socket.receive()
    assert socket.close_code == code


async def test_writing_to_a_closed_socket_ends_without_a_word_for_its_reader_knows(lines):
    gone, closed = asyncio.Queue(), asyncio.Event()

    async def doing(line):
        line.gone = gone.put_nowait
        async for _ in line.read():
            pass
        line.send("hello?")
        await line.write()
        closed.set()

    socket = await (await lines(doing)).ws_connect("/")
    await socket.close()
    await closed.wait()
    assert gone.empty()


async def test_a_reader_that_stalls_is_given_up_and_cut_off(lines):
    """It took the handshake and reads nothing more, not even our goodbye."""
    gone, over = asyncio.Queue(), asyncio.get_running_loop().create_future()

    async def doing(line):
        line.gone = gone.put_nowait
        async with writing(line):
            while gone.empty():
                line.send("x" * 60_000)
                await asyncio.sleep(0)
        await line.close()
        over.set_result(line._waiting.qsize())

    client = await lines(doing, send_seconds=0.1, close_seconds=0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port, limit=1000)
    writer.write(HANDSHAKE.format(client.port).encode())
    await reader.readuntil(b"\r\n\r\n")
    async with asyncio.timeout(PATIENCE_S):
        assert await over <= MOST_WAITING
        with suppress(ConnectionError):
            while await reader.read(65_536):  # it comes to an end: the connection is cut
                pass
    writer.close()
    assert {gone.get_nowait().reason for _ in range(gone.qsize())} == {"stalled"}


async def test_only_so_many_messages_wait(lines):
    gone, over = [], asyncio.Event()

    async def doing(line):
        line.gone = gone.append
        for _ in range(MOST_WAITING):
            line.send("x")
        await asyncio.sleep(0)
        assert not gone
        line.send("one too many")
        assert not gone  # who sends is in the middle of something
        await asyncio.sleep(0)
        over.set()

    socket = await (await lines(doing)).ws_connect("/")
    async with asyncio.timeout(PATIENCE_S):
        await over.wait()
    assert [fact.reason for fact in gone] == ["stalled"]
    await socket.close()
