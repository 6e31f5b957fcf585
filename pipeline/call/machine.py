"""The life of one call on one media socket: facts in, orders out.

Whoever answers, a realtime model or the attendant, is ordered about in the same words. Rule 1:
a change of state is a cell of MOVES. Rule 2: time is an argument, and no wait depends on an echo
of the carrier's. Rule 3: the greeting is said to its end, whatever the caller does meanwhile, and
nothing is answered before it was heard.
"""

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Literal

from pipeline.call import greeting
from pipeline.call.owed import Owed
from pipeline.call.responses import Responses
from pipeline.call.timings import Timings
from pipeline.call.tooling import Tooling
from pipeline.call.turns import Transcript, Turn
from pipeline.call.voice import Voice
from pipeline.call.words import FAREWELL, WARNING_SECONDS, Words, say_exactly
from pipeline.events import (
    ALREADY_RESPONDING,
    HUNG_UP,
    CallerAudio,
    CallerDigit,
    CallerGone,
    CallerSaid,
    CallerTurnEnded,
    CancelResponse,
    DialogueMoved,
    Fact,
    HangUp,
    Hear,
    KeepMessage,
    KeepTurn,
    MessageSpoken,
    ModelAudio,
    ModelAudioDone,
    ModelGone,
    ModelReady,
    ModelSaid,
    ModelSaying,
    ModelTroubled,
    Order,
    Play,
    PlayoutReached,
    Press,
    Remember,
    Respond,
    ResponseDone,
    ResponseStarted,
    SpeechStarted,
    SpeechStopped,
    Tell,
    ToolAnswered,
    ToolCalled,
)
from pipeline.inquiry.tools import END


class State(Enum):
    """Where a call stands."""

    OPENING = auto()
    """Nothing has been said, and the model is not ready."""
    GREETING = auto()
    """The greeting is being said; it is not interrupted."""
    TALKING = auto()
    CLOSING = auto()
    """The last words are being said; then we hang up."""
    ENDED = auto()


OPENING, GREETING, TALKING, CLOSING, ENDED = State

MOVES: Mapping[State, frozenset[State]] = {
    OPENING: frozenset({GREETING, ENDED}),
    GREETING: frozenset({TALKING, CLOSING, ENDED}),
    TALKING: frozenset({CLOSING, ENDED}),
    CLOSING: frozenset({TALKING, ENDED}),
    ENDED: frozenset(),
}

READY_SECONDS = 8.0
CLOSING_SECONDS = 12.0
SPEAKING_SECONDS = 15.0
"""A caller who has been speaking longer than this is a noise: we may speak all the same."""
TURN_SECONDS = 1.0
"""From the end of speech to the end of the turn, which is close behind if it comes at all."""
MOST_EARLY = 500
"""Caller's frames kept until the model is ready: 10 s."""

Ending = Literal["said_goodbye", "too_long", "model_failed", "caller_hung_up", "cut_off"]
FOR_GOOD: Collection[str] = frozenset({"said_goodbye", "too_long", "caller_hung_up"})
"""Endings that are the call's own; after any other it is lost, and may be taken up again."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a call is to be, decided before its first fact."""

    answered_by: Literal["model", "attendant"]
    words: Words
    seconds_left: float
    """Until the call has lasted as long as a call may."""
    history: Sequence[Turn] = ()
    """What was said before the caller was cut off."""


class Call:
    """Feed it facts, carry out its orders in order, and ask for `deadline` after each."""

    def __init__(self, plan: Plan, now: float) -> None:
        self.state = OPENING
        self.ending: Ending | None = None
        self.timings = Timings()
        self.usage: dict[str, int] = {}
        self.greeting = greeting.Greeting(plan.words, plan.answered_by, plan.history)
        self._transcript = Transcript(now)
        self.voice = Voice(self._transcript, plan.answered_by)
        self._plan = plan
        self._began = now
        self._ends = now + plan.seconds_left
        self._responses = Responses()
        self._tooling = Tooling()
        self._early: deque[str] = deque(maxlen=MOST_EARLY)
        self._ready = False
        self._listen_until: float | None = None
        """While the caller speaks, so long at most, nothing new is said."""
        self._owed = Owed(watched=plan.answered_by == "model")
        self._warn_at: float | None = self._ends - WARNING_SECONDS
        self._close_by: float | None = None

    @property
    def over(self) -> bool:
        """Nothing more will happen."""
        return self.state is ENDED

    def handle(self, fact: Fact, now: float) -> list[Order]:
        """What follows from a fact, to be carried out in this order. After the end, nothing."""
        if type(fact) is CallerAudio:  # fifty a second, and it changes nothing
            if self._ready:
                return [] if self.over else [Hear(fact.payload)]
            self._early.append(fact.payload)
            return []
        if self.over:  # what was being said to us is kept all the same
            return [KeepMessage(fact.payload)] if isinstance(fact, MessageSpoken) else []
        orders = self._of_model(fact, now) + self._of_caller(fact, now)
        return orders if self.over else orders + self._settle(now)

    def deadline(self, now: float) -> float | None:
        """When `expire` must be called, if no fact comes before; None once it is over."""
        if self.over:
            return None
        due = [self.voice.deadline(now), self._close_by, self._responses.deadline(now)]
        if self.state is not CLOSING:
            due += (self._ends, self._warn_at, self._listen_until, self._owed.deadline)
            if not self._ready:
                due.append(self._began + READY_SECONDS)
            if self.greeting.missing:
                due.append(self._began + greeting.SECONDS)
        return min((at for at in due if at is not None), default=None)

    def expire(self, now: float) -> list[Order]:
        """Do what is due."""
        if self.over:
            return []
        if self._close_by is not None and now >= self._close_by:
            return self._end(now)
        if self._listen_until is not None and now >= self._listen_until:
            self._listen_until = None
        orders: list[Order] = []
        late = not self._ready and now >= self._began + READY_SECONDS
        silence = self._owed.late(now)
        if self.state is CLOSING:
            if self._responses.overdue(now):
                self._responses.gone()
        elif now >= self._ends:
            orders = self._close("too_long", now, self._plan.words.limit)
        elif late or self._responses.overdue(now) or silence == "fail":
            orders = self._close("model_failed", now, self._plan.words.apology)
        elif self.greeting.missing and now >= self._began + greeting.SECONDS:
            orders = self._greet_instead(now)
        elif silence == "ask":
            self._responses.want(Respond("answer"))
        elif self._warn_at is not None and now >= self._warn_at:
            self._warn_at = None
            text = self._plan.words.warning
            if self.state is TALKING and self._plan.answered_by == "attendant":
                orders = self.voice.say(text, now)
            elif self.state is TALKING:
                self._responses.want(Respond("told", say_exactly(text), tools=False))
        return orders if self.over else orders + self._settle(now)

    def _of_caller(self, fact: Fact, now: float) -> list[Order]:
        """What follows from something at the caller's end, or the shell's."""
        match fact:
            case PlayoutReached(mark):
                self.voice.reached(mark, now)
            case CallerDigit(digit):
                return [*self._break_in(now), Press(digit)]
            case SpeechStarted(item_id):
                self._transcript.begin(item_id, "caller", now)
                self._listen_until = now + SPEAKING_SECONDS
                return self._break_in(now)
            case SpeechStopped() if self._listen_until is not None:
                self._listen_until = now + TURN_SECONDS
            case CallerTurnEnded(item_id):
                self._transcript.begin(item_id, "caller", now)
                self._listen_until = None
                self._owed.asked(now)
                orders = self._break_in(now) if self.state is CLOSING else []
                self._responses.want(Respond("answer"))
                return orders
            case CallerSaid(item_id, text):
                return [KeepTurn(self._transcript.caller_said(item_id, text, now))]
            case CallerGone(reason):
                if self.state is not CLOSING or self.ending == "model_failed":
                    self.ending = "caller_hung_up" if reason == HUNG_UP else "cut_off"
                return self._end(now)
            case ToolAnswered(call_id, output):
                return self._tool_answered(call_id, output, now)
            case MessageSpoken(payload):
                return [KeepMessage(payload)]
            case DialogueMoved(memory):
                return [Remember(memory)]
        return []

    def _of_model(self, fact: Fact, now: float) -> list[Order]:
        """What follows from something at the model's end, or the attendant's."""
        match fact:
            case ModelAudio(response_id):
                self._responses.progressed(response_id, now)
                return self.voice.add(fact, now, wanted=self._responses.is_wanted(response_id))
            case ModelAudioDone(_, item_id):
                self.voice.complete(item_id)
            case ModelSaying(item_id, text):
                self.voice.saying(item_id, text)
            case ModelSaid(item_id, text):
                told = self.state is not GREETING or self.greeting.heard(text)
                return self.voice.said(item_id, text) + ([] if told else self._greet_instead(now))
            case ResponseStarted(response_id, tag):
                if not self._responses.started(response_id, tag, now):
                    return [CancelResponse(response_id)]
            case ToolCalled(response_id, call):
                self._responses.progressed(response_id, now)
                order = self._tooling.called(response_id, call)
                return [order] if order else []
            case ResponseDone():
                return self._response_done(fact, now)
            case ModelReady() if not self._ready:
                self._ready = True
                self.timings.ready_ms = int((now - self._began) * 1000)
                early: list[Order] = [Hear(payload) for payload in self._early]
                self._early.clear()
                if self.state is OPENING:
                    return self._greet(now) + early
                return [Tell("assistant", self.greeting.text), *early]
            case ModelTroubled(code) if code == ALREADY_RESPONDING:
                self._responses.refused(now)
            case ModelGone():
                self._responses.gone()
                by_model = self._plan.answered_by == "model"
                return self._close("model_failed", now, self._plan.words.apology * by_model)
        return []

    def _response_done(self, done: ResponseDone, now: float) -> list[Order]:
        for kind, tokens in done.usage.items():
            self.usage[kind] = self.usage.get(kind, 0) + tokens
        self.voice.finish(done.response_id)
        self._tooling.over(done.response_id)
        if self._tooling.finished():
            self._responses.want(self._owed.follow_up())
        if not self._responses.done(done.response_id, now, failed=done.status == "failed"):
            return self._close("model_failed", now, self._plan.words.apology)
        first = self.state is GREETING and self._responses.tag == greeting.TAG
        if first and not self.greeting.told and not self._responses.owes(greeting.TAG):
            return self._greet_instead(now)
        return []

    def _tool_answered(self, call_id: str, output: Mapping[str, Any], now: float) -> list[Order]:
        answered = self._tooling.answered(call_id, output)
        if answered is None:
            return []
        order, response_id, call = answered
        whole = self._tooling.finished()
        unheard = self._listen_until is not None or not self._responses.is_wanted(response_id)
        may_end = not unheard and self.state is not GREETING
        if call.name == END and "error" not in output and may_end:
            spoken = self.voice.audible or self.voice.spoke == response_id
            if self.state is TALKING and not spoken:
                self._responses.want(Respond("farewell", FAREWELL, tools=False))
            return [order, *self._close("said_goodbye", now, "")]
        if whole:
            self._responses.want(self._owed.follow_up())
        return [order]

    def _greet(self, now: float) -> list[Order]:
        """Say the first words."""
        self.state = _moved(self.state, GREETING)
        request = self.greeting.request()
        if request is None:
            return self.voice.say(self.greeting.text, now)
        self._responses.want(request)
        return []

    def _greet_instead(self, now: float) -> list[Order]:
        """The attendant says the first words, since the model has not, or not all of them."""
        if self.state is OPENING:
            self.state = _moved(self.state, GREETING)
        self._responses.forget(greeting.TAG)
        unwanted = self._responses.drop(now)
        cancel: list[Order] = [CancelResponse(unwanted)] if unwanted else []
        self.voice.finish()
        said = self.voice.say(self.greeting.handed_over(), now)
        told: list[Order] = [Tell("assistant", self.greeting.text)] if self._ready else []
        return [*cancel, *said, *told]

    def _break_in(self, now: float) -> list[Order]:
        """The caller speaks, or pressed a key: we are silent at once, and listen."""
        if self.state is CLOSING and self.ending == "said_goodbye":
            self.state = _moved(self.state, TALKING)
            self.ending = self._close_by = None
            self._responses.forget()
        if self.state is GREETING and not self._plan.words.greeting and self.greeting.begun:
            self.state = _moved(self.state, TALKING)  # who comes back has been told already
        if self.state is not TALKING:
            return []
        self.timings.interruptions += self.voice.audible
        orders = self.voice.stop(now)
        unwanted = self._responses.drop(now)
        if orders or unwanted:
            self._owed.cut()
        return [*orders, CancelResponse(unwanted)] if unwanted else orders

    def _close(self, ending: Ending, now: float, text: str) -> list[Order]:
        """Say the last words, if there are any, and hang up when they were heard."""
        if self.state is CLOSING:
            return []
        self.ending = ending
        if self.state is OPENING or self.greeting.missing:
            return self._end(now)  # nobody has said anything: better begin anew
        orders: list[Order] = []
        if ending != "said_goodbye":
            orders += self.voice.stop(now) if self.state is TALKING else []
            self.voice.finish()
            unwanted = self._responses.drop(now)
            orders += [CancelResponse(unwanted)] if unwanted else []
        if self.state is GREETING:
            self.state = _moved(self.state, TALKING)
        self.state = _moved(self.state, CLOSING)
        self._close_by = now + CLOSING_SECONDS
        return orders + (self.voice.say(text, now) if text else [])

    def _end(self, now: float) -> list[Order]:
        """Hang up; what was not heard of the last words is noted."""
        self.state = _moved(self.state, ENDED)
        cut = [order for order in self.voice.stop(now) if isinstance(order, KeepTurn)]
        return [*cut, HangUp(self.ending or "caller_hung_up")]

    def _settle(self, now: float) -> list[Order]:
        """After every fact: audio that may leave, the next response, the next state."""
        orders = self.voice.pump(now)
        if any(type(order) is Play for order in orders):
            self.greeting.begun = True
            if self.timings.first_audio_ms is None:
                self.timings.first_audio_ms = int((now - self._began) * 1000)
            if (gap_ms := self._owed.spoken(now)) is not None:
                self.timings.gaps_ms.append(gap_ms)
        quiet = not (self.voice.audible or self.voice.pending or self._responses.busy)
        if self.state is GREETING and quiet and self.greeting.told and not self.greeting.missing:
            if not self.greeting.begun:  # nobody can say it, and unsaid it may not go on
                self.ending = "model_failed"
                return orders + self._end(now)
            self.state = _moved(self.state, TALKING)
            self._responses.forget(greeting.TAG)
            if self._plan.answered_by == "attendant" and not self._responses.owes():
                self._responses.want(Respond("menu"))
        if self.state is CLOSING and quiet and not self._responses.owes(_ONLY[CLOSING]):
            return orders + self._end(now)
        if self.state is not TALKING or self._listen_until is None:
            request = self._responses.next(now, only=_ONLY.get(self.state))
            orders += [request] if request else []
        listening = self._listen_until is not None
        coming = self._responses.owes() or self._tooling.running or listening
        silent = quiet and not coming and self.state is TALKING
        self._owed.watch(now, silent=silent, listening=listening)
        return orders


def _moved(state: State, to: State) -> State:
    if to not in MOVES[state]:
        raise AssertionError(f"{state.name} -> {to.name}")
    return to


_ONLY = {OPENING: "", GREETING: greeting.TAG, CLOSING: "farewell"}
"""In these states nothing else may be asked for."""
