"""The first words of a call: who says them, and whether they told what a caller must be told."""

from collections.abc import Sequence
from typing import Literal

from pipeline.call.turns import Turn
from pipeline.call.words import Words, go_on, say_exactly
from pipeline.events import Respond

TAG = "greeting"
SECONDS = 2.0
"""From the start to the first audio; then the attendant says it."""


class Greeting:
    """One call's. `told`: it was said, by words that are known, that this is an AI. `begun`: the
    caller hears something."""

    def __init__(
        self, words: Words, answered_by: Literal["model", "attendant"], history: Sequence[Turn]
    ) -> None:
        self._words = words
        self._history = history
        self._by_model = answered_by == "model"
        self.by = answered_by
        self.begun = False
        self.told = not (words.greeting and self._by_model)

    @property
    def text(self) -> str:
        """What is said; to one who comes back, that the line was cut."""
        return self._words.greeting or self._words.resumed

    @property
    def missing(self) -> bool:
        """Nothing is heard of it yet, and the attendant has not been told to say it."""
        return not self.begun and self.by == "model"

    def request(self) -> Respond | None:
        """What to ask of the model; None where the attendant answers."""
        if not self._by_model:
            return None
        if self._words.greeting:
            return Respond(TAG, say_exactly(self._words.greeting), tools=False)
        return Respond(TAG, go_on(self._words.resumed, self._history), tools=False)

    def heard(self, text: str) -> bool:
        """The model's account of what it said; False when that will not do."""
        self.told = self.told or _discloses(text, self._words.disclosure)
        return self.told

    def handed_over(self) -> str:
        """The attendant says it instead, whose words need no checking."""
        self.told, self.by = True, "attendant"
        return self.text


def was_heard(turns: Sequence[Turn], disclosure: str) -> bool:
    """Whether the caller has heard, to its end, who we are."""
    heard = [turn for turn in turns if turn.heard_ms is not None and not turn.interrupted]
    return any(turn.speaker != "caller" and _discloses(turn.text, disclosure) for turn in heard)


def _discloses(text: str, disclosure: str) -> bool:
    return disclosure.casefold() in text.casefold()
