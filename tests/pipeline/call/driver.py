"""A whole call in virtual time: a carrier that plays, a model that is played by the test.

The carrier plays 8 bytes a millisecond once they have travelled to it, echoes marks as it passes
them (or never), and on a clear throws away what it holds and echoes those marks at once.
"""

import heapq
from collections.abc import Iterable
from itertools import count
from typing import TypeVar

from pipeline.call.machine import Call, Plan, State
from pipeline.call.turns import Turn
from pipeline.call.words import Words
from pipeline.events import (
    CallerAudio,
    Fact,
    HangUp,
    KeepTurn,
    Mark,
    ModelAudio,
    ModelAudioDone,
    ModelReady,
    ModelSaid,
    Order,
    Play,
    PlayoutReached,
    Respond,
    ResponseDone,
    ResponseStarted,
    Say,
    StopPlaying,
    ToolCalled,
)
from pipeline.ids import ItemId, ResponseId
from pipeline.inquiry.vocabulary import ToolCall

START = 1000.0
"""The monotonic clock when a call begins: any number but nought."""
WORDS = Words(
    greeting="Thank you for calling My Hibachi Chef. I am an AI assistant.",
    disclosure="AI assistant",
    resumed="",
    warning="One minute left.",
    limit="Time is up. Goodbye!",
    apology="Sorry, I have lost my connection.",
)
RESUMED = Words(
    "", "AI assistant", "Sorry, we were cut off.", "One minute left.", "Time.", "Sorry."
)
BUSY_LOOP = 4
"""So often may a call be due at one moment; more often, and it is going in circles."""

OrderT = TypeVar("OrderT")


def sound(ms: float, value: int = 1) -> bytes:
    return bytes([value]) * int(ms * 8)


class Carrier:
    """One direction of a phone line. `round_trip`: seconds to there and back."""

    def __init__(self, round_trip: float = 0.0, *, echoes: bool = True) -> None:
        self.one_way = round_trip / 2
        self.echoes = echoes
        self.played: list[tuple[float, bytes]] = []
        """What the caller heard, and when it began."""
        self.most_ahead_ms = 0.0
        """Of audio, that it ever held."""
        self.gaps_ms: list[float] = []
        """Silences before something that came after it had run dry."""
        self._playing_until = 0.0

    def take(self, order: Order, at: float) -> list[tuple[float, PlayoutReached]]:
        """An order arrives; the echoes it brings about, and when they leave."""
        match order:
            case Play(payload):
                starts = max(at, self._playing_until)
                if self.played and at > self._playing_until:
                    self.gaps_ms.append((at - self._playing_until) * 1000)
                self._playing_until = starts + len(payload) / 8000
                self.played.append((starts, payload))
                self.most_ahead_ms = max(self.most_ahead_ms, (self._playing_until - at) * 1000)
            case Mark(name):
                if self.echoes:
                    return [(max(at, self._playing_until), PlayoutReached(name))]
        return []

    def clear(self, at: float) -> None:
        """What was not played is thrown away."""
        kept = []
        for starts, payload in self.played:
            heard = payload[: max(0, round((at - starts) * 8000))]
            if heard:
                kept.append((starts, heard))
        self.played = kept
        self._playing_until = min(self._playing_until, at)

    @property
    def heard(self) -> bytes:
        return b"".join(payload for _, payload in self.played)


class Line:
    """A call, its carrier and the clock between them."""

    def __init__(
        self,
        answered_by: str = "model",
        *,
        words: Words = WORDS,
        seconds_left: float = 1800.0,
        history: Iterable[Turn] = (),
        carrier: Carrier | None = None,
        speech: bool = True,
    ) -> None:
        """`speech`: the attendant's voice works: 40 ms a letter, in two pieces, 50 ms after."""
        self.now = START
        plan = Plan(answered_by, words, seconds_left, tuple(history))  # type: ignore[arg-type]
        self.call = Call(plan, self.now)
        self.carrier = carrier or Carrier()
        self.speech = speech
        self.log: list[tuple[float, Order]] = []
        """Every order, and when it was given."""
        self.turns: dict[ItemId, Turn] = {}
        self._seen = 0
        self._ahead: list[tuple[float, int, Fact]] = []
        self._count = count()
        self._numbers = count(1)

    # --- what happens -----------------------------------------------------------------------

    def tell(self, *facts: Fact) -> list[Order]:
        """These happen now; the orders that follow."""
        orders: list[Order] = []
        for fact in facts:
            orders += self._carry_out(self.call.handle(fact, self.now))
        return orders

    def later(self, seconds: float, *facts: Fact) -> None:
        """These will happen."""
        for fact in facts:
            self._put(self.now + seconds, fact)

    def run(self, seconds: float) -> list[Order]:
        """Let so much time pass; the orders given meanwhile."""
        until = self.now + seconds
        first = len(self.log)
        at_once = 0
        while not self.call.over:
            due = self.call.deadline(self.now)
            coming = self._ahead[0][0] if self._ahead else None
            times = [at for at in (due, coming) if at is not None]
            if not times or min(times) > until:
                break
            at = max(self.now, min(times))
            at_once = at_once + 1 if at <= self.now + 1e-6 and coming != min(times) else 0
            assert at_once <= BUSY_LOOP, f"due again and again at {at - START:.3f}"
            self.now = at
            if coming is not None and coming <= at:
                self._carry_out(self.call.handle(heapq.heappop(self._ahead)[2], at))
            else:
                self._carry_out(self.call.expire(at))
        self.now = until if not self.call.over else self.now
        return [order for _, order in self.log[first:]]

    def _put(self, at: float, fact: Fact) -> None:
        heapq.heappush(self._ahead, (at, next(self._count), fact))

    def _carry_out(self, orders: list[Order]) -> list[Order]:
        for order in orders:
            self.log.append((self.now, order))
            arrives = self.now + self.carrier.one_way
            match order:
                case StopPlaying():
                    self.carrier.clear(arrives)
                    flushed = [f for f in self._ahead if isinstance(f[2], PlayoutReached)]
                    rest = [f for f in self._ahead if not isinstance(f[2], PlayoutReached)]
                    back = arrives + self.carrier.one_way
                    self._ahead = rest + [(min(at, back), n, fact) for at, n, fact in flushed]
                    heapq.heapify(self._ahead)
                case Play() | Mark():
                    for at, echo in self.carrier.take(order, arrives):
                        self._put(at + self.carrier.one_way, echo)
                case Say(item_id, text):
                    self._speak(item_id, text)
                case KeepTurn(turn):
                    self.turns[turn.item_id] = turn
        return orders

    def _speak(self, item_id: ItemId, text: str) -> None:
        if self.speech:
            response_id = ResponseId(item_id)
            half = sound(len(text) * 20, 2)
            self.later(0.05, ModelAudio(response_id, item_id, half), ModelSaid(item_id, text))
            self.later(0.1, ModelAudio(response_id, item_id, half))
            self.later(0.1, ModelAudioDone(response_id, item_id))

    # --- what was ordered -------------------------------------------------------------------

    def orders(self, kind: type[OrderT]) -> list[OrderT]:
        return [order for _, order in self.log if isinstance(order, kind)]

    def times(self, kind: type[Order]) -> list[float]:
        """When, in seconds of the call."""
        return [at - START for at, order in self.log if isinstance(order, kind)]

    def new(self, kind: type[OrderT]) -> list[OrderT]:
        """Those given since this was last asked."""
        fresh, self._seen = self.log[self._seen :], len(self.log)
        return [order for _, order in fresh if isinstance(order, kind)]

    @property
    def hung_up(self) -> str | None:
        found = self.orders(HangUp)
        return found[0].reason if found else None

    # --- what a model does ------------------------------------------------------------------

    def begin(self) -> ResponseId:
        """The response that was asked for last begins."""
        response_id = ResponseId(f"resp-{next(self._numbers)}")
        self.tell(ResponseStarted(response_id, self.orders(Respond)[-1].tag))
        return response_id

    def speak(
        self, response_id: ResponseId, text: str, ms: float, item_id: str = "", *, done: bool = True
    ) -> ItemId:
        """Its audio comes all at once, as a model's does, then its words."""
        item = ItemId(item_id or f"item-{response_id}")
        for begins in range(0, int(ms), 100):
            self.tell(ModelAudio(response_id, item, sound(min(100, ms - begins))))
        if done:
            self.tell(ModelAudioDone(response_id, item), ModelSaid(item, text))
        return item

    def answer(self, text: str = "Twelve hundred dollars.", ms: float = 2000) -> ItemId:
        """The response that was asked for begins, is spoken and ends."""
        response_id = self.begin()
        item = self.speak(response_id, text, ms)
        self.tell(ResponseDone(response_id, "completed"))
        return item

    def call_tools(self, response_id: ResponseId, *calls: tuple[str, str]) -> None:
        """(call id, name) each."""
        for call_id, name in calls:
            self.tell(ToolCalled(response_id, ToolCall(call_id, name, {})))

    def greet(self, seconds: float = 1.0) -> ItemId:
        """The model is ready, says the greeting and was heard."""
        self.tell(CallerAudio("AAAA"), ModelReady())
        item = self.answer(WORDS.greeting, seconds * 1000)
        self.run(seconds + 0.1 + (2 * self.carrier.one_way if self.carrier.echoes else 1.5))
        assert self.call.state is State.TALKING
        return item
