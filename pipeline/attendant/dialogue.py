"""The attendant's turn: what was understood becomes tool calls, and their results become words.

It answers `AskModel` like a model does and like none other: without a clock, by rule, and the
same every time. Facts are read afresh from the snapshot at each question of a turn, so that
asking again changes nothing. Every figure comes from a tool's result or from the price list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.attendant.acts import Act
from pipeline.attendant.manner import composed
from pipeline.attendant.memory import Memory
from pipeline.attendant.party import awaiting_split, guests
from pipeline.attendant.understand import Reading, known_place, understand
from pipeline.attendant.wording import Say, say
from pipeline.inquiry.escalation import Reason, most_pressing
from pipeline.inquiry.facts import Facts
from pipeline.inquiry.vocabulary import AskModel, ModelReply, Snapshot, ToolCall, ToolResult

MAX_QUERIES = 2
"""Questions of one turn that are looked up."""
REASON_CHARACTERS = 300

HARD = frozenset(
    {Reason.ILLNESS, Reason.LEGAL, Reason.COMPLAINT, Reason.REFUND, Reason.BOOKING_CHANGE}
)
"""Reasons after which nothing is sold in the same breath."""


def answer(question: AskModel) -> ModelReply:
    """Go on with a turn: tool calls while there is something to find out, then words."""
    plan = make_plan(question.snapshot)
    calls = _calls(plan, question.results)
    facts = plan.facts.learn(asked=plan.memory.to_asked())
    missing = [call for call in calls if _result(question.results, call) is None]
    if missing and not question.complaint:
        return ModelReply("", calls=tuple(missing), facts=facts)
    words, memory, noted = say(_heard(plan, question))
    ...
