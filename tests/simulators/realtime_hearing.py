"""What a simulated model hears: when somebody speaks, and which of the recordings it is.

Time here is the audio's own, 8 bytes to a millisecond: a caller who is sent late has not spoken
late. Recordings are known by their bytes, which no carrier changes on a line that is mu-law from
end to end; a few of them that came through are enough.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.simulators.twilio_sound import LOUDNESS, from_wav

CALLER = Path(__file__).parent.parent / "samples" / "caller"

FRAME = 160
"""Bytes in 20 ms."""
LOUD = 300
"""Mean amplitude, of 32,124, from which a frame counts as speech."""
STARTS_MS = 60
SPOTS, SPOT_BYTES, SPOTS_ENOUGH = 24, 48, 3


def level(frame: bytes) -> float:
    """Mean amplitude."""
    return sum(map(LOUDNESS.__getitem__, frame)) / max(1, len(frame))


@dataclass(frozen=True, slots=True)
class Began:
    """Somebody speaks. `at_ms` is where the audio that counts begins, prefix included."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The speech is over, and so was the silence it takes to say so."""

    at_ms: int
    audio: bytes


class Ear:
    """Finds speech in a stream of mu-law: loud for 60 ms begins it, silence ends it."""

    def __init__(self) -> None:
        self.prefix_ms, self.silence_ms = 300, 500
        self.on = True
        """Off: everything is kept until it is taken."""
        self._rest = b""
        self._kept = bytearray()
        self._loud_ms = self._quiet_ms = self._ms = 0
        self._speaking = False

    @property
    def kept_ms(self) -> int:
        """How much is in the buffer."""
        return (len(self._kept) + len(self._rest)) // 8

    def hear(self, audio: bytes) -> Sequence[Began | Ended]:
        """What begins or ends in the next piece, of any length."""
        found: list[Began | Ended] = []
        audio = self._rest + audio
        whole = len(audio) - len(audio) % FRAME
        self._rest = audio[whole:]
        for start in range(0, whole, FRAME):
            self._hear_frame(audio[start : start + FRAME], found)
        return found

    def take(self) -> bytes:
        """Everything in the buffer, which is empty then."""
        audio = bytes(self._kept) + self._rest
        self._kept.clear()
        self._rest, self._speaking, self._loud_ms, self._quiet_ms = b"", False, 0, 0
        return audio

    def _hear_frame(self, frame: bytes, found: list[Began | Ended]) -> None:
        self._ms += 20
        self._kept += frame
        if not self.on:
            return
        loud = level(frame) >= LOUD
        if not self._speaking:
            del self._kept[: -8 * (self.prefix_ms + STARTS_MS)]
            self._loud_ms = self._loud_ms + 20 if loud else 0
            if self._loud_ms >= STARTS_MS:
                self._speaking, self._quiet_ms = True, 0
                found.append(Began(self._ms - len(self._kept) // 8))
            return
        self._quiet_ms = 0 if loud else self._quiet_ms + 20
        if self._quiet_ms >= self.silence_ms:
            rest, self._rest = self._rest, b""
            found.append(Ended(self._ms, self.take()))
            self._rest = rest


@dataclass(frozen=True, slots=True)
class Recording:
    """One that a caller may play."""

    name: str
    transcript: str
    audio: bytes
    spots: Sequence[bytes]
    """Pieces of it by which it is known."""


class Recordings:
    """Every recording of a folder, with `transcripts.json` beside them."""

    def __init__(self, folder: Path = CALLER) -> None:
        transcripts = json.loads((folder / "transcripts.json").read_text("utf-8"))
        self.by_name: Mapping[str, Recording] = {
            Path(file).stem: _recording(folder / file, text) for file, text in transcripts.items()
        }

    def recognise(self, audio: bytes) -> Recording | None:
        """The one that most of is in there; None if hardly anything of any is."""
        scores = {
            name: sum(spot in audio for spot in each.spots) for name, each in self.by_name.items()
        }
        best = max(scores, key=scores.__getitem__)
        return self.by_name[best] if scores[best] >= SPOTS_ENOUGH else None


def _recording(file: Path, transcript: str) -> Recording:
    audio = from_wav(file.read_bytes())
    loud = [
        start
        for start in range(0, len(audio) - FRAME, FRAME)
        if level(audio[start : start + FRAME]) >= LOUD
    ]
    step = max(1, len(loud) // SPOTS)
    spots = [audio[start : start + SPOT_BYTES] for start in loud[::step]]
    return Recording(file.stem, transcript, audio, spots)
