"""A conversation keeps its items in order, and counts tool answers and tokens."""

import pytest

from tests.simulators.realtime_client import text_item
from tests.simulators.realtime_events import Refused
from tests.simulators.realtime_items import Conversation, Item

SAID = {"type": "message", "role": "assistant"}


def spoken(item_id: str, ms: int) -> Item:
    content = [{"type": "output_audio", "transcript": "Hello there."}]
    return Item({**SAID, "id": item_id, "content": content}, "Hello there.", model_ms=ms)


def test_items_have_the_places_they_were_given() -> None:
    kept = Conversation()
    assert kept.create(text_item("user", "b", id="b"), None) is None
    assert kept.create(text_item("user", "d", id="d"), None) == "b"
    assert kept.create(text_item("user", "c", id="c"), "b") == "b"
    assert kept.create(text_item("user", "a", id="a"), "root") is None
    assert [each.item_id for each in kept.items] == ["a", "b", "c", "d"]
    with pytest.raises(Refused, match="already exists"):
        kept.create(text_item("user", "a", id="a"), None)
    with pytest.raises(Refused, match="does not exist"):
        kept.create(text_item("user", "e", id="e"), "z")


def test_an_item_is_cut_to_what_was_heard_and_not_beyond_its_end() -> None:
    kept = Conversation()
    kept.add(spoken("a", 2000))
    with pytest.raises(Refused, match="Audio content of 2000ms is already shorter than 2001ms"):
        kept.truncate("a", 0, 2001)
    kept.truncate("a", 0, 500)
    assert kept.items[0].tokens == (0, 10)
    assert kept.items[0].shown["content"] == [{"type": "output_audio"}]
    with pytest.raises(Refused) as refused:
        kept.truncate("b", 0, 0)
    assert refused.value.code == "item_truncate_invalid_item_id"


def test_tool_answers_are_counted_and_answer_a_call_that_was_made() -> None:
    kept = Conversation(answers={"call_1": 0})
    answer = {"type": "function_call_output", "call_id": "call_1", "output": "{}", "id": "o"}
    kept.create(answer, None)
    kept.create({**answer, "id": "o2"}, None)
    assert (kept.answers, kept.fresh) == ({"call_1": 2}, ["{}", "{}"])
    with pytest.raises(Refused, match="call_2"):
        kept.create({**answer, "call_id": "call_2"}, None)


def test_every_response_pays_for_the_whole_conversation_and_less_for_what_is_known() -> None:
    kept, session = Conversation(), {"instructions": "x" * 400}
    kept.add(Item({"id": "u"}, caller_ms=3000))
    first = kept.usage(session, 1, (5, 40))
    assert (first["input_tokens"], first["output_tokens"], first["total_tokens"]) == (130, 45, 175)
    assert first["input_token_details"]["cached_tokens"] == 0
    kept.add(spoken("a", 2000))
    second = kept.usage(session, 2, (0, 0))
    assert second["input_token_details"] == {
        "text_tokens": 103,
        "audio_tokens": 70,
        "image_tokens": 0,
        "cached_tokens": 130,
        "cached_tokens_details": {"text_tokens": 100, "audio_tokens": 30, "image_tokens": 0},
    }
