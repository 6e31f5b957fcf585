"""Numbers as people text them: 'twelve', '2 dozen', 'the twelfth' become digits.

The hard word is 'one', which is a number in 'one toddler' and not in 'no one' or 'that one'.
"""

import re

SMALL_WORDS = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen
"""
TENS_WORDS = "twenty thirty forty fifty sixty seventy eighty ninety"
ORDINAL_WORDS = """
    zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth
    thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth
"""
_SMALL, _TENS, _ORDINALS = SMALL_WORDS.split(), TENS_WORDS.split(), ORDINAL_WORDS.split()

_VALUES = {word: value for value, word in enumerate(_SMALL)}
_VALUES |= {word: 10 * place for place, word in enumerate(_TENS, 2)}
_ORDINAL_VALUES = {word: value for value, word in enumerate(_ORDINALS)}
_ORDINAL_VALUES |= {"twentieth": 20, "thirtieth": 30}

_MISSPELT_WORDS = {
    "fourty": "forty",
    "fivty": "fifty",
    "thrity": "thirty",
    "ninty": "ninety",
    "forteen": "fourteen",
    "fiveteen": "fifteen",
    "fiften": "fifteen",
    "eightteen": "eighteen",
    "ninteen": "nineteen",
    "tweleve": "twelve",
    "twelv": "twelve",
    "tweny": "twenty",
    "twenny": "twenty",
}
_MISSPELT = re.compile(rf"\b(?:{'|'.join(_MISSPELT_WORDS)})\b")
_BELOW_TEN = "|".join(_SMALL[1:10])
_TEENS = "|".join(reversed(_SMALL))  # 'sixteen' before 'six'
_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"

# 'one' stands for somebody or something, not for a number, in these surroundings.
_PRONOUN = re.compile(
    r"\b(?:no|any|some|every|each|that|this|which|the|what|last|first|other|better)[ -]one\b"
    r"|(?<!ty[ -])\bone\b(?= (?:of|else|thing|question|day|last|that|who|way|sec|second|moment)\b"
    r"| more (?:thing|question|time)\b)"
)
_CARDINAL = re.compile(
    rf"\b(?:({'|'.join(_TENS)})(?:[ -]({_BELOW_TEN}))?|({_TEENS}))\b(?![ -](?:first|second|third))"
)
_ORDINAL = re.compile(rf"\b(the|{_MONTHS}) (?:(twenty|thirty)[ -])?({'|'.join(_ORDINAL_VALUES)})\b")
_HUNDREDS = re.compile(r"\b(?:(?:(\d{1,2})|a) )?hundred(?:(?: and)? (\d{1,2}))?\b")
_DOZENS = re.compile(
    r"\b(?:(?P<only_half>half) (?:a )?|(?P<pair>(?:a )?couple (?:of )?)"
    r"|(?P<count>\d{1,2}(?:\.5)?)(?P<half> and a half)? ?|an? )?dozen\b"
    r"(?P<half_more> and a half)?(?: of)?"
)
_COUPLE = re.compile(
    r"\b(?:a|the|another) couple\b(?: of(?= (?!us|them|the)))?"
    r"|\bcouple of(?= (?:adults|kids|children|toddlers|guests|people|friends))"
)
_ANOTHER_COUPLE = re.compile(r"\banother couple\b(?= (?:and|plus|with)\b|\W*(?:$|[,.!?]))")
_SPELT_ZIP = re.compile(r"\b(zip(?: ?code)?(?:'s| is|:)? )(\d(?: \d){4})\b(?! \d)")
_GLUED = re.compile(r"(\d)(?=[a-z]{3}|(?:yo|yr)s?\b|y/o)|\b(x)(?=\d)")
_SHORTHAND = re.compile(r"\b(\d{1,3})a[ ,/&+]*(\d{1,2})[kc]\b")


def with_digits(text: str) -> str:
    """Lower-case text with its number words as digits: 'twenty-five adults' -> '25 adults'."""
    text = _MISSPELT.sub(lambda found: _MISSPELT_WORDS[found[0]], text)
    text = _PRONOUN.sub(lambda found: found[0].replace("one", "0ne"), text)
    text = _ORDINAL.sub(_ordinal, text)
    text = _CARDINAL.sub(_cardinal, text)
    text = _HUNDREDS.sub(lambda found: str(100 * int(found[1] or 1) + int(found[2] or 0)), text)
    text = _SPELT_ZIP.sub(lambda found: found[1] + found[2].replace(" ", ""), text)
    text = _DOZENS.sub(_dozens, text)
    text = _COUPLE.sub("2", _ANOTHER_COUPLE.sub("2 adults", text))
    text = _SHORTHAND.sub(r"\1 adults \2 kids", text)
    return _GLUED.sub(lambda found: f"{found[0]} ", text.replace("0ne", "one"))


def _cardinal(found: re.Match[str]) -> str:
    tens, unit, small = found.groups()
    if small:
        return str(_VALUES[small])
    return str(_VALUES[tens] + (_VALUES[unit] if unit else 0))


def _ordinal(found: re.Match[str]) -> str:
    before, tens, word = found.groups()
    value = _ORDINAL_VALUES[word] + (_VALUES[tens] if tens else 0)
    return f"{before} {value}th"


def _dozens(found: re.Match[str]) -> str:
    if found["only_half"]:
        return "6"
    dozens = 2.0 if found["pair"] else float(found["count"] or 1)
    return str(int(12 * dozens) + 6 * bool(found["half"] or found["half_more"]))
