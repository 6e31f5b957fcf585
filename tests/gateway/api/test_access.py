"""Who is let in, as whom, and what everybody else is told."""

import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from gateway.api.access import ACTOR, ANYONE, access, identify, needed_role, needs, refusal
from gateway.context import CONTEXT, Context
from gateway.metrics import Metrics
from gateway.settings import load
from pipeline.business.document import parse
from pipeline.errors import InvalidFields
from storage.businesses import seed_files
from storage.people import Actor, issue_token, revoke_token
from storage.sessions import Sessions

OWNER_TOKEN = "the-owner's-own-token"
OPERATOR = Actor("command:ann", "owner")


@needs("agent")
async def whoami(request: web.Request) -> web.Response:
    actor = request[ACTOR]
    return web.json_response({"name": actor.name, "role": actor.role})


@needs(ANYONE)
async def describe(request: web.Request) -> web.Response:
    return web.json_response({"open": True})


async def unmarked(request: web.Request) -> web.Response:
    return web.json_response({"secret": True})


@needs("viewer")
async def read_whole(request: web.Request) -> web.Response:
    return web.json_response({"bytes": len(await request.read())})


class Failing:
    """Handlers that end in every way a handler can."""

    @needs("viewer")
    async def fields(self, request: web.Request) -> web.Response:
        raise InvalidFields({"adults": "must be from 1 to 100"})

    @needs("viewer")
    async def conflict(self, request: web.Request) -> web.Response:
        raise web.HTTPConflict(text="another is being worked on")

    @needs("viewer")
    async def busy(self, request: web.Request) -> web.Response:
        raise web.HTTPTooManyRequests(headers={"Retry-After": "7"})

    @needs("viewer")
    async def crash(self, request: web.Request) -> web.Response:
        raise RuntimeError("password=hunter2")

    @needs("viewer")
    async def away(self, request: web.Request) -> web.Response:
        raise asyncpg.CannotConnectNowError("the database system is starting up")

    @needs("viewer")
    async def elsewhere(self, request: web.Request) -> web.Response:
        raise web.HTTPFound("/v1/open")


async def front(request: web.Request) -> web.Response:
    actor = await identify(request)
    return web.json_response({"known": actor.name if actor else None})


async def plain_crash(request: web.Request) -> web.Response:
    raise web.HTTPGone(text="<h1>gone</h1>", content_type="text/html")


@pytest.fixture
async def context(pool, tmp_path):
    settings = load(
        {"DATA_DIR": str(tmp_path), "API_TOKEN": OWNER_TOKEN, "SECRET_KEY": "x" * 20}, None
    )
    sessions = Sessions("unix:///nowhere/redis.sock", lambda _reason: None)
    business = parse(seed_files("my_hibachi"))
    yield Context("test:0", settings, pool, sessions, Metrics(), business, 1)
    await sessions.close()


@pytest.fixture
async def client(context):
    failing = Failing()
    app = web.Application(middlewares=[access], client_max_size=1000)
    app[CONTEXT] = context
    app.add_routes(
        [
            web.get("/", front),
            web.get("/gone", plain_crash),
            web.get("/metrics", whoami),
            web.get("/v1/whoami", whoami),
            web.get("/v1/open", describe),
            web.get("/v1/unmarked", unmarked),
            web.post("/v1/read/{name}", read_whole),
            web.get("/v1/fields", failing.fields),
            web.get("/v1/conflict", failing.conflict),
            web.get("/v1/busy", failing.busy),
            web.get("/v1/crash", failing.crash),
            web.get("/v1/away", failing.away),
            web.get("/v1/elsewhere", failing.elsewhere),
        ]
    )
    async with TestClient(TestServer(app)) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def asked(client, path, token=OWNER_TOKEN, method="GET", **more):
    """(status, parsed body) of one request."""
    headers = bearer(token) if token else {}
    async with client.request(method, path, headers=headers, **more) as reply:
        return reply.status, await reply.json()


def refused(context, reason):
    labels = {"reason": reason}
    return context.metrics.registry.get_sample_value("concierge_access_refused_total", labels)


async def test_api_token_is_the_owner(client):
    assert await asked(client, "/v1/whoami") == (200, {"name": "owner", "role": "owner"})


async def test_a_tokens_holder_acts_under_its_own_name(client, pool):
    token = await issue_token(pool, OPERATOR, "n8n", "agent")
    assert await asked(client, "/v1/whoami", token) == (200, {"name": "n8n", "role": "agent"})
    assert await asked(client, "/metrics", token) == (200, {"name": "n8n", "role": "agent"})


async def test_the_scheme_is_bearer_in_any_case_and_nothing_else(client):
    for scheme, status in (("bearer", 200), ("BEARER", 200), ("Basic", 401), ("", 401)):
        headers = {"Authorization": f"{scheme} {OWNER_TOKEN}".strip()}
        async with client.get("/v1/whoami", headers=headers) as reply:
            assert reply.status == status, scheme


async def test_without_a_token_one_is_asked_for(client, context):
    async with client.get("/v1/whoami") as reply:
        assert reply.status == 401
        assert reply.headers["WWW-Authenticate"] == 'Bearer realm="concierge"'
        assert await reply.json() == {"error": "a bearer token is needed"}
    assert refused(context, "no_token") == 1


@pytest.mark.parametrize("wrong", ["cg_" + "x" * 43, OWNER_TOKEN + "x", OWNER_TOKEN[:-1], "é"])
async def test_a_wrong_token_is_refused_and_counted(client, context, wrong):
    async with client.get("/v1/whoami", headers=bearer(wrong)) as reply:
        assert reply.status == 401
        assert 'error="invalid_token"' in reply.headers["WWW-Authenticate"]
        assert list(await reply.json()) == ["error"]
    assert refused(context, "wrong_token") == 1


async def test_a_revoked_token_is_refused_at_once(client, pool):
    token = await issue_token(pool, OPERATOR, "n8n", "owner")
    assert (await asked(client, "/v1/whoami", token))[0] == 200
    await revoke_token(pool, OPERATOR, "n8n")
    assert (await asked(client, "/v1/whoami", token))[0] == 401


async def test_a_role_that_is_too_low_is_refused_and_counted(client, context, pool):
    token = await issue_token(pool, OPERATOR, "wallboard", "viewer")
    status, body = await asked(client, "/v1/whoami", token)
    assert (status, body) == (403, {"error": "this needs the role agent; yours is viewer"})
    assert refused(context, "role") == 1


async def test_a_route_without_a_role_answers_nobody(client):
    for token in (None, OWNER_TOKEN):
        status, body = await asked(client, "/v1/unmarked", token)
        assert status == 500
        assert "secret" not in body


async def test_a_route_for_anyone_needs_no_token(client):
    assert await asked(client, "/v1/open", None) == (200, {"open": True})
    assert await asked(client, "/v1/open", "wrong") == (200, {"open": True})


async def test_pages_outside_are_left_alone_and_may_ask_who_it_is(client):
    assert await asked(client, "/", None) == (200, {"known": None})
    assert await asked(client, "/", "wrong") == (200, {"known": None})
    assert await asked(client, "/") == (200, {"known": "owner"})
    async with client.get("/gone") as reply:
        assert (reply.status, await reply.text()) == (410, "<h1>gone</h1>")


async def test_every_refusal_has_the_one_shape(client):
    assert await asked(client, "/v1/nothing", None) == (404, {"error": "Not Found"})
    assert await asked(client, "/v1/whoami", method="DELETE") == (
        405,
        {"error": "Method Not Allowed"},
    )
    status, body = await asked(client, "/v1/read/x", method="POST", data=b"x" * 1001)
    assert (status, list(body)) == (413, ["error"])
    assert await asked(client, "/v1/fields") == (
        422,
        {"error": "some fields are not valid", "fields": {"adults": "must be from 1 to 100"}},
    )
    assert await asked(client, "/v1/conflict") == (409, {"error": "another is being worked on"})
    status, body = await asked(client, "/v1/away")
    assert (status, list(body)) == (503, ["error"])


async def test_a_refusals_own_headers_are_kept(client):
    async with client.get("/v1/busy", headers=bearer(OWNER_TOKEN)) as reply:
        assert (reply.status, reply.headers["Retry-After"]) == (429, "7")
        assert reply.content_type == "application/json"
    async with client.delete("/v1/whoami", headers=bearer(OWNER_TOKEN)) as reply:
        assert "GET" in reply.headers["Allow"]


async def test_a_failure_of_ours_tells_nothing_about_itself(client):
    status, body = await asked(client, "/v1/crash")
    assert status == 500
    assert "hunter2" not in str(body)
    assert "RuntimeError" not in str(body)


async def test_a_redirect_is_no_refusal(client):
    async with client.get(
        "/v1/elsewhere", headers=bearer(OWNER_TOKEN), allow_redirects=False
    ) as reply:
        assert (reply.status, reply.headers["Location"]) == (302, "/v1/open")


async def test_without_a_database_the_owner_gets_in_and_others_are_told_to_wait(context, client):
    async with asyncpg.create_pool("postgresql://nobody@127.0.0.1:1/away", min_size=0) as away:
        context.pool = away
        assert (await asked(client, "/v1/whoami"))[0] == 200
        assert (await asked(client, "/v1/whoami", "cg_" + "x" * 43))[0] == 503


async def test_requests_are_counted_by_route_and_not_by_what_strangers_write(client, context):
    for name in ("a", "b"):
        await asked(client, f"/v1/read/{name}", method="POST")
    await asked(client, "/v1/no/such/route", method="PURGE")
    count = context.metrics.registry.get_sample_value
    read = {"route": "/v1/read/{name}", "method": "POST", "status": "200"}
    assert count("concierge_api_requests_total", read) == 2
    lost = {"route": "unmatched", "method": "other", "status": "404"}
    assert count("concierge_api_requests_total", lost) == 1


def test_a_mark_can_be_read_back_on_functions_and_methods():
    assert needed_role(whoami) == "agent"
    assert needed_role(Failing().fields) == "viewer"
    assert needed_role(describe) == ANYONE
    assert needed_role(unmarked) is None


def test_only_a_known_role_can_be_needed():
    with pytest.raises(AssertionError):
        needs("boss")


def test_a_refusal_without_fields_has_none():
    assert refusal(404, "no such quote").text == '{"error": "no such quote"}'
