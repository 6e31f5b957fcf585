"""A call's audio over Twilio's Media Streams: fifty messages a second on one WebSocket.

Hard is that speed and care pull apart. Audio in Twilio's own spelling is cut out of its message
without reading JSON, and its base64 is checked, for it is spliced into JSON again on its way to
the model; whatever is spelled otherwise is read the slow way and means the same.

Wire: https://www.twilio.com/docs/voice/media-streams/websocket-messages
"""

import json
import re
from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping, Sequence
from typing import Any

from channels.twilio_account import CALL
from pipeline.errors import ProtocolError
from pipeline.events import (
    HUNG_UP,
    CallerAudio,
    CallerDigit,
    CallerGone,
    Fact,
    Mark,
    MediaStarted,
    Order,
    Play,
    PlayoutReached,
    StopPlaying,
)
from pipeline.ids import MarkName
from pipeline.peer import Wire

FORMAT = ("audio/x-mulaw", "8000", "1")
MAX_MESSAGE = 65_536
MAX_PAYLOAD = 16_384
"""Of base64: a second and a half. Twilio sends 20 ms."""

MEDIA = re.compile(
    r'\{"event":"media","sequenceNumber":"[0-9]{1,18}",(?:"streamSid":"(MZ[0-9a-fA-F]{32})",)?'
    r'"media":\{"track":"inbound","chunk":"[0-9]{1,18}","timestamp":"[0-9]{1,18}","payload":"',
    re.ASCII,
)
"""All of Twilio's own spelling of a media message up to its audio; streamSid may also follow."""

STREAM = re.compile(r"MZ[0-9a-fA-F]{32}", re.ASCII)
DIGIT = re.compile(r"[0-9*#A-D]", re.ASCII)
MARK = re.compile(r"[!-~]{1,200}", re.ASCII)
TOKEN = re.compile(r"[!-~]{0,500}", re.ASCII)


class TwilioMedia:
    """Twilio's end of one media socket: a Peer without deadlines.

    Nonsense is a ProtocolError whose words are one of a closed set, fit to be counted. It changes
    nothing. HangUp is for whoever holds the socket: closing it is how a call is ended.
    """

    __slots__ = ("_account_sid", "_end", "_play", "_stopped", "_stream", "_waiting")

    def __init__(self, account_sid: str) -> None:
        self._account_sid = account_sid
        self._stream = ""
        self._stopped = False
        self._play = self._end = ""
        self._waiting: list[Wire] = []

    def receive(self, data: Wire, now: float) -> Sequence[Fact]:
        """The facts in one message: none or one."""
        if not isinstance(data, str):
            raise ProtocolError("binary")
        payload = self._audio(data)
        return (CallerAudio(payload),) if payload else self._facts(_parsed(data))

    def obey(self, order: Order, now: float) -> None:
        """Play, Mark and StopPlaying, while the stream lasts."""
        if not self._stream or self._stopped:
            return
        match order:
            case Play(payload):
                if payload:
                    audio = b2a_base64(payload, newline=False).decode("ascii")
                    self._waiting.append(self._play + audio + '"}}')
            case Mark(name):
                mark = f'"streamSid":"{self._stream}","mark":{{"name":{json.dumps(name)}}}'
                self._waiting.append(f'{{"event":"mark",{mark}}}')
            case StopPlaying():
                self._waiting.append(f'{{"event":"clear","streamSid":"{self._stream}"}}')
            case _:
                pass

    def data_to_send(self) -> Sequence[Wire]:
        """What waits for Twilio, in the order it was ordered."""
        if not self._waiting:
            return ()
        waiting, self._waiting = self._waiting, []
        return waiting

    def deadline(self) -> float | None:
        """Never: what Twilio owes us, the call waits for."""
        return None

    def expire(self, now: float) -> Sequence[Fact]:
        """Nothing is ever due."""
        return ()

    def _audio(self, data: str) -> str:
        """The audio of a message in Twilio's own spelling; '' if it is to be read the slow way."""
        head = MEDIA.match(data)
        if head is None or self._stopped or len(data) > MAX_PAYLOAD:
            return ""
        end = '"}}' if head[1] else self._end
        if not end or not data.endswith(end) or (head[1] or self._stream) != self._stream:
            return ""
        payload = data[head.end() : -len(end)]
        return payload if _is_base64(payload) else ""

    def _facts(self, message: Mapping[str, Any]) -> Sequence[Fact]:
        event = message.get("event")
        match event:
            case "connected":
                return ()
            case "start":
                return (self._start(message, _part(message, "start")),)
            case "media" | "mark" | "dtmf" | "stop":
                part = _part(message, event)
            case str():
                raise ProtocolError("unknown_event")
            case _:
                raise ProtocolError("bad_shape")
        if not self._stream:
            raise ProtocolError(f"{event}_before_start")
        if self._stopped:
            raise ProtocolError("after_stop")
        if message.get("streamSid") != self._stream:
            raise ProtocolError("wrong_stream")
        return (self._fact(event, part),)

    def _fact(self, event: str, part: Mapping[str, Any]) -> Fact:
        match event:
            case "media":
                return CallerAudio(_payload(part))
            case "mark":
                return PlayoutReached(MarkName(_text(part, "name", MARK)))
            case "dtmf":
                return CallerDigit(_text(part, "digit", DIGIT))
        self._stopped = True
        return CallerGone(HUNG_UP)

    def _start(self, message: Mapping[str, Any], part: Mapping[str, Any]) -> MediaStarted:
        """Everything is checked before anything is taken over."""
        if self._stream:
            raise ProtocolError("started_twice")
        stream = _text(part, "streamSid", STREAM)
        if message.get("streamSid", stream) != stream:
            raise ProtocolError("wrong_stream")
        if part.get("accountSid") != self._account_sid:
            raise ProtocolError("wrong_account")
        audio = _part(part, "mediaFormat")
        kind = (audio.get("encoding"), str(audio.get("sampleRate")), str(audio.get("channels", 1)))
        if kind != FORMAT:
            raise ProtocolError("wrong_format")
        call = _text(part, "callSid", CALL)
        # Without a token it is refused like any other that is not ours.
        token = _text({"token": "", **_part(part, "customParameters")}, "token", TOKEN)
        self._stream = stream
        self._play = f'{{"event":"media","streamSid":"{stream}","media":{{"payload":"'
        self._end = f'"}},"streamSid":"{stream}"}}'
        return MediaStarted(call, token)


def _parsed(data: str) -> Mapping[str, Any]:
    if len(data) > MAX_MESSAGE:
        raise ProtocolError("too_long")
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        raise ProtocolError("not_json") from None
    if not isinstance(message, dict):
        raise ProtocolError("bad_shape")
    return message


def _part(message: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = message.get(name, {})
    if not isinstance(part, dict):
        raise ProtocolError("bad_shape")
    return part


def _text(part: Mapping[str, Any], name: str, shape: re.Pattern[str]) -> str:
    text = part.get(name)
    if not (isinstance(text, str) and shape.fullmatch(text)):
        raise ProtocolError("bad_shape")
    return text


def _payload(part: Mapping[str, Any]) -> str:
    payload = part.get("payload")
    if not isinstance(payload, str):
        raise ProtocolError("bad_shape")
    if part.get("track", "inbound") != "inbound":
        raise ProtocolError("wrong_track")
    if len(payload) > MAX_PAYLOAD:
        raise ProtocolError("too_long")
    if not _is_base64(payload):
        raise ProtocolError("bad_base64")
    return payload


def _is_base64(text: str) -> bool:
    """Whether it is base64 of at least one byte, and nothing but base64."""
    try:
        return bool(a2b_base64(text, strict_mode=True))
    except ValueError:
        return False
