"""The attendant's voice: eSpeak NG, in a process of its own.

    python -m realtime.speaking

Hard here: the library is GPL-3 and may crash, so it shares no process with the rest; it may write
to standard output, which is our wire. A line of JSON in, {"number", "text"}; a frame out for each:
number and length as 32-bit big-endian integers, then mu-law audio. A frame of number 0 comes first
and says that we are ready. An empty frame says that a text could not be spoken. It ends when its
standard input does, so it cannot outlive whoever started it.
"""

import ctypes
import json
import os
import struct
import sys
from importlib.util import find_spec
from typing import Any

import numpy as np

from pipeline.attendant.mulaw import encode
from realtime.telephone import to_telephone

FRAME = struct.Struct(">II")
"""Number of the text, bytes of audio that follow."""

_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: samples come to our callback, nothing is played
_DONT_EXIT = 0x8000
_FLAGS = 0x1001  # the text is UTF-8; keep the pause after its last sentence
_MANNER = ((1, 165), (2, 90), (3, 45))
"""Words a minute, loudness, pitch."""
_LOUDEST = 20_000
"""Of 32,767: what the loudest sample of an utterance comes to."""

_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class Speaker:
    """The library, set up. There can be one in a process."""

    def __init__(self) -> None:
        import espeakng_loader  # noqa: PLC0415 - an optional extra

        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = os.fsencode(espeakng_loader.get_data_path())
        self._rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, data, _DONT_EXIT)
        if self._rate <= 0 or self._library.espeak_SetVoiceByName(b"en-us") != 0:
            raise RuntimeError("eSpeak NG does not start")
        for parameter, value in _MANNER:
            self._library.espeak_SetParameter(parameter, value, 0)
        self._pieces: list[bytes] = []
        self._callback = _CALLBACK(self._take)  # must live as long as the library may call it
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str) -> bytes:
        """A text as mu-law audio; empty if the library cannot."""
        self._pieces.clear()
        data = text.replace("\0", " ").encode("utf-8", "replace")
        size = ctypes.c_size_t(len(data) + 1)
        failed = self._library.espeak_Synth(data, size, 0, 1, 0, _FLAGS, None, None)
        samples = np.frombuffer(b"".join(self._pieces), np.int16)
        if failed or not len(samples):
            return b""
        loudest = max(1, int(np.abs(samples.astype(np.int32)).max()))
        even = (samples * np.float32(min(4.0, _LOUDEST / loudest))).astype(np.int16)
        return encode(to_telephone(even, self._rate))

    def _take(self, wave: Any, count: int, _: Any) -> int:
        if wave and count:
            self._pieces.append(ctypes.string_at(wave, count * 2))
        return 0


def available() -> bool:
    """Whether the voice is installed: the extra "embedded" brings it."""
    return find_spec("espeakng_loader") is not None


def main() -> None:
    """Speak until standard input ends."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        speaker = Speaker()
        speaker.speak("ready")  # the first takes longest
        out.write(FRAME.pack(0, 0))
        out.flush()
        for line in sys.stdin.buffer:
            order = json.loads(line)
            audio = speaker.speak(order["text"])
            out.write(FRAME.pack(order["number"], len(audio)) + audio)
            out.flush()


if __name__ == "__main__":
    try:
        main()
    except (BrokenPipeError, KeyboardInterrupt):
        sys.exit(0)
