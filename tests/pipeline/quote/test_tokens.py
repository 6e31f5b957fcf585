import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.quote.tokens import read, sentence_around, words


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("It's $1,100.00.", ["it's", "$", "1,100.00", "."]),
        ("20,15 adults", ["20", ",", "15", "adults"]),
        ("1,1000", ["1", ",", "1000"]),
        ("6pm\n12th", ["6", "pm", "\n", "12", "th"]),
        ("extra_proteins", ["extra", "proteins"]),
        ("\uff04\uff11\uff10\uff10", ["$", "100"]),
        ("\u0661\u0662 \u00d7 5", ["12", "x", "5"]),
        ("20\u201335", ["20", "-", "35"]),
        ("1,\u200b100", ["1,100"]),
        ("", []),
    ],
)
def test_a_text_is_read_as_numbers_words_and_signs(text, tokens):
    assert [token.text for token in read(text).tokens] == tokens


@given(st.text())
def test_every_token_stands_somewhere_in_the_original(text):
    reading = read(text)
    spans = [reading.span(token.start, token.end) for token in reading.tokens]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert [reading.plain[token.start : token.end] for token in reading.tokens] == [
        token.text for token in reading.tokens
    ]


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_plain_text_keeps_its_places(text):
    assert all(
        reading == (token.start, token.end)
        for token in read(text).tokens
        for reading in [read(text).span(token.start, token.end)]
    )


def test_a_list_of_words_is_written_as_one_text():
    assert words("a b  c\n a") == {"a", "b", "c"}


def test_a_sentence_is_found_around_a_place():
    text = "It is $1,100.00. For 20? Yes"
    assert sentence_around(text, 6) == "It is $1,100.00"
    assert sentence_around(text, 20) == "For 20"
    assert sentence_around(text, len(text)) == "Yes"
