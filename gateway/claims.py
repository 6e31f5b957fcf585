"""Claims work that waits in rows and runs it side by side, up to a number, until told to stop.

Whoever puts a row there wakes the loop, so nothing waits for a poll; the poll is for what another
worker left behind when it died. It is told to stop, never cancelled: a claim commits, and whoever
is cancelled while it does would leave rows that nobody works on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import structlog

from storage.database import DATABASE_DOWN

log = structlog.get_logger()

POLL_SECONDS = 1.0
SHORTEST_PAUSE_SECONDS = 0.005

Work = Coroutine[Any, Any, None]


class ClaimLoop:
    """`claim(room)` commits claims and returns a coroutine for each; `due()` is in seconds."""

    def __init__(
        self,
        name: str,
        slots: int,
        claim: Callable[[int], Awaitable[Sequence[Work]]],
        due: Callable[[], Awaitable[float | None]],
    ) -> None:
        self._name, self._slots, self._claim, self._due = name, slots, claim, due
        self._awake = asyncio.Event()
        self._stopping = False
        self._emptying = False
        self._running: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """There may be work now."""
        self._awake.set()

    def stop(self, *, emptied: bool = False) -> None:
        """Claim no more; with `emptied`, only once nothing that is due is left."""
        self._stopping, self._emptying = not emptied, emptied
        self._awake.set()

    async def run(self) -> None:
        """Claim and run until told to stop, then wait for what is running."""
        while not self._stopping:
            self._awake.clear()
            room = self._slots - len(self._running)
            try:
                work = await self._claim(room) if room else ()
                for each in work:
                    self._start(each)
                self._stopping |= self._emptying and not work and not self._running
                wait = await self._until_due() if room > len(work) else POLL_SECONDS
            except DATABASE_DOWN as exc:
                log.warning("claim_failed", loop=self._name, error=type(exc).__name__)
                wait = POLL_SECONDS
            except Exception:
                # A mistake of ours, and still no reason to leave every customer unanswered.
                log.exception("claim_broke", loop=self._name)
                wait = POLL_SECONDS
            await self._pause(wait)
        if self._running:
            await asyncio.wait(self._running)

    async def _until_due(self) -> float:
        seconds = await self._due()
        if seconds is None:
            return POLL_SECONDS
        return min(max(seconds, SHORTEST_PAUSE_SECONDS), POLL_SECONDS)

    async def _pause(self, seconds: float) -> None:
        if self._stopping:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._awake.wait()
        except TimeoutError:
            return

    def _start(self, work: Work) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (failure := task.exception()):
            log.error("work_failed", loop=self._name, exc_info=failure)
        self._awake.set()
