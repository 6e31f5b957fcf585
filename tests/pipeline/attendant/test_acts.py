"""What a sentence does: every act by example, and the light words that do nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.attendant.acts import Act, acts, message_in


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (Act.GREET, "hi there"),
        (Act.GREET, "good morning!"),
        (Act.THANK, "ok thx"),
        (Act.BYE, "have a great day"),
        (Act.YES, "yes"),
        (Act.YES, "yes, that sounds great."),
        (Act.YES, "ok"),
        (Act.YES, "perfect, thanks!"),
        (Act.YES, "sure, and add 2 gyoza"),
        (Act.YES, "\U0001f44d\U0001f3fd"),
        (Act.NO, "no"),
        (Act.NO, "no thanks, we are good"),
        (Act.NO, "not yet"),
        (Act.NO, "none"),
        (Act.UNSURE, "i don't know the zip yet"),
        (Act.LATER, "i'll let you know"),
        (Act.INTEREST, "planning a birthday party"),
        (Act.WISH, "happy thanksgiving!"),
        (Act.NOD, "lol"),
        (Act.WHO, "are you a robot?"),
        (Act.WHO, "am i talking to a real person"),
        (Act.WHO, "who is this"),
        (Act.START_OVER, "let's start over"),
        (Act.START_OVER, "i want a new quote"),
        (Act.PRICE, "how much for 20"),
        (Act.BOOK, "i'd like to book it"),
        (Act.BOOK, "please hold the date"),
        (Act.AVAILABLE, "are you available dec 12"),
        (Act.COME, "do you come to sacramento"),
        (Act.COME, "is 94105 too far"),
        (Act.COME, "yall coming to stockton?"),
        (Act.LEAVE_MESSAGE, "can you tell the chef we moved"),
        (Act.FOREIGN, "hola cuanto cuesta"),
        (Act.FOREIGN, "\u4f60\u597d\u8bf7\u95ee\u591a\u5c11\u94b1"),
        (Act.FOREIGN, "do you speak spanish?"),
        (Act.ASK, "what is included"),
        (Act.ASK, "and tables?"),
    ],
)
def test_an_act_is_recognised(act, text):
    assert act in acts(text)


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (Act.YES, "ok what about 25 adults"),
        (Act.YES, "right now we are 12"),
        (Act.YES, "yesterday was fun"),
        (Act.NO, "no kids"),
        (Act.AVAILABLE, "gluten free for 1"),
        (Act.NO, "no wait, 25 adults"),
        (Act.NO, "not 20"),
        (Act.BOOK, "how do i book?"),
        (Act.BOOK, "i booked last week"),
        (Act.BOOK, "facebook"),
        (Act.PRICE, "20 adults"),
        (Act.WHO, "is this saturday ok"),
        (Act.FOREIGN, "es"),
        (Act.FOREIGN, "we love la salsa"),
        (Act.LEAVE_MESSAGE, "can you tell me more"),
        (Act.ASK, "20 adults please"),
        (Act.GREET, "which day"),
        (Act.START_OVER, "the party starts at 6"),
    ],
)
def test_what_only_looks_like_an_act_is_none(act, text):
    assert act not in acts(text)


def test_a_refusal_is_never_also_agreement():
    assert acts("no, sounds good otherwise") & {Act.YES, Act.NO} == {Act.NO}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Tell the chef that we have a dog.", "Tell the chef that we have a dog."),
        ("can I leave a message: running late", "can I leave a message: running late"),
        ("Can I leave a message?", ""),
        ("can you tell the chef", ""),
        ("20 adults", ""),
    ],
)
def test_the_message_in_a_sentence_is_the_sentence_once_it_is_complete(text, message):
    assert message_in(text) == message


@given(st.text(max_size=300))
def test_any_text_does_something_or_nothing(text):
    assert acts(text.casefold()) <= set(Act)
