"""One written turn: a generator of questions. It changes nothing and can be dropped at any yield.

turn = text_turn(snapshot)
question = next(turn)
while True: question = turn.send(answer to question)      # until StopIteration(outcome)
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.inquiry.vocabulary import (
    Answer,
    AskModel,
    Effect,
    Escalation,
    KnownQuote,
    ModelReply,
    Outcome,
    Question,
    RunTools,
    Said,
    Snapshot,
    TextTurn,
    ToolCall,
    ToolResult,
)

__all__ = [
    "Answer",
    "AskModel",
    "Effect",
    "Escalation",
    "KnownQuote",
    "ModelReply",
    "Outcome",
    "Question",
    "RunTools",
    "Said",
    "Snapshot",
    "TextTurn",
    "ToolCall",
    "ToolResult",
    "chat_messages",
    "text_turn",
]


def text_turn(snapshot: Snapshot) -> TextTurn:
    """The turn that answers a snapshot's unanswered messages."""
    raise AssertionError("written next")


def chat_messages(history: Sequence[Said]) -> tuple[Mapping[str, Any], ...]:
    """History as Chat Completions messages."""
    raise AssertionError("written next")
