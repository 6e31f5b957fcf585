"""What a caller hears who uses the keys.

Every figure comes from a tool's result or the business's own data; these are only the words
around them. They are written as one writes, `pronouncing` makes them fit to be said.
"""

from collections.abc import Mapping
from datetime import time
from typing import Any

from pipeline.business.document import DAYS, Business
from pipeline.knowledge import search
from pipeline.quote.dollars import amount_in_digits

POLICIES = ("deposit", "cancellation policy", "how to book")
"""What is looked up in the business's answers to be read out with the hours."""

REPEAT = "To hear this again, press star."
KEYS_ONLY = "Sorry, I cannot understand speech on this line. Please use the keys."
NOBODY = "I did not hear any key, so I will say goodbye for now."


def main_menu() -> str:
    """The choices, the most wanted one first."""
    return (
        "For the price of your party, press 1. For our hours and policies, press 2. To leave a"
        f" message, press 3. To have a person call you back, press 0 at any time. {REPEAT}"
    )


def brief_menu() -> str:
    """The same, for whoever did not press a key."""
    return "Press 1 for a price, 2 for hours and policies, 3 for a message, or 0 for a person."


def ask_adults(business: Business) -> str:
    age = business.prices.adult_min_age
    return f"How many guests are {age} or older? Press the number, then pound."


def ask_children(business: Business) -> str:
    rules = business.prices
    ages = f"{rules.child_free_max_age + 1} to {rules.adult_min_age - 1}"
    return (
        f"How many children are aged {ages}? Press the number, then pound."
        " If there are none, just press pound."
    )


def ask_zip() -> str:
    return "Where is the party? Press its five-digit ZIP code, then pound."


def wrong_adults(business: Business, given: str) -> str:
    """Why a number of adults will not do; `given` is the digits."""
    most = business.prices.max_adults
    if given and int(given) > most:
        return f"For more than {most} adults, a person works out the price. Please press 0."
    return f"There must be at least 1 guest of {business.prices.adult_min_age} or older."


def wrong_children(business: Business) -> str:
    return f"I can count up to {business.prices.max_children} children."


def wrong_zip(given: str) -> str:
    """Why a ZIP will not do, and what else there is."""
    if len(given) != 5:
        return "A ZIP code has five digits."
    return (
        f"I do not know the way to ZIP {given}. Press another one, or just pound to leave travel"
        " to be confirmed."
    )


def offer_person() -> str:
    """After the same question went wrong three times."""
    return "A person can help. To have a person call you back, press 0. To start again, press star."


def hours_and_policies(business: Business) -> str:
    """When people answer, and what is written down on POLICIES."""
    found = [entries[0] for query in POLICIES if (entries := search(business.knowledge, query))]
    answers = dict.fromkeys(entry.answer for entry in found)
    return " ".join(
        [hours_words(business), *answers, "For the menu, press star. For a person, press 0."]
    )


def hours_words(business: Business) -> str:
    """'Our team answers every day from 12:00 PM to 9:00 PM.'; neighbours alike are one stretch."""
    hours = business.hours
    spans = [(hours.open_at.get(day), hours.close_at.get(day)) for day in range(7)]
    stretches: list[tuple[int, int]] = []
    for day, span in enumerate(spans):
        if stretches and spans[stretches[-1][0]] == span:
            stretches[-1] = (stretches[-1][0], day)
        else:
            stretches.append((day, day))
    said = []
    for first, last in stretches:
        opens, closes = spans[first]
        if opens is None or closes is None:
            continue
        days = DAYS[first].title() + (f" to {DAYS[last].title()}" if last > first else "")
        days = "every day" if (first, last) == (0, 6) else days
        said.append(f"{days} from {_clock(opens)} to {_clock(closes)}")
    return f"Our team answers {', '.join(said)}." if said else ""


def quote_words(result: Mapping[str, Any], place: str) -> str:
    """A result of the quote tool, read out. `place` is a ZIP or ''."""
    guests = [
        f"{line['quantity']} {_noun(line['code'], line['quantity'])}"
        for line in result["lines"]
        if line["code"] in _NOUNS
    ]
    where = f" in ZIP {place}" if place else ""
    parts = [f"For {' and '.join(guests)}{where}, the total is {_amount(result['total'])}."]
    if result["minimum_adjustment"]:
        parts.append(
            f"Our food minimum adds {_amount(result['minimum_adjustment'])} of it; upgrades and"
            " sides count toward it."
        )
    parts.append(_travel_words(result))
    parts.append(
        f"A deposit of {_amount(result['deposit'])} holds the date, and the balance is"
        f" {_amount(result['balance'])}."
    )
    if result["needs_staff"]:
        parts.append("A person from our team confirms it before it is final.")
    return " ".join(parts)


def after_quote(*, textable: bool) -> str:
    """What may be done with a quote."""
    text = "To get this as a text message, press 1. " if textable else ""
    return f"{text}To hear it again, press 2. For another price, press 3. For a person, press 0."


def texted(output: Mapping[str, Any]) -> str:
    """Whether the quote was texted."""
    if "error" in output:
        return "Sorry, I could not send the text message."
    return "I have sent the quote to the number you are calling from."


def no_quote() -> str:
    return (
        "Sorry, I could not work out that price. A person can: press 0. To start again, press star."
    )


def no_answer() -> str:
    """After a tool that never came back."""
    return "Sorry, that is taking too long."


def record_message() -> str:
    return "Please leave your message after the tone. When you are done, press pound."


def record_number() -> str:
    """For whoever wants a person, and whose number we were not given."""
    return (
        "Your number is withheld, so nobody could call you back. Please say your name, your number"
        " and what it is about after the tone. When you are done, press pound."
    )


def no_message() -> str:
    return "I did not hear a message."


def message_kept(output: Mapping[str, Any]) -> str:
    """What becomes of a message."""
    if "error" in output:
        return f"Sorry, I could not pass your message on. Please text us instead. {_AFTER}"
    return f"Thank you. Our team has your message and will answer {_promise(output)}. {_AFTER}"


def person_asked(output: Mapping[str, Any]) -> str:
    """When a person calls back; nobody is put through."""
    if "error" in output:
        return (
            "Sorry, I could not reach our team just now. To leave a message, press 3, or text us"
            " at this number."
        )
    return (
        "I have asked our team. A person will call you back at the number you are calling from"
        f" {_promise(output)}. To leave a message with it, press 3. Or you may hang up."
    )


def goodbye(business: Business) -> str:
    return f"Thank you for calling {business.name}. Goodbye!"


_AGAIN = "To start again, press star."
_AFTER = "For the menu, press star. Or you may hang up."
_NOUNS = {
    "adults": ("adult", "adults"),
    "children": ("child", "children"),
    "toddlers": ("toddler", "toddlers"),
}


def _noun(kind: str, count: int) -> str:
    return _NOUNS[kind][count != 1]


def _travel_words(result: Mapping[str, Any]) -> str:
    if result["travel_fee"] is None:
        return "Travel is not in it yet: our team confirms that."
    if not result["travel_fee"]:
        return "Travel is free."
    how = "an estimated " if result["travel_status"] == "estimated" else ""
    return f"That includes {how}{_amount(result['travel_fee'])} for travel."


def _promise(output: Mapping[str, Any]) -> str:
    return str(output.get("promise") or "as soon as possible")


def _amount(dollars: float) -> str:
    return amount_in_digits(round(dollars * 100))


def _clock(at: time) -> str:
    if at == time(0):
        return "midnight"
    return f"{at.hour % 12 or 12}:{at.minute:02} {'PM' if at.hour >= 12 else 'AM'}"
