"""OpenAI's Realtime API as a program of ours: a model that says what a script tells it to.

Hard is to be as exact as the original. What is sent is built with the SDK's own types, what is
received is held to them, and a client's mistakes are in the ledger as `violation`, whatever became
of the call. The caller's audio is really listened to: speech begins and ends in it, and the sample
recordings are recognised.

    GET  /simulator/ledger       ?after=   everything that happened
    POST /simulator/connections  [{"fault": "refuse_503"}, null]  one for each connection to come

Both want `Authorization: Bearer TOKEN`; without a token neither works.

    python -m tests.simulators.realtime --help
"""

import argparse
import asyncio
import hmac
import os
import signal
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from socket import socket
from typing import Self

from aiohttp import WSMsgType, web

from tests.simulators.ledger import Event, Ledger
from tests.simulators.realtime_hearing import Recordings
from tests.simulators.realtime_response import Live
from tests.simulators.realtime_scenario import (
    Connection,
    Scenario,
    load_scenario,
    read_connections,
)
from tests.simulators.realtime_session import Session, fresh_session
from tests.simulators.realtime_voice import Spoken, Tone, Voice
from tests.simulators.twilio import listen

PRACTICE = Path(__file__).parent.parent / "scenarios" / "calls" / "practice.json"
CODES = {"invalid_api_key": 401, "rate_limit_exceeded": 429, "server_error": 503}
GONE_WRONG = ("violation", "simulator_failed")


class RealtimeSimulator:
    """Models on 127.0.0.1 while entered; OPENAI_REALTIME_URL is its `url`."""

    def __init__(
        self,
        scenario: Scenario | None = None,
        *,
        voice: Voice | None = None,
        api_key: str = "",
        ledger: Ledger | None = None,
        control_token: str = "",
        listener: socket | None = None,
    ) -> None:
        self.scenario = scenario or Scenario()
        self.ledger = ledger if ledger is not None else Ledger()
        self.url = ""
        self._voice = voice or Tone()
        self._api_key, self._control_token, self._listener = api_key, control_token, listener
        self._plan: Iterator[Connection | None] = iter(self.scenario.connections)
        self._recordings = Recordings()
        self._open: dict[int, Live] = {}
        self._closing = asyncio.Event()
        self._count = 0

    async def __aenter__(self) -> Self:
        await self._voice.__aenter__()
        app = web.Application()
        app.router.add_get("/v1/realtime", self._connect)
        app.router.add_get("/simulator/ledger", self._show)
        app.router.add_post("/simulator/connections", self._plan_connections)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        self._listener = self._listener or listen(0)
        await web.SockSite(self._runner, self._listener).start()
        host, port = self._listener.getsockname()
        self.url = f"ws://{host}:{port}/v1/realtime"
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._closing.set()
        await self.close_all(1001)
        await self._runner.cleanup()
        await self._voice.__aexit__(None, None, None)
        self.ledger.close()

    @property
    def violations(self) -> Sequence[Event]:
        """What a client did that the API does not allow; and what went wrong with the simulator."""
        return self.ledger.events(*GONE_WRONG)

    @property
    def connected(self) -> int:
        """How many connections are open."""
        return len(self._open)

    def fail(self, connections: Iterable[Connection | None]) -> None:
        """From now on each connection takes one of these; None: all is well."""
        self._plan = iter(connections)

    async def close_all(self, code: int) -> None:
        """Close every connection now; 1006: without a goodbye."""
        for live in list(self._open.values()):
            await live.close(code)

    def _check_control(self, request: web.Request) -> None:
        given, token = request.headers.get("Authorization", ""), self._control_token
        if not token or not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            raise web.HTTPUnauthorized(text="wrong or missing token")

    async def _plan_connections(self, request: web.Request) -> web.Response:
        self._check_control(request)
        try:
            planned = read_connections(await request.text())
        except ValueError as problem:
            return web.json_response({"error": str(problem)}, status=422)
        self.fail(planned)
        return web.json_response({"connections": len(planned)})

    async def _show(self, request: web.Request) -> web.Response:
        self._check_control(request)
        after = int(request.query.get("after", "0"))
        return web.json_response({"events": self.ledger.events(after=after)})

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        self._count += 1
        number, plan = self._count, next(self._plan, None)
        fault = plan.fault if plan else ""
        model = request.query.get("model", "")
        given = request.headers.get("Authorization", "")
        self.ledger.record(
            "connecting", connection=number, model=model, authorized=bool(given), fault=fault
        )
        if "OpenAI-Beta" in request.headers or not model:
            self.ledger.record("violation", code="handshake", connection=number)
            return _refused(400, "invalid_request_error", "A model, and no OpenAI-Beta header.")
        if self._api_key and given != f"Bearer {self._api_key}":
            return _refused(401, "invalid_api_key", "Incorrect API key provided.")
        if fault.startswith("refuse_"):
            status = int(fault[-3:])
            code = next(code for code, known in CODES.items() if known == status)
            return _refused(status, code, "The simulator was told to refuse.")
        if fault == "hang":
            await self._closing.wait()
            return web.Response(status=503)
        return await self._serve(request, number, model, plan)

    async def _serve(
        self, request: web.Request, number: int, model: str, plan: Connection | None
    ) -> web.WebSocketResponse:
        websocket = web.WebSocketResponse(max_msg_size=32 << 20, timeout=1.0)
        await websocket.prepare(request)
        session = fresh_session(f"sess_{number}", model)
        live = Live(
            websocket, request.transport, self.scenario, self._voice, self.ledger, number, session
        )
        self._open[number] = live
        fault = plan.fault if plan else ""
        served = Session(live, self._recordings, plan.fault if plan else None)
        loop = asyncio.get_running_loop()
        code, seconds = 1001, self.scenario.session_seconds
        if plan and fault.startswith("close_"):
            code, seconds = int(fault[-4:]), plan.seconds
        over = loop.call_later(seconds, lambda: served.later(live.close(code)))
        try:
            await live.emit("session.created", session=session)
            if fault in ("invalid_api_key", "insufficient_quota"):
                await _thrown_out(live, fault)
            async for message in websocket:
                if message.type is WSMsgType.TEXT:
                    await served.receive(message.data)
                else:
                    live.record("violation", code="binary")
                if fault == "deaf":
                    await self._closing.wait()
        finally:
            over.cancel()
            del self._open[number]
            await served.stop()
            live.record("closed", code=websocket.close_code)
        return websocket


async def _thrown_out(live: Live, code: str) -> None:
    """As OpenAI refuses a key on a socket that it has accepted."""
    error = {"type": "invalid_request_error", "code": code, "message": "The simulator was told to."}
    await live.emit("error", error=error | {"param": None, "event_id": None})
    await live.close(3000, f"invalid_request_error.{code}")


def _refused(status: int, code: str, message: str) -> web.Response:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return web.json_response({"error": error}, status=status)


async def serve(simulator: RealtimeSimulator) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with simulator:
        print(f"OPENAI_REALTIME_URL={simulator.url}", flush=True)
        await stop.wait()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one simulator as a process of its own."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulators.realtime",
        description="A realtime model that exists on this machine only and says what a script"
        " tells it to. With OPENAI_API_KEY set it asks for that key; the token of its /simulator/"
        " routes is read from SIMULATOR_TOKEN.",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0: any that is free")
    where.add_argument("--fd", type=int, help="a listening socket to inherit instead")
    parser.add_argument("--scenario", type=Path, default=PRACTICE, help="a script, as JSON")
    parser.add_argument("--voice", choices=("speech", "tone"), default="speech")
    parser.add_argument("--rate", type=float, help="audio so many times faster than it plays")
    parser.add_argument("--state", type=Path, help="keep the ledger in this file")
    given = parser.parse_args(arguments)
    try:
        scenario = load_scenario(given.scenario)
    except (OSError, ValueError) as problem:
        parser.error(f"{given.scenario}: {problem}")
    if given.rate is not None:
        scenario = replace(scenario, rate=given.rate)
    simulator = RealtimeSimulator(
        scenario,
        voice=Spoken() if given.voice == "speech" else Tone(),
        api_key=os.environ.get("OPENAI_API_KEY", ""),
        control_token=os.environ.get("SIMULATOR_TOKEN", ""),
        ledger=Ledger(given.state),
        listener=listen(given.port) if given.fd is None else socket(fileno=given.fd),
    )
    asyncio.run(serve(simulator))


if __name__ == "__main__":
    main()
