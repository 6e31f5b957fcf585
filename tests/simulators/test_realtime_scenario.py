"""Scripts are read, followed, and refused when they are wrong."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.call.turns import Turn
from pipeline.call.words import FAREWELL, go_on, say_exactly
from pipeline.ids import ItemId
from pipeline.inquiry.tools import run
from pipeline.inquiry.vocabulary import ToolCall
from tests.pipeline.inquiry.parties import BUSINESS, NOW, QUOTE_ID
from tests.simulators.realtime import PRACTICE
from tests.simulators.realtime_hearing import Recordings
from tests.simulators.realtime_scenario import (
    Call,
    Connection,
    Scenario,
    Script,
    Step,
    Utterance,
    filled,
    load_scenario,
    money_words,
    read_scenario,
)

HELLO, TYPED = Utterance([Step("Hello.")]), Utterance([Step("Keys.")], text="pressed 1")
QUOTE = Utterance([Step(calls=[Call("quote")]), Step("The total is {total}.")], when="01-quote")
SCENARIO = Scenario([HELLO, QUOTE, TYPED, Utterance([Step("Again.")])])


def test_a_script_is_read_from_json() -> None:
    text = json.dumps(
        {
            "rate": 2,
            "utterances": [{"when": "a", "answers": [{"calls": [{"name": "end_call"}]}]}],
            "instructed": [None, {"say": "Hi.", "fail": "stall"}],
            "connections": [None, {"fault": "close_1006", "seconds": 0.5}],
        }
    )
    assert read_scenario(text) == Scenario(
        utterances=[Utterance([Step(calls=[Call("end_call")])], when="a")],
        instructed=[None, Step("Hi.", fail="stall")],
        connections=[None, Connection("close_1006", 0.5)],
        rate=2,
    )


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ([], "must be an object"),
        ({"utterance": []}, "Scenario: has no utterance"),
        ({"utterances": [{"answers": [{"says": "Hi."}]}]}, "Step: has no says"),
        ({"utterances": [{"answers": [{"fail": "close_1002"}]}]}, "close_1002"),
        ({"connections": [{"fault": "refuse_404"}]}, "refuse_404"),
        ({"utterances": ["Hi."]}, "Utterance: must be an object"),
        ({"utterances": {}}, "must be a list"),
        ({"utterances": [{"when": "01-quote"}]}, "answers"),
    ],
)
def test_what_is_wrong_with_a_script_is_said(data: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_scenario(json.dumps(data))


def test_the_practice_script_knows_every_recording_and_is_read() -> None:
    practice = load_scenario(PRACTICE)
    assert {each.when for each in practice.utterances if each.when} == {*Recordings().by_name}


PRACTICED = [
    pytest.param(utterance, id=utterance.when or utterance.text)
    for utterance in load_scenario(PRACTICE).utterances
]


@pytest.mark.parametrize("utterance", PRACTICED)
def test_what_practice_says_is_there_in_what_the_real_tools_answer(utterance: Utterance) -> None:
    *calling, saying = utterance.answers
    answers = []
    for call in [call for step in calling for call in step.calls]:
        assert not isinstance(call.arguments, str)
        ran = run(BUSINESS, ToolCall("call_1", call.name, call.arguments), NOW, QUOTE_ID,
                  on_call=True)  # fmt: skip
        assert ran.success, ran.result
        answers.append(json.dumps(ran.result))
    said = filled(saying, answers)
    assert said != saying.otherwise
    assert "{" not in said
    assert "  " not in said


def test_strange_voices_take_their_turns_and_recordings_do_not() -> None:
    script = Script(SCENARIO)
    assert script.spoken("") == HELLO
    assert script.spoken("01-quote") == QUOTE
    assert script.spoken("nobody-knows-this") == SCENARIO.utterances[3]
    assert script.spoken("").answers == [Step(SCENARIO.unknown)]
    assert script.spoken("01-quote") == QUOTE


def test_typed_words_are_known_by_a_pattern_or_by_what_was_heard() -> None:
    script = Script(Scenario([TYPED, Utterance([Step("Yes.")], heard="Are you there?")]))
    assert script.typed("(The caller pressed 1 on the keypad.)") == TYPED
    assert script.typed("Are you there?").answers == [Step("Yes.")]
    assert script.typed("Never mind.").answers == [Step(SCENARIO.unknown)]


def test_steps_are_taken_in_turn_and_the_last_words_repeated() -> None:
    script = Script(SCENARIO)
    assert script.next_step() == Step(SCENARIO.nothing_due)
    script.spoken("01-quote")
    steps = [script.next_step() for _ in range(3)]
    assert steps == [*QUOTE.answers, QUOTE.answers[1]]
    script.spoken("01-quote")
    assert script.next_step() == QUOTE.answers[0]


def test_a_step_that_only_calls_a_tool_is_not_repeated() -> None:
    script = Script(Scenario([Utterance([Step(calls=[Call("end_call")])])]))
    script.spoken("")
    assert [script.next_step().say for _ in range(2)] == ["", SCENARIO.nothing_due]


def test_a_turn_that_was_answered_already_is_not_answered_again() -> None:
    script = Script(SCENARIO)
    script.typed("pressed 1")
    script.answered()
    assert script.next_step() == Step(SCENARIO.nothing_due)


def test_what_a_response_is_told_to_say_it_says() -> None:
    script = Script(SCENARIO)
    assert script.next_instructed(say_exactly('Our "Chef" says hello.')).say == (
        'Our "Chef" says hello.'
    )
    assert script.next_instructed(FAREWELL).say == "Thank you for calling. Goodbye!"


def test_after_a_cut_it_comes_back_and_answers_what_is_due() -> None:
    script = Script(SCENARIO)
    script.typed("pressed 1")
    last = Turn(ItemId("keys-1"), 1, "caller", "pressed 1", 0)
    assert script.next_instructed(go_on("I'm back.", [last])).say == "I'm back. Keys."


def test_a_planned_answer_comes_before_what_a_response_is_told() -> None:
    script = Script(Scenario(instructed=[None, Step(fail="silence")]))
    told = say_exactly("Hello.")
    assert [script.next_instructed(told) for _ in range(3)] == [
        Step("Hello."),
        Step(fail="silence"),
        Step("Hello."),
    ]


@pytest.mark.parametrize(
    ("dollars", "words"),
    [
        (0, "zero dollars"),
        (1, "one dollar"),
        (1250, "one thousand two hundred fifty dollars"),
        (1237.5, "one thousand two hundred thirty-seven dollars and fifty cents"),
        (0.01, "zero dollars and one cent"),
        (100_000, "one hundred thousand dollars"),
    ],
)
def test_money_is_spoken_to_the_cent(dollars: float, words: str) -> None:
    assert money_words(dollars) == words


def test_words_are_filled_with_what_the_tools_answered() -> None:
    step = Step("{total}, {total:$}, {travel_fee}, {promise}", otherwise="No.")
    answers = ['{"total": 1250.5, "travel_fee": null}', '{"promise": "by noon"}']
    assert filled(step, answers) == (
        "one thousand two hundred fifty dollars and fifty cents, $1,250.50, still to be confirmed,"
        " by noon"
    )


@pytest.mark.parametrize("answers", [[], ['{"error": "down"}'], ["no JSON"], ['{"total": [1]}']])
def test_without_what_is_to_be_said_something_else_is(answers: list[str]) -> None:
    assert filled(Step("{total}", otherwise="I could not."), answers) == "I could not."


@given(st.integers(0, 99_999_999))
def test_no_two_amounts_sound_alike(cents: int) -> None:
    assert money_words(cents / 100) != money_words((cents + 1) / 100)
