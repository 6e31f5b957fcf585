"""What is said on every call."""

import pytest

from pipeline.call.turns import Turn
from pipeline.call.words import UNABLE, call_back, go_on, say_exactly, words
from pipeline.ids import ItemId
from tests.pipeline.seed import BUSINESS


@pytest.mark.parametrize(
    ("greeted", "resumed", "greeting", "back"),
    [
        (False, False, True, False),
        (True, True, False, True),
        (False, True, True, False),  # cut off before the greeting was heard
    ],
)
def test_a_caller_is_greeted_once_and_welcomed_back(greeted, resumed, greeting, back):
    said = words(BUSINESS, greeted=greeted, resumed=resumed)

    assert said.greeting == (BUSINESS.calls.greeting if greeting else "")
    assert bool(said.resumed) is back


def test_the_greeting_of_the_business_holds_its_disclosure():
    said = words(BUSINESS, greeted=False, resumed=False)

    assert said.disclosure.lower() in said.greeting.lower()
    assert said.warning.endswith("one minute.")
    assert said.limit.endswith("Goodbye!")
    assert "stay on the line" in said.apology


def test_a_model_is_left_nothing_to_add():
    assert say_exactly("Hello.") == 'Say exactly: "Hello." Say nothing else.'


@pytest.mark.parametrize(
    ("speaker", "next_step"),
    [
        ("caller", "Answer what the caller said last."),
        ("model", "You had not finished speaking"),
        ("attendant", "You had not finished speaking"),
    ],
)
def test_a_call_goes_on_where_it_was_cut(speaker, next_step):
    told = go_on("We were cut off.", [Turn(ItemId("a"), 0, speaker, "so", 0)])

    assert '"We were cut off."' in told
    assert next_step in told


def test_without_a_word_said_before_there_is_nothing_to_go_on_with():
    assert go_on("Back.", []) == say_exactly("Back. How can I help you?")


def test_who_cannot_be_answered_is_promised_a_call_only_where_there_is_a_time():
    assert "by 4:00 PM." in call_back("by 4:00 PM")
    assert "call you back" not in UNABLE
