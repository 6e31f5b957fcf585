"""One live call: facts become orders, orders reach their peers, and one timer does the rest."""

import asyncio

import pytest

from gateway.calls import MOST_MISTAKES, Leg, LiveCall
from gateway.metrics import Metrics
from pipeline.call.machine import Call, Plan
from pipeline.call.words import Words
from pipeline.errors import ProtocolError
from pipeline.events import (
    CallerAudio,
    CallerDigit,
    CallerGone,
    Hear,
    KeepMessage,
    KeepTurn,
    MessageSpoken,
    ModelAudio,
    ModelAudioDone,
    ModelReady,
    ModelSaid,
    ModelTroubled,
    Play,
    Press,
    Respond,
    ResponseStarted,
    RunTool,
    Say,
    ToolCalled,
)
from pipeline.inquiry.vocabulary import ToolCall
from tests.gateway.phone import PATIENCE_S, counted

WORDS = Words("Hello, this is an AI.", "AI", "", "One minute.", "Too long.", "Sorry.")


class End:
    """A peer whose wire carries facts as they are, and its own wire: what it sends is kept."""

    def __init__(self):
        self.obeyed, self.sent, self.waiting = [], [], []
        self.due, self.owed = None, ()

    def receive(self, data, now):
        if isinstance(data, Exception):
            raise data
        return data

    def obey(self, order, now):
        self.obeyed.append(order)
        self.waiting.append(order)

    def data_to_send(self):
        waiting, self.waiting = self.waiting, []
        return waiting

    def deadline(self):
        return self.due

    def expire(self, now):
        self.due = None
        return self.owed

    def send(self, data):
        self.sent.append(data)

    def leg(self, name):
        return Leg(name, self, self)


class Ends:
    """A live call on a clock of its own, with ends that can be looked into."""

    def __init__(self, answered_by="model", seconds=600.0):
        self.now = 100.0
        self.carrier, self.model, self.attendant = End(), End(), End()
        self.records, self.metrics = [], Metrics()
        self.live = LiveCall(
            call=Call(Plan(answered_by, WORDS, seconds), self.now),
            carrier=self.carrier.leg("carrier"),
            attendant=self.attendant.leg("attendant"),
            records=self.records.append,
            metrics=self.metrics,
            clock=lambda: self.now,
            model=self.model.leg("model") if answered_by == "model" else None,
        )

    def said(self, *facts):
        """By whoever answers."""
        live = self.live
        live.receive(live.model or live.attendant, facts)

    def talking(self):
        """The greeting has been said and heard."""
        if self.live.model:
            self.said(ModelReady())
            [tag] = [order.tag for order in self.model.obeyed if isinstance(order, Respond)]
            self.said(ResponseStarted("r1", tag), ModelAudio("r1", "i1", b"\x30" * 160))
        return self


@pytest.fixture
def ends():
    made = Ends()
    yield made
    made.live.stop()


def kinds(orders):
    return [type(order) for order in orders]


async def test_the_callers_audio_goes_to_the_model_and_nowhere_else(ends):
    ends.live.tell(ModelReady())
    ends.attendant.waiting.append("not now")
    ends.live.receive(ends.live.carrier, (CallerAudio("AAAA"),))
    assert ends.model.sent[-1] == Hear("AAAA")
    assert ends.attendant.sent == []  # the short way: nobody else has anything to say
    assert not any(isinstance(order, Hear) for order in ends.carrier.obeyed)


async def test_audio_before_the_model_is_ready_is_kept_for_it(ends):
    for number in range(3):
        ends.live.receive(ends.live.carrier, (CallerAudio(f"AAA{number}"),))
    assert ends.model.sent == []
    ends.said(ModelReady())
    heard = [order.payload for order in ends.model.sent if isinstance(order, Hear)]
    assert heard == ["AAA0", "AAA1", "AAA2"]


async def test_the_models_audio_goes_to_the_carrier_in_the_same_step(ends):
    ends.talking()
    assert [order.payload for order in ends.carrier.sent if isinstance(order, Play)] == [
        b"\x30" * 160
    ]


async def test_a_call_without_a_model_orders_the_attendant_about():
    ends = Ends("attendant")
    ends.live.tell(ModelReady())
    assert ends.attendant.sent == [Say(ends.attendant.sent[0].item_id, WORDS.greeting)]
    ends.live.receive(ends.live.carrier, (CallerDigit("2"),))
    assert ends.attendant.obeyed[-1] == Press("2")
    ends.live.stop()


async def test_what_waits_for_a_wire_is_sent_when_there_is_one(ends):
    ends.live.model.line = None
    ends.said(ModelReady())
    assert ends.model.sent == []
    ends.live.model.line = ends.model
    ends.live.flush(ends.live.model)
    assert kinds(ends.model.sent) == [Respond]


async def test_tools_and_turns_go_to_the_records(ends):
    ends.talking()
    ends.said(ModelSaid("i1", WORDS.greeting))
    ends.said(ToolCalled("r1", ToolCall("c1", "search_knowledge", {"query": "hours"})))
    assert {KeepTurn, RunTool} <= {*kinds(ends.records)}


async def test_one_timer_wakes_the_peer_that_is_due(ends):
    ends.attendant.due = ends.now + 0.01
    ends.attendant.owed = (CallerDigit("7"),)
    ends.live.tell(ModelReady())
    ends.now += 0.02
    async with asyncio.timeout(PATIENCE_S):
        while Press("7") not in ends.model.obeyed:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    assert ends.attendant.due is None


async def test_when_it_has_lasted_long_enough_it_ends_by_itself():
    ends = Ends("attendant", seconds=0.01)
    ends.live.tell(ModelReady())
    said = ends.attendant.sent[0].item_id
    ends.live.receive(
        ends.live.attendant,
        (ModelAudio(said, said, b"\x30" * 160), ModelAudioDone(said, said)),
    )
    ends.now += 0.02
    async with asyncio.timeout(PATIENCE_S):
        while len(ends.attendant.sent) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    assert WORDS.limit in [order.text for order in ends.attendant.sent if isinstance(order, Say)]
    ends.live.stop()


async def test_a_message_that_was_being_spoken_is_kept_when_the_caller_hangs_up(ends):
    ends.live.last_words = lambda now: (MessageSpoken(b"\x30" * 8000),)
    ends.live.receive(ends.live.carrier, (CallerGone("hung_up"),))
    assert ends.records == [KeepMessage(b"\x30" * 8000)]
    assert (ends.live.ended.is_set(), ends.live.reason) == (True, "caller_hung_up")


async def test_after_the_end_nothing_is_done_and_no_timer_is_left(ends):
    ends.talking()
    ends.live.receive(ends.live.carrier, (CallerGone("hung_up"),))
    assert ends.live.ended.is_set()
    obeyed = len(ends.model.obeyed) + len(ends.carrier.obeyed)
    ends.said(ModelAudio("r1", "i1", b"\x30" * 160))
    ends.live.receive(ends.live.carrier, (CallerDigit("2"),))
    ends.live.tell(CallerGone("hung_up"))
    assert len(ends.model.obeyed) + len(ends.carrier.obeyed) == obeyed
    assert ends.live._timer is None


async def test_ten_mistakes_of_the_carrier_are_counted_and_the_eleventh_ends_it(ends):
    for _ in range(MOST_MISTAKES):
        ends.live.receive(ends.live.carrier, ProtocolError("not_json"))
    assert not ends.live.ended.is_set()
    ends.live.receive(ends.live.carrier, ProtocolError("not_json"))
    assert (ends.live.ended.is_set(), ends.live.reason) == (True, "cut_off")
    assert counted(ends.metrics.media_errors, "not_json") == MOST_MISTAKES + 1


async def test_ten_mistakes_of_the_model_are_counted_and_the_eleventh_gives_it_up(ends):
    ends.talking()
    for _ in range(MOST_MISTAKES):
        ends.live.receive(ends.live.model, ProtocolError("bad_base64"))
    assert WORDS.apology not in [getattr(order, "text", "") for order in ends.attendant.obeyed]
    ends.live.receive(ends.live.model, ProtocolError("bad_base64"))
    assert ends.attendant.obeyed[-1].text == WORDS.apology
    assert not ends.live.ended.is_set()  # the apology is to be heard
    assert counted(ends.metrics.model_troubles, "bad_base64") == MOST_MISTAKES + 1
    assert counted(ends.metrics.model_troubles, "misspoke") == 1


async def test_a_complaint_of_the_models_is_counted_under_a_name_we_know(ends):
    ends.said(ModelTroubled("response_cancel_not_active"), ModelTroubled("its own invention"))
    assert counted(ends.metrics.model_troubles, "response_cancel_not_active") == 1
    assert counted(ends.metrics.model_troubles, "other") == 1


async def test_a_mistake_of_ours_loses_this_call_and_raises_nothing(ends):
    ends.live.receive(ends.live.carrier, ZeroDivisionError())
    assert (ends.live.ended.is_set(), ends.live.reason) == (True, "broke")
    assert ends.live._timer is None
