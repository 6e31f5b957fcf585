"""The ten states of a call's record, the legal moves between them, and what carriers report."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

CALL_CHANNEL = "phone"
"""The channel of every call, whoever carries it."""

Direction = Literal["inbound", "outbound"]


class CallStatus(StrEnum):
    """Where a call's record stands. A transfer is an event, not a state."""

    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    COMPLETED = "completed"
    FAILED = "failed"
    MISSED = "missed"
    VOICEMAIL = "voicemail"
    BUSY = "busy"
    NO_ANSWER = "no_answer"


_S = CallStatus
_RUNNING_ENDS = frozenset({_S.COMPLETED, _S.FAILED, _S.VOICEMAIL})

MOVES: Mapping[CallStatus, frozenset[CallStatus]] = MappingProxyType(
    {
        _S.INITIATED: frozenset({_S.RINGING, _S.FAILED}),
        _S.RINGING: frozenset(
            {_S.IN_PROGRESS, _S.MISSED, _S.BUSY, _S.NO_ANSWER, _S.VOICEMAIL, _S.FAILED}
        ),
        _S.IN_PROGRESS: frozenset({_S.ON_HOLD}) | _RUNNING_ENDS,
        _S.ON_HOLD: frozenset({_S.IN_PROGRESS}) | _RUNNING_ENDS,
        **dict.fromkeys(
            (_S.COMPLETED, _S.FAILED, _S.MISSED, _S.VOICEMAIL, _S.BUSY, _S.NO_ANSWER),
            frozenset[CallStatus](),
        ),
    }
)
"""From each state, the states it may move to: never itself. The six without a move are final."""


@dataclass(frozen=True, slots=True)
class CallRang:
    """A carrier has a call for us and waits for our answer."""

    provider: str
    provider_id: str
    caller: str | None
    """E.164; None when withheld, or when the carrier says that the number is forged."""
    callee: str
    """E.164: the number of ours that was called."""
    forwarded_from: str = ""
    """E.164: the line of ours that passed the call on; '' when none did."""


@dataclass(frozen=True, slots=True)
class MediaOver:
    """The audio of a call has ended, and the carrier asks what is next."""

    provider: str
    provider_id: str


@dataclass(frozen=True, slots=True)
class CallReport:
    """What a carrier says of a call, in any order, late, or twice."""

    provider: str
    provider_id: str
    status: CallStatus
    seconds: int | None = None
    """How long it lasted, once it is over."""


Ringing = CallRang | MediaOver | CallReport
