"""Who wants a person is heard, and who does not is left alone: measured on a labelled set."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.inquiry.escalation import OURS, PRIORITIES, REASONS, Reason, most_pressing, wanted
from pipeline.inquiry.escalation_lists import LISTS
from pipeline.inquiry.escalation_wordings import WORDINGS
from pipeline.inquiry.vocabulary import Escalation
from tests.pipeline.inquiry.parties import sample

TEXTS = sample("escalations.json")
MUST = [each for each in TEXTS if each["reason"]]
MUST_NOT = [each["text"] for each in TEXTS if not each["reason"]]


def test_the_set_is_large_and_even() -> None:
    assert len(MUST) >= 120
    assert len(MUST_NOT) >= 120
    assert len({each["text"] for each in TEXTS}) == len(TEXTS)


def test_nobody_who_must_have_a_person_is_missed() -> None:
    assert [each["text"] for each in MUST if wanted(each["text"]) is None] == []


def test_at_most_two_in_a_hundred_get_a_person_for_nothing() -> None:
    false = [text for text in MUST_NOT if wanted(text)]
    assert len(false) <= 0.02 * len(MUST_NOT), false


def test_the_reason_is_nearly_always_the_right_one() -> None:
    wrong = [
        each["text"]
        for each in MUST
        if (found := wanted(each["text"])) and found.reason != each["reason"]
    ]
    assert len(wrong) <= 0.03 * len(MUST), wrong


def test_every_reason_that_words_can_give_is_in_the_set() -> None:
    assert {each["reason"] for each in MUST} == {wording.reason for wording in WORDINGS}


@pytest.mark.parametrize("text", ["problem", "issue", "wrong", "asap", "cancel", "urgent"])
def test_bare_words_want_nobody(text: str) -> None:
    assert wanted(text) is None


@pytest.mark.parametrize(
    ("text", "reason", "priority"),
    [
        ("Your food made me sick, I want a refund!", "illness", "urgent"),
        ("I want a refund or my lawyer will call", "legal", "urgent"),
        ("Can you send a COI?", "legal", "high"),
        ("Where is the chef?!", "complaint", "urgent"),
        ("Any discounts? Also I'd like to talk to a manager.", "asked_for_person", "high"),
    ],
)
def test_the_most_pressing_reason_is_told(text: str, reason: str, priority: str) -> None:
    assert wanted(text) == Escalation(reason, priority, text)


def test_an_excuse_holds_for_its_own_sentence_only() -> None:
    assert wanted("What is your refund policy? I want a refund.") is not None


def test_typing_style_does_not_matter() -> None:
    for text in (
        "I\u2019D LIKE TO SPEAK   TO A\nMANAGER",
        "\uff52\uff45\uff46\uff55\uff4e\uff44 me now",
    ):
        assert wanted(text.replace("\n", " ")) is not None


def test_the_note_is_what_they_wrote_within_bounds() -> None:
    found = wanted("I want a refund. " * 500)
    assert found is not None
    assert found.note.startswith("I want a refund.")
    assert len(found.note) <= 1000


def test_every_reason_has_a_priority() -> None:
    assert set(REASONS) == set(Reason)
    assert Counter(REASONS.values()).keys() <= set(PRIORITIES)


def test_a_call_back_is_pressing_and_ours_to_ask_for() -> None:
    assert REASONS[Reason.CALL_BACK] == "high"
    assert Reason.CALL_BACK in OURS
    assert {Reason(rule.reason) for rule in WORDINGS}.isdisjoint(OURS)


def test_most_pressing_of_none_is_none() -> None:
    assert most_pressing([]) is None


def test_every_list_is_used() -> None:
    used = " ".join([*LISTS.values(), *(w.says + w.excuses for w in WORDINGS)])
    assert [name for name in LISTS if f"<{name}>" not in used] == []


@given(st.text(max_size=300))
def test_any_text_is_taken(text: str) -> None:
    found = wanted(text)
    assert found is None or found.reason in REASONS
