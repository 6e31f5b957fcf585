"""Prices a customer names: never facts, never confirmed.

'Your site said $45' holds another price against us; 'can you do it for $500' asks for less; 'our
budget is $800' is neither.
"""

import re
from decimal import Decimal

from pipeline.attendant.slate import Slate
from pipeline.business.document import Business

_GUEST = r"(?:person|head|adult|guest|plate|child|kid|pp)"
_FIGURE = r"(\d[\d,]*(?:\.\d{1,3})?)"
_THOUSANDS = r" ?(?:k|grand)\b"
# '2k' alone may be two kids.
_NAMED = "|".join(rf"(?<={word} )" for word in ("me", "said", "quoted", "paid", "for", "is", "of"))
# A plain number that nobody means as guests: 'how about 400?'
_OFFER = "|".join(rf"(?<={words} )" for words in ("how about", "you do", "u do", "it for", "pay"))
_OFFERED = rf"(?:{_OFFER})([2-9]\d\d|\d{{4}})(?=\W*$)"
_AMOUNT = re.compile(
    rf"(?:us ?)?\$ ?{_FIGURE}(?:{_THOUSANDS})?"
    rf"|\b{_FIGURE}(?: ?k)? ?(?:dollars?|bucks|usd|grand)\b"
    rf"|\b(\d{{1,2}}\.\d{{1,3}}) ?k\b|(?:{_NAMED})(\d{{1,2}}) ?k\b|{_OFFERED}"
    rf"|\b(\d{{2,4}}(?:\.\d\d)?) ?(?:(?:/|per |a ) ?{_GUEST}|pp)\b"
)
_IS_THOUSANDS = re.compile(rf"\d{_THOUSANDS}")
_PER_ADULT = re.compile(r"\b(?:per|a|each) (?:person|head|adult|guest|plate)\b|\bpp\b")
_TALE = re.compile(
    r"\b(?:said|says?|told|quoted?|promised?|advertis\w+|listed|lists|saw|shows?|showed|website|site"
    r"|online|flyer|ad|groupon|instagram|facebook|yelp|friend|neighbou?r|last (?:time|year)|before"
    r"|colleague|previous(?:ly)?|used to be|heard|someone|guy|lady|chef)\b"
)
_HAGGLE = re.compile(
    r"\b(?:can|could|would|will) (?:you|u|y'?all)(?: guys)? (?:\w+ )?(?:do|make|take|accept|give|go"
    r"|match|beat)\b|\b(?:i'?ll|we'?ll|i can|we can) (?:pay|give|do)\b|\bhow about\b"
    r"|\bbest you can\b"
)


def take_amounts(slate: Slate) -> list[int]:
    """The sums of money a sentence names, in cents, wiped."""
    found = []
    for match in slate.take_all(_AMOUNT):
        figure = Decimal(next(group for group in match.groups() if group).replace(",", ""))
        found.append(int(figure * (100_000 if _IS_THOUSANDS.search(match[0]) else 100)))
    return found


def claims(plain: str, amounts: list[int], business: Business) -> bool:
    """Whether a sentence says that somebody named a price that is not ours."""
    ours = {business.prices.adult_cents} if _PER_ADULT.search(plain) else published(business)
    return any(cents not in ours for cents in amounts) and bool(_TALE.search(plain))


def haggles(plain: str, amounts: list[int]) -> bool:
    """Whether a sentence asks to have it for less."""
    return bool(amounts) and _HAGGLE.search(plain) is not None


def published(business: Business) -> frozenset[int]:
    """Every figure of the price list."""
    rules = business.prices
    return frozenset(
        {rules.adult_cents, rules.child_cents, rules.minimum_cents, rules.deposit_cents}
        | {rules.extra_protein_cents, rules.travel.per_mile_cents, *business.published.values()}
        | {each.upgrade_cents for each in rules.proteins.values()}
        | {each.cents for each in rules.addons.values()}
    )
