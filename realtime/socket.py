"""The connection to a realtime model.

Hard here: fifty times a second a frame leaves that nobody may wait for, so sending is a plain call
and what the other side does not take piles up, until we give it up. A call must hear of the end of
its connection exactly once, whoever ends it and however: a clean close, too, is an end (the server
closes with 1001 when an hour is over, without a word before). And the key must be in no log, nor
go where a redirect points.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from socket import SO_SNDBUF, SOL_SOCKET
from typing import Any
from urllib.parse import quote

import structlog
from picows import (
    WSCloseCode,
    WSError,
    WSFrame,
    WSHandshakeError,
    WSListener,
    WSMsgType,
    WSTransport,
    ws_connect,
)

from pipeline.errors import ModelFailed

log = structlog.get_logger()

MOST_WAITING = 1024 * 1024
"""Bytes we keep for a server that does not take them."""
WAITING = 16 * 1024
"""More bytes than this, about a second of audio, and the server is behind."""
PATIENCE_SECONDS = 5.0
"""How long a server may be behind, be unheard of before it is pinged, and take to answer that."""
KERNEL_KEEPS = 64 * 1024
"""Bytes the kernel is asked to keep unacknowledged. Left to itself it hides minutes of audio."""
MOST_RECEIVED = 16 * 1024 * 1024
"""Bytes of one message."""
GOODBYE_SECONDS = 1.0
"""From our close to the end of the connection, whether it is answered or not."""

_TEXT = WSMsgType.TEXT
_BINARY = WSMsgType.BINARY
_CONTINUATION = WSMsgType.CONTINUATION
_CLOSE = WSMsgType.CLOSE

# picows writes whole requests into its log when asked for everything: it is never asked.
_wire_log = logging.getLogger("realtime.socket.wire")
_wire_log.setLevel(logging.CRITICAL)

Received = Callable[[bytes], None]
Closed = Callable[[str], None]


class RealtimeSocket:
    """A connection that stands, or stood."""

    def __init__(self, connection: "_Connection") -> None:
        self._connection = connection

    def send(self, data: str | bytes) -> None:
        """Send one message, now or as soon as the server takes it. Never raises, waits or
        calls back; after the end of the connection it does nothing."""
        self._connection.send(data)

    def close(self) -> None:
        """End the connection; `closed` is not called. More than once is once."""
        self._connection.end(None)


async def connect(
    url: str,
    *,
    key: str,
    model: str,
    received: Received,
    closed: Closed,
    seconds: float = 5.0,
    patience_seconds: float = PATIENCE_SECONDS,
    tls: ssl.SSLContext | None = None,
) -> RealtimeSocket:
    """Connect to a model at `url`, which ends before the query. Without a key no Authorization.

    `received` gets each message. `closed` gets the reason, in one word such as closed_1001, stalled
    or no_pong, when the connection ends otherwise than by our `close`: once, and last. Neither is
    called before this returns to who awaits it. `patience_seconds` is for a server that is behind,
    or silent: see PATIENCE_SECONDS. Raises ModelFailed after at most `seconds`; its text is one
    word too: status_401, timeout, unreachable.
    """
    connection = _Connection(received, closed, patience_seconds)
    try:
        async with asyncio.timeout(seconds):
            if url.startswith("wss:") and tls is None:
                tls = await asyncio.to_thread(_trusting_the_usual)
            await ws_connect(
                lambda: connection,
                f"{url}?model={quote(model, safe='')}",
                ssl_context=tls,
                websocket_handshake_timeout=seconds,  # ends what is left when we are cancelled
                logger_name=_wire_log,
                enable_auto_ping=True,
                auto_ping_idle_timeout=patience_seconds,
                auto_ping_reply_timeout=patience_seconds,
                max_frame_size=MOST_RECEIVED,
                extra_headers={"Authorization": f"Bearer {key}"} if key else None,
                max_redirects=0,
            )
    except BaseException as exc:
        connection.end(None)
        reason = _why(exc)
        if reason is None:
            raise
        # A refusal's text may repeat the key.
        raise ModelFailed(reason) from (exc if isinstance(exc, OSError) else None)
    if not connection.accept():
        raise ModelFailed(connection.ended or "cut_off")
    return RealtimeSocket(connection)


@cache
def _trusting_the_usual() -> ssl.SSLContext:
    """Made once, and not on the loop: it reads a few hundred certificates."""
    return ssl.create_default_context()


def _why(exc: BaseException) -> str | None:
    """A failure to connect in one word; None for what is no failure of the other side's."""
    if isinstance(exc, WSHandshakeError):
        status = exc.response.status if exc.response is not None else HTTPStatus.OK
        return f"status_{int(status)}" if status >= HTTPStatus.MULTIPLE_CHOICES else "bad_handshake"
    if isinstance(exc, TimeoutError):
        return "timeout"
    if isinstance(exc, ssl.SSLError):
        return "bad_certificate"
    if isinstance(exc, OSError):
        return "unreachable"
    return "bad_handshake" if isinstance(exc, WSError) else None


class _Connection(WSListener):
    """What picows calls, on the loop."""

    def __init__(self, received: Received, closed: Closed, patience_seconds: float) -> None:
        self.ended: str | None = None
        """Why, once it has ended; '' when we ended it."""
        self._received = received
        self._closed = closed
        self._patience_seconds = patience_seconds
        self._accepted = False
        self._transport: WSTransport | None = None
        self._parts: list[bytes] = []
        self._parts_bytes = 0
        self._early: list[bytes] | None = []
        """Messages that came before anybody was there to take them."""
        self._stall: asyncio.TimerHandle | None = None

    def accept(self) -> bool:
        """From now on messages and the end are told. False when there is nothing left to end."""
        self._accepted = self.ended is None and self._transport is not None
        if self._accepted:
            asyncio.get_running_loop().call_soon(self._catch_up)
        return self._accepted

    def send(self, data: str | bytes) -> None:
        """Send, unless it is over."""
        transport = self._transport
        if transport is None or self.ended is not None:
            return
        try:
            transport.send(_TEXT, data)
            waiting = transport.underlying_transport.get_write_buffer_size()
        except Exception:
            log.exception("model_socket_send_failed")
            self._end_soon("send_failed")
            return
        if waiting > MOST_WAITING:
            self._end_soon("stalled")

    def _end_soon(self, reason: str) -> None:
        """Not at once: who sends is in the middle of something."""
        asyncio.get_running_loop().call_soon(self.end, reason)

    def end(self, reason: str | None) -> None:
        """Close the connection, if it is open, and tell why, unless we did it ourselves (None)."""
        if reason is not None and self._accepted:
            self._catch_up()
        if self.ended is not None:
            return
        self.ended = reason or ""
        self.resume_writing()
        self._parts.clear()
        if (transport := self._transport) is not None:
            if not transport.is_disconnected:
                _leave(transport, at_once=reason == "stalled")
            if reason is not None and self._accepted:
                self._tell(self._closed, reason)

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The handshake is over."""
        if self.ended is not None:  # nobody waits for it any more
            transport.disconnect(graceful=False)
            return
        self._transport = transport
        wire = transport.underlying_transport
        wire.set_write_buffer_limits(high=WAITING, low=0)
        wire.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, KERNEL_KEEPS)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Pass a whole message on; see to a close."""
        if self.ended is not None:
            return
        kind = frame.msg_type
        if kind == _CLOSE:
            code = int.from_bytes(frame.get_payload_as_bytes()[:2], "big") or 1005
            self.end(f"closed_{code}")
        elif kind in {_TEXT, _BINARY, _CONTINUATION}:
            if frame.fin and not self._parts:
                self._hand_on(frame.get_payload_as_bytes())
            else:
                self._collect(frame.get_payload_as_bytes(), is_last=frame.fin)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The connection is gone: without a word, or picows gave it up."""
        handshake = transport.close_handshake
        sent = handshake.sent if handshake is not None else None
        if sent is None:
            self.end("closed_1006")
        elif sent.code == WSCloseCode.GOING_AWAY:
            self.end("no_pong")
        else:
            self.end("broke_protocol")

    def pause_writing(self) -> None:
        """The server is behind."""
        if self._stall is None and self.ended is None:
            loop = asyncio.get_running_loop()
            self._stall = loop.call_later(self._patience_seconds, self.end, "stalled")

    def resume_writing(self) -> None:
        """It has caught up."""
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    def _collect(self, part: bytes, *, is_last: bool) -> None:
        self._parts.append(part)
        self._parts_bytes += len(part)
        if self._parts_bytes > MOST_RECEIVED:
            self.end("too_long")
        elif is_last:
            whole = b"".join(self._parts)
            self._parts.clear()
            self._parts_bytes = 0
            self._hand_on(whole)

    def _hand_on(self, message: bytes) -> None:
        if self._early is not None:
            self._early.append(message)
        elif self.ended is None and not self._tell(self._received, message):
            self.end("failed")

    def _catch_up(self) -> None:
        early, self._early = self._early or [], None
        for message in early:
            self._hand_on(message)

    def _tell(self, whom: Callable[[Any], None], what: Any) -> bool:
        try:
            whom(what)
        except Exception:
            log.exception("model_socket_callback_failed")
            return False
        return True


def _leave(transport: WSTransport, *, at_once: bool) -> None:
    """Say goodbye, and go whether it is answered or not."""
    if at_once:
        transport.disconnect(graceful=False)
        return
    transport.send_close(WSCloseCode.OK)
    transport.disconnect()
    asyncio.get_running_loop().call_later(GOODBYE_SECONDS, transport.disconnect, False)
