"""The attendant's voice, for all calls of a worker: one child process speaks, and what it has
spoken is kept.

Hard here: calls share the child, so each has one sentence in its queue at a time and none waits
behind another's monologue; the child may die or hang, so what it owes is asked of the next one,
and given up when that dies of it too. Nothing is said within `send`: whoever sends is in the
middle of something.
"""

import asyncio
import json
import re
import sys
from asyncio.subprocess import PIPE, Process
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from realtime.speaking import FRAME, available

COMMAND = (sys.executable, "-m", "realtime.speaking")
PIECE_BYTES = 3200
"""400 ms: what is handed over at once."""
TEXT_LIMIT = 4000
"""Characters of one utterance; what is beyond them is not said."""
SENTENCE_LIMIT = 300
CACHE_BYTES = 8 << 20
"""Over a quarter of an hour of sentences."""
PATIENCE_SECONDS = 5.0
"""For one sentence, which takes milliseconds, or for a child to start."""
TRIES = 2
"""How many children may die of a sentence."""
REST_SECONDS = 1.0
"""Between two starts, where the first ended soon."""

Spoken = Callable[[bytes], None]


@dataclass(slots=True)
class _Wanted:
    text: str
    waiting: list[Spoken]
    tries: int = 0


class Speech:
    """The voice. Start it once a worker, open a Voice for each call, close it at the end."""

    def __init__(
        self,
        *,
        command: Sequence[str] = COMMAND,
        installed: Callable[[], bool] = available,
        failed: Callable[[str], None] = lambda reason: None,
        patience_seconds: float = PATIENCE_SECONDS,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        """`failed` is told, in a word or two, whenever the child ends that should not."""
        self._command = command
        self._installed = installed
        self._failed = failed
        self._patience_seconds = patience_seconds
        self._cache = _Cache(cache_bytes)
        self._wanted: dict[int, _Wanted] = {}
        self._by_text: dict[str, _Wanted] = {}
        self._number = 0
        self._process: Process | None = None
        """Set while the child takes orders."""
        self._ready = asyncio.Event()
        self._watch: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def installed(self) -> bool:
        """Whether there can be a voice at all."""
        return self._installed()

    async def start(self) -> bool:
        """Start the child; whether there is a voice now. Without one every utterance is answered
        by an error, at once where none is installed."""
        if self._task is None and self._installed():
            self._task = asyncio.create_task(self._keep_alive())
        if self._task is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ready.wait(), self._patience_seconds)
        return self._ready.is_set()

    async def close(self) -> None:
        """End the child; every utterance still wanted is answered by an error."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        for wanted in list(self._wanted.values()):
            self._answer(wanted, b"")
        self._wanted.clear()

    def open(self, received: Spoken) -> "Voice":
        """A call's wire to the voice; `received` gets what it says."""
        return Voice(self, received)

    def say(self, sentence: str, spoken: Spoken) -> None:
        """Have one sentence spoken; `spoken` is called later, with b"" if it cannot be."""
        loop = asyncio.get_running_loop()
        kept = self._cache.get(sentence)
        if kept or self._task is None:
            loop.call_soon(spoken, kept)
        elif sentence in self._by_text:
            self._by_text[sentence].waiting.append(spoken)
        else:
            self._number += 1
            wanted = self._by_text[sentence] = _Wanted(sentence, [spoken])
            self._wanted[self._number] = wanted
            self._ask(self._number, wanted)

    def _ask(self, number: int, wanted: _Wanted) -> None:
        if self._process is None or self._process.stdin is None:
            return  # the next child is asked when it is ready
        if len(self._wanted) == 1:
            self._watch_closely()
        if not self._process.stdin.is_closing():
            order = json.dumps({"number": number, "text": wanted.text}) + "\n"
            self._process.stdin.write(order.encode())

    def _answer(self, wanted: _Wanted, audio: bytes) -> None:
        self._by_text.pop(wanted.text, None)
        loop = asyncio.get_running_loop()
        for spoken in wanted.waiting:
            loop.call_soon(spoken, audio)

    def _watch_closely(self) -> None:
        """From now on the child has so long for its next frame; for ever if it owes none."""
        if self._watch is not None:
            self._watch.cancel()
        self._watch = None
        if self._process is not None and self._wanted:
            loop = asyncio.get_running_loop()
            self._watch = loop.call_later(self._patience_seconds, _kill, self._process)

    async def _keep_alive(self) -> None:
        """One child after another."""
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            try:
                await self._run()
            except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
                self._failed(type(error).__name__)
            for number, wanted in list(self._wanted.items()):
                wanted.tries += 1
                if wanted.tries >= TRIES:
                    del self._wanted[number]
                    self._answer(wanted, b"")
            if loop.time() - started < REST_SECONDS:
                await asyncio.sleep(REST_SECONDS)

    async def _run(self) -> None:
        """One child, from its start to its end; always raises."""
        home = str(Path(__file__).parents[1])
        process = await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, stdout=PIPE, cwd=home, start_new_session=True
        )
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            async with asyncio.timeout(self._patience_seconds):
                await process.stdout.readexactly(FRAME.size)
            self._process = process
            self._ready.set()
            for number, wanted in self._wanted.items():
                self._ask(number, wanted)
            self._watch_closely()
            while True:
                await self._take_frame(process.stdout)
        finally:
            self._process = None
            self._watch_closely()
            process.stdin.close()
            _kill(process)
            await process.wait()

    async def _take_frame(self, stdout: asyncio.StreamReader) -> None:
        number, length = FRAME.unpack(await stdout.readexactly(FRAME.size))
        audio = await stdout.readexactly(length)
        wanted = self._wanted.pop(number, None)
        self._watch_closely()
        if wanted is not None:
            self._cache.put(wanted.text, audio)
            self._answer(wanted, audio)


def _kill(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()


@dataclass(slots=True)
class _Utterance:
    id: str
    left: deque[str] = field(default_factory=deque)


class Voice:
    """One call's wire to the voice.

    What is sent is JSON: {"id", "text"} to say something after all that was asked before, or
    {"stop": id} to stop saying it. What is received is a line of JSON, {"id", "done", "error"?},
    and after it at most 400 ms of mu-law audio; "done" comes once for each id not stopped.
    """

    def __init__(self, speech: Speech, received: Spoken) -> None:
        self._speech = speech
        self._received = received
        self._queue: deque[_Utterance] = deque()
        self._busy = False

    def send(self, data: str) -> None:
        """Take an order. Raises ValueError or KeyError where it is none."""
        order = json.loads(data)
        if "stop" in order:
            self._queue = deque(each for each in self._queue if each.id != order["stop"])
            return
        text = order["text"][:TEXT_LIMIT]
        self._queue.append(_Utterance(order["id"], deque(sentences(text) or [""])))
        self._go_on()

    def close(self) -> None:
        """Say no more, and tell nobody."""
        self._queue.clear()

    def _go_on(self) -> None:
        if self._queue and not self._busy:
            self._busy = True
            utterance = self._queue[0]
            self._speech.say(utterance.left[0], lambda audio: self._spoken(utterance, audio))

    def _spoken(self, utterance: _Utterance, audio: bytes) -> None:
        self._busy = False
        if self._queue and self._queue[0] is utterance:
            utterance.left.popleft()
            error = "" if audio else "not spoken"
            done = not utterance.left or bool(error)
            if done:
                self._queue.popleft()
            self._hand_over(utterance.id, audio, done=done, error=error)
        self._go_on()

    def _hand_over(self, id_: str, audio: bytes, *, done: bool, error: str) -> None:
        for start in range(0, max(1, len(audio)), PIECE_BYTES):
            last = start + PIECE_BYTES >= len(audio)
            head = {"id": id_, "done": done and last} | ({"error": error} if error else {})
            piece = audio[start : start + PIECE_BYTES]
            self._received(json.dumps(head).encode() + b"\n" + piece)


def sentences(text: str) -> list[str]:
    """A text as what is spoken in one breath, in order; a long sentence is cut at a word."""
    found = []
    for sentence in re.split(r"(?<=[.!?])\s+", text.strip()):
        rest = sentence
        while len(rest) > SENTENCE_LIMIT:
            cut = rest.rfind(" ", 1, SENTENCE_LIMIT)
            cut = cut if cut > 0 else SENTENCE_LIMIT
            found.append(rest[:cut])
            rest = rest[cut:].strip()
        if rest:
            found.append(rest)
    return found


class _Cache:
    """What was spoken, by its words; the least recently wanted goes first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    def get(self, text: str) -> bytes:
        audio = self._kept.get(text, b"")
        if audio:
            self._kept.move_to_end(text)
        return audio

    def put(self, text: str, audio: bytes) -> None:
        if not audio:
            return
        self._size += len(audio) - len(self._kept.pop(text, b""))
        self._kept[text] = audio
        while self._size > self._limit:
            self._size -= len(self._kept.popitem(last=False)[1])
