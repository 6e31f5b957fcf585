"""A sentence being read: what has been understood is wiped off, so that nothing is read twice.

Readers take their turn from the least mistakable (a ZIP, a date) to the most (a bare number).
"""

import re

WIPED = "~"
"""Stands for a character that has been read: no word, no digit and no space."""

# Ends of sentences, and of lines. Abbreviations and figures keep their dots.
_SENTENCE_END = re.compile(
    r"(?<!\b[A-Za-z])(?<!\b(?:jan|feb|mar|apr|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat"
    r"|sun|inc)\.)(?<!\b(?:sept|thur|incl|appr)\.)(?<!\bapprox\.)(?<=[.?!])\s+|\s*[\n;]+\s*"
    r"|\s+(?=and (?:how|what|when|where|which|do|does|did) (?!\d))",  # a second question
    re.IGNORECASE,
)


class Slate:
    """Lower-case text, wiped piece by piece; positions stay what they were."""

    def __init__(self, text: str) -> None:
        self.text = text

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The first match, wiped; None where there is none."""
        found = pattern.search(self.text)
        if found:
            self.wipe(*found.span())
        return found

    def take_all(self, pattern: re.Pattern[str]) -> list[re.Match[str]]:
        """Every match, wiped."""
        matches = list(pattern.finditer(self.text))
        for found in matches:
            self.wipe(*found.span())
        return matches

    def wipe(self, start: int, end: int) -> None:
        """Wipe text[start:end]."""
        self.text = self.text[:start] + WIPED * (end - start) + self.text[end:]

    @property
    def left(self) -> str:
        """The words nobody has read yet, single-spaced."""
        return " ".join(self.text.replace(WIPED, " ").split())


def sentences(text: str) -> list[str]:
    """A message's sentences, in the customer's spelling, each with its closing mark."""
    return [piece for piece in _SENTENCE_END.split(text.strip()) if piece and piece.strip()]
