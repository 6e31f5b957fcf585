"""What goes wrong at Twilio, by plan: requests to create messages, and status callbacks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from tests.simulators.twilio_records import Message

FaultKind = Literal[
    "drop_before", "accept_then_drop", "error_before", "accept_then_error", "throttle", "slow"
]


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request to create a message.

    `drop_before` and `error_before` create nothing; `accept_then_drop` and `accept_then_error`
    do, and do not say so; `throttle` answers 429 with Retry-After; `slow` only takes its time.
    """

    kind: FaultKind
    seconds: float = 1.0


FAULTS: Sequence[str] = get_args(FaultKind)

Plan = Callable[[Message], Sequence[tuple[float, str]]]
"""The status callbacks of a message: (seconds after the one before, status) in order."""


def in_order(_message: Message) -> Sequence[tuple[float, str]]:
    """What Twilio mostly does."""
    return [(0.0, "queued"), (0.0, "sent"), (0.0, "delivered")]


def reordered(_message: Message) -> Sequence[tuple[float, str]]:
    """What Twilio does not promise not to do."""
    return [(0.0, "delivered"), (0.0, "queued"), (0.0, "sent")]


def duplicated(message: Message) -> Sequence[tuple[float, str]]:
    """Every callback twice."""
    return [step for step in in_order(message) for _ in range(2)]


def late(_message: Message) -> Sequence[tuple[float, str]]:
    """Nothing for three seconds."""
    return [(3.0, "sent"), (0.1, "delivered")]


def lost(_message: Message) -> Sequence[tuple[float, str]]:
    """Nothing ever: only the list tells."""
    return []


PLANS: Mapping[str, Plan] = {
    plan.__name__: plan for plan in (in_order, reordered, duplicated, late, lost)
}
