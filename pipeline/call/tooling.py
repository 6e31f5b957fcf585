"""Each tool call answered exactly once, and one response to a whole batch.

A response may ask for several tools and speak besides. The model goes on only when it is asked
to, which must not happen before every tool of the batch has its answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.events import AnswerTool, RunTool
from pipeline.ids import ResponseId
from pipeline.inquiry.vocabulary import ToolCall

MOST_CALLS = 8
"""Of one response; what a model asks beyond them is refused."""


@dataclass(slots=True)
class _Batch:
    over: bool = False
    """The response that asked has ended: no more calls will come."""
    waiting: set[str] = field(default_factory=set)
    count: int = 0


class Tooling:
    """The tool calls of one model session."""

    def __init__(self) -> None:
        self._batches: dict[ResponseId, _Batch] = {}
        self._of: dict[str, tuple[ResponseId, ToolCall]] = {}
        self._seen: set[str] = set()

    def called(self, response_id: ResponseId, call: ToolCall) -> RunTool | AnswerTool | None:
        """Take in a call; None when it is known already."""
        if call.call_id in self._seen:
            return None
        self._seen.add(call.call_id)
        batch = self._batches.setdefault(response_id, _Batch())
        batch.count += 1
        if batch.count > MOST_CALLS:
            return AnswerTool(call.call_id, {"error": "too many tool calls at once"})
        batch.waiting.add(call.call_id)
        self._of[call.call_id] = (response_id, call)
        return RunTool(call)

    def answered(
        self, call_id: str, output: Mapping[str, Any]
    ) -> tuple[AnswerTool, ResponseId, ToolCall] | None:
        """Take in an answer; None when the call is unknown or answered already. With it, the call,
        and the response that made it."""
        if call_id not in self._of:
            return None
        response_id, call = self._of.pop(call_id)
        self._batches[response_id].waiting.discard(call_id)
        return AnswerTool(call_id, output), response_id, call

    def over(self, response_id: ResponseId) -> None:
        """The response that asked has ended."""
        if response_id in self._batches:
            self._batches[response_id].over = True

    def finished(self) -> bool:
        """Whether a batch is now whole, which is then forgotten: the model may go on."""
        whole = [key for key, batch in self._batches.items() if batch.over and not batch.waiting]
        for key in whole:
            del self._batches[key]
        return bool(whole)

    @property
    def running(self) -> bool:
        """Whether any call waits for its answer."""
        return bool(self._of)
