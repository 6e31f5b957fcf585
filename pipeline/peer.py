"""The ends of a call, the carrier, the model and the attendant, seen alike.

Five words, so that any wire fits: JSON on a WebSocket, RTP on UDP, text to a speech process.
After any of these that takes `now` (seconds, monotonic), the shell sends what `data_to_send`
gives and asks for `deadline` again.
"""

from collections.abc import Sequence
from typing import Protocol

from pipeline.events import Fact, Order

Wire = str | bytes


class Peer(Protocol):
    """One end's wire protocol, without the wire."""

    def receive(self, data: Wire, now: float) -> Sequence[Fact]:
        """Facts in one message; raises ProtocolError for nonsense, and may be asked again."""
        ...

    def obey(self, order: Order, now: float) -> None:
        """Carry out an order, if it is this end's to carry out."""
        ...

    def data_to_send(self) -> Sequence[Wire]:
        """What waits for the wire; asking empties it."""
        ...

    def deadline(self) -> float | None:
        """When `expire` must be called, or None."""
        ...

    def expire(self, now: float) -> Sequence[Fact]:
        """Do what is due."""
        ...
