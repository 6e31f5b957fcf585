"""Segments as carriers count them, and texts shortened without breaking a figure."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.inquiry.segments import GSM_BASIC, GSM_EXTENSION, Segments, count, fit, normalise

GSM = sorted(GSM_BASIC | GSM_EXTENSION)

# What Twilio billed for these, TwilioDevEd/message-segment-calculator issues 18, 39 and 66.
BILLED = [
    ("80a, CRLF, 79a", "a" * 80 + "\r\n" + "a" * 79, "GSM-7", 2),
    ("80a, LF, 79a", "a" * 80 + "\n" + "a" * 79, "GSM-7", 1),
    ("200a, CRLF, 105a", "a" * 200 + "\r\n" + "a" * 105, "GSM-7", 3),
    ("70 composed", "\u00e9" * 70, "GSM-7", 1),
    ("70 decomposed", "e\u0301" * 70, "UCS-2", 3),
    ("curly quotes", "\u201chello\u201d", "UCS-2", 1),
    ("emoji and pipe", "\U0001f618|", "UCS-2", 1),
    ("160a", "a" * 160, "GSM-7", 1),
    ("161a", "a" * 161, "GSM-7", 2),
    ("70 CJK", "\u4e2d" * 70, "UCS-2", 1),
    ("71 CJK", "\u4e2d" * 71, "UCS-2", 2),
    ("a pipe", "|", "GSM-7", 1),
    ("brackets beside an emoji count one", "this is a " + "]" * 75 + "\U0001f618", "UCS-2", 2),
    ("153 brackets", "]" * 153, "GSM-7", 3),
    ("escape, one part", "{" + "2" * 158, "GSM-7", 1),
    ("escape, two parts", "{" + "2" * 159, "GSM-7", 2),
    ("emoji, one part", "\U0001f61c" + "2" * 68, "UCS-2", 1),
    ("emoji, two parts", "\U0001f61c" + "2" * 69, "UCS-2", 2),
    ("307 digits", "1" * 307, "GSM-7", 3),
    ("small c with cedilla", "\u00e7", "UCS-2", 1),
    ("capital C with cedilla", "\u00c7", "GSM-7", 1),
    ("backtick", "`", "UCS-2", 1),
    ("empty", "", "GSM-7", 1),
]


@pytest.mark.parametrize(
    ("text", "encoding", "segments"), [case[1:] for case in BILLED], ids=[c[0] for c in BILLED]
)
def test_segments_are_counted_as_they_are_billed(text: str, encoding: str, segments: int) -> None:
    found = count(text)
    assert (found.encoding, found.segments) == (encoding, segments)


@pytest.mark.parametrize("signs", [["\U0001f600"], ["\u4e2d"], ["a", "\U0001f600"], GSM])
def test_every_part_boundary_agrees_with_filling_parts_by_hand(signs: list[str]) -> None:
    for length in range(1, 400):
        text = "".join(signs[place % len(signs)] for place in range(length))
        assert count(text) == by_hand(text)


def by_hand(text: str) -> Segments:
    gsm = all(char in GSM for char in text)
    sizes = [1 + (char in GSM_EXTENSION if gsm else ord(char) > 0xFFFF) for char in text]
    alone, each = (160, 153) if gsm else (70, 67)
    if sum(sizes) <= alone:
        return Segments("GSM-7" if gsm else "UCS-2", 1, sum(sizes))
    parts = [0]
    for size in sizes:
        if parts[-1] + size > each:
            parts.append(0)
        parts[-1] += size
    return Segments("GSM-7" if gsm else "UCS-2", len(parts), sum(sizes))


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("\u201cIt\u2019s \u2013 well \u2014 fine\u2026\u201d", '"It\'s - well - fine..."'),
        ("e\u0301", "\u00e9"),
        ("a\u00a0b\u202fc\u2003d\te", "a b c d e"),
        ("$\u200b1,1\u200c00", "$1,100"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("\ufeffhi\u202e there\x00", "hi there"),
        ("\U0001f468\u200d\U0001f469 ok", "\U0001f468\u200d\U0001f469 ok"),
        ("a\u200db", "ab"),
        ("`20 \u00d7 $55`", "'20 x $55'"),
    ],
)
def test_typographic_signs_become_plain(text: str, plain: str) -> None:
    assert normalise(text) == plain


@given(st.text())
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.text(st.sampled_from(GSM)))
def test_what_fits_the_small_alphabet_stays_in_it(text: str) -> None:
    assert count(normalise(text)).encoding == "GSM-7"


QUOTE = (
    "Hi Dana, this is My Hibachi Chef's AI assistant! For 20 adults the food is 20 x $55.00 ="
    " $1,100.00. Your total is $1,100.00 with a $100.00 deposit, leaving $1,000.00 for"
    " December 12, 2026. Would you like to book? Call (916) 555-0100 or see"
    " https://myhibachichef.com/book for what is included."
)


def test_a_text_that_fits_is_left_alone() -> None:
    assert fit("Two words.", 1, 100) == "Two words."


def test_whole_sentences_go_first_and_the_total_stays() -> None:
    assert fit(QUOTE, 1, 1600) == (
        "Hi Dana, this is My Hibachi Chef's AI assistant! Your total is $1,100.00 with a $100.00"
        " deposit, leaving $1,000.00 for December 12, 2026."
    )


def test_what_must_be_kept_outlives_the_total() -> None:
    keep = ("A person will answer by 3:40 PM.",)
    text = f"Great question! Your total is $1,100.00 for all of it. {keep[0]} Anything else?"
    assert (
        fit(text, None, 60, keep) == "Your total is $1,100.00... A person will answer by 3:40 PM."
    )


def test_one_long_sentence_loses_words_and_no_dangling_ones() -> None:
    assert fit("The total for all of you together is $1,100.00 and it is", None, 50) == (
        "The total for all of you together is $1,100.00..."
    )


def test_a_word_that_does_not_fit_is_not_cut() -> None:
    assert fit("https://myhibachichef.com/" + "a" * 500, None, 100) == ""


def test_a_megabyte_is_shortened_at_once() -> None:
    assert len(fit("word " * 200_000, 3, 459)) <= 459


FIGURES = [
    "$1,100.00",
    "December 12, 2026",
    "12 December 2026",
    "(916) 555-0100",
    "https://myhibachichef.com/a",
    "3:40 PM",
    "20 adults",
]
words = st.lists(
    st.one_of(
        st.sampled_from(FIGURES),
        st.sampled_from(["Hello", "we", "grill.", "Total", "\u00e9t\u00e9", "\U0001f525", "it!"]),
    ),
    max_size=60,
)


@given(words, st.integers(1, 4), st.integers(40, 600))
def test_a_shortened_text_fits_and_holds_whole_figures(
    parts: list[str], segments: int, characters: int
) -> None:
    shorter = fit(" ".join(parts), segments, characters)
    assert len(shorter) <= characters
    assert count(shorter).segments <= segments
    left = shorter
    for figure in FIGURES:
        left = left.replace(figure, "")
    assert not re.search(r"[\d$/]", left)
