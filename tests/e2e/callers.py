"""Callers for end-to-end tests: what they say and press, and what is found out about their calls.

Time on a call is the line's own: ms since it was answered, whatever this machine was busy with.
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import time
from typing import Any
from uuid import uuid4

from aiohttp import ClientWebSocketResponse, WSMsgType

from tests.e2e.house import OWNER, House
from tests.simulators.ledger import Event
from tests.simulators.twilio_call import STATUS_PATH, VOICE_PATH, CallOutcome
from tests.simulators.twilio_call_records import CallRecord, progress_form, voice_form
from tests.simulators.twilio_caller import Speak
from tests.simulators.twilio_sound import from_wav
from tests.simulators.twilio_twiml import stream, verbs
from tests.simulators.twilio_webhooks import Webhooks

SAMPLES = Path(__file__).parents[1] / "samples" / "caller"
PATIENCE_S = 10.0
STREAM = "MZ" + 32 * "1"


@cache
def recorded(name: str) -> Speak:
    """One of the sample recordings, as a caller says it."""
    return Speak(from_wav((SAMPLES / f"{name}.wav").read_bytes()), name)


async def record(house: House, sid: str) -> Mapping[str, Any]:
    """A call with its turns, as the API gives it."""
    found = await _get(house, f"/v1/calls?provider_id={sid}")
    [call] = found["calls"]
    return await _get(house, f"/v1/calls/{call['call_id']}")


async def _get(house: House, path: str) -> Any:
    async with house.http.get(path, headers=OWNER) as response:
        assert response.status == 200, path
        return await response.json()


def ours(call: Mapping[str, Any], stream: int | None = None) -> str:
    """All that we said on a call, or on one of its media sockets, as far as it was heard."""
    return " ".join(
        turn["text"]
        for turn in call["turns"]
        if turn["speaker"] != "caller" and stream in (None, turn["stream"])
    )


def first(outcome: CallOutcome, what: str, after_ms: int = 0) -> int:
    """When it first happened on a call, from a moment on."""
    found = [ms for ms in outcome.times(what) if ms >= after_ms]
    assert found, f"no {what} after {after_ms} ms in {outcome.timeline}"
    return found[0]


def answers(outcome: CallOutcome) -> Sequence[int]:
    """From the last key or word of each of the caller's turns to our voice, where one came."""
    ends = [*outcome.times("caller_ended"), *outcome.times("key")]
    found = []
    for began in outcome.times("voice_started"):
        before = [ms for ms in ends if ms <= began]
        if before:
            found.append(began - max(before))
            ends = [ms for ms in ends if ms > began]
    return found


async def until_on_call(
    house: House, caller: str, look: Callable[[Sequence[Event]], bool], seconds: float = 40.0
) -> None:
    """Wait until the timeline of a caller's call, as far as it has come, is as `look` wants it."""
    ledger = house.twilio.ledger

    def found() -> bool | None:
        sids = [each["sid"] for each in ledger.events("call_placed") if each["from"] == caller]
        events = [each for each in ledger.events("call") if each["sid"] in sids]
        return look(events) or None

    assert await ledger.wait_for(found, seconds), f"{caller}: not within {seconds:g} s"


@dataclass(slots=True)
class Handset:
    """A line whose every message is the test's own: nothing keeps it to the protocol."""

    house: House
    record: CallRecord
    webhooks: Webhooks

    async def ring(self) -> bytes:
        """Ask what to do with the call; the TwiML that comes back."""
        return await self._ask(VOICE_PATH)

    async def after(self) -> bytes:
        """Ask what to do now that its media is over."""
        return await self._ask(f"{VOICE_PATH}/after")

    async def _ask(self, path: str) -> bytes:
        form = voice_form(self.record, self.house.twilio.account)
        url = self.house.program.url + path
        answer = await self.webhooks.ask("voice", url, url, form)
        assert answer is not None
        assert answer.status == 200
        return answer.body

    async def open(self, twiml: bytes) -> ClientWebSocketResponse:
        """Open the call's media, as this TwiML says."""
        [connect] = [verb for verb in verbs(twiml) if verb.name == "Connect"]
        wanted = stream(connect)
        socket = await self.webhooks.connect(wanted.url, wanted.url)
        form = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
        about = {"accountSid": self.house.twilio.account.sid, "callSid": self.record.sid}
        start = {**about, "streamSid": STREAM, "tracks": ["inbound"], "mediaFormat": form}
        start["customParameters"] = wanted.parameters
        await socket.send_json({"event": "connected", "protocol": "Call", "version": "1.0.0"})
        await socket.send_json(
            {"event": "start", "sequenceNumber": "1", "start": start, "streamSid": STREAM}
        )
        return socket

    async def hang_up(self) -> None:
        """The carrier reports the call's end."""
        self.record.ended = time()
        form = progress_form(self.record, self.house.twilio.account, "completed", 0, time())
        url = self.house.program.url + STATUS_PATH
        assert await self.webhooks.post("status", url, url, form) == 200
        self.house.twilio.ledger.record("call_over", sid=self.record.sid, status="completed")


@asynccontextmanager
async def handset(house: House, caller: str) -> AsyncIterator[Handset]:
    """A handset that rings our number, and has hung up in the end."""
    account = house.twilio.account
    ledger = house.twilio.ledger
    webhooks = Webhooks(account.token, ledger, retries=0, deadline=PATIENCE_S)
    call = CallRecord("CA" + uuid4().hex, caller, account.number, time(), answered=time())
    ledger.record("call_placed", sid=call.sid, **{"from": caller, "to": account.number})
    phone = Handset(house, call, webhooks)
    try:
        yield phone
        await phone.hang_up()
    finally:
        await webhooks.close()


async def spoken_to(socket: ClientWebSocketResponse) -> bool:
    """Whether we are spoken to on it; False when it is closed before that."""
    async for message in socket:
        if message.type is WSMsgType.TEXT and json.loads(message.data)["event"] == "media":
            return True
    return False
