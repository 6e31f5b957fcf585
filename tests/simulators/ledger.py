"""What a simulator did and saw, in order: the evidence that a run is judged by."""

import asyncio
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, TypeVar

Event = Mapping[str, object]
"""`seq` counts from 1 without gaps, `at` is Unix time in seconds, `kind` says what happened."""

Found = TypeVar("Found")


class Ledger:
    """Events, only ever added; with a file they outlive the process (one JSON object a line)."""

    def __init__(self, file: Path | None = None) -> None:
        self._events: list[Event] = []
        self._changed = asyncio.Event()
        self._file = None
        if file is not None:
            handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
            self._file = open(handle, "r+b")  # noqa: SIM115 - closed by close()
            self._read_back(self._file)

    def record(self, kind: str, **details: object) -> Event:
        """Add an event and wake whoever waits."""
        event = {"seq": len(self._events) + 1, "at": time.time(), "kind": kind, **details}
        self._events.append(event)
        if self._file is not None:
            self._file.write(json.dumps(event).encode() + b"\n")
            self._file.flush()
        self._changed.set()
        self._changed = asyncio.Event()
        return event

    def events(self, *kinds: str, after: int = 0) -> Sequence[Event]:
        """Events of these kinds (all kinds if none is given) with a `seq` beyond `after`."""
        return [event for event in self._events[after:] if not kinds or event["kind"] in kinds]

    async def wait_for(self, look: Callable[[], Found | None], seconds: float) -> Found | None:
        """What `look` finds, as soon as it finds something; None after so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                while (found := look()) is None:
                    await self._changed.wait()
                return found
        except TimeoutError:
            return None

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            self._file.close()

    def _read_back(self, file: BinaryIO) -> None:
        whole = 0
        for line in file:
            try:
                event = json.loads(line)
            except ValueError:
                break  # the process died while writing it
            self._events.append(event)
            whole += len(line)
        file.truncate(whole)
        file.seek(whole)
