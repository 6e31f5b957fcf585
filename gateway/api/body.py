"""A request's JSON object, read strictly: what two readers could take differently is refused.

That is a name given twice, NaN, a number no double or 64-bit integer holds, and another encoding
than UTF-8. Texts are as given: whoever stores one must clean it first.
"""

import asyncio
import json
import math
from collections import Counter
from typing import Any, NoReturn

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from pipeline.errors import InvalidFields

LIMIT = 64 * 1024
SECONDS = 10.0
MAX_DEPTH = 32
LARGEST_INTEGER = 2**63 - 1


async def read_json(request: web.Request, limit: int = LIMIT) -> dict[str, Any]:
    """The body as a JSON object of at most `limit` bytes.

    Raises web.HTTPBadRequest (400) when it is not JSON, 413 when it is too large, 408 when it
    comes too slowly, and InvalidFields for a name given twice.
    """
    body = await read_body(request, limit)
    try:
        found = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_no_constant,
            parse_int=_integer,
            parse_float=_float,
        )
        _check_depth(found, MAX_DEPTH)
    except UnicodeDecodeError:
        raise _bad("the body must be UTF-8") from None
    except RecursionError:
        raise _bad(f"the body is nested deeper than {MAX_DEPTH} levels") from None
    except json.JSONDecodeError as exc:
        where = f"line {exc.lineno} column {exc.colno}"
        raise _bad(f"the body is not JSON: {exc.msg} at {where}") from None
    if not isinstance(found, dict):
        raise _bad("the body must be a JSON object")
    return found


async def read_body(request: web.Request, limit: int) -> bytes:
    """The raw body. Raises 413 when it is too large, 408 when it comes too slowly, 400 when it is
    not encoded as its headers say."""
    if (request.content_length or 0) > limit:
        raise _too_large(limit)
    body = bytearray()
    try:
        async with asyncio.timeout(SECONDS):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > limit:
                    raise _too_large(limit)
    except TimeoutError:
        raise web.HTTPRequestTimeout(text=f"the body must come within {SECONDS:g} s") from None
    except (HttpProcessingError, web.RequestPayloadError):
        raise _bad("the body is not encoded as its headers say") from None
    return bytes(body)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        times = Counter(name for name, _ in pairs)
        raise InvalidFields({name: "is given twice" for name in times if times[name] > 1})
    return found


def _no_constant(name: str) -> NoReturn:
    raise _bad(f"{name} is not JSON")


def _integer(digits: str) -> int:
    # Longer ones cost quadratic time to read, and Python refuses to print them.
    if len(digits) > 20 or abs(int(digits)) > LARGEST_INTEGER:
        raise _bad(f"a whole number is beyond {LARGEST_INTEGER}")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _bad("a number is too large")
    return number


def _check_depth(found: object, levels: int) -> None:
    """Readers and writers of what comes out may recurse."""
    if levels < 0:
        raise RecursionError
    if isinstance(found, dict):
        found = list(found.values())
    if isinstance(found, list):
        for value in found:
            _check_depth(value, levels - 1)


def _too_large(limit: int) -> web.HTTPRequestEntityTooLarge:
    return web.HTTPRequestEntityTooLarge(
        max_size=limit, actual_size=limit + 1, text=f"the body may have {limit} bytes"
    )


def _bad(why: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=why)
