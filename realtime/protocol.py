"""A realtime model's end of a call, without the socket.

https://developers.openai.com/api/docs/guides/realtime-conversations
Hard here: an order may be about something the server does not know (an utterance of the
attendant's) or no longer has (more of an item than it ever sent), and the server refuses such
events; and it may refuse the session itself, for one setting it does not have, while a caller
waits.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from pipeline.call.playout import BYTES_PER_MS
from pipeline.call.turns import Turn
from pipeline.events import (
    AnswerTool,
    CallerSaid,
    CallerTurnEnded,
    CancelResponse,
    Fact,
    Hear,
    ModelGone,
    ModelReady,
    ModelTroubled,
    Order,
    Press,
    Respond,
    Tell,
    Truncate,
)
from pipeline.ids import ItemId
from pipeline.peer import Wire
from realtime import server_events
from realtime.keys import Keys, told
from realtime.server_events import AUDIO, COMPLAINT, READY, REFUSED, Complaint, ServerEvent
from realtime.settings import SessionSettings

SESSION, PLAIN_SESSION = "session-1", "session-2"
"""The ids of our session.update events: the whole of it, and what is asked when that is refused."""


class RealtimeProtocol:
    """One session. The first thing it says is what session we want."""

    def __init__(self, settings: SessionSettings, history: Sequence[Turn] = ()) -> None:
        """`history`: what was said on this call before, as far as it was heard."""
        self._settings = settings
        self._out: list[Wire] = []
        self._keys = Keys()
        self._asked_for = SESSION
        self._ready = False
        self._audio_bytes: dict[ItemId, int] = {}
        """How much of each item the server has sent: it lets us truncate no more."""
        self._send("session.update", event_id=SESSION, session=settings.payload())
        for turn in history:
            if turn.text:
                self._tell("user" if turn.speaker == "caller" else "assistant", turn.text)

    def receive(self, data: Wire, now: float) -> Sequence[Fact]:
        """Facts in one server event; one that we have no use for holds none."""
        event = server_events.read(data)
        if event is None:
            return ()
        if event.type == AUDIO:
            piece = server_events.audio(event)
            if not piece.payload:
                return ()
            sent = self._audio_bytes
            sent[piece.item_id] = sent.get(piece.item_id, 0) + len(piece.payload)
            return (piece,)
        if event.type == COMPLAINT:
            return self._complaint(event)
        if event.type == READY:
            return self._updated()
        return server_events.facts(event)

    def obey(self, order: Order, now: float) -> None:
        """Turn an order into a client event."""
        if type(order) is Hear:
            self._out.append('{"type":"input_audio_buffer.append","audio":"' + order.payload + '"}')
        elif type(order) is Press:
            self._keys.press(order.digit, now)
        elif (carry_out := _CARRIED_OUT.get(type(order))) is not None:
            carry_out(self, order)

    def data_to_send(self) -> Sequence[Wire]:
        """Client events in order."""
        out, self._out = self._out, []
        return out

    def deadline(self) -> float | None:
        """When the keys that were pressed make a whole entry."""
        return self._keys.due

    def expire(self, now: float) -> Sequence[Fact]:
        """Tell the model what was pressed: that is a turn of the caller's."""
        pressed = self._keys.take(now)
        if not pressed:
            return ()
        text = told(pressed)
        item_id = ItemId(f"keys-{round(now * 1000)}")  # of no other session of the call either
        self._tell("user", text, item_id=item_id)
        return (CallerTurnEnded(item_id), CallerSaid(item_id, text))

    def _updated(self) -> Sequence[Fact]:
        was_ready, self._ready = self._ready, True
        return () if was_ready else (ModelReady(),)

    def _complaint(self, event: ServerEvent) -> Sequence[Fact]:
        """A session that is refused is asked for once more without its comforts."""
        fact = server_events.complaint(event)
        about = (event.error or Complaint()).event_id
        if isinstance(fact, ModelGone) or self._ready or about not in {self._asked_for, None}:
            return (fact,)
        if (event.error or Complaint()).type == "server_error":
            return (fact,)
        if self._asked_for == PLAIN_SESSION:
            return (fact, ModelGone(REFUSED))
        self._asked_for = PLAIN_SESSION
        plain = self._settings.plain_payload()
        self._send("session.update", event_id=PLAIN_SESSION, session=plain)
        return (ModelTroubled(REFUSED),)

    def _respond(self, order: Respond) -> None:
        wanted: dict[str, Any] = {"metadata": {"tag": order.tag}}
        if order.instructions:
            wanted["instructions"] = order.instructions
        if not order.tools:
            wanted |= {"tools": [], "tool_choice": "none"}
        self._send("response.create", response=wanted)

    def _cancel(self, order: CancelResponse) -> None:
        self._send("response.cancel", response_id=order.response_id)

    def _truncate(self, order: Truncate) -> None:
        sent = self._audio_bytes.get(order.item_id)
        if sent is not None:
            heard_ms = max(0, min(order.heard_ms, sent // BYTES_PER_MS))
            self._send(
                "conversation.item.truncate",
                item_id=order.item_id,
                content_index=0,
                audio_end_ms=heard_ms,
            )

    def _answer(self, order: AnswerTool) -> None:
        output = json.dumps(dict(order.output))
        item = {"type": "function_call_output", "call_id": order.call_id, "output": output}
        self._send("conversation.item.create", item=item)

    def _obey_tell(self, order: Tell) -> None:
        self._tell(order.role, order.text)

    def _tell(self, role: str, text: str, item_id: ItemId | None = None) -> None:
        kind = "output_text" if role == "assistant" else "input_text"
        item: dict[str, Any] = {"type": "message", "role": role}
        if item_id is not None:
            item["id"] = item_id
        item["content"] = [{"type": kind, "text": text}]
        self._send("conversation.item.create", item=item)

    def _send(self, kind: str, **fields: Any) -> None:
        self._out.append(json.dumps({"type": kind, **fields}))


_CARRIED_OUT: dict[type, Callable[[RealtimeProtocol, Any], None]] = {
    Respond: RealtimeProtocol._respond,
    CancelResponse: RealtimeProtocol._cancel,
    Truncate: RealtimeProtocol._truncate,
    AnswerTool: RealtimeProtocol._answer,
    Tell: RealtimeProtocol._obey_tell,
}
"""Every other order is another end's."""
