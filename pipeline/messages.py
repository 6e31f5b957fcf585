"""The vocabulary of text channels: what arrived, what is to be sent, what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.ids import MessageId, ProviderId


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A customer wrote to us. Text is cleaned at the edge: no NUL, no lone surrogate."""

    channel: str
    """sms, instagram, ...: the channel's name, which is not the provider's."""
    provider: str
    provider_id: ProviderId
    sender: str
    """Their identity on this channel: E.164 for sms."""
    recipient: str
    """Our address that was written to."""
    text: str
    media: tuple[str, ...] = ()
    """URLs as the provider gave them; stored, never fetched here."""
    provider_time: datetime | None = None
    provider_opt_out: bool = False
    """The provider says that it has handled this as STOP, START or HELP and has answered."""


class Delivery(StrEnum):
    """What a provider says became of a message. Order of definition is the order of the ladder."""

    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A provider told us what became of a message of ours."""

    provider: str
    provider_id: ProviderId
    status: Delivery
    message_id: MessageId | None = None
    """Our own id, where the provider brings it back: binds the report though the reply was lost."""
    error_code: str = ""
    opted_out: bool = False
    """It failed because the recipient has told the provider to stop."""


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One message to be handed to a provider, once."""

    message_id: MessageId
    channel: str
    sender: str
    recipient: str
    text: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """A provider has taken a message."""

    provider_id: ProviderId
    segments: int = 1
    status: Delivery = Delivery.ACCEPTED


_LADDER = {
    "queued": 0,
    "sending": 1,
    "unknown": 1,
    "accepted": 2,
    "sent": 3,
    "failed": 4,
    "delivered": 4,
    "read": 5,
}


def next_state(state: str, reported: Delivery) -> str:
    """The state of an outbox row after a report: only ever forwards, whatever the order.

    `failed` may follow `sent` but not `delivered`, and nothing follows `failed` but `read`
    (nobody reads what did not arrive: the failure was wrong). A row that was never sent
    (`blocked`, `expired`) cannot be reported on.
    """
    if state not in _LADDER:
        return state
    return reported.value if _LADDER[reported.value] > _LADDER[state] else state
