"""The first words: who says them, and whether they told that this is an AI."""

from dataclasses import replace

import pytest

from pipeline.call.greeting import Greeting, was_heard
from pipeline.call.turns import Turn
from pipeline.ids import ItemId
from tests.pipeline.call.driver import RESUMED, WORDS


def test_a_model_is_asked_for_the_greeting_and_nothing_else():
    request = Greeting(WORDS, "model", ()).request()

    assert request is not None
    assert request.tag == "greeting"
    assert request.instructions == f'Say exactly: "{WORDS.greeting}" Say nothing else.'
    assert not request.tools


def test_the_attendant_is_asked_for_no_response():
    greeting = Greeting(WORDS, "attendant", ())

    assert greeting.request() is None
    assert greeting.told
    assert not greeting.missing


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (WORDS.greeting, True),
        ("hello, i'm your ai ASSISTANT", True),
        ("Thank you for calling.", False),
        ("", False),
    ],
)
def test_what_the_model_said_is_held_against_the_disclosure(text, told):
    greeting = Greeting(WORDS, "model", ())

    assert greeting.heard(text) is told
    assert greeting.told is told


def test_what_was_told_stays_told():
    greeting = Greeting(WORDS, "model", ())
    greeting.heard(WORDS.greeting)

    assert greeting.heard("And now?")


def test_it_is_missing_until_the_caller_hears_it_or_the_attendant_says_it():
    greeting = Greeting(WORDS, "model", ())
    assert greeting.missing
    greeting.begun = True
    assert not greeting.missing

    greeting = Greeting(WORDS, "model", ())
    assert greeting.handed_over() == WORDS.greeting
    assert (greeting.missing, greeting.told, greeting.by) == (False, True, "attendant")


def test_who_was_greeted_before_is_told_that_the_line_was_cut():
    history = [Turn(ItemId("x"), 0, "model", "Twelve hun", 0, 500, 900, True)]
    greeting = Greeting(RESUMED, "model", history)

    assert greeting.told
    assert greeting.text == RESUMED.resumed
    request = greeting.request()
    assert request is not None
    assert "You had not finished speaking" in request.instructions


def test_who_was_cut_off_before_the_greeting_is_greeted():
    both = replace(WORDS, resumed="Sorry, we were cut off.")

    assert Greeting(both, "attendant", ()).text == WORDS.greeting


SAID = Turn(ItemId("a"), 0, "model", WORDS.greeting, 0, heard_ms=900, whole_ms=900)


@pytest.mark.parametrize(
    ("changes", "heard"),
    [
        ({}, True),
        ({"speaker": "attendant"}, True),
        ({"speaker": "caller"}, False),
        ({"heard_ms": None}, False),
        ({"interrupted": True}, False),
        ({"text": "Thank you for calling."}, False),
    ],
)
def test_who_comes_back_was_greeted_if_the_disclosure_was_heard_to_its_end(changes, heard):
    other = Turn(ItemId("b"), 1, "caller", "Hello?", 950)

    assert was_heard([replace(SAID, **changes), other], WORDS.disclosure) is heard
