"""Signed requests to the gateway, with Twilio's deadlines and retries.

Signatures come from the vendor's own library, not from ours: the two have to agree.
https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import aiohttp
from twilio.request_validator import RequestValidator

from tests.simulators.ledger import Ledger

CONNECT_SECONDS = 5.0
CLOSE_SECONDS = 1.0
TOTAL_SECONDS = 15.0
RETRY_PAUSE = 0.2
SHOWN = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway answered."""

    status: int
    content_type: str
    body: bytes


class Webhooks:
    """Makes one account's requests to one gateway. Close it when done."""

    def __init__(self, token: str, ledger: Ledger, *, retries: int, deadline: float) -> None:
        self._validator = RequestValidator(token)
        self._ledger = ledger
        self._retries = retries
        self._deadline = deadline
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
        )

    async def close(self) -> None:
        """Close its connections."""
        await self._session.close()

    async def post(
        self, purpose: str, url: str, target: str, form: Mapping[str, str]
    ) -> int | None:
        """Sign for `url`, deliver to `target`; the status, or None when nobody answered in time."""
        answer = await self.ask(purpose, url, target, form)
        return None if answer is None else answer.status

    async def ask(
        self, purpose: str, url: str, target: str, form: Mapping[str, str]
    ) -> Answer | None:
        """Like `post`, for the whole answer.

        Only a failure to connect is tried again, all within the deadline.
        """
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "Host": urlsplit(url).netloc,
            "User-Agent": "TwilioProxy/1.1",
            "I-Twilio-Idempotency-Token": str(uuid4()),
            "X-Twilio-Signature": self._signature(url, form),
        }
        about = {"purpose": purpose, "sid": form.get("MessageSid") or form["CallSid"], "url": url}
        body = urlencode(form).encode()
        attempt = 0
        try:
            async with asyncio.timeout(self._deadline):
                while True:
                    attempt += 1
                    self._ledger.record("webhook_attempt", **about, attempt=attempt)
                    try:
                        return await self._once(target, headers, body, about)
                    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
                        self._ledger.record("webhook_failed", **about, reason="connect")
                        if attempt > self._retries:
                            return None
                    await asyncio.sleep(RETRY_PAUSE)
        except TimeoutError:
            self._ledger.record("webhook_failed", **about, reason="timeout")
        except aiohttp.ClientError as exc:
            self._ledger.record("webhook_failed", **about, reason=type(exc).__name__)
        return None

    async def connect(self, url: str, target: str) -> aiohttp.ClientWebSocketResponse:
        """Open a WebSocket at `target`, signed for `url`; raises ClientError and TimeoutError.

        The signature is over the address alone, and its header is in lower case.
        """
        headers = {
            "Host": urlsplit(url).netloc,
            "User-Agent": "Twilio.TmeWs/1.0",
            "x-twilio-signature": self._signature(url, {}),
        }
        async with asyncio.timeout(CONNECT_SECONDS):
            return await self._session.ws_connect(
                target,
                headers=headers,
                max_msg_size=0,
                timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_SECONDS),
            )

    async def _once(
        self, target: str, headers: Mapping[str, str], body: bytes, about: Mapping[str, str]
    ) -> Answer:
        async with self._session.post(
            target, data=body, headers=headers, allow_redirects=False
        ) as response:
            answer = Answer(response.status, response.content_type, await response.read())
            self._ledger.record(
                "webhook_response",
                **about,
                status=response.status,
                content_type=response.content_type,
                body=answer.body[:SHOWN].decode("utf-8", "replace"),
            )
            return answer

    def _signature(self, url: str, form: Mapping[str, str]) -> str:
        return cast(str, self._validator.compute_signature(url, dict(form)))
