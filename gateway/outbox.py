"""Sends what is owed, settles what is unknown.

A row is committed as `sending` before the provider is called. What is hard is everything that
can stop us between that commit and the provider's answer: such a message is `unknown`, looked
for in the provider's own list, and after a minute shown to a person. It is never sent again.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog

from channels.contract import TextChannel
from gateway.claims import ClaimLoop, Work
from gateway.context import Context
from gateway.egress import Perform, drive
from pipeline.errors import SendBlocked, SendDelayed, SendFailed, SendUnknown
from pipeline.inquiry import policy
from pipeline.messages import DeliveryReport, Receipt
from storage import outbox
from storage.outbox import Owed

log = structlog.get_logger()

LEASE_SECONDS = 30.0
"""Longer than handing a message to a provider may take."""
SENDERS = 8
BACKOFF_SECONDS = 1.0
BACKOFF_CAP_SECONDS = 300.0
LOOKERS = 4
"""At most so many of SENDERS look for lost messages: an outage must not keep others waiting."""
LOOK_SECONDS = 12.0
LOOK_AGAIN_SECONDS = 15.0
GIVE_UP_AFTER = timedelta(seconds=60)
LOOK_BACK = timedelta(minutes=2)
"""Clocks differ: how long before `sending` a provider's own time may lie."""


class Sender:
    """Sends and settles the rows of every channel of this program, SENDERS at a time."""

    def __init__(self, context: Context, channels: Sequence[TextChannel], perform: Perform) -> None:
        self._context = context
        self._channels = {(each.CHANNEL, each.PROVIDER): each for each in channels}
        self._perform = perform
        self.loop = ClaimLoop("outbox", SENDERS, self._claim, self._due)

    async def _due(self) -> float | None:
        return await outbox.seconds_until_due(self._context.pool)

    async def _claim(self, room: int) -> Sequence[Work]:
        pool = self._context.pool
        await outbox.abandon(pool)
        owed = await outbox.claim(
            pool, sender=self._context.worker, limit=room, lease_seconds=LEASE_SECONDS
        )
        lost = await outbox.claim_unknown(
            pool,
            limit=min(room - len(owed), LOOKERS),
            look_again_seconds=LOOK_AGAIN_SECONDS,
        )
        return [self._send(each) for each in owed] + [self._look_for(each) for each in lost]

    async def _send(self, owed: Owed) -> None:
        """Hand one claimed message to its provider and record what is known of it then."""
        metrics, message = self._context.metrics, owed.message
        with structlog.contextvars.bound_contextvars(message_id=str(message.message_id)):
            if owed.state != "sending":
                await self._not_sent(owed)
                return
            started = time.perf_counter()
            state = await self._handed_over(owed)
            metrics.provider_seconds.labels(owed.provider).observe(time.perf_counter() - started)
            metrics.outbox.labels(state).inc()
            log.info("handed_over", state=state, attempts=owed.attempts)

    async def _not_sent(self, owed: Owed) -> None:
        self._context.metrics.outbox.labels(owed.state).inc()
        self._context.metrics.optout_blocks.inc(owed.reason == "opted_out")
        log.info("not_sent", state=owed.state, reason=owed.reason)
        if owed.state == "expired":
            await outbox.expired(self._context.pool, owed.message.message_id, self._respond_by())

    async def _handed_over(self, owed: Owed) -> str:
        pool, message_id = self._context.pool, owed.message.message_id
        channel = self._channels.get((owed.message.channel, owed.provider))
        try:
            if channel is None:
                raise SendFailed("channel_off")
            exchange = channel.send(owed.message, self._context.settings.public_url)
            receipt = await drive(exchange, self._perform)
        except SendUnknown as exc:
            await outbox.unknown(pool, message_id, str(exc))
            self.loop.wake()
            return "unknown"
        except SendDelayed as exc:
            await outbox.delayed(pool, message_id, str(exc), _pause(owed.attempts, exc))
            return "delayed"  # until it expires
        except SendFailed as exc:
            return await self._refused(owed, exc)
        await outbox.sent(pool, message_id, receipt)
        ours = (datetime.now(UTC) - owed.owed_since).total_seconds()
        self._context.metrics.reply_overhead_seconds.observe(max(ours, 0.0))
        return receipt.status.value

    async def _refused(self, owed: Owed, refusal: SendFailed) -> str:
        opted_out = isinstance(refusal, SendBlocked)
        self._context.metrics.optout_blocks.inc(opted_out)
        await outbox.ended(
            self._context.pool,
            owed.message.message_id,
            refusal.code or str(refusal),
            opted_out=opted_out,
            respond_by=self._respond_by(),
        )
        return "blocked" if opted_out else "failed"

    async def _look_for(self, owed: Owed) -> None:
        """Look for an unknown message at its provider: accept it, wait, or show it to a person."""
        pool, message = self._context.pool, owed.message
        with structlog.contextvars.bound_contextvars(message_id=str(message.message_id)):
            channel = self._channels.get((message.channel, owed.provider))
            found: Sequence[Receipt] = ()
            try:
                if channel is not None:
                    exchange = channel.find(message, owed.sending_since - LOOK_BACK)
                    async with asyncio.timeout(LOOK_SECONDS):
                        found = await drive(exchange, self._perform)
            except (SendFailed, TimeoutError) as exc:  # the listing failed: look again
                log.warning("unknown_not_listed", error=str(exc) or "took too long")
            ids = [receipt.provider_id for receipt in found]
            taken = await outbox.known_provider_ids(pool, owed.provider, ids)
            mine = [receipt for receipt in found if receipt.provider_id not in taken]
            if mine:
                await outbox.sent(pool, message.message_id, mine[0])
                self._context.metrics.outbox.labels(mine[0].status.value).inc()
                log.info("unknown_found", looked=owed.looked)
            elif datetime.now(UTC) - owed.sending_since >= GIVE_UP_AFTER:
                await outbox.give_up(pool, message.message_id, self._respond_by())
                log.error("unknown_given_to_a_person", looked=owed.looked)
        self.loop.wake()

    async def report(self, delivery: DeliveryReport) -> bool:
        """Apply a status callback; False when it is about no message of ours."""
        known = await outbox.report(self._context.pool, delivery, self._respond_by())
        self._context.metrics.outbox.labels(delivery.status.value if known else "stranger").inc()
        self.loop.wake()  # what waited behind an unknown may go on
        return known

    def _respond_by(self) -> datetime:
        return policy.promise(self._context.business, datetime.now(UTC)).by


def _pause(attempts: int, refusal: SendDelayed) -> float:
    """Full jitter, doubling, capped; never sooner than the provider asks for."""
    longest = min(BACKOFF_SECONDS * 2**attempts, BACKOFF_CAP_SECONDS)
    return max(random.uniform(0, longest), refusal.retry_after or 0.0)  # noqa: S311 - not a secret
