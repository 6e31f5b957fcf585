"""The labelled texts, each read on top of what was known before; today is Friday 20 November."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.attendant.understand import understand
from pipeline.inquiry.facts import Facts
from tests.pipeline.seed import BUSINESS, TODAY, samples

TEXTS = samples("texts.json")
DELTA = [name for name in Facts().__slots__ if name not in ("asked", "noted")]


def learned(text, knows):
    """What changed, as JSON values; a fact that was taken back is None, dishes are whole."""
    before = Facts.from_json(knows)
    after = understand([text], before, BUSINESS, TODAY).facts
    changed = [name for name in DELTA if getattr(before, name) != getattr(after, name)]
    return {
        name: value.isoformat() if isinstance(value := getattr(after, name), date) else value
        for name in changed
    }


@pytest.mark.parametrize("sample", TEXTS, ids=lambda sample: sample["text"][:60] or "nothing")
def test_a_labelled_text_teaches_what_its_label_says(sample):
    assert learned(sample["text"], sample.get("knows", {})) == sample["learns"]


def test_messages_are_read_in_order_and_the_later_one_counts():
    reading = understand(["20 adults", "no wait", "25 adults", "95125"], Facts(), BUSINESS, TODAY)

    assert (reading.facts.adults, reading.facts.zip) == (25, "95125")


def test_what_was_a_question_is_kept_in_the_customers_words():
    reading = understand(["Hi! Do you bring Tables? 20 adults"], Facts(), BUSINESS, TODAY)

    assert reading.queries == ["Do you bring Tables?"]
    assert reading.facts.adults == 20


def test_a_question_that_a_person_answers_is_not_looked_up():
    reading = understand(["Can someone call me?"], Facts(), BUSINESS, TODAY)

    assert reading.queries == []
    assert [each.reason for each in reading.wants] == ["asked_for_person"]


@pytest.mark.parametrize(
    ("text", "understood"),
    [("20 adults", True), ("thanks", True), ("6:00 pm", True), ("asdf ghjk", False), ("", False)],
)
def test_whether_a_message_made_sense(text, understood):
    assert understand([text], Facts(), BUSINESS, TODAY).understood is understood


@settings(deadline=None)
@given(st.lists(st.text(max_size=200), max_size=3))
def test_any_text_is_understood_or_not_and_never_an_error(texts):
    facts = understand(texts, Facts(adults=10), BUSINESS, TODAY).facts

    assert facts.zip is None or (len(facts.zip) == 5 and facts.zip.isdecimal())
    assert all(count > 0 for count in (*facts.proteins.values(), *facts.addons.values()))


@settings(deadline=None)
@given(st.integers(1, 99), st.integers(1, 49), st.sampled_from(["kids", "children"]))
def test_adults_and_children_are_read_in_digits(adults, children, noun):
    text = f"We'd be {adults} adults and {children} {noun}"

    assert learned(text, {}) == {"adults": adults, "children": children}
