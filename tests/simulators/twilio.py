"""Twilio's messaging as a program of ours: handsets write, the REST API takes, carriers block.

Hard is to be as unkind as the original: answers get lost after a message was created, callbacks
come late, twice or never, and nothing is repeated that Twilio would not repeat. Every message
exists from the moment it is created, whatever its creator gets to hear about it.
"""

import asyncio
import hmac
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from typing import Literal, Self
from urllib.parse import urlsplit
from uuid import uuid4

from aiohttp import BasicAuth, web

from tests.simulators.ledger import Event, Ledger
from tests.simulators.twilio_records import (
    CARRIER_REPLIES,
    DOCUMENTED,
    HELP,
    INTERNAL,
    MAX_BODY,
    NOT_FOUND,
    START,
    STOP,
    TOO_MANY,
    UNAUTHORIZED,
    Account,
    Message,
    Refusal,
    first,
    page_of,
    refusal,
    segments,
    to_json,
)
from tests.simulators.twilio_webhooks import TOTAL_SECONDS, Plan, Webhooks, in_order

INBOUND_PATH = "/webhooks/twilio/sms"
ARRIVALS = ("created", "carrier_reply")


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request to create a message.

    `drop_before` and `error_before` create nothing; `accept_then_drop` and `accept_then_error`
    do, and do not say so; `throttle` answers 429 with Retry-After; `slow` only takes its time.
    """

    kind: Literal[
        "drop_before", "accept_then_drop", "error_before", "accept_then_error", "throttle", "slow"
    ]
    seconds: float = 1.0


ACCOUNT = Account("AC" + "0" * 31 + "1", "practice-auth-token", "+19165550100")


class TwilioSimulator:
    """One account: its number's handsets, its REST API and its webhooks.

    `async with TwilioSimulator() as twilio:` listens on 127.0.0.1; point TWILIO_API_URL at
    `twilio.url`, then set `gateway_url`, where webhooks are delivered, and `public_url`, for
    which they are signed. `faults` is an iterator that each create takes one step.
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
    ) -> None:
        self.account = account
        self.ledger = ledger or Ledger()
        self.gateway_url = self.public_url = ""
        self.callbacks = callbacks
        self.faults: Iterator[Fault | None] = iter(())
        self.unreachable: dict[str, int] = {}
        """Handsets that nothing reaches, with the error code that says why."""
        self.url = ""
        self._retries, self._deadline = retries, deadline
        self._advanced_opt_out = advanced_opt_out
        self._messages: dict[str, Message] = {}
        self._blocked: set[tuple[str, str]] = set()
        self._handsets: dict[str, list[Event]] = {}
        self._read: dict[str, int] = {}
        self._callbacks: set[asyncio.Task[None]] = set()
        for event in self.ledger.events():
            self._recall(event)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.stop()

    async def start(self, listener: socket | None = None, routes: web.RouteTableDef | None = None) -> None:
        """Listen, on the socket given or on a free port of 127.0.0.1."""
        self._webhooks = Webhooks(
            self.account.token, self.ledger, retries=self._retries, deadline=self._deadline
        )
        app = web.Application()
        path = self.account.messages_path
        app.router.add_post("/2010-04-01/Accounts/{account}/Messages.json", self._create)
        app.router.add_get("/2010-04-01/Accounts/{account}/Messages.json", self._list)
        app.router.add_get("/2010-04-01/Accounts/{account}/Messages/{sid}.json", self._fetch)
        app.router.add_routes(routes or [])
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.SockSite(self._runner, listener) if listener else web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
