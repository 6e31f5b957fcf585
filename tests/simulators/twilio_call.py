"""One simulated phone call, from ringing to its end: TwiML obeyed verb by verb.

Hard is that a call outlives what happens in it. Its clock runs from the answer on, whatever
sockets come and go; the caller hears silence between them, and may hang up, or the REST API may
take the call elsewhere, in the middle of any verb.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urljoin
from uuid import uuid4

import aiohttp

from tests.simulators.ledger import Event, Ledger
from tests.simulators.twilio_call_records import CallRecord, progress_form, voice_form
from tests.simulators.twilio_caller import Caller, CallerPlan
from tests.simulators.twilio_media import MediaStream
from tests.simulators.twilio_records import Account
from tests.simulators.twilio_sound import FRAME_MS, SILENCE, loud, to_wav
from tests.simulators.twilio_twiml import NOT_IN_SCHEMA, TwimlError, Verb, mistakes, stream, verbs
from tests.simulators.twilio_webhooks import Webhooks

VOICE_PATH = "/webhooks/twilio/voice"
STATUS_PATH = "/webhooks/twilio/voice/status"
UNREACHABLE, HANDSHAKE = 11200, 31920
SAID_MS = 60
"""How long the provider's own voice takes for a character."""
GAP_MS = 500
"""A shorter pause does not end a stretch of voice."""
SPLIT_MS = 500
"""Unless it is the first one so soon after something that should end it."""


class Network(Protocol):
    """What a call needs of its account."""

    account: Account
    ledger: Ledger
    webhooks: Webhooks
    gateway_url: str
    public_url: str
    fallback_url: str


@dataclass(frozen=True, slots=True)
class Document:
    """TwiML, and the address that what it says is relative to."""

    url: str
    body: bytes
    content_type: str = "text/xml"


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """A call that is over. Times are ms since the answer."""

    sid: str
    status: str
    ended_by: str
    """caller, gateway (its TwiML came to an end), api, or error."""
    seconds: float
    timeline: Sequence[Event]
    heard: bytes
    """What the caller heard from the answer on, mu-law."""
    spoken: bytes
    late_ms: int
    """How late a frame was at worst: timings are no better than this."""

    def times(self, what: str) -> Sequence[int]:
        """When it happened: voice_started, voice_ended, caller_ended, clear, ..."""
        return [int(str(event["ms"])) for event in self.timeline if event["what"] == what]

    @property
    def errors(self) -> Sequence[str]:
        """What Twilio's debugger would show."""
        wrong = ("twiml_error", "stream_error", "error")
        return [
            f"{event['code']}: {event['words']}"
            for event in self.timeline
            if event["what"] in wrong
        ]

    @property
    def heard_wav(self) -> bytes:
        """What the caller heard, as a file."""
        return to_wav(self.heard)


class Voice:
    """Where our voice begins and ends in what is heard."""

    def __init__(self) -> None:
        self._from: int | None = None
        self._last = self._split_until = 0

    def split(self, ms: int) -> None:
        """The caller's turn is over, or the voice was cut: the next pause is an end."""
        self._split_until = ms + SPLIT_MS

    def tick(self, voice: bool, ms: int) -> Sequence[tuple[str, int]]:
        """What became clear with the frame that begins at `ms`."""
        found = []
        pause = ms - self._last + (0 if voice else FRAME_MS)
        if self._from is not None and pause >= (FRAME_MS if ms < self._split_until else GAP_MS):
            found.append(("voice_ended", self._last))
            self._from = None
        if voice:
            if self._from is None:
                self._from, self._split_until = ms, 0
                found.append(("voice_started", ms))
            self._last = ms + FRAME_MS
        return found

    def end(self) -> Sequence[tuple[str, int]]:
        """The call is over."""
        return [] if self._from is None else [("voice_ended", self._last)]


class Call:
    """One call. `run` it once; `update` it meanwhile."""

    def __init__(self, record: CallRecord, plan: CallerPlan, network: Network) -> None:
        self.record = record
        self._network = network
        self._caller = Caller(plan)
        self._changes: asyncio.Queue[tuple[str, Document | None]] = asyncio.Queue()
        self._stream: MediaStream | None = None
        self._saying = self._leaving = False
        self._voice = Voice()
        self._heard, self._spoken = bytearray(), bytearray()
        self._late = 0.0
        self._ticking: asyncio.Task[None] | None = None
        self._reports: asyncio.Queue[tuple[str, float] | None] = asyncio.Queue()

    @property
    def ms(self) -> int:
        """Where the call's clock stands; 0 until it is answered."""
        return len(self._heard) // 8

    async def run(self) -> CallOutcome:
        """Ring, obey, and end; returns once the gateway was told of the end."""
        reporting = asyncio.create_task(self._report())
        self._tell("ringing")
        ended_by = "error"
        try:
            document = await self._ask(self._network.public_url + VOICE_PATH)
            while document is not None:
                ended_by, document = await self._until_changed(document)
        finally:
            if self._ticking is not None:
                self._ticking.cancel()
                await asyncio.wait({self._ticking})
            for what, ms in self._voice.end():
                self._note(what, ms=ms)
            self.record.ended = time.time()
            if self.record.status in ("ringing", "in-progress"):
                self.record.status = "completed"
            self._note("ended", by=ended_by, status=self.record.status)
            self._tell(self.record.status)
            self._reports.put_nowait(None)
            await reporting
        if self._ticking is not None and not self._ticking.cancelled():
            self._ticking.result()  # it raises what went wrong with it
        return self._outcome(ended_by)

    def end(self, by: str) -> None:
        """Hang up."""
        self._changes.put_nowait((by, None))

    async def go_on(self, url: str, twiml: str) -> None:
        """Leave what is under way for this TwiML, or for that of this address."""
        body = Document(self._network.public_url, twiml.encode())
        document = body if twiml else await self._ask(url)
        self._changes.put_nowait(("api", document))

    async def _until_changed(self, document: Document) -> tuple[str, Document | None]:
        """Obey a document until its end (gateway, None), or until something comes between."""
        obeying = asyncio.create_task(self._obey(document))
        changing = asyncio.create_task(self._changes.get())
        try:
            await asyncio.wait({obeying, changing}, return_when=asyncio.FIRST_COMPLETED)
            if obeying.done():
                return obeying.result(), None
            if self._stream is not None:
                self._leaving = True
                try:
                    await self._stream.stop()
                except TimeoutError:
                    self._note("stream_left_open")
            return changing.result()
        finally:
            self._leaving = False
            for task in (obeying, changing):
                task.cancel()
            await asyncio.gather(obeying, changing, return_exceptions=True)

    async def _obey(self, document: Document | None) -> str:
        """Carry out a document and what it leads to; who ended the call with that."""
        while document is not None:
            try:
                found = verbs(document.body, document.content_type)
            except TwimlError as exc:
                return self._fail(exc)
            here, document = document, None
            for verb in found:
                for words in mistakes(verb):
                    self._note("twiml_error", code=NOT_IN_SCHEMA, words=words)
                if verb.name == "Redirect":
                    document = await self._ask(urljoin(here.url, verb.text))
                    if document is None:
                        return "error"
                    break
                if not await self._carry_out(verb):
                    return "gateway"
        return "gateway"

    def _fail(self, exc: TwimlError) -> str:
        self._note("twiml_error", code=exc.code, words=str(exc))
        return "error"

    async def _carry_out(self, verb: Verb) -> bool:
        """Whether the call goes on after this."""
        if verb.name == "Reject" and self._ticking is None:
            busy = verb.attributes.get("reason") == "busy"
            self.record.status = "busy" if busy else "no-answer"
            return False
        if self._ticking is None and verb.name != "Pause":
            self._answer()
        match verb.name:
            case "Hangup":
                return False
            case "Pause":
                await asyncio.sleep(float(verb.attributes.get("length", "1")))
            case "Say":
                self._note("said", words=verb.text)
                self._saying = True
                await asyncio.sleep(len(verb.text) * SAID_MS / 1000)
                self._saying = False
            case "Connect":
                try:
                    await self._connect(verb)
                except TwimlError as exc:
                    self._note("twiml_error", code=exc.code, words=str(exc))
        return True

    def _answer(self) -> None:
        self.record.status, self.record.answered = "in-progress", time.time()
        self._note("answered")
        self._tell("in-progress")
        self._ticking = asyncio.create_task(self._tick())

    async def _connect(self, verb: Verb) -> None:
        """<Connect><Stream>: returns when the socket is closed, or could not be opened."""
        wanted = stream(verb)
        place = self._network.public_url.replace("http", "ws", 1) + "/"
        if not wanted.url.startswith(place):
            # Nobody but the gateway is ever connected to.
            raise TwimlError(HANDSHAKE, f"Stream - not the gateway's: {wanted.url}")
        target = f"{self._network.gateway_url}/{wanted.url.removeprefix(place)}"
        sid = "MZ" + uuid4().hex
        self._note("stream_opening", stream=sid, url=wanted.url)
        try:
            socket = await self._network.webhooks.connect(wanted.url, target)
        except (aiohttp.ClientError, TimeoutError) as exc:
            words = f"Stream - WebSocket - Handshake Error: {type(exc).__name__} {exc}"
            self._note("error", code=HANDSHAKE, words=words[:200])
            return
        account, call = self._network.account.sid, self.record.sid
        about = {"accountSid": account, "callSid": call, "customParameters": wanted.parameters}
        self._stream = MediaStream(socket, sid, about, self._note)
        self._note("stream_opened", stream=sid)
        code = None
        try:
            code = await self._stream.run()
        finally:
            self._stream = None
            self._note("stream_ended", stream=sid, code=code)
        if self._leaving:
            await asyncio.Event().wait()  # the next verb is not this document's to say

    async def _tick(self) -> None:
        """The call's clock: a frame each way every 20 ms, on a schedule that does not drift."""
        try:
            await self._keep_time()
        except Exception:
            self.end("error")
            raise

    async def _keep_time(self) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        while True:
            late = loop.time() - started - self.ms / 1000
            self._late = max(self._late, late)
            ms, media = self.ms, self._stream
            heard = media.hear() if media else SILENCE
            voice = self._saying or loud(heard)
            act = self._caller.tick(voice)
            self._heard += heard
            self._spoken += act.frame
            for what, at in self._voice.tick(voice, ms):
                self._note(what, ms=at)
            if act.keys or any(what == "caller_ended" for what, _ in act.notes):
                self._voice.split(ms)
            for what, detail in act.notes:
                at = ms + FRAME_MS if what == "caller_ended" else ms
                self._note(what, ms=at, name=detail)
            for key in act.keys:
                self._note("key", ms=ms, key=key)
                if media:
                    media.press(key)
            if media:
                media.speak(act.frame)
            if act.over:
                return self.end("caller")
            await asyncio.sleep(max(0.0, started + self.ms / 1000 - loop.time()))

    async def _ask(self, url: str) -> Document | None:
        """TwiML from the gateway, or from the fallback; None when there is none to be had."""
        form = voice_form(self.record, self._network.account)
        asked = [(url, form)]
        if self._network.fallback_url:
            failed = {"ErrorCode": str(UNREACHABLE), "ErrorUrl": url}
            asked.append((self._network.fallback_url, form | failed))
        for place, fields in asked:
            if not place.startswith(f"{self._network.public_url}/"):
                words = f"nobody but the gateway is asked: {place}"
                self._note("error", code=UNREACHABLE, words=words)
                continue
            target = self._network.gateway_url + place.removeprefix(self._network.public_url)
            answer = await self._network.webhooks.ask("voice", place, target, fields)
            if answer is not None and 200 <= answer.status < 300:
                return Document(place, answer.body, answer.content_type)
            status = "no answer" if answer is None else f"status {answer.status}"
            self._note("error", code=UNREACHABLE, words=f"{place}: {status}")
        return None

    def _tell(self, status: str) -> None:
        self._reports.put_nowait((status, time.time()))

    async def _report(self) -> None:
        """Status callbacks, one after the other."""
        number = 0
        url = self._network.public_url + STATUS_PATH
        target = self._network.gateway_url + STATUS_PATH
        while (report := await self._reports.get()) is not None:
            status, at = report
            form = progress_form(self.record, self._network.account, status, number, at)
            await self._network.webhooks.ask("status", url, target, form)
            number += 1

    def _note(self, what: str, *, ms: int | None = None, **details: object) -> None:
        if what in ("clear", "stream_opened"):
            self._voice.split(self.ms)
        at = self.ms if ms is None else ms
        self._network.ledger.record("call", sid=self.record.sid, what=what, ms=at, **details)

    def _outcome(self, ended_by: str) -> CallOutcome:
        return CallOutcome(
            sid=self.record.sid,
            status=self.record.status,
            ended_by=ended_by,
            seconds=self.ms / 1000,
            timeline=timeline(self._network.ledger, self.record.sid),
            heard=bytes(self._heard),
            spoken=bytes(self._spoken),
            late_ms=round(self._late * 1000),
        )


def timeline(ledger: Ledger, sid: str, after: int = 0) -> Sequence[Event]:
    """What happened in a call, in its own time: `what`, `ms` since the answer, and details."""
    found: list[Mapping[str, object]] = [
        event for event in ledger.events("call", after=after) if event["sid"] == sid
    ]
    return sorted(found, key=lambda event: int(str(event["ms"])))
