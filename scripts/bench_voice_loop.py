"""An event loop for one core that must carry hundreds of calls and keep time to the microsecond.

asyncio rounds its timers to milliseconds: fifty frames a second of each of 150 calls would leave
in bursts of eight, and what they waited for each other would be taken for a delay of what is
measured.
"""

import heapq
import select
import socket
import time
from collections.abc import Callable

from scripts.bench_voice_wire import Reader

AT_ONCE = 4
"""Timers between two looks at the sockets: what has come is stamped soon."""
READ = 256 * 1024

Due = Callable[[int], None]
"""Called with the moment, CLOCK_MONOTONIC in ns."""


class Loop:
    """Timers and readable sockets, until `stop`."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._timers: list[tuple[int, int, Due]] = []
        self._count = 0
        self._readers: dict[int, Callable[[], None]] = {}
        self._running = False

    def at(self, when: int, due: Due) -> None:
        """Call `due` at a moment."""
        self._count += 1
        heapq.heappush(self._timers, (when, self._count, due))

    def watch(self, fd: int, readable: Callable[[], None]) -> None:
        """Call `readable` while there is something to read."""
        self._readers[fd] = readable
        self._epoll.register(fd, select.EPOLLIN)

    def unwatch(self, fd: int) -> None:
        """Before it is closed."""
        if self._readers.pop(fd, None) is not None:
            self._epoll.unregister(fd)

    def stop(self) -> None:
        """Let `run` return."""
        self._running = False

    def run(self) -> None:
        """Until `stop`."""
        self._running = True
        timers, readers = self._timers, self._readers
        while self._running:
            wait = timers[0][0] - time.monotonic_ns() if timers else 1_000_000_000
            if wait > 0:  # epoll itself would wait in whole milliseconds
                select.select([self._epoll], [], [], wait / 1e9)
            for fd, _ in self._epoll.poll(0, 1024):
                if (readable := readers.get(fd)) is not None:
                    readable()
            for _ in range(AT_ONCE):
                now = time.monotonic_ns()
                if not timers or timers[0][0] > now:
                    break
                heapq.heappop(timers)[2](now)


class Line:
    """One connection: what is sent leaves at once; what comes is read frame by frame."""

    __slots__ = ("_left", "_loop", "_sock", "closed", "ended", "reader", "take")

    def __init__(self, loop: Loop, sock: socket.socket, take: Callable[[bytes, int], None]) -> None:
        """`take` is called with bytes as they come, and when."""
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._loop, self._sock, self.take = loop, sock, take
        self._left = bytearray()
        self.reader = Reader()
        self.closed = False
        self.ended: Callable[[], None] = lambda: None
        loop.watch(sock.fileno(), self._readable)

    def send(self, data: bytes) -> None:
        """Send, or keep for the next time what the other side does not take."""
        if self.closed:
            return
        if self._left:
            data = bytes(self._left) + data
            self._left.clear()
        try:
            sent = self._sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._end()
            return
        if sent < len(data):
            self._left += data[sent:]

    def close(self) -> None:
        """End it; `ended` is not called."""
        if not self.closed:
            self.closed = True
            self._loop.unwatch(self._sock.fileno())
            self._sock.close()

    def _readable(self) -> None:
        try:
            data = self._sock.recv(READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self.take(data, time.monotonic_ns())
        else:
            self._end()

    def _end(self) -> None:
        if not self.closed:
            self.close()
            self.ended()
