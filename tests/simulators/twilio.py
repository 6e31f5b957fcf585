"""Twilio as a program of ours: handsets write and ring, the REST API takes, callbacks follow.

Hard is to be as unkind as the original: answers get lost after a message was created, callbacks
come late, twice or never, and nothing is repeated that Twilio would not repeat. A message exists
from the moment it is created, whatever its creator gets to hear about it.

    python -m tests.simulators.twilio --help
"""

import argparse
import asyncio
import os
import signal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from socket import AF_INET, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, socket
from typing import Self

from aiohttp import encode_basic_auth, web

from tests.simulators.ledger import Event, Ledger
from tests.simulators.twilio_call import CallOutcome
from tests.simulators.twilio_call_records import to_json as call_to_json
from tests.simulators.twilio_caller import CallerPlan
from tests.simulators.twilio_calls import Calls
from tests.simulators.twilio_control import control_routes
from tests.simulators.twilio_faults import PLANS, Fault, FaultKind, Plan, in_order
from tests.simulators.twilio_line import Line
from tests.simulators.twilio_records import (
    INTERNAL,
    NOT_FOUND,
    TOO_MANY,
    UNAUTHORIZED,
    Account,
    Message,
    Refusal,
    inbound_form,
    page_of,
    status_form,
    to_json,
)
from tests.simulators.twilio_webhooks import TOTAL_SECONDS, Webhooks

INBOUND_PATH = "/webhooks/twilio/sms"
ACCOUNT = Account("AC" + 31 * "0" + "1", "practice-auth-token", "+19165550100")


class TwilioSimulator:
    """One account: its line, its REST API and its webhooks, on 127.0.0.1 while entered.

    Point TWILIO_API_URL at `url`; then set `gateway_url`, where webhooks are delivered, and
    `public_url`, for which they are signed. Each request to create takes one step of `faults`.
    """

    def __init__(
        self,
        account: Account = ACCOUNT,
        *,
        ledger: Ledger | None = None,
        retries: int = 1,
        deadline: float = TOTAL_SECONDS,
        callbacks: Plan = in_order,
        advanced_opt_out: bool = False,
        control_token: str = "",
        listener: socket | None = None,
    ) -> None:
        self.account = account
        self.ledger = ledger if ledger is not None else Ledger()
        self.line = Line(account, self.ledger)
        self.callbacks = callbacks
        self.faults: Iterator[Fault | None] = iter(())
        self.url = self.gateway_url = self.public_url = ""
        self.voice_fallback_url = ""
        """Whom a call asks for TwiML when the gateway has none."""
        self._retries, self._deadline = retries, deadline
        self._advanced_opt_out = advanced_opt_out
        self._control_token = control_token
        self._listener = listener
        self._read: dict[str, int] = {}
        self._reporting: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._webhooks = Webhooks(
            self.account.token, self.ledger, retries=self._retries, deadline=self._deadline
        )
        self._calls = Calls(self.account, self.ledger, self._webhooks)
        app = web.Application(client_max_size=16 << 20)  # recordings are sent along
        accounts = "/2010-04-01/Accounts/{account}"
        app.router.add_post(f"{accounts}/Messages.json", self._create)
        app.router.add_get(f"{accounts}/Messages.json", self._list)
        app.router.add_get(f"{accounts}/Messages/{{sid}}.json", self._fetch)
        app.router.add_post(f"{accounts}/Calls/{{sid}}.json", self._update_call)
        app.router.add_get(f"{accounts}/Calls/{{sid}}.json", self._fetch_call)
        app.router.add_routes(control_routes(self, self._control_token))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        self._listener = self._listener or listen(0)
        await web.SockSite(self._runner, self._listener).start()
        host, port = self._listener.getsockname()
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_exc: object) -> None:
        for task in self._reporting:
            task.cancel()
        await asyncio.gather(*self._reporting, return_exceptions=True)
        await self._calls.close()
        await self._runner.cleanup()
        await self._webhooks.close()
        self.ledger.close()

    async def text(
        self, sender: str, body: str, *, media: Sequence[str] = (), copies: int = 1
    ) -> str:
        """A handset texts our number; returns its MessageSid once the webhook is over.

        With `copies` the same webhook is made that many times at once.
        """
        message, keyword = self.line.written(sender, body, media)
        form = inbound_form(message, self.account, keyword if self._advanced_opt_out else "")
        await asyncio.gather(*(self._tell("inbound", INBOUND_PATH, form) for _ in range(copies)))
        return message.sid

    @property
    def calls(self) -> Calls:
        """The calls of this account, to be placed in the background."""
        self._calls.gateway_url, self._calls.public_url = self.gateway_url, self.public_url
        self._calls.fallback_url = self.voice_fallback_url
        return self._calls

    async def call(
        self, caller: str, plan: CallerPlan, *, extra: Mapping[str, str] | None = None
    ) -> CallOutcome:
        """A handset rings our number and does as planned; returns once the call is over.

        `extra` are form fields that its webhooks have besides, such as StirVerstat.
        """
        calls = self.calls
        return await calls.over(calls.place(caller, plan, extra))

    async def received(self, address: str, seconds: float = 5.0) -> str | None:
        """The next text that this handset has not been asked about; None if none comes."""

        def look() -> Event | None:
            return next(iter(self.line.arrivals(address, self._read.get(address, 0))), None)

        event = await self.ledger.wait_for(look, seconds)
        if event is None:
            return None
        self._read[address] = int(str(event["seq"]))
        return str(event["body"])

    async def reported(self) -> None:
        """Wait until every status callback that is planned has been made."""
        while self._reporting:
            await asyncio.wait(set(self._reporting))

    def fail(self, faults: Iterable[Fault | FaultKind | None]) -> None:
        """From now on each request to create takes one of these; None lets it through."""
        self.faults = (Fault(each) if isinstance(each, str) else each for each in faults)

    async def _create(self, request: web.Request) -> web.StreamResponse:
        posted = await request.post()
        form = {name: [str(value) for value in posted.getall(name)] for name in posted}
        fault = next(self.faults, None)
        kind = fault.kind if fault else None
        self.ledger.record("create_request", form=form, fault=kind)
        if fault and kind == "slow":
            await asyncio.sleep(fault.seconds)
        if kind == "drop_before":
            return _drop(request)
        if kind == "error_before":
            return _refuse(INTERNAL)
        if fault and kind == "throttle":
            return _refuse(TOO_MANY, {"Retry-After": str(int(fault.seconds))})
        if not self._knows(request):
            return _refuse(UNAUTHORIZED)
        message = self.line.create(form)
        if isinstance(message, Refusal):
            return _refuse(message)
        answer = web.json_response(to_json(message, self.account), status=201)
        task = asyncio.create_task(self._report(message))
        self._reporting.add(task)
        task.add_done_callback(self._reporting.discard)
        if kind == "accept_then_drop":
            return _drop(request)
        return _refuse(INTERNAL) if kind == "accept_then_error" else answer

    async def _list(self, request: web.Request) -> web.Response:
        if not self._knows(request):
            return _refuse(UNAUTHORIZED)
        self.ledger.record("listed", query=dict(request.query))
        return web.json_response(page_of(self.line.messages.values(), self.account, request.query))

    async def _fetch(self, request: web.Request) -> web.Response:
        if not self._knows(request):
            return _refuse(UNAUTHORIZED)
        message = self.line.messages.get(request.match_info["sid"])
        if message is None:
            return _refuse(NOT_FOUND)
        return web.json_response(to_json(message, self.account))

    async def _update_call(self, request: web.Request) -> web.Response:
        if not self._knows(request):
            return _refuse(UNAUTHORIZED)
        posted = await request.post()
        form = {name: [str(value) for value in posted.getall(name)] for name in posted}
        updated = await self.calls.update(request.match_info["sid"], form)
        if isinstance(updated, Refusal):
            return _refuse(updated)
        return web.json_response(call_to_json(updated, self.account))

    async def _fetch_call(self, request: web.Request) -> web.Response:
        if not self._knows(request):
            return _refuse(UNAUTHORIZED)
        record = self.calls.record(request.match_info["sid"])
        if record is None:
            return _refuse(NOT_FOUND)
        return web.json_response(call_to_json(record, self.account))

    def _knows(self, request: web.Request) -> bool:
        given = request.headers.get("Authorization", "")
        right = encode_basic_auth(self.account.sid, self.account.token)
        return given == right and request.match_info["account"] == self.account.sid

    async def _report(self, message: Message) -> None:
        """The message reaches its handset, or does not; the callbacks say so as planned."""
        self.line.carried(message)
        for seconds, planned in self.callbacks(message):
            await asyncio.sleep(seconds)
            status = "undelivered" if message.error_code and planned == "delivered" else planned
            if message.callback.startswith(f"{self.public_url}/"):
                path = message.callback.removeprefix(self.public_url)
                await self._tell("status", path, status_form(message, self.account, status))
            elif message.callback:
                # Nobody but the gateway is ever called.
                self.ledger.record("callback_refused", sid=message.sid, url=message.callback)

    async def _tell(self, purpose: str, path: str, form: Mapping[str, str]) -> None:
        await self._webhooks.post(purpose, self.public_url + path, self.gateway_url + path, form)


def _refuse(refused: Refusal, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response(refused.to_json(), status=refused.status, headers=headers)


def _drop(request: web.Request) -> web.Response:
    """Close the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def listen(port: int) -> socket:
    """A listening socket on 127.0.0.1; port 0 takes any that is free. Raises OSError if taken."""
    listener = socket(AF_INET, SOCK_STREAM)
    try:
        listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)  # else old connections hold the port
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


async def serve(simulator: TwilioSimulator) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with simulator:
        print(f"listening on {simulator.url} for {simulator.account.number}", flush=True)
        await stop.wait()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one simulator as a process of its own."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulators.twilio",
        description="A Twilio account that exists on this machine only. The account is read from"
        " TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_NUMBER, and the token of its"
        " /simulator/ routes from SIMULATOR_TOKEN.",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0: any that is free")
    where.add_argument("--fd", type=int, help="a listening socket to inherit instead")
    parser.add_argument("--state", type=Path, help="keep the ledger in this file")
    parser.add_argument("--gateway-url", required=True, help="where webhooks are delivered")
    parser.add_argument("--public-url", help="what they are signed for (the same)")
    parser.add_argument("--callbacks", choices=PLANS, default="in_order")
    parser.add_argument("--retries", type=int, choices=range(6), default=1, metavar="0..5")
    parser.add_argument("--advanced-opt-out", action="store_true", help="send OptOutType")
    given = parser.parse_args(arguments)
    account = Account(
        os.environ.get("TWILIO_ACCOUNT_SID", ACCOUNT.sid),
        os.environ.get("TWILIO_AUTH_TOKEN", ACCOUNT.token),
        os.environ.get("TWILIO_NUMBER", ACCOUNT.number),
        os.environ.get("TWILIO_MESSAGING_SERVICE_SID", ""),
    )
    simulator = TwilioSimulator(
        account,
        ledger=Ledger(given.state),
        retries=given.retries,
        callbacks=PLANS[given.callbacks],
        advanced_opt_out=given.advanced_opt_out,
        control_token=os.environ.get("SIMULATOR_TOKEN", ""),
        listener=listen(given.port) if given.fd is None else socket(fileno=given.fd),
    )
    simulator.gateway_url = given.gateway_url.rstrip("/")
    simulator.public_url = (given.public_url or given.gateway_url).rstrip("/")
    asyncio.run(serve(simulator))


if __name__ == "__main__":
    main()
