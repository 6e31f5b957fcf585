"""One live call: its peers and their wires around one state machine.

Every fact goes through `_take`, and that is synchronous: nothing can come between a fact and its
orders, so there is nothing to lock. Fifty times a second a fact is the caller's audio, which
changes nothing but what the model hears: it takes the short way.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from gateway.metrics import Metrics
from pipeline.call.machine import Call
from pipeline.errors import ProtocolError
from pipeline.events import (
    AnswerTool,
    CallerAudio,
    CallerGone,
    CancelResponse,
    Fact,
    HangUp,
    Hear,
    KeepMessage,
    KeepTurn,
    Mark,
    ModelGone,
    ModelTroubled,
    Order,
    Play,
    Press,
    Remember,
    Respond,
    RunTool,
    Say,
    StopPlaying,
    Tell,
    Truncate,
)
from pipeline.ids import CallId
from pipeline.peer import Peer, Wire
from realtime.server_events import COMPLAINTS

log = structlog.get_logger()

MOST_MISTAKES = 10
"""Messages of one peer that make no sense; after more its wire is given up."""

TO_CARRIER = frozenset({Play, Mark, StopPlaying})
TO_ANSWERER = frozenset({Hear, Press, Respond, CancelResponse, Truncate, AnswerTool, Tell})
TO_RECORDS = frozenset({RunTool, KeepTurn, KeepMessage, Remember})


class Line(Protocol):
    """A peer's wire, for sending."""

    def send(self, data: Any) -> None:
        """Send a message of its peer's, now or soon; never waits, raises or calls back."""
        ...


@dataclass(slots=True, eq=False)
class Leg:
    """A peer and its wire; what it wants to say before there is a wire waits in the peer."""

    name: str
    """carrier, model or attendant: a label of metrics."""
    peer: Peer
    line: Line | None = None
    mistakes: int = 0


@dataclass(slots=True, eq=False)
class LiveCall:
    """Runs a `Call` between its legs until it ends.

    Its sockets hand what arrives to `receive`; `records` carries out RunTool and the orders to
    keep things. `ended` is set once, when the call is over: closing the wires is its owner's.
    """

    call: Call
    carrier: Leg
    attendant: Leg
    records: Callable[[Order], None]
    metrics: Metrics
    clock: Callable[[], float]
    call_id: CallId | None = None
    last_words: Callable[[float], Sequence[Fact]] = lambda now: ()
    """What the attendant has to tell when a call ends: a message that was being spoken."""
    model: Leg | None = None
    """Given when it is being connected; None where the attendant answers."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    reason: str = ""
    _timer: asyncio.TimerHandle | None = None
    _due: float | None = None

    def receive(self, leg: Leg, data: Wire) -> None:
        """A message came on a leg's wire."""
        now = self.clock()
        try:
            facts = leg.peer.receive(data, now)
            if self.model is not None and len(facts) == 1 and type(facts[0]) is CallerAudio:
                self._pass_on(facts[0], self.model, now)
                return
        except ProtocolError as exc:
            self._misspoke(leg, str(exc))
            return
        except Exception as exc:
            self._broke(exc)
            return
        self._take(facts, now)

    def tell(self, *facts: Fact) -> None:
        """Something happened that came on no wire."""
        self._take(facts, self.clock())

    def flush(self, leg: Leg) -> None:
        """Send what a leg's peer wants to say."""
        if leg.line is not None:
            for data in leg.peer.data_to_send():
                leg.line.send(data)

    def stop(self) -> None:
        """Let go of the timer; nothing is done any more."""
        self.ended.set()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _pass_on(self, fact: CallerAudio, model: Leg, now: float) -> None:
        """The short way: nobody but the model can have anything to say to this."""
        if not self.ended.is_set():
            for order in self.call.handle(fact, now):
                model.peer.obey(order, now)
            self.flush(model)

    def _take(self, facts: Sequence[Fact], now: float) -> None:
        if self.ended.is_set():
            return
        try:
            self._step(facts, now)
            self._settle(now)
        except Exception as exc:
            self._broke(exc)

    def _step(self, facts: Sequence[Fact], now: float) -> None:
        for fact in facts:
            if isinstance(fact, ModelTroubled | ModelGone):
                self._trouble(fact)
            for order in self.call.handle(fact, now):
                self._obey(order, now)

    def _trouble(self, fact: ModelTroubled | ModelGone) -> None:
        code = fact.code if isinstance(fact, ModelTroubled) else fact.reason
        gone = isinstance(fact, ModelGone)
        self.metrics.model_troubles.labels(code if gone or code in COMPLAINTS else "other").inc()
        log.warning("model_gone" if gone else "model_troubled", code=code)

    def _obey(self, order: Order, now: float) -> None:
        kind = type(order)
        if kind in TO_ANSWERER:
            (self.model or self.attendant).peer.obey(order, now)
        elif kind in TO_CARRIER:
            self.carrier.peer.obey(order, now)
        elif kind in TO_RECORDS:
            self.records(order)
        elif isinstance(order, Say):
            self.attendant.peer.obey(order, now)
        elif isinstance(order, HangUp):
            self._step(self.last_words(now), now)
            self.reason = order.reason
            self.ended.set()

    def _settle(self, now: float) -> None:
        """After a step: what is to be sent is sent, and the timer is set for what is due next."""
        legs = self._legs()
        for leg in legs:
            self.flush(leg)
        if self.ended.is_set():
            self.stop()
            return
        dues = [self.call.deadline(now), *(leg.peer.deadline() for leg in legs)]
        due = min((at for at in dues if at is not None), default=None)
        if due == self._due and self._timer is not None:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._due = due
        if due is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(0.0, due - self.clock()), self._expire)

    def _expire(self) -> None:
        now = self.clock()
        self._timer = None
        if self.ended.is_set():
            return
        try:
            for order in self.call.expire(now):
                self._obey(order, now)
            for leg in self._legs():
                at = leg.peer.deadline()
                if at is not None and at <= now:
                    self._take(leg.peer.expire(now), now)
            self._settle(now)
        except Exception as exc:
            self._broke(exc)

    def _broke(self, mistake: Exception) -> None:
        """A mistake of ours: this call is lost, to be taken up again, and no other is touched."""
        log.error("call_broke", state=self.call.state.name, exc_info=mistake)
        self.reason = "broke"
        self.stop()

    def _misspoke(self, leg: Leg, reason: str) -> None:
        """A message of a peer made no sense: counted; too many, and its wire is given up."""
        leg.mistakes += 1
        if leg is self.model:
            self.metrics.model_troubles.labels(reason).inc()
        else:
            self.metrics.media_errors.labels(reason).inc()
        if leg.mistakes == 1:
            log.warning("peer_misspoke", leg=leg.name, reason=reason)
        if leg.mistakes <= MOST_MISTAKES:
            return
        if leg is self.carrier:
            self.tell(CallerGone("misspoke"))
        elif leg is self.model:
            self.tell(ModelGone("misspoke"))

    def _legs(self) -> Sequence[Leg]:
        if self.model is None:
            return (self.carrier, self.attendant)
        return (self.carrier, self.model, self.attendant)
