"""Accounts and messages as Twilio keeps them, checks them and shows them.

Shapes and error codes: https://www.twilio.com/docs/messaging/api/message-resource
and https://www.twilio.com/docs/api/errors
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import parse_qs, urlencode, urlsplit

DOCUMENTED = frozenset(
    {
        *("To", "From", "MessagingServiceSid", "Body", "MediaUrl", "StatusCallback"),
        *("ValidityPeriod", "SmartEncoded", "RiskCheck", "ContentSid", "ContentVariables"),
        *("SendAt", "ScheduleType", "ApplicationSid", "ProvideFeedback", "Attempt", "MaxPrice"),
        *("ForceDelivery", "ContentRetention", "AddressRetention", "PersistentAction"),
        *("ShortenUrls", "SendAsMms", "TrafficType", "MessageIntent", "FallbackFrom"),
    }
)
MAX_BODY = 1600
MAX_MEDIA = 10
MAX_VALIDITY = 36000
E164 = re.compile(r"\+[1-9][0-9]{6,14}")

GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ!\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_EXTENSION = frozenset("^{}\\[~]|€\f")


@dataclass(frozen=True, slots=True)
class Account:
    """One account with one number, in a messaging service or not."""

    sid: str
    token: str
    number: str
    service_sid: str = ""

    @property
    def messages_path(self) -> str:
        """The list resource, without its extension."""
        return f"/2010-04-01/Accounts/{self.sid}/Messages"


@dataclass(slots=True)
class Message:
    """One message, in or out. Times are Unix seconds."""

    sid: str
    direction: str
    sender: str
    recipient: str
    body: str
    created: float
    media: tuple[str, ...] = ()
    service_sid: str = ""
    callback: str = ""
    status: str = "queued"
    sent: float | None = None
    error_code: int | None = None

    @property
    def mid(self) -> str:
        """The id that its sender put into the status callback."""
        return parse_qs(urlsplit(self.callback).query).get("mid", [""])[0]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not carried out."""

    code: int
    status: int
    message: str

    def to_json(self) -> dict[str, object]:
        """The body of the answer."""
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


UNAUTHORIZED = Refusal(20003, 401, "Authenticate")
NOT_FOUND = Refusal(20404, 404, "The requested resource was not found")
TOO_MANY = Refusal(20429, 429, "Too Many Requests")
INTERNAL = Refusal(20500, 500, "An internal server error has occurred")


def refusal(
    form: Mapping[str, Sequence[str]], account: Account, blocked: Iterable[tuple[str, str]]
) -> Refusal | None:
    """Why this form creates no message; None when it does. `blocked` pairs are (ours, theirs)."""
    to, body = first(form, "To"), first(form, "Body")
    sender, service = first(form, "From"), first(form, "MessagingServiceSid")
    validity = first(form, "ValidityPeriod") or "1"
    checks = [
        (not to, 21604, "A 'To' phone number is required."),
        (not E164.fullmatch(to), 21211, f"Invalid 'To' Phone Number: {to}"),
        (not sender and not service, 21603, "A 'From' phone number is required."),
        (bool(sender) and sender != account.number, 21606, f"'From' {sender} is not yours."),
        (bool(service) and service != account.service_sid, 21701, "No such Messaging Service."),
        (to == account.number, 21266, "'To' and 'From' number cannot be the same"),
        (not body and not form.get("MediaUrl"), 21602, "Message body is required."),
        (len(body) > MAX_BODY, 21617, "The concatenated message body exceeds the limit."),
        (len(form.get("MediaUrl", ())) > MAX_MEDIA, 21623, "Number of media files exceeds limit."),
        (
            not (validity.isdigit() and 1 <= int(validity) <= MAX_VALIDITY),
            20001,
            f"Invalid ValidityPeriod {validity}",
        ),
        ((account.number, to) in set(blocked), 21610, "Attempt to send to unsubscribed recipient"),
    ]
    for fails, code, words in checks:
        if fails:
            return Refusal(code, 400, words)
    return None


def first(form: Mapping[str, Sequence[str]], name: str) -> str:
    """A field's first value, or nothing."""
    return next(iter(form.get(name, ())), "")


def to_json(message: Message, account: Account) -> dict[str, object]:
    """A message as the REST API shows it."""
    uri = f"{account.messages_path}/{message.sid}"
    return {
        "account_sid": account.sid,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": _rfc2822(message.created),
        "date_sent": _rfc2822(message.sent),
        "date_updated": _rfc2822(message.sent or message.created),
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": None,
        "from": message.sender,
        "messaging_service_sid": message.service_sid or None,
        "num_media": str(len(message.media)),
        "num_segments": str(segments(message.body)),
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.recipient,
        "uri": f"{uri}.json",
    }


def page_of(
    messages: Iterable[Message], account: Account, query: Mapping[str, str]
) -> dict[str, object]:
    """One page of the list, newest first, filtered as the query asks."""
    found = [message for message in messages if _wanted(message, query)]
    found.sort(key=lambda message: message.created, reverse=True)
    size = min(max(int(query.get("PageSize", "50")), 1), 1000)
    page = int(query.get("Page", "0"))
    shown = found[page * size : (page + 1) * size]
    filters = {name: value for name, value in query.items() if name not in ("Page", "PageToken")}
    path = f"{account.messages_path}.json"

    def uri(number: int) -> str:
        token = {"PageToken": f"PA{shown[-1].sid}"} if number and shown else {}
        return f"{path}?{urlencode({**filters, 'PageSize': size, 'Page': number, **token})}"

    return {
        "end": page * size + max(len(shown) - 1, 0),
        "first_page_uri": uri(0),
        "messages": [to_json(message, account) for message in shown],
        "next_page_uri": uri(page + 1) if len(found) > (page + 1) * size else None,
        "page": page,
        "page_size": size,
        "previous_page_uri": uri(page - 1) if page else None,
        "start": page * size,
        "uri": uri(page),
    }


def _wanted(message: Message, query: Mapping[str, str]) -> bool:
    if "To" in query and message.recipient != query["To"]:
        return False
    if "From" in query and message.sender != query["From"]:
        return False
    dated = [name for name in ("DateSent", "DateSent>", "DateSent<") if name in query]
    if not dated:
        return True
    if message.sent is None:
        return False  # not sent yet: no date can match it
    day = datetime.fromtimestamp(message.sent, UTC).date().isoformat()
    return (
        query.get("DateSent", day)[:10] == day
        and query.get("DateSent>", day)[:10] <= day
        and query.get("DateSent<", day)[:10] >= day
    )


def inbound_form(message: Message, account: Account, opt_out_type: str) -> dict[str, str]:
    """What Twilio tells the gateway of a message that came in."""
    media = {f"MediaUrl{i}": url for i, url in enumerate(message.media)}
    kinds = {f"MediaContentType{i}": "image/jpeg" for i in range(len(message.media))}
    places = {
        f"{side}{part}": "US" if part == "Country" else ""
        for side in ("From", "To")
        for part in ("City", "State", "Zip", "Country")
    }
    service = {"MessagingServiceSid": account.service_sid} if account.service_sid else {}
    return {
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "SmsMessageSid": message.sid,
        "AccountSid": account.sid,
        "From": message.sender,
        "To": message.recipient,
        "Body": message.body,
        "NumMedia": str(len(message.media)),
        "NumSegments": str(segments(message.body)),
        "SmsStatus": "received",
        "ApiVersion": "2010-04-01",
        **places,
        **service,
        **media,
        **kinds,
        **({"OptOutType": opt_out_type} if opt_out_type else {}),
    }


def status_form(message: Message, account: Account, status: str) -> dict[str, str]:
    """What Twilio tells the gateway of a message that went out."""
    failed = {"ErrorCode": str(message.error_code)} if message.error_code else {}
    service = {"MessagingServiceSid": account.service_sid} if message.service_sid else {}
    return {
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "AccountSid": account.sid,
        "From": message.sender,
        "To": message.recipient,
        "MessageStatus": status,
        "SmsStatus": status,
        "ApiVersion": "2010-04-01",
        **service,
        **failed,
    }


def segments(body: str) -> int:
    """How many parts a body is charged as: https://www.twilio.com/docs/glossary/what-is-gsm-7"""
    if all(character in GSM7 or character in GSM7_EXTENSION for character in body):
        units = len(body) + sum(character in GSM7_EXTENSION for character in body)
        alone, each = 160, 153
    else:
        units = len(body.encode("utf-16-le")) // 2
        alone, each = 70, 67
    return 1 if units <= alone else -(-units // each)


def _rfc2822(at: float | None) -> str | None:
    return None if at is None else format_datetime(datetime.fromtimestamp(int(at), UTC))
