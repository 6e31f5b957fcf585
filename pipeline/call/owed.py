"""An answer that is owed to the caller.

There are many ways in which none comes: a response without a word, tool after tool, a cough that
stopped us in mid-sentence, a call that was known already. To the caller they are one, silence; so
they are one here: something is owed, nothing is under way, and the caller is not speaking.
"""

from typing import Literal

from pipeline.events import Respond

STUCK_SECONDS = 2.0
LONGEST_SECONDS = 20.0
"""From the end of a turn to the first audio, whatever is under way meanwhile."""
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
        self._stuck_at: float | None = None
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

    def watch(self, now: float, *, silent: bool, listening: bool = False) -> None:
        """Whether nothing is under way, as of now; or the caller speaks."""
        if listening:
            self._turn_ended = None  # another end of a turn will come, or was a noise
        owing = self._owing and self._watched
        if not (silent and owing):
            self._stuck_at = None
        elif self._stuck_at is None:
            self._stuck_at = now + STUCK_SECONDS
        self.deadline = self._stuck_at
        if owing and self._turn_ended is not None:
            longest = self._turn_ended + LONGEST_SECONDS
            self.deadline = min(longest, self._stuck_at or longest)

    def late(self, now: float) -> Literal["ask", "fail"] | None:
        """What to do about a silence that has lasted too long: ask once more in a turn. Who then
        still says nothing has failed, unless something was said: that may have been all."""
        if self.deadline is None or now < self.deadline:
            return None
        self.deadline = self._stuck_at = None
        if self._turn_ended is not None and now >= self._turn_ended + LONGEST_SECONDS:
            self._owing = False
            return "fail"
        if not self._asked_again:
            self._asked_again = True
            return "ask"
        self._owing = False
        return None if self._spoke else "fail"
