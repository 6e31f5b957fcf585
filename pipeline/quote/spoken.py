"""Amounts as words, and the amounts somebody named in a text, in digits or in words.

A number is money by its mark ('$1,100', 'eleven hundred dollars'), by what it is said to be ('the
deposit is one hundred', 'fifty-five a head'), or as the other end of a range of money. Guests,
dates, distances and portions are numbers too: what counts something else is never money.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import zip_longest
from types import MappingProxyType

from pipeline.quote.naming import Found, Naming
from pipeline.quote.numerals import VALUES, Number, find_numbers, in_words
from pipeline.quote.roles import Name, Reach, Role, dish_roles
from pipeline.quote.tokens import Reading, Token, read, words

__all__ = [
    "Amount",
    "Percent",
    "Role",
    "amount_in_words",
    "dish_roles",
    "find_amounts",
    "find_guests",
    "find_percents",
]

SIGNS = frozenset("$\u20ac\u00a3\u00a5")
CURRENCIES = frozenset({"dollars", "dollar", "bucks", "buck", "usd"})
CENTS = frozenset({"cents", "cent", "\u00a2"})
COUNTED = words(
    "guest people person adult kid child children toddler portion protein piece serving mile mi"
    " minute min hour hr day week month year yr am pm o'clock feet foot ft inch inches sq by x"
    " degree f chef table noon percent % # + th st nd rd"
)
"""What follows a number that is no price; so does nearly every plural."""
NOT_PLURAL = words("plus less unless minus across is was has as this its thus")
MOST_GUESTS = 200
"""'20 total' is guests, '1100 total' is money."""
GUESTS_BEHIND = re.compile(
    r"[\s-](?:(?:paying|hungry|more) )?(?:(?P<adults>adults?|grown-?ups?)"
    r"|(?P<children>child(?:ren)?|kids?|little ones)|(?P<toddlers>toddlers?|bab(?:y|ies)|infants?)"
    r"|(?P<guests>guests?|people|persons?|heads|of (?:you|us)))\b"
)
NO_LONGER = re.compile(r"\b(?:from|instead of|not|rather than|than|had|were) (?:the )?$")
"""'changed from 10 adults to 12'."""
PARTY_OF = re.compile(r"\b(?:party|group|crowd) of $")
NO_DISHES: Mapping[str, Role] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of money named in a text."""

    cents: int
    role: Role | None
    """What the text says it is; None where it does not say."""
    start: int
    end: int
    """The amount is text[start:end]."""


@dataclass(frozen=True, slots=True)
class Percent:
    """A percentage named in a text."""

    value: int | Decimal
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Sum:
    """A number with its marks of money, as tokens[first:last]."""

    number: Number
    cents: int
    first: int
    last: int
    sign_before: bool
    word_behind: bool
    in_cents: bool

    @property
    def marked(self) -> bool:
        return self.sign_before or self.word_behind or self.number.grand


def amount_in_words(cents: int) -> str:
    """An amount as it is said: 110000 -> 'one thousand one hundred dollars'.

    Raises ValueError where it is negative: nothing here owes.
    """
    if cents < 0:
        raise ValueError("an amount is not negative")
    dollars, rest = divmod(cents, 100)
    whole = f"{in_words(dollars)} {'dollar' if dollars == 1 else 'dollars'}"
    part = f"{in_words(rest)} {'cent' if rest == 1 else 'cents'}"
    if not rest:
        return whole
    return f"{whole} and {part}" if dollars else part


def find_amounts(text: str, dishes: Mapping[str, Role] = NO_DISHES) -> list[Amount]:
    """Every amount of money named in a text, in order, with what the text says it is.

    `dishes` names what a business sells (`dish_roles`), so that in 'gyoza $10' the role is known.
    Takes any text, in time linear to its length. Currencies are not told apart.
    """
    reading = read(text)
    naming = Naming(reading, dishes)
    sums = list(_sums(reading.tokens))
    found: list[Amount] = []
    previous: _Sum | None = None  # the number right before, where it was money
    for one, following in zip_longest(sums, sums[1:]):
        name = naming.find(one.first, one.last)
        in_range = previous is not None and _is_range(reading.tokens, previous, one)
        if not (
            one.marked
            or (in_range and not _counts(reading.tokens, naming, one, in_range=True))
            or (following and following.word_behind and _is_range(reading.tokens, one, following))
            or _is_price(reading.tokens, naming, one, name)
        ):
            previous = None
            continue
        role = naming.take(name, one.last)
        if in_range and role and found[-1].role is None:
            found[-1] = replace(found[-1], role=role)
        elif in_range and role is None:
            role = found[-1].role
        start, end = reading.tokens[one.first].start, reading.tokens[one.last - 1].end
        found.append(Amount(one.cents, role, *reading.span(start, end)))
        previous = one
    return found


def find_percents(text: str) -> list[Percent]:
    """Every percentage named in a text, in order; both ends of '20-35%'."""
    reading = read(text)
    found: list[Percent] = []
    joined: Number | None = None  # a number that waits for the percent sign of the next
    for number in find_numbers(reading.tokens):
        last = _percent_end(reading.tokens, number.last)
        joint = reading.tokens[number.last].text if number.last < len(reading.tokens) else ""
        if last is not None:
            if joined and joined.last + 1 == number.first:
                found.append(_percent(reading, joined, joined.last))
            found.append(_percent(reading, number, last))
        joined = number if last is None and joint in ("-", "to", "or", "and") else None
    return found


def find_guests(text: str) -> list[tuple[str, int]]:
    """The guests that a text counts, in order: adults, children, toddlers or guests, how many.

    Who is no longer counted is left out ('changed from 10 adults to 12').
    """
    reading = read(text)
    counted: list[tuple[str, int]] = []
    for number in find_numbers(reading.tokens):
        start, end = reading.tokens[number.first].start, reading.tokens[number.last - 1].end
        before = reading.plain[max(0, start - 20) : start]
        if NO_LONGER.search(before) or (number.spelt and number.value == 1):
            continue
        found = GUESTS_BEHIND.match(reading.plain, end)
        if found and not before.endswith(("$", "-", "/")):
            counted.append((found.lastgroup or "", int(number.value)))
        elif PARTY_OF.search(before):
            counted.append(("guests", int(number.value)))
    return counted


def _percent_end(tokens: Sequence[Token], place: int) -> int | None:
    """Where the percent sign that begins here ends; None where there is none."""
    following = [token.text for token in tokens[place : place + 2]]
    if following[:1] == ["%"] or following[:1] == ["percent"]:
        return place + 1
    return place + 2 if following == ["per", "cent"] else None


def _percent(reading: Reading, number: Number, last: int) -> Percent:
    whole = number.value.to_integral_value()
    value = int(whole) if whole == number.value else number.value
    start, end = reading.tokens[number.first].start, reading.tokens[last - 1].end
    return Percent(value, *reading.span(start, end))


def _sums(tokens: Sequence[Token]) -> Iterator[_Sum]:
    """Every number with its marks; '... dollars and sixty cents' is one."""
    pending: _Sum | None = None
    for number in find_numbers(tokens):
        one = _sum(tokens, number, pending.last if pending else 0)
        if pending and _is_rest(tokens, pending, one):
            pending = replace(pending, cents=pending.cents + one.cents, last=one.last)
            continue
        if pending:
            yield pending
        pending = one
    if pending:
        yield pending


def _sum(tokens: Sequence[Token], number: Number, free: int) -> _Sum:
    """A number, and the currency before or behind it; tokens from `free` on are not yet taken."""
    first, last = number.first, number.last
    text = tokens[first - 1].text if first > free else ""
    sign_before = text == "usd" or (text in SIGNS and not _belongs_before(tokens, first - 1))
    if sign_before:
        first -= 1
        first -= first > free and tokens[first - 1].text in ("us", "usd")
    behind = last
    if _text(tokens, behind) in ("-", "us") and _text(tokens, behind + 1) in CURRENCIES | CENTS:
        behind += 1
    word = _text(tokens, behind)
    in_cents = word in CENTS
    word_behind = in_cents or (word in CURRENCIES and not (sign_before and word == "usd"))
    if word_behind or (word in SIGNS and _belongs_before(tokens, behind)):
        word_behind, last = True, behind + 1
    cents = number.value if in_cents else number.value * 100
    whole = int(cents.quantize(Decimal(1), ROUND_HALF_UP))
    return _Sum(number, whole, first, last, sign_before, word_behind, in_cents)


def _belongs_before(tokens: Sequence[Token], place: int) -> bool:
    """Whether a currency sign closes the number before it: '550$ deposit', not '10 $5'."""
    sign = tokens[place]
    before = tokens[place - 1] if place else None
    behind = tokens[place + 1] if place + 1 < len(tokens) else None
    return (
        before is not None
        and before.kind == "digits"
        and before.end == sign.start
        and not (behind is not None and behind.kind == "digits" and behind.start == sign.end)
    )


def _is_rest(tokens: Sequence[Token], dollars: _Sum, cents: _Sum) -> bool:
    between = [token.text for token in tokens[dollars.last : cents.first]]
    return (
        dollars.marked
        and not dollars.in_cents
        and dollars.cents % 100 == 0
        and cents.in_cents
        and cents.cents < 100
        and between in ([], ["and"], [","], [",", "and"])
    )


def _is_range(tokens: Sequence[Token], one: _Sum, other: _Sum) -> bool:
    """'$220-385', '$220.00 to $385.00', 'twenty to thirty dollars'."""
    return other.first == one.last + 1 and tokens[one.last].text in ("-", "to")


def _is_price(tokens: Sequence[Token], naming: Naming, one: _Sum, name: Found | None) -> bool:
    """Whether a number without a currency is money by what is said about it."""
    if _counts(tokens, naming, one):
        return False
    value = one.number.value
    if name is None or not name.tied:
        if naming.is_sum(one.number, name):
            return True
        with_cents = one.number.value.as_tuple().exponent == -2
        return naming.costs(one.first) or (
            with_cents and (name is not None or naming.each(one.last))
        )
    if name.per:
        return name.role is Role.PER_MILE or value >= 10  # 'two per guest' is proteins
    if name.role in (Role.ADULT, Role.CHILD):
        return value >= 20  # 'adults are 13 and up' is their age
    if name.name and name.name.first >= one.last:
        return naming.costs(one.first) or _is_named_behind(tokens, name.name, value)
    return not (value <= MOST_GUESTS and tokens[one.first - 1].text == "of")


def _is_named_behind(tokens: Sequence[Token], name: Name, value: Decimal) -> bool:
    """'1100 total', '100 deposit', '30 travel fee'; but '20 total' and '2 upgrades' count."""
    if name.role is Role.TOTAL:
        return value > MOST_GUESTS
    return name.role in (Role.DEPOSIT, Role.BALANCE, Role.MINIMUM, Role.RESCHEDULE) or (
        tokens[name.last - 1].text in ("fee", "cost", "charge")
    )


def _counts(tokens: Sequence[Token], naming: Naming, one: _Sum, *, in_range: bool = False) -> bool:
    """Whether a number counts, dates, times or numbers something, or is but a word ('one of')."""
    if one.number.spelt and one.number.value == 1:
        return True
    behind = one.last
    if _text(tokens, behind) in ("-", "to", "or") and _is_number(tokens, behind + 1):
        behind += 2
    name = naming.begins(behind)
    word = _text(tokens, behind)
    plural = len(word) > 3 and word.endswith("s") and word not in NOT_PLURAL
    return (
        word in COUNTED
        or (plural and (name is None or name.reach is Reach.TIED))
        or (name is not None and name.reach is Reach.TIED and word != "per")
        or (word == "of" and one.number.value <= MOST_GUESTS)
        or (word, _text(tokens, behind + 1)) == ("per", "cent")
        or (not in_range and _is_glued_before(tokens, one))
        or _is_glued_behind(tokens, one)
    )


def _is_glued_before(tokens: Sequence[Token], one: _Sum) -> bool:
    """The end of something longer: #1100, 12/12, 555-0100."""
    before = tokens[one.first - 1] if one.first else None
    glued = before is not None and before.end == tokens[one.first].start
    return glued and before is not None and before.text in "#/-+:"


def _is_glued_behind(tokens: Sequence[Token], one: _Sum) -> bool:
    """The beginning of something longer: 6pm, 12th, 12/12, 6:30, 555-0100."""
    behind = tokens[one.last] if one.last < len(tokens) else None
    if behind is None or behind.start != tokens[one.last - 1].end:
        return False
    return behind.kind != "sign" or (behind.text in "/:-" and _is_number(tokens, one.last + 1))


def _is_number(tokens: Sequence[Token], place: int) -> bool:
    return place < len(tokens) and (tokens[place].kind == "digits" or tokens[place].text in VALUES)


def _text(tokens: Sequence[Token], place: int) -> str:
    return tokens[place].text if place < len(tokens) else ""
