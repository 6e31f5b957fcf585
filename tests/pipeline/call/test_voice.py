"""Our voice: what is played, what is refused, and what is noted of it."""

import pytest

from pipeline.call.turns import Transcript
from pipeline.call.voice import Voice
from pipeline.events import KeepTurn, Mark, ModelAudio, Order, Play, Say, StopPlaying, Truncate
from pipeline.ids import ItemId, ResponseId
from tests.pipeline.call.driver import sound

R = ResponseId("r")
ITEM, NEXT = ItemId("item"), ItemId("next")
FIRST = ItemId("say-1")


def voice_of(answered_by="model") -> Voice:
    return Voice(Transcript(0.0), answered_by)


def add(voice: Voice, item_id: ItemId, ms: float, now: float = 0.0, **options) -> list[Order]:
    wanted = options.get("wanted", True)
    return voice.add(ModelAudio(R, item_id, sound(ms)), now, wanted=wanted)


def test_a_chunk_is_followed_by_its_mark():
    voice = voice_of()
    add(voice, ITEM, 400)

    first, mark, second, other = voice.pump(0.0)

    assert first == second == Play(sound(200))
    assert isinstance(mark, Mark)
    assert isinstance(other, Mark)
    assert voice.deadline(0.0) == pytest.approx(1.9)


def test_an_item_that_was_heard_is_a_turn_that_was_heard():
    voice = voice_of()
    add(voice, ITEM, 100)
    voice.said(ITEM, "Hello")
    voice.complete(ITEM)
    [_, mark] = voice.pump(0.0)
    voice.reached(mark.name, 0.1)

    [kept] = voice.pump(0.1)

    assert isinstance(kept, KeepTurn)
    assert (kept.turn.text, kept.turn.heard_ms, kept.turn.interrupted) == ("Hello", 100, False)


def test_silence_cannot_be_stopped():
    assert voice_of().stop(0.0) == []


def test_stopping_truncates_the_models_items_in_their_order():
    voice = voice_of()
    add(voice, ITEM, 200)
    voice.complete(ITEM)
    add(voice, NEXT, 200)
    voice.pump(0.0)

    orders = voice.stop(0.12)

    assert orders[:3] == [StopPlaying(), Truncate(ITEM, 120), Truncate(NEXT, 0)]
    assert [type(order) for order in orders[3:]] == [KeepTurn, KeepTurn]
    assert [cut.item_id for cut in voice.held] == [ITEM, NEXT]


def test_what_the_attendant_says_is_no_item_of_the_models():
    voice = voice_of()
    assert voice.say("Hello", 0.0) == [Say(FIRST, "Hello")]
    assert voice.pending
    voice.add(ModelAudio(ResponseId(FIRST), FIRST, sound(200)), 0.1, wanted=True)
    voice.pump(0.1)

    stop, kept = voice.stop(0.2)

    assert stop == StopPlaying()
    assert kept.turn.speaker == "attendant"
    assert not voice.pending


def test_the_rest_of_what_was_cut_is_dropped():
    voice = voice_of()
    voice.say("Hello", 0.0)
    add(voice, FIRST, 200, 0.1)
    voice.stop(0.2)

    assert add(voice, FIRST, 500, 0.3) == []
    assert not voice.audible


def test_an_item_of_the_models_that_was_cut_stays_cut():
    voice = voice_of()
    add(voice, ITEM, 200)
    voice.stop(0.1)

    assert add(voice, ITEM, 500, 0.3, wanted=True) == []
    assert not voice.audible


def test_what_is_stopped_before_it_came_is_not_said_later():
    voice = voice_of()
    voice.say("Hello", 0.0)
    assert voice.stop(0.0) == []

    add(voice, FIRST, 500, 0.3)

    assert not voice.audible
    assert not voice.pending


def test_of_what_is_not_wanted_the_model_learns_that_nothing_was_heard():
    voice = voice_of()

    assert add(voice, ITEM, 100, wanted=False) == [Truncate(ITEM, 0)]
    assert add(voice, ITEM, 100, wanted=False) == []


def test_of_the_rest_of_what_was_heard_it_does_not():
    voice = voice_of()
    add(voice, ITEM, 100)

    assert add(voice, ITEM, 100, wanted=False) == []


def test_the_attendant_is_told_of_no_truncation():
    voice = voice_of("attendant")

    assert add(voice, ITEM, 100, wanted=False) == []


def test_what_the_attendant_does_not_say_in_five_seconds_is_given_up():
    voice = voice_of()
    voice.say("Hello", 10.0)
    assert voice.deadline(10.0) == 15.0
    add(voice, FIRST, 200, 12.0)
    voice.pump(12.0)
    voice.reached("0.1", 12.2)
    assert voice.deadline(12.2) == 17.0

    orders = voice.pump(17.0)

    assert [order.turn.heard_ms for order in orders] == [200]
    assert not voice.pending
    add(voice, FIRST, 200, 18.0)
    assert not voice.audible


def test_a_response_that_is_over_leaves_no_item_open():
    voice = voice_of()
    add(voice, ITEM, 110)
    voice.pump(0.0)
    voice.finish(ResponseId("another"))
    assert voice.pump(0.05) == []

    voice.finish(R)

    [last, _] = voice.pump(0.05)
    assert last == Play(sound(10) + b"\xff" * 80)


def test_what_the_attendant_is_saying_is_not_finished_with_the_model():
    voice = voice_of()
    voice.say("Hello", 0.0)
    add(voice, FIRST, 100)

    voice.finish()

    assert voice.pending


def test_the_response_that_spoke_last_is_known():
    voice = voice_of()
    voice.say("Hello", 0.0)
    add(voice, FIRST, 100)
    assert voice.spoke is None

    add(voice, ITEM, 100)

    assert voice.spoke == R


def test_a_minute_that_waits_is_the_most():
    voice = voice_of()
    add(voice, ITEM, 61_000)

    assert voice.dropped_bytes == 8000
