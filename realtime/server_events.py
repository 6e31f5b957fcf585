"""What a realtime server says, as facts.

https://developers.openai.com/api/reference/resources/realtime/server-events
Hard here: audio comes many times a second, so one typed parse reads only the fields we need; and
anything may come from a server that is ill. An event we have no use for is no fact, however it is
made; one that we need and cannot read is a ProtocolError.
"""

import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec

from pipeline.errors import ProtocolError
from pipeline.events import (
    ALREADY_RESPONDING,
    CallerSaid,
    CallerTurnEnded,
    Fact,
    ModelAudio,
    ModelAudioDone,
    ModelGone,
    ModelSaid,
    ModelSaying,
    ModelTroubled,
    ResponseDone,
    ResponseStarted,
    SpeechStarted,
    SpeechStopped,
    ToolCalled,
)
from pipeline.ids import ItemId, ResponseId
from pipeline.inquiry.vocabulary import ToolCall
from realtime.arguments import sayable, tool_arguments
from realtime.settings import KINDS

FATAL = frozenset(
    {
        "account_deactivated",
        "billing_hard_limit_reached",
        "insufficient_quota",
        "invalid_api_key",
        "model_not_found",
        "session_expired",
    }
)
"""Codes after which nothing more comes on this connection. Every other complaint is survived:
most are about a cancel, a truncation or a request that crossed with what it was about."""

REFUSED = "session_refused"
"""Our own word for a complaint about the session we asked for."""
COMPLAINTS = FATAL | {
    ALREADY_RESPONDING,
    "inference_rate_limit_exceeded",
    "input_audio_buffer_commit_empty",
    "invalid_request_error",
    "invalid_value",
    "rate_limit_exceeded",
    "response_cancel_not_active",
    "server_error",
    REFUSED,
}
"""Codes that are counted by their names; servers make up others."""

_STATUSES: Mapping[str, Literal["completed", "cancelled", "incomplete", "failed"]] = {
    "completed": "completed",
    "cancelled": "cancelled",
    "incomplete": "incomplete",
    "failed": "failed",
}

_Ms = Annotated[int, msgspec.Meta(ge=0, le=86_400_000)]
_Tokens = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]


class _Tally(msgspec.Struct):
    text_tokens: _Tokens | None = None
    audio_tokens: _Tokens | None = None
    cached_tokens: _Tokens | None = None
    cached_tokens_details: "_Tally | None" = None


class _Usage(msgspec.Struct):
    input_tokens: _Tokens | None = None
    output_tokens: _Tokens | None = None
    input_token_details: _Tally | None = None
    output_token_details: _Tally | None = None


class Complaint(msgspec.Struct):
    """An error, of an `error` event or of a response that failed."""

    type: str | None = None
    code: str | None = None
    event_id: str | None = None
    """Of the event of ours that it is about."""

    @property
    def name(self) -> str:
        """Its code, or its type: short, and of plain characters."""
        return re.sub(r"\W+", "_", self.code or self.type or "unknown", flags=re.ASCII)[:60]


class _StatusDetails(msgspec.Struct):
    reason: str | None = None
    error: Complaint | None = None


class _Response(msgspec.Struct):
    id: str = ""
    status: str = ""
    status_details: _StatusDetails | None = None
    metadata: dict[str, Any] | None = None
    usage: _Usage | None = None


class _Item(msgspec.Struct):
    type: str = ""
    status: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None


class _Kind(msgspec.Struct):
    type: str


class ServerEvent(msgspec.Struct):
    """Of every event we have a use for, the fields we have a use for."""

    type: str
    item_id: str = ""
    response_id: str = ""
    delta: str = ""
    transcript: str = ""
    audio_start_ms: _Ms = 0
    audio_end_ms: _Ms = 0
    item: _Item | None = None
    response: _Response | None = None
    error: Complaint | None = None


AUDIO = "response.output_audio.delta"
READY = "session.updated"
COMPLAINT = "error"

_events = msgspec.json.Decoder(ServerEvent)
_kinds = msgspec.json.Decoder(_Kind)


def read(data: str | bytes) -> ServerEvent | None:
    """One event; None when we have no use for it. Raises ProtocolError."""
    try:
        try:
            event = _events.decode(data)
        except msgspec.ValidationError:
            if _kinds.decode(data).type in _USEFUL:
                raise
            return None
    except msgspec.ValidationError as exc:
        raise ProtocolError("bad_shape") from exc
    except (msgspec.DecodeError, UnicodeError, RecursionError) as exc:
        raise ProtocolError("not_json") from exc
    return event if event.type in _USEFUL else None


def audio(event: ServerEvent) -> ModelAudio:
    """A piece of what the model says. Raises ProtocolError."""
    try:
        payload = binascii.a2b_base64(event.delta, strict_mode=True)
    except ValueError as exc:
        raise ProtocolError("bad_base64") from exc
    return ModelAudio(_response_id(event.response_id), item_id(event.item_id), payload)


def facts(event: ServerEvent) -> Sequence[Fact]:
    """What an event tells, apart from audio, complaints and the session. Raises ProtocolError."""
    return _FACTS[event.type](event)


def item_id(text: str) -> ItemId:
    """An item's id, fit to be kept. Raises ProtocolError."""
    return ItemId(_id(text))


def _response_id(text: str) -> ResponseId:
    return ResponseId(_id(text))


def _id(text: str) -> str:
    if not text or len(text) > 200 or not text.isprintable():
        raise ProtocolError("bad_shape")
    return text


def _speech_started(event: ServerEvent) -> Sequence[Fact]:
    return (SpeechStarted(item_id(event.item_id), event.audio_start_ms),)


def _speech_stopped(event: ServerEvent) -> Sequence[Fact]:
    return (SpeechStopped(item_id(event.item_id), event.audio_end_ms),)


def _committed(event: ServerEvent) -> Sequence[Fact]:
    return (CallerTurnEnded(item_id(event.item_id)),)


def _transcribed(event: ServerEvent) -> Sequence[Fact]:
    return (CallerSaid(item_id(event.item_id), sayable(event.transcript).strip()),)


def _not_transcribed(event: ServerEvent) -> Sequence[Fact]:
    return (CallerSaid(item_id(event.item_id), ""),)


def _audio_done(event: ServerEvent) -> Sequence[Fact]:
    return (ModelAudioDone(_response_id(event.response_id), item_id(event.item_id)),)


def _said(event: ServerEvent) -> Sequence[Fact]:
    return (ModelSaid(item_id(event.item_id), sayable(event.transcript).strip()),)


def _saying(event: ServerEvent) -> Sequence[Fact]:
    return (ModelSaying(item_id(event.item_id), sayable(event.delta)),)


def _started(event: ServerEvent) -> Sequence[Fact]:
    response = _response(event)
    tag = (response.metadata or {}).get("tag", "")
    return (ResponseStarted(_response_id(response.id), tag if isinstance(tag, str) else ""),)


def _item_done(event: ServerEvent) -> Sequence[Fact]:
    """A tool call, when it is complete: one that was interrupted ends with half its arguments."""
    item = event.item
    if item is None or item.type != "function_call" or item.status != "completed":
        return ()
    call = ToolCall(
        call_id=_id(item.call_id or ""),
        name=sayable(item.name or ""),
        arguments=tool_arguments(item.arguments or ""),
    )
    return (ToolCalled(_response_id(event.response_id), call),)


def _done(event: ServerEvent) -> Sequence[Fact]:
    response = _response(event)
    status = _STATUSES.get(response.status, "failed")
    details = response.status_details or _StatusDetails()
    reason = "" if status == "completed" else sayable(details.reason or "")[:60]
    if details.error is not None:
        reason = details.error.name
    done = ResponseDone(_response_id(response.id), status, reason, _tokens(response.usage))
    return (done, ModelGone(reason)) if reason in FATAL else (done,)


def complaint(event: ServerEvent) -> Fact:
    """An error as a fact."""
    name = (event.error or Complaint()).name
    return ModelGone(name) if name in FATAL else ModelTroubled(name)


def _response(event: ServerEvent) -> _Response:
    if event.response is None:
        raise ProtocolError("bad_shape")
    return event.response


def _tokens(usage: _Usage | None) -> Mapping[str, int]:
    """By kind, cached ones taken out of the input they are counted under there."""
    if usage is None:
        return {}
    given = usage.input_token_details or _Tally(text_tokens=usage.input_tokens)
    made = usage.output_token_details or _Tally(text_tokens=usage.output_tokens)
    cached = given.cached_tokens_details or _Tally(text_tokens=given.cached_tokens)
    text, sound = cached.text_tokens or 0, cached.audio_tokens or 0
    counts = (
        max(0, (given.text_tokens or 0) - text),
        max(0, (given.audio_tokens or 0) - sound),
        text,
        sound,
        made.text_tokens or 0,
        made.audio_tokens or 0,
    )
    return dict(zip(KINDS, counts, strict=True))


_FACTS: Mapping[str, Callable[[ServerEvent], Sequence[Fact]]] = {
    "input_audio_buffer.speech_started": _speech_started,
    "input_audio_buffer.speech_stopped": _speech_stopped,
    "input_audio_buffer.committed": _committed,
    "conversation.item.input_audio_transcription.completed": _transcribed,
    "conversation.item.input_audio_transcription.failed": _not_transcribed,
    "response.created": _started,
    "response.output_audio.done": _audio_done,
    "response.output_audio_transcript.delta": _saying,
    "response.output_audio_transcript.done": _said,
    "response.output_item.done": _item_done,
    "response.done": _done,
}
_USEFUL = frozenset({AUDIO, READY, COMPLAINT, *_FACTS})
