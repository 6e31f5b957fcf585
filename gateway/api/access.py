"""Who is asking, and what their role may do; every refusal has one shape.

The middleware guards every handler marked with `needs`, wherever it is mounted, and everything
under /v1: a handler there without a mark is a mistake of ours and answers nobody.
"""

import hmac
import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TypeVar

import structlog
from aiohttp import hdrs, web

from gateway.context import CONTEXT
from pipeline.errors import InvalidFields
from storage.database import DATABASE_DOWN
from storage.people import OWNER, ROLES, Actor, actor_of_token

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Marked = TypeVar("Marked", bound=Callable[..., Awaitable[web.StreamResponse]])

API = "/v1"
ANYONE = "anyone"
ACTOR = web.RequestKey("actor", Actor)
"""Under which a guarded handler finds who is asking."""

_needed: dict[object, str] = {}

log = structlog.get_logger(__name__)


def needs(role: str) -> Callable[[Marked], Marked]:
    """Mark a handler with the lowest role that may call it, or ANYONE for no token at all."""
    assert role == ANYONE or role in ROLES, role

    def mark(handler: Marked) -> Marked:
        _needed[handler] = role
        return handler

    return mark


def needed_role(handler: object) -> str | None:
    """The role a handler was marked with; None without a mark."""
    return _needed.get(getattr(handler, "__func__", handler))


async def identify(request: web.Request) -> Actor | None:
    """Who holds the request's bearer token; None without one, or with one nobody holds."""
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or not token.isascii():
        return None
    context = request.app[CONTEXT]
    own = context.settings.api_token.get_secret_value()
    if hmac.compare_digest(token.encode(), own.encode()):
        return Actor(OWNER, "owner")
    return await actor_of_token(context.pool, token)


def refusal(
    status: int,
    error: str,
    fields: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """The one shape of a refusal: {"error", "fields"?}."""
    body = {"error": error} | ({"fields": dict(fields)} if fields else {})
    return web.json_response(body, status=status, headers=headers)


@web.middleware
async def access(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let in who may, put who it is under ACTOR, and turn every failure into a refusal."""
    role = needed_role(request.match_info.handler)
    if role is None and not _is_api(request):
        return await handler(request)
    metrics = request.app[CONTEXT].metrics
    started = time.perf_counter()
    response = await _answer(request, handler, role)
    route = _route(request)
    method = request.method if request.method in hdrs.METH_ALL else "other"
    metrics.api_requests.labels(route, method, str(response.status)).inc()
    metrics.api_seconds.labels(route).observe(time.perf_counter() - started)
    return response


async def _answer(request: web.Request, handler: Handler, role: str | None) -> web.StreamResponse:
    try:
        refused = None
        if request.match_info.http_exception is None:
            refused = await _refused(request, role)
        return refused or await handler(request)
    except InvalidFields as exc:
        return refusal(422, "some fields are not valid", exc.fields)
    except web.HTTPException as exc:
        if exc.status < HTTPStatus.BAD_REQUEST:
            raise
        return _as_refusal(exc)
    except DATABASE_DOWN as exc:
        log.warning("api_unavailable", path=_route(request), why=f"{type(exc).__name__}: {exc}")
        return refusal(503, "not available at the moment: try again", headers={"Retry-After": "1"})
    except Exception:
        log.exception("api_failed", path=_route(request))
        return refusal(500, "something went wrong here; it has been recorded")


async def _refused(request: web.Request, role: str | None) -> web.Response | None:
    """The refusal of one who may not; None, and ACTOR set, for one who may."""
    if role == ANYONE:
        return None
    if role is None:
        log.error("handler_without_role", path=_route(request))
        return refusal(500, "this route says not who may use it")
    counted = request.app[CONTEXT].metrics.access_refused
    actor = await identify(request)
    if actor is None:
        given = hdrs.AUTHORIZATION in request.headers
        counted.labels("wrong_token" if given else "no_token").inc()
        # RFC 6750 section 3: no error code for a request that brought no token.
        challenge = 'Bearer realm="concierge"' + (', error="invalid_token"' if given else "")
        said = "this token is not known, or not any more" if given else "a bearer token is needed"
        return refusal(401, said, headers={hdrs.WWW_AUTHENTICATE: challenge})
    if not actor.may(role):
        counted.labels("role").inc()
        return refusal(403, f"this needs the role {role}; yours is {actor.role}")
    request[ACTOR] = actor
    return None


def _as_refusal(exc: web.HTTPException) -> web.Response:
    own = {hdrs.CONTENT_TYPE, hdrs.CONTENT_LENGTH}
    headers = {name: value for name, value in exc.headers.items() if name not in own}
    # aiohttp writes "404: Not Found" where the raiser said nothing of its own.
    said = (exc.text or exc.reason).removeprefix(f"{exc.status}: ")
    return refusal(exc.status, said, headers=headers)


def _is_api(request: web.Request) -> bool:
    return request.path == API or request.path.startswith(f"{API}/")


def _route(request: web.Request) -> str:
    """What may be logged and counted of a path: its template, never what a stranger put there."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unmatched"
