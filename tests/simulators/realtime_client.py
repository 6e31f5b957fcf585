"""A client of the Realtime API that only talks, for the simulator's own tests."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from tests.simulators.realtime import RealtimeSimulator

PCMU = {"type": "audio/pcmu"}
SILENCE = b"\xff" * 160
SESSION: Mapping[str, Any] = {
    "type": "realtime",
    "output_modalities": ["audio"],
    "instructions": "Be kind.",
    "audio": {
        "input": {
            "format": PCMU,
            "transcription": {"model": "gpt-transcribe", "language": "en"},
            "turn_detection": {
                "type": "semantic_vad",
                "create_response": False,
                "interrupt_response": False,
            },
        },
        "output": {"format": PCMU, "voice": "marin"},
    },
}

Event = Mapping[str, Any]


class Client:
    """One connection; `seen` has every event it was sent."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.seen: list[Event] = []
        self.audio: dict[str, bytes] = {}
        """By item."""

    async def send(self, event_type: str, **fields: Any) -> None:
        await self.socket.send_json({"type": event_type, **fields})

    async def hear(self, audio: bytes) -> None:
        """Frame by frame, as a carrier brings it, and a second of silence after it."""
        audio += SILENCE * 50
        for start in range(0, len(audio), 160):
            frame = base64.b64encode(audio[start : start + 160]).decode()
            await self.send("input_audio_buffer.append", audio=frame)

    async def until(self, *event_types: str, seconds: float = 5.0) -> Event:
        """The next event of one of these types. Fails when none comes."""
        async with asyncio.timeout(seconds):
            while True:
                message = await self.socket.receive()
                assert message.type is WSMsgType.TEXT, (message, self.types[-5:])
                event = json.loads(message.data)
                self.seen.append(event)
                if event["type"] == "response.output_audio.delta":
                    item = event["item_id"]
                    more = base64.b64decode(event["delta"], validate=True)
                    self.audio[item] = self.audio.get(item, b"") + more
                if event["type"] in event_types:
                    return event

    async def closed(self, seconds: float = 5.0) -> int | None:
        """The code the connection is closed with; what comes before it is passed over."""
        async with asyncio.timeout(seconds):
            while (await self.socket.receive()).type is WSMsgType.TEXT:
                pass
        return self.socket.close_code

    async def answer(self, **response: Any) -> Event:
        """Ask for a response and wait for its end: its `response`."""
        await self.send("response.create", response=response)
        return (await self.until("response.done"))["response"]  # type: ignore[no-any-return]

    async def types_until(self, event_type: str) -> Sequence[str]:
        before = len(self.seen)
        await self.until(event_type)
        return self.types[before:]

    @property
    def types(self) -> Sequence[str]:
        return [event["type"] for event in self.seen]

    def said(self, response: Event) -> str:
        """A response's words."""
        return " ".join(
            content["transcript"]
            for item in response["output"]
            if item["type"] == "message"
            for content in item["content"]
        )


@asynccontextmanager
async def connected(
    simulator: RealtimeSimulator, *, session: Mapping[str, Any] | None = SESSION
) -> AsyncIterator[Client]:
    """A client whose session is as it wants it; None: as it was created."""
    async with (
        ClientSession() as http,
        http.ws_connect(f"{simulator.url}?model=gpt-realtime-2.1") as socket,
    ):
        client = Client(socket)
        await client.until("session.created")
        if session is not None:
            await client.send("session.update", session=session)
            await client.until("session.updated")
        yield client


def text_item(role: str, text: str, **more: Any) -> dict[str, Any]:
    """A message, as a client writes it."""
    kind = "output_text" if role == "assistant" else "input_text"
    content = [{"type": kind, "text": text}]
    return {"type": "message", "role": role, "content": content, **more}
