import re

import pytest

from tests.pipeline.seed import BUSINESS

FORBIDDEN = [re.compile(pattern, re.IGNORECASE) for pattern in BUSINESS.forbidden]
ANSWERS = {entry.entry_id: entry.answer for entry in BUSINESS.knowledge}


def is_forbidden(text: str) -> bool:
    return any(pattern.search(text) for pattern in FORBIDDEN)


@pytest.mark.parametrize(
    "text",
    [
        "That will be about $1,100.",
        "It's around $550 for you.",
        "approximately $600",
        "roughly 1100 dollars",
        "~$600",
        "about eleven hundred dollars",
        "Somewhere around five hundred and fifty bucks.",
        "We have a 10 people minimum.",
        "There's a ten-person minimum.",
        "20 guests minimum",
        "Our minimum is 10 people.",
        "a minimum of 15 guests",
        "I can offer you a discount.",
        "We'll give you a small discount for that.",
        "I’d be glad to help: we can apply a 10% discount.",
        "I can get you a discount.",
        "We'll take $50 off.",
        "I can waive the travel fee.",
        "10% off for your birthday!",
        "That is 15 percent off.",
        "Use promo code WINTER2025 at checkout.",
        "Enter the coupon code to save.",
        "promo code: SAVE10",
        "We guarantee allergen-free food.",
        "I promise it's nut-free.",
        "I can assure you the meal is completely gluten free.",
        "Our kitchen is 100% shellfish-free.",
        "No problem, we guarantee a peanut-free grill.",
        "I'll refund your deposit.",
        "We will give you your money back.",
        "I've issued a full refund.",
        "We have refunded you today.",
        "Your refund has been approved.",
        "We'll compensate you for that.",
    ],
)
def test_a_wording_that_never_leaves_is_caught(text):
    assert is_forbidden(text)


@pytest.mark.parametrize(
    "text",
    [
        "Your total is $1,100.00.",
        "Questions about the $5 upgrade? Just ask.",
        "Tell me about your party.",
        "About 90 minutes.",
        "There is no minimum number of guests: the minimum is $550 of food.",
        "A party of 10 people meets the minimum.",
        "The minimum is money, not people.",
        "We can't guarantee allergen-free food.",
        "We cannot promise that anything is nut-free.",
        "No kitchen can guarantee gluten-free food on a shared grill.",
        "I’m sorry, I can’t guarantee it is shellfish-free.",
        "There is gluten-free soy sauce on request.",
        "Any discount is for our team to decide.",
        "I can't offer a discount, but a person can look at it.",
        "We don't have promo codes, sorry.",
        "I can't waive the travel fee.",
        "I can't apply a promo code for you.",
        "A refund is for our team to decide; I have told them.",
        "The deposit is fully refundable when you cancel 4 or more days before the event.",
        "We'll refund the deposit in full if you cancel 4 or more days before.",
        "I can't refund it myself; a person will look at it.",
        "We will send you the quote by email.",
        "I'll give your message to our team.",
        "20-35% is customary.",
        "Card and Venmo add 3% ($16.50 on $550.00).",
    ],
)
def test_a_clean_answer_passes(text):
    assert not is_forbidden(text)


def test_nothing_the_business_has_written_down_is_forbidden():
    texts = [*ANSWERS.values(), BUSINESS.about, BUSINESS.help_text]
    assert [text for text in texts if is_forbidden(text)] == []


@pytest.mark.parametrize("piece", ["we guarantee ", "about one ", "no ", "I can give ", "not a "])
def test_a_long_text_is_checked_without_falling_into_a_hole(piece):
    assert is_forbidden(piece * 300 + ". It is about $5")


def test_a_city_stands_for_a_zip_that_is_near_it():
    assert BUSINESS.cities["fremont"] == "94538"
    assert BUSINESS.cities["sacramento"] == "95814"
    assert "folsom" not in BUSINESS.cities


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("cost", "$55 per adult (age 13 and up) and $30 per child ages 6-12"),
        ("minimum", "money, not people: $550"),
        ("free-proteins", "Chicken, NY strip steak, shrimp, calamari and tofu"),
        ("upgrades", "lobster tail is +$15"),
        ("travel-fee", "first 30 miles from our Fremont station are free"),
        ("deposit-refund", "4 or more days before"),
        ("reschedule", "$200"),
        ("payment", "Card adds 3%"),
        ("host-provides", "guests' tableware is the host's to clean"),
        ("allergens", "shellfish, fish, wheat, soy and eggs"),
        ("nuts-sesame", "surfaces, utensils and oil are shared"),
        ("corporate", "groups of 30 or more"),
    ],
)
def test_an_answer_says_what_the_business_stands_for(entry, words):
    assert words in ANSWERS[entry]


def test_no_answer_claims_what_nobody_may_claim():
    everything = " ".join(ANSWERS.values()).lower()
    for claim in ("wagyu", "king crab", "sushi", "discount", "no hidden", "10 people", "about $"):
        assert claim not in everything


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("The whole party is free of charge!", True),
        ("It's on the house.", True),
        ("Buy one get one free", True),
        ("I'll take half off the total.", True),
        ("No deposit needed for you", True),
        ("You're booked for December 12!", True),
        ("Children of 5 and under are free.", False),
        ("The first 30 miles are free.", False),
        ("Once it is booked, the deposit holds the date.", False),
        ("A chef takes the grill off the truck.", False),
        ("The deposit of $100.00 is required.", False),
    ],
)
def test_gifts_and_bookings_are_not_the_assistants_to_promise(text, held):
    found = [each for each in BUSINESS.forbidden if re.search(each, text, re.IGNORECASE)]
    assert bool(found) == held
