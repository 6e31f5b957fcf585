"""Calls as Twilio tells the gateway of them and shows them in its REST API.

https://www.twilio.com/docs/voice/twiml#request-parameters and
https://www.twilio.com/docs/voice/api/call-resource
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime

from tests.simulators.twilio_records import Account, Refusal, first

LIVE = frozenset({"queued", "ringing", "in-progress"})
MAX_TWIML = 4000
NOT_IN_PROGRESS = Refusal(
    21220, 400, "Unable to update record. Call is not in-progress. Cannot redirect."
)


@dataclass(slots=True)
class CallRecord:
    """One inbound call. Times are Unix seconds."""

    sid: str
    caller: str
    callee: str
    created: float
    status: str = "ringing"
    answered: float | None = None
    ended: float | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    """Form fields that are other than usual, such as StirVerstat."""

    @property
    def seconds(self) -> int:
        """Whole seconds from answer to end, as they are charged."""
        if self.answered is None or self.ended is None:
            return 0
        return max(1, round(self.ended - self.answered))


@dataclass(frozen=True, slots=True)
class Update:
    """What the REST API is asked to do with a live call: end it, or go on elsewhere."""

    end: bool = False
    url: str = ""
    twiml: str = ""


def voice_form(record: CallRecord, account: Account) -> dict[str, str]:
    """What Twilio sends along when it asks for TwiML."""
    places = {
        f"{side}{part}": "US" if part == "Country" else ""
        for side in ("From", "To", "Caller", "Called")
        for part in ("City", "State", "Zip", "Country")
    }
    return {
        "CallSid": record.sid,
        "AccountSid": account.sid,
        "From": record.caller,
        "To": record.callee,
        "Caller": record.caller,
        "Called": record.callee,
        "CallStatus": record.status,
        "Direction": "inbound",
        "ApiVersion": "2010-04-01",
        "StirVerstat": "TN-Validation-Passed-A",
        **places,
        **record.extra,
    }


def progress_form(
    record: CallRecord, account: Account, status: str, number: int, now: float
) -> dict[str, str]:
    """What Twilio tells of a call's progress; `number` counts from 0."""
    over = (
        {"CallDuration": str(record.seconds), "Duration": str(-(-record.seconds // 60))}
        if status == "completed"
        else {}
    )
    return {
        **voice_form(record, account),
        "CallStatus": status,
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(number),
        "Timestamp": str(_rfc2822(now)),
        **over,
    }


def update_of(form: Mapping[str, Sequence[str]], record: CallRecord) -> Update | Refusal:
    """What an update asks for, or why it is refused."""
    status, url, twiml = first(form, "Status"), first(form, "Url"), first(form, "Twiml")
    if record.status not in LIVE:
        return NOT_IN_PROGRESS
    if status:
        known = status in ("completed", "canceled") and not (url or twiml)
        return Update(end=True) if known else Refusal(21218, 400, "Invalid Status")
    if bool(url) == bool(twiml):
        return Refusal(21205, 400, "Url or Twiml, and not both")
    if record.status != "in-progress":
        return NOT_IN_PROGRESS
    if url and not re.match("https?://", url):
        return Refusal(21205, 400, "Url invalid")
    if len(twiml) > MAX_TWIML:
        return Refusal(21623, 400, f"Twiml is longer than {MAX_TWIML} characters")
    return Update(url=url, twiml=twiml)


def to_json(record: CallRecord, account: Account) -> dict[str, object]:
    """A call as the REST API shows it."""
    uri = f"/2010-04-01/Accounts/{account.sid}/Calls/{record.sid}"
    return {
        "account_sid": account.sid,
        "annotation": None,
        "answered_by": None,
        "api_version": "2010-04-01",
        "caller_name": "",
        "date_created": _rfc2822(record.created),
        "date_updated": _rfc2822(record.ended or record.answered or record.created),
        "direction": "inbound",
        "duration": str(record.seconds) if record.ended else None,
        "end_time": _rfc2822(record.ended),
        "forwarded_from": record.extra.get("ForwardedFrom", ""),
        "from": record.caller,
        "from_formatted": record.caller,
        "group_sid": None,
        "parent_call_sid": None,
        "phone_number_sid": "PN" + account.sid[2:],
        "price": None,
        "price_unit": "USD",
        "queue_time": "0",
        "sid": record.sid,
        "start_time": _rfc2822(record.answered),
        "status": record.status,
        "subresource_uris": {"streams": f"{uri}/Streams.json"},
        "to": record.callee,
        "to_formatted": record.callee,
        "trunk_sid": "",
        "uri": f"{uri}.json",
    }


def _rfc2822(at: float | None) -> str | None:
    return None if at is None else format_datetime(datetime.fromtimestamp(int(at), UTC))
