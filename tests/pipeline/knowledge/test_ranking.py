import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.knowledge import search
from tests.pipeline.seed import BUSINESS, samples

ENTRIES = BUSINESS.knowledge
QUESTIONS = samples("knowledge_questions.json")["questions"]


def first(query: str) -> str | None:
    found = search(ENTRIES, query)
    return found[0].entry_id if found else None


def test_at_least_95_in_100_labelled_questions_find_their_answer_first():
    wrong = {q["text"]: first(q["text"]) for q in QUESTIONS if first(q["text"]) != q["entry"]}
    assert len(QUESTIONS) >= 140
    assert len(wrong) <= len(QUESTIONS) * 5 // 100, wrong


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.entry_id)
def test_every_entry_is_found_by_its_own_question(entry):
    assert first(entry.question) == entry.entry_id


def test_every_entry_has_a_labelled_question():
    assert {entry.entry_id for entry in ENTRIES} == {q["entry"] for q in QUESTIONS} - {None}


@pytest.mark.parametrize(
    ("query", "entry"),
    [
        ("vegitarian", "diets"),
        ("DEPOSIT", "deposit"),
        ("kid's menu", "children"),
        ("kid\u2019s menu", "children"),
        ("do you take venmo" + " please" * 500, "payment"),
    ],
)
def test_spelling_case_and_length_are_forgiven(query, entry):
    assert first(query) == entry


@pytest.mark.parametrize("query", ["", "   ", "?!", "the of and", "zzzz qqqq", "\u5bff\u53f8"])
def test_nothing_is_found_where_nothing_fits(query):
    assert search(ENTRIES, query) == []


@pytest.mark.parametrize(
    ("query", "entry"),
    [
        ("How does this work?", "booking"),
        ("do you bring tables", "host-provides"),
        ("how much should I tip on a $550 party", "tip"),
        ("does it smell", None),
        ("how does your car work", None),
    ],
)
def test_a_single_word_that_is_no_keyword_is_no_answer(query, entry):
    assert first(query) == entry


def test_no_entries_no_answers():
    assert search((), "how much") == []


def test_no_more_than_the_limit_is_found():
    assert len(search(ENTRIES, "deposit", limit=1)) == 1
    assert len(search(ENTRIES, "deposit", limit=5)) > 1


@given(st.text(max_size=300))
def test_any_question_has_one_answer_however_often_it_is_asked(query):
    found = search(ENTRIES, query)
    assert len(found) <= 3
    assert found == search(list(ENTRIES), query)
    assert all(entry in ENTRIES for entry in found)
