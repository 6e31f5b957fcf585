"""The voices of a simulated model: a tone for tests, which is quick, or speech for practice."""

import asyncio
import json
import math
from contextlib import AbstractAsyncContextManager
from itertools import count
from typing import Any, Protocol, Self

SPEECH_SECONDS = 20.0


class Speaks(Protocol):
    """A voice: words in, mu-law out, all of it."""

    async def speak(self, text: str) -> bytes: ...


class Voice(Speaks, AbstractAsyncContextManager["Voice"], Protocol):
    """One that has to be started and stopped."""


def encoded(sample: int) -> int:
    """One mu-law byte of a sample of 16 bits (ITU-T G.711)."""
    sign, size = (0x80 if sample < 0 else 0), min(abs(sample), 32_635) + 0x84
    exponent = size.bit_length() - 8
    return ~(sign | exponent << 4 | size >> exponent + 3 & 0x0F) & 0xFF


class Tone:
    """A note of 400 Hz, as long as the words would take."""

    PERIOD = bytes(encoded(int(8000 * math.sin(2 * math.pi * n / 20))) for n in range(20))

    def __init__(self, ms_per_character: int = 60) -> None:
        self._ms = ms_per_character

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        return None

    async def speak(self, text: str) -> bytes:
        """Whole frames of 20 ms, at least one."""
        frames = max(1, -(-len(text) * self._ms // 20))
        return self.PERIOD * (8 * frames)


class Spoken:
    """Real speech, from the same synthesiser the built-in attendant speaks with."""

    async def __aenter__(self) -> Self:
        # Only here: it wants its optional dependency, and tests with tones do without.
        from realtime.speech import Speech  # noqa: PLC0415

        self._speech: Any = Speech()
        self._instead = None if await self._speech.start() else Tone()
        """Where no speech is installed."""
        self._parts: dict[str, bytearray] = {}
        self._done: dict[str, asyncio.Future[None]] = {}
        self._numbers = count(1)
        self._voice = self._speech.open(self._received)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._voice.close()
        await self._speech.close()

    async def speak(self, text: str) -> bytes:
        """Raises TimeoutError or RuntimeError when the words do not come."""
        if self._instead:
            return await self._instead.speak(text)
        number = f"u{next(self._numbers)}"
        done = self._done[number] = asyncio.get_running_loop().create_future()
        self._parts[number] = bytearray()
        self._voice.send(json.dumps({"id": number, "text": text}))
        try:
            async with asyncio.timeout(SPEECH_SECONDS):
                await done
            return bytes(self._parts[number])
        finally:
            del self._done[number], self._parts[number]

    def _received(self, data: bytes) -> None:
        header, _, audio = data.partition(b"\n")
        said = json.loads(header)
        number = said["id"]
        if number not in self._done or self._done[number].done():
            return
        self._parts[number] += audio
        if said.get("error"):
            self._done[number].set_exception(RuntimeError(str(said["error"])))
        elif said["done"]:
            self._done[number].set_result(None)
