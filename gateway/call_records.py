"""What a call leaves behind: its turns and messages stored, its tools run, its row ended.

The call itself waits for none of it. Writes follow one another in one task; tools run beside
them, each answered within its time whatever happens; and what is under way when the call ends is
finished, within a few seconds, for what was promised to a caller must be done.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import structlog

from gateway import call_tools
from gateway.call_tools import CallMatter
from gateway.context import Context
from pipeline.call.turns import Turn
from pipeline.events import Fact, KeepMessage, KeepTurn, Order, Remember, RunTool, ToolAnswered
from pipeline.inquiry.vocabulary import ToolCall
from storage import call_turns, calls
from storage.calls import Attached
from storage.database import DATABASE_DOWN, within
from storage.sessions import CallSession

log = structlog.get_logger()

TOOL_SECONDS = 5.0
TOO_SLOW = "this takes too long, and nobody knows yet whether it was done: say so"
"""What was begun is not taken back: it may be committed after all."""
LAST_SECONDS = 5.0
"""What is under way when a call ends has so long to finish."""
END_SECONDS = 1.0
"""For what has been told to stop."""
REFRESH_SECONDS = 30.0
"""How often the directory of live calls is told that this one goes on."""
MOST_WAITING = 1000


class Records:
    """One media socket's. Give `obey` the call's orders, then `close`."""

    def __init__(
        self,
        context: Context,
        attached: Attached,
        matter: CallMatter,
        texted: Callable[[], None],
        *,
        tool_seconds: float = TOOL_SECONDS,
    ) -> None:
        """`texted` is called when a text was put into the outbox."""
        self._tool_seconds = tool_seconds
        self._context = context
        self._attached = attached
        self._matter = matter
        self._texted = texted
        self.tell: Callable[[Fact], None] = lambda fact: None
        """Where answers of tools go; set before the first order."""
        self._turns: dict[str, Turn] = {}
        self._writes: asyncio.Queue[Callable[[], Awaitable[object]] | None] = asyncio.Queue(
            MOST_WAITING
        )
        self._writing = asyncio.create_task(self._write())
        self._tools: set[asyncio.Task[None]] = set()
        self._over = asyncio.Event()
        self._dropped = False
        self._shown = asyncio.create_task(self._show())

    def obey(self, order: Order) -> None:
        """Carry out an order of the call's, soon."""
        match order:
            case KeepTurn(turn):
                self._turns[turn.item_id] = turn
                self._keep(lambda: self._keep_turn(turn))
            case Remember(memory):
                held = self._attached
                self._keep(lambda: calls.remember(self._context.pool, held.call_id, memory))
            case KeepMessage(payload):
                self._keep(
                    lambda: call_tools.keep_spoken_message(self._context, self._matter, payload)
                )
            case RunTool(call):
                task = asyncio.create_task(self._run(call))
                self._tools.add(task)
                task.add_done_callback(self._tools.discard)

    async def close(self) -> None:
        """Finish what is under way; no task is left when this returns, but one that waits for a
        database that hangs. A second time does no more."""
        if self._over.is_set():
            return
        self._over.set()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_SECONDS):
                    if self._tools:
                        await asyncio.wait(set(self._tools))
                    await self._writes.put(None)
                    await asyncio.wait({self._writing, self._shown})
        finally:
            left = [self._writing, self._shown, *self._tools]
            for task in left:
                task.cancel()
        await asyncio.wait(left, timeout=END_SECONDS)
        await self._context.sessions.drop_call(self._attached.call_id, self._attached.stream)

    def _keep(self, write: Callable[[], Awaitable[object]]) -> None:
        try:
            self._writes.put_nowait(write)
        except asyncio.QueueFull:
            if not self._dropped:
                log.error("call_records_dropped")
            self._dropped = True

    async def _keep_turn(self, turn: Turn) -> None:
        held = self._attached
        await call_turns.keep_turn(self._context.pool, held.call_id, held.stream, turn)
        if turn.speaker == "caller" and turn.text:
            await call_tools.notice(self._context, self._matter, turn.text)

    async def _write(self) -> None:
        while (write := await self._writes.get()) is not None:
            try:
                await write()
            except DATABASE_DOWN as exc:
                log.error("call_record_lost", error=type(exc).__name__)
            except Exception:
                # A turn that cannot be stored is no reason to store none of the next.
                log.exception("call_record_failed")

    async def _run(self, call: ToolCall) -> None:
        output: Mapping[str, Any] = {"error": TOO_SLOW}
        try:
            running = call_tools.run(self._context, self._matter, call, texted=self._texted)
            output = await within(self._tool_seconds, running)
        except TimeoutError:
            log.warning("call_tool_slow", tool=call.name[:40])
        finally:
            self.tell(ToolAnswered(call.call_id, output))

    async def _show(self) -> None:
        """Keep this call in the directory of live calls.

        It is told that the call is over, for the client may swallow a cancellation.
        """
        held = self._attached
        while not self._over.is_set():
            said = next((t.text for t in reversed(self._turns.values()) if t.text), "")
            await self._context.sessions.put_call(
                CallSession(
                    call_id=held.call_id,
                    stream=held.stream,
                    worker=self._context.worker,
                    status="in_progress",
                    caller=held.caller,
                    since=held.answered_at,
                    last_words=said,
                )
            )
            with suppress(TimeoutError):
                async with asyncio.timeout(REFRESH_SECONDS):
                    await self._over.wait()
