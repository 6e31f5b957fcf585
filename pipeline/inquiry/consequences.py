"""What a tool call entails beside its result: a person who is wanted, and what is done once.

The same for a written turn and for a call, so that staff hear of the same things from both.
"""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.inquiry import tools
from pipeline.inquiry.escalation import REASONS, Reason, most_pressing
from pipeline.inquiry.vocabulary import Effect, Escalation, KnownQuote, Priority, ToolResult
from pipeline.quote.dollars import amount_in_digits

_QUOTE_REASONS = {
    "large_party": Reason.LARGE_PARTY,
    "under_48_hours": Reason.SHORT_NOTICE,
    "over_100_miles": Reason.DISTANCE,
    "distance_unknown": Reason.DISTANCE,
}


def escalations(result: ToolResult, said: str) -> tuple[Escalation, ...]:
    """Why a person is wanted after a tool was run; `said` is what the customer said before it."""
    if not result.success:
        return ()
    found = list(_looked_at(result.quote)) if result.quote else []
    if result.call.name == tools.TAKE_MESSAGE:
        found.append(escalation(Reason.MESSAGE_TAKEN, _argument(result, "text")))
    elif result.call.name == tools.TRANSFER:
        given = _argument(result, "reason")
        reason = Reason(given) if given in list(Reason) else Reason.ASKED_FOR_PERSON
        found.append(escalation(reason, f"{said}\n({given})"))
    return tuple(found)


def effects(result: ToolResult) -> tuple[Effect, ...]:
    """What is to be done once after a tool was run."""
    if result.success and result.call.name == tools.TAKE_MESSAGE:
        return (Effect(tools.TAKE_MESSAGE, {"text": _argument(result, "text")}),)
    return ()


def escalation(reason: Reason, note: str, priority: Priority | None = None) -> Escalation:
    """An escalation with its reason's own priority, unless another is given."""
    return Escalation(reason, priority or REASONS[reason], note.strip())


def gathered(found: Sequence[Escalation]) -> Escalation | None:
    """The most pressing, told with the others. One that is open already takes it in."""
    chosen = most_pressing(found)
    if chosen is None:
        return None
    others = [each.note for each in found if each.note not in chosen.note]
    return replace(chosen, note="\n".join([chosen.note, *dict.fromkeys(others)]))


def _looked_at(known: KnownQuote) -> Sequence[Escalation]:
    """A quote that a person must see; that no ZIP was given yet is no reason for it."""
    return [
        escalation(_QUOTE_REASONS[name], f"{name}: {_in_brief(known)}", "medium")
        for name in known.quote.reasons
        if name in _QUOTE_REASONS and (name != "distance_unknown" or known.party.zip)
    ]


def _in_brief(known: KnownQuote) -> str:
    """A quote for staff, in one line."""
    party, quote = known.party, known.quote
    guests = f"{party.adults} adults, {party.children} children, {party.toddlers} toddlers"
    place = f"ZIP {party.zip}" if party.zip else "no ZIP"
    day = party.event_date.isoformat() if party.event_date else "no date"
    return f"{guests}, {place}, {day}: total {amount_in_digits(quote.total_cents)}"


def _argument(result: ToolResult, name: str) -> str:
    return str(result.call.arguments[name]).strip()
