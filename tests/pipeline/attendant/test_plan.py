"""What a turn calls for, from the snapshot alone."""

from dataclasses import replace

import pytest

from pipeline.attendant.memory import Memory
from pipeline.attendant.plan import is_ready, is_too_many, make_plan
from pipeline.inquiry.escalation import Reason
from pipeline.inquiry.facts import Facts
from pipeline.inquiry.turn import Said
from tests.pipeline.attendant.conversation import snapshot
from tests.pipeline.seed import NOW, RULES

KNOWN = Facts(adults=20, zip="95125", event_date=NOW.date().replace(month=12, day=12))


def planned(text, facts=None, **more):
    return make_plan(snapshot(text, facts=facts, **more))


def test_a_quote_takes_everything_known():
    plan = planned("20 adults, 5 kids, 2 toddlers, 10 filet, 2 gyoza, 95125, dec 12")

    assert plan.quote == {
        "adults": 20,
        "children": 5,
        "toddlers": 2,
        "protein_selections": {"filet_mignon": 10},
        "addons": {"gyoza": 2},
        "event_zipcode": "95125",
        "event_date": "2026-12-12",
    }


def test_a_city_stands_for_its_zip():
    assert planned("20 adults in oakland").quote["event_zipcode"] == "94612"


def test_what_has_not_changed_is_not_priced_again():
    assert planned("thanks", KNOWN).quote is None
    assert planned("95125", KNOWN).quote is None
    assert planned("make it 18", KNOWN).quote["adults"] == 18
    assert planned("what's the total?", KNOWN).quote["adults"] == 20


def test_a_head_count_in_all_is_priced_once_children_were_asked_about():
    assert planned("party of 12").quote is None
    after = Facts(adults=12, asked=("children", "total=12", "+children"))
    assert planned("94538", after).quote == {"adults": 12, "event_zipcode": "94538"}
    assert planned("yes", after).quote is None
    assert planned("no", after).quote == {"adults": 12}


def test_several_messages_are_understood_in_order():
    plan = make_plan(snapshot("20 adults", "and 2 kids", "sorry 3 kids"))

    assert (plan.facts.adults, plan.facts.children) == (20, 3)


def test_only_unanswered_messages_are_read():
    history = (Said("customer", "50 adults", NOW), Said("us", "...", NOW))
    before = snapshot(unanswered=1)
    plan = make_plan(replace(before, history=(*history, Said("customer", "5 kids", NOW))))

    assert (plan.facts.adults, plan.facts.children, plan.is_first) == (None, 5, False)


def test_the_customers_record_fills_what_was_not_said():
    plan = planned("20 adults", customer={"zipcode": "95125", "name": "Dana"})
    assert (plan.facts.zip, plan.facts.name, plan.named) == ("95125", "Dana", "")

    plan = planned("20 adults in oakland", customer={"zipcode": "not a zip"})
    assert (plan.facts.zip, plan.facts.city) == (None, "oakland")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("can I talk to a person", Reason.ASKED_FOR_PERSON),
        ("the food was terrible", Reason.COMPLAINT),
        ("I want my deposit back", Reason.REFUND),
        ("your site said $45", Reason.PRICE_DISCREPANCY),
        ("is it $55 per adult?", None),
        ("can you do it for $500?", Reason.DISCOUNT),
        ("400 adults", Reason.LARGE_PARTY),
        ("am I talking to a real person?", None),
        ("20 adults", None),
    ],
)
def test_why_a_person_is_wanted(text, reason):
    assert planned(text).person == reason


def test_after_a_complaint_nothing_is_looked_up_or_priced():
    plan = planned("The food was terrible. Do you bring tables? 20 adults in 95125")

    assert (plan.person, plan.quote, plan.queries) == (Reason.COMPLAINT, None, ())


def test_a_yes_books_only_what_was_offered_and_has_not_changed():
    offered = replace(KNOWN, asked=("confirm",))

    assert planned("yes", offered).booking
    assert "20 adults" in planned("yes", offered).message
    assert not planned("yes but 25 adults", offered).booking
    assert not planned("yes", KNOWN).booking
    assert planned("let's book it", KNOWN).booking
    assert not planned("let's book it", Facts(adults=20)).booking


def test_a_yes_passes_on_the_question_it_was_asked_about():
    offered = Facts(asked=("pass_on",), noted="do you have a helicopter?")

    assert planned("yes please", offered).message == "do you have a helicopter?"
    assert planned("no", offered).message == ""


def test_after_asking_for_a_message_whatever_comes_is_the_message():
    asked = Facts(asked=("message",))

    assert planned("please call before you come", asked).message == "please call before you come"
    assert planned("please call before you come", asked).person is None
    assert planned("never mind", asked).message == ""


def test_not_understood_counts_up_and_ends_with_a_person():
    assert planned("asdf").lost == 1
    assert planned("asdf", Facts(asked=("lost=1",))).lost == 2
    third = planned("asdf", Facts(asked=("person", "lost=2")))
    assert (third.lost, third.person) == (3, Reason.REPEATED_MISUNDERSTANDING)
    assert planned("20 adults", Facts(asked=("lost=2",))).lost == 0


def test_a_message_without_words_is_no_misunderstanding():
    plan = planned("  ")

    assert (plan.blank, plan.lost) == (True, 0)


def test_at_most_two_questions_are_looked_up():
    plan = planned("Do you bring tables? Do you bring plates? Do you bring drinks?")

    assert plan.queries == ("Do you bring tables?", "Do you bring plates?")


def test_what_they_do_not_know_yet_is_given_up():
    plan = planned("not sure yet", Facts(adults=9, asked=("zip", "date", "+zip", "+date")))

    assert not plan.memory.may_ask("zip")
    assert not plan.memory.may_ask("date")


@pytest.mark.parametrize(
    ("facts", "ready"),
    [
        (Facts(), False),
        (Facts(children=4), False),
        (Facts(adults=0, children=4), False),
        (Facts(adults=1), True),
        (Facts(adults=RULES.max_adults), True),
        (Facts(adults=RULES.max_adults + 1), False),
        (Facts(adults=1, children=RULES.max_children + 1), False),
    ],
)
def test_a_party_is_ready_for_a_price_within_the_rules(facts, ready):
    assert is_ready(facts, Memory(), RULES) is ready


def test_an_open_range_is_not_ready():
    assert not is_ready(Facts(adults=9), Memory(notes={"range": "adults:10-12"}), RULES)


def test_too_many_is_above_the_rules_maximum_of_any_kind():
    assert not is_too_many(Facts(adults=RULES.max_adults, toddlers=RULES.max_toddlers), RULES)
    assert is_too_many(Facts(adults=1, toddlers=RULES.max_toddlers + 1), RULES)
