"""The attendant's words on their way to audio, and when its voice will have been heard.

It is not told what the caller has heard: it reckons with how much audio it gave, and with a key
cutting short whatever may be cut short.
"""

import json
from dataclasses import dataclass

from pipeline.attendant.mulaw import RATE
from pipeline.attendant.pronouncing import pronounced
from pipeline.errors import ProtocolError
from pipeline.events import ModelAudio
from pipeline.ids import ItemId, ResponseId
from pipeline.inquiry.vocabulary import ToolCall
from pipeline.peer import Wire


@dataclass(frozen=True, slots=True)
class Utterance:
    """Words to be said, and what follows them."""

    response_id: ResponseId
    item_id: ItemId
    text: str
    is_response: bool = False
    """Our own answer, which may be cancelled and cut short; else words we were told to say."""
    call: ToolCall | None = None
    record: bool = False


@dataclass(frozen=True, slots=True)
class Spoken:
    """A piece of an utterance's audio."""

    utterance: Utterance
    audio: bytes
    is_last: bool
    failed: bool


class Utterances:
    """The wire to the speech process, without the wire."""

    def __init__(self) -> None:
        self.ends_at = 0.0
        """When all audio so far will have been heard."""
        self._fixed_ends_at = 0.0
        self._speaking: dict[str, Utterance] = {}
        self._out: list[Wire] = []

    @property
    def busy(self) -> bool:
        """Whether audio is still to come."""
        return bool(self._speaking)

    def say(self, utterance: Utterance) -> None:
        """Have it spoken, after all that came before."""
        self._speaking[utterance.item_id] = utterance
        self._out.append(json.dumps({"id": utterance.item_id, "text": pronounced(utterance.text)}))

    def receive(self, data: Wire) -> Spoken | None:
        """What the speech process sent: a line of JSON, then mu-law audio. None for what was
        stopped. Raises ProtocolError."""
        if isinstance(data, str):
            raise ProtocolError("bad_shape")
        line, found, audio = data.partition(b"\n")
        try:
            head = json.loads(line)
        except (ValueError, RecursionError):
            raise ProtocolError("not_json") from None
        if not found or not isinstance(head, dict) or not isinstance(head.get("id"), str):
            raise ProtocolError("bad_shape")
        utterance = self._speaking.get(head["id"])
        if utterance is None:
            return None
        is_last = head.get("done") is True
        if is_last:
            del self._speaking[head["id"]]
        return Spoken(utterance, audio, is_last, failed=bool(head.get("error")))

    def sound(self, utterance: Utterance, audio: bytes, now: float) -> ModelAudio:
        """Our voice, and for how much longer it will be heard."""
        self.ends_at = max(now, self.ends_at) + len(audio) / RATE
        if not utterance.is_response:
            self._fixed_ends_at = self.ends_at
        return ModelAudio(utterance.response_id, utterance.item_id, audio)

    def stop(self, response_id: ResponseId) -> Utterance | None:
        """Stop an answer; None when there is no such answer on its way."""
        utterance = self._speaking.get(response_id)
        if utterance is None or not utterance.is_response:
            return None
        del self._speaking[response_id]
        self._out.append(json.dumps({"stop": response_id}))
        return utterance

    def cut_short(self, now: float) -> None:
        """The caller broke in: what is not fixed will not be heard."""
        self.ends_at = max(now, min(self.ends_at, self._fixed_ends_at))

    def data_to_send(self) -> list[Wire]:
        """Orders for the speech process; asking empties it."""
        out, self._out = self._out, []
        return out
