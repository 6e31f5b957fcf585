"""The shapes say what the handlers do: what fits is taken, what does not is refused."""

from typing import Any

import jsonschema_rs
import pytest

from gateway.api import openapi, orchestrator, quotes

ROUTES = (*quotes.ROUTES, *openapi.ROUTES, *orchestrator.routes(None))


def schema_of(document: dict[str, Any], name: str) -> jsonschema_rs.Validator:
    root = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    return jsonschema_rs.Draft202012Validator(root, validate_formats=True)


@pytest.fixture
def document(context):
    return openapi.document(context.business, "http://127.0.0.1:8080")


@pytest.fixture
async def client(serve):
    return await serve(ROUTES)


PARTIES = [
    ({"adults": 10}, True),
    ({"adults": 10, "children": None, "zip": None, "miles": 1.5}, True),
    ({"adults": 10, "proteins": {"chicken": 3}, "addons": {}, "zip": "95125"}, True),
    ({"adults": 10, "event_date": "2999-12-31"}, True),
    ({}, False),
    ({"adults": 0}, False),
    ({"adults": 101}, False),
    ({"adults": "10"}, False),
    ({"adults": 10, "children": 51}, False),
    ({"adults": 10, "toddlers": -1}, False),
    ({"adults": 10, "proteins": {"unicorn": 1}}, False),
    ({"adults": 10, "proteins": {"chicken": 1.5}}, False),
    ({"adults": 10, "proteins": {"chicken": 1001}}, False),
    ({"adults": 10, "addons": []}, False),
    ({"adults": 10, "miles": 1, "zip": "95125"}, False),
    ({"adults": 10, "miles": -1}, False),
    ({"adults": 10, "miles": 10_001}, False),
    ({"adults": 10, "zip": "9512"}, False),
    ({"adults": 10, "zip": 95125}, False),
    ({"adults": 10, "event_date": "31.12.2999"}, False),
    ({"adults": 10, "total_cents": 1}, False),
]


@pytest.mark.parametrize(("party", "fits"), PARTIES)
async def test_a_party_that_fits_is_priced_and_no_other(client, document, tokens, party, fits):
    assert schema_of(document, "Party").is_valid(party) == fits
    async with client.post("/v1/quotes", json=party, headers=tokens["agent"]) as response:
        assert response.status == (200 if fits else 422)
        answer = await response.json()
    schema_of(document, "Quote" if fits else "Error").validate(answer)


INQUIRIES = [
    ({"message": "hello", "channel": "email"}, True),
    ({"message": "hello", "channel": "sms", "customer_context": None}, True),
    ({"message": "hi", "channel": "sms", "customer_context": {"zipcode": "95125"}}, True),
    ({"message": "hi", "channel": "sms", "customer_context": {"zipcode": None}}, True),
    ({"message": "hi", "channel": "sms", "customer_context": {"zipcode": ""}}, True),
    ({"message": "", "channel": "sms"}, False),
    ({"message": " \n", "channel": "sms"}, False),
    ({"message": "x" * 4001, "channel": "sms"}, False),
    ({"message": "hello", "channel": "pigeon"}, False),
    ({"message": "hello", "channel": ["sms"]}, False),
    ({"message": 1, "channel": "sms"}, False),
    ({"message": "hello"}, False),
    ({"channel": "sms"}, False),
    ({"message": "hello", "channel": "sms", "total": 1}, False),
    ({"message": "hello", "channel": "sms", "conversation_id": "1"}, False),
    ({"message": "hello", "channel": "sms", "customer_context": []}, False),
    ({"message": "hello", "channel": "sms", "customer_context": False}, False),
    ({"message": "hello", "channel": "sms", "customer_context": {"age": "1"}}, False),
    ({"message": "hello", "channel": "sms", "customer_context": {"name": 1}}, False),
    ({"message": "hello", "channel": "sms", "customer_context": {"zipcode": "9"}}, False),
]


@pytest.mark.parametrize(("inquiry", "fits"), INQUIRIES)
async def test_an_inquiry_that_fits_is_answered_and_no_other(
    client, document, tokens, inquiry, fits
):
    assert schema_of(document, "Inquiry").is_valid(inquiry) == fits
    path = f"{orchestrator.PREFIX}/process"
    async with client.post(path, json=inquiry, headers=tokens["agent"]) as response:
        assert response.status == (200 if fits else 422)
        answer = await response.json()
    schema_of(document, "Reply" if fits else "Error").validate(answer)


async def test_answers_in_a_batch_fit_one_by_one(client, document, tokens):
    path = f"{orchestrator.PREFIX}/batch-process"
    inquiries = [{"message": "How much for 10 adults?", "channel": "email"}, {}, 1, None]
    async with client.post(
        path, json={"inquiries": inquiries}, headers=tokens["agent"]
    ) as response:
        assert response.status == 200
        answer = await response.json()
    schema_of(document, "Replies").validate(answer)
    assert [each["success"] for each in answer["results"]] == [True, False, False, False]


@pytest.mark.parametrize(
    ("path", "shape"), [("config", "Config"), ("health", "Health"), ("tools", "Tools")]
)
async def test_what_is_only_read_fits_its_shape(client, document, tokens, path, shape):
    async with client.get(f"{orchestrator.PREFIX}/{path}", headers=tokens["viewer"]) as response:
        assert response.status == 200
        schema_of(document, shape).validate(await response.json())


async def test_a_refusal_fits_its_shape(client, document):
    for path in ("/v1/quotes", "/v1/nothing", f"{orchestrator.PREFIX}/config"):
        async with client.get(path) as response:
            assert response.status in (401, 404, 405)
            schema_of(document, "Error").validate(await response.json())
