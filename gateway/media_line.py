"""The wire of one media socket: messages both ways, and an end to it, whoever stops listening.

Hard here: a carrier that takes nothing must neither be waited for nor be written to for ever. Its
messages wait in a line of a fixed length, each is sent within a time, and a socket that does not
even take our goodbye is cut.
"""

import asyncio
from collections.abc import AsyncIterator, Callable

from aiohttp import WebSocketError, WSCloseCode, WSMsgType, web

from pipeline.errors import ProtocolError
from pipeline.events import CallerGone
from pipeline.peer import Wire

SEND_SECONDS = 5.0
"""A carrier that takes nothing for so long has gone."""
CLOSE_SECONDS = 2.0
MOST_WAITING = 500
"""Messages to the carrier that may wait: pacing keeps it near none."""


class MediaLine:
    """A prepared socket of a carrier's."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        *,
        send_seconds: float = SEND_SECONDS,
        close_seconds: float = CLOSE_SECONDS,
    ) -> None:
        """`transport` is the socket's own, to be cut where closing does not help."""
        self._socket = socket
        self._transport = transport
        self._send_seconds = send_seconds
        self._close_seconds = close_seconds
        self._waiting: asyncio.Queue[Wire] = asyncio.Queue(MOST_WAITING)
        self._stuck = False
        """A message is being sent, or never was to its end."""
        self.gone: Callable[[CallerGone], None] = lambda fact: None
        """Told when there is no more use in sending; set before the first message."""

    def send(self, data: Wire) -> None:
        """Send a message soon; too many that wait, and the carrier counts as gone."""
        try:
            self._waiting.put_nowait(data)
        except asyncio.QueueFull:
            asyncio.get_running_loop().call_soon(self.gone, CallerGone("stalled"))

    async def write(self) -> None:
        """Send what waits, one message after the other, until the carrier is gone."""
        try:
            while True:
                data = await self._waiting.get()
                self._stuck = True
                async with asyncio.timeout(self._send_seconds):
                    await self._socket.send_str(str(data))
                self._stuck = False
        except TimeoutError:
            self.gone(CallerGone("stalled"))
        except (ConnectionError, RuntimeError):
            return  # closed or closing, in either word of aiohttp's: who reads knows why

    async def read(self) -> AsyncIterator[Wire]:
        """The carrier's messages, until its socket closes.

        Raises ProtocolError, too_long or bad_frame, when it had to be closed for what came.
        """
        async for message in self._socket:
            if message.type is WSMsgType.ERROR:
                problem = message.data
                too_big = WSCloseCode.MESSAGE_TOO_BIG
                is_long = isinstance(problem, WebSocketError) and problem.code == too_big
                raise ProtocolError("too_long" if is_long else "bad_frame")
            yield message.data

    async def close(self, code: int = WSCloseCode.OK) -> None:
        """Close the socket, and cut it if it does not let itself be closed."""
        if self._stuck and self._transport is not None:
            # Whoever waits for a connection in which sending was broken off, aiohttp cancels.
            self._transport.abort()
        try:
            async with asyncio.timeout(self._close_seconds):
                await self._socket.close(code=code)
        except TimeoutError:
            if self._transport is not None:
                self._transport.abort()
