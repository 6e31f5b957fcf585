import pytest

from pipeline.business.answers import Entry, figures_for_answers, read_answers
from tests.pipeline.seed import RULES

FIGURES = figures_for_answers(RULES, {"reschedule": 20000}, {"email": "us@example.com"})


def read(text: str) -> tuple[tuple[Entry, ...], list[str]]:
    problems: list[str] = []
    return read_answers("k.md", text, FIGURES, problems), problems


def test_an_entry_is_a_question_an_id_keywords_and_an_answer_with_the_prices_filled_in():
    text = """# Answers

## What does it cost?
id: cost
keywords: price, how much
It is {adult_price} per adult
and {child_price} per child.

## Whom do I ask?
id: whom-to-ask
keywords: ask
Write to {email}.
"""
    assert read(text) == (
        (
            Entry(
                "cost",
                "What does it cost?",
                "It is $55 per adult and $30 per child.",
                ("price", "how much"),
            ),
            Entry("whom-to-ask", "Whom do I ask?", "Write to us@example.com.", ("ask",)),
        ),
        [],
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "k.md: has no entry"),
        ("words first\n## Q?\nid: q\nkeywords: a\nA.", "k.md: only a '# title' may stand before"),
        ("## Q?\nkeywords: a\nA.", "k.md: Q?: needs a question, then an 'id: '"),
        ("## Q?\nid: q\nA.", "k.md: Q?: needs a question, then an 'id: ' and a 'keywords: ' line"),
        ("## Q?\nid: Q Q\nkeywords: a\nA.", "k.md: Q?: needs a question, then an 'id: '"),
        ("## \nid: q\nkeywords: a\nA.", "k.md: (no question): needs a question"),
        ("## Q?\nid: q\nkeywords: a\n", "k.md: Q?: has no answer"),
        ("## Q?\nid: q\nkeywords: a\nA {price}.", "k.md: Q?: unknown placeholder {price}"),
        ("## Q?\nid: q\nkeywords: a\nIt is $55.", "k.md: Q?: name a figure by a placeholder"),
        (
            "## Q?\nid: q\nkeywords: a\nA.\n## R?\nid: q\nkeywords: b\nB.",
            "k.md: R?: id q is taken",
        ),
    ],
)
def test_what_is_wrong_with_an_entry_is_said(text, problem):
    _, problems = read(text)
    assert len(problems) == 1
    assert problems[0].startswith(problem)


def test_every_figure_of_the_price_list_has_a_placeholder():
    assert {name: FIGURES[name] for name in ("adult_price", "minimum", "deposit", "per_mile")} == {
        "adult_price": "$55",
        "minimum": "$550",
        "deposit": "$100",
        "per_mile": "$2",
    }
    assert FIGURES["lobster_tail_upgrade"] == "$15"
    assert FIGURES["gyoza_price"] == "$10"
    assert FIGURES["reschedule_fee"] == "$200"
    assert FIGURES["child_ages"] == "6-12"
    assert FIGURES["gratuity"] == "20-35%"
    assert FIGURES["card_percent"] == "3%"
