"""The functions a model may call, and what each may be given.

Hard here: a model's arguments are input from a stranger. An unknown argument, a wrong type or a
missing one is an error returned as data, so that the model can mend its call. No tool takes a
price, a distance or a telephone number: those come from the rules and the records alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, get_args
from zoneinfo import ZoneInfo

from pipeline.business.document import Business
from pipeline.call.status import CALL_CHANNEL
from pipeline.errors import InvalidFields
from pipeline.ids import QuoteId
from pipeline.inquiry.escalation import OURS, Reason
from pipeline.inquiry.facts import Facts
from pipeline.inquiry.policy import promise
from pipeline.inquiry.vocabulary import INVALID_ARGUMENTS, KnownQuote, ToolCall, ToolResult
from pipeline.knowledge import search
from pipeline.quote.quote import Party, Quote, party_from_json, price, tool_result
from pipeline.quote.travel import TravelReason

QUOTE = "calculate_party_quote"
TRAVEL = "calculate_travel_fee"
PROTEINS = "calculate_protein_costs"
SEARCH = "search_knowledge"
TAKE_MESSAGE = "take_message"
TRANSFER = "transfer_to_person"
SEND_TEXT = "send_text_message"
END = "end_call"

TEXT_KINDS = ("quote", "booking")

TEXT_LIMIT = 2000
"""Characters of a text argument."""

_FIELDS = MappingProxyType(
    {
        "adults": "adults",
        "children": "children",
        "toddlers": "toddlers",
        "protein_selections": "proteins",
        "addons": "addons",
        "event_zipcode": "zip",
        "event_date": "event_date",
    }
)
"""Argument to the field of a party it fills."""
_ARGUMENTS = {field: argument for argument, field in _FIELDS.items()}

Schema = Mapping[str, Any]
_Ran = tuple[Mapping[str, Any], KnownQuote | None]


@dataclass(frozen=True, slots=True)
class Tool:
    """A function a model may call."""

    description: str
    """What it does and when to call it, for the model."""
    properties: Callable[[Business], Schema]
    """Its arguments as JSON Schema properties, for this business."""
    required: tuple[str, ...]
    run: "Callable[[Business, Mapping[str, Any], datetime, QuoteId], _Ran]"
    """Called with arguments whose names are right; raises InvalidFields for their values."""


def specs(business: Business, channel: str, *, written: bool = False) -> tuple[Schema, ...]:
    """Every tool as a Chat Completions function tool, strict where no argument is optional.

    On the phone with the tools of a call, unless it is one that is `written` about.
    """
    on_call = channel == CALL_CHANNEL and not written
    return tuple(
        {"type": "function", "function": _function(name, tool, business, channel)}
        for name, tool in _table(on_call=on_call).items()
    )


def _table(*, on_call: bool) -> "Mapping[str, Tool]":
    return {**TOOLS, **CALL_TOOLS} if on_call else TOOLS


def _function(name: str, tool: Tool, business: Business, channel: str) -> Schema:
    properties = tool.properties(business)
    found = {
        "name": name,
        "description": tool.description.format(channel=channel.replace("_", " ")),
        "parameters": {
            "type": "object",
            "properties": properties,
            "required": list(tool.required),
            "additionalProperties": False,
        },
    }
    return found | ({"strict": True} if set(tool.required) == set(properties) else {})


def run(
    business: Business,
    call: ToolCall,
    now: datetime,
    quote_id: QuoteId,
    *,
    on_call: bool = False,
) -> ToolResult:
    """Carry out a call. `quote_id` is used where a quote is made. Never raises for bad input:
    `success` is False and `result` is {"error", "fields"}, the problem of each argument.

    Of CALL_TOOLS, which there are `on_call` only, this checks the arguments: the shell does them.
    """
    try:
        tool = _table(on_call=on_call).get(call.name)
        if tool is None:
            raise InvalidFields({"name": f"there is no tool {call.name[:60]!r}"})
        result, quote = tool.run(business, _checked(call, tool, business), now, quote_id)
    except InvalidFields as problem:
        return ToolResult(call, {"error": str(problem), "fields": problem.fields}, success=False)
    return ToolResult(call, result, success=True, quote=quote)


def _checked(call: ToolCall, tool: Tool, business: Business) -> Mapping[str, Any]:
    """The arguments, null ones left out. Raises InvalidFields for names that are wrong."""
    if INVALID_ARGUMENTS in call.arguments:
        raise InvalidFields({"arguments": "must be one JSON object"})
    known = tool.properties(business)
    given = {name: value for name, value in call.arguments.items() if value is not None}
    problems = {name: "is required" for name in tool.required if name not in given}
    allowed = f"unknown argument; there are {', '.join(known)}"
    problems |= {name[:60]: allowed for name in call.arguments if name not in known}
    if problems:
        raise InvalidFields(problems)
    return given


def _text(arguments: Mapping[str, Any], name: str) -> str:
    value = arguments[name]
    if not isinstance(value, str) or not value.strip():
        raise InvalidFields({name: "must be a text that is not empty"})
    if len(value) > TEXT_LIMIT:
        raise InvalidFields({name: f"must have at most {TEXT_LIMIT} characters"})
    return value.strip()


# --- prices ----------------------------------------------------------------------------------


def _party(business: Business, arguments: Mapping[str, Any], now: datetime) -> Party:
    today = now.astimezone(ZoneInfo(business.timezone)).date()
    fields = {_FIELDS[name]: value for name, value in arguments.items()}
    try:
        return party_from_json(business.prices, fields, today, allow_miles=False)
    except InvalidFields as problem:
        named = {_ARGUMENTS[field]: what for field, what in problem.fields.items()}
        raise InvalidFields(named) from problem


def _priced(business: Business, arguments: Mapping[str, Any], now: datetime) -> tuple[Party, Quote]:
    party = _party(business, arguments, now)
    return party, price(business.prices, party, now, business.timezone)


def _quote(
    business: Business, arguments: Mapping[str, Any], now: datetime, quote_id: QuoteId
) -> _Ran:
    party, quote = _priced(business, arguments, now)
    return tool_result(quote, quote_id), KnownQuote(quote_id, party, quote)


def _travel(
    business: Business, arguments: Mapping[str, Any], now: datetime, quote_id: QuoteId
) -> _Ran:
    """The way alone: priced with one guest, who changes nothing about it."""
    _, quote = _priced(business, {"adults": 1, **arguments}, now)
    whole = tool_result(quote, quote_id)
    reasons = [reason for reason in quote.reasons if reason in get_args(TravelReason)]
    return {
        "event_zipcode": arguments["event_zipcode"],
        "travel_fee": whole["travel_fee"],
        "travel_status": whole["travel_status"],
        "lines": [line for line in whole["lines"] if line["code"] == "travel"],
        "needs_staff": bool(reasons),
        "reasons": reasons,
    }, None


def _proteins(
    business: Business, arguments: Mapping[str, Any], now: datetime, quote_id: QuoteId
) -> _Ran:
    _, quote = _priced(business, arguments, now)
    whole = tool_result(quote, quote_id)
    return {
        "protein_upgrades": whole["protein_upgrades"],
        "extra_proteins": whole["extra_proteins"],
        "lines": [
            line
            for line in whole["lines"]
            if line["code"] == "extra_proteins" or line["code"].startswith("upgrade:")
        ],
    }, None


def learned(business: Business, result: ToolResult, facts: Facts, now: datetime) -> Facts:
    """What a successful pricing call tells about the party: its arguments passed the checks."""
    if not result.success or result.call.name not in (QUOTE, TRAVEL, PROTEINS):
        return facts
    given = {name: value for name, value in result.call.arguments.items() if value is not None}
    party = _party(business, {"adults": 1, **given}, now)
    return facts.learn(**{_FIELDS[name]: getattr(party, _FIELDS[name]) for name in given})


# --- words and people ------------------------------------------------------------------------


def _search(business: Business, arguments: Mapping[str, Any], _: datetime, __: QuoteId) -> _Ran:
    found = search(business.knowledge, _text(arguments, "query"))
    return {
        "entries": [
            {"id": entry.entry_id, "question": entry.question, "answer": entry.answer}
            for entry in found
        ]
    }, None


def _take_message(
    business: Business, arguments: Mapping[str, Any], now: datetime, _: QuoteId
) -> _Ran:
    _text(arguments, "text")
    return {"taken": True, "promise": promise(business, now).words}, None


def _transfer(business: Business, arguments: Mapping[str, Any], now: datetime, _: QuoteId) -> _Ran:
    """Any wording of the reason will do: nobody is kept from a person by a misspelling."""
    _text(arguments, "reason")
    return {"accepted": True, "promise": promise(business, now).words}, None


def _call_back(business: Business, arguments: Mapping[str, Any], now: datetime, _: QuoteId) -> _Ran:
    """A transfer, where nobody can be put through: what is promised is a call back."""
    _text(arguments, "reason")
    words = promise(business, now).words
    return {"accepted": True, "put_through": False, "promise": words}, None


def _send_text(_: Business, arguments: Mapping[str, Any], __: datetime, ___: QuoteId) -> _Ran:
    kind = arguments["kind"]
    if kind not in TEXT_KINDS:
        raise InvalidFields({"kind": f"must be one of {', '.join(TEXT_KINDS)}"})
    if kind != "quote":
        raise InvalidFields({"kind": f"there is no {kind} to text: only staff make bookings"})
    return {"kind": kind}, None


def _end(_: Business, __: Mapping[str, Any], ___: datetime, ____: QuoteId) -> _Ran:
    return {"ending": True}, None


# --- the table -------------------------------------------------------------------------------


def _count(most: int, about: str, least: int = 0) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most, "description": about}


def _portions(names: Mapping[str, Any], about: str) -> Schema:
    return {
        "type": "object",
        "description": about,
        "properties": {name: {"type": "integer", "minimum": 0} for name in names},
        "additionalProperties": False,
    }


def _guest_properties(business: Business) -> dict[str, Any]:
    rules = business.prices
    child_ages = f"ages {rules.child_free_max_age + 1} to {rules.adult_min_age - 1}"
    return {
        "adults": _count(rules.max_adults, f"guests of {rules.adult_min_age} and over", least=1),
        "children": _count(rules.max_children, f"guests {child_ages}"),
        "toddlers": _count(rules.max_toddlers, f"guests of {rules.child_free_max_age} and under"),
        "protein_selections": _portions(
            rules.proteins, "portions of each protein, only as the customer chose them"
        ),
    }


_ZIP: Schema = {"type": "string", "description": "five-digit ZIP of the party's place"}


def _quote_properties(business: Business) -> Schema:
    return _guest_properties(business) | {
        "addons": _portions(business.prices.addons, "servings of each paid side"),
        "event_zipcode": _ZIP,
        "event_date": {"type": "string", "description": "date of the party, YYYY-MM-DD"},
    }


def _reason_property(_: Business) -> Schema:
    about = f"why, if possible one of: {', '.join(each for each in Reason if each not in OURS)}"
    return {"reason": {"type": "string", "description": about}}


TOOLS: Mapping[str, Tool] = MappingProxyType(
    {
        QUOTE: Tool(
            "Price a whole party exactly. Call it before naming any price for a party, and again"
            " whenever guests, proteins, sides, place or date change.",
            _quote_properties,
            ("adults",),
            _quote,
        ),
        TRAVEL: Tool(
            "The travel fee to a ZIP, where only that is asked.",
            lambda _: {"event_zipcode": _ZIP},
            ("event_zipcode",),
            _travel,
        ),
        PROTEINS: Tool(
            "What premium proteins and extra portions add for a party, where only that is asked.",
            _guest_properties,
            ("adults", "protein_selections"),
            _proteins,
        ),
        SEARCH: Tool(
            "Look up what the business has written down: menu, policies, area, what is included."
            " Answer such questions only from its entries.",
            lambda _: {"query": {"type": "string", "description": "the question in a few words"}},
            ("query",),
            _search,
        ),
        TAKE_MESSAGE: Tool(
            "Leave a message for the staff, once the customer has said what to pass on.",
            lambda _: {"text": {"type": "string", "description": "the message, in full"}},
            ("text",),
            _take_message,
        ),
        TRANSFER: Tool(
            "Ask a person to take over this {channel} conversation. Call it at once when the"
            " customer asks for a person or the matter is one for staff.",
            _reason_property,
            ("reason",),
            _transfer,
        ),
    }
)
"""Every tool by name, in the order the model sees them: those of a written turn."""

CALL_TOOLS: Mapping[str, Tool] = MappingProxyType(
    {
        TRANSFER: Tool(
            "Ask a person to call this caller back. Call it at once when the caller asks for a"
            " person or the matter is one for staff. Nobody can be put through during this call,"
            " so never say that you are transferring or connecting: say when a person calls back,"
            " as the result tells you.",
            _reason_property,
            ("reason",),
            _call_back,
        ),
        SEND_TEXT: Tool(
            "Text the caller's current quote to the number they are calling from, once they have"
            " said yes to it. It takes no number: no text goes anywhere else.",
            lambda _: {
                "kind": {"type": "string", "enum": [*TEXT_KINDS], "description": "what to text"}
            },
            ("kind",),
            _send_text,
        ),
        END: Tool(
            "Hang up. Call it only after the caller has said goodbye or that they need nothing"
            " more, and after you have said goodbye yourself.",
            lambda _: {},
            (),
            _end,
        ),
    }
)
"""What there is only on a live call, or is another thing there."""
