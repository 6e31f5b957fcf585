"""Bodies as strangers send them: each is read in one way, or refused with a reason."""

import gzip
import json

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.api.access import ANYONE, needs
from gateway.api.body import LIMIT, read_json


@needs(ANYONE)
async def echo(request: web.Request) -> web.Response:
    return web.json_response(await read_json(request))


@pytest.fixture
async def client(serve):
    return await serve([web.post("/v1/echo", echo)])


async def sent(client, body, **headers):
    async with client.post("/v1/echo", data=body, headers=headers) as response:
        return response.status, await response.json()


async def test_an_object_is_read_as_it_is(client):
    body = {"adults": 10, "miles": 12.5, "zip": None, "event": "naïve \U0001f363", "deep": [[{}]]}
    assert await sent(client, json.dumps(body).encode()) == (200, body)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "the body is not JSON: Expecting value at line 1 column 1"),
        (b"{", "the body is not JSON"),
        (b'{"a": 1,}', "the body is not JSON"),
        (b'{"a": 1} {"a": 2}', "the body is not JSON: Extra data"),
        (b"{'a': 1}", "the body is not JSON"),
        (b'{"a": "\n"}', "the body is not JSON: Invalid control character"),
        (b"[]", "the body must be a JSON object"),
        (b"null", "the body must be a JSON object"),
        (b'"text"', "the body must be a JSON object"),
        (b'\xef\xbb\xbf{"a": 1}', "the body is not JSON: Unexpected UTF-8 BOM"),
        ('{"a": 1}'.encode("utf-16"), "the body must be UTF-8"),
        ('{"a": 1}'.encode("utf-16-le"), "the body is not JSON"),
        (b'{"a": "\xff"}', "the body must be UTF-8"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": -Infinity}', "-Infinity is not JSON"),
        (b'{"a": 1e999}', "a number is too large"),
        (b'{"a": 9223372036854775808}', "a whole number is beyond 9223372036854775807"),
        (b'{"a": ' + b"9" * 5000 + b"}", "a whole number is beyond"),
        (b'{"a": -' + b"9" * 50_000 + b"}", "a whole number is beyond"),
        (b'{"a": ' + b"[" * 33 + b"]" * 33 + b"}", "nested deeper than 32"),
        (b'{"a": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", "nested deeper than 32"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "nested deeper than 32"),
    ],
)
async def test_what_is_not_plain_json_is_refused_with_the_reason(client, body, why):
    status, refusal = await sent(client, body)
    assert status == 400
    assert why in refusal["error"]


async def test_a_name_given_twice_is_named(client):
    status, refusal = await sent(client, b'{"a": 1, "b": {"c": 1, "c": 2, "d": 3}, "a": 2}')
    assert status == 422
    assert refusal["fields"] == {"c": "is given twice"}


@pytest.mark.timeout(20)
async def test_thousands_of_repeats_are_found_quickly(client):
    names = b",".join(b'"%d":1' % (number % 3000) for number in range(6000))
    status, refusal = await sent(client, b"{" + names + b"}")
    assert status == 422
    assert len(refusal["fields"]) == 3000


@pytest.mark.parametrize("compressed", [False, True])
async def test_a_body_over_the_limit_is_refused_however_it_comes(client, compressed):
    body = b'{"a": "' + b"x" * LIMIT + b'"}'
    headers = {"Content-Encoding": "gzip"} if compressed else {}
    status, refusal = await sent(client, gzip.compress(body) if compressed else body, **headers)
    assert status == 413
    assert refusal == {"error": f"the body may have {LIMIT} bytes"}


async def test_a_stream_without_a_length_has_the_same_limit(client):
    async def endless():
        for _ in range(100):
            yield b" " * 1024

    status, _ = await sent(client, endless())
    assert status == 413


async def test_a_body_of_just_the_limit_is_read(client):
    body = b'{"a": "' + b"x" * (LIMIT - 9) + b'"}'
    assert len(body) == LIMIT
    status, _ = await sent(client, body)
    assert status == 200


async def test_a_body_that_is_not_what_its_encoding_says_is_refused(client):
    status, refusal = await sent(client, b'{"a": 1}', **{"Content-Encoding": "gzip"})
    assert status == 400
    assert refusal == {"error": "the body is not encoded as its headers say"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(
    st.binary(max_size=200)
    | st.text(alphabet='{}[]":,0123456789.eE+-nulltrfasx\\ud80 ', max_size=60).map(str.encode)
)
async def test_no_bytes_whatever_are_our_mistake(client, body):
    status, _ = await sent(client, body)
    assert status in (200, 400, 422)
