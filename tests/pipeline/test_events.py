"""The vocabulary: facts and orders are values, and none gives a secret away."""

from dataclasses import FrozenInstanceError, fields
from typing import get_args

import pytest

from pipeline import events
from pipeline.events import CallerAudio, Fact, MediaStarted, Order, ResponseDone

KINDS = [*get_args(Fact), *get_args(Order)]


def test_all_that_the_module_defines_is_a_fact_or_an_order_and_not_both():
    defined = {
        each
        for each in vars(events).values()
        if getattr(each, "__module__", "") == "pipeline.events"
    }

    assert set(KINDS) == {each for each in defined if isinstance(each, type)}
    assert len(set(KINDS)) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_it_can_be_changed_and_it_is_small(kind):
    assert kind.__slots__ == tuple(field.name for field in fields(kind))
    assert kind.__dataclass_params__.frozen


def test_a_fact_stays_what_it_was():
    with pytest.raises(FrozenInstanceError):
        CallerAudio("AAAA").payload = ""  # type: ignore[misc]
    assert CallerAudio("AAAA") == CallerAudio("AAAA")


def test_a_token_is_not_shown():
    assert "s3cret" not in repr(MediaStarted("CA1", "s3cret"))


def test_two_responses_share_no_usage():
    first, second = ResponseDone("a", "completed"), ResponseDone("b", "completed")

    assert first.usage == second.usage == {}
    assert first.usage is not second.usage
