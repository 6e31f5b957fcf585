"""The attendant's turn: what was understood becomes tool calls, and their results become words.

It answers `AskModel` as a model does, but by rule and the same every time. The messages are read
afresh from the snapshot at each question of a turn, so asking again changes nothing.
"""

from collections.abc import Sequence

from pipeline.attendant.plan import Plan, make_plan
from pipeline.attendant.saying import Findings, say
from pipeline.inquiry.escalation import Reason
from pipeline.inquiry.tools import QUOTE, SEARCH, TAKE_MESSAGE, TRANSFER, TRAVEL
from pipeline.inquiry.vocabulary import AskModel, ModelReply, ToolCall, ToolResult


def answer(question: AskModel) -> ModelReply:
    """Go on with a turn: tool calls while there is something to find out, then words.

    `facts` of the reply is everything now known, whatever kind of reply it is.
    """
    plan = make_plan(question.snapshot)
    calls = _calls(plan, question.results)
    missing = tuple(call for call in calls if _result(question.results, call) is None)
    if missing and not question.complaint:
        facts = plan.facts.learn(asked=plan.memory.to_asked())
        return ModelReply("", calls=missing, facts=facts)
    findings = _findings(calls, question.results)
    text, facts = say(plan, findings, question.snapshot, careful=bool(question.complaint))
    return ModelReply(text, facts=facts)


def _calls(plan: Plan, results: Sequence[ToolResult]) -> list[ToolCall]:
    """Everything this turn wants to find out or to have done, in order."""
    wanted: list[tuple[str, dict[str, object]]] = []
    person = plan.person
    if plan.quote:
        wanted.append((QUOTE, dict(plan.quote)))
        if any(each.call.name == QUOTE and not each.success for each in results):
            person = person or Reason.LARGE_PARTY
    if plan.travel_to:
        wanted.append((TRAVEL, {"event_zipcode": plan.travel_to}))
    wanted += [(SEARCH, {"query": query}) for query in plan.queries]
    if plan.message:
        wanted.append((TAKE_MESSAGE, {"text": plan.message}))
    if person:
        wanted.append((TRANSFER, {"reason": person.value}))
    return [
        ToolCall(f"attendant-{number}", name, arguments)
        for number, (name, arguments) in enumerate(wanted, 1)
    ]


def _result(results: Sequence[ToolResult], call: ToolCall) -> ToolResult | None:
    """What a call gave, if it was made in this turn; the newest counts."""
    for result in reversed(results):
        if result.call.name == call.name and dict(result.call.arguments) == dict(call.arguments):
            return result
    return None


def _findings(calls: Sequence[ToolCall], results: Sequence[ToolResult]) -> Findings:
    """The results by what they tell."""
    found: dict[str, ToolResult] = {}
    answers: list[str | None] = []
    for call in calls:
        result = _result(results, call)
        if result is None:
            continue
        found[call.name] = result
        if call.name == SEARCH:
            entries = result.result.get("entries") or ()
            answers.append(str(entries[0]["answer"]) if entries else None)
    quoted = found.get(QUOTE)
    return Findings(
        quote=quoted.quote.quote if quoted and quoted.quote else None,
        quote_failed=quoted is not None and not quoted.success,
        has_travel=TRAVEL in found and found[TRAVEL].success,
        answers=tuple(answers),
        taken=_promise(found.get(TAKE_MESSAGE)),
        promised=_promise(found.get(TRANSFER)),
    )


def _promise(result: ToolResult | None) -> str | None:
    """By when a person answers, in words that end a sentence; '' when the tool failed."""
    if result is None:
        return None
    return str(result.result.get("promise", "")) if result.success else ""
