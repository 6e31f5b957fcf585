"""Keywords are whole messages; anything else is for the turn to answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.inquiry.consent import HELP, START, STOP, command


@pytest.mark.parametrize("opted_out", [True, False])
@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("STOP", "stop"),
        ("stop.", "stop"),
        (" Stop!! ", "stop"),
        ('"STOP"', "stop"),
        ("S.T.O.P.", "stop"),
        ("\uff33\uff34\uff2f\uff30", "stop"),
        ("STOPALL", "stop"),
        ("stop all", "stop"),
        ("Unsubscribe", "stop"),
        ("CANCEL", "stop"),
        ("End", "stop"),
        ("quit", "stop"),
        ("REVOKE", "stop"),
        ("OPTOUT", "stop"),
        ("opt-out", "stop"),
        ("Opt out", "stop"),
        ("stop please", "stop"),
        ("Please stop texting me", "stop"),
        ("don't text me again", "stop"),
        ("Don\u2019t contact me anymore", "stop"),
        ("do not message this number", "stop"),
        ("take me off your list please", "stop"),
        ("Remove my number from your list", "stop"),
        ("no more texts", "stop"),
        ("Leave me alone", "stop"),
        ("START", "start"),
        ("unstop", "start"),
        ("HELP", "help"),
        ("info?", "help"),
    ],
)
def test_a_keyword_or_a_plain_request_is_a_command(text: str, meant: str, opted_out: bool) -> None:
    assert command(text, opted_out) == meant


@pytest.mark.parametrize(
    "text",
    [
        "yes I want to book",
        "nonstop",
        "nonstop fun",
        "cancel my order please",
        "cancel my party",
        "please stop by at 5",
        "stop at the gate and call me",
        "end of June",
        "the end",
        "quit kidding, that is great",
        "start with 20 adults",
        "help me choose",
        "I need help with the menu",
        "more info please",
        "don't text me, call me",
        "can you stop by for a tasting",
        "don't stop the show",
        "support",
        "subscribe",
        "no",
        "",
        "\U0001f6d1",
        "s t o p",
        "stop " * 100,
    ],
)
@pytest.mark.parametrize("opted_out", [True, False])
def test_a_keyword_inside_a_message_is_no_command(text: str, opted_out: bool) -> None:
    assert command(text, opted_out) is None


def test_yes_lifts_a_block_and_is_an_answer_from_anybody_else() -> None:
    assert command("Yes!", opted_out=True) == "start"
    assert command("Yes!", opted_out=False) is None
    assert command("yes please", opted_out=True) is None


@given(
    st.sampled_from(sorted(STOP | START | HELP)),
    st.text(" .!?\n\t'\"-", max_size=4),
    st.sampled_from([str.upper, str.lower, str.title]),
)
def test_case_and_punctuation_are_free(word: str, around: str, case: object) -> None:
    assert command(f"{around}{case(word)}{around}", opted_out=False) == command(word, False)


@given(st.text(max_size=200), st.booleans())
def test_any_text_is_taken(text: str, opted_out: bool) -> None:
    assert command(text, opted_out) in ("stop", "start", "help", None)
