"""One written turn: a generator of questions. It changes nothing and can be dropped at any yield.

turn = text_turn(snapshot)
question = next(turn)
while True: question = turn.send(answer to question)      # until StopIteration(outcome)
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pipeline.business.document import Business
from pipeline.ids import QuoteId
from pipeline.inquiry.facts import Facts
from pipeline.quote.quote import Party, Quote


@dataclass(frozen=True, slots=True)
class Said:
    """One earlier message of the conversation, oldest first in a Snapshot."""

    by: Literal["customer", "us", "staff"]
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class KnownQuote:
    """A quote that was worked out, under the id it is (or will be) stored with."""

    quote_id: QuoteId
    party: Party
    quote: Quote


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a turn may look at."""

    business: Business
    business_version: int
    channel: str
    facts: Facts
    quote: KnownQuote | None
    """The inquiry's current quote."""
    history: tuple[Said, ...]
    """Oldest first; ends with the customer's unanswered messages."""
    unanswered: int
    """How many of history's last messages have had no answer yet; at least 1."""
    customer: Mapping[str, str]
    """name, email, phone, zipcode: as far as known."""
    escalated: bool
    """A person has already been asked for and has not yet dealt with it."""
    now: datetime
    """Aware, UTC."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model wants a tool run. Arguments are as the model gave them, not yet checked."""

    call_id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool gave. `result` goes to the model, to `tools_used`, and into the record."""

    call: ToolCall
    result: Mapping[str, Any]
    success: bool
    quote: KnownQuote | None = None
    elapsed_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class ModelReply:
    """A model's answer: words, or tool calls (then the words follow in the next answer)."""

    text: str
    calls: tuple[ToolCall, ...] = ()
    facts: Facts | None = None
    """All facts as the attendant now understands them; None from a model, which learns by its calls."""
    model: str = "attendant"
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class AskModel:
    """Ask the model (or the attendant) to go on."""

    snapshot: Snapshot
    system: str
    messages: tuple[Mapping[str, Any], ...]
    """Chat Completions messages after the system prompt, this turn's tool calls and results included."""
    tools: tuple[Mapping[str, Any], ...]
    """Chat Completions function tools."""
    results: tuple[ToolResult, ...] = ()
    """What this turn's tools gave so far: the attendant reads these rather than `messages`."""
    complaint: str = ""
    """Why the last draft was refused, when this is the one retry."""


@dataclass(frozen=True, slots=True)
class RunTools:
    """Run reads side by side; answered with a tuple of ToolResult in the same order."""

    calls: tuple[ToolCall, ...]


Question = AskModel | RunTools
Answer = ModelReply | tuple[ToolResult, ...]


@dataclass(frozen=True, slots=True)
class Escalation:
    """A person is wanted."""

    reason: str
    """One of pipeline.inquiry.escalation.REASONS."""
    priority: Literal["low", "medium", "high", "urgent"]
    note: str
    """What staff read first: the customer's words or what went wrong."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Something to be done once, with the reply, under (inquiry, tool, arguments hash)."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one turn came to."""

    reply: str
    facts: Facts
    quote: KnownQuote | None = None
    """The inquiry's current quote after this turn."""
    escalation: Escalation | None = None
    effects: tuple[Effect, ...] = ()
    results: tuple[ToolResult, ...] = ()
    refused: tuple[str, ...] = ()
    """Why drafts were refused, if any were."""
    model: str = "attendant"
    usage: Mapping[str, int] = field(default_factory=dict)


TextTurn = Generator[Question, Answer, Outcome]


def text_turn(snapshot: Snapshot) -> TextTurn:
    """The turn that answers a snapshot's unanswered messages."""
    raise AssertionError("written next")


def chat_messages(history: Sequence[Said]) -> tuple[Mapping[str, Any], ...]:
    """History as Chat Completions messages."""
    raise AssertionError("written next")
