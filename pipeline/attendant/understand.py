"""Text to what was said: every unanswered message, sentence by sentence, merged into Facts.

Readers wipe what they understood, the least mistakable first: telephone numbers and prices, the
day, the ZIP, times, the city, then dishes, then head-counts, and a bare number last of all.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from pipeline.attendant.acts import Act, acts, message_in
from pipeline.attendant.claims import claims, haggles, take_amounts
from pipeline.attendant.dates import Named, take_date
from pipeline.attendant.memory import Memory
from pipeline.attendant.menu import spellings
from pipeline.attendant.numbers import with_digits
from pipeline.attendant.ordering import read_party
from pipeline.attendant.party import follow_guests
from pipeline.attendant.places import take_city, take_zip
from pipeline.attendant.queries import is_query, is_topic
from pipeline.attendant.slate import Slate, sentences
from pipeline.attendant.spelling import corrected
from pipeline.attendant.words import shape
from pipeline.business.document import Business
from pipeline.inquiry.escalation import Reason, wanted
from pipeline.inquiry.facts import Facts
from pipeline.inquiry.vocabulary import Escalation

MAX_CHARACTERS = 2000
"""Of one message that are read."""

EXPLAINED = frozenset(
    {Reason.ALLERGY, Reason.INDOOR, Reason.CORPORATE, Reason.LEGAL, Reason.DISTANCE}
)
"""Reasons for a person about which the business has something written down as well."""

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LINK = re.compile(r"(?:https?://|www\.)\S+")
_PHONE = re.compile(
    r"(?<!\d)(?:\+?1[\s.-]?)?\(?\d{3}\)?[\s.-]?\d{3}[\s.-]?\d{4}(?!\d)|(?<!\d)\d{3}-\d{4}(?!\d)"
    r"|(?<!\d)\+?\d{10,15}(?!\d)"
)
_NAME = re.compile(
    r"\b(?:(?i:my name is|my name's|name is|name's|the name is|name:|i go by)\s+"
    r"([A-Za-z][\w'-]+(?: [A-Z][\w'-]+)?)"
    r"|(?:[Tt]his is|[Ii]'?m|[Ii] am|[Ii]t'?s|[Cc]all me)\s+([A-Z][a-z'-]+(?: [A-Z][a-z'-]+)?)"
    r"(?=\s*(?:$|[,.!?;]|and\b|here\b|from\b|again\b|with\b|speaking\b)))"
)
_NO_NAME_WORDS = """
    interested looking planning trying having hosting thinking wondering good great ok okay not
    just so sorry sure ready done the a an for happy writing throwing my our going in at on
    urgent amazing awesome perfect fine from still also actually confused calling texting
"""
_NO_NAMES = frozenset(_NO_NAME_WORDS.split())
_CLOCK = r"\d{1,2}(?::\d{2})?"
_TIME = re.compile(
    r"(?:\b(?:at|from|between|by|starting|starts?|start|@)\s*)?"
    rf"(?:\b{_CLOCK}\s*(?:-|to|and|or)\s*)?\b{_CLOCK}\s*(?:[ap]\.?m\b\.?|p\b|o'? ?clock)"
    r"|\b(?:(?:at|@|around)\s*)?\d{1,2}:\d{2}\b|\b(?:noon|midday|midnight)\b"
    r"|(?:\bat|@)\s*\d{1,2}\b(?![/\d-])"
    r"(?!\s*(?:\w+\s+)?(?:people|ppl|guests?|adults?|kids|children|persons?)\b)"
)
_SIGNS = str.maketrans({"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "`": "'"})


@dataclass(slots=True)
class Reading:
    """What the unanswered messages came to, filled in sentence by sentence."""

    facts: Facts
    memory: Memory
    acts: set[Act] = field(default_factory=set)
    queries: list[str] = field(default_factory=list)
    """Questions to look up, in the customer's words."""
    guess: str = ""
    """A few words of which we made nothing: perhaps the name of a topic."""
    message: str = ""
    """What they want passed on."""
    wants: list[Escalation] = field(default_factory=list)
    """Why a person is wanted, sentence by sentence."""
    vague_day: Named | None = None
    """A day that is none: in the past, in 'June', or November 31."""
    understood: bool = False
    """At least one sentence made sense."""


def understand(messages: Sequence[str], facts: Facts, business: Business, today: date) -> Reading:
    """Read messages in order on top of `facts`. `today` is the business's."""
    reading = Reading(facts, Memory.from_asked(facts.asked))
    dishes = spellings(business.prices)
    for message in messages:
        for sentence in sentences(message[:MAX_CHARACTERS]):
            _read(sentence, reading, business, dishes, today)
    reading.facts = follow_guests(reading.facts, reading.memory)
    return reading


def plain_words(raw: str) -> str:
    """Lower case, straight quotes, single spaces, number words as digits."""
    text = unicodedata.normalize("NFKC", raw).translate(_SIGNS).casefold()
    return with_digits(" ".join(text.split()))


def _read(
    raw: str, reading: Reading, business: Business, dishes: dict[str, str], today: date
) -> None:
    plain = corrected(plain_words(raw), dishes)
    done = set(acts(plain))
    if Act.START_OVER in done:
        reading.facts = Facts(name=reading.facts.name, email=reading.facts.email)
        reading.memory = Memory()
    before = reading.facts, reading.memory
    slate = Slate(plain)
    _read_person(raw, slate, reading)
    person = _read_wants(raw, plain, slate, reading, business, machine=Act.WHO in done)
    _read_when_and_where(slate, reading, business, today)
    read = shape(slate.text, dishes)
    said = read_party(read, reading.facts, reading.memory, business, plain=plain, done=done)
    reading.facts, reading.memory = said.facts, said.memory
    if Act.LEAVE_MESSAGE in done:
        reading.message = message_in(raw) or reading.message
    told = said.heads or (reading.facts, reading.memory) != before or bool(reading.vague_day)
    explained = person is None or person.reason in EXPLAINED
    if explained and is_query(
        plain, done, read, told=told, orders=said.orders, priceable=bool(said.facts.adults)
    ):
        reading.queries.append(raw.strip())
    elif not (told or said.orders or done or person) and is_topic(read):
        reading.guess = raw.strip()
    reading.acts |= done
    reading.understood |= told or bool(done or said.orders or person)


def _read_person(raw: str, slate: Slate, reading: Reading) -> None:
    """Name and e-mail address; telephone numbers and links are only wiped."""
    if found := slate.take(_EMAIL):
        reading.facts = reading.facts.learn(email=found[0])
    for pattern in (_LINK, _PHONE):
        slate.take_all(pattern)
    named = _NAME.search(raw.translate(_SIGNS))
    name = (named[1] or named[2]) if named else ""
    if name and name.split()[0].lower() not in _NO_NAMES:
        reading.facts = reading.facts.learn(name=name[:1].upper() + name[1:])
        slate.take(re.compile(re.escape(name.casefold())))


def _read_wants(
    raw: str, plain: str, slate: Slate, reading: Reading, business: Business, *, machine: bool
) -> Escalation | None:
    """Why this sentence wants a person. Whoever asks for a machine's name wants none."""
    amounts = take_amounts(slate)
    found = None if machine else wanted(raw)
    if found is None and claims(plain, amounts, business):
        found = Escalation(Reason.PRICE_DISCREPANCY, "medium", raw)
    elif found is None and haggles(plain, amounts):
        found = Escalation(Reason.DISCOUNT, "medium", raw)
    if found:
        reading.wants.append(found)
    return found


def _read_when_and_where(slate: Slate, reading: Reading, business: Business, today: date) -> None:
    zip_code = take_zip(slate)
    named = take_date(slate, today, asked=reading.memory.has_asked("date"))
    if slate.take_all(_TIME):
        reading.understood = True
    city = take_city(slate, business.cities)
    facts = reading.facts
    if named and named.day and not named.past:
        facts = facts.learn(event_date=named.day)
        reading.vague_day = None
    elif named:
        reading.vague_day = named
    if zip_code:
        facts = facts.learn(zip=zip_code, city=None)
    elif city and (facts.zip or "")[:3] != business.cities[city][:3]:
        facts = facts.learn(zip=None, city=city)
    reading.facts = facts
