"""What one turn calls for: which tools, and what kind of words, before any result is in.

A plan follows from the snapshot alone, so that it is the same at every question of a turn.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.attendant.acts import Act
from pipeline.attendant.memory import Memory
from pipeline.attendant.party import awaiting_split
from pipeline.attendant.places import known_place
from pipeline.attendant.quoting import day_words, guests_words, place_words
from pipeline.attendant.understand import Reading, understand
from pipeline.inquiry.escalation import Reason, most_pressing
from pipeline.inquiry.facts import Facts
from pipeline.inquiry.vocabulary import Escalation, Snapshot
from pipeline.quote.rules import PriceRules

MAX_MESSAGES = 12
"""Of a flood of messages, the last are read: reading holds everybody else up meanwhile."""
MAX_QUERIES = 2
"""Questions of one turn that are looked up."""

HARD = frozenset(
    {Reason.ILLNESS, Reason.LEGAL, Reason.COMPLAINT, Reason.REFUND, Reason.BOOKING_CHANGE}
)
"""Reasons for a person after which nothing is sold in the same breath."""

DISPUTED = frozenset({Reason.PRICE_DISCREPANCY, Reason.DISCOUNT})
"""Reasons for a person after which our prices are not recited at them."""

_PARTY = ("adults", "children", "toddlers", "zip", "city", "event_date", "proteins", "addons")


@dataclass(frozen=True, slots=True)
class Plan:
    """One turn's intentions."""

    reading: Reading
    facts: Facts
    memory: Memory
    """What was asked for so far; not yet what this turn will ask."""
    is_first: bool
    """Nobody has answered this customer in this conversation yet."""
    changed: bool
    """The party is not what it was before these messages."""
    named: str = ""
    """The name they have just told us."""
    quote: Mapping[str, Any] | None = None
    """Arguments of calculate_party_quote."""
    travel_to: str | None = None
    """A ZIP whose travel alone is asked for."""
    queries: tuple[str, ...] = ()
    message: str = ""
    """For staff."""
    booking: bool = False
    """That message is a wish to book."""
    person: Reason | None = None
    """Why a person is wanted."""
    blank: bool = False
    """Not one word came: a picture, say."""
    lost: int = 0
    """How many messages in a row we did not understand, this one included."""


def make_plan(snapshot: Snapshot) -> Plan:
    """Understand the unanswered messages and decide what they call for."""
    business = snapshot.business
    unanswered = snapshot.history[-snapshot.unanswered :]
    messages = [said.text for said in unanswered if said.by == "customer"][-MAX_MESSAGES:]
    today = snapshot.now.astimezone(ZoneInfo(business.timezone)).date()
    known = _with_customer(snapshot.facts, snapshot.customer)
    reading = understand(messages, known, business, today)
    facts, memory = _answered(reading, known)
    changed = any(getattr(facts, name) != getattr(snapshot.facts, name) for name in _PARTY)
    if changed:
        memory = memory.forget_tally("confirm")
    booking = _wants_booking(reading, facts, memory, changed=changed)
    message = _booking_wish(facts, snapshot) if booking else _message(reading, messages)
    blank = not any(message.strip() for message in messages)
    lost = 0 if blank or reading.understood or message else (memory.number("lost") or 0) + 1
    person = _person(reading, facts, business.prices, lost, changed=changed)
    priced = _wants_quote(reading, facts, known, business.prices, changed=changed)
    quoting = person not in HARD and not booking and priced
    place = known_place(facts, business.cities)
    travelling = Act.COME in reading.acts and place is not None and not quoting
    guess = (reading.guess,) if reading.guess and lost else ()
    return Plan(
        reading=reading,
        facts=facts,
        memory=memory,
        is_first=all(said.by == "customer" for said in snapshot.history),
        changed=changed,
        named=reading.facts.name or "" if reading.facts.name != known.name else "",
        quote=_quote_arguments(facts, place) if quoting else None,
        travel_to=place if travelling and person not in HARD else None,
        queries=() if person in HARD | DISPUTED else tuple(reading.queries[:MAX_QUERIES]) or guess,
        message=message,
        booking=booking,
        person=person,
        blank=blank,
        lost=lost,
    )


def is_ready(facts: Facts, memory: Memory, rules: PriceRules) -> bool:
    """Whether the party is known well enough for a price."""
    if not facts.adults or "range" in memory.notes or is_too_many(facts, rules):
        return False
    return not awaiting_split(facts, memory) or memory.tally.get("children", 0) > 0


def wants_split(reading: Reading, facts: Facts) -> bool:
    """They said yes, there are children, and have yet to say how many."""
    memory = reading.memory
    agreed = Act.YES in reading.acts and memory.has_asked("children")
    return agreed and awaiting_split(facts, memory) and memory.may_ask("children")


def is_too_many(facts: Facts, rules: PriceRules) -> bool:
    """Whether there are more guests than are quoted without a person."""
    return (
        (facts.adults or 0) > rules.max_adults
        or (facts.children or 0) > rules.max_children
        or (facts.toddlers or 0) > rules.max_toddlers
    )


def _with_customer(facts: Facts, customer: Mapping[str, str]) -> Facts:
    """What the customer's record tells where nobody has said it."""
    zip_code = customer.get("zipcode", "")[:5]
    if facts.zip is None and facts.city is None and len(zip_code) == 5 and zip_code.isdecimal():
        facts = facts.learn(zip=zip_code)
    if facts.name is None and customer.get("name"):
        facts = facts.learn(name=customer["name"])
    return facts


def _answered(reading: Reading, known: Facts) -> tuple[Facts, Memory]:
    """Yes, no and 'not sure' as answers to what was asked."""
    facts, memory = reading.facts, reading.memory
    if Act.UNSURE in reading.acts:
        for name in memory.open:
            memory = memory.give_up(name)
    if Act.NO in reading.acts and memory.has_asked("children") and known.children is None:
        facts = facts.learn(children=facts.children or 0)
    return facts, memory


def _wants_booking(reading: Reading, facts: Facts, memory: Memory, *, changed: bool) -> bool:
    if changed or not facts.event_date or not facts.adults:
        return False
    agreed = Act.YES in reading.acts and memory.has_asked("confirm")
    return agreed or Act.BOOK in reading.acts


def _booking_wish(facts: Facts, snapshot: Snapshot) -> str:
    """What staff need to confirm a date."""
    day = day_words(facts.event_date) if facts.event_date else ""
    told = [f"Wants to book: {guests_words(facts)}", day, place_words(facts)]
    if snapshot.quote:
        told.append(f"quote {snapshot.quote.quote_id}")
    if facts.name:
        told.append(f"name {facts.name}")
    return ", ".join(each for each in told if each)


def _message(reading: Reading, messages: list[str]) -> str:
    """What is to be passed on to staff, or ''."""
    text = " ".join(message.strip() for message in messages).strip()
    if reading.message:
        return text
    if reading.memory.has_asked("message") and Act.NO not in reading.acts:
        return text
    if reading.memory.has_asked("pass_on") and Act.YES in reading.acts:
        return reading.facts.noted
    return ""


def _person(
    reading: Reading, facts: Facts, rules: PriceRules, lost: int, *, changed: bool
) -> Reason | None:
    """Why a person is wanted; the most pressing reason."""
    wants = list(reading.wants)
    if reading.memory.has_asked("message"):  # what they dictate is for staff anyway
        wants = [each for each in wants if each.reason != Reason.ASKED_FOR_PERSON]
    if is_too_many(facts, rules) and changed:
        wants.append(Escalation(Reason.LARGE_PARTY, "medium", guests_words(facts)))
    if Act.YES in reading.acts and reading.memory.has_asked("person"):
        wants.append(Escalation(Reason.ASKED_FOR_PERSON, "high", "agreed to a person"))
    if lost > 2:
        wants.append(Escalation(Reason.REPEATED_MISUNDERSTANDING, "medium", "not understood"))
    pressing = most_pressing(wants)
    return Reason(pressing.reason) if pressing else None


def _wants_quote(
    reading: Reading, facts: Facts, known: Facts, rules: PriceRules, *, changed: bool
) -> bool:
    if not is_ready(facts, reading.memory, rules):
        return False
    if wants_split(reading, facts):
        return False
    asked_split = reading.memory.has_asked("children") and known.children is None
    asks_price = Act.PRICE in reading.acts and not reading.queries
    return changed or asked_split or asks_price


def _quote_arguments(facts: Facts, place: str | None) -> Mapping[str, Any]:
    """The arguments of calculate_party_quote: everything that is known."""
    given: dict[str, Any] = {"adults": facts.adults}
    if facts.children:
        given["children"] = facts.children
    if facts.toddlers:
        given["toddlers"] = facts.toddlers
    if facts.proteins:
        given["protein_selections"] = dict(facts.proteins)
    if facts.addons:
        given["addons"] = dict(facts.addons)
    if place:
        given["event_zipcode"] = place
    if facts.event_date:
        given["event_date"] = facts.event_date.isoformat()
    return given
