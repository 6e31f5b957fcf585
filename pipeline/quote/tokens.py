"""A text as tokens, each knowing where it stands in the original.

People and models write figures in many alphabets of digits, dashes and spaces. The text is first
brought to plain lower case, '_' to a space; one character may become several or none,
so every plain character remembers the place it came from.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00ad"), "-")
QUOTES = dict.fromkeys(map(ord, "\u2018\u2019\u02bc"), "'")
SAME = DASHES | QUOTES | {ord("\u00d7"): "x", ord("\u00a2"): "\u00a2"}

SENTENCE_END = re.compile(r"[.!?](?:\s|$)|\n")
TOKEN = re.compile(
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?"
    r"|(?<=\$)\.\d+)"
    r"|(?P<word>[a-z]+(?:'[a-z]+)?)"
    r"|(?P<sign>\n|[^\sa-z0-9])",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A number in digits, a word in lower case, or one other sign (a line's end is one)."""

    kind: str
    text: str
    start: int
    end: int
    """plain[start:end]."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A text made plain, and its tokens."""

    plain: str
    tokens: Sequence[Token]
    places: Sequence[int] | None
    """Where each plain character stands in the original; None where they are the same."""
    length: int
    """Of the original."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A span of the plain text, which is not empty, as a span of the original."""
        if self.places is None:
            return start, end
        return self.places[start], min(self.places[end - 1] + 1, self.length)


def sentence_around(text: str, place: int) -> str:
    """The sentence around a place of a text."""
    start = 0
    for end in SENTENCE_END.finditer(text):
        if end.start() >= place:
            return text[start : end.start()]
        start = end.end()
    return text[start:]


def words(text: str) -> frozenset[str]:
    """The words of a list written as one text."""
    return frozenset(text.split())


@lru_cache(maxsize=16)
def read(text: str) -> Reading:
    """Tokens of any text at all, in time linear to its length.

    The last few are kept: a reply is read for its amounts, its percentages and its guests.
    """
    plain, places = _plain(text)
    tokens = tuple(
        Token(match.lastgroup or "", match[0], match.start(), match.end())
        for match in TOKEN.finditer(plain)
    )
    return Reading(plain, tokens, places, len(text))


def _plain(text: str) -> tuple[str, Sequence[int] | None]:
    if text.isascii():
        return text.lower().replace("_", " "), None
    characters: list[str] = []
    places: list[int] = []
    for place, original in enumerate(text):
        for character in _plain_character(original):
            characters.append(character)
            places.append(place)
    return "".join(characters), places


def _plain_character(character: str) -> str:
    if character.isascii():
        return " " if character == "_" else character.lower()
    if ord(character) in SAME:
        return SAME[ord(character)]
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Cf":
        return ""  # invisible: a joiner or direction mark within a figure does not split it
    return unicodedata.normalize("NFKC", character).lower()
