"""A caller by plan: speaks, presses keys, listens, breaks in, hangs up. One step every 20 ms.

Hard is that a caller acts on what is heard, not on what was sent: a turn begins when our voice
has been quiet for a while, or so many seconds into it. All of it is counted in frames, so that a
plan can be tried without a line.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.simulators.twilio_sound import FRAME_BYTES, FRAME_MS, SILENCE, from_wav

KEYS = frozenset("0123456789*#ABCD")
KEY_GAP_MS = 250
SOME_VOICE_MS = 300
"""Less than that is the rest of what was said before."""
LONGEST_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Speak:
    audio: bytes = field(repr=False)
    """G.711 mu-law."""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Press:
    keys: str


@dataclass(frozen=True, slots=True)
class Listen:
    """Until our voice has been heard and has ended."""


@dataclass(frozen=True, slots=True)
class BreakIn:
    """Until our voice has been heard for so long; the next step then begins, whoever speaks."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Pause:
    seconds: float


@dataclass(frozen=True, slots=True)
class HangUp:
    """At once. At the end of a plan it need not be said."""


Step = Speak | Press | Listen | BreakIn | Pause | HangUp


@dataclass(frozen=True, slots=True)
class CallerPlan:
    """What a caller does, in order; after the last turn its answer is heard out."""

    steps: Sequence[Step]
    max_seconds: float = 120.0
    """When the caller has had enough, whatever happens."""
    quiet_seconds: float = 0.7
    """Our voice has ended when it has been quiet for so long."""
    patience_seconds: float = 15.0
    """How long a voice is waited for that does not come."""


@dataclass(frozen=True, slots=True)
class Act:
    """What a caller does within one frame."""

    frame: bytes = SILENCE
    keys: str = ""
    over: bool = False
    notes: Sequence[tuple[str, str]] = ()
    """(what, detail): caller_started, caller_ended, gave_up."""


class Caller:
    """Carries out a plan. Call `tick` once a frame."""

    def __init__(self, plan: CallerPlan) -> None:
        steps = [*plan.steps]
        if not steps or isinstance(steps[-1], Speak | Press | BreakIn):
            steps.append(Listen())
        self._steps = [*steps, HangUp()]
        self._plan = plan
        self._ms, self._since = 0, FRAME_MS
        self._voice_from: int | None = None
        self._voice_last = self._voiced_ms = 0

    def tick(self, voice: bool) -> Act:
        """The next frame, given whether our voice is in the one just heard."""
        self._ms += FRAME_MS
        if voice:
            self._voice_from = self._ms if self._voice_from is None else self._voice_from
            self._voice_last = self._ms
            self._voiced_ms += FRAME_MS
        if self._ms > self._plan.max_seconds * 1000:
            return Act(over=True, notes=[("gave_up", "the call took too long")])
        notes: list[tuple[str, str]] = []
        while self._waited_enough(notes):
            self._next()
        match self._steps[0]:
            case Speak() as turn:
                return self._speak(turn, notes)
            case Press(keys):
                number, rest = divmod(self._ms - self._since, KEY_GAP_MS)
                due = keys[number : number + 1] if rest < FRAME_MS else ""
                return Act(keys=due, notes=notes)
            case HangUp():
                return Act(over=True, notes=notes)
        return Act(notes=notes)

    def _speak(self, turn: Speak, notes: list[tuple[str, str]]) -> Act:
        at = (self._ms - self._since) // FRAME_MS * FRAME_BYTES
        if at == 0:
            notes.append(("caller_started", turn.name))
        frame = turn.audio[at : at + FRAME_BYTES]
        if at + FRAME_BYTES >= len(turn.audio):
            notes.append(("caller_ended", turn.name))
            self._next()
            self._since = self._ms + FRAME_MS
        return Act(frame=frame.ljust(FRAME_BYTES, b"\xff"), notes=notes)

    def _waited_enough(self, notes: list[tuple[str, str]]) -> bool:
        """Whether a step that waits is over."""
        waited = self._ms - self._since
        match self._steps[0]:
            case Pause(seconds):
                return waited >= seconds * 1000
            case Press(keys):
                again = len(self._steps) > 1 and isinstance(self._steps[1], Press)
                return waited >= (len(keys) - 1 + again) * KEY_GAP_MS + FRAME_MS
            case Listen() | BreakIn() as step:
                quiet = self._ms - self._voice_last >= self._plan.quiet_seconds * 1000
                if quiet and self._voiced_ms < SOME_VOICE_MS:
                    self._voice_from, self._voiced_ms = None, 0
                if self._voice_from is None:
                    if waited >= self._plan.patience_seconds * 1000:
                        notes.append(("gave_up", "no voice was heard"))
                        return True
                    return False
                if quiet:
                    if isinstance(step, BreakIn):
                        notes.append(("gave_up", "the voice ended before it was broken into"))
                    return True
                return (
                    isinstance(step, BreakIn) and self._ms - self._voice_from >= step.seconds * 1000
                )
        return False

    def _next(self) -> None:
        self._steps.pop(0)
        self._since = self._ms
        self._voice_from, self._voiced_ms = None, 0


def plan_from_json(asked: Mapping[str, Any]) -> CallerPlan:
    """A plan from `{"steps": [{"play": WAV as base64, "name"?} | {"keys"} | {"listen": true} |
    {"break_in": seconds} | {"pause": seconds} | {"hang_up": true}], "max_seconds"?,
    "quiet_seconds"?, "patience_seconds"?}`; raises ValueError, saying what is wrong.
    """
    steps = asked.get("steps")
    if not isinstance(steps, list) or not all(isinstance(each, dict) for each in steps):
        raise ValueError("steps must be a list of objects")
    limits = {
        name: _seconds(asked[name], name)
        for name in ("max_seconds", "quiet_seconds", "patience_seconds")
        if name in asked
    }
    return CallerPlan([_step(each) for each in steps], **limits)


def _step(asked: Mapping[str, Any]) -> Step:
    match asked:
        case {"play": str(encoded)}:
            try:
                audio = from_wav(base64.b64decode(encoded, validate=True))
            except binascii.Error as exc:
                raise ValueError("play must be base64") from exc
            return Speak(audio, str(asked.get("name", "")))
        case {"keys": str(keys)} if keys and KEYS.issuperset(keys):
            return Press(keys)
        case {"listen": True}:
            return Listen()
        case {"break_in": seconds}:
            return BreakIn(_seconds(seconds, "break_in"))
        case {"pause": seconds}:
            return Pause(_seconds(seconds, "pause"))
        case {"hang_up": True}:
            return HangUp()
    raise ValueError(f"no step of a call: {str(asked)[:80]}")


def _seconds(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} must be a number of seconds")
    if not 0 <= value <= LONGEST_SECONDS:
        raise ValueError(f"{name} must be 0 to {LONGEST_SECONDS:g} seconds")
    return float(value)
