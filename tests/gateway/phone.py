"""A phone line for tests of calls: a carrier that asks, listens and says whatever it is told to.

It plays what it is sent at once and echoes every mark, so a call goes as fast as it can; unless
it is told to echo no more after a while, and then our voice stays audible.
"""

import asyncio
import json
import math
import re
import sys
from base64 import b64decode, b64encode
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from xml.etree import ElementTree

import aiohttp

from channels.signing import twilio_signature
from channels.twilio_voice import AFTER_PATH, MEDIA_PATH, RING_PATH, STATUS_PATH, TwilioVoice
from gateway import media, web
from realtime.speech import Speech
from tests.gateway.lines import ACCOUNT, NUMBER, TOKEN, sid, signed
from tests.storage.arrivals import DANA

VOICE = TwilioVoice(ACCOUNT, TOKEN, NUMBER)
PATIENCE_S = 10.0
LOUD, SILENT = b"\xb0\x30" * 80, b"\xff" * 160
"""20 ms of the caller."""

SPEAKER = """
import json, struct, sys
put = sys.stdout.buffer
put.write(struct.pack(">II", 0, 0)); put.flush()
for line in sys.stdin.buffer:
    order = json.loads(line)
    audio = b"\\xb0\\x30" * (20 * len(order["text"]))
    put.write(struct.pack(">II", order["number"], len(audio)) + audio); put.flush()
"""


def tone_speech():
    """The attendant's voice, but as a tone: 5 ms for each character."""
    return Speech(command=(sys.executable, "-S", "-E", "-c", SPEAKER), installed=lambda: True)


def call_sid(number):
    return sid(number, "CA")


def routes(texted=lambda: None):
    """What a worker serves of a phone line."""

    async def report(_delivery):
        return True

    handler = media.handler(VOICE, texted)
    return [
        *web.routes([], [VOICE], lambda _accepted: None, report),
        aiohttp.web.get(MEDIA_PATH, handler),
    ]


@dataclass(frozen=True)
class Told:
    """What a carrier was told to do with a call."""

    verbs: list[str]
    token: str
    said: str


def read_twiml(body):
    root = ElementTree.fromstring(body)
    parameter = root.find("Connect/Stream/Parameter")
    return Told(
        [verb.tag for verb in root],
        "" if parameter is None else parameter.attrib["value"],
        root.findtext("Say", ""),
    )


class Carrier:
    """Twilio, as far as a call of it goes; `client` reaches the worker."""

    def __init__(self, client, public_url):
        self._client, self._public_url = client, public_url
        self._session = client.session  # the client itself keeps all it was ever answered

    async def post(self, path, number=1, **fields):
        form = {"CallSid": call_sid(number), "AccountSid": ACCOUNT, **fields}
        asked = signed(self._public_url + path, form)
        return await self._session.post(self._client.make_url(path), **asked)

    async def ring(self, number=1, caller=DANA, **fields):
        response = await self.post(
            RING_PATH,
            number,
            **{"From": caller, "To": NUMBER, "CallStatus": "ringing", **fields},
        )
        assert response.status == 200
        return read_twiml(await response.text())

    async def after(self, number=1):
        response = await self.post(AFTER_PATH, number, CallStatus="in-progress")
        assert response.status == 200
        return read_twiml(await response.text())

    async def report(self, status, number=1, **fields):
        return await self.post(STATUS_PATH, number, CallStatus=status, **fields)

    async def open(self, *, signature=None):
        """A media socket that has said nothing yet."""
        url = re.sub("^http", "ws", self._public_url) + MEDIA_PATH
        given = twilio_signature(TOKEN, url) if signature is None else signature
        headers = {"X-Twilio-Signature": given} if given else {}
        address = self._client.make_url(MEDIA_PATH)
        return Line(await self._session.ws_connect(address, headers=headers, max_msg_size=0))

    @asynccontextmanager
    async def connected(self, number=1, token=None, **about):
        """A media socket that says all that a socket should, for the call that rang."""
        line = await self.open()
        try:
            await line.start(number, (await self.ring(number)).token if token is None else token)
            line.listen(**about)
            yield line
        finally:
            await line.close()


@dataclass
class Line:
    """The carrier's end of one media socket."""

    socket: aiohttp.ClientWebSocketResponse
    heard: bytearray = field(default_factory=bytearray)
    clears: int = 0
    marks: list[str] = field(default_factory=list)
    stream: str = "MZ" + "b" * 32
    _echo_ms: float = math.inf
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _listening: asyncio.Task | None = None

    async def tell(self, event, /, **part):
        message = {"event": event, "sequenceNumber": "1", event: part, "streamSid": self.stream}
        await self.socket.send_str(json.dumps(message, separators=(",", ":")))

    async def start(self, number=1, token="", **changes):
        await self.socket.send_str('{"event":"connected","protocol":"Call","version":"1.0.0"}')
        part = {
            "accountSid": ACCOUNT,
            "callSid": call_sid(number),
            "streamSid": self.stream,
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {"token": token},
            **changes,
        }
        await self.tell("start", **part)

    async def say(self, *frames):
        for frame in frames:
            payload = b64encode(frame).decode()
            await self.tell("media", track="inbound", chunk="1", timestamp="0", payload=payload)

    async def speak(self):
        """A short turn of the caller's, with the silence that ends it."""
        await self.say(*[LOUD] * 20, *[SILENT] * 40)

    async def press(self, digits):
        for digit in digits:
            await self.tell("dtmf", track="inbound_track", digit=digit)

    async def hang_up(self):
        """As a caller does: a stop, then the socket is closed."""
        await self.tell("stop", accountSid=ACCOUNT, callSid=call_sid(1))
        await self.close()

    def listen(self, *, echo_ms=math.inf):
        """From now on take what comes. Marks are echoed at once, for so many ms of our voice."""
        self._echo_ms = echo_ms
        self._listening = asyncio.create_task(self._listen())

    async def until(self, look):
        """Once `look(self)` holds."""
        async with asyncio.timeout(PATIENCE_S):
            while not look(self):
                self._changed.clear()
                await self._changed.wait()

    async def heard_ms(self, ms):
        await self.until(lambda line: len(line.heard) >= 8 * ms)

    async def closed(self):
        """The code the other side closes it with."""
        async with asyncio.timeout(PATIENCE_S):
            if self._listening is None:
                await self._listen()
            else:
                await self._listening
        return self.socket.close_code

    async def close(self):
        with suppress(ConnectionError):
            await self.socket.close()
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait({self._listening})

    async def _listen(self):
        async for message in self.socket:
            told = json.loads(message.data)
            assert told["streamSid"] == self.stream
            match told["event"]:
                case "media":
                    self.heard += b64decode(told["media"]["payload"])
                case "mark":
                    self.marks.append(told["mark"]["name"])
                    if len(self.heard) <= 8 * self._echo_ms:
                        with suppress(ConnectionError):
                            await self.tell("mark", name=told["mark"]["name"])
                case "clear":
                    self.clears += 1
            self._changed.set()


async def eventually(look, seconds=PATIENCE_S):
    """What `look` finds, asked again and again: for what only a database can tell."""
    async with asyncio.timeout(seconds):
        while not (found := await look()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return found


async def the_call(pool, number=1):
    """Its row."""
    return await pool.fetchrow("SELECT * FROM calls WHERE provider_id = $1", call_sid(number))


async def settled(pool, number=1):
    """Its row, once no worker holds its audio."""

    async def look():
        row = await the_call(pool, number)
        return row if row["worker"] is None and row["streams"] else None

    return await eventually(look)


def counted(metric, *labels):
    """A counter's value."""
    return (metric.labels(*labels) if labels else metric)._value.get()
