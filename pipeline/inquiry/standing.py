"""Whether an earlier quote still stands: the same party, asked about again.

Hard here: a model may answer "and for 12?" with the total it gave for 10. What the customer now
writes is therefore read for guests, places and dishes that the quote was not made for.
"""

import re
from collections.abc import Mapping

from pipeline.business.document import Business
from pipeline.inquiry.facts import Facts
from pipeline.quote.quote import Party

_NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        ("one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
         " sixteen seventeen eighteen nineteen twenty").split(),
        start=1,
    )
}  # fmt: skip
_NUMBER_WORDS |= {"thirty": 30, "forty": 40, "fifty": 50}
_NUMBER = rf"(?P<number>\d{{1,3}}|{'|'.join(_NUMBER_WORDS)})"
_GUESTS = (
    r"(?:more |other |extra |additional |hungry |little |young )*(?:adults?|guests?|people|persons?|ppl"
    r"|kids?|child(?:ren)?|toddlers?|bab(?:y|ies)|of us|heads?|men|women|friends|family)"
)
_NAMED_COUNT = re.compile(
    rf"\b{_NUMBER} {_GUESTS}\b"
    rf"|\b(?:make it|change (?:it )?to|now|actually|instead of|what (?:about|if)|how about|for|we are|we're"
    rf"|with|add|plus|minus) {_NUMBER}\b(?! ?(?:am|pm|o'clock|:|/|%|miles?|days?|hours?|weeks?|[a-z]+ 20\d\d))",
    re.IGNORECASE,
)
_ZIP = re.compile(r"(?<!\d)\d{5}(?!\d)")
_ANOTHER = re.compile(r"\b(?:more|fewer|less|without|drop|remove|add|swap|instead)\b", re.IGNORECASE)


def stands(party: Party, facts: Facts, business: Business) -> bool:
    """Whether a quote for `party` is one for what is known now; what was never said agrees."""
    place = facts.zip or (business.cities.get(facts.city.lower()) if facts.city else None)
    said = (
        (facts.adults, party.adults),
        (facts.children, party.children),
        (facts.toddlers, party.toddlers),
        (place, party.zip),
        (facts.event_date, party.event_date),
    )
    return all(known is None or known == priced for known, priced in said) and (
        _portions(facts.proteins) == _portions(party.proteins)
        and _portions(facts.addons) == _portions(party.addons)
    )


def asks_otherwise(text: str, party: Party, business: Business) -> bool:
    """Whether a message speaks of guests, a place or dishes that `party` has not."""
    plain = " ".join(text.lower().split())
    counts = {party.adults, party.children, party.toddlers, party.guests}
    counts |= {party.adults + party.children, party.children + party.toddlers}
    for found in _NAMED_COUNT.finditer(plain):
        word = next(group for group in found.groups() if group)
        if (int(word) if word.isdigit() else _NUMBER_WORDS[word]) not in counts:
            return True
    if any(found[0] != party.zip for found in _ZIP.finditer(plain)):
        return True
    dishes = _dishes_named(plain, business) - set(party.proteins) - set(party.addons)
    return bool(dishes) or (
        bool(_ANOTHER.search(plain)) and bool(_dishes_named(plain, business))
    )


def _portions(chosen: Mapping[str, int]) -> dict[str, int]:
    return {name: portions for name, portions in chosen.items() if portions}


def _dishes_named(plain: str, business: Business) -> set[str]:
    """Dishes that cost something, by any of their names."""
    proteins = (p for p in business.prices.proteins.values() if p.upgrade_cents)
    found = set()
    for dish in (*proteins, *business.prices.addons.values()):
        names = (dish.name.replace("_", " "), *dish.aliases)
        if any(re.search(rf"\b{re.escape(name.lower())}\b", plain) for name in names):
            found.add(dish.name)
    return found
