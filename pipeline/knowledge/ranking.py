"""Orders entries by how well they fit a question, misspellings forgiven.

A word counts by how few entries have it, so that 'deposit' finds and 'the' does not. A keyword
of several words counts again where the question has it whole, so that 'why deposit' beats
'deposit'. An entry that fits only a small part of what was asked is no answer, and neither is one
that shares a single word with it which is not among its keywords: 'how does this work?' does not
ask how children's meals work.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log

from rapidfuzz import process
from rapidfuzz.distance import OSA

from pipeline.business.answers import Entry

MAX_QUERY = 500
"""Characters of a question that are read."""
IN_KEYWORD, IN_QUESTION, IN_PHRASE, IN_ANSWER = 1.0, 0.7, 0.6, 0.3
"""What a word of the query is worth by where an entry has it."""
PHRASE = 0.6
"""What a keyword of several words adds, of the worth of its words."""
MISSPELT = 0.8
"""What a word is worth that had to be guessed."""
ENOUGH = 0.3
"""The share of a question's worth that an entry must fit to be an answer, ..."""
TELLING = 0.8
"""... unless it has one word this near to the rarest: 'vegan' answers however long the question."""

SILENT_WORDS = """
    a about after am an and any anything are as at be been but by can could did do does for from
    get go got guy had has have hi hello hey how i if im in is it its just like many me much my of
    on one or our please so some something tell thank thanks that the their them there they thing
    this to u up ur us want was we were what whats when where which who will with would you your
"""
SILENT = frozenset(SILENT_WORDS.split())
"""Words that tell nothing by themselves; within a keyword of several words they still count."""


@dataclass(frozen=True, slots=True)
class _Card:
    """An entry as its words."""

    worth: Mapping[str, float]
    """Word to what it is worth here."""
    phrases: tuple[tuple[str, ...], ...]
    keyed: frozenset[str]
    """Words of keywords that have several; the 'work' of 'how does it work' tells nothing alone."""


@dataclass(frozen=True, slots=True)
class _Index:
    cards: tuple[_Card, ...]
    rarity: Mapping[str, float]
    rarest: float
    """The rarity of a word that no entry has."""
    spellings: tuple[str, ...]
    """The words a misspelling may have meant."""


def search(entries: Sequence[Entry], query: str, limit: int = 3) -> list[Entry]:
    """The entries that answer a question, best first; at most `limit`, and [] where none does."""
    index = _index(tuple(entries))
    words = _words(query[:MAX_QUERY])
    known = {word: _known(index, word) for word in dict.fromkeys(words)}
    read = [known[word][0] for word in words]
    asked = {word: share for word, share in known.values() if word not in SILENT}
    whole = sum(index.rarity.get(word, index.rarest) for word in asked)
    ranked: list[tuple[float, int]] = []
    for place, card in enumerate(index.cards):
        parts = _parts(index, card, asked)
        phrases = _phrase_score(index, card, read)
        score = sum(parts) + phrases
        meant = phrases or len(parts) > 2 or _is_keyed(card, asked)
        if meant and (score >= ENOUGH * whole or max(parts) >= TELLING * index.rarest):
            ranked.append((-score, place))
    ranked.sort()
    return [entries[place] for _, place in ranked[:limit]]


def _parts(index: _Index, card: _Card, asked: Mapping[str, float]) -> Sequence[float]:
    """What each word of the question adds; begins with 0."""
    return [0.0] + [
        card.worth[word] * share * index.rarity[word]
        for word, share in asked.items()
        if word in card.worth
    ]


def _is_keyed(card: _Card, asked: Mapping[str, float]) -> bool:
    """Whether a word of the question is a keyword, or, spelt right, part of one."""
    return any(
        card.worth[word] == IN_KEYWORD or (share == 1.0 and word in card.keyed)
        for word, share in asked.items()
        if word in card.worth
    )


def _phrase_score(index: _Index, card: _Card, read: Sequence[str]) -> float:
    line = f" {' '.join(read)} "
    return sum(
        PHRASE * sum(index.rarity[word] for word in phrase)
        for phrase in card.phrases
        if f" {' '.join(phrase)} " in line
    )


@lru_cache(maxsize=8)
def _index(entries: tuple[Entry, ...]) -> _Index:
    cards = tuple(_card(entry) for entry in entries)
    having = Counter(word for card in cards for word in card.worth)
    count = len(entries)
    return _Index(
        cards=cards,
        rarity={word: log(1 + count / entries_with) for word, entries_with in having.items()},
        rarest=log(1 + count),
        spellings=tuple(
            sorted(
                {
                    word
                    for card in cards
                    for word, worth in card.worth.items()
                    if worth > IN_ANSWER and len(word) > 3
                }
            )
        ),
    )


def _card(entry: Entry) -> _Card:
    worth = dict.fromkeys(_words(entry.answer), IN_ANSWER)
    keywords = [tuple(_words(keyword)) for keyword in entry.keywords]
    question = tuple(_words(entry.question))
    phrases = tuple(phrase for phrase in [*keywords, question] if len(phrase) > 1)
    worth |= {word: IN_PHRASE for phrase in phrases for word in phrase}
    worth |= dict.fromkeys(question, IN_QUESTION)
    worth |= {keyword[0]: IN_KEYWORD for keyword in keywords if len(keyword) == 1}
    telling = [[word for word in keyword if word not in SILENT] for keyword in keywords]
    keyed = frozenset(word for words in telling if len(words) > 1 for word in words)
    return _Card(worth, phrases, keyed)


def _known(index: _Index, word: str) -> tuple[str, float]:
    """A word of the query as the entries spell it, and what that is worth."""
    if word in index.rarity or word in SILENT or len(word) < 5:
        return word, 1.0
    found = process.extractOne(
        word,
        index.spellings,
        scorer=OSA.distance,
        score_cutoff=1 if len(word) < 8 else 2,
    )
    return (found[0], MISSPELT) if found else (word, 1.0)


def _words(text: str) -> list[str]:
    """Lower case, apostrophes dropped, endings dropped."""
    plain = re.sub(r"['\u2019]", "", text.lower())
    return [_stem(word) for word in re.findall(r"[a-z0-9]+", plain)]


def _stem(word: str) -> str:
    """Enough of a stem that 'raining', 'rained' and 'rains' meet 'rain', and no more."""
    if word in SILENT:
        return word
    return re.sub(r"(?<=[a-z]{3})(?:ings?|ed|es|e|(?<!s)s)$", "", word)
