"""Dishes and head-counts of one sentence together, on top of what was known."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.attendant.acts import acts
from pipeline.attendant.memory import Memory
from pipeline.attendant.menu import spellings
from pipeline.attendant.ordering import read_party
from pipeline.attendant.words import shape
from pipeline.inquiry.facts import Facts
from tests.pipeline.seed import BUSINESS, RULES

DISHES = spellings(RULES)
TWENTY = Facts(adults=20)
HOW_MANY_LOBSTER = TWENTY.learn(asked=("portions", "portions=lobster_tail"))
WHICH_STEAK = TWENTY.learn(asked=("steak", "steak=10"))


def read(text, facts=TWENTY):
    memory = Memory.from_asked(facts.asked)
    sentence = shape(text, DISHES)
    return read_party(sentence, facts, memory, BUSINESS, plain=text, done=acts(text))


def told(*texts, facts=TWENTY):
    """The facts after these sentences, memory included."""
    for text in texts:
        said = read(text, facts)
        facts = said.facts.learn(asked=said.memory.to_asked())
    return facts


@pytest.mark.parametrize(
    ("text", "adults", "children", "proteins"),
    [
        ("20 adults, 10 filet and 10 chicken", 20, None, {"filet_mignon": 10, "chicken": 10}),
        ("20 adults and 5 kids, filet for everyone", 20, 5, {"filet_mignon": 25}),
        ("20 adults with chicken and shrimp", 20, None, {"chicken": 20, "shrimp": 20}),
        ("20 adults, lobster for 5", 20, None, {"lobster_tail": 5}),
        ("15 adults, half filet half chicken", 15, None, {"filet_mignon": 8, "chicken": 7}),
    ],
)
def test_one_sentence_tells_guests_and_dishes(text, adults, children, proteins):
    facts = told(text, facts=Facts())
    assert (facts.adults, facts.children, facts.proteins) == (adults, children, proteins)
    assert read(text, Facts()).heads


@pytest.mark.parametrize(
    "text", ["add lobster", "can we add lobster?", "lobster", "lobster please"]
)
def test_an_upgrade_without_a_number_waits_for_one(text):
    assert told(text).asked == ("portions=lobster_tail",)
    assert told(text).proteins == {}


def test_a_side_without_a_number_waits_for_one_too():
    assert told("we want some gyoza").asked == ("portions=addon:gyoza",)


@pytest.mark.parametrize(
    "text", ["do you have lobster?", "how much is lobster?", "is the lobster included", "chicken"]
)
def test_a_question_or_a_free_dish_waits_for_no_number(text):
    assert told(text) == TWENTY
    assert [each.how for each in read(text).orders] == ["mention"]


@pytest.mark.parametrize(
    ("answer", "portions"),
    [("6", 6), ("6 please", 6), ("actually 6", 6), ("for everyone", 20), ("everyone", 20)],
)
def test_a_number_or_everyone_completes_the_order(answer, portions):
    after = told(answer, facts=HOW_MANY_LOBSTER)
    assert (after.adults, after.proteins) == (20, {"lobster_tail": portions})
    assert "portions=lobster_tail" not in after.asked


def test_a_head_count_is_no_answer_to_how_many_portions():
    after = told("2 kids", facts=HOW_MANY_LOBSTER)
    assert (after.children, after.proteins) == (2, {})


def test_ten_steak_may_be_either_steak():
    assert (told("10 steak").proteins, told("10 steak").asked) == ({}, ("steak=10",))


@pytest.mark.parametrize(
    ("answer", "dish"),
    [
        ("filet", "filet_mignon"),
        ("the ny strip please", "ny_strip_steak"),
        ("the regular kind", "ny_strip_steak"),
        ("whichever is cheaper", "ny_strip_steak"),
    ],
)
def test_a_word_settles_which_steak(answer, dish):
    after = told(answer, facts=WHICH_STEAK)
    assert (after.proteins, after.asked) == ({dish: 10}, ("steak",))


def test_no_steak_is_settled_before_it_was_asked_which():
    assert told("10 steak", "the regular kind").proteins == {}


def test_a_dish_for_everyone_follows_the_head_count():
    assert told("filet for everyone", "make it 25").proteins == {"filet_mignon": 25}


def test_a_swap_moves_the_portions():
    assert told("10 chicken", "replace chicken with tofu").proteins == {"tofu": 10}


@pytest.mark.parametrize("text", ["", "hello there", "thank you so much!", "see you on saturday"])
def test_small_talk_tells_nothing_of_the_party(text):
    said = read(text)
    assert (said.facts, said.memory, said.orders, said.heads) == (TWENTY, Memory(), [], False)


WORDS = """
    10 5 20 adults kids people filet chicken steak lobster gyoza everyone half the rest add drop
    swap for with and more fewer make it regular actually no just me
"""
chatter = st.lists(st.sampled_from(WORDS.split()), max_size=8).map(" ".join)


@settings(max_examples=50)
@given(st.lists(chatter, max_size=3), st.sampled_from([Facts(), HOW_MANY_LOBSTER, WHICH_STEAK]))
def test_no_conversation_orders_what_is_not_sold_or_less_than_one(texts, facts):
    after = told(*texts, facts=facts)
    assert set(after.proteins) <= set(RULES.proteins)
    assert set(after.addons) <= set(RULES.addons)
    assert all(count > 0 for count in [*after.proteins.values(), *after.addons.values()])
    assert all((count or 0) >= 0 for count in (after.adults, after.children, after.toddlers))
