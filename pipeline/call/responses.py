"""One response at a time: who asked for it, which one runs, and which are no longer wanted.

The model refuses a second response while one runs, and its own events are the only truth about
what runs: a request may be under way while the caller breaks in, so a response may have to be
cancelled that has not begun, and its audio must find nobody listening.
"""

from pipeline.events import Respond
from pipeline.ids import ResponseId

BEGIN_SECONDS = 8.0
"""From a request to the first audio, tool call or end: longer is no conversation."""
WHOLE_SECONDS = 90.0
CANCEL_SECONDS = 5.0
"""From a cancellation to the end of what was cancelled."""
RETRY_SECONDS = 0.5
MOST_FAILURES = 2


class Responses:
    """The gate: what is wanted next, what was asked for, and what runs."""

    def __init__(self) -> None:
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

    @property
    def owing(self) -> bool:
        """Whether a response is wanted that has not been asked for."""
        return self._scripted is not None or self._plain is not None

    def want(self, respond: Respond) -> None:
        """Ask for this when the way is free."""
        if respond.instructions:
            self._scripted = respond
        else:
            self._plain = respond

    def forget(self) -> None:
        """Nothing is wanted any more that was not yet asked for."""
        self._scripted = self._plain = None

    def next(self, now: float, only: str | None = None) -> Respond | None:
        """What to ask for now, if the way is free and it has the tag `only`."""
        wanted = self._scripted or self._plain
        if wanted is None or self._asked or self._running or now < self._not_before:
            return None
        if only is not None and wanted.tag != only:
            return None
        if wanted is self._scripted:
            self._scripted = None
        else:
            self._plain = None
        self._asked, self._unwanted = wanted, False
        self._deadline = now + BEGIN_SECONDS
        return wanted

    def started(self, response_id: ResponseId, tag: str) -> bool:
        """A response began; False if it is not wanted and must be cancelled."""
        ours = self._asked is not None and tag == self._asked.tag
        wanted = ours and not self._unwanted
        if ours:
            self._current, self._asked = self._asked, None
        self._running = response_id
        if not wanted:
            self._dropped.add(response_id)
        return wanted

    def is_wanted(self, response_id: ResponseId) -> bool:
        """Whether audio and tool calls of this response count."""
        return response_id not in self._dropped

    def progressed(self, now: float) -> None:
        """Something of the response came: it is alive."""
        if self._deadline is not None:
            self._deadline = now + WHOLE_SECONDS

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

    def done(self, response_id: ResponseId) -> None:
        """A response ended, however."""
        if response_id == self._running:
            self._running = None
        if self._asked is None:
            self._deadline = None

    @property
    def tag(self) -> str:
        """Of the request that runs, or ran last."""
        return self._current.tag if self._current else ""

    def failed(self, now: float) -> bool:
        """The last response failed: ask again shortly. False when that has been tried."""
        self._failures += 1
        self._not_before = now + RETRY_SECONDS
        if self._current is not None:
            self.want(self._current)
        return self._failures < MOST_FAILURES

    def succeeded(self) -> None:
        """A response came to words or deeds."""
        self._failures = 0

    def refused(self, now: float) -> None:
        """The model says that another response runs: ask again when it is done, or soon."""
        if self._asked is not None and not self._unwanted:
            self.want(self._asked)
        self._asked, self._deadline = None, None
        self._not_before = now + RETRY_SECONDS

    def deadline(self, now: float) -> float | None:
        """When the response is overdue, or when one may be asked for again."""
        if self._asked or self._running:
            return self._deadline
        return self._not_before if self.owing and self._not_before > now else None

    def overdue(self, now: float) -> bool:
        """Whether what was asked for has not come in time."""
        waiting = self._asked or self._running
        return bool(waiting) and self._deadline is not None and now >= self._deadline
