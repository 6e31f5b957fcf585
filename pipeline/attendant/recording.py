"""A spoken message, while it is being left."""

from pipeline.attendant.hearing import Hearing
from pipeline.attendant.mulaw import RATE

LONGEST_SECONDS = 120.0
QUIET_MS = 6000
"""So long a pause ends it."""
LEAST_SPEECH_MS = 300
"""Less is no message."""


class Recording:
    """From the end of the tone on."""

    def __init__(self, begins_at: float) -> None:
        self.begins_at = begins_at
        self._audio = bytearray()
        self._speech_ms = 0
        self._hearing = Hearing()

    @property
    def ends_at(self) -> float:
        """When it has lasted as long as it may."""
        return self.begins_at + LONGEST_SECONDS

    def take(self, audio: bytes) -> bool:
        """More of it; whether it is over, because nobody has spoken for a while."""
        self._audio += audio
        before = self._hearing.speech_ms
        self._hearing.hear(audio)
        self._speech_ms += max(0, self._hearing.speech_ms - before)
        return self._hearing.quiet_ms >= QUIET_MS

    def message(self) -> bytes:
        """What was said, as mu-law audio; empty if nobody spoke."""
        return bytes(self._audio) if self._speech_ms >= LEAST_SPEECH_MS else b""

    @property
    def seconds(self) -> int:
        """How long the message is; 0 if there is none."""
        message = self.message()
        return max(1, len(message) // RATE) if message else 0
