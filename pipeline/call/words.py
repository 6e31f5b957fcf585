"""What is said on every call, whoever says it: the model, the attendant, or the carrier itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.business.document import Business
from pipeline.call.turns import Turn

FAREWELL = "Say goodbye in one short, warm sentence. Say nothing else."
WARNING_SECONDS = 60.0
UNABLE = (
    "Sorry, we cannot take your call right now. Please send us a text, or call again in a few"
    " minutes. Goodbye."
)
"""Said in the carrier's own voice, to a caller whom nobody can promise to call back."""


@dataclass(frozen=True, slots=True)
class Words:
    """The fixed sentences of one call."""

    greeting: str
    """The first words; '' when the caller has heard them before being cut off."""
    disclosure: str
    """Must be in what was said as the greeting."""
    resumed: str
    """Said instead, when the caller comes back after being cut off; '' on the first time."""
    warning: str
    limit: str
    apology: str


def words(business: Business, *, greeted: bool, resumed: bool) -> Words:
    """The sentences of a call; `greeted`: the greeting was heard on an earlier media socket."""
    return Words(
        greeting="" if greeted else business.calls.greeting,
        disclosure=business.calls.disclosure,
        resumed="Sorry, we were cut off. I'm back." if resumed and greeted else "",
        warning="Just so you know, this call will end in one minute.",
        limit="We have reached the longest time a call may take. Please call again, or text us."
        " Goodbye!",
        apology="Sorry, I have lost my connection. Please stay on the line.",
    )


def call_back(promise: str) -> str:
    """Said in the carrier's own voice, when nobody here can answer; `promise` says by when."""
    return (
        f"Sorry, we cannot take your call right now. A person will call you back {promise}."
        " Goodbye."
    )


def say_exactly(text: str) -> str:
    """Instructions that leave a model nothing to add."""
    return f'Say exactly: "{text}" Say nothing else.'


def go_on(resumed: str, turns: Sequence[Turn]) -> str:
    """Instructions for the first words after the caller was cut off."""
    if not turns:
        return say_exactly(f"{resumed} How can I help you?")
    last = turns[-1]
    where = (
        "You had not finished speaking: say the rest of it in short."
        if last.speaker != "caller"
        else "Answer what the caller said last."
    )
    return (
        f'The line was cut for a moment. Say "{resumed}" Then go on where you were, without a'
        f" greeting. {where}"
    )
