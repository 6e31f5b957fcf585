"""What the doctor says of a thing it looked at, and how it looks at a server over HTTP."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from channels.contract import Reply, Request
from gateway.egress import Perform
from pipeline.errors import SendFailed

CLOCK_WARN, CLOCK_FAIL = timedelta(seconds=2), timedelta(seconds=30)


class Level(StrEnum):
    """How bad a finding is. FAIL: something will not work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, and what was seen; unless OK it also says what to do."""

    level: Level
    subject: str
    said: str

    def __str__(self) -> str:
        return f"{self.level:<4}  {self.subject:<10}  {self.said}"


Findings = Sequence[Finding]


def ok(subject: str, said: str) -> Finding:
    """Nothing to do."""
    return Finding(Level.OK, subject, said)


def warn(subject: str, said: str) -> Finding:
    """It works, but somebody should look at it."""
    return Finding(Level.WARN, subject, said)


def fail(subject: str, said: str) -> Finding:
    """It will not work."""
    return Finding(Level.FAIL, subject, said)


def clock(whose: str, theirs: datetime, asked: datetime, answered: datetime) -> Finding:
    """Their clock against ours, which read `asked` before and `answered` after."""
    off = max(asked - theirs, theirs - answered, timedelta(0))
    said = f"{off.total_seconds():.1f} s from that of {whose}"
    if off > CLOCK_FAIL:
        return fail("clock", f"{said}: set this machine's clock (NTP); signatures depend on it")
    if off > CLOCK_WARN:
        return warn("clock", f"{said}: set this machine's clock (NTP)")
    return ok("clock", said)


def date_finding(reply: Reply, whose: str, asked: datetime) -> Findings:
    """What their Date header says of our clock; it counts whole seconds."""
    with suppress(ValueError, KeyError):
        theirs = parsedate_to_datetime(reply.headers["date"])
        return [clock(whose, theirs, asked - timedelta(seconds=1), datetime.now(UTC))]
    return []


async def get(perform: Perform, url: str, authorization: str = "") -> Reply | None:
    """The reply; None if none came."""
    headers = {"authorization": authorization} if authorization else {}
    with suppress(SendFailed):
        return await perform(Request("GET", url, headers))
    return None


def parsed(reply: Reply) -> Mapping[str, object]:
    """A JSON object; an empty one if the reply is none."""
    with suppress(ValueError):
        found = json.loads(reply.body)
        if isinstance(found, dict):
            return found
    return {}


def entries(reply: Reply, name: str) -> Sequence[Mapping[str, object]]:
    """The objects in a list of that name; none if the reply has no such list."""
    listed = parsed(reply).get(name)
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
