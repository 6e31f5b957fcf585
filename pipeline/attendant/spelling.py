"""Typing mistakes in the words that matter: 'lobstr', 'chiken', 'childern', 'scalops'.

A word is corrected only towards a dish or a head-count noun, only when one or two strokes are
wrong, and never away from an English word.
"""

import re
from collections.abc import Iterable

from rapidfuzz.distance import OSA

SHORTEST = 5
LONG = 7
"""From this many letters on two strokes may be wrong."""

NOUN_WORDS = "adult adults children people guest guests toddler toddlers everyone"
_NOUNS = frozenset(NOUN_WORDS.split())
RIGHT_WORDS = """
    guess guesses quest quests speak steal steam steady stead sneak filled filter filler strap
    stripe striped string trip trips prawn shrink squad squads salon saloon noon noodle nodes node
    dinner child kitchen rides sides price prices nice spice tofu scale scales lobby couple purple
    simple every everything ever adapt tail tails chick checked check checking vegetable
    vegetables vegetarian vegan flight stack stake stakes steaks
"""
_RIGHT = frozenset(RIGHT_WORDS.split())
"""English words a stroke or two away from a dish or a noun."""
_WORD = re.compile(rf"(?<![\w'])[a-z]{{{SHORTEST},}}(?![\w'])")


def corrected(text: str, spellings: Iterable[str]) -> str:
    """Lower-case text with its misspelt dishes and nouns put right."""
    known = _NOUNS | {word for spelling in spellings for word in spelling.split()}
    targets = sorted(word for word in known if len(word) >= SHORTEST)

    def correct(found: re.Match[str]) -> str:
        word = found[0]
        if word in known or word in _RIGHT:
            return word
        allowed = 2 if len(word) >= LONG else 1
        near = [(OSA.distance(word, target), target) for target in targets if target[0] == word[0]]
        distance, target = min(near, default=(allowed + 1, ""))
        return target if distance <= allowed else word

    return _WORD.sub(correct, text)
