"""Whether an earlier quote still stands: the same party, asked about again.

Hard here: a model may answer "and for 12?" with the total it gave for 10. What the customer now
writes is therefore read for guests, places and dishes that the quote was not made for.
"""

import re
from collections.abc import Mapping

from pipeline.attendant.numbers import with_digits
from pipeline.business.document import Business
from pipeline.inquiry.facts import Facts
from pipeline.quote.quote import Party

_GUESTS = (
    r"(?:adults?|guests?|people|persons?|ppl|kids?|child(?:ren)?|toddlers?|bab(?:y|ies)|of us"
    r"|heads?|men|women|friends)"
)
_NOT_GUESTS = r"(?! ?(?:am|pm|o'clock|:|/|-|%|miles?|days?|hours?|hrs?|weeks?|minutes?))"
_COUNT = re.compile(
    rf"\b(\d{{1,3}}) (?:\w+ )?{_GUESTS}\b"
    r"|\b(?:make it|change (?:it )?to|now|actually|instead of|(?:what|how) about|what if|for|we are"
    rf"|we're|with|add|plus|minus) (\d{{1,3}})\b{_NOT_GUESTS}"
)
_ZIP = re.compile(r"(?<!\d)\d{5}(?!\d)")
_ANOTHER = re.compile(
    r"\b(?:more|fewer|less|without|drop|remove|add|swap|instead)\b", re.IGNORECASE
)


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
    plain = with_digits(" ".join(text.lower().split()))
    counts = {party.adults, party.children, party.toddlers, party.guests}
    counts |= {party.adults + party.children, party.children + party.toddlers}
    named = {int(found[1] or found[2]) for found in _COUNT.finditer(plain)}
    if not named <= counts:
        return True
    if any(found[0] != party.zip for found in _ZIP.finditer(plain)):
        return True
    dishes = _dishes_named(plain, business) - set(party.proteins) - set(party.addons)
    return bool(dishes) or (bool(_ANOTHER.search(plain)) and bool(_dishes_named(plain, business)))


def _portions(chosen: Mapping[str, int]) -> dict[str, int]:
    return {name: portions for name, portions in chosen.items() if portions}


def _dishes_named(plain: str, business: Business) -> set[str]:
    """Dishes that cost something, by any of their names."""
    rules = business.prices
    dishes = {p.name: p.aliases for p in rules.proteins.values() if p.upgrade_cents}
    dishes |= {addon.name: addon.aliases for addon in rules.addons.values()}
    return {
        name
        for name, aliases in dishes.items()
        for spelling in (name.replace("_", " "), *aliases)
        if re.search(rf"\b{re.escape(spelling.lower())}\b", plain)
    }
