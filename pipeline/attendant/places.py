"""Where the party is: a ZIP, or a city the business knows, misspelt or not.

A house number, a telephone number or a price is no ZIP: those are wiped before.
"""

import re
from collections.abc import Mapping

from rapidfuzz.distance import OSA

from pipeline.attendant.slate import Slate
from pipeline.inquiry.facts import Facts

_ZIP = re.compile(
    r"(?<![\w$.,-])(\d{5})(?:-\d{4})?(?![\w-])(?!\s*(?:people|guests|adults|dollars))"
)
_STREET = re.compile(
    r"\b\d{1,5} (?!(?:adults?|kids?|children|people|guests?|ppl)\b)(?:(?:n|s|e|w|north|south|east"
    r"|west)\.? )?(?:[a-z']+ ){1,3}(?:street|st|avenue|ave|road|rd|boulevard|blvd|drive|dr|lane|ln"
    r"|court|ct|place|pl|circle|cir|terrace|parkway|pkwy|highway|hwy)\b\.?"
    r"(?:,? (?:apt|unit|#) ?\w+)?"
)
_WORD = re.compile(r"[a-z]+")
SHORTEST_FUZZY = 6
"""Shorter names must be spelt right: 'nap' is not Napa."""
LONG = 8
"""From this many letters on two strokes may be wrong."""


def take_zip(slate: Slate) -> str | None:
    """The last ZIP a sentence names; all are wiped."""
    slate.take(_STREET)
    zips = [found[1] for found in slate.take_all(_ZIP)]
    return zips[-1] if zips else None


def take_city(slate: Slate, cities: Mapping[str, str]) -> str | None:
    """The last city of the table a sentence names, by the table's spelling; all are wiped."""
    found: tuple[int, str] | None = None
    words = list(_WORD.finditer(slate.text))
    for size in (3, 2, 1):
        for first in range(len(words) - size + 1):
            start, end = words[first].start(), words[first + size - 1].end()
            phrase = slate.text[start:end]
            city = _city(phrase, cities)
            if city is None or "~" in phrase:
                continue
            slate.wipe(start, end)
            if found is None or start > found[0]:
                found = (start, city)
    return found[1] if found else None


def _city(phrase: str, cities: Mapping[str, str]) -> str | None:
    """The city a phrase names, up to typing mistakes inside it.

    They leave the first and the last letter: 'pleasant' and 'pleasantly' are not Pleasanton, and
    'mountain views' are not Mountain View.
    """
    if phrase in cities:
        return phrase
    joined = phrase.replace(" ", "")
    for city in cities:
        name = city.replace(" ", "")
        shorter = min(len(name), len(joined))
        if shorter < SHORTEST_FUZZY or (name[0], name[-1]) != (joined[0], joined[-1]):
            continue
        allowed = 1 if shorter < LONG else 2
        if OSA.distance(joined, name, score_cutoff=allowed) <= allowed:
            return city
    return None


def known_place(facts: Facts, cities: Mapping[str, str]) -> str | None:
    """The ZIP to reckon travel with, if anything is known."""
    return facts.zip or (cities.get(facts.city) if facts.city else None)
