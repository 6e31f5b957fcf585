import base64
import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.attendant import announcements as said
from pipeline.attendant.phone import TONE, Attendant
from pipeline.errors import ProtocolError
from pipeline.events import (
    AnswerTool,
    CallerSaid,
    CallerTurnEnded,
    CancelResponse,
    DialogueMoved,
    Hear,
    MessageSpoken,
    ModelAudio,
    ModelAudioDone,
    ModelSaid,
    Press,
    Respond,
    ResponseDone,
    ResponseStarted,
    Say,
    StopPlaying,
    ToolCalled,
    Truncate,
)
from pipeline.inquiry.tools import run
from tests.pipeline.attendant.recordings import caller, frames, silence
from tests.pipeline.seed import BUSINESS, NOW

AUDIO = b"\x10" * 8000  # a second


class Line:
    """A call around an attendant, in virtual time: it asks for an answer to each turn, runs the
    tools, and speaks a second of audio for every text."""

    def __init__(self, **given):
        self.attendant = Attendant(BUSINESS, **{"answering": True, "textable": True} | given)
        self.now = 0.0
        self.facts = []
        self.said = []
        self.sent = []
        self.speaks = True

    def order(self, *orders):
        for order in orders:
            self.attendant.obey(order, self.now)
            self.settle()
        return self

    def wait(self, seconds):
        until = self.now + seconds
        while (due := self.attendant.deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self.settle()
        self.now = until
        return self

    def keys(self, keys):
        for key in keys:
            self.wait(0.25).order(Press(key))
        return self

    def speak(self, audio):
        for each in frames(audio):
            self.now += 0.02
            self.attendant.obey(Hear(base64.b64encode(each).decode()), self.now)
            self.settle()
        return self

    def settle(self):
        for _ in range(50):
            self.speech()
            due = self.attendant.deadline()
            if due is None or due > self.now:
                return
            self.take(self.attendant.expire(self.now))
        pytest.fail("it is never done")

    def speech(self):
        for data in self.attendant.data_to_send():
            order = json.loads(data)
            self.sent.append(order)
            if "text" in order and self.speaks:
                head = json.dumps({"id": order["id"], "done": True}).encode()
                self.take(self.attendant.receive(head + b"\n" + AUDIO, self.now))

    def take(self, facts):
        for fact in facts:
            self.facts.append(fact)
            match fact:
                case CallerTurnEnded():
                    self.attendant.obey(Respond("next"), self.now)
                case ToolCalled(_, call) if call.name == "calculate_party_quote":
                    result = run(BUSINESS, call, NOW, UUID(int=1)).result
                    self.attendant.obey(AnswerTool(call.call_id, result), self.now)
                    self.attendant.obey(Respond("tool"), self.now)
                case ToolCalled(_, call) if call.name != "end_call":
                    result = {"promise": "within 2 hours"}
                    self.attendant.obey(AnswerTool(call.call_id, result), self.now)
                    self.attendant.obey(Respond("tool"), self.now)
                case ModelSaid(_, text):
                    self.said.append(text)

    def of(self, kind):
        return [fact for fact in self.facts if isinstance(fact, kind)]


def at_the_menu(**given):
    line = Line(**given).order(Respond("menu"))
    assert line.said == [said.main_menu()]
    line.facts.clear()
    return line


# --- speaking ------------------------------------------------------------------------------------


def test_what_it_is_told_to_say_comes_as_audio_of_that_item_then_its_words():
    line = Line(answering=False).order(Say("say-1", "It is $5."))
    assert line.sent == [{"id": "say-1", "text": "It is 5 dollars."}]
    assert line.facts == [
        ModelAudio("say-1", "say-1", AUDIO),
        ModelAudioDone("say-1", "say-1"),
        ModelSaid("say-1", "It is $5."),
    ]


def test_words_that_could_not_be_spoken_are_done_and_not_claimed_to_be_said():
    attendant = Attendant(BUSINESS, answering=False, textable=False)
    attendant.obey(Say("say-1", "Hello."), 0.0)
    frame = b'{"id": "say-1", "done": true, "error": "not spoken"}\n'
    assert attendant.receive(frame, 0.0) == [ModelAudioDone("say-1", "say-1")]


def test_where_a_model_answers_it_only_says_what_it_is_told():
    line = Line(answering=False)
    line.order(Respond("x"), Press("0"), Hear("/w=="), CancelResponse("r"), AnswerTool("c", {}))
    assert line.facts == line.sent == []
    assert line.attendant.deadline() is None


def test_a_response_has_the_order_of_a_models():
    line = Line().order(Respond("menu"))
    assert [type(fact) for fact in line.facts] == [
        ResponseStarted, ModelAudio, ModelAudioDone, ModelSaid, ResponseDone,
    ]  # fmt: skip
    assert line.facts[0] == ResponseStarted("attendant-1", "menu")
    assert line.facts[-1] == ResponseDone("attendant-1", "completed")


def test_facts_of_an_order_are_due_at_once():
    attendant = Attendant(BUSINESS, answering=True, textable=True)
    attendant.obey(Respond("menu"), 7.0)
    assert attendant.deadline() == 7.0
    assert attendant.expire(7.0) == [ResponseStarted("attendant-1", "menu")]
    assert attendant.deadline() is None


def test_a_response_that_cannot_be_spoken_has_failed():
    attendant = Attendant(BUSINESS, answering=True, textable=True)
    attendant.obey(Respond("menu"), 0.0)
    facts = attendant.receive(b'{"id": "attendant-1", "done": true, "error": "no"}\n', 0.0)
    assert facts[-1] == ResponseDone("attendant-1", "failed", "not_spoken")


def test_a_cancelled_response_stops_and_ends_once():
    line = Line()
    line.speaks = False
    line.order(Respond("menu"), CancelResponse("attendant-1"), CancelResponse("attendant-1"))
    assert line.sent[-1] == {"stop": "attendant-1"}
    assert line.of(ResponseDone) == [ResponseDone("attendant-1", "cancelled", "client_cancelled")]
    line.take(line.attendant.receive(b'{"id": "attendant-1", "done": true}\n' + AUDIO, 0.0))
    assert line.of(ModelAudio) == []


def test_a_goodbye_that_is_cancelled_does_not_hang_up_and_may_come_again():
    line = at_the_menu()
    line.wait(20)
    line.speaks = False
    line.wait(10)
    assert line.sent[-1]["text"].endswith("Goodbye!")
    line.order(CancelResponse(line.sent[-1]["id"]))
    assert line.of(ToolCalled) == []
    line.speaks = True
    line.order(Respond("again"))
    assert [fact.call.name for fact in line.of(ToolCalled)] == ["end_call"]


def test_orders_for_others_are_let_pass():
    line = Line().order(StopPlaying(), Truncate("attendant-1", 5), CancelResponse("resp_1"))
    assert line.facts == line.sent == []


def test_nonsense_from_the_speech_process_is_refused():
    with pytest.raises(ProtocolError, match="not_json"):
        Line().attendant.receive(b"garbage", 0.0)


# --- keys ----------------------------------------------------------------------------------------


def test_a_quote_by_keys_is_the_tools_and_is_read_out():
    line = at_the_menu().keys("120#5#95125#")
    assert [fact.call.name for fact in line.of(ToolCalled)] == ["calculate_party_quote"]
    assert "the total is $1,250.00" in line.said[-1]
    assert [fact.text for fact in line.of(CallerSaid)] == [
        "(The caller pressed 1 on the keypad.)",
        "(The caller pressed 20# on the keypad.)",
        "(The caller pressed 5# on the keypad.)",
        "(The caller pressed 95125# on the keypad.)",
    ]


def test_a_tool_call_ends_its_response_and_the_words_are_another():
    line = at_the_menu().keys("120#5#95125#")
    place = line.facts.index(line.of(ToolCalled)[0])
    called, done = line.facts[place : place + 2]
    assert done == ResponseDone(called.response_id, "completed")
    later = [fact for fact in line.facts[place + 2 :] if isinstance(fact, ResponseStarted)]
    assert [fact.tag for fact in later] == ["tool"]


def test_an_entry_without_pound_is_complete_after_a_pause():
    line = at_the_menu().keys("112")
    line.wait(2.4)
    assert line.said[-1] == said.ask_adults(BUSINESS)
    line.wait(0.2)
    assert line.said[-1] == said.ask_children(BUSINESS)


def test_a_lone_zero_within_an_entry_is_a_person_after_a_pause():
    line = at_the_menu().keys("10").wait(3)
    assert [fact.call.name for fact in line.of(ToolCalled)] == ["transfer_to_person"]


def test_a_key_that_means_nothing_gets_what_it_cut_short_said_again():
    line = at_the_menu().keys("120#5#95125").wait(2.6)
    quote = line.said[-1]
    assert line.order(Press("#")).said[-2:] == [quote, quote]
    assert line.wait(2).order(Press("#")).said.count(quote) == 2


def test_every_move_is_told_so_that_another_may_go_on():
    line = at_the_menu().keys("120#")
    memory = line.of(DialogueMoved)[-1].memory
    other = Line(memory=json.loads(json.dumps(memory))).order(Respond("resumed"))
    assert other.said == [said.ask_children(BUSINESS)]
    assert other.keys("5#95125#").said[-1].startswith("For 20 adults and 5 children in ZIP 95125")


def test_silence_is_counted_from_the_end_of_our_voice():
    line = at_the_menu()
    line.wait(8.9)
    assert line.said == [said.main_menu()]
    line.wait(0.2)
    assert line.said == [said.main_menu()] * 2


def test_silence_to_the_end_says_goodbye_and_hangs_up():
    line = at_the_menu().wait(60)
    assert line.said[1:3] == [said.main_menu(), said.brief_menu()]
    assert line.said[3].endswith("Goodbye!")
    assert len(line.said) == 4
    assert [fact.call.name for fact in line.of(ToolCalled)] == ["end_call"]


def test_a_key_during_the_goodbye_brings_the_menu_back():
    line = at_the_menu().wait(36)
    assert line.said[-1].endswith("Goodbye!")
    assert line.order(Press("2")).said[-1] == said.hours_and_policies(BUSINESS)


def test_a_tool_that_never_comes_back_is_given_up():
    line = at_the_menu().keys("120#5#")
    line.take = line.facts.extend  # nobody runs the tool
    line.keys("95125#").order(Respond("x"))
    assert [fact.call.name for fact in line.of(ToolCalled)] == ["calculate_party_quote"]
    line.wait(16).order(Respond("y"))
    (told,) = (fact.text for fact in line.of(ModelSaid)[-1:])
    assert told.startswith("Sorry, that is taking too long. A person can help.")


# --- speech --------------------------------------------------------------------------------------


def test_who_speaks_is_told_to_use_the_keys_twice_and_no_more():
    line = at_the_menu()
    for _ in range(4):
        line.wait(1.5).speak(caller("04-person") + silence(1000))
    told = [text for text in line.said if text.startswith(said.KEYS_ONLY)]
    assert len(told) == 2


def test_speech_while_our_voice_is_on_the_line_is_taken_for_its_echo():
    line = at_the_menu()
    line.attendant.receive(b'{"id": "attendant-1", "done": false}\n', 0.0)
    line.now = 0.0
    line.order(Say("say-1", "One."), Say("say-2", "Two."), Say("say-3", "Three."))
    line.speak(caller("07-yes") + silence(800))
    assert line.now < 4.0
    assert line.of(CallerTurnEnded) == []


def test_audio_that_is_no_base64_is_let_pass():
    line = at_the_menu().wait(2).order(Hear("\u00e9"), Hear("A"))
    assert line.of(CallerTurnEnded) == []


# --- messages ------------------------------------------------------------------------------------


def recording():
    line = at_the_menu().keys("3")
    assert line.of(ModelAudio)[-1].payload == TONE
    return line.wait(1.4)


def test_a_message_is_recorded_after_the_tone_until_pound():
    line = recording().speak(caller("06-refund")).keys("#")
    (message,) = line.of(MessageSpoken)
    assert message.payload == caller("06-refund")
    (called,) = line.of(ToolCalled)
    assert called.call.name == "take_message"
    assert called.call.arguments["text"].startswith("(a spoken message of ")
    assert line.said[-1].startswith("Thank you. Our team has your message")


def test_a_message_is_over_after_two_minutes():
    line = recording().speak(caller("06-refund"))
    line.wait(100)
    assert line.of(MessageSpoken) == []
    line.wait(30)
    assert len(line.of(MessageSpoken)) == 1


def test_a_message_is_over_when_nobody_speaks_any_more():
    line = recording().speak(caller("06-refund") + silence(6500))
    assert len(line.of(MessageSpoken)) == 1
    assert line.said[-1].startswith("Thank you.")


def test_a_caller_who_hangs_up_has_left_a_message_all_the_same():
    line = recording().speak(caller("06-refund"))
    assert [*line.attendant.caller_gone(line.now)] == [MessageSpoken(caller("06-refund"))]
    assert [*line.attendant.caller_gone(line.now)] == []


def test_who_says_nothing_after_the_tone_has_left_no_message():
    line = recording().speak(silence(6500))
    assert line.of(MessageSpoken) == line.of(ToolCalled) == []
    assert line.said[-1].startswith("I did not hear a message.")


def test_star_drops_a_message_and_zero_keeps_it_for_the_person():
    line = recording().speak(caller("06-refund")).keys("*")
    assert line.of(MessageSpoken) == []
    assert line.said[-1] == said.main_menu()
    line = recording().speak(caller("06-refund")).keys("0")
    assert len(line.of(MessageSpoken)) == 1
    assert [fact.call.name for fact in line.of(ToolCalled)] == ["transfer_to_person"]


ORDERS = st.one_of(
    st.sampled_from("0123456789*#ABCD").map(Press),
    st.builds(Respond, st.just("x")),
    st.builds(CancelResponse, st.integers(1, 20).map("attendant-{}".format)),
    st.builds(Say, st.integers(1, 9).map("say-{}".format), st.text(max_size=20)),
    st.builds(AnswerTool, st.integers(1, 9).map("keys-{}".format), st.just({"error": "no"})),
    st.builds(Hear, st.text(max_size=20)),
    st.floats(0.0, 30.0),
)


@given(st.lists(ORDERS, max_size=40))
def test_whatever_is_ordered_each_response_ends_once_and_nothing_raises(history):
    line = Line()
    for each in history:
        if isinstance(each, float):
            line.wait(each)
        else:
            line.order(each)
    line.attendant.caller_gone(line.now)
    started = [fact.response_id for fact in line.of(ResponseStarted)]
    assert [fact.response_id for fact in line.of(ResponseDone)] == started
    assert len(set(started)) == len(started)
