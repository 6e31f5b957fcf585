"""Which sentences are looked up, and which a quote or a word of thanks answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.attendant.acts import acts
from pipeline.attendant.guests import take_heads
from pipeline.attendant.menu import spellings, take_orders
from pipeline.attendant.queries import is_query, is_topic
from pipeline.attendant.words import shape
from tests.pipeline.seed import RULES

DISHES = spellings(RULES)


def is_looked_up(text, *, told=False):
    """`told`: the sentence named a day or a place, which other readers take."""
    read = shape(text, DISHES)
    _, orders = take_orders(read, RULES, guests_known=False)
    heads = take_heads(read, RULES)
    return is_query(text, acts(text), read, told=told or heads.said, orders=orders)


@pytest.mark.parametrize(
    "text",
    [
        "how much is the deposit?",
        "is tip included?",
        "what's included?",
        "do you bring tables for 20?",
        "do you cook indoors?",
        "what if it rains",
        "can we drink alcohol?",
        "do you offer vegetarian options?",
        "do you have lobster?",
        "how much is lobster?",
        "how do i book?",
        "how much per person",
        "what are your prices",
        "price?",
        "is there a travel fee?",
        "how early should i check availability",
    ],
)
def test_a_question_about_the_business_is_looked_up(text):
    assert is_looked_up(text)


@pytest.mark.parametrize(
    "text",
    [
        "20 adults, do you take venmo?",
        "20 adults, how much is the deposit?",
        "can we bring our own sake for 20 people?",
        "how long does it take for 20 people?",
    ],
)
def test_a_question_besides_the_party_is_looked_up(text):
    assert is_looked_up(text)


@pytest.mark.parametrize(
    "text",
    [
        "how much for 20 adults?",
        "how much?",
        "can you do 20 adults?",
        "20 adults?",
        "can we add 2 gyoza?",
        "what about 10 filet?",
        "20 adults and 5 kids",
        "are you available?",
        "can the chef come at 5 instead of 6, we are 15 adults 2 kids",
    ],
)
def test_what_a_quote_answers_is_not_looked_up(text):
    assert not is_looked_up(text)


@pytest.mark.parametrize("text", ["can you do it?", "can you come to us?", "how about then?"])
def test_a_request_that_names_a_day_or_a_place_is_not_looked_up(text):
    assert not is_looked_up(text, told=True)


@pytest.mark.parametrize(
    "text",
    [
        "hi, how are you?",
        "right?",
        "does that work for you?",
        "what's up",
        "is that a problem?",
        "are you a robot?",
        "what's your name?",
        "can we start over?",
        "can you tell the chef to call me?",
        "hablas espa\u00f1ol?",
        "thanks!",
        "ok",
        "?",
        "",
    ],
)
def test_small_talk_is_not_looked_up(text):
    assert not is_looked_up(text)


@pytest.mark.parametrize("text", ["parking", "menu please", "the bbq", "propane safety"])
def test_a_few_unknown_words_may_be_a_topic(text):
    assert is_topic(shape(text, DISHES))


@pytest.mark.parametrize("text", ["", "ok", "?!", "the", "~~~ ~~~", "20, 5", "zz"])
def test_nothing_unknown_is_no_topic(text):
    assert not is_topic(shape(text, DISHES))


@given(st.lists(st.sampled_from(["parking", "insurance", "propane", "receipt"]), max_size=8))
def test_many_unknown_words_are_a_sentence_and_no_topic(unknown):
    assert is_topic(shape(" ".join(unknown), DISHES)) == (0 < len(unknown) <= 4)
