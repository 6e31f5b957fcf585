"""The attendant's end of a call: a Peer whose wire is text to a speech process, and audio back.

It says what it is told to (`Say`) whoever answers the call; and where no model does, it answers:
keys in, a dialogue by rule, words and tool calls out, in the order in which a model's would come.
Hard here: facts that follow from an order wait for `expire`, which is then due at once; and what
the caller says is listened to only while our own voice is not on the line, for it may be our echo.
"""

import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.attendant.hearing import Hearing
from pipeline.attendant.keypad import Keypad
from pipeline.attendant.mulaw import tone
from pipeline.attendant.recording import Recording
from pipeline.attendant.utterances import Utterance, Utterances
from pipeline.business.document import Business
from pipeline.call.turns import noted
from pipeline.events import (
    AnswerTool,
    CallerSaid,
    CallerTurnEnded,
    CancelResponse,
    DialogueMoved,
    Fact,
    Hear,
    MessageSpoken,
    ModelAudioDone,
    ModelSaid,
    Order,
    Press,
    Respond,
    ResponseDone,
    ResponseStarted,
    Say,
    ToolCalled,
)
from pipeline.ids import ItemId, ResponseId
from pipeline.peer import Wire

PAUSE_SECONDS = 2.5
"""Without a further key an entry is complete."""
SILENCE_SECONDS = 8.0
"""After our voice has ended, for a key."""
TOOL_SECONDS = 15.0
"""For a tool's result, which is answered long before, if only by an error."""
MOST_KEYS = 20
TONE = tone(1000, 300)


class Attendant:
    """One call's attendant. `memory` is what its last DialogueMoved told."""

    def __init__(
        self,
        business: Business,
        *,
        answering: bool,
        textable: bool,
        reachable: bool = True,
        memory: Mapping[str, Any] | None = None,
    ) -> None:
        """`textable`: a quote may be texted to the caller; `reachable`: their number is known."""
        self._answering = answering
        self._keypad = Keypad(business, textable=textable, reachable=reachable, memory=memory)
        self._reported = self._keypad.place
        self._voice = Utterances()
        self._hearing = Hearing()
        self._message: Recording | None = None
        self._facts: list[Fact] = []
        self._count = 0
        self._keys = ""
        self._now = 0.0
        self._pause_at: float | None = None
        self._silence_at: float | None = None

    def receive(self, data: Wire, now: float) -> Sequence[Fact]:
        """What the speech process sent; raises ProtocolError for nonsense."""
        self._now = now
        spoken = self._voice.receive(data)
        if spoken is not None:
            if spoken.audio:
                self._facts.append(self._voice.sound(spoken.utterance, spoken.audio, now))
            if spoken.is_last:
                self._finish(spoken.utterance, failed=spoken.failed)
        return self._take_facts()

    def obey(self, order: Order, now: float) -> None:
        """Carry out an order; one that makes no sense now is let pass."""
        self._now = now
        match order:
            case Say(item_id, text):
                self._voice.say(Utterance(ResponseId(item_id), item_id, text))
            case _ if not self._answering:
                pass
            case Hear(payload):
                self._hear(payload)
            case Press(digit):
                self._press(digit)
            case Respond(tag):
                self._respond(tag)
            case CancelResponse(response_id):
                if utterance := self._voice.stop(response_id):
                    if utterance.call is not None:
                        self._keypad.withdrawn(utterance.call.call_id)
                    self._voice.cut_short(now)
                    done = ResponseDone(response_id, "cancelled", "client_cancelled")
                    self._facts.append(done)
            case AnswerTool(call_id, output):
                self._keypad.answered(call_id, output)
            case _:
                pass

    def data_to_send(self) -> Sequence[Wire]:
        """Orders for the speech process."""
        return self._voice.data_to_send()

    def deadline(self) -> float | None:
        """Now, when facts wait; else when a pause, a silence or a message will have lasted."""
        if self._facts or self._keypad.place != self._reported:
            return self._now
        ends_at = None if self._message is None else self._message.ends_at
        times = (self._pause_at, self._silence_at, ends_at)
        return min((each for each in times if each is not None), default=None)

    def expire(self, now: float) -> Sequence[Fact]:
        """Hand over what waits, and see what has lasted."""
        self._now = now
        if self._pause_at is not None and now >= self._pause_at:
            self._pause_at = None
            if self._keypad.pause():
                self._turn_ended("keys")
        if self._silence_at is not None and now >= self._silence_at:
            self._silence_at = None
            if self._keypad.silent():
                self._turn_ended("silence")
        if self._message is not None and now >= self._message.ends_at:
            self._end_message()
        return self._take_facts()

    def caller_gone(self, now: float) -> Sequence[Fact]:
        """The caller hung up: a message they were leaving is a message all the same."""
        self._now = now
        self._keep_message()
        return self._take_facts()

    def _respond(self, tag: str) -> None:
        """Say, or have done, what is due."""
        due = self._keypad.due()
        self._count += 1
        item_id = ItemId(f"attendant-{self._count}")
        self._message = self._silence_at = None
        self._facts.append(ResponseStarted(ResponseId(item_id), tag))
        utterance = Utterance(ResponseId(item_id), item_id, due.text, True, due.call, due.record)
        if due.text:
            self._voice.say(utterance)
        else:
            self._finish(utterance, failed=False)

    def _finish(self, utterance: Utterance, *, failed: bool) -> None:
        """All of an utterance has come: what follows it."""
        if utterance.record and not failed:
            self._facts.append(self._voice.sound(utterance, TONE, self._now))
            if self._keypad.recording:
                self._message = Recording(self._voice.ends_at)
        if utterance.text:
            self._facts.append(ModelAudioDone(utterance.response_id, utterance.item_id))
            if not failed:
                self._facts.append(ModelSaid(utterance.item_id, utterance.text))
        if not utterance.is_response:
            return
        if utterance.call is not None:
            self._facts.append(ToolCalled(utterance.response_id, utterance.call))
            self._silence_at = self._now + TOOL_SECONDS
        elif failed:
            self._facts.append(ResponseDone(utterance.response_id, "failed", "not_spoken"))
            return
        elif not utterance.record:
            self._silence_at = self._voice.ends_at + SILENCE_SECONDS
        self._facts.append(ResponseDone(utterance.response_id, "completed"))

    def _press(self, digit: str) -> None:
        """A key, which cuts our answer short; one that means nothing gets it said again."""
        cut = self._voice.busy or self._now < self._voice.ends_at
        self._voice.cut_short(self._now)
        if self._message is not None:
            if digit == "#":
                self._end_message()
            if digit not in "*0":
                return
            if digit == "0":  # a person is wanted, and may as well hear what was said so far
                self._keep_message()
            self._message = None
        self._keys = (self._keys + digit)[-MOST_KEYS:]
        if self._keypad.press(digit) or (cut and not self._keypad.typing):
            self._turn_ended("keys")
            return
        self._silence_at = self._voice.ends_at + SILENCE_SECONDS
        self._pause_at = self._now + PAUSE_SECONDS if self._keypad.typing else None
        if not self._keypad.typing:
            self._keys = ""

    def _hear(self, payload: str) -> None:
        """The caller's audio: a message, or somebody who speaks where keys are wanted."""
        if self._now < self._voice.ends_at:
            return
        try:
            audio = binascii.a2b_base64(payload)
        except ValueError:
            return
        if self._message is not None:
            if self._message.take(audio):
                self._end_message()
        elif self._hearing.hear(audio) and not self._voice.busy and self._keypad.spoke():
            self._turn_ended("speech")

    def _turn_ended(self, how: str) -> None:
        """The caller is owed an answer."""
        self._count += 1
        item_id = ItemId(f"{how}-{self._count}")
        self._facts.append(CallerTurnEnded(item_id))
        if how == "keys":
            words = noted(f"pressed {self._keys} on the keypad")
            self._facts.append(CallerSaid(item_id, words))
        if how == "message":
            self._facts.append(CallerSaid(item_id, noted("left a spoken message")))
        self._keys = ""
        self._pause_at = self._silence_at = None
        self._hearing.reset()

    def _end_message(self) -> None:
        """The message is over; now it is filed."""
        seconds = self._keep_message()
        self._keypad.recorded(seconds)
        self._turn_ended("message" if seconds else "silence")

    def _keep_message(self) -> int:
        """Hand over what was recorded; its whole seconds, 0 if nobody spoke."""
        message, self._message = self._message, None
        if message is None or not message.seconds:
            return 0
        self._facts.append(MessageSpoken(message.message()))
        return message.seconds

    def _take_facts(self) -> Sequence[Fact]:
        if self._keypad.place != self._reported:
            self._reported = self._keypad.place
            self._facts.append(DialogueMoved(self._reported.to_memory()))
        facts, self._facts = self._facts, []
        return facts
