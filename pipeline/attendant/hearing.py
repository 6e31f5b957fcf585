"""Whether somebody speaks on the line: enough to tell them to use the keys, or that a message has
come to its end. No word is understood here.
"""

import numpy as np
import webrtcvad

from pipeline.attendant.mulaw import RATE, decode

FRAME_MS = 20
FRAME_BYTES = RATE * FRAME_MS // 1000
SPEECH_MS = 400
"""Less is a cough, or our own voice coming back."""
QUIET_MS = 700
"""So long a pause ends what was said."""
_LOUD = 300
"""Of 32,767, on average over a frame: softer is the room."""
_STRICTEST = 3


class Hearing:
    """Speech in one stream of mu-law audio."""

    def __init__(self) -> None:
        self._vad = webrtcvad.Vad(_STRICTEST)
        self._rest = b""
        self.speech_ms = 0
        """Of what is being said, its pauses left out."""
        self.quiet_ms = 0
        """Since then."""

    def reset(self) -> None:
        """Forget what was heard."""
        self._rest = b""
        self.speech_ms = self.quiet_ms = 0

    def hear(self, audio: bytes) -> bool:
        """Take in audio of any length; whether something said has just come to its end."""
        audio = self._rest + audio
        whole = len(audio) - len(audio) % FRAME_BYTES
        self._rest = audio[whole:]
        ended = False
        for start in range(0, whole, FRAME_BYTES):
            ended |= self._frame(audio[start : start + FRAME_BYTES])
        return ended

    def _frame(self, frame: bytes) -> bool:
        samples = decode(frame)
        loud = np.abs(samples).sum() > _LOUD * FRAME_BYTES
        if loud and self._vad.is_speech(samples.tobytes(), RATE):
            self.speech_ms += FRAME_MS
            self.quiet_ms = 0
            return False
        self.quiet_ms += FRAME_MS
        if self.quiet_ms == QUIET_MS and self.speech_ms < SPEECH_MS:
            self.speech_ms = 0
        return self.quiet_ms == QUIET_MS and self.speech_ms > 0
