"""What a channel is: a translator. Requests in, facts out; orders in, requests out.

A channel is a frozen dataclass whose fields are its settings, and it never opens a socket.
Where an exchange takes round trips it is a generator: it yields a Request and is sent the Reply.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, ClassVar, Protocol

from pipeline.call.status import CALL_CHANNEL, Ringing
from pipeline.messages import DeliveryReport, InboundMessage, OutboundMessage, Receipt
from pipeline.peer import Peer

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts that are this machine: where a provider may be spoken to without encryption."""


def setting(name: str, *, default: str | None = None, secret: bool = False, about: str = "") -> Any:
    """Declare a channel's field as read from the environment variable `name`.

    Without a default it is required once any required setting of its channel is given; a channel
    of which none is given is off. A secret is kept out of `repr`.
    """
    metadata = {"setting": name, "about": about, "secret": secret}
    if default is None:
        return field(metadata=metadata, repr=not secret)
    return field(default=default, metadata=metadata, repr=not secret)


def takes_calls(channel: "AnyChannel") -> bool:
    """Whether a channel, or its class, is a VoiceChannel; else it is a TextChannel."""
    return channel.CHANNEL == CALL_CHANNEL


def secret_values(channel: object) -> Sequence[str]:
    """The secrets a channel holds, for whoever must keep them out of sight."""
    return [
        getattr(channel, each.name)
        for each in fields(channel)  # type: ignore[arg-type]
        if each.metadata.get("secret") and getattr(channel, each.name)
    ]


@dataclass(frozen=True, slots=True)
class Webhook:
    """An HTTP request a provider made to us. Header names are lower case; the body is raw.

    `url` is rebuilt from PUBLIC_URL plus the path and query as received: what strangers put
    into Host or X-Forwarded-* never reaches a signature.
    """

    method: str
    url: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP reply, ours or theirs. Header names are lower case."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request we are to make. Headers and body may hold secrets: never in repr."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Received:
    """What a webhook meant, and how to answer it once the facts are committed."""

    facts: Sequence[InboundMessage | DeliveryReport]
    reply: Reply = Reply()


Sending = Generator[Request, Reply, Receipt]
"""Raises SendDelayed (nothing was done, try later), SendFailed (for good) or SendUnknown."""

Finding = Generator[Request, Reply, Sequence[Receipt]]
"""The provider's own list of messages that match; empty when there is none."""


class TextChannel(Protocol):
    """A text channel of one provider."""

    CHANNEL: ClassVar[str]
    """sms, instagram, ..."""
    PROVIDER: ClassVar[str]
    """twilio, meta, ..."""
    PATHS: ClassVar[Sequence[str]]
    """The routes its webhooks arrive on; every one of them is proved by `receive`."""
    BODY_LIMIT: ClassVar[int]
    """Bytes a webhook's body may have."""
    NO_ANSWER: ClassVar[Reply]
    """How a webhook is acknowledged that is proved but cannot be understood, and so is parked."""

    @property
    def address(self) -> str:
        """The address we send from when a conversation names none."""
        ...

    def receive(self, webhook: Webhook) -> Received:
        """Prove the caller first (else Rejected), then parse (ProtocolError on garbage)."""
        ...

    def send(self, message: OutboundMessage, callback_base: str) -> Sending:
        """Hand one message to the provider; `callback_base` is PUBLIC_URL."""
        ...

    def find(self, message: OutboundMessage, since: datetime) -> Finding:
        """Look for a message whose fate is unknown among those sent since then."""
        ...


class VoiceChannel(Protocol):
    """Calls of one provider: webhooks while it rings and after, audio over a WebSocket to us."""

    CHANNEL: ClassVar[str]
    """phone"""
    PROVIDER: ClassVar[str]
    PATHS: ClassVar[Sequence[str]]
    """The routes its webhooks arrive on; every one of them is proved by `receive`."""
    MEDIA_PATH: ClassVar[str]
    """The route its media sockets arrive on."""
    BODY_LIMIT: ClassVar[int]
    NO_ANSWER: ClassVar[Reply]

    @property
    def address(self) -> str:
        """The number to call."""
        ...

    def receive(self, webhook: Webhook) -> Ringing:
        """Prove the caller first (else Rejected), then parse (ProtocolError on garbage)."""
        ...

    def connect(self, token: str, public_url: str) -> Reply:
        """Answer: bring the audio to MEDIA_PATH with this token, and ask again afterwards."""
        ...

    def hang_up(self, words: str = "") -> Reply:
        """End the call, after these words in the provider's own voice."""
        ...

    def prove_media(self, webhook: Webhook) -> None:
        """Prove that the provider opens this media socket; raises Rejected."""
        ...

    def media(self) -> Peer:
        """The carrier's end of a new media socket; its first fact is MediaStarted."""
        ...


AnyChannel = TextChannel | VoiceChannel | type[TextChannel] | type[VoiceChannel]
