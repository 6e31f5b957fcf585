"""The calls of one simulated account: placed by plan, and live in its REST API."""

import asyncio
from collections.abc import Mapping, Sequence
from time import time
from uuid import uuid4

from tests.simulators.ledger import Ledger
from tests.simulators.twilio_call import Call, CallOutcome
from tests.simulators.twilio_call_records import CallRecord, Update, update_of
from tests.simulators.twilio_caller import CallerPlan
from tests.simulators.twilio_records import NOT_FOUND, Account, Refusal
from tests.simulators.twilio_webhooks import Webhooks

KEPT = 100
"""Calls that are over and still known, audio and all."""


class Calls:
    """Places calls to the gateway, and knows what became of them."""

    def __init__(self, account: Account, ledger: Ledger, webhooks: Webhooks) -> None:
        self.account = account
        self.ledger = ledger
        self.webhooks = webhooks
        self.gateway_url = self.public_url = self.fallback_url = ""
        self.outcomes: dict[str, CallOutcome] = {}
        self._calls: dict[str, Call] = {}
        self._running: dict[str, asyncio.Task[None]] = {}

    def place(self, caller: str, plan: CallerPlan, extra: Mapping[str, str] | None = None) -> str:
        """Start a call in the background; its CallSid. `extra` are form fields to send besides."""
        record = CallRecord("CA" + uuid4().hex, caller, self.account.number, time())
        record.extra = extra or {}
        self._calls[record.sid] = Call(record, plan, self)
        self.ledger.record("call_placed", sid=record.sid, **{"from": caller, "to": record.callee})
        self._running[record.sid] = asyncio.create_task(self._run(record.sid))
        return record.sid

    async def over(self, sid: str) -> CallOutcome:
        """Wait until a call is over; what came of it."""
        await asyncio.shield(self._running[sid])
        return self.outcomes[sid]

    def record(self, sid: str) -> CallRecord | None:
        """A call as it stands."""
        return self._calls[sid].record if sid in self._calls else None

    async def update(self, sid: str, form: Mapping[str, Sequence[str]]) -> CallRecord | Refusal:
        """The REST API is asked to end a call or to take it elsewhere."""
        record = self.record(sid)
        if record is None:
            return NOT_FOUND
        wanted = update_of(form, record)
        code = wanted.code if isinstance(wanted, Refusal) else None
        shown = {name: list(values) for name, values in form.items()}
        self.ledger.record("call_update", sid=sid, form=shown, refused=code)
        if isinstance(wanted, Update):
            call = self._calls[sid]
            if wanted.end:
                call.end("api")
            else:
                await call.go_on(wanted.url, wanted.twiml)
            return record
        return wanted

    async def close(self) -> None:
        """Drop the calls that are still under way."""
        running = [*self._running.values()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _run(self, sid: str) -> None:
        try:
            outcome = await self._calls[sid].run()
        except Exception as exc:
            self.ledger.record("simulator_error", sid=sid, words=repr(exc))
            raise
        self.outcomes[sid] = outcome
        self.ledger.record(
            "call_over",
            sid=sid,
            status=outcome.status,
            ended_by=outcome.ended_by,
            seconds=outcome.seconds,
            late_ms=outcome.late_ms,
        )
        for old in [*self.outcomes][:-KEPT]:
            del self.outcomes[old], self._calls[old], self._running[old]
