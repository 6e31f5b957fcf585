"""A draft made fit to leave: plain, within its channel's limits, and with what must be said.

What must be said is that an AI assistant writes, in the first reply of a conversation, and when a
person will answer, in a reply to somebody who wants one. Both outlive any shortening.
"""

import re

from pipeline.inquiry.policy import promise
from pipeline.inquiry.prompts import introduction, is_first_contact
from pipeline.inquiry.segments import fit
from pipeline.inquiry.vocabulary import Snapshot

LONGEST_DRAFT = 10_000
"""Characters of a draft that are looked at: the longest manner has a fifth of it."""

_SAYS_AI = re.compile(
    r"\bAI\b|\bA\.I\.|\b(?i:artificial intelligence|(?:virtual|automated) assistant)\b"
)
_SAYS_PERSON = re.compile(
    r"\b(?:an?|our|the|one of our) (?:\w+ )?"
    r"(?:person|human|team|staff|manager|colleague|member|people)\b[^.!?]*"
    r"\b(?:will|going to|gets?|follows?|answers?|repl(?:y|ies)|calls?|reach(?:es)?|confirms?)\b"
    r"|\b(?:someone|somebody)(?: \w+){0,4} (?:will|'ll|is going to)\b",
    re.IGNORECASE,
)
_PERSON_ANSWERS = re.compile(
    r"\b(?:person|human|team|staff|manager|colleague|chef|someone|somebody|we|they)\b[^.!?\n]*"
    r"(?:'ll|\bwill\b|\bgoing to\b)[^.!?\n]*"
    r"\b(?:call|ring|text|reply|answer|respond|reach|contact|get back|follow up|be in touch)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(?:within|in) (?:the |an? |about )?(?:next )?(?:\w+ )?"
    r"(?:minutes?|mins?|hours?|moments?|while)"
    r"|\b(?:shortly|soon|right away|immediately|asap|momentarily|any (?:minute|moment))\b"
    r"|\b(?:today|tonight|tomorrow|this (?:morning|afternoon|evening))\b"
    r"|\b(?:by|at|before|after) \d{1,2}(?::\d\d)? ?(?:[ap]\.?m\b|o'clock)",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"\n+(?:(?:(?:with )?(?:best|kind|warm)(?:est)?|many)(?: (?:regards|wishes|thanks))?|regards"
    r"|cheers|thanks|thank you|sincerely|yours(?: \w+)?),?\n[^.!?]*(?:\n\S+)?\s*\Z",
    re.IGNORECASE,
)
_EMOJI = re.compile("[\u2600-\u27bf\u2b50\ufe0f\u200d\U0001f000-\U0001faff]+ ?")
_HEADING = re.compile(r"^#{1,6}\s+", re.MULTILINE)
_BULLET = re.compile(r"^[*\u2022]\s+", re.MULTILINE)
_EMPHASIS = re.compile(r"(\*\*|__|`{1,3})(?=\S)([^*_`]{1,500}?)(?<=\S)\1")
_LINK = re.compile(r"\[([^\]\n]+)\]\(([^)\s]+)\)")


def finished(draft: str, snapshot: Snapshot, person_wanted: bool) -> str:
    """The draft as it may be checked and sent; "" where nothing of it is left or fits."""
    manner = snapshot.business.manners[snapshot.channel]
    text = _plain(draft[:LONGEST_DRAFT], emoji=manner.emoji)
    if not text:
        return ""
    keep = []
    if is_first_contact(snapshot):
        if not _SAYS_AI.search(text):
            text = f"{introduction(snapshot.business)} {text}"
        keep.append(_found(_SAYS_AI, text))
    if person_wanted:
        if not _SAYS_PERSON.search(text):
            text = _before_closing(text, follow_up(snapshot))
        keep.append(_found(_SAYS_PERSON, text))
    return fit(text, manner.max_segments, manner.max_characters, tuple(keep))


def handed_over(snapshot: Snapshot) -> str:
    """The reply when no draft may leave: a person will answer. Short enough for one SMS."""
    words = ["Thank you! To get this exactly right,"]
    if is_first_contact(snapshot):
        words.insert(0, introduction(snapshot.business))
    sentence = follow_up(snapshot)
    return " ".join([*words, sentence[0].lower() + sentence[1:]])


def follow_up(snapshot: Snapshot) -> str:
    """When a person answers; no new time is promised where one has been promised already."""
    if snapshot.escalated:
        return "A person from our team will follow up with you."
    return f"A person from our team will answer {promise(snapshot.business, snapshot.now).words}."


def broken_promises(text: str, snapshot: Snapshot) -> tuple[str, ...]:
    """Times at which a person is said to answer, and which nobody has promised; a sentence each."""
    honest = promise(snapshot.business, snapshot.now).words
    return tuple(
        f"{found[0]!r}: a person answers {honest}"
        for sentence in re.split(r"(?<=[.!?])\s+|\n", text)
        if _PERSON_ANSWERS.search(sentence) and honest not in sentence
        if (found := _TIME.search(sentence))
    )


def _found(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[0] if match else text


def _before_closing(text: str, sentence: str) -> str:
    """The sentence added at the end, but before the closing words and signature of a letter."""
    closing = _CLOSING.search(text)
    if closing is None:
        return f"{text} {sentence}"
    body, rest = text[: closing.start()], text[closing.start() :]
    return f"{body}\n\n{sentence}{rest}"


def _plain(draft: str, *, emoji: bool) -> str:
    """Without Markdown, which these channels show as signs, and emoji where we use none."""
    text = _EMPHASIS.sub(r"\2", _BULLET.sub("- ", _HEADING.sub("", draft)))
    text = _LINK.sub(r"\1: \2", text)
    return (text if emoji else _EMOJI.sub("", text)).strip()
