"""One response at a time: who asked for it, which one runs, and which are no longer wanted.

The model refuses a second response while one runs, and its own events are the only truth about
what runs: a request may be under way while the caller breaks in, so a response may have to be
cancelled that has not begun, and its audio must find nobody listening.
"""

from pipeline.events import Respond
from pipeline.ids import ResponseId

BEGIN_SECONDS = 8.0
"""From a request to the first audio, tool call or end: longer is no conversation."""
STALLED_SECONDS = 15.0
"""Between two signs of life of a response."""
CANCEL_SECONDS = 5.0
"""From a cancellation to the end of what was cancelled."""
RETRY_SECONDS = 0.5
MOST_FAILURES = 2


class Responses:
    """The gate: what is wanted next, what was asked for, and what runs."""

    def __init__(self) -> None:
        self.tag = ""
        """Of the request that runs, or ran last."""
        self._scripted: Respond | None = None
        """Wanted: with words of its own."""
        self._plain: Respond | None = None
        """Wanted: to go on with the conversation. Any number of requests are one."""
        self._asked: Respond | None = None
        self._running: ResponseId | None = None
        self._current: Respond | None = None
        self._unwanted = False
        """The request under way is to be cancelled as soon as it has an id."""
        self._dropped: set[ResponseId] = set()
        self._not_before = 0.0
        self._deadline: float | None = None
        self._failures = 0

    @property
    def busy(self) -> bool:
        """Whether a response is asked for or runs, and is still wanted."""
        asked = self._asked is not None and not self._unwanted
        return asked or (self._running is not None and self._running not in self._dropped)

    def owes(self, only: str | None = None) -> bool:
        """Whether a response is wanted, with the tag `only`, that has not been asked for."""
        wanted = self._scripted or self._plain
        return wanted is not None and only in (None, wanted.tag)

    def want(self, respond: Respond, *, again: bool = False) -> None:
        """Ask for this when the way is free; `again`: unless there are newer words to say."""
        if respond.instructions:
            self._scripted = (self._scripted if again else None) or respond
        else:
            self._plain = respond

    def forget(self, tag: str | None = None) -> None:
        """Nothing is wanted any more, or nothing with this tag, that was not yet asked for."""
        if tag is None or (self._plain and self._plain.tag == tag):
            self._plain = None
        if tag is None or (self._scripted and self._scripted.tag == tag):
            self._scripted = None
        if not (self._asked or self._running or self.owes()):
            self._deadline = None

    def next(self, now: float, only: str | None = None) -> Respond | None:
        """What to ask for now, if the way is free and it has the tag `only`."""
        wanted = self._scripted or self._plain
        if wanted is None or self._asked or self._running or now < self._not_before:
            return None
        if not self.owes(only):
            return None
        if wanted is self._scripted:
            self._scripted = None
        else:
            self._plain = None
        self._asked, self._unwanted = wanted, False
        if self._deadline is None:  # one that was refused has not the whole time again
            self._deadline = now + BEGIN_SECONDS
        return wanted

    def started(self, response_id: ResponseId, tag: str, now: float) -> bool:
        """A response began; False if it is not wanted and must be cancelled."""
        ours = self._asked is not None and tag == self._asked.tag
        wanted = ours and not self._unwanted
        if ours:
            self._current, self._asked, self.tag = self._asked, None, tag
        self._running = response_id
        if not wanted:
            self._dropped.add(response_id)
            if self._asked is None:
                self._deadline = now + CANCEL_SECONDS
        return wanted

    def is_wanted(self, response_id: ResponseId) -> bool:
        """Whether audio of this response counts."""
        return response_id not in self._dropped

    def progressed(self, response_id: ResponseId, now: float) -> None:
        """Something of the response came: it is alive."""
        if response_id == self._running and response_id not in self._dropped:
            self._deadline = now + STALLED_SECONDS

    def drop(self, now: float) -> ResponseId | None:
        """Nobody wants the response that runs or is asked for; its id, if it must be cancelled."""
        if self._asked is not None:
            self._unwanted = True
        running = self._running
        if running is None or running in self._dropped:
            return None
        self._dropped.add(running)
        self._deadline = now + CANCEL_SECONDS
        return running

    def gone(self) -> None:
        """No response will come any more, nor the end of one."""
        if self._running is not None:
            self._dropped.add(self._running)
        self._scripted = self._plain = self._asked = self._running = self._deadline = None

    def done(self, response_id: ResponseId, now: float, *, failed: bool = False) -> bool:
        """A response ended. One that failed is asked for again shortly; False: that was tried."""
        if response_id != self._running:
            return True
        self._running = None
        if self._asked is None:
            self._deadline = None
        if response_id in self._dropped:
            return True
        self._failures = self._failures + 1 if failed else 0
        if failed:
            self._not_before = now + RETRY_SECONDS
            if self._current is not None:
                self.want(self._current, again=True)
        return self._failures < MOST_FAILURES

    def refused(self, now: float) -> None:
        """The model says that another response runs: ask again when it is done, or soon."""
        if self._asked is not None and not self._unwanted:
            self.want(self._asked, again=True)
        elif self._running is None:
            self._deadline = None
        self._asked = None
        self._not_before = now + RETRY_SECONDS

    def deadline(self, now: float) -> float | None:
        """When the response is overdue, or when one may be asked for again."""
        if self._asked or self._running:
            return self._deadline
        if self.owes():
            return self._not_before if self._not_before > now else self._deadline
        return None

    def overdue(self, now: float) -> bool:
        """Whether what was asked for has not come in time."""
        waiting = self._asked or self._running or self.owes()
        return bool(waiting) and self._deadline is not None and now >= self._deadline
