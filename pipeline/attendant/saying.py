"""The words of a turn: who we are, what was found, what it costs, and one next step."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import phonenumbers

from pipeline.attendant.acts import Act
from pipeline.attendant.asking import Step, asked, next_step
from pipeline.attendant.manner import LETTER, Part, composed, part
from pipeline.attendant.menu import LOOSE
from pipeline.attendant.party import awaiting_split
from pipeline.attendant.plan import HARD, Plan, is_too_many
from pipeline.attendant.quoting import guests_words, place_words, quote_parts, trip_words
from pipeline.business.document import Business
from pipeline.inquiry.escalation import Reason
from pipeline.inquiry.facts import Facts
from pipeline.inquiry.vocabulary import Snapshot
from pipeline.quote.quote import Quote
from pipeline.quote.travel import travel_for_zip

_SENTENCE = re.compile(r".{20,}?[.!?](?=\s|$)", re.DOTALL)
"""Not the 'No.' that begins an answer alone."""
_SOCIAL = frozenset({Act.THANK, Act.BYE, Act.NO, Act.LATER, Act.UNSURE, Act.WISH, Act.NOD})

_FEELINGS: Mapping[Reason, str] = {
    Reason.ILLNESS: "I am very sorry to hear that.",
    Reason.COMPLAINT: "I am sorry about that.",
    Reason.REFUND: "I understand, and this is for a person to settle.",
    Reason.LEGAL: "I understand. That is for a person to answer.",
    Reason.ALLERGY: "Thank you for telling us. We cannot promise food without traces of an"
    " allergen, so a person goes through it with you before booking.",
    Reason.PRICE_DISCREPANCY: "I cannot confirm that price.",
    Reason.DISCOUNT: "I cannot change prices myself.",
    Reason.CUSTOM_MENU: "That is not on our menu, so a person has to look at it.",
    Reason.INDOOR: "Cooking indoors has to be checked by our staff first.",
    Reason.REPEATED_MISUNDERSTANDING: "Sorry, I am not getting this right.",
}


@dataclass(frozen=True, slots=True)
class Findings:
    """What this turn's tools gave."""

    quote: Quote | None = None
    quote_failed: bool = False
    has_travel: bool = False
    answers: tuple[str | None, ...] = ()
    """What the business has written down, a question each; None where it has nothing."""
    taken: str | None = None
    """A message was taken: when it is answered; '' if it could not be taken."""
    promised: str | None = None
    """A person was asked for: when they answer; '' if nobody could be asked."""


def say(plan: Plan, findings: Findings, snapshot: Snapshot, *, careful: bool) -> tuple[str, Facts]:
    """The reply and everything now known. `careful` leaves out all that is not needed, because
    the last draft was refused."""
    business = snapshot.business
    manner = business.manners[snapshot.channel]
    lost = 0 if any(findings.answers) else plan.lost
    letter = manner.channel == LETTER
    parts = [part(_introduction(plan, business, letter=letter))] if plan.is_first else []
    parts += _about_people(plan, findings, snapshot)
    parts += _social(plan, lost, letter=letter)
    if not careful:
        parts += [part(each, _first_sentence(each), rank=2) for each in findings.answers if each]
    parts += _about_price(plan, findings, snapshot, itemised=letter)
    if careful:
        parts = [Part(each.versions[-1:], each.rank) for each in parts if each.rank < 2]
    unanswered = bool(findings.answers) if careful else None in findings.answers
    step = _step(plan, findings, snapshot, lost=lost, unanswered=unanswered and not lost)
    parts.append(part(step.words, rank=1))
    memory = asked(plan.memory, step, lost)
    if plan.booking and findings.taken:
        memory = memory.give_up("confirm")
    open_ = [
        query for query, answer in zip(plan.queries, findings.answers, strict=False) if not answer
    ]
    noted = (open_ or [*plan.queries, ""])[0] if "pass_on" in step.asks else ""
    facts = plan.facts.learn(asked=memory.to_asked(), noted=noted)
    text = composed(parts, business, manner, plan.facts.name)
    return text or _nothing_else(business), facts


def _introduction(plan: Plan, business: Business, *, letter: bool) -> str:
    """Who writes; a letter has greeted already."""
    us = f"is {business.name}'s AI assistant."
    if letter:
        return f"This {us}"
    name = plan.reading.facts.name
    return f"Hi {name.split()[0]}, this {us}" if name else f"Hi, this {us}"


def _about_people(plan: Plan, findings: Findings, snapshot: Snapshot) -> list[Part]:
    """Persons asked for and messages taken, with the time that was promised."""
    parts = []
    business = snapshot.business
    reach = f"Please call {_phone(business)} or write to {business.email}."
    if findings.promised is not None:
        parts.append(part(_feeling(plan, business), rank=1))
        promise = f"I have asked our team; a person will answer you here {findings.promised}."
        if snapshot.escalated:  # a time has been promised already
            promise = "Our team knows; a person will follow up with you here."
        parts.append(part(promise if findings.promised else reach))
    if findings.taken is not None:
        taken = f"I have passed that on; our team will see it and answer {findings.taken}."
        if plan.booking:
            taken = f"Great! Our team will confirm your date {findings.taken}."
            taken += " Nothing is booked until they do."
        parts.append(part(taken if findings.taken else reach))
    return parts


def _feeling(plan: Plan, business: Business) -> str:
    """Why it is a person who answers."""
    if plan.person is Reason.LARGE_PARTY and is_too_many(plan.facts, business.prices):
        return "For a party this large a person works out the quote."
    return _FEELINGS.get(plan.person, "") if plan.person else ""


def _social(plan: Plan, lost: int, *, letter: bool) -> list[Part]:
    """Small talk, briefly."""
    acts = plan.reading.acts
    if plan.blank:
        return [part("I cannot see pictures or other files here, only text.")]
    if plan.person or plan.message:
        return []
    if Act.FOREIGN in acts:
        return [part("Sorry, I can only write in English.")]
    if lost:
        first = "Sorry, I did not understand that."
        return [part(first if lost == 1 else "Sorry, I still do not follow you.")]
    name = plan.named.partition(" ")[0]
    settled, again = not plan.changed, not plan.is_first
    said = (
        (acts == {Act.GREET} and settled and not again, "How can I help?"),
        (Act.GREET in acts and settled and again and not letter, "Hello again!"),
        (name and again, f"Thanks, {name}."),
        (Act.WHO in acts, "I am a computer program; our team is there too, just ask."),
        (Act.THANK in acts and (settled or not letter), "You are welcome!"),
        (Act.WISH in acts, "Thank you, the same to you!"),
        (Act.BYE in acts, "Have a great day!"),
        (Act.LATER in acts or (Act.UNSURE in acts and settled), "No rush."),
        (Act.NO in acts and settled and Act.THANK not in acts, "No problem."),
        (acts & {Act.AVAILABLE, Act.BOOK}, "Our team confirms every date before it is booked."),
    )
    return [part(words, rank=1) for holds, words in said if holds]


def _about_price(
    plan: Plan, findings: Findings, snapshot: Snapshot, *, itemised: bool
) -> list[Part]:
    business = snapshot.business
    shown = snapshot.quote.quote if snapshot.quote and Act.PRICE not in plan.reading.acts else None
    parts: list[Part] = []
    if findings.has_travel and plan.travel_to:
        trip = travel_for_zip(business.prices, plan.travel_to)
        parts.append(part(trip_words(trip, place_words(plan.facts), business.prices)))
    if findings.quote_failed:
        parts.append(part("I could not work out that quote."))
    before, now = guests_words(snapshot.facts), guests_words(plan.facts)
    if findings.quote and snapshot.quote and before and before != now:
        parts.append(part(f"Changed to {now}:", rank=1))
    if findings.quote:
        parts += quote_parts(findings.quote, plan.facts, business, itemised=itemised, shown=shown)
        if awaiting_split(plan.facts, plan.memory):
            parts.append(part("All are counted as adults; tell me if children come.", rank=2))
    return parts


def _step(
    plan: Plan, findings: Findings, snapshot: Snapshot, *, lost: int, unanswered: bool
) -> Step:
    """The next step. `unanswered`: they asked what nobody has written down."""
    acts = plan.reading.acts
    if plan.person in HARD or plan.person is Reason.ASKED_FOR_PERSON:
        return Step()
    if Act.LEAVE_MESSAGE in acts and not plan.message:
        return Step("What would you like me to pass on to our team?", ("message",))
    if Act.FOREIGN in acts or lost == 2:
        return Step("Would you like a person to get back to you?", ("person",))
    if unanswered and not plan.person:
        words = "That is for our team to answer. Shall I pass your question on?"
        return Step(words, ("pass_on",))
    if not lost and not _goes_on(plan, findings):
        return Step()
    quoted = bool(findings.quote or snapshot.quote) and findings.promised is None
    return next_step(plan, snapshot.business, quoted=quoted)


def _goes_on(plan: Plan, findings: Findings) -> bool:
    """Whether the reply asks for more: not after mere thanks, nor after a message was taken."""
    if findings.quote or plan.changed or any(word in plan.memory.notes for word in LOOSE):
        return True
    if plan.message or findings.promised is not None:
        return False
    if plan.is_first and not plan.reading.acts & {Act.THANK, Act.BYE}:
        return True
    social = plan.reading.acts & _SOCIAL
    return not (social and not plan.queries and not plan.reading.acts & {Act.PRICE, Act.BOOK})


def _first_sentence(text: str) -> str:
    found = _SENTENCE.match(text)
    return found[0] if found else text


def _phone(business: Business) -> str:
    number = phonenumbers.parse(business.phone)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)


def _nothing_else(business: Business) -> str:
    return f"Anything else? For a person call {_phone(business)}."
