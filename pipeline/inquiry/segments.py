"""What an SMS costs, and how to keep within it.

Hard here: one character outside GSM 7-bit makes the whole message UCS-2 and costs more than
twice as much, an escape or surrogate pair never straddles two parts, and a shortened text must
not end inside a price, a date, a telephone number or a link.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""3GPP TS 23.038, 6.2.1: one septet each. Small c with cedilla and the backtick are not in it."""
GSM_EXTENSION = frozenset("^{}\\[~]|€\f")
"""3GPP TS 23.038, 6.2.1.1: an escape and one more septet each."""

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc`\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008", " "),
        **dict.fromkeys("\u2009\u200a\u202f\u205f\u3000\t", " "),
        **dict.fromkeys("\u200b\u200c\u2060\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c", ""),
        **dict.fromkeys("\u202d\u202e\u2066\u2067\u2068\u2069\x00", ""),
        **dict.fromkeys("\u2028\u2029\x85\x0b", "\n"),
        "\u2026": "...",
        "\u2022": "-",
        "\u00d7": "x",
    }
)
_LONE_JOINER = re.compile("\u200d(?![\u2190-\U0001faff])")  # kept where it builds an emoji

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_FIGURES = (
    re.compile(rf"{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?"),
    re.compile(rf"\b\d{{1,2}} {_MONTH}(?: \d{{4}})?"),
    re.compile(r"(?:\+?1[ .-]?)?\(?\b\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b"),
    re.compile(r"\+\d{1,3}(?: \d{2,5}){2,5}"),
    re.compile(r"\$ ?\d[\d,.]* ?[A-Za-z]*|\b\d[\d,.:]* [A-Za-z]{2,}\.?"),
)
"""Where a cut would break a date, a telephone number, a time or an amount with its unit."""
_DANGLING = frozenset(
    {"a", "an", "and", "at", "by", "for", "from", "in", "is", "of", "on", "or", "so", "the", "to"}
    | {"with", "x", "=", "+", "-"}
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[^\sa-z])|\n+")
_TOTAL = re.compile(r"\btotals?\b[^.!?]*\d", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Segments:
    """How a text goes over the air."""

    encoding: Literal["GSM-7", "UCS-2"]
    segments: int
    """Parts that are billed; an empty text is one."""
    units: int
    """Septets, or UTF-16 units, without the headers of parts."""


def normalise(text: str) -> str:
    """Text in NFC, typographic signs replaced by the plain ones GSM 7-bit knows.

    Line ends become one newline: CR LF would cost two septets. Emoji and other scripts stay.
    """
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _LONE_JOINER.sub("", plain.translate(_PLAIN))


def count(text: str) -> Segments:
    """Count a text as it is. One part holds 160 septets or 70 UTF-16 units, each of several
    153 or 67, and a pair stays together, so that a part may hold one less."""
    if all(char in GSM_BASIC or char in GSM_EXTENSION for char in text):
        return _split("GSM-7", [2 if char in GSM_EXTENSION else 1 for char in text], 160, 153)
    return _split("UCS-2", [2 if char > "\uffff" else 1 for char in text], 70, 67)


def _split(
    encoding: Literal["GSM-7", "UCS-2"], sizes: list[int], alone: int, each: int
) -> Segments:
    units = sum(sizes)
    if units <= alone:
        return Segments(encoding, 1, units)
    parts, room = 1, each
    for size in sizes:
        if size > room:
            parts, room = parts + 1, each
        room -= size
    return Segments(encoding, parts, units)


def fit(
    text: str, max_segments: int | None, max_characters: int, keep: tuple[str, ...] = ()
) -> str:
    """A text within its limits: whole sentences and lines go first, from the end, then words.

    Sentences that hold one of `keep` go last, the one that names the total just before them.
    Where `max_segments` is given the text is normalised. Empty when not even one word fits.
    """
    text = (normalise(text) if max_segments is not None else text).strip()

    def fits(candidate: str) -> bool:
        return len(candidate) <= max_characters and (
            max_segments is None or count(candidate).segments <= max_segments
        )

    if fits(text):
        return text
    pieces = _pieces(text)
    kept = {n for n, (_, piece) in enumerate(pieces) if any(each in piece for each in keep)}
    totals = {n for n, (_, piece) in enumerate(pieces) if _TOTAL.search(piece)}
    chosen = kept | totals
    for number in range(len(pieces)):
        if not fits(_joined(pieces, chosen | {number})):
            break
        chosen.add(number)
    shorter = _joined(pieces, chosen)
    if shorter and fits(shorter):
        return shorter
    rest = sorted(totals - kept) or [n for n in range(len(pieces)) if n not in kept] or [0]
    return _fewer_words(pieces, kept, rest[0], max_characters, fits)


def _pieces(text: str) -> list[tuple[str, str]]:
    """Sentences and lines, each with the white space before it."""
    pieces, start, gap = [], 0, ""
    for end in _SENTENCE_END.finditer(text):
        pieces.append((gap, text[start : end.start()]))
        start, gap = end.end(), end[0]
    return [*pieces, (gap, text[start:])]


def _joined(pieces: list[tuple[str, str]], chosen: set[int]) -> str:
    return "".join(gap + piece for n, (gap, piece) in enumerate(pieces) if n in chosen).strip()


def _fewer_words(
    pieces: list[tuple[str, str]],
    kept: set[int],
    cut: int,
    max_characters: int,
    fits: Callable[[str], bool],
) -> str:
    """The kept pieces, and as many words of the piece to be cut as there is room for."""
    gap, piece = pieces[cut]
    ends = _ends(piece[: 2 * max_characters])

    def shortened(number: int) -> str:
        left = piece[: ends[number - 1]].split(" ") if number else []
        while left and left[-1].lower() in _DANGLING:
            left.pop()
        ending = " ".join(left).rstrip(",;:-") + "..." if left else ""
        return _joined([*pieces[:cut], (gap, ending), *pieces[cut + 1 :]], kept | {cut})

    number = bisect_left(range(len(ends) + 1), True, key=lambda n: not fits(shortened(n)))
    shorter = shortened(number - 1) if number else ""
    return shorter if fits(shorter) else ""


def _ends(piece: str) -> list[int]:
    """Where a piece may end: behind each word that no figure goes on from."""
    inside = {
        place
        for figure in _FIGURES
        for found in figure.finditer(piece)
        for place in range(found.start() + 1, found.end())
    }
    return [found.start() for found in re.finditer(r"\s+|$", piece) if found.start() not in inside]
