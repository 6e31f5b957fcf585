"""What leaves is plain, short enough, and says what must be said."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.inquiry.reply import broken_promises, finished, follow_up, handed_over
from pipeline.inquiry.segments import count
from pipeline.inquiry.vocabulary import Said, Snapshot
from tests.pipeline.inquiry.parties import BUSINESS, NOW, snapshot

FIRST = snapshot("Hi")
LATER = replace(FIRST, history=(Said("us", "Hello, I am the AI assistant.", NOW), *FIRST.history))


def on(channel: str, of: Snapshot = LATER) -> Snapshot:
    return replace(of, channel=channel)


def test_a_plain_draft_is_left_alone() -> None:
    draft = "Sure! How many adults are coming?"
    assert finished(draft, LATER, person_wanted=False) == draft


@pytest.mark.parametrize("draft", ["", "  \n ", "\U0001f525"])
def test_nothing_stays_nothing(draft: str) -> None:
    assert finished(draft, FIRST, person_wanted=True) == ""


def test_markdown_becomes_plain() -> None:
    draft = "## Menu\n* **Chicken**\n* `Steak`\n[Our site](https://myhibachichef.com)"
    assert finished(draft, on("email"), person_wanted=False) == (
        "Menu\n- Chicken\n- Steak\nOur site: https://myhibachichef.com"
    )


def test_a_product_is_no_emphasis() -> None:
    draft = "20 * $55 = $1,100 and 4 * $30 = $120"
    assert finished(draft, on("email"), person_wanted=False) == draft


def test_emoji_go_where_we_use_none() -> None:
    draft = "Yum \U0001f364\U0001f525 and fun!"
    assert finished(draft, on("sms"), person_wanted=False) == "Yum and fun!"
    assert finished(draft, on("instagram"), person_wanted=False) == draft


def test_the_first_reply_says_that_an_ai_writes() -> None:
    assert finished("How many adults?", FIRST, person_wanted=False) == (
        "This is My Hibachi Chef's AI assistant. How many adults?"
    )


@pytest.mark.parametrize(
    "draft",
    [
        "Hi, I'm the AI assistant here. How many adults?",
        "Hi from our virtual assistant! How many?",
    ],
)
def test_it_is_not_said_twice(draft: str) -> None:
    assert finished(draft, FIRST, person_wanted=False) == draft


def test_who_wants_a_person_is_told_when_one_answers() -> None:
    assert finished("I am sorry to hear that.", LATER, person_wanted=True) == (
        "I am sorry to hear that. A person from our team will answer within 2 hours, by 4:00 PM."
    )


@pytest.mark.parametrize(
    "closing",
    [
        "\n\nBest regards,\nMy Hibachi Chef (AI assistant)\nmyhibachichef.com",
        "\n\nThank you,\nThe concierge",
        "\n\nSincerely\nMy Hibachi Chef",
    ],
)
def test_the_person_is_promised_before_a_letter_is_signed(closing: str) -> None:
    body = "Hello Dana,\n\nI am sorry to hear that."
    assert finished(body + closing, on("email"), person_wanted=True) == (
        f"{body}\n\n{follow_up(LATER)}{closing}"
    )


def test_thanks_within_a_text_sign_nothing() -> None:
    draft = "Thank you,\nthat helps.\n\nThanks! All is noted."
    assert finished(draft, on("email"), person_wanted=True) == f"{draft} {follow_up(LATER)}"


@pytest.mark.parametrize(
    "draft",
    [
        "I am sorry. A person from our team will call you within 2 hours.",
        "Our staff will confirm that.",
        "I've passed it on and someone will get back to you.",
        "A team member will follow up by 4:00 PM.",
    ],
)
def test_a_draft_that_says_so_is_left_alone(draft: str) -> None:
    assert finished(draft, LATER, person_wanted=True) == draft


@pytest.mark.parametrize(
    "draft", ["Each person picks two proteins.", "The price per person will depend on that."]
)
def test_a_guest_is_no_person_of_ours(draft: str) -> None:
    assert finished(draft, LATER, person_wanted=True).endswith(follow_up(LATER))


def test_no_second_time_is_promised() -> None:
    waiting = replace(LATER, escalated=True)
    assert follow_up(waiting) == "A person from our team will follow up with you."


def test_what_must_be_said_outlives_a_long_draft() -> None:
    reply = finished("We would love to cook for you. " * 60, FIRST, person_wanted=True)
    assert "AI assistant" in reply
    assert "A person from our team will answer within 2 hours, by 4:00 PM." in reply
    assert count(reply).segments <= 3


@pytest.mark.parametrize("hours", range(0, 24, 3))
@pytest.mark.parametrize("of", [FIRST, LATER])
def test_a_hand_over_is_one_segment_whatever_the_hour(of: Snapshot, hours: int) -> None:
    reply = handed_over(replace(of, now=NOW + timedelta(hours=hours)))
    assert count(reply).segments == 1
    assert "a person from our team will answer" in reply
    assert ("AI assistant" in reply) is (of is FIRST)


@given(
    st.text(max_size=1500),
    st.sampled_from(sorted(BUSINESS.manners)),
    st.booleans(),
    st.sampled_from([FIRST, LATER]),
)
def test_any_draft_comes_out_within_its_channels_limits(
    draft: str, channel: str, person_wanted: bool, of: Snapshot
) -> None:
    manner = BUSINESS.manners[channel]
    reply = finished(draft, on(channel, of), person_wanted)
    assert len(reply) <= manner.max_characters
    assert manner.max_segments is None or count(reply).segments <= manner.max_segments


@pytest.mark.parametrize(
    "draft",
    [
        "Our team will call you within 10 minutes.",
        "Someone will get back to you shortly!",
        "Great. A person will reply to you tonight.",
        "Our manager will contact you at 9 pm today",
        "We'll be in touch in a few minutes.",
    ],
)
def test_a_time_that_nobody_promised_is_held(draft: str) -> None:
    [problem] = broken_promises(draft, LATER)
    assert follow_up(LATER).removeprefix("A person from our team will answer ")[:-1] in problem


@pytest.mark.parametrize(
    "draft",
    [
        follow_up(LATER),
        "A person from our team will follow up with you.",
        "Our chef will arrive 15-30 minutes before the start.",
        "Parties start at 12 pm or 3 pm. The show takes about an hour.",
        "The event is tomorrow at 6 pm, lovely!",
        "We will text you the details. The deposit is due by 9 pm.",
    ],
)
def test_an_honest_time_and_a_partys_times_may_be_told(draft: str) -> None:
    assert broken_promises(draft, LATER) == ()


@pytest.mark.parametrize("mark", ["`", "**a", "__", "word ", "$1 ", "a.com "])
def test_a_draft_of_any_length_comes_out_within_the_manner(mark: str) -> None:
    reply = finished(mark * 200_000, LATER, person_wanted=False)
    assert count(reply).segments <= 3
