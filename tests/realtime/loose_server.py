"""A WebSocket server that does as a test says, frame by frame, well or badly."""

import asyncio
import base64
import hashlib
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Self

TEXT, CONTINUATION, CLOSE, PING = 1, 0, 8, 9
Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter


def frame(opcode: int, payload: bytes, *, fin: bool = True) -> bytes:
    """An unmasked frame, as servers send them."""
    first = opcode | (0x80 if fin else 0)
    if len(payload) < 126:
        return struct.pack(">BB", first, len(payload)) + payload
    if len(payload) < 65536:
        return struct.pack(">BBH", first, 126, len(payload)) + payload
    return struct.pack(">BBQ", first, 127, len(payload)) + payload


async def upgrade(reader: Reader) -> bytes:
    """Read a request; the answer that accepts it."""
    request = (await reader.readuntil(b"\r\n\r\n")).decode()
    (key,) = [
        line.split()[1] for line in request.splitlines() if "sec-websocket-key" in line.lower()
    ]
    accept = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(accept) + b"\r\n\r\n"
    )


class LooseServer:
    """Runs `talk` with each connection while entered; it takes little before it must be read."""

    def __init__(self, talk: Callable[[Reader, Writer], Awaitable[None]]) -> None:
        self._talk = talk
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self.url = ""

    async def __aenter__(self) -> Self:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listener.bind(("127.0.0.1", 0))
        self._server = await asyncio.start_server(self._met, sock=listener, limit=4096)
        self.url = f"ws://127.0.0.1:{listener.getsockname()[1]}/v1/realtime"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    def _met(self, reader: Reader, writer: Writer) -> None:
        talk = asyncio.create_task(self._talked(reader, writer))
        self._talks.add(talk)

    async def _talked(self, reader: Reader, writer: Writer) -> None:
        try:
            await self._talk(reader, writer)
        finally:
            writer.transport.abort()
