"""GET /v1/openapi.json: every /v1 route described in OpenAPI 3.1, names of the menu included.

The description is made from the limits and the menu that the handlers themselves check against,
so that a body which fits it is accepted and one which does not is refused.
"""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from aiohttp import web

from gateway.api import calls, orchestrator
from gateway.api.access import ANYONE, needs
from gateway.api.schemas import CALL_STATUS, UUID, Schema, array, record, reference, schemas
from gateway.context import CONTEXT
from pipeline.business.document import Business

_ERRORS: Mapping[int, str] = {
    400: "The body is not the JSON it should be.",
    401: "No token, or one that nobody holds.",
    403: "The token's role may not do this.",
    404: "There is nothing of this id.",
    409: "The conversation, or the same Idempotency-Key, is being answered: try again.",
    413: "The body is too large.",
    422: "Some fields are not valid; `fields` says which and why.",
    503: "Not available at the moment: try again.",
}
_RETRIED = (503,)

_REPLAYED: Schema = {
    "Idempotency-Replayed": {
        "description": "true when this key had its answer already.",
        "schema": {"const": "true"},
    }
}
_IDEMPOTENCY_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A repeat under the same key gets the first one's answer and does nothing.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": orchestrator.LONGEST_KEY,
        "pattern": "^[!-~]+$",
    },
}
_PARTY_EXAMPLE: Schema = {
    "adults": 10,
    "proteins": {"filet_mignon": 10, "chicken": 10},
    "addons": {"gyoza": 2},
    "zip": "95125",
}
_INQUIRY_EXAMPLE: Schema = {
    "message": "How much is hibachi for 10 adults in 95125?",
    "channel": "email",
    "customer_context": {"name": "Ann Example", "email": "ann@example.com"},
}


@needs(ANYONE)
async def show(request: web.Request) -> web.Response:
    """The description, with the business's own names."""
    context = request.app[CONTEXT]
    return web.json_response(document(context.business, context.settings.public_url))


ROUTES = (web.get("/v1/openapi.json", show),)


def document(business: Business, public_url: str) -> dict[str, Any]:
    """The whole description of the API as this business offers it."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"Concierge of {business.name}",
            "version": version("concierge"),
            "description": "Exact quotes, checked answers to inquiries, and the record of calls.",
        },
        "servers": [{"url": public_url}],
        "security": [{"token": []}],
        "paths": {
            **_quote_paths(),
            **_call_paths(),
            **_orchestrator_paths(),
            **_own_path(),
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas(business),
            "responses": {
                **{str(status): _error(status) for status in _ERRORS},
                "Error": {
                    "description": "Any other refusal.",
                    "content": _json(reference("Error")),
                },
            },
        },
    }


def _quote_paths() -> dict[str, Any]:
    create = _operation("createQuote", "Price a party. Role: agent.", "Quote", 400, 403, 413, 422)
    create["requestBody"] = _body(reference("Party"), _PARTY_EXAMPLE)
    create["responses"]["200"]["links"] = {
        "quote": {
            "operationId": "showQuote",
            "parameters": {"quote_id": "$response.body#/quote_id"},
        }
    }
    show_quote = _operation("showQuote", "A quote as it was given. Role: viewer.", "Quote", 404)
    show_quote["parameters"] = [_in_path("quote_id", UUID)]
    return {"/v1/quotes": {"post": create}, "/v1/quotes/{quote_id}": {"get": show_quote}}


def _call_paths() -> dict[str, Any]:
    newest = _operation("listCalls", "Calls, the newest first. Role: viewer.", "Calls", 404, 422)
    newest["parameters"] = [
        _in_query("status", array(CALL_STATUS), "Of these states only; may be given repeatedly."),
        _in_query("limit", {"type": "integer", "minimum": 1, "maximum": calls.LARGEST_PAGE}, ""),
        _in_query("before", UUID, "The `next` of a page: give the page after it."),
        _in_query(
            "provider_id",
            {"type": "string", "pattern": calls.PROVIDER_ID},
            "The carrier's id of the call: a CallSid, say.",
        ),
    ]
    newest["responses"]["200"]["links"] = {
        "call": {
            "operationId": "showCall",
            "parameters": {"call_id": "$response.body#/calls/0/call_id"},
        }
    }
    show_call = _operation("showCall", "A call and what was said. Role: viewer.", "Call", 404)
    show_call["parameters"] = [_in_path("call_id", UUID)]
    message = _operation("playMessage", "A message spoken for staff. Role: viewer.", "Error", 404)
    message["parameters"] = [
        _in_path("call_id", UUID),
        _in_path("number", {"type": "integer", "minimum": 1, "maximum": 999_999}),
    ]
    message["responses"]["200"]["content"] = {"audio/wav": {}}
    return {
        "/v1/calls": {"get": newest},
        "/v1/calls/{call_id}": {"get": show_call},
        "/v1/calls/{call_id}/messages/{number}": {"get": message},
    }


def _in_path(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(name: str, schema: Schema, about: str) -> Schema:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "schema": schema,
        **({"description": about} if about else {}),
    }


def _orchestrator_paths() -> dict[str, Any]:
    config = _operation("showConfig", "What answers, from which prices. Role: viewer.", "Config")
    health = _operation("showHealth", "Whether inquiries are answered. Role: viewer.", "Health")
    health["responses"]["503"] = {
        "description": "Not here any more, or not now.",
        "content": _json({"anyOf": [reference("Health"), reference("Error")]}),
    }
    tools = _operation("listTools", "What a model may call. Role: viewer.", "Tools")
    return {
        f"{orchestrator.PREFIX}/process": {"post": _process()},
        f"{orchestrator.PREFIX}/batch-process": {"post": _batch_process()},
        f"{orchestrator.PREFIX}/config": {"get": config},
        f"{orchestrator.PREFIX}/health": {"get": health},
        f"{orchestrator.PREFIX}/tools": {"get": tools},
    }


def _process() -> dict[str, Any]:
    summary = "Answer an inquiry; send nothing. Role: agent."
    process = _operation("processInquiry", summary, "Reply", 400, 403, 404, 409, 413, 422)
    process["parameters"] = [_IDEMPOTENCY_KEY]
    process["requestBody"] = _body(reference("Inquiry"), _INQUIRY_EXAMPLE)
    process["responses"]["200"]["headers"] = _REPLAYED
    return process


def _batch_process() -> dict[str, Any]:
    inquiries = {
        "type": "array",
        "minItems": 1,
        "maxItems": orchestrator.LARGEST_BATCH,
        "items": {"anyOf": [reference("Inquiry"), {"description": "Wrong: it fails alone."}]},
    }
    summary = f"Answer up to {orchestrator.LARGEST_BATCH} inquiries, in order. Role: agent."
    process = _operation("processInquiries", summary, "Replies", 400, 403, 409, 413, 422)
    process["parameters"] = [_IDEMPOTENCY_KEY]
    example = {"inquiries": [_INQUIRY_EXAMPLE]}
    process["requestBody"] = _body(record({"inquiries": inquiries}), example)
    process["responses"]["200"]["headers"] = _REPLAYED
    return process


def _own_path() -> dict[str, Any]:
    described = _operation("showDescription", "This description. Needs no token.", "Description")
    described["security"] = []
    del described["responses"]["401"]
    return {"/v1/openapi.json": {"get": described}}


def _operation(operation_id: str, summary: str, answer: str, *refusals: int) -> dict[str, Any]:
    """An operation that answers 200 with the shape `answer`, or refuses in one of these ways."""
    refused = sorted({401, *refusals, *_RETRIED})
    return {
        "operationId": operation_id,
        "summary": summary,
        "responses": {
            "200": {"description": "As asked.", "content": _json(reference(answer))},
            **{str(each): {"$ref": f"#/components/responses/{each}"} for each in refused},
            "default": {"$ref": "#/components/responses/Error"},
        },
    }


def _error(status: int) -> Schema:
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = {"schema": {"type": "string"}}
    if status in _RETRIED:
        headers["Retry-After"] = {"schema": {"type": "integer"}}
    return {
        "description": _ERRORS[status],
        "headers": headers,
        "content": _json(reference("Error")),
    }


def _body(schema: Schema, example: Schema) -> Schema:
    return {
        "required": True,
        "content": {"application/json": {"schema": schema, "example": example}},
    }


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}
