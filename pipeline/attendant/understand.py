"""Text to what was said: every unanswered message, sentence by sentence, merged into Facts.

Readers wipe what they understood, the least mistakable first: telephone numbers and prices, the
day, the ZIP, times, the city, then dishes, then head-counts, and a bare number last of all.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from pipeline.attendant.acts import (
    AMOUNT,
    Act,
    acts,
    amounts,
    claims_a_price,
    haggles,
    message_after,
)
from pipeline.attendant.dates import Named, take_date
from pipeline.attendant.guests import Heads, take_heads
from pipeline.attendant.memory import Memory
from pipeline.attendant.menu import LOOSE, SIDE, Order, candidates, spellings, take_orders
from pipeline.attendant.numbers import with_digits
from pipeline.attendant.party import (
    UNDECIDED,
    follow_guests,
    merge_heads,
    merge_orders,
    portions,
    settle_loose,
)
from pipeline.attendant.places import take_city, take_zip
from pipeline.attendant.slate import Slate, sentences
from pipeline.attendant.spelling import corrected
from pipeline.attendant.words import Shape, shape
from pipeline.business.document import Business
from pipeline.inquiry.escalation import Reason, wanted
from pipeline.inquiry.facts import Facts
from pipeline.inquiry.vocabulary import Escalation

MAX_CHARACTERS = 2000
"""Of one message that are read."""

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
_NO_NAME = frozenset(
    "interested looking planning trying having hosting thinking wondering good great ok okay not"
    " just so sorry sure ready done the a an for happy writing throwing my our going in at on"
    " urgent amazing awesome perfect fine from still also actually confused calling texting".split()
)
_TIME = re.compile(
    r"(?:\b(?:at|from|between|by|starting|starts?|start|@)\s*)?"
    r"(?:\b\d{1,2}(?::\d{2})?\s*(?:-|to|and|or)\s*)?\b\d{1,2}(?::\d{2})?\s*(?:[ap]\.?m\b\.?|p\b|o'? ?clock)"
    r"|\b(?:(?:at|@|around)\s*)?\d{1,2}:\d{2}\b|(?:\bat|@)\s*\d{1,2}\b(?!\s*(?:\w+\s+)?(?:people|ppl|guests?"
    r"|adults?|kids|children|persons?)\b)(?![/\d-])|\b(?:noon|midday|midnight)\b"
)
_SIGNS = str.maketrans({"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "`": "'"})
_REQUEST = re.compile(
    r"\b(?:can|could|would|will|may|do|are) (?:you|u|y'?all|we|i|ya)\b(?: guys)?.*\b(?:do|cater|come|cook"
    r"|host|serve|handle|accommodate|feed|get|have|add|make|give|send|provide|change|book|reserve|include"
    r"|swap|switch|replace|drop|remove|quote|available|quoting|price)\b|\b(?:is|are)\b.*\b(?:available|open|free)\b"
)
_ORDERING = re.compile(
    r"\b(?:add|adding|include|want|like|love|order|get|have|do|upgrade|plus|also|with|need|take|some)\b"
)
_OFFERED = re.compile(
    r"\b(?:do|did) (?:you|u|y'?all)(?: guys)? (?:have|offer|serve|do|sell|carry|use|cook)\b|\bwhat\b|\bhow much\b"
    r"|\bprice|\bcosts?\b|\bincluded?\b|\bis (?:the|there)\b|\bare (?:the|there)\b"
)
_TOPIC = re.compile(
    r"\b(?:deposits?|travel|mileage|tips?|gratuity|refunds?|minimum|per (?:person|adult|head|child|kid|guest)"
    r"|a (?:person|head)|each|kids?|children|child|toddlers?|cards?|fees?|sides?|add-?ons?|upgrades?|extra"
    r"|alcohol|sake|drinks?|taxe?s?|protein|include[ds]?|invoice)\b"
)
_CHAT = re.compile(
    r"^\W*(?:(?:hi|hey|hello)\W+(?:there\W+)?)?(?:how are (?:you|u|things)|what'?s up|how'?s it going"
    r"|how do you do)\b"
)
EXPLAINED = frozenset({Reason.ALLERGY, Reason.INDOOR, Reason.CORPORATE, Reason.LEGAL, Reason.DISTANCE})
"""Reasons for a person about which the business has something written down as well."""
_PREMIUM = re.compile(r"\b(?:free|regular|included|cheaper|normal|standard|first|no extra)\b")


@dataclass(slots=True)
class Reading:
    """What the unanswered messages came to, filled in sentence by sentence."""

    facts: Facts
    memory: Memory
    acts: set[Act] = field(default_factory=set)
    queries: list[str] = field(default_factory=list)
    """Questions to look up, in the customer's words."""
    message: str = ""
    """What they want passed on."""
    claim: str = ""
    """The words in which they hold another price against us."""
    haggling: str = ""
    """The words in which they want it for less."""
    guess: str = ""
    """A few words of which we made nothing: perhaps the name of a topic."""
    wants: list[Escalation] = field(default_factory=list)
    """Why a person is wanted, sentence by sentence."""
    vague_day: Named | None = None
    """A day that is none: in the past, in 'June', or November 31."""
    mentioned: tuple[str, ...] = ()
    """Dishes that were named without a number."""
    understood: bool = False
    """At least one sentence made sense."""


def understand(
    messages: Sequence[str], facts: Facts, business: Business, today: date
) -> Reading:
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
    _read_prices(raw, plain, slate, reading, business)
    _read_when_and_where(slate, reading, business, today)
    read = shape(slate.text, dishes)
    orders, heads = _read_party(read, plain, done, reading, business)
    if Act.LEAVE_MESSAGE in done:
        reading.message = message_after(raw) or reading.message
    told = (reading.facts, reading.memory) != before or reading.vague_day is not None
    person = None if Act.WHO in done else wanted(raw)
    if person:
        reading.wants.append(person)
    if (not person or person.reason in EXPLAINED) and _is_query(
        plain, done, told or heads.said, orders
    ):
        reading.queries.append(raw.strip())
    elif not (told or heads.said or orders or done or person) and _is_topic(read):
        reading.guess = raw.strip()
    reading.acts |= done
    reading.understood |= told or heads.said or bool(done or orders or person)


def _read_person(raw: str, slate: Slate, reading: Reading) -> None:
    """Name and e-mail address; telephone numbers and links are only wiped."""
    if found := slate.take(_EMAIL):
        reading.facts = reading.facts.learn(email=found[0])
    for pattern in (_LINK, _PHONE):
        for _ in slate.take_all(pattern):
            pass
    named = _NAME.search(raw.translate(_SIGNS))
    name = (named[1] or named[2]) if named else ""
    if name and name.split()[0].lower() not in _NO_NAME:
        reading.facts = reading.facts.learn(name=name[:1].upper() + name[1:])
        slate.take(re.compile(re.escape(name.casefold())))


def _read_prices(
    raw: str, plain: str, slate: Slate, reading: Reading, business: Business
) -> None:
    """A price the customer names is never taken for a fact, and never confirmed."""
    named = amounts(plain)
    for _ in slate.take_all(AMOUNT):
        pass
    per_adult = re.search(r"\b(?:per|a|each) (?:person|head|adult|guest|plate)\b|\bpp\b", plain)
    ours = {business.prices.adult_cents} if per_adult else _published(business)
    unknown = [cents for cents in named if cents not in ours]
    if unknown and claims_a_price(plain):
        reading.claim = raw
    elif unknown and haggles(plain):
        reading.haggling = raw


def _published(business: Business) -> frozenset[int]:
    rules = business.prices
    return frozenset(
        {rules.adult_cents, rules.child_cents, rules.minimum_cents, rules.deposit_cents}
        | {rules.extra_protein_cents, rules.travel.per_mile_cents, *business.published.values()}
        | {each.upgrade_cents for each in rules.proteins.values()}
        | {each.cents for each in rules.addons.values()}
    )


def _read_when_and_where(slate: Slate, reading: Reading, business: Business, today: date) -> None:
    zip_code = take_zip(slate)
    named = take_date(slate, today, asked=reading.memory.has_asked("date"))
    for _ in slate.take_all(_TIME):
        pass
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


def _read_party(
    read: Shape, plain: str, done: set[Act], reading: Reading, business: Business
) -> tuple[list[Order], Heads]:
    """Dishes and head-counts of a sentence."""
    rules = business.prices
    facts, memory = reading.facts, reading.memory
    swaps, orders = take_orders(read, rules, guests_known=facts.adults is not None)
    facts, memory, settled = _settle(facts, memory, read, plain, orders, business)
    heads = take_heads(read, rules)
    wanted = memory.notes.get(UNDECIDED)
    if wanted and len(heads.bare) == 1:
        orders = [*orders, Order(wanted, "set", heads.bare[0])]
        heads.bare = ()
    elif wanted and not heads.said and any(word.kind == "E" for word in read.words):
        orders = [*orders, Order(wanted, "each")]
    facts, memory = merge_heads(facts, memory, heads)
    facts, memory = merge_orders(facts, memory, rules, swaps, orders)
    facts = follow_guests(facts, memory)
    mentioned = [] if settled else [each.dish for each in orders if each.how == "mention"]
    reading.mentioned += tuple(mentioned)
    asked_about = Act.ASK in done and not _REQUEST.search(plain) or _OFFERED.search(plain)
    alone = bool(mentioned) and len(read.words) <= len(mentioned) + 1
    if mentioned and not asked_about and (_ORDERING.search(plain) or alone):
        memory = _want_a_number(facts, memory, business, mentioned)
    reading.facts, reading.memory = facts, memory
    return [*orders, *(Order(swap.new, "mention") for swap in swaps)], heads


def _want_a_number(
    facts: Facts, memory: Memory, business: Business, mentioned: Sequence[str]
) -> Memory:
    """'Add lobster': what costs extra needs a number of portions."""
    for dish in mentioned:
        protein = business.prices.proteins.get(dish)
        costs = dish.startswith(SIDE) or (protein is not None and protein.upgrade_cents > 0)
        if costs and not portions(facts, dish):
            return memory.note(**{UNDECIDED: dish})
    return memory


def _settle(
    facts: Facts,
    memory: Memory,
    read: Shape,
    plain: str,
    orders: Sequence[Order],
    business: Business,
) -> tuple[Facts, Memory, bool]:
    """Whether, and as what, this sentence says which steak was meant."""
    for word in LOOSE:
        if word not in memory.notes or not memory.has_asked(word):
            continue
        options = candidates(business.prices, word)
        chosen = [each.dish for each in orders if each.dish in options and each.how == "mention"]
        if not chosen and _PREMIUM.search(plain):
            chosen = [options[0]]
        if chosen:
            facts, memory = settle_loose(facts, memory, business.prices, word, chosen[0])
            return facts, memory, True
        if any(each.dish in options for each in orders):
            return facts, memory.note(**{word: None}), True
    return facts, memory, False


def _is_query(plain: str, done: set[Act], told: bool, orders: Sequence[Order]) -> bool:
    """Whether a sentence asks something the business may have written down."""
    if Act.ASK not in done:
        return False
    if done & {Act.WHO, Act.START_OVER, Act.LEAVE_MESSAGE, Act.FOREIGN} or _CHAT.search(plain):
        return False
    if told or any(each.how != "mention" for each in orders):
        about_party = done & {Act.PRICE, Act.AVAILABLE, Act.COME, Act.BOOK}
        return not (about_party or _REQUEST.search(plain))
    if Act.PRICE in done:
        return bool(_TOPIC.search(plain) or orders)
    return not (Act.AVAILABLE in done and "how" not in plain)


def _is_topic(read: Shape) -> bool:
    """'Parking', 'menu please': a few words we know nothing of."""
    unknown = [word for word in read.left if word.kind not in ",~&"]
    return 0 < len(unknown) <= 4 and any(len(word.text) > 2 for word in unknown)


def known_place(facts: Facts, cities: Mapping[str, str]) -> str | None:
    """The ZIP to reckon travel with, if anything is known."""
    return facts.zip or (cities.get(facts.city) if facts.city else None)
