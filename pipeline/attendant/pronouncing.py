"""Written words as a speech engine should be given them.

The engine reads numbers well and everything about them badly: '$1,250.00' is 1250 dollars, a ZIP is
said digit by digit, a telephone number in groups, 12:00 PM without its minutes.
"""

import re

_MONEY = re.compile(r"\$\s?(\d[\d,]*)(?:\.(\d\d))?(?!\d)")
_PHONE = re.compile(r"(?<!\d)(?:\+?1[ .-]?)?\(?(\d{3})\)?[ .-](\d{3})[ .-](\d{4})(?!\d)")
_E164 = re.compile(r"(?<!\w)\+1(\d{3})(\d{3})(\d{4})(?!\d)")
_ZIP = re.compile(r"(?<![\d,.$])(?<!\$ )\d{5}(?!\d|[,.]\d)")
_CLOCK = re.compile(r"\b(\d{1,2})(?::(\d\d))?\s?([AaPp])\.?[Mm]\b\.?(?=(\s+[a-z0-9]|\W*))")
_RANGE = re.compile(r"(?<![\d-])(\d+)\s?[-\u2013]\s?(\d+)(?![\d-])")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_SITE = re.compile(r"\b([\w-]+)\.(com|net|org|us|chef)\b")
_WORDS = (
    (re.compile(r"%"), " percent"),
    (re.compile(r"\s*&\s*"), " and "),
    (re.compile(r"\s*@\s*"), " at "),
    (re.compile(r"\bZIP(?: code)?\b"), "zip code"),
    (re.compile(r"\bAI\b"), "A I"),
    (re.compile(r"\bSMS\b"), "text message"),
    (re.compile(r"(?<=\s)\+(?=\d)"), "plus "),
    (re.compile(r"\s+"), " "),
)


def pronounced(text: str) -> str:
    """The text as it is said; of any text, in time linear to its length."""
    for pattern in (_PHONE, _E164):
        text = pattern.sub(lambda found: ", ".join(map(_digits, found.groups())), text)
    text = _ZIP.sub(lambda found: _digits(found[0]), text)
    text = _MONEY.sub(_money, text)
    text = _CLOCK.sub(_clock, text)
    text = _RANGE.sub(r"\1 to \2", text)
    text = _THOUSANDS.sub("", text)
    text = _SITE.sub(r"\1 dot \2", text)
    for pattern, said in _WORDS:
        text = pattern.sub(said, text)
    return text.strip()


def _digits(number: str) -> str:
    return " ".join(number)


def _money(found: re.Match[str]) -> str:
    whole, rest = found[1].replace(",", "").lstrip("0") or "0", (found[2] or "").lstrip("0")
    dollars = f"{whole} {'dollar' if whole == '1' else 'dollars'}"
    return f"{dollars} and {rest} {'cent' if rest == '1' else 'cents'}" if rest else dollars


def _clock(found: re.Match[str]) -> str:
    minutes = f" {found[2]}" if found[2] not in (None, "00") else ""
    ends = found[0].endswith(".") and not found[4].strip()
    return f"{found[1]}{minutes} {found[3].upper()} M{'.' if ends else ''}"
