"""The description of the API is valid, is about this API, and says what the handlers do."""

import json
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from aiohttp import web

from gateway.api import calls, openapi, orchestrator, quotes
from gateway.api.access import ANYONE, needed_role

HTTP_METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
ROUTES = (*quotes.ROUTES, *calls.ROUTES, *openapi.ROUTES, *orchestrator.routes(None))


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def undescribed(app: web.Application, document: dict[str, Any]) -> set[tuple[str, str]]:
    """What only one of the two knows: routes under /v1 of the app, operations of the document."""
    served = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None
        and route.resource.canonical.startswith("/v1/")
        and route.method in HTTP_METHODS
    }
    return served ^ operations(document).keys()


@pytest.fixture
def document(context):
    return openapi.document(context.business, "http://127.0.0.1:8080")


@pytest.fixture
async def client(serve):
    return await serve(ROUTES)


async def test_it_is_given_to_anybody_and_is_openapi_3_1(client):
    async with client.get("/v1/openapi.json") as response:
        assert response.status == 200
        document = await response.json()
    assert document["openapi"] == "3.1.0"
    schema = schemathesis.openapi.from_dict(document)
    schema.validate()
    found = {each.ok().label for each in schema.get_all_operations()}
    assert len(found) == len(operations(document)) == 11


async def test_it_describes_every_route_and_no_other(client, document):
    assert undescribed(client.app, document) == set()


def test_a_route_that_is_missing_on_either_side_is_found(document):
    app = web.Application()
    app.add_routes([web.get("/v1/new", openapi.show), web.get("/", openapi.show)])
    missing = undescribed(app, document)
    assert ("GET", "/v1/new") in missing
    assert ("POST", "/v1/quotes") in missing
    assert ("GET", "/") not in missing


def test_which_role_an_operation_needs_is_as_it_says(document):
    app = web.Application()
    app.add_routes(ROUTES)
    described = operations(document)
    for route in app.router.routes():
        if route.method == "HEAD" or route.resource is None:
            continue
        role = needed_role(route.handler)
        operation = described[route.method, route.resource.canonical]
        if role == ANYONE:
            assert operation["security"] == []
        else:
            assert f"Role: {role}." in operation["summary"]


def test_every_operation_says_how_it_refuses(document):
    for (_, path), operation in operations(document).items():
        answers = operation["responses"].keys()
        assert {"200", "503", "default"} <= answers
        assert ("401" in answers) == (path != "/v1/openapi.json")
        assert ({"400", "403", "413", "422"} <= answers) == ("requestBody" in operation)


def test_names_of_operations_are_unlike(document):
    names = [operation["operationId"] for operation in operations(document).values()]
    assert len(names) == len(set(names))


def test_examples_fit_their_shapes(document):
    for operation in operations(document).values():
        if "requestBody" in operation:
            body = operation["requestBody"]["content"]["application/json"]
            shape = {**body["schema"], "components": document["components"]}
            jsonschema_rs.validate(shape, body["example"])


def test_it_can_be_written_as_json(document):
    assert json.loads(json.dumps(document)) == document
