"""An answer that is owed to the caller.

There are many ways in which none comes: a response without a word, tool after tool, a cough that
stopped us in mid-sentence, a call that was known already. To the caller they are one, silence; so
they are one here: something is owed, nothing is under way, and the caller is not speaking.
"""

from typing import Literal

from pipeline.events import Respond

STUCK_SECONDS = 2.0
MOST_ROUNDS = 6
"""Of tools for one turn of the caller's; then the model has to speak."""


class Owed:
    """What is owed on one stream. Not `watched` is whoever keeps a silence on purpose."""

    def __init__(self, *, watched: bool) -> None:
        self._watched = watched
        self._owing = False
        self._turn_ended: float | None = None
        self._rounds = 0
        self._asked_again = False
        self._spoke = False
        """Something was said since the caller's turn."""
        self.deadline: float | None = None
        """When a silence has lasted too long."""

    def asked(self, now: float) -> None:
        """The caller's turn ended."""
        self._owing, self._turn_ended = True, now
        self._rounds, self._asked_again, self._spoke = 0, False, False

    def cut(self) -> None:
        """We fell silent before the end of what we had to say."""
        self._owing = True

    def spoken(self, now: float) -> int | None:
        """The caller hears us; ms since the turn that this answers, if it is the first of it."""
        ended, self._turn_ended = self._turn_ended, None
        self._owing, self._spoke = False, True
        return None if ended is None else int((now - ended) * 1000)

    def follow_up(self) -> Respond:
        """What to ask for when tools have been answered."""
        self._owing = True
        self._rounds += 1
        return Respond("tools", tools=self._rounds < MOST_ROUNDS)

    def watch(self, now: float, *, silent: bool) -> None:
        """Whether nothing is under way, as of now."""
        if not (silent and self._owing and self._watched):
            self.deadline = None
        elif self.deadline is None:
            self.deadline = now + STUCK_SECONDS

    def late(self, now: float) -> Literal["ask", "fail"] | None:
        """What to do about a silence that has lasted too long: ask once more in a turn. Who then
        still says nothing has failed, unless something was said: that may have been all."""
        if self.deadline is None or now < self.deadline:
            return None
        self.deadline = None
        if not self._asked_again:
            self._asked_again = True
            return "ask"
        self._owing = False
        return None if self._spoke else "fail"
