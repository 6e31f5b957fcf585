"""GET /v1/openapi.json: every /v1 route described in OpenAPI 3.1, names of the menu included.

The description is made from the limits and the menu that the handlers themselves check against,
so that a body which fits it is accepted and one which does not is refused.
"""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from aiohttp import web

from gateway.api import orchestrator
from gateway.api.access import ANYONE, needs
from gateway.context import CONTEXT
from pipeline.business.document import Business
from pipeline.quote.party import MAX_MILES, MAX_PORTIONS

Schema = Mapping[str, Any]

_CENTS: Schema = {"type": "integer", "minimum": 0}
_WORDS: Schema = {"type": "array", "items": {"type": "string"}}
_UUID: Schema = {"type": "string", "format": "uuid"}

_ERRORS: Mapping[int, str] = {
    400: "The body is not the JSON it should be.",
    401: "No token, or one that nobody holds.",
    403: "The token's role may not do this.",
    404: "There is nothing of this id.",
    409: "The conversation, or the same Idempotency-Key, is being answered: try again.",
    413: "The body is too large.",
    422: "Some fields are not valid; `fields` says which and why.",
    429: "Too many requests: try again after Retry-After seconds.",
    503: "Not available at the moment: try again.",
}
_RETRIED = (429, 503)


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
            "description": "Exact quotes, and checked answers to inquiries.",
        },
        "servers": [{"url": public_url}],
        "security": [{"token": []}],
        "paths": {**_quote_paths(business), **_orchestrator_paths(business), **_own_path()},
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(),
            "responses": {str(status): _error(status) for status in _ERRORS}
            | {"Error": {"description": "Any other refusal.", "content": _json(_ref("Error"))}},
        },
    }


def _quote_paths(business: Business) -> dict[str, Any]:
    link = {
        "operationId": "showQuote",
        "parameters": {"quote_id": "$response.body#/quote_id"},
    }
    create = _operation("createQuote", "Price a party. Role: agent.", 400, 403, 413, 422)
    create["requestBody"] = _body(_party(business), PARTY_EXAMPLE)
    create["responses"]["200"] = _answer("The quote, stored.", "Quote") | {"links": {"quote": link}}
    show_quote = _operation("showQuote", "A quote as it was given. Role: viewer.", 404)
    show_quote["parameters"] = [
        {"name": "quote_id", "in": "path", "required": True, "schema": _UUID}
    ]
    show_quote["responses"]["200"] = _answer("The quote.", "Quote")
    return {"/v1/quotes": {"post": create}, "/v1/quotes/{quote_id}": {"get": show_quote}}


def _orchestrator_paths(business: Business) -> dict[str, Any]:
    inquiry = _inquiry(business)
    batch = _object(
        {
            "inquiries": {
                "type": "array",
                "minItems": 1,
                "maxItems": orchestrator.LARGEST_BATCH,
                "items": {},
                "description": "Each as for /process; one that is wrong fails alone.",
            }
        }
    )
    process = _operation(
        "processInquiry", "Answer an inquiry; send nothing. Role: agent.", 400, 403, 404, 409, 413, 422
    )
    process["parameters"] = [_IDEMPOTENCY_KEY]
    process["requestBody"] = _body(inquiry, INQUIRY_EXAMPLE)
    process["responses"]["200"] = _answer("The answer, checked.", "Reply") | _REPLAYED
    many = _operation(
        "processInquiries", "Answer up to 50 inquiries. Role: agent.", 400, 403, 409, 413, 422
    )
    many["parameters"] = [_IDEMPOTENCY_KEY]
    many["requestBody"] = _body(batch, {"inquiries": [INQUIRY_EXAMPLE]})
    many["responses"]["200"] = _answer("The answers, in order.", "Replies") | _REPLAYED
    config = _operation("showConfig", "What answers, and from which prices. Role: viewer.")
    config["responses"]["200"] = _answer("As of now.", "Config")
    health = _operation("showHealth", "Whether inquiries are answered. Role: viewer.")
    health["responses"]["200"] = _answer("They are.", "Health")
    health["responses"]["503"] = _answer("Not here, or not any more.", "Health")
    tools = _operation("listTools", "What a model may call. Role: viewer.")
    tools["responses"]["200"] = _answer("As the model sees them.", "Tools")
    return {
        f"{orchestrator.PREFIX}/process": {"post": process},
        f"{orchestrator.PREFIX}/batch-process": {"post": many},
        f"{orchestrator.PREFIX}/config": {"get": config},
        f"{orchestrator.PREFIX}/health": {"get": health},
        f"{orchestrator.PREFIX}/tools": {"get": tools},
    }


def _own_path() -> dict[str, Any]:
    described = {
        "operationId": "showDescription",
        "summary": "This description. Needs no token.",
        "security": [],
        "responses": {
            "200": {"description": "OpenAPI 3.1.", "content": _json({"type": "object"})},
            "default": {"$ref": "#/components/responses/Error"},
        },
    }
    return {"/v1/openapi.json": {"get": described}}
