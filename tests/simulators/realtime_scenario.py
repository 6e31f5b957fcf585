"""What a simulated model says and does, by script: JSON, or these classes.

    {"utterances": [
       {"when": "01-quote",
        "answers": [{"calls": [{"name": "calculate_party_quote", "arguments": {"adults": 20}}]},
                    {"say": "The total is {total}.", "otherwise": "I could not work it out."}]},
       {"text": "pressed 95125", "answers": [{"say": "Thank you."}]},
       {"heard": "Hello?", "answers": [{"fail": "close_1006"}]}],
     "connections": [{"fault": "refuse_503"}, null]}

An utterance is meant by the recording it was spoken with (`when`), by words that were typed
(`text`, a regular expression), or, with neither, by its turn among those without. Each
response.create after it takes the next step; when there are no more, the last words are said again.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

Failure = Literal[
    "",
    "server_error",
    "failed",
    "incomplete",
    "content_filter",
    "silence",
    "soundless",
    "wordless",
    "stall",
    "garbage",
    "partial_call",
    "close_1001",
    "close_1006",
    "close_1011",
]
"""What goes wrong with a response.

    server_error    an error event and no response
    failed          it is done at once, `failed`, with the error `code`
    incomplete      it breaks off half-way: max_output_tokens; or content_filter
    silence         it begins, and nothing follows until it is cancelled
    soundless       the words come, their audio does not
    wordless        the audio comes, its words are ''
    stall           half of it comes, and nothing follows until it is cancelled
    garbage         first frames that are no events
    partial_call    a tool call that breaks off in the middle of its arguments
    close_...       the connection closes half-way; 1006: without a goodbye
"""

Fault = Literal[
    "refuse_401",
    "refuse_429",
    "refuse_503",
    "hang",
    "invalid_api_key",
    "insufficient_quota",
    "never_ready",
    "picky",
    "deaf",
    "close_1001",
    "close_1006",
    "close_1011",
]
"""What goes wrong with a connection.

    refuse_...      its handshake is answered so
    hang            its handshake is never answered
    invalid_api_key, insufficient_quota   an error event, then closed with 3000
    never_ready     session.update is never answered
    picky           the first session.update is refused
    deaf            nothing is read after session.update
    close_...       it closes after so many seconds
"""


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call; arguments that are a string are sent as they are."""

    name: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One response: words, tool calls, or both, in this order."""

    say: str = ""
    """With {total}, {deposit}, ... from what the tools answered: money in words, {total:$} in
    figures."""
    calls: Sequence[Call] = ()
    otherwise: str = "I'm sorry, I could not find that out just now."
    """Said instead when a tool answered with an error, or without what is to be said."""
    audio_ms: int | None = None
    """How long the words take; None: as long as the voice takes."""
    delta_ms: int | None = None
    delay_ms: int | None = None
    fail: Failure = ""
    code: str = "rate_limit_exceeded"
    """Of a failed response."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something the caller says, and what comes of it."""

    answers: Sequence[Step]
    when: str = ""
    text: str = ""
    heard: str | None = None
    """Its transcript; None: the recording's own, or ''."""
    transcribed: bool = True
    """False: transcription fails."""


@dataclass(frozen=True, slots=True)
class Connection:
    """What goes wrong with one connection."""

    fault: Fault
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """A script. The same for every connection, which all begin at its beginning."""

    utterances: Sequence[Utterance] = ()
    instructed: Sequence[Step | None] = ()
    """One for each response that is told what to say, on each connection; None: it says that."""
    connections: Sequence[Connection | None] = ()
    """One for each connection, in the order they come; None: all is well."""
    unknown: str = (
        "I am a scripted practice model. I know only the sample recordings, and this was none."
    )
    nothing_due: str = "Is there anything else I can help you with?"
    goodbye: str = "Thank you for calling. Goodbye!"
    rate: float = 0.0
    """Audio is sent so many times faster than it plays; 0: all at once."""
    delay_ms: int = 0
    """Between response.created and the first audio."""
    delta_ms: int = 100
    transcript_ms: int = 0
    """How long a transcription takes."""
    session_seconds: float = 3600.0
    """After which a session is closed with 1001."""
    about: str = ""


Data = TypeVar("Data")


def read_scenario(text: str) -> Scenario:
    """A script from JSON. Raises ValueError that says what is wrong with it."""
    return _made(Scenario, json.loads(text))


def read_connections(text: str) -> Sequence[Connection | None]:
    """A plan for the connections to come, from JSON. Raises ValueError."""
    return _made(Scenario, {"connections": json.loads(text)}).connections


def load_scenario(file: Path) -> Scenario:
    """A script from a file. Raises ValueError or OSError."""
    return read_scenario(file.read_text("utf-8"))


_PARTS: Mapping[str, type] = {
    "utterances": Utterance,
    "answers": Step,
    "calls": Call,
    "instructed": Step,
    "connections": Connection,
}
_CLOSED = {"fail": get_args(Failure), "fault": get_args(Fault)}


def _made(kind: type[Data], data: Any) -> Data:
    if not isinstance(data, dict):
        raise ValueError(f"{kind.__name__}: must be an object, is {data!r:.60}")
    known = {each.name for each in fields(kind)}  # type: ignore[arg-type]
    if unknown := data.keys() - known:
        raise ValueError(f"{kind.__name__}: has no {', '.join(sorted(unknown))}")
    made = dict(data)
    for name, value in data.items():
        if name in _CLOSED and value not in _CLOSED[name]:
            raise ValueError(f"{name}: {value!r} is none of {', '.join(_CLOSED[name])}")
        if name in _PARTS:
            if not isinstance(value, list):
                raise ValueError(f"{name}: must be a list, is {value!r:.60}")
            made[name] = [each if each is None else _made(_PARTS[name], each) for each in value]
    try:
        return kind(**made)
    except TypeError as problem:  # one that must be there is not
        raise ValueError(f"{kind.__name__}: {problem}") from problem


class Script:
    """Where one connection is in a scenario."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._in_turn = iter([u for u in scenario.utterances if not (u.when or u.text)])
        self._instructed = iter(scenario.instructed)
        self._due: Sequence[Step] = ()
        self._taken = 0

    def spoken(self, recording: str) -> Utterance:
        """Somebody spoke: this recording, or '' for a voice nobody knows."""
        for each in self._scenario.utterances:
            if recording and each.when == recording:
                return self._now(each)
        unknown = Utterance([Step(self._scenario.unknown)])
        return self._now(next(self._in_turn, unknown))

    def typed(self, text: str) -> Utterance:
        """The caller's words, written: keys that were pressed, or a turn of long ago."""
        for each in self._scenario.utterances:
            if (each.text and re.search(each.text, text)) or each.heard == text:
                return self._now(each)
        return self._now(Utterance([Step(self._scenario.unknown)], heard=text))

    def answered(self) -> None:
        """The caller has been answered already, on another connection."""
        self._due = ()

    def next_step(self) -> Step:
        """For a response that is left to the model."""
        if self._taken < len(self._due):
            self._taken += 1
            return self._due[self._taken - 1]
        if self._due and self._due[-1].say and not self._due[-1].calls:
            return self._due[-1]
        return Step(self._scenario.nothing_due)

    def next_instructed(self, instructions: str) -> Step:
        """For a response that is told what to say: words, a goodbye, or words and what is due."""
        if (planned := next(self._instructed, None)) is not None:
            return planned
        words = re.search(r"\bsay( exactly)?:? *[\"“](.+)[\"”]", instructions, re.I | re.S)
        if words and words[1]:
            return Step(words[2])
        if re.search(r"\bsay goodbye\b", instructions, re.IGNORECASE):
            return Step(self._scenario.goodbye)
        step = self.next_step()
        return replace(step, say=f"{words[2]} {step.say}".strip()) if words else step

    def _now(self, utterance: Utterance) -> Utterance:
        self._due, self._taken = utterance.answers, 0
        return utterance


# --- words --------------------------------------------------------------------------------------

_SMALL = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen
"""
_FROM_TWENTY = "twenty thirty forty fifty sixty seventy eighty ninety"
_UNITS, _TENS = _SMALL.split(), ["", "", *_FROM_TWENTY.split()]


def number_words(number: int) -> str:
    """0 to 999,999 as it is spoken."""
    if number < 20:
        return _UNITS[number]
    if number < 100:
        return _TENS[number // 10] + (f"-{_UNITS[number % 10]}" if number % 10 else "")
    size, name = (1000, "thousand") if number >= 1000 else (100, "hundred")
    rest = f" {number_words(number % size)}" if number % size else ""
    return f"{number_words(number // size)} {name}{rest}"


def money_words(dollars: float) -> str:
    """1250.5 -> one thousand two hundred fifty dollars and fifty cents."""
    whole, cents = divmod(round(dollars * 100), 100)
    words = f"{number_words(whole)} {'dollar' if whole == 1 else 'dollars'}"
    if cents:
        words += f" and {number_words(cents)} {'cent' if cents == 1 else 'cents'}"
    return words


def filled(step: Step, answers: Sequence[str]) -> str:
    """A step's words with what the tools answered in their places, the last answer first."""
    known: dict[str, Any] = {}
    for answer in answers:
        try:
            output = json.loads(answer)
        except ValueError:
            output = None
        if not isinstance(output, dict) or "error" in output:
            return step.otherwise
        known |= output

    def value(place: re.Match[str]) -> str:
        found = known[place[1]]
        if found is None:
            return "still to be confirmed"
        if isinstance(found, bool | str):
            return str(found)
        return f"${found:,.2f}" if place[2] else money_words(found)

    try:
        return re.sub(r"\{(\w+)(:\$)?\}", value, step.say)
    except (KeyError, TypeError):
        return step.otherwise
