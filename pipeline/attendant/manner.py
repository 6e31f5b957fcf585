"""Sentences put together in a channel's manner, within its limits.

A reply is made of parts, each in one or more versions from the fullest to the briefest. A text
message takes the fullest that fits its segments; a part that matters least is left out before a
figure is; a letter gets a greeting, paragraphs and a signature.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.business.document import Business, Manner
from pipeline.inquiry.segments import GSM_BASIC, count, fit, normalise

LETTER = "email"
LONGEST_NAME = 60
"""Characters of a name that a letter greets."""
SEPTETS = 153
"""Of one segment of several."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to say. `versions` run from the fullest to the briefest, which may be ''."""

    versions: tuple[str, ...]
    rank: int = 0
    """0 stays to the last; the highest goes first."""


def part(*versions: str, rank: int = 0) -> Part:
    """A part, for short."""
    return Part(versions, rank)


def composed(parts: Sequence[Part], business: Business, manner: Manner, name: str | None) -> str:
    """The fullest text of these parts that the channel takes. Never empty if a part is not."""
    parts = [each for each in parts if any(each.versions)]
    letter = manner.channel == LETTER
    before, after = _frame(business, name) if letter else ("", "")
    room = replace(manner, max_characters=manner.max_characters - len(before) - len(after))
    text = ""
    for chosen in _shorter_and_shorter(parts):
        sentences = [_plain(sentence, manner) for sentence in chosen if sentence]
        text = ("\n\n" if letter else " ").join(sentences)
        if _fits(text, room):
            return before + text + after
    return before + _cut(text, room) + after


def _shorter_and_shorter(parts: Sequence[Part]) -> Iterator[list[str]]:
    """Briefer versions first, then fewer parts."""
    longest = max((len(each.versions) for each in parts), default=1)
    for level in range(longest):
        yield [each.versions[min(level, len(each.versions) - 1)] for each in parts]
    for rank in sorted({each.rank for each in parts if each.rank}, reverse=True):
        yield [each.versions[-1] for each in parts if each.rank < rank]


def _frame(business: Business, name: str | None) -> tuple[str, str]:
    """What a letter begins and ends with; its text is shortened, this is not."""
    greeting = f"Hello {name[:LONGEST_NAME]}," if name else "Hello,"
    signature = f"Best regards,\n{business.name} (AI assistant)\n{business.website}"
    return f"{greeting}\n\n", f"\n\n{signature}"


def _cut(text: str, manner: Manner) -> str:
    """Between sentences or words; inside a word only where it is longer than the channel takes."""
    if shorter := fit(text, manner.max_segments, manner.max_characters):
        return shorter
    septets = SEPTETS * manner.max_segments if manner.max_segments else manner.max_characters
    return text[: min(septets, manner.max_characters)]


def _fits(text: str, manner: Manner) -> bool:
    if len(text) > manner.max_characters:
        return False
    return manner.max_segments is None or count(text).segments <= manner.max_segments


def _plain(sentence: str, manner: Manner) -> str:
    """Where parts are counted, only characters that keep a text in GSM 7-bit."""
    if manner.max_segments is None:
        return sentence
    kept = []
    for char in normalise(sentence):
        base = unicodedata.normalize("NFKD", char)[0]
        kept.append(char if char in GSM_BASIC else base if base in GSM_BASIC else "")
    return "".join(kept)
