"""Parts of a reply within a channel's limits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.attendant.manner import composed, part
from pipeline.inquiry.segments import count
from tests.pipeline.seed import BUSINESS

MANNERS = BUSINESS.manners
FOOD = "We bring the grill, the food and the show. "
TOTAL = "Total $1,100.00."


def text(*parts, channel="sms", name=None):
    return composed(parts, BUSINESS, MANNERS[channel], name)


def test_parts_are_sentences_in_a_row_and_empty_ones_leave_no_gap():
    assert text(part("Hi."), part(""), part(TOTAL)) == "Hi. Total $1,100.00."


def test_the_fullest_version_that_fits_is_taken():
    assert text(part("20 adults.", "20."), part(TOTAL)) == "20 adults. Total $1,100.00."
    assert text(part(FOOD * 12, "The food."), part(TOTAL)) == "The food. Total $1,100.00."


def test_the_part_that_matters_least_goes_first():
    parts = part(FOOD * 6, rank=1), part("A tip is optional. " * 15, rank=4), part(TOTAL)
    assert text(*parts) == FOOD * 6 + " " + TOTAL


def test_a_figure_outlives_everything_that_is_ranked():
    ranked = [part(FOOD * 12, rank=rank) for rank in (1, 2, 3)]
    assert text(*ranked, part(TOTAL), *ranked) == TOTAL


def test_what_has_no_shorter_version_is_cut_between_sentences():
    shorter = text(part(FOOD * 30))
    assert shorter.endswith("show.")
    assert len(FOOD) * 9 < len(shorter) <= 459


def test_a_channel_is_filled_to_its_last_character():
    assert text(part("a" * 459, "b")) == "a" * 459
    assert text(part("a" * 460, "b")) == "b"
    assert text(part("a" * 800, "b"), channel="web_chat") == "a" * 800
    assert text(part("a" * 801, "b"), channel="web_chat") == "b"


@pytest.mark.parametrize(
    ("name", "greeting"), [("Dana", "Hello Dana,"), (None, "Hello,"), ("", "Hello,")]
)
def test_a_letter_has_a_greeting_paragraphs_and_a_signature(name, greeting):
    letter = text(part("Hi."), part(""), part(TOTAL), channel="email", name=name)
    assert letter.split("\n\n") == [
        greeting,
        "Hi.",
        TOTAL,
        "Best regards,\nMy Hibachi Chef (AI assistant)\nmyhibachichef.com",
    ]


def test_an_overlong_letter_keeps_its_greeting_and_its_signature():
    letter = text(part(FOOD * 80), channel="email", name="Dana " * 40)
    assert letter.startswith("Hello Dana Dana")
    assert letter.endswith(
        "show.\n\nBest regards,\nMy Hibachi Chef (AI assistant)\nmyhibachichef.com"
    )
    assert 1900 < len(letter) <= 2000


@pytest.mark.parametrize("channel", sorted(MANNERS))
def test_even_one_endless_word_is_sent_as_far_as_it_goes(channel):
    assert "a" * 300 in text(part("a" * 5000), channel=channel)


def test_only_a_letter_greets_by_name():
    assert text(part(TOTAL), channel="instagram", name="Dana") == TOTAL


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("\u201cIt\u2019s \u2013 fine\u2026\u201d", '"It\'s - fine..."'),
        ("20 \u00d7 $55", "20 x $55"),
        ("cr\u00e8me fra\u00eeche", "cr\u00e8me fraiche"),
        ("Great!\U0001f525", "Great!"),
    ],
)
def test_a_text_message_keeps_to_the_small_alphabet(written, sent):
    assert text(part(written)) == sent


def test_a_channel_without_segments_keeps_its_signs():
    assert text(part("Great!\U0001f525"), channel="instagram") == "Great!\U0001f525"


sentence = st.lists(
    st.sampled_from(
        ["We", "bring", "$55.00.", "caf\u00e9", "\U0001f525", "\u4e2d", "food!", "it\u2019s"]
    ),
    max_size=40,
).map(" ".join)
parts = st.lists(
    st.builds(
        lambda versions, rank: part(*versions, rank=rank),
        st.lists(sentence, min_size=1, max_size=3),
        st.integers(0, 4),
    ),
    max_size=6,
)


@settings(max_examples=50)
@given(parts, st.sampled_from(sorted(MANNERS)))
def test_every_reply_keeps_within_its_channel(parts, channel):
    manner = MANNERS[channel]
    reply = text(*parts, channel=channel, name="Dana")
    assert len(reply) <= manner.max_characters
    if manner.max_segments:
        assert count(reply).encoding == "GSM-7"
        assert count(reply).segments <= manner.max_segments
