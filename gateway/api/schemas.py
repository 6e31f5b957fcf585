"""The shapes of what goes into the API and what comes out, as JSON Schema."""

from collections.abc import Mapping
from typing import Any, get_args

from gateway.api.orchestrator import CUSTOMER_FIELDS, LONGEST_MESSAGE
from pipeline.business.document import Business
from pipeline.call.status import CallStatus, Direction
from pipeline.call.turns import Speaker
from pipeline.quote.party import MAX_MILES, MAX_PORTIONS
from pipeline.quote.travel import TravelReason, TravelStatus

Schema = Mapping[str, Any]

UUID: Schema = {"type": "string", "format": "uuid"}
REASONS = ("large_party", *get_args(TravelReason), "under_48_hours")

CALL_STATUS: Schema = {"type": "string", "enum": [status.value for status in CallStatus]}

_TEXT: Schema = {"type": "string"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_CENTS: Schema = {"type": "integer", "minimum": 0}


def schemas(business: Business) -> dict[str, Schema]:
    """Every shape that has a name; what goes in depends on the business's menu and channels."""
    return {"Party": _party(business), "Inquiry": _inquiry(business), **_OUT}


def reference(name: str) -> Schema:
    """The shape of this name."""
    return {"$ref": f"#/components/schemas/{name}"}


def record(fields: Schema, *, optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """An object of these fields and no others; all of them required but the optional ones."""
    return {
        "type": "object",
        "properties": fields,
        "required": [name for name in fields if name not in optional],
        "additionalProperties": False,
    }


def _or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def array(of: Schema) -> Schema:
    """A list of these."""
    return {"type": "array", "items": of}


def _party(business: Business) -> Schema:
    """What pipeline.quote.party accepts; null means that it is not given."""
    rules = business.prices
    fields = {
        "adults": _whole(1, rules.max_adults),
        "children": _or_null(_whole(0, rules.max_children)),
        "toddlers": _or_null(_whole(0, rules.max_toddlers)),
        "proteins": _portions(rules.proteins),
        "addons": _portions(rules.addons),
        "miles": _or_null({"type": "number", "minimum": 0, "maximum": MAX_MILES}),
        "zip": _or_null({"type": "string", "pattern": "^[0-9]{5}$"}),
        "event_date": _or_null(
            {"type": "string", "format": "date", "description": "Today or later, where we are."}
        ),
    }
    party = record(fields, optional=tuple(fields)[1:])
    both = {"miles": {"type": "number"}, "zip": _TEXT}
    party["not"] = {"properties": both, "required": ["miles", "zip"]}
    return party


def _whole(least: int, most: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def _portions(menu: Mapping[str, object]) -> Schema:
    return {
        "type": ["object", "null"],
        "properties": {name: _whole(0, MAX_PORTIONS) for name in menu},
        "additionalProperties": False,
    }


def _inquiry(business: Business) -> Schema:
    """What the orchestrator accepts as one inquiry."""
    customer = {
        "name": _or_null(_TEXT),
        "email": _or_null(_TEXT),
        "phone": _or_null(_TEXT),
        "zipcode": _or_null({"type": "string", "pattern": "^([0-9]{5})?$"}),
    }
    fields = {
        "message": {
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_MESSAGE,
            "pattern": r"\S",
        },
        "channel": {"type": "string", "enum": sorted(business.manners)},
        "customer_context": _or_null(record(customer, optional=CUSTOMER_FIELDS)),
        "conversation_id": _or_null(UUID),
    }
    return record(fields, optional=("customer_context", "conversation_id"))


_LINE = record(
    {
        "code": {
            "type": "string",
            "pattern": "^(adults|children|toddlers|upgrade:[a-z0-9_]+|extra_proteins"
            "|addon:[a-z0-9_]+|minimum_adjustment|travel)$",
        },
        "label": _TEXT,
        "quantity": {"type": "integer", "minimum": 1},
        "unit_cents": _CENTS,
        "amount_cents": _CENTS,
    }
)

_QUOTE = record(
    {
        "quote_id": UUID,
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "lines": array(_LINE),
        "base_cents": _CENTS,
        "upgrades_cents": _CENTS,
        "extra_proteins_cents": _CENTS,
        "addons_cents": _CENTS,
        "food_cents": _CENTS,
        "minimum_adjustment_cents": _CENTS,
        "travel_cents": _or_null(_CENTS),
        "travel_status": {"enum": list(get_args(TravelStatus))},
        "total_cents": _CENTS,
        "deposit_cents": _CENTS,
        "balance_cents": _CENTS,
        "gratuity_low_cents": _CENTS,
        "gratuity_high_cents": _CENTS,
        "payment_fee_notes": array(_TEXT),
        "needs_staff": {"type": "boolean"},
        "reasons": array({"enum": list(REASONS)}),
        "business_version": {"type": "integer"},
        "valid_until": _TIME,
    }
)

_REPLY = record(
    {
        "success": {"const": True},
        "response": _TEXT,
        "tools_used": array(
            record(
                {
                    "tool_name": _TEXT,
                    "parameters": {"type": "object"},
                    "result": {"type": "object"},
                    "execution_time_ms": {"type": "number"},
                    "success": {"type": "boolean"},
                }
            )
        ),
        "conversation_id": UUID,
        "requires_admin_review": {"type": "boolean"},
        "metadata": {
            "type": "object",
            "properties": {
                "model": _TEXT,
                "execution_time_ms": {"type": "number"},
                "tools_count": {"type": "integer"},
            },
            "required": ["model", "execution_time_ms", "tools_count"],
        },
    }
)

_COUNT: Schema = {"type": "integer", "minimum": 0}

_CALL_FIELDS: Schema = {
    "call_id": UUID,
    "conversation_id": UUID,
    "provider": _TEXT,
    "provider_id": _TEXT,
    "direction": {"enum": list(get_args(Direction))},
    "status": CALL_STATUS,
    "live": {
        "type": ["boolean", "null"],
        "description": "Whether it goes on at this moment; null while that cannot be said.",
    },
    "caller": {**_or_null(_TEXT), "description": "E.164; null when withheld."},
    "callee": _TEXT,
    "forwarded_from": _or_null(_TEXT),
    "answered_by": {**_or_null(_TEXT), "description": "model:NAME or attendant."},
    "model_failed": {"type": "boolean"},
    "streams": {**_COUNT, "description": "More than one: it was lost and taken up again."},
    "business_version": _or_null({"type": "integer"}),
    "end_reason": _or_null(_TEXT),
    "outcome": _or_null(_TEXT),
    "summary": _or_null(_TEXT),
    "quote_ids": {**array(UUID), "description": "Given to this caller while the call lasted."},
    "usage": {
        "type": "object",
        "additionalProperties": {"type": "number"},
        "description": "Tokens by kind.",
    },
    "cost_usd": {
        **_or_null({"type": "number", "minimum": 0}),
        "description": "Of the model; null when its price is not known.",
    },
    "timings": array(
        {
            "type": "object",
            "properties": {"stream": {"type": "integer", "minimum": 1}},
            "required": ["stream"],
        }
    ),
    "seconds": {**_or_null(_COUNT), "description": "As the carrier counts them."},
    "created_at": _TIME,
    "answered_at": _or_null(_TIME),
    "ended_at": _or_null(_TIME),
}

_TURN = record(
    {
        "stream": {"type": "integer", "minimum": 1},
        "position": _COUNT,
        "item_id": _TEXT,
        "speaker": {"enum": list(get_args(Speaker))},
        "text": {**_TEXT, "description": "As far as it was heard."},
        "at_ms": {"type": "integer", "description": "Since the media socket was opened."},
        "heard_ms": _or_null(_COUNT),
        "whole_ms": _COUNT,
        "interrupted": {"type": "boolean"},
        "at": _TIME,
    }
)

_SPOKEN_MESSAGE = record(
    {
        "number": {"type": "integer", "minimum": 1},
        "seconds": {"type": "number", "minimum": 0},
        "at": _TIME,
        "audio": {**_TEXT, "description": "Where it can be had as a WAV file."},
    }
)

_FIELDS: Schema = {"type": "object", "additionalProperties": _TEXT}

_OUT: Schema = {
    "Quote": _QUOTE,
    "Calls": record({"calls": array(record(_CALL_FIELDS)), "next": _or_null(UUID)}),
    "Call": record({**_CALL_FIELDS, "turns": array(_TURN), "messages": array(_SPOKEN_MESSAGE)}),
    "Reply": _REPLY,
    "Failure": record(
        {"success": {"const": False}, "error": _TEXT, "fields": _FIELDS},
        optional=("fields",),
    ),
    "Replies": record({"results": array({"oneOf": [reference("Reply"), reference("Failure")]})}),
    "Config": record(
        {
            "model": _TEXT,
            "features": {"type": "object", "additionalProperties": {"type": "boolean"}},
            "business_version": {"type": "integer"},
        }
    ),
    "Health": record({"status": _TEXT, "model": _TEXT, "tools": array(_TEXT)}),
    "Tools": record(
        {
            "tools": array(
                {
                    "type": "object",
                    "properties": {
                        "name": _TEXT,
                        "description": _TEXT,
                        "parameters": {"type": "object"},
                    },
                    "required": ["name", "description", "parameters"],
                }
            )
        }
    ),
    "Description": {"type": "object", "required": ["openapi", "info", "paths"]},
    "Error": record({"error": _TEXT, "fields": _FIELDS}, optional=("fields",)),
}
