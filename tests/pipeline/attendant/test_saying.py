"""The words, as a customer reads them."""

from dataclasses import replace
from uuid import UUID

import pytest

from pipeline.attendant.plan import make_plan
from pipeline.attendant.saying import Findings, say
from pipeline.inquiry.facts import Facts
from pipeline.inquiry.turn import Said
from pipeline.inquiry.vocabulary import KnownQuote
from pipeline.quote.quote import Party, price
from tests.pipeline.attendant.conversation import snapshot
from tests.pipeline.seed import BUSINESS, NOW, RULES, ZONE

SOON = "within 2 hours, by 2:00 PM"
INTRODUCTION = "Hi, this is My Hibachi Chef's AI assistant."


def again(text, facts=None, **more):
    """A conversation that we have answered before."""
    before = snapshot(text, facts=facts, **more)
    return replace(before, history=(Said("us", "Hello!", NOW), *before.history))


def words(before, *, careful=False, **findings):
    return say(make_plan(before), Findings(**findings), before, careful=careful)[0]


def quoted(adults, **party):
    return price(RULES, Party(adults, **party), NOW, ZONE)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("thanks!", "You are welcome!"),
        ("have a great day", "Have a great day!"),
        ("i'll let you know", "No rush."),
        ("no thanks", "You are welcome!"),
        ("happy new year", "Thank you, the same to you!"),
        ("never mind", "No problem."),
    ],
)
def test_small_talk_is_short_and_asks_for_nothing(text, reply):
    assert words(again(text)) == reply


def test_who_we_are_is_said_in_the_first_reply_only():
    assert words(snapshot("hi")).startswith(f"{INTRODUCTION} How can I help?")
    assert "AI assistant" not in words(again("hi"))


def test_a_name_is_used_when_it_is_told():
    assert words(snapshot("I'm Dana, hi")).startswith("Hi Dana, this is My Hibachi Chef's AI")
    assert words(again("my name is Dana")).startswith("Thanks, Dana.")


def test_a_promise_is_the_tools_own_and_made_once():
    reply = words(again("I want to talk to a person"), promised=SOON)
    assert reply == f"I have asked our team; a person will answer you here {SOON}."

    reply = words(again("I want to talk to a person", escalated=True), promised=SOON)
    assert reply == "Our team knows; a person will follow up with you here."


def test_when_nobody_could_be_asked_the_number_is_given():
    reply = words(again("I want to talk to a person"), promised="")

    assert reply == "Please call (916) 555-0100 or write to cs@myhibachichef.com."


def test_an_answer_is_followed_by_one_question():
    reply = words(again("do you bring tables?"), answers=("Tables are the host's.",))

    assert reply.startswith("Tables are the host's. For an exact quote: how many adults")
    assert reply.count("?") == 1


def test_what_is_not_written_down_is_offered_to_staff():
    before = again("do you have a helicopter?")
    reply, facts = say(make_plan(before), Findings(answers=(None,)), before, careful=False)

    assert reply == "That is for our team to answer. Shall I pass your question on?"
    assert (facts.asked, facts.noted) == (("pass_on", "+pass_on"), "do you have a helicopter?")


def test_a_quote_shows_its_working_then_its_total_then_one_step():
    reply = words(again("20 adults"), quote=quoted(20))

    assert reply == (
        "20 adults x $55.00 = $1,100.00. Total $1,100.00 before travel, which is to be confirmed."
        " Deposit $100.00 holds the date, balance $1,000.00."
        " What ZIP (or city) is the party in, and on what date?"
    )


def test_a_failed_quote_says_so():
    assert "could not work out that quote" in words(again("20 adults"), quote_failed=True)


def test_careful_words_keep_the_figures_that_matter_and_leave_out_the_prose():
    before = again("5 adults in 95125. Do you bring tables?")
    findings = {"quote": quoted(5, zip="95125"), "answers": ("Tables are the host's.",)}
    reply = words(before, careful=True, **findings)

    assert len(reply) < len(words(before, **findings))
    assert "Total $550.00." in reply
    assert "host" not in reply
    assert "5 adults x" not in reply


def test_booking_says_that_nothing_is_booked_yet():
    known = Facts(
        adults=9, zip="95125", event_date=NOW.date().replace(month=12), asked=("confirm",)
    )
    before = again("yes", known)
    reply, facts = say(make_plan(before), Findings(taken=SOON), before, careful=False)

    assert reply == (
        f"Great! Our team will confirm your date {SOON}. Nothing is booked until they do."
    )
    assert facts.asked.count("+confirm") == 2


def test_a_party_that_changes_after_its_quote_is_named_anew():
    shown = KnownQuote(UUID(int=7), Party(20), quoted(20))
    before = again("so it's the same price for 10?", Facts(adults=20, children=0), quote=shown)
    assert "Changed to 10 adults: 10 adults x" in words(before, quote=quoted(10))
    same = again("94538", Facts(adults=20, children=0), quote=shown)
    assert "Changed" not in words(same, quote=quoted(20))


def test_a_letter_has_paragraphs_a_greeting_and_a_signature():
    reply = words(snapshot("20 adults", channel="email"), quote=quoted(20))

    assert reply.startswith("Hello,\n\nThis is My Hibachi Chef's AI assistant.\n\n- 20 adults x")
    assert "A tip is optional: $220.00 to $385.00 is customary." in reply
    assert reply.endswith(f"\n\nBest regards,\n{BUSINESS.name} (AI assistant)\n{BUSINESS.website}")


def test_there_is_always_something_to_say():
    known = Facts(adults=9, asked=("+zip", "+zip", "+date", "+date"))

    assert words(again("ok", known)) == "Anything else? For a person call (916) 555-0100."
