"""Control of a Twilio simulator over HTTP, for scripts: text and ring as a customer.

    POST /simulator/text      {"from", "body", "to"?, "media"?, "copies"?} and its webhook's end
    GET  /simulator/messages  ?to=&after=&wait=  what a handset received; waits for the next
    GET  /simulator/ledger    ?after=            everything that happened
    POST /simulator/call      {"from", a plan as twilio_caller reads it}  rings; its sid at once
    GET  /simulator/call/SID  ?after=&wait=      its state and timeline, and in the end its audio
    POST /simulator/faults    ["accept_then_drop", null, ...]  one for each create to come

Every route wants `Authorization: Bearer TOKEN`; without a token none of them works.
"""

import base64
import hmac
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Protocol

from aiohttp import web

from tests.simulators.ledger import Event, Ledger
from tests.simulators.twilio_call import timeline
from tests.simulators.twilio_caller import plan_from_json
from tests.simulators.twilio_calls import Calls
from tests.simulators.twilio_faults import FAULTS
from tests.simulators.twilio_line import Line
from tests.simulators.twilio_records import E164, MAX_BODY, Account
from tests.simulators.twilio_sound import to_wav

LONGEST_WAIT = 30.0
WITHHELD = ("anonymous", "+266696687")
"""How a caller is named who does not want to be."""


class Controlled(Protocol):
    """The part of a simulator that is controlled here."""

    account: Account
    ledger: Ledger
    line: Line

    async def text(
        self, sender: str, body: str, *, media: Sequence[str] = (), copies: int = 1
    ) -> str: ...

    @property
    def calls(self) -> Calls: ...

    def fail(self, faults: Iterable[Any]) -> None: ...


Handler = Callable[[web.Request], Awaitable[web.Response]]


def control_routes(simulator: Controlled, token: str) -> Sequence[web.RouteDef]:
    """The routes above, for this simulator, opened by this token."""

    def guarded(handler: Callable[[Controlled, web.Request], Awaitable[web.Response]]) -> Handler:
        async def handle(request: web.Request) -> web.Response:
            given = request.headers.get("Authorization", "")
            if not token or not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
                return web.json_response({"error": "wrong or missing token"}, status=401)
            return await handler(simulator, request)

        return handle

    return [
        web.post("/simulator/text", guarded(_text)),
        web.get("/simulator/messages", guarded(_messages)),
        web.get("/simulator/ledger", guarded(_ledger)),
        web.post("/simulator/call", guarded(_call)),
        web.get("/simulator/call/{sid}", guarded(_call_so_far)),
        web.post("/simulator/faults", guarded(_faults)),
    ]


async def _text(simulator: Controlled, request: web.Request) -> web.Response:
    asked = await request.json()
    sender, body = str(asked.get("from", "")), str(asked.get("body", ""))
    media = [str(url) for url in asked.get("media", [])]
    if not E164.fullmatch(sender) or sender == simulator.account.number:
        return _wrong("from must be a customer's number, like +14155550123")
    if asked.get("to", simulator.account.number) != simulator.account.number:
        return _wrong(f"the only number here is {simulator.account.number}")
    if len(body) > MAX_BODY or not (body or media):
        return _wrong(f"body must have 1 to {MAX_BODY} characters")
    before = len(simulator.ledger.events())
    sid = await simulator.text(sender, body, media=media, copies=int(asked.get("copies", 1)))
    outcome = [event for event in simulator.ledger.events(after=before) if event.get("sid") == sid]
    return web.json_response(
        {
            "sid": sid,
            "to": simulator.account.number,
            "seq": outcome[0]["seq"],
            "webhook": _last(outcome, "webhook_response", "status"),
            "failure": _last(outcome, "webhook_failed", "reason"),
            "stopped": simulator.line.has_stopped(sender),
        }
    )


def _last(events: Sequence[Event], kind: str, name: str) -> object:
    return next((event[name] for event in reversed(events) if event["kind"] == kind), None)


async def _messages(simulator: Controlled, request: web.Request) -> web.Response:
    to, after = request.query.get("to", ""), int(request.query.get("after", "0"))
    wait = min(float(request.query.get("wait", "0")), LONGEST_WAIT)
    found = await simulator.ledger.wait_for(
        lambda: simulator.line.arrivals(to, after) or None, wait
    )
    return web.json_response({"messages": found or []})


async def _ledger(simulator: Controlled, request: web.Request) -> web.Response:
    after = int(request.query.get("after", "0"))
    return web.json_response({"events": simulator.ledger.events(after=after)})


async def _call(simulator: Controlled, request: web.Request) -> web.Response:
    asked = await request.json()
    caller = str(asked.get("from", ""))
    if caller == simulator.account.number or not (E164.fullmatch(caller) or caller in WITHHELD):
        return _wrong("from must be a customer's number, like +14155550123, or anonymous")
    try:
        plan = plan_from_json(asked)
    except ValueError as exc:
        return _wrong(str(exc))
    seq = len(simulator.ledger.events())
    sid = simulator.calls.place(caller, plan)
    return web.json_response({"sid": sid, "to": simulator.account.number, "seq": seq})


async def _call_so_far(simulator: Controlled, request: web.Request) -> web.Response:
    sid, after = request.match_info["sid"], int(request.query.get("after", "0"))
    wait = min(float(request.query.get("wait", "0")), LONGEST_WAIT)
    record = simulator.calls.record(sid)
    if record is None:
        return web.json_response({"error": "no such call"}, status=404)
    await simulator.ledger.wait_for(
        lambda: sid in simulator.calls.outcomes or timeline(simulator.ledger, sid, after) or None,
        wait,
    )
    outcome = simulator.calls.outcomes.get(sid)
    told = {
        "sid": sid,
        "status": record.status,
        "seq": len(simulator.ledger.events()),
        "timeline": timeline(simulator.ledger, sid, after),
        "over": outcome is not None,
    }
    if outcome is not None:
        told |= {
            "seconds": outcome.seconds,
            "ended_by": outcome.ended_by,
            "errors": outcome.errors,
            "late_ms": outcome.late_ms,
            "heard": base64.b64encode(outcome.heard_wav).decode(),
            "spoken": base64.b64encode(to_wav(outcome.spoken)).decode(),
        }
    return web.json_response(told)


async def _faults(simulator: Controlled, request: web.Request) -> web.Response:
    faults = await request.json()
    if not isinstance(faults, list) or any(each not in (None, *FAULTS) for each in faults):
        return _wrong(f"a list of null, {', '.join(FAULTS)}")
    simulator.fail(faults)
    return web.json_response({"faults": len(faults)})


def _wrong(error: str) -> web.Response:
    return web.json_response({"error": error}, status=422)
