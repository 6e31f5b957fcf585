"""The vocabulary of text channels: what arrived, what is to be sent, what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.ids import MessageId, ProviderId


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A customer wrote to us. Text is cleaned at the edge: no NUL, no lone surrogate."""

    channel: str
    """sms, instagram, ...: the channel's name in DESIGN's words, not the provider's."""
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
