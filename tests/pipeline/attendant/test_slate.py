"""Sentences apart, and what was read wiped in place."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.attendant.slate import Slate, sentences

NUMBER = re.compile(r"\d+")
messages = st.text("ab A1.?!;\n\t ~") | st.text()


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("We are 20. Our ZIP is 95125.", ["We are 20.", "Our ZIP is 95125."]),
        ("hi!! how much?? for 20", ["hi!!", "how much??", "for 20"]),
        ("20 adults\n95125; dec 12", ["20 adults", "95125", "dec 12"]),
        ("Dec. 12 please. Thanks!", ["Dec. 12 please.", "Thanks!"]),
        ("Sat. Dec 12", ["Sat. Dec 12"]),
        ("Sept. 5th. Thanks", ["Sept. 5th.", "Thanks"]),
        ("approx. 20 adults incl. 5 kids. ok", ["approx. 20 adults incl. 5 kids.", "ok"]),
        ("$1.50 each. ok", ["$1.50 each.", "ok"]),
        ("mail me@example.com. bye", ["mail me@example.com.", "bye"]),
        ("20 adults...\n\n", ["20 adults..."]),
        ("how long and do you bring tables?", ["how long", "and do you bring tables?"]),
        ("20 adults and 5 kids", ["20 adults and 5 kids"]),
        ("  ", []),
        ("", []),
    ],
)
def test_a_message_falls_into_its_sentences(text, pieces):
    assert sentences(text) == pieces


@given(messages)
def test_sentences_lose_nothing_but_space_and_semicolons(text):
    assert re.sub(r"[\s;]", "", "".join(sentences(text))) == re.sub(r"[\s;]", "", text)


@given(messages)
def test_no_sentence_is_empty_or_breaks_a_line(text):
    assert [piece for piece in sentences(text) if not piece.strip() or "\n" in piece] == []


def test_what_is_taken_is_taken_once():
    slate = Slate("20 adults and 5 kids")
    assert [slate.take(NUMBER)[0], slate.take(NUMBER)[0], slate.take(NUMBER)] == ["20", "5", None]
    assert slate.left == "adults and kids"


def test_every_match_is_wiped_where_it_stood():
    slate = Slate("95125 or 94538?")
    assert [found[0] for found in slate.take_all(NUMBER)] == ["95125", "94538"]
    assert slate.text == "~~~~~ or ~~~~~?"


def test_positions_of_later_words_stay_what_they_were():
    slate = Slate("dec 12 for 20")
    slate.wipe(0, 6)
    assert slate.take(NUMBER).span() == (11, 13)


def test_a_wiped_word_does_not_glue_its_neighbours_together():
    slate = Slate("10 95125 20")
    slate.wipe(3, 8)
    assert slate.left == "10 20"


@given(st.text(), st.tuples(st.integers(0, 9), st.integers(0, 9)))
def test_wiping_changes_only_what_is_wiped(text, span):
    start, end = (min(place, len(text)) for place in sorted(span))
    slate = Slate(text)
    slate.wipe(start, end)
    assert (slate.text[:start], slate.text[end:]) == (text[:start], text[end:])
    assert set(slate.text[start:end]) <= {"~"}
    assert len(slate.text) == len(text)
