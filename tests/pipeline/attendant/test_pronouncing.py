import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.attendant.pronouncing import pronounced
from pipeline.quote.dollars import amount_in_digits
from tests.pipeline.seed import BUSINESS


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("The total is $1,250.00.", "The total is 1250 dollars."),
        ("$55 per adult, $10.50 each", "55 dollars per adult, 10 dollars and 50 cents each"),
        ("$1.01", "1 dollar and 1 cent"),
        ("$12,000 in all", "12000 dollars in all"),
        ("ZIP 95125, then pound", "zip code 9 5 1 2 5, then pound"),
        ("ZIP code 94536.", "zip code 9 4 5 3 6."),
        ("(916) 555-0100", "9 1 6, 5 5 5, 0 1 0 0"),
        ("Call +19165550100.", "Call 9 1 6, 5 5 5, 0 1 0 0."),
        ("from 12:00 PM to 9:30 pm", "from 12 P M to 9 30 P M"),
        ("by 3:40 PM.", "by 3 40 P M."),
        ("20-35% is customary", "20 to 35 percent is customary"),
        ("ages 6-12", "ages 6 to 12"),
        ("the AI assistant", "the A I assistant"),
        ("cs@myhibachichef.com", "cs at myhibachichef dot com"),
        ("1,000 guests", "1000 guests"),
        ("  plain\nwords ", "plain words"),
    ],
)
def test_what_is_written_is_said_as_people_say_it(written, said):
    assert pronounced(written) == said


@given(st.integers(0, 99_999_999))
def test_an_amount_keeps_its_figure_and_loses_its_sign(cents):
    words = pronounced(f"It is {amount_in_digits(cents)} in all.")
    found = re.fullmatch(r"It is (\d+) dollars?(?: and (\d+) cents?)? in all\.", words)
    assert found is not None
    assert int(found[1]) * 100 + int(found[2] or 0) == cents


@given(st.text())
@example("$" * 50)
@example("9" * 5000)
def test_any_text_can_be_said(text):
    assert pronounced(text) == pronounced(text).strip()


def test_what_the_business_has_written_down_is_said_without_signs():
    said = " ".join(pronounced(entry.answer) for entry in BUSINESS.knowledge)
    assert not re.search(r"[$%@]|\d,\d{3}", said)
