"""Whole calls in virtual time, rule by rule."""

import pytest

from pipeline.call.machine import MOVES, State
from pipeline.call.turns import Turn
from pipeline.events import (
    AnswerTool,
    CallerAudio,
    CallerDigit,
    CallerGone,
    CallerSaid,
    CallerTurnEnded,
    CancelResponse,
    DialogueMoved,
    HangUp,
    Hear,
    KeepMessage,
    KeepTurn,
    Mark,
    MessageSpoken,
    ModelAudio,
    ModelAudioDone,
    ModelGone,
    ModelReady,
    ModelSaid,
    ModelTroubled,
    Play,
    Press,
    Remember,
    Respond,
    ResponseDone,
    ResponseStarted,
    RunTool,
    Say,
    SpeechStarted,
    SpeechStopped,
    StopPlaying,
    Tell,
    ToolAnswered,
    Truncate,
)
from pipeline.ids import ItemId, ResponseId
from tests.pipeline.call.driver import RESUMED, START, WORDS, Carrier, Line, sound

ASK, AGAIN = ItemId("ask"), ItemId("again")
GREET = Respond("greeting", f'Say exactly: "{WORDS.greeting}" Say nothing else.', tools=False)


def talking(answered_by: str = "model", **options) -> Line:
    """A call whose greeting was heard."""
    line = Line(answered_by, **options)
    if answered_by == "model":
        line.greet()
    else:
        line.tell(ModelReady())
        line.run(4.0)
        assert line.call.state is State.TALKING
    return line


def asked(**options) -> Line:
    """A call whose caller has asked something."""
    line = talking(**options)
    line.tell(SpeechStarted(ASK, 1000), SpeechStopped(ASK, 2000), CallerTurnEnded(ASK))
    return line


# --- audio -------------------------------------------------------------------------------------


def test_audio_that_comes_before_the_model_is_ready_is_kept():
    line = Line()
    assert line.tell(CallerAudio("AAAA"), CallerAudio("BBBB")) == []

    assert line.tell(ModelReady()) == [Hear("AAAA"), Hear("BBBB"), GREET]
    assert line.tell(CallerAudio("CCCC")) == [Hear("CCCC")]


def test_of_early_audio_the_last_ten_seconds_are_kept():
    line = Line()
    for number in range(600):
        line.tell(CallerAudio(f"{number:04}"))

    heard = [o for o in line.tell(ModelReady()) if isinstance(o, Hear)]

    assert (len(heard), heard[0], heard[-1]) == (500, Hear("0100"), Hear("0599"))


def test_the_first_audio_leaves_in_the_step_in_which_it_came():
    line = asked()
    response = line.begin()

    orders = line.tell(ModelAudio(response, ItemId("i"), sound(100)))

    assert orders == [Play(sound(100)), Mark(orders[1].name)]


@pytest.mark.parametrize("round_trip", [0.0, 0.08, 0.3, 0.6])
def test_a_long_answer_is_played_without_a_gap_and_never_400_ms_ahead(round_trip):
    line = asked(carrier=Carrier(round_trip))
    before = len(line.carrier.heard)
    line.carrier.gaps_ms.clear()

    item = line.answer(ms=8000)
    line.run(8.0 + round_trip + 0.1)

    assert len(line.carrier.heard) - before == 64_000
    assert [gap for gap in line.carrier.gaps_ms[1:] if gap > 1] == []
    assert line.carrier.most_ahead_ms <= 401
    sizes = [len(play.payload) for play in line.orders(Play)]
    assert sizes[-41:] == [800, 800, *[1600] * 39]  # a model's first pieces, then whole chunks
    assert len(line.orders(Mark)) == len(line.orders(Play))
    assert line.turns[item].heard_ms == 8000


def test_without_a_single_echo_the_call_goes_on():
    line = Line(carrier=Carrier(echoes=False))
    line.tell(ModelReady())
    line.answer(WORDS.greeting, 1000)
    line.run(2.4)
    assert line.call.state is State.GREETING

    line.run(0.2)
    assert line.call.state is State.TALKING
    line.tell(CallerTurnEnded(ASK))
    item = line.answer(ms=3000)
    line.run(5.0)

    assert line.turns[item].heard_ms == 3000


# --- the greeting ------------------------------------------------------------------------------


def test_the_greeting_is_asked_for_with_tools_off_and_in_so_many_words():
    line = Line()
    line.tell(ModelReady())

    assert line.orders(Respond) == [GREET]


def test_a_caller_who_speaks_into_the_greeting_neither_cuts_it_nor_is_answered_before_its_end():
    line = Line()
    line.tell(ModelReady())
    greeting = line.answer(WORDS.greeting, 3000)
    line.run(1.0)

    line.tell(SpeechStarted(ASK, 900), SpeechStopped(ASK, 1500), CallerTurnEnded(ASK))
    assert line.orders(StopPlaying) == []
    assert line.tell(CallerDigit("1")) == [Press("1")]
    line.run(1.9)
    assert [respond.tag for respond in line.orders(Respond)] == ["greeting"]

    line.run(0.2)
    assert [respond.tag for respond in line.orders(Respond)] == ["greeting", "answer"]
    assert line.turns[greeting].heard_ms == 3000
    assert line.orders(Truncate) == []


def test_two_seconds_without_audio_and_the_attendant_says_the_greeting():
    line = Line()
    line.tell(ModelReady())
    response = line.begin()

    line.run(1.99)
    assert line.orders(Say) == []
    line.run(0.02)

    assert line.new(CancelResponse) == [CancelResponse(response)]
    assert line.orders(Say) == [Say(ItemId("say-1"), WORDS.greeting)]
    assert line.orders(Tell) == [Tell("assistant", WORDS.greeting)]
    assert line.call.greeting.by == "attendant"
    line.tell(ModelAudio(response, ItemId("late"), sound(500)))
    line.tell(ResponseDone(response, "cancelled"))
    line.run(3.0)
    assert line.call.state is State.TALKING
    assert sound(1) not in line.carrier.heard
    assert line.turns[ItemId("say-1")].speaker == "attendant"


def test_a_model_that_is_not_ready_in_two_seconds_is_told_what_was_said_when_it_is():
    line = Line()
    line.run(2.01)
    assert line.orders(Say) == [Say(ItemId("say-1"), WORDS.greeting)]
    line.tell(CallerAudio("AAAA"))

    orders = line.tell(ModelReady())

    assert orders == [Tell("assistant", WORDS.greeting), Hear("AAAA")]
    line.run(3.0)
    assert line.call.state is State.TALKING
    assert line.orders(Respond) == []


def test_a_greeting_without_the_disclosure_is_said_again_by_the_attendant():
    line = Line()
    line.tell(ModelReady())
    item = line.answer("Thank you for calling, how can I help?", 1500)

    assert line.orders(Say) == [Say(ItemId("say-1"), WORDS.greeting)]
    line.tell(CallerTurnEnded(ASK))
    line.run(1.4 + len(WORDS.greeting) * 0.04)
    assert line.call.state is State.GREETING
    line.run(0.3)
    assert line.call.state is State.TALKING
    assert line.turns[item].heard_ms == 1500
    assert line.turns[ItemId("say-1")].heard_ms == len(WORDS.greeting) * 40


def test_a_greeting_whose_words_never_come_is_said_again_by_the_attendant():
    line = Line()
    line.tell(ModelReady())
    response = line.begin()
    line.tell(ModelAudio(response, ItemId("i"), sound(1000)), ResponseDone(response, "completed"))

    assert line.orders(Say) == [Say(ItemId("say-1"), WORDS.greeting)]


def test_the_disclosure_may_be_spelt_otherwise():
    line = Line()
    line.tell(ModelReady())
    line.answer("thank you for calling my hibachi chef, i'm an ai assistant", 1500)

    assert line.orders(Say) == []


def test_a_greeting_that_is_asked_for_again_is_not_said_twice():
    line = Line()
    line.run(1.8)
    line.tell(ModelReady())
    line.tell(ResponseDone(line.begin(), "failed", "server_error"))

    line.run(8.0)

    assert line.call.state is State.TALKING
    assert [respond.tag for respond in line.orders(Respond)] == ["greeting"]


def test_a_greeting_that_was_heard_is_not_said_again_though_its_response_failed():
    line = Line()
    line.tell(ModelReady())
    response = line.begin()
    line.speak(response, WORDS.greeting, 300)
    line.run(0.35)
    line.tell(ResponseDone(response, "failed", "server_error"))
    line.run(5.0)

    assert line.call.state is State.TALKING
    assert [respond.tag for respond in line.orders(Respond)] == ["greeting"]


def test_a_greeting_that_nobody_can_say_ends_the_call_to_be_taken_up_anew():
    line = Line(speech=False)
    line.run(10.0)

    assert line.hung_up == "model_failed"
    assert line.times(HangUp) == [pytest.approx(7.0)]


def test_a_caller_who_comes_back_is_not_greeted_again():
    line = Line(words=RESUMED, history=[Turn(ItemId("x"), 0, "caller", "how much?", 0)])
    line.tell(ModelReady())

    [respond] = line.orders(Respond)
    assert respond.tag == "greeting"
    assert "Answer what the caller said last" in respond.instructions
    line.answer("Sorry, we were cut off. Twelve hundred.", 1000)
    line.run(1.1)
    assert line.call.state is State.TALKING
    assert line.orders(Say) == []


def test_a_caller_who_comes_back_may_break_in_at_once():
    line = Line(words=RESUMED, history=[Turn(ItemId("x"), 0, "caller", "how much?", 0)])
    line.tell(ModelReady())
    line.answer("Sorry, we were cut off. Where were we?", 3000)
    line.run(0.5)

    line.tell(SpeechStarted(AGAIN, 500), CallerTurnEnded(AGAIN))

    assert len(line.orders(StopPlaying)) == 1
    assert [respond.tag for respond in line.orders(Respond)] == ["greeting", "answer"]


def test_the_attendant_greets_and_then_gives_its_menu():
    line = Line("attendant")
    assert line.tell(ModelReady()) == [Say(ItemId("say-1"), WORDS.greeting)]

    line.run(len(WORDS.greeting) * 0.04)
    assert line.orders(Respond) == []
    line.run(0.2)

    assert line.orders(Respond) == [Respond("menu")]


def test_keys_pressed_into_the_attendants_greeting_are_answered_instead_of_the_menu():
    line = Line("attendant")
    line.tell(ModelReady())
    line.run(0.5)
    line.tell(CallerDigit("1"), CallerTurnEnded(ASK))
    line.run(5.0)

    assert line.orders(Respond) == [Respond("answer")]
    assert line.orders(StopPlaying) == []


# --- interruption ------------------------------------------------------------------------------


def test_an_interruption_clears_truncates_and_cancels_in_one_step():
    line = asked()
    response = line.begin()
    item = line.speak(response, "Twelve hundred dollars in all.", 2000, done=False)
    line.run(0.75)

    orders = line.tell(SpeechStarted(AGAIN, 5000))

    kept = Turn(item, 2, "model", "", line.turns[item].at_ms, 750, 2000, True)
    assert orders == [
        StopPlaying(),
        Truncate(item, 750),
        KeepTurn(kept),
        CancelResponse(response),
    ]
    assert line.call.timings.interruptions == 1


def test_what_comes_late_of_an_interrupted_response_is_dropped():
    line = asked()
    response = line.begin()
    item = line.speak(response, "", 1000, done=False)
    line.run(0.5)
    line.tell(SpeechStarted(AGAIN, 5000))

    assert line.tell(ModelAudio(response, item, sound(1000))) == []
    assert line.tell(ModelAudioDone(response, item)) == []
    assert line.run(2.0) == []
    assert line.turns[item].heard_ms == 500


def test_an_item_that_begins_after_the_interruption_is_truncated_to_nothing_once():
    line = asked()
    response = line.begin()
    line.tell(SpeechStarted(AGAIN, 5000))

    late = ModelAudio(response, ItemId("late"), sound(200))

    assert line.tell(late) == [Truncate(ItemId("late"), 0)]
    assert line.tell(late) == []


def test_items_queued_behind_are_truncated_at_0():
    line = asked()
    response = line.begin()
    first = line.speak(response, "One.", 1000, "one")
    second = line.speak(response, "Two.", 1000, "two")
    line.tell(ResponseDone(response, "completed"))
    line.run(0.3)
    line.new(Truncate)

    line.tell(SpeechStarted(AGAIN, 5000))

    assert line.new(Truncate) == [Truncate(first, 300), Truncate(second, 0)]
    assert line.orders(CancelResponse) == []  # nothing runs any more
    assert line.turns[second].heard_ms == 0
    assert line.turns[second].text == ""


def test_an_item_is_never_truncated_beyond_what_came_of_it():
    line = asked(carrier=Carrier(echoes=False))
    response = line.begin()
    item = line.speak(response, "", 250, done=False)
    line.run(1.2)

    assert Truncate(item, 240) in line.tell(SpeechStarted(AGAIN, 5000))  # 12 whole frames


def test_the_words_that_were_not_heard_are_not_kept():
    line = asked()
    item = line.answer("one two three four five six seven eight", 4000)
    line.run(2.0)
    line.tell(SpeechStarted(AGAIN, 5000))

    turn = line.turns[item]
    assert (turn.text, turn.interrupted) == ("one two three four", True)


def test_words_that_come_after_the_interruption_are_cut_to_what_was_heard_of_the_whole():
    line = asked()
    response = line.begin()
    item = line.speak(response, "", 1000, done=False)
    line.run(0.5)
    line.tell(SpeechStarted(AGAIN, 5000))
    line.tell(ModelAudio(response, item, sound(1000)), ModelAudioDone(response, item))
    line.tell(ModelSaid(item, "one two three four five six seven eight"))

    turn = line.turns[item]
    assert (turn.heard_ms, turn.whole_ms, turn.text) == (500, 2000, "one two")


def test_a_caller_who_speaks_while_we_are_silent_interrupts_nothing():
    line = talking()

    assert line.tell(SpeechStarted(ASK, 5000)) == []
    assert line.call.timings.interruptions == 0


def test_a_response_that_was_asked_for_and_has_not_begun_is_cancelled_when_it_begins():
    line = asked()
    assert line.tell(SpeechStarted(AGAIN, 5000)) == []

    response = ResponseId("late")
    assert line.tell(ResponseStarted(response, "answer")) == [CancelResponse(response)]
    line.tell(CallerTurnEnded(AGAIN))
    line.tell(ModelAudio(response, ItemId("i"), sound(500)))
    assert [respond.tag for respond in line.orders(Respond)] == ["greeting", "answer"]

    line.tell(ResponseDone(response, "cancelled", "client_cancelled"))
    assert [respond.tag for respond in line.orders(Respond)] == ["greeting", "answer", "answer"]
    assert line.carrier.heard == sound(1000)


def test_a_key_cuts_the_voice_and_is_passed_on():
    line = asked()
    item = line.answer(ms=2000)
    line.run(0.4)

    orders = line.tell(CallerDigit("0"))

    assert [type(order) for order in orders] == [StopPlaying, Truncate, KeepTurn, Press]
    assert orders[1] == Truncate(item, 400)


def test_the_attendants_words_are_cut_but_no_model_is_told():
    line = talking("attendant")
    line.answer("Press 1 for a quote.", 2000)
    line.run(0.4)

    orders = line.tell(CallerDigit("1"))

    assert [type(order) for order in orders] == [StopPlaying, KeepTurn, Press]


def test_nothing_is_answered_between_the_end_of_speech_and_the_end_of_the_turn():
    line = asked()
    response = line.begin()
    line.tell(SpeechStarted(AGAIN, 5000))
    line.tell(CallerTurnEnded(AGAIN), SpeechStarted(ItemId("third"), 6000))
    line.tell(ResponseDone(response, "cancelled"))
    line.tell(SpeechStopped(ItemId("third"), 6500))
    assert [respond.tag for respond in line.orders(Respond)] == ["greeting", "answer"]

    line.tell(CallerTurnEnded(ItemId("third")))

    assert [respond.tag for respond in line.orders(Respond)] == ["greeting", "answer", "answer"]


def test_a_noise_that_does_not_end_keeps_nobody_waiting_for_ever():
    line = asked()
    response = line.begin()
    line.call_tools(response, ("c1", "search_knowledge"))
    line.tell(ResponseDone(response, "completed"), SpeechStarted(AGAIN, 5000))
    line.tell(ToolAnswered("c1", {}))
    assert line.orders(Respond)[-1].tag == "answer"

    line.run(14.9)
    assert line.orders(Respond)[-1].tag == "answer"
    line.run(0.2)

    assert line.orders(Respond)[-1].tag == "tools"


def test_what_the_last_interruption_left_unheard_is_held():
    line = asked()
    line.answer(ms=1000)
    line.run(0.4)
    line.tell(SpeechStarted(AGAIN, 5000))

    [cut] = line.call.voice.held
    assert (cut.heard_ms, cut.unheard) == (400, sound(600))


def test_an_item_that_its_response_left_open_was_heard_to_its_end():
    line = asked()
    response = line.begin()
    item = line.speak(response, "", 310, done=False)
    line.tell(ResponseDone(response, "incomplete", "max_output_tokens"))
    line.run(0.5)

    assert line.turns[item].heard_ms == 310
    assert not line.turns[item].interrupted


# --- one response at a time --------------------------------------------------------------------


def test_turns_that_end_while_a_response_runs_are_answered_by_one_more():
    line = asked()
    response = line.begin()
    line.tell(CallerTurnEnded(AGAIN), CallerTurnEnded(ItemId("third")))
    assert len(line.orders(Respond)) == 2

    line.tell(ResponseDone(response, "completed"))

    assert [respond.tag for respond in line.orders(Respond)] == ["greeting", "answer", "answer"]


def test_a_response_that_nobody_asked_for_is_cancelled_and_not_heard():
    line = talking()
    heard = line.carrier.heard

    assert line.tell(ResponseStarted(ResponseId("x"), "")) == [CancelResponse(ResponseId("x"))]
    line.tell(ModelAudio(ResponseId("x"), ItemId("i"), sound(500)))

    assert line.carrier.heard == heard


def test_a_response_that_nobody_asked_for_and_that_never_ends_is_a_failure():
    line = talking()
    line.tell(ResponseStarted(ResponseId("x"), ""))
    line.run(5.1)

    assert line.call.state is State.CLOSING


def test_a_failed_response_is_asked_for_once_more():
    line = asked()
    line.tell(ResponseDone(line.begin(), "failed", "server_error"))
    assert len(line.orders(Respond)) == 2
    line.run(0.6)
    assert [respond.tag for respond in line.orders(Respond)] == ["greeting", "answer", "answer"]

    line.tell(ResponseDone(line.begin(), "failed", "server_error"))

    assert line.call.state is State.CLOSING
    assert line.orders(Say)[-1].text == WORDS.apology
    line.run(10.0)
    assert line.hung_up == "model_failed"


def test_a_response_that_went_well_wipes_the_slate():
    line = asked()
    for number in range(3):
        line.tell(ResponseDone(line.begin(), "failed"))
        line.run(0.6)
        line.answer(ms=200)
        line.tell(CallerTurnEnded(ItemId(f"turn-{number}")))

    assert line.call.state is State.TALKING


def test_a_model_that_says_it_is_busy_is_asked_again():
    line = asked()
    busy = ModelTroubled("conversation_already_has_active_response")

    line.tell(busy)
    assert len(line.orders(Respond)) == 2
    line.run(0.6)

    assert [respond.tag for respond in line.orders(Respond)] == ["greeting", "answer", "answer"]
    line.answer(ms=200)
    line.run(20)
    assert line.call.state is State.TALKING


def test_a_model_that_says_for_ever_that_it_is_busy_has_failed():
    line = asked()
    for _ in range(100):
        line.tell(ModelTroubled("conversation_already_has_active_response"))
        line.run(0.6)

    assert line.hung_up == "model_failed"
    assert line.times(Say) == [pytest.approx(9.1, abs=0.7)]


def test_any_other_trouble_changes_nothing():
    line = asked()

    assert line.tell(ModelTroubled("response_cancel_not_active")) == []
    line.answer()
    assert line.call.state is State.TALKING


@pytest.mark.parametrize("sign", ["none", "begun", "audio"])
def test_an_overdue_response_is_a_failure(sign):
    line = asked()
    seconds = 8.0
    if sign != "none":
        response = line.begin()
    if sign == "audio":
        line.speak(response, "", 500, done=False)
        seconds = 15.0
    line.run(seconds - 0.1)
    assert line.orders(Say) == []

    line.run(0.2)

    assert line.orders(Say)[-1].text == WORDS.apology
    line.run(3.0)
    assert line.hung_up == "model_failed"


def test_the_gap_before_an_answer_is_measured():
    line = asked()
    line.run(0.7)
    line.answer()

    assert line.call.timings.gaps_ms == [700]
    assert line.call.timings.ready_ms == 0
    assert line.call.timings.first_audio_ms == 0


# --- tools -------------------------------------------------------------------------------------


def test_a_tool_is_run_and_answered_and_one_response_follows():
    line = asked()
    response = line.begin()
    line.call_tools(response, ("c1", "calculate_party_quote"))
    assert [run.call.call_id for run in line.orders(RunTool)] == ["c1"]
    line.tell(ResponseDone(response, "completed"))
    assert len(line.orders(Respond)) == 2

    assert line.tell(ToolAnswered("c1", {"total": 1})) == [
        AnswerTool("c1", {"total": 1}),
        Respond("tools"),
    ]
    assert line.tell(ToolAnswered("c1", {"total": 2})) == []


def test_a_batch_has_one_response_when_its_last_tool_is_answered():
    line = asked()
    response = line.begin()
    line.call_tools(response, ("c1", "x"), ("c2", "y"), ("c2", "y"))
    line.tell(ToolAnswered("c1", {}), ResponseDone(response, "completed"))
    assert len(line.orders(RunTool)) == 2
    assert len(line.orders(Respond)) == 2

    assert line.tell(ToolAnswered("c2", {})) == [AnswerTool("c2", {}), Respond("tools")]


def test_answers_that_come_before_the_response_ends_wait_for_its_end():
    line = asked()
    response = line.begin()
    line.call_tools(response, ("c1", "x"))
    assert line.tell(ToolAnswered("c1", {})) == [AnswerTool("c1", {})]

    assert line.tell(ResponseDone(response, "completed")) == [Respond("tools")]


def test_a_tool_of_an_interrupted_response_is_answered_all_the_same():
    line = asked()
    response = line.begin()
    line.call_tools(response, ("c1", "take_message"))
    line.tell(SpeechStarted(AGAIN, 5000), ResponseDone(response, "cancelled"))

    assert line.tell(ToolAnswered("c1", {"ok": True})) == [AnswerTool("c1", {"ok": True})]
    line.tell(CallerTurnEnded(AGAIN))
    assert [respond.tag for respond in line.orders(Respond)][2:] == ["answer"]


# --- endings -----------------------------------------------------------------------------------


def ended_by_tool(line: Line, *, words: str = "Goodbye!", done: bool = True) -> ResponseId:
    response = line.begin()
    if words:
        line.speak(response, words, 1000)
    line.call_tools(response, ("end", "end_call"))
    if done:
        line.tell(ResponseDone(response, "completed"))
    line.tell(ToolAnswered("end", {"ending": True}))
    return response


@pytest.mark.parametrize("done", [True, False])
def test_end_call_hangs_up_when_the_goodbye_was_heard(done):
    line = asked()
    began = line.now
    response = ended_by_tool(line, done=done)
    assert line.call.state is State.CLOSING
    if not done:
        line.tell(ResponseDone(response, "completed"))
    line.run(0.99)
    assert line.hung_up is None

    line.run(5.0)

    assert line.hung_up == "said_goodbye"
    assert line.now - began == pytest.approx(1.0)
    assert len(line.orders(Respond)) == 2


@pytest.mark.parametrize("done", [True, False])
def test_end_call_without_a_word_says_goodbye_first(done):
    line = asked()
    response = ended_by_tool(line, words="", done=done)
    if not done:
        line.tell(ResponseDone(response, "completed"))
    assert line.orders(Respond)[-1].tag == "farewell"
    assert line.orders(Respond)[-1].tools is False

    line.answer("Bye!", 800)
    line.run(2.0)

    assert line.hung_up == "said_goodbye"
    assert line.turns[ItemId("item-resp-3")].heard_ms == 800


def test_a_farewell_that_never_comes_keeps_nobody():
    line = asked()
    ended_by_tool(line, words="")
    line.run(30.0)

    assert line.hung_up == "said_goodbye"
    assert line.times(HangUp)[0] < 10.0


def test_a_goodbye_without_end_is_cut_after_12_seconds():
    line = asked()
    response = line.begin()
    item = line.speak(response, "Goodbye, goodbye, goodbye!", 30_000)
    line.call_tools(response, ("end", "end_call"))
    line.tell(ResponseDone(response, "completed"), ToolAnswered("end", {"ending": True}))
    line.run(12.1)

    assert line.hung_up == "said_goodbye"
    assert (line.turns[item].heard_ms, line.turns[item].interrupted) == (12_000, True)


def test_a_caller_who_speaks_during_the_goodbye_is_heard_again():
    line = asked()
    ended_by_tool(line)
    line.run(0.3)

    orders = line.tell(SpeechStarted(AGAIN, 5000))

    assert StopPlaying() in orders
    assert line.call.state is State.TALKING
    line.run(10.0)
    assert line.hung_up is None
    line.tell(CallerTurnEnded(AGAIN))
    line.answer(ms=500)
    line.run(20.0)
    assert line.hung_up is None


def test_a_caller_who_goes_on_while_the_tool_runs_is_not_cut_off():
    line = asked()
    response = line.begin()
    line.speak(response, "Goodbye!", 1000)
    line.call_tools(response, ("end", "end_call"))
    line.tell(SpeechStarted(AGAIN, 5000))
    line.tell(ResponseDone(response, "cancelled"))

    assert line.tell(ToolAnswered("end", {"ending": True})) == [AnswerTool("end", {"ending": True})]
    assert line.call.state is State.TALKING
    assert line.tell(CallerTurnEnded(AGAIN)) == [Respond("answer")]


def test_a_turn_that_ends_during_the_goodbye_is_answered():
    line = asked()
    ended_by_tool(line)

    orders = line.tell(CallerTurnEnded(AGAIN))

    assert orders[0] == StopPlaying()
    assert orders[-1] == Respond("answer")
    assert line.call.state is State.TALKING


def test_an_end_call_that_failed_ends_nothing():
    line = asked()
    response = line.begin()
    line.call_tools(response, ("end", "end_call"))
    line.tell(ResponseDone(response, "completed"), ToolAnswered("end", {"error": "unknown"}))

    assert line.call.state is State.TALKING
    assert line.orders(Respond)[-1] == Respond("tools")


def test_another_tool_of_the_same_batch_does_not_keep_the_call():
    line = asked()
    response = line.begin()
    line.speak(response, "Goodbye!", 500)
    line.call_tools(response, ("end", "end_call"), ("c2", "take_message"))
    line.tell(ResponseDone(response, "completed"), ToolAnswered("end", {}))
    line.tell(ToolAnswered("c2", {}))
    line.run(0.6)

    assert line.hung_up == "said_goodbye"


def test_a_minute_before_the_longest_time_the_caller_is_warned():
    line = talking(seconds_left=120.0)
    line.run(58.0)
    assert len(line.orders(Respond)) == 1
    line.run(1.0)

    told = line.orders(Respond)[-1]
    assert (told.tag, told.tools) == ("told", False)
    assert WORDS.warning in told.instructions
    line.answer(WORDS.warning, 1000)

    line.run(60.0)
    assert line.orders(Say) == [Say(ItemId("say-1"), WORDS.limit)]
    assert line.times(Say) == [pytest.approx(120.0)]
    line.run(5.0)
    assert line.hung_up == "too_long"


def test_the_attendant_warns_in_its_own_voice():
    line = talking("attendant", seconds_left=120.0)
    line.answer("Press 1.", 500)
    line.run(60.0)

    assert line.orders(Say)[-1].text == WORDS.warning


def test_a_warning_that_was_cut_does_not_come_back_when_the_rest_of_it_arrives():
    line = talking("attendant", seconds_left=120.0)
    line.answer("Press 1.", 500)
    line.run(START + 60.07 - line.now)
    assert line.orders(Say)[-1].text == WORDS.warning
    assert line.call.voice.audible

    line.tell(CallerDigit("1"))
    line.run(1.0)

    assert line.turns[ItemId("say-2")].heard_ms == 20
    assert line.new(Play)[-1] == Play(sound(200, 2))
    assert line.times(Play)[-1] < 60.07
    assert not line.call.voice.pending


def test_at_the_longest_time_what_is_being_said_is_cut():
    line = asked(seconds_left=20.0)
    line.run(5.0)
    response = line.begin()
    line.speak(response, "A long story.", 30_000)
    line.run(15.0)

    assert line.new(StopPlaying) == [StopPlaying()]
    assert line.orders(CancelResponse) == [CancelResponse(response)]
    line.run(3.0)
    assert line.hung_up == "too_long"


def test_no_caller_talks_us_past_the_longest_time():
    line = talking(seconds_left=20.0)
    for number in range(30):
        line.tell(SpeechStarted(ItemId(f"t{number}"), 0), CallerTurnEnded(ItemId(f"t{number}")))
        line.run(0.5)
        line.tell(ResponseDone(line.begin(), "cancelled"))
        line.run(0.5)

    assert line.hung_up == "too_long"


def test_a_call_that_has_no_time_left_ends_at_once():
    line = Line(seconds_left=0.0)
    line.run(0.0)

    assert line.hung_up == "too_long"
    assert line.orders(Say) == []


def test_a_deadline_that_is_met_very_late_does_no_harm():
    for seconds in (3.0, 9.0, 100.0, 2000.0):
        line = Line()
        line.now += seconds
        orders = line.call.expire(line.now)
        assert sum(isinstance(order, HangUp) for order in orders) == line.call.over
        assert not line.call.over or isinstance(orders[-1], HangUp)


@pytest.mark.parametrize("answered_by", ["model", "attendant"])
def test_whoever_is_gone_before_a_word_was_said_we_hang_up_at_once(answered_by):
    line = Line(answered_by)

    assert line.tell(ModelGone("refused")) == [HangUp("model_failed")]


def test_a_model_that_is_gone_before_its_greeting_is_heard_is_left_for_another():
    line = Line()
    line.tell(ModelReady())

    assert line.tell(ModelGone("1006")) == [HangUp("model_failed")]


def test_a_model_that_goes_during_its_greeting_is_followed_by_an_apology():
    line = Line()
    line.tell(ModelReady())
    line.speak(line.begin(), WORDS.greeting, 1010, done=False)
    line.run(0.3)

    assert line.tell(ModelGone("1006")) == [Say(ItemId("say-1"), WORDS.apology)]
    line.run(10.0)

    assert line.hung_up == "model_failed"
    assert line.turns[ItemId("item-resp-1")].heard_ms == 1010
    assert line.turns[ItemId("say-1")].heard_ms == len(WORDS.apology) * 40
    assert line.orders(CancelResponse) == []


def test_a_model_that_goes_in_mid_sentence_is_cut_and_followed_by_an_apology():
    line = asked()
    response = line.begin()
    item = line.speak(response, "Twelve hundred", 2000, done=False)
    line.run(0.5)

    orders = line.tell(ModelGone("1011"))

    assert orders[0] == StopPlaying()
    assert orders[-1] == Say(ItemId("say-1"), WORDS.apology)
    line.run(10.0)
    assert line.hung_up == "model_failed"
    assert line.turns[item].heard_ms == 500
    assert line.times(HangUp)[0] - line.times(Say)[0] < 2.0


def test_a_model_that_goes_during_the_goodbye_changes_nothing_about_it():
    line = asked()
    ended_by_tool(line)
    line.tell(ModelGone("1006"))
    assert line.hung_up is None
    line.run(1.1)

    assert line.hung_up == "said_goodbye"


def test_a_model_that_goes_before_its_farewell_ends_the_call_at_once():
    line = asked()
    ended_by_tool(line, words="")

    assert line.tell(ModelGone("1006")) == [HangUp("said_goodbye")]


def test_an_apology_that_cannot_be_spoken_keeps_nobody():
    line = asked(speech=False)
    line.tell(ModelGone("1006"))
    line.run(30.0)

    assert line.hung_up == "model_failed"
    assert line.times(HangUp)[0] - line.times(Say)[0] == pytest.approx(5.0)


def test_an_attendant_that_is_gone_says_nothing_more():
    line = talking("attendant")

    assert line.tell(ModelGone("died")) == [HangUp("model_failed")]


def test_a_model_that_is_not_ready_in_eight_seconds_has_failed():
    line = Line()
    line.run(8.1)
    assert [say.text for say in line.orders(Say)] == [WORDS.greeting, WORDS.apology]
    line.run(10.0)

    assert line.hung_up == "model_failed"


def test_when_the_caller_hangs_up_what_was_heard_is_kept_and_nothing_follows():
    line = asked()
    item = line.answer(ms=2000)
    line.run(0.6)

    orders = line.tell(CallerGone("hung_up"))

    assert [type(order) for order in orders] == [KeepTurn, HangUp]
    assert line.turns[item].heard_ms == 600
    assert line.call.deadline(line.now) is None
    for fact in (CallerAudio("AAAA"), ModelGone("x"), CallerTurnEnded(ASK), CallerGone("again")):
        assert line.tell(fact) == []
    assert line.call.expire(line.now + 100) == []


# --- the record --------------------------------------------------------------------------------


def test_turns_keep_the_order_in_which_they_were_spoken():
    line = asked()
    line.answer("An answer.", 500)
    line.run(0.6)
    line.tell(CallerSaid(ASK, "how much?"))

    kept = sorted(line.turns.values(), key=lambda turn: turn.position)
    assert [(turn.position, turn.speaker, turn.text) for turn in kept] == [
        (0, "model", WORDS.greeting),
        (1, "caller", "how much?"),
        (2, "model", "An answer."),
    ]


def test_words_that_come_before_their_audio_are_kept():
    line = asked()
    response = line.begin()
    line.tell(ModelSaid(ItemId("i"), "An answer."))
    line.speak(response, "", 400, "i", done=False)
    line.tell(ModelAudioDone(response, ItemId("i")))
    line.run(0.5)

    assert line.turns[ItemId("i")].text == "An answer."


def test_tokens_are_added_up():
    line = asked()
    line.tell(ResponseDone(line.begin(), "completed", "", {"input_text": 5, "output_audio": 7}))
    line.tell(CallerTurnEnded(AGAIN))
    line.tell(ResponseDone(line.begin(), "failed", "", {"input_text": 1}))

    assert line.call.usage == {"input_text": 6, "output_audio": 7}


def test_messages_and_the_dialogue_are_passed_on_to_be_stored():
    line = talking("attendant")

    assert line.tell(MessageSpoken(b"abc")) == [KeepMessage(b"abc")]
    assert line.tell(DialogueMoved({"at": "menu"})) == [Remember({"at": "menu"})]


def test_every_state_has_its_row_and_only_the_end_is_final():
    assert set(MOVES) == set(State)
    assert [state for state, moves in MOVES.items() if not moves] == [State.ENDED]


# --- an answer that is owed ----------------------------------------------------------------------


def test_a_response_without_a_word_is_asked_for_once_more_and_then_the_model_has_failed():
    line = asked()
    line.tell(ResponseDone(line.begin(), "completed"))
    assert line.orders(Respond)[1:] == [Respond("answer")]

    line.run(2.1)
    assert line.orders(Respond)[1:] == [Respond("answer")] * 2
    line.tell(ResponseDone(line.begin(), "completed"))
    line.run(30.0)

    assert line.hung_up == "model_failed"
    assert line.orders(Say)[-1].text == WORDS.apology


def test_a_noise_that_stops_an_answer_does_not_stop_it_for_good():
    line = asked()
    response = line.begin()
    line.speak(response, "Twelve hundred dollars in all.", 3000, done=False)
    line.run(0.5)
    line.tell(SpeechStarted(AGAIN, 5000), ResponseDone(response, "cancelled"))
    line.tell(SpeechStopped(AGAIN, 5100))

    line.run(3.1)

    assert line.orders(Respond)[1:] == [Respond("answer")] * 2


def test_a_model_that_calls_tool_after_tool_has_to_speak_in_the_end():
    line = asked()
    for number in range(8):
        response = line.begin()
        line.call_tools(response, (f"call-{number}", "search_knowledge"))
        line.tell(ToolAnswered(f"call-{number}", {"entries": []}))
        line.tell(ResponseDone(response, "completed"))

    follow_ups = [respond.tools for respond in line.orders(Respond) if respond.tag == "tools"]
    assert follow_ups == [True] * 5 + [False] * 3


def test_a_model_that_calls_tools_for_ever_has_failed():
    line = asked()
    for number in range(30):
        if not line.hung_up and line.call.state is State.TALKING:
            response = line.begin()
            line.call_tools(response, (f"call-{number}", "search_knowledge"))
            line.tell(ToolAnswered(f"call-{number}", {"entries": []}))
            line.tell(ResponseDone(response, "completed"))
            line.run(1.0)
    line.run(10.0)
    assert line.hung_up == "model_failed"


def test_a_caller_who_is_typing_is_not_spoken_to():
    line = Line("attendant")
    line.tell(ModelReady())
    line.run(8.0)
    line.answer("For a price, press 1.", 2000)
    line.run(0.5)
    line.tell(CallerDigit("9"))

    line.run(10.0)

    assert line.orders(Respond) == [Respond("menu")]


def test_a_message_that_was_being_spoken_at_the_end_is_kept():
    line = asked()
    line.tell(CallerGone("hung_up"))
    assert line.call.over
    assert line.tell(MessageSpoken(b"~")) == [KeepMessage(b"~")]
