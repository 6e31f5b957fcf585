"""One connection to a simulated model: what its client sends is checked, obeyed and answered."""

import asyncio
import base64
import binascii
import copy
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tests.simulators.realtime_events import Event, Refused, client_event
from tests.simulators.realtime_hearing import Began, Ear, Ended, Recordings
from tests.simulators.realtime_items import Item, words_of
from tests.simulators.realtime_response import Live, Response
from tests.simulators.realtime_scenario import Fault, Script, Utterance

PCMU = {"type": "audio/pcmu"}
PCM = {"type": "audio/pcm", "rate": 24000}
MOST_AUDIO = 15 << 20
"""Bytes of one append, as base64 (input_audio_buffer.append)."""
SHORTEST_COMMIT_MS = 100

Handler = Callable[[Event], Awaitable[None]]


def fresh_session(session_id: str, model: str) -> Event:
    """What a session is before anybody updated it."""
    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": session_id,
        "model": model,
        "output_modalities": ["audio"],
        "instructions": "You are a scripted practice model.",
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "audio": {
            "input": {
                "format": PCM,
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": {
                    "type": "server_vad",
                    "threshold": 0.5,
                    "prefix_padding_ms": 300,
                    "silence_duration_ms": 500,
                    "create_response": True,
                    "interrupt_response": True,
                },
            },
            "output": {"format": PCM, "voice": "marin", "speed": 1.0},
        },
    }


class Session:
    """The server's end of one connection."""

    def __init__(self, live: Live, recordings: Recordings, fault: Fault | None = None) -> None:
        self._live, self._recordings, self._fault = live, recordings, fault
        self._script = Script(live.scenario)
        self._ear = Ear()
        self._speaking = ""
        self._active: Response | None = None
        self._sounded = self._updated = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._handlers: Mapping[str, Handler] = {
            "session.update": self._update,
            "input_audio_buffer.append": self._append,
            "input_audio_buffer.commit": self._commit,
            "input_audio_buffer.clear": self._clear,
            "conversation.item.create": self._create_item,
            "conversation.item.truncate": self._truncate,
            "conversation.item.delete": self._delete,
            "response.create": self._create_response,
            "response.cancel": self._cancel,
        }

    async def receive(self, data: str) -> None:
        """Do what one message asks for, or say what is wrong with it."""
        event: Event = {}
        try:
            event = client_event(data)
            handler = self._handlers.get(event["type"])
            if handler is None:
                raise Refused("not_simulated", f"{event['type']} is not simulated.")
            if handler != self._append:
                self._live.record("client_event", type=event["type"], event=event)
            await handler(event)
        except Refused as refused:
            error = refused.to_json() | {"event_id": event.get("event_id") or refused.event_id}
            self._live.record(
                "benign" if refused.code in BENIGN else "violation",
                code=refused.code,
                message=refused.message,
                param=refused.param,
                event=event if event.get("type") != "input_audio_buffer.append" else {},
            )
            await self._live.emit("error", error=error)

    async def stop(self) -> None:
        """The connection is gone, and all that was going on ends."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for call_id, times in self._live.conversation.answers.items():
            if times != 1:
                self._live.record("tool_answered_times", call_id=call_id, times=times)

    def later(self, doing: Awaitable[None]) -> None:
        """Do it beside everything else, until the connection is gone."""
        task = asyncio.ensure_future(doing)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            # A mistake of the simulator's must not look like a model that keeps silent.
            self._live.record("simulator_failed", problem=repr(problem))

    # --- the session ------------------------------------------------------------------------------

    async def _update(self, event: Event) -> None:
        live, wanted = self._live, event["session"]
        if self._fault == "picky":
            self._fault = None
            raise Refused(PICKY, "The simulator was told to refuse it.", param="session")
        if wanted["type"] != "realtime":
            raise Refused("not_simulated", "Only realtime sessions are simulated.")
        session = merged(live.session, wanted)
        audio = session["audio"]
        if session["output_modalities"] != ["audio"]:
            raise Refused("not_simulated", "Only audio is simulated.")
        if (audio["input"]["format"], audio["output"]["format"]) != (PCMU, PCMU):
            raise Refused("not_simulated", "Only audio/pcmu, both ways, is simulated.")
        if self._sounded and audio["output"]["voice"] != live.session["audio"]["output"]["voice"]:
            raise Refused(
                "cannot_update_voice",
                "Cannot update a conversation's voice if assistant audio is present.",
                param="session.audio.output.voice",
            )
        live.session.clear()
        live.session.update(session)
        turns = audio["input"]["turn_detection"]
        self._ear.on = turns is not None
        if turns and turns["type"] == "server_vad":
            self._ear.prefix_ms = turns.get("prefix_padding_ms") or 300
            self._ear.silence_ms = turns.get("silence_duration_ms") or 500
        if self._fault != "never_ready":
            self._updated = True
            await live.emit("session.updated", session=session)

    def _turns(self, name: str) -> bool:
        """create_response or interrupt_response, on unless it was turned off."""
        detection = self._live.session["audio"]["input"]["turn_detection"]
        return detection is not None and detection.get(name) is not False

    # --- what is heard ----------------------------------------------------------------------------

    async def _append(self, event: Event) -> None:
        if not self._updated:
            raise Refused("audio_before_session", "Audio came before session.updated: it is not"
                          " in the format that was asked for.")  # fmt: skip
        try:
            audio = base64.b64decode(event["audio"], validate=True)
        except binascii.Error:
            raise Refused(
                "invalid_value",
                "Invalid 'audio'. Expected base64-encoded audio bytes.",
                param="audio",
            ) from None
        if not audio or len(event["audio"]) > MOST_AUDIO:
            raise Refused("invalid_value", "Invalid 'audio': empty or too long.", param="audio")
        for found in self._ear.hear(audio):
            await (self._began(found) if isinstance(found, Began) else self._ended(found))

    async def _began(self, found: Began) -> None:
        live = self._live
        self._speaking = live.new_id("item")
        began = {"audio_start_ms": found.at_ms, "item_id": self._speaking}
        live.record("speech_started", **began)
        await live.emit("input_audio_buffer.speech_started", **began)
        if self._active and self._turns("interrupt_response"):
            self._active.cancel("turn_detected")

    async def _ended(self, found: Ended) -> None:
        ended = {"audio_end_ms": found.at_ms, "item_id": self._speaking}
        await self._live.emit("input_audio_buffer.speech_stopped", **ended)
        await self._committed(self._speaking, found.audio)
        if self._turns("create_response"):
            await self._respond({})

    async def _commit(self, _event: Event) -> None:
        kept = self._ear.kept_ms
        if kept < SHORTEST_COMMIT_MS:
            raise Refused(
                "input_audio_buffer_commit_empty",
                f"Error committing input audio buffer: buffer too small. Expected at least"
                f" {SHORTEST_COMMIT_MS}ms of audio, but buffer only has {kept:.2f}ms of audio.",
            )
        await self._committed(self._live.new_id("item"), self._ear.take())

    async def _clear(self, _event: Event) -> None:
        self._ear.take()
        await self._live.emit("input_audio_buffer.cleared")

    async def _committed(self, item_id: str, audio: bytes) -> None:
        live = self._live
        recording = self._recordings.recognise(audio)
        utterance = self._script.spoken(recording.name if recording else "")
        heard = utterance.heard
        if heard is None:
            heard = recording.transcript if recording else ""
        live.conversation.fresh.clear()
        shown = {
            "id": item_id,
            "object": "realtime.item",
            "type": "message",
            "status": "completed",
            "role": "user",
            "content": [{"type": "input_audio", "transcript": None}],
        }
        before = live.conversation.add(Item(shown, caller_ms=len(audio) // 8))
        live.record(
            "heard", item=item_id, recording=recording.name if recording else "", text=heard
        )
        await live.emit("input_audio_buffer.committed", item_id=item_id, previous_item_id=before)
        await live.emit("conversation.item.added", item=shown, previous_item_id=before)
        await live.emit("conversation.item.done", item=shown, previous_item_id=before)
        if live.session["audio"]["input"]["transcription"]:
            self.later(self._transcribe(item_id, utterance, heard, len(audio) / 8000))

    async def _transcribe(
        self, item_id: str, utterance: Utterance, heard: str, seconds: float
    ) -> None:
        await asyncio.sleep(self._live.scenario.transcript_ms / 1000)
        name, part = "conversation.item.input_audio_transcription", {"item_id": item_id}
        if not utterance.transcribed:
            error = {"type": "server_error", "code": "audio_unintelligible", "message": "It is."}
            await self._live.emit(f"{name}.failed", **part, content_index=0, error=error)
            return
        await self._live.emit(f"{name}.delta", **part, content_index=0, delta=heard)
        await self._live.emit(
            f"{name}.completed",
            **part,
            content_index=0,
            transcript=heard,
            usage={"type": "duration", "seconds": seconds},
        )

    # --- items ------------------------------------------------------------------------------------

    async def _create_item(self, event: Event) -> None:
        live, item = self._live, dict(event["item"])
        item["id"] = item.get("id") or live.new_id("item")
        item |= {"object": "realtime.item", "status": "completed"}
        before = live.conversation.create(item, event.get("previous_item_id"))
        if item["type"] == "message" and item["role"] == "user":
            live.conversation.fresh.clear()
            self._script.typed(words_of(item))
            live.record("typed", item=item["id"], text=words_of(item))
        elif item["type"] == "message" and item["role"] == "assistant":
            self._script.answered()
        elif item["type"] == "function_call_output":
            times = live.conversation.answers[item["call_id"]]
            live.record(
                "tool_answered", call_id=item["call_id"], output=item["output"], times=times
            )
            if times > 1:
                live.record("violation", code="answered_twice", call_id=item["call_id"])
        await live.emit("conversation.item.added", item=item, previous_item_id=before)
        await live.emit("conversation.item.done", item=item, previous_item_id=before)

    async def _truncate(self, event: Event) -> None:
        cut = {name: event[name] for name in ("item_id", "content_index", "audio_end_ms")}
        self._live.conversation.truncate(**cut)
        self._live.record("truncated", **cut)
        await self._live.emit("conversation.item.truncated", **cut)

    async def _delete(self, event: Event) -> None:
        self._live.conversation.delete(event["item_id"])
        await self._live.emit("conversation.item.deleted", item_id=event["item_id"])

    # --- responses --------------------------------------------------------------------------------

    async def _create_response(self, event: Event) -> None:
        asked = event.get("response") or {}
        if asked.get("conversation", "auto") != "auto" or asked.get("input") is not None:
            raise Refused("not_simulated", "Responses out of band are not simulated.")
        if asked.get("output_modalities", ["audio"]) != ["audio"]:
            raise Refused("not_simulated", "Only audio is simulated.")
        await self._respond(asked)

    async def _respond(self, asked: Event) -> None:
        live = self._live
        if self._active:
            raise Refused(
                "conversation_already_has_active_response",
                "Conversation already has an active response in progress:"
                f" {self._active.response_id}. Wait until the response is finished before"
                " creating a new one.",
            )
        instructions = asked.get("instructions") or ""
        told = self._script.next_instructed
        step = told(instructions) if instructions else self._script.next_step()
        if step.fail == "server_error":
            live.record("response_refused", metadata=asked.get("metadata"))
            error = {"type": "server_error", "code": "server_error", "message": "It failed."}
            await live.emit("error", error=error | {"event_id": None, "param": None})
            return
        self._active = response = Response(live, step, asked)
        live.record(
            "response_created",
            id=response.response_id,
            metadata=asked.get("metadata"),
            instructions=instructions,
        )
        self.later(self._run(response))

    async def _run(self, response: Response) -> None:
        try:
            done = await response.run()
        finally:
            self._sounded |= response.sounded
            self._active = None
        await self._live.emit("response.done", response=done)
        limits: list[Mapping[str, Any]] = [
            {"name": "requests", "limit": 5000, "remaining": 4999, "reset_seconds": 0.012},
            {"name": "tokens", "limit": 800_000, "remaining": 799_000, "reset_seconds": 0.075},
        ]
        await self._live.emit("rate_limits.updated", rate_limits=limits)

    async def _cancel(self, event: Event) -> None:
        wanted = event.get("response_id")
        if self._active is None or wanted not in (None, self._active.response_id):
            raise Refused(
                "response_cancel_not_active", "Cancellation failed: no active response found"
            )
        self._live.record("cancelled", id=self._active.response_id)
        self._active.cancel("client_cancelled")


PICKY = "unsupported_parameter"
BENIGN = {
    PICKY,
    "conversation_already_has_active_response",
    "response_cancel_not_active",
    "input_audio_buffer_commit_empty",
    "item_truncate_invalid_item_id",
    "item_delete_invalid_item_id",
}
"""Complaints that come of messages crossing on the wire, or by plan; every other one is a client's
mistake."""


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> Event:
    """Old values with the new ones in their places, however deep; turn_detection is replaced."""
    found = copy.deepcopy(dict(old))
    for name, value in new.items():
        inside = found.get(name)
        if isinstance(value, dict) and isinstance(inside, dict) and name in ("audio", *_NESTED):
            found[name] = merged(inside, value)
        else:
            found[name] = copy.deepcopy(value)
    return found


_NESTED = ("input", "output")
