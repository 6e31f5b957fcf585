"""Numbers in words and digits: said and understood.

'eleven hundred', 'one thousand, one hundred' and '1,100' are one number; so are 'five fifty' and
550, the way prices are spoken.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pipeline.quote.tokens import Token, words

SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    " fifteen sixteen seventeen eighteen nineteen"
)
UNITS = SMALL.split()
TENS = dict(
    zip(
        ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"),
        range(20, 100, 10),
        strict=True,
    )
)
VALUES = {word: value for value, word in enumerate(UNITS)} | TENS | {"fourty": 40}
SCALES = {"thousand": 1000, "million": 1_000_000}
SHORT_SCALES = {"k": 1000, "grand": 1000, "hundred": 100, **SCALES}
"""What may follow digits: 1.1k, 11 hundred."""
AFTER_A_GRAND = words("for all in and or plus to even flat altogether with before if")
"""What may follow 'a grand' where it is money, not 'a grand opening'."""
TIMES = words("x * @ at times \u00d7")
EQUALS = words("= is are equals makes comes")
BREAKS = words(". ; , and") | {"\n"}
"""What stands in no product."""
MONEY = words("$ dollars bucks")
MAX_DIGITS = 12
"""A longer figure is no price."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as tokens[first:last]."""

    value: Decimal
    first: int
    last: int
    spelt: bool
    grand: bool = False
    """Said as 'two grand', which is money by itself."""


def in_words(value: int) -> str:
    """A number from 0 to 999,999,999 as it is said: 1100 -> 'one thousand one hundred'."""
    for scale, name in ((1_000_000, "million"), (1000, "thousand"), (100, "hundred")):
        if value >= scale:
            rest = f" {in_words(value % scale)}" if value % scale else ""
            return f"{in_words(value // scale)} {name}{rest}"
    if value < 20:
        return UNITS[value]
    tens = next(word for word, worth in TENS.items() if worth == value // 10 * 10)
    return f"{tens}-{UNITS[value % 10]}" if value % 10 else tens


def find_numbers(tokens: Sequence[Token]) -> list[Number]:
    """Every number, in order; none overlaps another."""
    found: list[Number] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        number: Number | None = None
        if token.kind == "digits":
            number = _digits(tokens, place)
        elif token.text in VALUES or token.text in ("a", "hundred", "thousand"):
            number = _words(tokens, place)
        if number is None:
            place += 1
        else:
            found.append(number)
            place = number.last
    return found


def find_products(tokens: Sequence[Token]) -> list[tuple[Number, Number, Number]]:
    """How many, the price of one and the price of all: '20 adults x $55 = $1,100'."""
    numbers = find_numbers(tokens)
    threes = zip(numbers, numbers[1:], numbers[2:], strict=False)
    return [three for three in threes if _is_product(tokens, *three)]


def _is_product(tokens: Sequence[Token], count: Number, unit: Number, product: Number) -> bool:
    if unit.first - count.last > 6 or product.first - unit.last > 6:
        return False
    times = [token.text for token in tokens[count.last : unit.first]]
    equals = [token.text for token in tokens[unit.last : product.first]]
    joint = [text for text in times if text != "$"][-1:]
    if not (TIMES & set(joint) and EQUALS & set(equals)) or BREAKS & {*times, *equals}:
        return False
    marked = MONEY & {*times, *equals}
    return bool(marked) or not (_is_counted(tokens, unit.last) or _is_counted(tokens, product.last))


def _is_counted(tokens: Sequence[Token], place: int) -> bool:
    """Whether what is counted stands here: '2 x 10 = 20 proteins'."""
    behind = tokens[place] if place < len(tokens) else None
    counted = behind is not None and behind.kind == "word"
    return counted and behind is not None and behind.text not in MONEY | EQUALS | {"total"}


def _digits(tokens: Sequence[Token], place: int) -> Number | None:
    """Digits, and a scale after them: 1,100 or 1.1k."""
    text = tokens[place].text.replace(",", "")
    if len(text.partition(".")[0]) > MAX_DIGITS:
        return None
    value = Decimal(text[: 2 * MAX_DIGITS])
    follower = tokens[place + 1].text if place + 1 < len(tokens) else ""
    if follower in SHORT_SCALES:
        return Number(value * SHORT_SCALES[follower], place, place + 2, False, follower == "grand")
    return Number(value, place, place + 1, False)


def _words(tokens: Sequence[Token], place: int) -> Number | None:
    """The longest number in words from here, or None: a lone 'a' is none."""
    total = chunk = 0
    last = at = place
    if tokens[at].text == "a":
        at += 1
        if at < len(tokens) and tokens[at].text == "grand":
            return _a_grand(tokens, place)
        if at == len(tokens) or tokens[at].text not in ("hundred", "thousand"):
            return None
    while at < len(tokens):
        word = tokens[at].text
        if word in VALUES:
            joined = _join(chunk, VALUES[word]) if at > place else VALUES[word]
            if joined is None:
                break
            chunk = joined
        elif word == "hundred" and chunk < 100:
            chunk = (chunk or 1) * 100
        elif word in SCALES and (chunk or not total):
            total, chunk = total + (chunk or 1) * SCALES[word], 0
        elif word == "grand" and not total:
            return Number(Decimal(chunk * 1000), place, at + 1, True, grand=True)
        elif not _continues(tokens, at, place):
            break
        at += 1
        if word in VALUES or word in SHORT_SCALES:
            last = at
    return Number(Decimal(total + chunk), place, last, True) if last > place else None


def _a_grand(tokens: Sequence[Token], place: int) -> Number | None:
    """'about a grand', 'a grand for everything'; but 'a grand total' is none."""
    behind = tokens[place + 2] if place + 2 < len(tokens) else None
    if behind is not None and behind.kind == "word" and behind.text not in AFTER_A_GRAND:
        return None
    return Number(Decimal(1000), place, place + 2, True, grand=True)


def _join(chunk: int, value: int) -> int | None:
    """A further word of a number below 1000; None where it begins another number."""
    if chunk == 0 or (chunk % 100 == 0 and value):
        return chunk + value
    if chunk % 10 == 0 and 0 < value < 10 and chunk % 100 >= 20:
        return chunk + value  # twenty five; five fifty five
    if chunk < 100 and value >= 10:
        return chunk * 100 + value  # five fifty; twenty-two fifty
    return None


def _continues(tokens: Sequence[Token], at: int, first: int) -> bool:
    """Whether a joint ('-', 'and', a comma after 'thousand') has more of the number behind it."""
    if at == first or at + 1 == len(tokens):
        return False
    before, joint, after = (token.text for token in tokens[at - 1 : at + 2])
    if joint == "-":
        return (before in VALUES or before in SHORT_SCALES) and (
            after in VALUES or after in SHORT_SCALES
        )
    if after not in VALUES:
        return False
    return (joint == "and" and before in SHORT_SCALES) or (joint == "," and before in SCALES)
