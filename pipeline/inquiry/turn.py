"""One written turn: a generator of questions. It changes nothing and can be dropped at any yield.

    turn = text_turn(snapshot)
    question = next(turn)
    while True: question = turn.send(answer to question)      # until StopIteration(outcome)

Every draft is made fit for its channel and checked; the second that is refused is replaced by the
words that a person will answer.
"""

import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.inquiry import prompts, tools
from pipeline.inquiry.consequences import effects, escalation, escalations, gathered
from pipeline.inquiry.escalation import Reason, wanted
from pipeline.inquiry.facts import Facts
from pipeline.inquiry.reply import broken_promises, finished, handed_over
from pipeline.inquiry.standing import asks_otherwise, stands
from pipeline.inquiry.validator import check, evidence
from pipeline.inquiry.vocabulary import (
    INVALID_ARGUMENTS,
    Answer,
    AskModel,
    Effect,
    Escalation,
    KnownQuote,
    ModelReply,
    Outcome,
    Priority,
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
    "Priority",
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

DRAFTS = 2
"""A draft that is refused may be written once more."""
ROUNDS = 4
"""How often one draft may ask the model; the last time it is given no tools."""
CALLS = 8
"""Tool calls of one round; what a model asks beyond them is not run."""
HISTORY = 30
"""Messages of the conversation that a model is shown."""
MESSAGE_CHARACTERS = 4000
SAME_MESSAGE = 3
"""So many times the same message from a customer means that we do not understand it."""

EMPTY = "the reply is empty"


def text_turn(snapshot: Snapshot) -> TextTurn:
    """The turn that answers a snapshot's unanswered messages."""
    turn = _Turn(snapshot, snapshot.facts, snapshot.quote)
    for _ in range(DRAFTS):
        draft = yield from turn.draft()
        reply = finished(draft, snapshot, turn.person_wanted)
        problems = turn.problems(reply)
        if not problems:
            return turn.outcome(reply)
        turn.refused.append("; ".join(problems))
    return turn.hand_over()


def chat_messages(history: Sequence[Said]) -> tuple[Mapping[str, Any], ...]:
    """History as Chat Completions messages; staff wrote as we do, under a name of their own."""
    found: list[Mapping[str, Any]] = []
    for said in history[-HISTORY:]:
        content = said.text[:MESSAGE_CHARACTERS] or "(a message without words)"
        if said.by == "customer":
            found.append({"role": "user", "content": content})
        else:
            name = {"name": "staff"} if said.by == "staff" else {}
            found.append({"role": "assistant", **name, "content": content})
    return tuple(found)


@dataclass(slots=True)
class _Turn:
    """What has come of a turn so far."""

    snapshot: Snapshot
    facts: Facts
    quote: KnownQuote | None
    results: list[ToolResult] = field(default_factory=list)
    exchanges: list[Mapping[str, Any]] = field(default_factory=list)
    """This turn's tool calls and their results, as Chat Completions messages."""
    escalations: list[Escalation] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    model: str = "attendant"
    by_attendant: bool = False
    usage: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        text = _unanswered(self.snapshot)
        if found := wanted(text):
            self.escalations.append(found)
        if _says_the_same(self.snapshot.history):
            self._escalate(Reason.REPEATED_MISUNDERSTANDING, text)

    @property
    def person_wanted(self) -> bool:
        """Whether the reply must say that a person will answer."""
        return bool(self.escalations)

    def draft(self) -> Generator[Question, Answer, str]:
        """Ask the model, run what it calls, ask again; its words, "" if none came."""
        for left in reversed(range(ROUNDS)):
            reply = yield self._question(with_tools=left > 0)
            assert isinstance(reply, ModelReply)
            self._heard(reply)
            if not reply.calls:
                return reply.text
            if left:
                calls = reply.calls[:CALLS]
                results = yield RunTools(calls)
                assert isinstance(results, tuple)
                self._ran(reply, results)
        return ""

    def problems(self, reply: str) -> tuple[str, ...]:
        """What keeps a reply from leaving."""
        if not reply:
            return (EMPTY,)
        snapshot = self.snapshot
        known = evidence(replace(snapshot, quote=self._evident_quote()), self.results)
        return (
            *check(reply, known, snapshot.business, snapshot.customer),
            *broken_promises(reply, snapshot),
        )

    def outcome(self, reply: str) -> Outcome:
        """The end of the turn."""
        return Outcome(
            reply=reply,
            facts=self.facts if self.by_attendant else self.facts.learn(asked=()),
            quote=self._current_quote(),
            escalation=gathered(self.escalations),
            effects=tuple(self.effects),
            results=tuple(self.results),
            refused=tuple(self.refused),
            model=self.model,
            usage=self.usage,
        )

    def hand_over(self) -> Outcome:
        """The end of a turn without a reply that may leave: staff are told why."""
        silent = all(problem == EMPTY for problem in self.refused)
        reason = Reason.MODEL_FAILURE if silent else Reason.VALIDATION_FAILURE
        self._escalate(
            reason, f"{_unanswered(self.snapshot)}\n(no reply could be sent: {self.refused[-1]})"
        )
        return self.outcome(handed_over(self.snapshot))

    def _question(self, *, with_tools: bool) -> AskModel:
        snapshot = self.snapshot
        complaint = self.refused[-1] if self.refused else ""
        return AskModel(
            snapshot=snapshot,
            system=prompts.system(snapshot, complaint),
            messages=(*chat_messages(snapshot.history), *self.exchanges),
            tools=tools.specs(snapshot.business, snapshot.channel, written=True)
            if with_tools
            else (),
            results=tuple(self.results),
            complaint=complaint,
        )

    def _heard(self, reply: ModelReply) -> None:
        self.model = reply.model
        if reply.facts is not None:
            self.by_attendant, self.facts = True, reply.facts
        for name, tokens in (("input", reply.input_tokens), ("output", reply.output_tokens)):
            self.usage[f"{name}_tokens"] = self.usage.get(f"{name}_tokens", 0) + tokens

    def _ran(self, reply: ModelReply, results: tuple[ToolResult, ...]) -> None:
        self.results += results
        self.exchanges.append(_called(reply.text, [result.call for result in results]))
        for result in results:
            self.exchanges.append(_answered(result))
            if result.success:
                self._take_in(result)

    def _take_in(self, result: ToolResult) -> None:
        business, now = self.snapshot.business, self.snapshot.now
        if not self.by_attendant:
            self.facts = tools.learned(business, result, self.facts, now)
        if result.quote is not None:
            self.quote = result.quote
        self.effects += effects(result)
        self.escalations += escalations(result, _unanswered(self.snapshot))

    def _escalate(self, reason: Reason, note: str) -> None:
        self.escalations.append(escalation(reason, note))

    def _current_quote(self) -> KnownQuote | None:
        known, earlier = self.quote, self.snapshot.quote
        if known is None or known is not earlier:
            return known
        return known if stands(known.party, self.facts, self.snapshot.business) else None

    def _evident_quote(self) -> KnownQuote | None:
        """The current quote, unless the customer now asks about another party than it is for.

        The attendant reads the message itself; a model might answer with the old figures.
        """
        known = self._current_quote()
        if known is None or self.by_attendant or known is not self.snapshot.quote:
            return known
        other = asks_otherwise(_unanswered(self.snapshot), known.party, self.snapshot.business)
        return None if other else known


def _unanswered(snapshot: Snapshot) -> str:
    """What the customer wrote that nobody has answered."""
    last = snapshot.history[-snapshot.unanswered :]
    return "\n".join(said.text for said in last if said.by == "customer")


def _called(text: str, calls: Sequence[ToolCall]) -> Mapping[str, Any]:
    return {
        "role": "assistant",
        "content": text or None,
        "tool_calls": [
            {
                "id": call.call_id,
                "type": "function",
                "function": {"name": call.name, "arguments": _arguments(call)},
            }
            for call in calls
        ],
    }


def _arguments(call: ToolCall) -> str:
    raw = call.arguments.get(INVALID_ARGUMENTS)
    return raw if isinstance(raw, str) else json.dumps(call.arguments)


def _answered(result: ToolResult) -> Mapping[str, Any]:
    content = json.dumps(result.result)
    return {"role": "tool", "tool_call_id": result.call.call_id, "content": content}


def _says_the_same(history: Sequence[Said]) -> bool:
    """Whether the customer's last message repeats two of their five before; short ones may."""
    said = ["".join(filter(str.isalnum, s.text.casefold())) for s in history if s.by == "customer"]
    recent = said[-6:]
    return len(recent[-1]) > 8 and recent.count(recent[-1]) >= SAME_MESSAGE if recent else False
