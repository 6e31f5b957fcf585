"""What a call came to: one word that staff count by, and one to three sentences that they read.

By rule, from what was recorded: nothing is summed up that no tool did and no caller said.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.attendant.quoting import day_words, guests_words, place_words
from pipeline.business.document import Business
from pipeline.call.turns import Turn, is_noted
from pipeline.inquiry import tools
from pipeline.inquiry.facts import Facts
from pipeline.inquiry.vocabulary import KnownQuote
from pipeline.quote.dollars import amount_in_digits

LOST = "lost"
"""The reason in the record of a call that broke off, or that nothing here could answer."""
FIRST_WORDS = 140
"""Characters of what a caller said first."""


class CallOutcome(StrEnum):
    """What a call came to. Closed: the first that holds, in this order."""

    LOST = "lost"
    """It broke off before we were done."""
    PERSON_WANTED = "person_wanted"
    MESSAGE_TAKEN = "message_taken"
    TEXTED = "texted"
    """A quote was sent to the caller's phone."""
    QUOTED = "quoted"
    ANSWERED = "answered"
    """Somebody spoke, or pressed keys, and it came to none of the above."""
    ABANDONED = "abandoned"
    """Nobody said a word."""


_BY_TOOL = (
    (tools.TRANSFER, CallOutcome.PERSON_WANTED),
    (tools.TAKE_MESSAGE, CallOutcome.MESSAGE_TAKEN),
    (tools.SEND_TEXT, CallOutcome.TEXTED),
    (tools.QUOTE, CallOutcome.QUOTED),
)
_DONE = (
    (tools.SEND_TEXT, "the quote was texted to them"),
    (tools.TAKE_MESSAGE, "a message was taken"),
    (tools.TRANSFER, "a person is to call back"),
)


@dataclass(frozen=True, slots=True)
class Summary:
    """What goes into a call's record."""

    outcome: CallOutcome
    text: str


def summarise(
    business: Business,
    facts: Facts,
    quote: KnownQuote | None,
    used: Collection[str],
    turns: Sequence[Turn],
    *,
    lost: bool,
) -> Summary:
    """Sum a call up.

    `quote` is the inquiry's current one, `used` the tools that succeeded on this call, `turns`
    all of its turns in order; `lost`: it broke off, or nothing here could answer it.
    """
    outcome = _outcome(used, turns, lost=lost)
    sentences = [_matter(business, facts, quote, used, turns)]
    done = [words for name, words in _DONE if name in used]
    if done:
        sentences.append(_listed(done))
    if outcome is CallOutcome.LOST:
        sentences.append("The call broke off.")
    return Summary(outcome, " ".join(sentences))


def _outcome(used: Collection[str], turns: Sequence[Turn], *, lost: bool) -> CallOutcome:
    if lost:
        return CallOutcome.LOST
    for name, outcome in _BY_TOOL:
        if name in used:
            return outcome
    spoke = used or any(turn.speaker == "caller" for turn in turns)
    return CallOutcome.ANSWERED if spoke else CallOutcome.ABANDONED


def _matter(
    business: Business,
    facts: Facts,
    quote: KnownQuote | None,
    used: Collection[str],
    turns: Sequence[Turn],
) -> str:
    """What it was about: the party that was quoted, or what the caller said first."""
    if quote and tools.QUOTE in used:
        party = quote.party
        told = Facts(
            adults=party.adults,
            children=party.children,
            toddlers=party.toddlers,
            zip=party.zip,
            event_date=party.event_date,
        )
        total = amount_in_digits(quote.quote.total_cents)
        travel = ", travel to be confirmed" if quote.quote.travel_cents is None else ""
        return f"{_party(told)} quoted at {total}{travel}."
    texts = [turn.text for turn in turns if turn.speaker == "caller" and turn.text]
    said = next((text for text in texts if not is_noted(text)), "")
    if said:
        words = " ".join(said.split())
        first = words if len(words) <= FIRST_WORDS else f"{words[: FIRST_WORDS - 3].rstrip()}..."
        return f'The caller said: "{first}"'
    if used or texts:
        known = _party(facts)
        return f"The caller used the keys of the phone{f'; known is {known}' if known else ''}."
    if any(turn.speaker == "caller" for turn in turns):
        return "The caller spoke, but could not be made out."
    return f"They rang {business.name} and said nothing."


def _party(facts: Facts) -> str:
    """'20 adults and 5 children, ZIP 95125, Sat Dec 12, 2026'; '' when nothing is known."""
    day = day_words(facts.event_date) if facts.event_date else ""
    return ", ".join(filter(None, [guests_words(facts), place_words(facts), day]))


def _listed(done: Sequence[str]) -> str:
    *first, last = done
    words = f"{', '.join(first)} and {last}" if first else last
    return f"{words[0].upper()}{words[1:]}."
