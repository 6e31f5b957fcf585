"""Random histories of a call, likely and unlikely, and what holds in all of them."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.call.machine import State
from pipeline.call.turns import Turn
from pipeline.events import (
    AnswerTool,
    CallerAudio,
    CallerDigit,
    CallerGone,
    CallerSaid,
    CallerTurnEnded,
    CancelResponse,
    Fact,
    HangUp,
    KeepTurn,
    ModelAudio,
    ModelAudioDone,
    ModelGone,
    ModelReady,
    ModelSaid,
    ModelTroubled,
    Order,
    Play,
    PlayoutReached,
    Respond,
    ResponseDone,
    ResponseStarted,
    RunTool,
    SpeechStarted,
    SpeechStopped,
    StopPlaying,
    ToolAnswered,
    ToolCalled,
    Truncate,
)
from pipeline.ids import ItemId, MarkName, ResponseId
from pipeline.inquiry.vocabulary import ToolCall
from tests.pipeline.call.driver import START, WORDS, Carrier, Line, sound

SECONDS_LEFT = 90.0
LAST_WORDS = 12.1
"""Within which a call is over, once it has lasted as long as it may."""

# fmt: off
OFTEN = (
    "begin", "begin", "begin", "stray", "item", "said", "speak", "stop", "turn", "turn", "heard",
    "key", "trouble", "mark", "frame", "ready",
)
# fmt: on
ACTS = st.one_of(
    st.tuples(st.just("pass"), st.sampled_from([0.0, 0.02, 0.21, 0.7, 2.3, 9.0])),
    st.tuples(st.just("audio"), st.sampled_from([1, 13, 80, 200, 1700])),
    st.tuples(st.just("stale"), st.integers(0, 3)),
    st.tuples(st.just("done"), st.sampled_from(["completed", "failed", "cancelled", "incomplete"])),
    st.tuples(st.just("tool"), st.sampled_from(["search_knowledge", "end_call"])),
    st.tuples(st.just("answered"), st.sampled_from([{}, {"error": "late"}])),
    st.tuples(st.sampled_from(OFTEN)),
    st.tuples(st.sampled_from(["gone", "hang_up"]), st.integers(0, 30)),
)


@dataclass
class Model:
    """What a model knows: what it was asked for, what it runs, what it has made."""

    line: Line
    asked: list[str] = field(default_factory=list)
    running: list[ResponseId] = field(default_factory=list)
    ended: list[ResponseId] = field(default_factory=list)
    item: int = 0
    made: dict[ItemId, int] = field(default_factory=dict)
    open_tools: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    turns: int = 0
    count: int = 0
    seen: int = 0

    def audio(self, response_id: ResponseId, ms: int) -> Fact:
        item_id = ItemId(f"{response_id}.{self.item}")
        self.made[item_id] = self.made.get(item_id, 0) + ms * 8
        return ModelAudio(response_id, item_id, sound(ms))

    def fact(self, act: tuple) -> Fact | None:
        """What a step of the history is a fact of; None where it is out of place."""
        running = self.running[-1] if self.running else None
        self.count += 1
        match act:
            case ("begin",) if self.asked and not running:
                self.running.append(ResponseId(f"r{self.count}"))
                return ResponseStarted(self.running[-1], self.asked.pop())
            case ("stray",) if not running:
                self.running.append(ResponseId(f"r{self.count}"))
                return ResponseStarted(self.running[-1], "")
            case ("audio", ms) if running:
                return self.audio(running, ms)
            case ("stale", back) if back < len(self.ended):
                return self.audio(self.ended[-1 - back], 100)
            case ("item",) if running:
                self.item += 1
                return ModelAudioDone(running, ItemId(f"{running}.{self.item - 1}"))
            case ("said",) if running:
                return ModelSaid(ItemId(f"{running}.{self.item}"), WORDS.greeting)
            case ("done", status) if running:
                self.ended.append(self.running.pop())
                return ResponseDone(running, status)
            case ("tool", name) if running:
                return ToolCalled(running, ToolCall(f"c{self.count}", name, {}))
            case ("answered", output) if self.open_tools:
                self.answered.append(self.open_tools.pop(0))
                return ToolAnswered(self.answered[-1], output)
            case ("trouble",) if self.asked:
                self.asked.clear()
                return ModelTroubled("conversation_already_has_active_response")
            case ("gone", 0):
                self.asked, self.running = [], []
                return ModelGone("1006")
        return self.caller(act)

    def caller(self, act: tuple) -> Fact | None:
        item_id = ItemId(f"caller-{self.turns}")
        match act:
            case ("speak",):
                return SpeechStarted(item_id, 0)
            case ("stop",):
                return SpeechStopped(item_id, 0)
            case ("turn",):
                self.turns += 1
                return CallerTurnEnded(item_id)
            case ("heard",):
                return CallerSaid(item_id, "hello")
            case ("key",):
                return CallerDigit("1")
            case ("frame",):
                return CallerAudio("AAAA")
            case ("mark",):
                return PlayoutReached(MarkName("0.1"))
            case ("ready",):
                return ModelReady()
            case ("hang_up", 0):
                return CallerGone("hung_up")
        return None

    def check(self, before: State) -> None:
        """Every order given since the last step is one that may be given."""
        fresh, self.seen = self.line.log[self.seen :], len(self.line.log)
        for _, order in fresh:
            self.check_order(order, before)
        hung_up = [isinstance(order, HangUp) for _, order in self.line.log]
        assert sum(hung_up) == self.line.call.over
        assert not self.line.call.over or hung_up[-1]

    def check_order(self, order: Order, before: State) -> None:
        early = before in {State.OPENING, State.GREETING} and self.line.call.state in {
            State.OPENING,
            State.GREETING,
        }
        match order:
            case Respond(tag):
                assert not self.asked
                assert not self.running
                assert tag == "greeting" or not early
                self.asked.append(tag)
            case CancelResponse(response_id):
                assert self.running == [response_id]
            case StopPlaying():
                assert not early
            case Truncate(item_id, heard_ms):
                assert 0 <= heard_ms * 8 <= self.made[item_id]
            case RunTool(call):
                self.open_tools.append(call.call_id)
            case KeepTurn(turn):
                self.check_turn(turn)

    def check_turn(self, turn: Turn) -> None:
        if turn.heard_ms is not None:
            assert 0 <= turn.heard_ms <= turn.whole_ms
            made = self.made.get(turn.item_id)
            assert made is None or turn.whole_ms * 8 <= made


def check_whole(line: Line, model: Model, *, honest: bool) -> None:
    """What holds of a history as a whole. `honest`: every echo came, and none before its time."""
    answers = [order.call_id for order in line.orders(AnswerTool)]
    assert len(answers) == len(set(answers))
    refused = [call_id for call_id in answers if call_id not in model.answered]
    assert all(order.call.call_id not in refused for order in line.orders(RunTool))
    cancelled = [order.response_id for order in line.orders(CancelResponse)]
    assert len(cancelled) == len(set(cancelled))
    truncated = [order.item_id for order in line.orders(Truncate)]
    assert len(truncated) == len(set(truncated))
    places = {turn.item_id: turn.position for turn in line.turns.values()}
    assert len(set(places.values())) == len(places)
    assert all(0 < len(play.payload) <= 1600 for play in line.orders(Play))
    if honest:
        assert line.carrier.most_ahead_ms <= 400.01


@settings(max_examples=1000)
@given(
    st.lists(ACTS, max_size=60),
    st.sampled_from(["model", "attendant"]),
    st.booleans(),
    st.sampled_from([0.0, 0.1, 0.4]),
    st.booleans(),
    st.booleans(),
)
def test_whatever_happens_the_rules_hold_and_the_call_ends(
    acts, answered_by, echoes, round_trip, speech, ready
):
    carrier = Carrier(round_trip, echoes=echoes)
    line = Line(answered_by, seconds_left=SECONDS_LEFT, carrier=carrier, speech=speech)
    model = Model(line)
    for act in ([("ready",)] if ready else []) + acts:
        before = line.call.state
        if act[0] == "pass":
            step = line.now + act[1]
            while not line.call.over and line.now < step:
                before = line.call.state
                line.run(min(0.01, step - line.now) if act[1] < 0.1 else step - line.now)
                model.check(before)
        elif (fact := model.fact(act)) is not None:
            over = line.call.over
            answered = len(model.answered)
            orders = line.tell(fact)
            model.check(before)
            if len(model.answered) > answered and not over:
                assert isinstance(orders[0], AnswerTool)

    before = line.call.state
    line.run(START + SECONDS_LEFT + LAST_WORDS - line.now)

    model.check(before)
    assert line.call.over
    check_whole(line, model, honest=echoes and ("mark",) not in acts)
    assert line.call.deadline(line.now) is None
    assert line.tell(CallerAudio("AAAA"), ModelGone("x")) == []
