"""Typing mistakes in the words that matter: 'lobstr', 'chiken', 'childern', 'scalops'.

A word is corrected only towards a dish or a head-count noun, only when one or two strokes are
wrong, and never away from an English word or one that the grammar of `words` knows.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz.distance import OSA

from pipeline.attendant.words import is_known

SHORTEST = 5
SHORTEST_IN_PHRASE = 6
"""Of a dish's name in several words: 'fried', 'strip' and 'extra' are too near to other words."""
LONG = 7
"""From this many letters on, of what is written and what is meant, two strokes may be wrong."""

NOUN_WORDS = "adult adults children people guest guests toddler toddlers everyone"
_NOUNS = frozenset(NOUN_WORDS.split())
RIGHT_WORDS = """
    guess guesses quest quests speak speaks steal steals steam steady stead sneak streak filled
    filter filler fillers files filed filer fills strap stripe striped string strings strips scripts
    streams trip trips shrink shrinks squad squads squids salon salons saloon solomon noon nodes
    node needles freed fried friend fries fired extra extras extract races rises minion minions
    scallion scallions shallow shallows swallow swallows checker checkers cricket clicked chickpea
    chickpeas dumping vegetation venerable torus trails childhood childish
    dinner child kitchen rides sides price prices nice spice tofu scale scales lobby couple purple
    simple every everything ever adapt tail tails chick checked check checking vegetable
    vegetables vegetarian vegan flight stack stake stakes steaks checkin checkins straps stripes
"""
_RIGHT = frozenset(RIGHT_WORDS.split())
"""English words a stroke or two away from a dish or a noun."""
SHORT_FOR = {
    "nxt": "next",
    "wknd": "weekend",
    "lil": "little",
    "youngins": "youngsters",
    "younguns": "youngsters",
    "bday": "birthday",
    "bout": "about",
    "r": "are",
}
_SHORT = re.compile(rf"(?<![\w'])(?:{'|'.join(SHORT_FOR)})(?![\w'])")
_WORD = re.compile(rf"(?<![\w'])[a-z]{{{SHORTEST},}}(?![\w'])")


@lru_cache(maxsize=8)
def _vocabulary(spellings: frozenset[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Every word that is right, and those that others are corrected to."""
    phrases = [spelling.split() for spelling in spellings]
    targets = {
        word
        for phrase in [[noun] for noun in _NOUNS] + phrases
        for word in phrase
        if len(word) >= (SHORTEST if len(phrase) == 1 else SHORTEST_IN_PHRASE)
    }
    known = _NOUNS.union(word for phrase in phrases for word in phrase)
    return known, tuple(sorted(targets))


def corrected(text: str, spellings: Iterable[str]) -> str:
    """Lower-case text with its misspelt dishes and nouns put right, and short words in full."""
    known, targets = _vocabulary(frozenset(spellings))

    def correct(found: re.Match[str]) -> str:
        word = found[0]
        if word in known or word in _RIGHT or is_known(word):
            return word
        near = [
            (distance, target)
            for target in targets
            if target[0] == word[0]
            and (distance := OSA.distance(word, target))
            <= (2 if min(len(word), len(target)) >= LONG else 1)
        ]
        return min(near, default=(0, word))[1]

    return _WORD.sub(correct, _SHORT.sub(lambda found: SHORT_FOR[found[0]], text))
