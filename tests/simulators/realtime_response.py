"""One response of a simulated model, from response.created to response.done.

Hard is the end: however a response ends, every part of it that was opened is closed in order, with
what had been sent by then, and only then may the next one begin.
"""

import asyncio
import base64
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from aiohttp import web

from tests.simulators.ledger import Ledger
from tests.simulators.realtime_events import Event, server_event
from tests.simulators.realtime_items import Conversation, Item
from tests.simulators.realtime_scenario import Call, Scenario, Step, filled
from tests.simulators.realtime_voice import Speaks

GARBAGE = ('{"type": "response.output_audio.delta", "delta": ', "[]", '{"type": 7}', "\x00")


@dataclass(slots=True)
class Live:
    """What everything on one connection shares."""

    socket: web.WebSocketResponse
    transport: asyncio.BaseTransport | None
    scenario: Scenario
    voice: Speaks
    ledger: Ledger
    number: int
    """Of the connection, from 1."""
    session: Event
    conversation: Conversation = field(default_factory=Conversation)
    _ids: Mapping[str, Any] = field(
        default_factory=lambda: {
            kind: count(1) for kind in ("event", "item", "resp", "call", "conv")
        }
    )

    def new_id(self, kind: str) -> str:
        """One that no connection of this simulator has."""
        return f"{kind}_{self.number}x{next(self._ids[kind])}"

    async def emit(self, event_type: str, **fields: Any) -> None:
        """Send an event that the SDK's types allow; to nobody, when nobody is there."""
        data = server_event(event_type, self.new_id("event"), **fields)
        with suppress(ConnectionError):
            await self.socket.send_str(data)

    def record(self, kind: str, **details: object) -> None:
        """Into the ledger."""
        self.ledger.record(kind, connection=self.number, **details)

    async def close(self, code: int, reason: str = "") -> None:
        """End the connection; 1006 is no code to be sent, but a connection that is just gone."""
        self.record("closing", code=code)
        if code == 1006:
            if isinstance(self.transport, asyncio.WriteTransport):
                self.transport.abort()
        else:
            with suppress(ConnectionError):
                await self.socket.close(code=code, message=reason.encode())


class Ended(Exception):
    """A response is over before its end."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class Response:
    """One response.create, being carried out."""

    def __init__(self, live: Live, step: Step, asked: Event) -> None:
        self.response_id = live.new_id("resp")
        self._live, self._step, self._asked = live, step, asked
        self._stopped = asyncio.Event()
        self._why = ""
        self._output: list[Event] = []
        self._spent = (0, 0)
        self._context = len(live.conversation.items)
        self.sounded = False
        """Whether any audio was sent."""

    def cancel(self, reason: str) -> None:
        """Stop it: client_cancelled or turn_detected. It ends when its response.done is sent."""
        self._why = self._why or reason
        self._stopped.set()

    async def run(self) -> Mapping[str, Any]:
        """Everything but response.done, whose `response` is returned."""
        live, step = self._live, self._step
        await live.emit("response.created", response=self._shown("in_progress", None))
        status, reason = "completed", ""
        details: Event | None = None
        try:
            await self._carry_out()
        except Ended as ended:
            status, reason = ended.status, ended.reason
            details = {"type": status, "reason": reason}
            if status == "failed":
                error = {"type": "server_error", "code": step.code, "message": "It failed."}
                details = {"type": status, "error": error}
        usage = live.conversation.usage(live.session, self._context, self._spent)
        live.record("response_done", id=self.response_id, status=status, reason=reason)
        return self._shown(status, details) | {"usage": usage}

    async def _carry_out(self) -> None:
        step = self._step
        if step.fail == "failed":
            raise Ended("failed", step.code)
        if step.fail == "silence":
            await self._pause(None)
        if step.fail == "garbage":
            await self._send_garbage()
        delay = self._live.scenario.delay_ms if step.delay_ms is None else step.delay_ms
        await self._pause(delay / 1000)
        text = filled(step, self._live.conversation.fresh)
        if text:
            await self._speak(text)
        if self._asked.get("tool_choice") != "none" and self._asked.get("tools") != []:
            for call in step.calls:
                await self._call(call)
        if not text:
            await self._break_down()  # for there were no words to break off

    async def _pause(self, seconds: float | None) -> None:
        """Let time pass, or the rest of time. Raises Ended when the response is cancelled."""
        if seconds is None or seconds > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._stopped.wait()
        else:
            await asyncio.sleep(0)
        if self._stopped.is_set():
            raise Ended("cancelled", self._why)

    # --- words ------------------------------------------------------------------------------------

    async def _speak(self, text: str) -> None:
        live, step = self._live, self._step
        audio = await self._audio_of(text)  # first: without it nothing is begun
        item = Item(_message(live.new_id("item"), "in_progress", []))
        at = await self._open(item)
        part: Event = {"response_id": self.response_id, "output_index": at}
        part |= {"item_id": item.item_id, "content_index": 0}
        empty = {"type": "audio", "transcript": ""}
        await live.emit("response.content_part.added", **part, part=empty)
        words = "" if step.fail == "wordless" else text
        ended, sent = None, ""
        try:
            sent = await self._send_audio(audio, words, item, part)
        except Ended as problem:
            ended = problem
            sent = item.text
        item.text = sent
        self._spent = (self._spent[0] + item.tokens[0], self._spent[1] + item.tokens[1])
        await live.emit("response.output_audio.done", **part)
        await live.emit("response.output_audio_transcript.done", **part, transcript=sent)
        whole = {"type": "audio", "transcript": sent}
        await live.emit("response.content_part.done", **part, part=whole)
        item.shown["content"] = [{"type": "output_audio", "transcript": sent}]
        live.record("said", item=item.item_id, text=sent, audio_ms=item.model_ms)
        await self._shut(item, at, "incomplete" if ended else "completed")
        if ended:
            raise ended

    async def _audio_of(self, text: str) -> bytes:
        if self._step.fail == "soundless":
            return b""
        try:
            audio = await self._live.voice.speak(text)
        except (TimeoutError, RuntimeError) as problem:
            self._live.record("simulator_failed", problem=repr(problem))
            raise Ended("failed", "server_error") from problem
        wanted = self._step.audio_ms
        if wanted is not None:
            audio = (audio * (wanted * 8 // len(audio) + 1))[: wanted * 8]
        return audio

    async def _send_audio(self, audio: bytes, words: str, item: Item, part: Event) -> str:
        """Audio and words in turn, at the set rate; the words that were sent."""
        live = self._live
        size = 8 * (self._step.delta_ms or live.scenario.delta_ms)
        pieces = [audio[start : start + size] for start in range(0, len(audio), size)] or [b""]
        texts = _spread(words, len(pieces))
        began = asyncio.get_running_loop().time()
        for number, (piece, text) in enumerate(zip(pieces, texts, strict=True)):
            if number == (len(pieces) + 1) // 2:
                await self._break_down()
            if piece:
                delta = base64.b64encode(piece).decode()
                await live.emit("response.output_audio.delta", **part, delta=delta)
                item.model_ms += len(piece) // 8
                self.sounded = True
            if text:
                await live.emit("response.output_audio_transcript.delta", **part, delta=text)
                item.text += text
            due = began + item.model_ms / 1000 / live.scenario.rate if live.scenario.rate else 0.0
            await self._pause(max(0.0, due - asyncio.get_running_loop().time()))
        if len(pieces) == 1:
            await self._break_down()
        return item.text

    async def _break_down(self) -> None:
        """Half-way through: what is to go wrong here goes wrong."""
        match self._step.fail:
            case "close_1001" | "close_1006" | "close_1011" as how:
                await self._live.close(int(how[-4:]))
                await self._pause(None)
            case "stall":
                await self._pause(None)
            case "incomplete":
                raise Ended("incomplete", "max_output_tokens")
            case "content_filter":
                raise Ended("incomplete", "content_filter")

    async def _send_garbage(self) -> None:
        live = self._live
        nobody = {"response_id": self.response_id, "item_id": "item_0", "output_index": 0}
        bad = server_event(
            "response.output_audio.delta", "event_0", **nobody, content_index=0, delta="n@t base64"
        )
        for frame in (*GARBAGE, '{"type": "response.new_thing", "event_id": "event_0"}', bad):
            await live.socket.send_str(frame)
        await live.socket.send_bytes(b"\x00\xff")

    # --- tool calls -------------------------------------------------------------------------------

    async def _call(self, call: Call) -> None:
        live = self._live
        arguments = call.arguments
        given = arguments if isinstance(arguments, str) else _compact(arguments)
        call_id = live.new_id("call")
        shown = {
            "id": live.new_id("item"),
            "object": "realtime.item",
            "type": "function_call",
            "status": "in_progress",
            "call_id": call_id,
            "name": call.name,
            "arguments": "",
        }
        item = Item(shown)
        at = await self._open(item)
        partly = self._step.fail == "partial_call"
        item.text = given[: len(given) // 2] if partly else given
        self._spent = (self._spent[0] + item.tokens[0], self._spent[1])
        part = {"response_id": self.response_id, "output_index": at}
        part |= {"item_id": item.item_id, "call_id": call_id}
        await live.emit("response.function_call_arguments.delta", **part, delta=item.text)
        await live.emit(
            "response.function_call_arguments.done", **part, arguments=item.text, name=call.name
        )
        shown["arguments"] = item.text
        if partly:
            await self._shut(item, at, "incomplete")
            raise Ended("incomplete", "max_output_tokens")
        live.conversation.answers[call_id] = 0
        live.record("tool_called", call_id=call_id, name=call.name, arguments=given)
        await self._shut(item, at, "completed")
        await self._pause(0)

    # --- the frame around either ------------------------------------------------------------------

    async def _open(self, item: Item) -> int:
        """Begin an item; its place in the output."""
        live, at = self._live, len(self._output)
        item.shown["status"] = "in_progress"
        self._output.append(item.shown)
        added = {"response_id": self.response_id, "output_index": at, "item": item.shown}
        await live.emit("response.output_item.added", **added)
        before = live.conversation.add(item)
        await live.emit("conversation.item.added", item=item.shown, previous_item_id=before)
        return at

    async def _shut(self, item: Item, at: int, status: str) -> None:
        item.shown["status"] = status
        done = {"response_id": self.response_id, "output_index": at, "item": item.shown}
        await self._live.emit("response.output_item.done", **done)
        before = self._live.conversation.before(item)
        await self._live.emit("conversation.item.done", item=item.shown, previous_item_id=before)

    def _shown(self, status: str, details: Event | None) -> Event:
        return {
            "object": "realtime.response",
            "id": self.response_id,
            "status": status,
            "status_details": details,
            "output": self._output,
            "conversation_id": "conv_1",
            "output_modalities": ["audio"],
            "max_output_tokens": "inf",
            "audio": {"output": {"format": {"type": "audio/pcmu"}, "voice": "marin"}},
            "usage": None,
            "metadata": self._asked.get("metadata"),
        }


def _message(item_id: str, status: str, content: Sequence[Event]) -> Event:
    return {
        "id": item_id,
        "object": "realtime.item",
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": list(content),
    }


def _compact(arguments: Mapping[str, Any]) -> str:
    return json.dumps(arguments, separators=(",", ":"))


def _spread(words: str, parts: int) -> list[str]:
    """A text in so many pieces, cut anywhere."""
    ends = [len(words) * (number + 1) // parts for number in range(parts)]
    return [words[start:end] for start, end in zip([0, *ends], ends, strict=False)]
