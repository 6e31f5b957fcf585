"""SMS and MMS over Twilio's Programmable Messaging.

Hard is what Twilio leaves open: creating a message has no idempotency key, so a create whose
answer is lost may not be repeated, only found again; and a signature joins names and values
without a separator, so a form can be cut anew under the same signature: ids and numbers are
held to their full shape.

Wire: https://www.twilio.com/docs/messaging/guides/webhook-request
      https://www.twilio.com/docs/messaging/api/message-resource
      https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

from channels.contract import Finding, Received, Reply, Request, Sending, Webhook, setting
from channels.signing import basic, twilio_form
from channels.twilio_account import E164, WITHHELD, account_mistakes
from pipeline.errors import (
    ProtocolError,
    Rejected,
    SendBlocked,
    SendDelayed,
    SendFailed,
    SendUnknown,
)
from pipeline.ids import MessageId, ProviderId
from pipeline.messages import Delivery, DeliveryReport, InboundMessage, OutboundMessage, Receipt

INBOUND_PATH = "/webhooks/twilio/sms"
STATUS_PATH = "/webhooks/twilio/sms/status"
EMPTY_TWIML = Reply(
    headers={"content-type": "text/xml; charset=utf-8"},
    body=b'<?xml version="1.0" encoding="UTF-8"?><Response/>',
)

STATUSES = {
    "accepted": Delivery.ACCEPTED,
    "scheduled": Delivery.ACCEPTED,
    "queued": Delivery.ACCEPTED,
    "sending": Delivery.ACCEPTED,
    "sent": Delivery.SENT,
    "partially_delivered": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "read": Delivery.READ,
    "undelivered": Delivery.FAILED,
    "failed": Delivery.FAILED,
    "canceled": Delivery.FAILED,
}

OPTED_OUT = "21610"

# https://www.twilio.com/docs/api/errors, of those that creating a message can answer.
TRY_LATER = {
    "14107": "sending too fast",
    "20429": "too many requests",
    "21611": "the sending number's queue is full",
    "30001": "the queue is full",
    "30022": "sending too fast for this campaign",
    "30410": "the network timed out",
    "63018": "sending too fast on this channel",
}
TO_BE_MENDED = {
    "20003": "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are refused",
    "20005": "the account is not active",
    "20404": "TWILIO_ACCOUNT_SID or TWILIO_API_URL is wrong",
}
FOR_GOOD = {
    "21211": "not a phone number",
    "21408": "texts to that country are switched off",
    "21606": "the sending number cannot send texts or is not this account's",
    OPTED_OUT: "the customer has opted out",
    "21612": "no route from our number to theirs",
    "21614": "not a mobile number",
    "21617": "longer than 1,600 characters",
    "30003": "the phone cannot be reached",
    "30005": "no such phone",
    "30006": "a landline or unreachable carrier",
    "30007": "filtered by the carrier",
    "30034": "our number is not registered for business texts",
}
MEND_SECONDS = 300.0
LONGEST_WAIT = 3600.0

VALID_SECONDS = 4 * 3600
"""After which Twilio drops a text it could not pass on: a later answer would only confuse."""

MAX_TEXT = 4096
MAX_MEDIA = 10
MAX_URL = 2048
PAGE_SIZE = 200
MAX_PAGES = 20

TRIAL_PREFIX = "Sent from your Twilio trial account - "
SERVICE = re.compile(r"MG[0-9a-f]{32}", re.ASCII)
MESSAGE = re.compile(r"[SM]M[0-9a-fA-F]{32}", re.ASCII)
API = re.compile(
    r"(https://[a-zA-Z0-9.-]+|http://(localhost|127\.0\.0\.1|\[::1\]))(:[0-9]{1,5})?(/[\w./-]*)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class TwilioSms:
    """One Twilio account's texts, sent from one number or one messaging service."""

    CHANNEL: ClassVar[str] = "sms"
    PROVIDER: ClassVar[str] = "twilio"
    PATHS: ClassVar[Sequence[str]] = (INBOUND_PATH, STATUS_PATH)
    BODY_LIMIT: ClassVar[int] = 65536
    NO_ANSWER: ClassVar[Reply] = EMPTY_TWIML

    account_sid: str = setting(
        "TWILIO_ACCOUNT_SID", about="the account's SID: AC and 32 hexadecimal digits"
    )
    auth_token: str = setting("TWILIO_AUTH_TOKEN", secret=True, about="its auth token")
    number: str = setting("TWILIO_NUMBER", about="the number texts go out from, like +19165550100")
    auth_token_secondary: str = setting(
        "TWILIO_AUTH_TOKEN_SECONDARY",
        default="",
        secret=True,
        about="accepted in signatures too while the token is being changed",
    )
    api_url: str = setting(
        "TWILIO_API_URL",
        default="https://api.twilio.com",
        about="where its REST API is: https, or http on this machine",
    )
    messaging_service_sid: str = setting(
        "TWILIO_MESSAGING_SERVICE_SID",
        default="",
        about="the messaging service to send through: MG and 32 hexadecimal digits",
    )

    def __post_init__(self) -> None:
        """Raises ValueError with every mistake, one a line, each naming its setting."""
        if mistakes := "\n".join(_mistakes(self)):
            raise ValueError(mistakes)

    @property
    def address(self) -> str:
        """The number texts go out from when a conversation names none."""
        return self.number

    def receive(self, webhook: Webhook) -> Received:
        """Prove, then parse. Rejected says missing_signature, bad_signature, wrong_account, ...

        ProtocolError when it is Twilio's but cannot be a text to be answered: a sender without
        a phone number (short code, name, withheld, another channel), or a field out of shape.
        """
        if webhook.method != "POST":
            raise Rejected("not_a_post")
        proved = twilio_form(webhook, (self.auth_token, self.auth_token_secondary))
        form = dict(reversed(proved))  # of a repeated name the first value counts
        if form.get("AccountSid") != self.account_sid:
            raise Rejected("wrong_account")
        if webhook.path == STATUS_PATH:
            return Received(_reports(form, webhook.url))
        if form.get("MessageStatus"):
            # A service whose status callback was set to this path: not to be taken for a customer.
            return Received(_reports(form, webhook.url), EMPTY_TWIML)
        return Received([_inbound(form)], EMPTY_TWIML)

    def send(self, message: OutboundMessage, callback_base: str) -> Sending:
        """Create the message. A reply that does not say whether it was created is SendUnknown.

        Wrong credentials only delay: once they are mended, what is waiting goes out.
        """
        order = {
            "To": message.recipient,
            "From": message.sender or self.number,
            "Body": message.text,
            "StatusCallback": f"{callback_base}{STATUS_PATH}?mid={message.message_id}",
            "ValidityPeriod": str(VALID_SECONDS),
        }
        if self.messaging_service_sid:
            # Together they pick the sender out of the service's pool: the number they wrote to.
            order["MessagingServiceSid"] = self.messaging_service_sid
        reply = yield self._request("POST", self._messages_path(), urlencode(order).encode())
        if 200 <= reply.status < 300:
            return _created(reply)
        raise _refusal(reply)

    def find(self, message: OutboundMessage, since: datetime) -> Finding:
        """Look among all texts to this recipient: a text still queued has no date to filter by.

        `since` is compared with Twilio's clock, cut to seconds: leave room. Raises SendDelayed when
        the list cannot be had, or read to its end, now.
        """
        query = {"To": message.recipient, "PageSize": str(PAGE_SIZE)}
        if not self.messaging_service_sid:  # else any number of the service's may have sent it
            query["From"] = message.sender or self.number
        path = f"{self._messages_path()}?{urlencode(query)}"
        found: list[Receipt] = []
        for _ in range(MAX_PAGES):
            reply = yield self._request("GET", path)
            page = _json(reply)
            if reply.status != 200 or not isinstance(page.get("messages"), list):
                raise _refusal(reply, reading=True)
            found += [
                receipt
                for listed in page["messages"]
                if isinstance(listed, dict) and (receipt := _match(listed, message, since))
            ]
            path = page.get("next_page_uri") or ""
            if not path:
                return found
            if not str(path).startswith(f"{self._messages_path()}?"):
                raise SendDelayed("twilio's list goes on outside of it")
        raise SendDelayed("twilio's list does not end")

    def _messages_path(self) -> str:
        return f"/2010-04-01/Accounts/{self.account_sid}/Messages.json"

    def _request(self, method: str, path: str, form: bytes = b"") -> Request:
        headers = {
            "authorization": basic(self.account_sid, self.auth_token),
            "accept": "application/json",
        }
        if form:
            headers["content-type"] = "application/x-www-form-urlencoded"
        return Request(method, self.api_url.rstrip("/") + path, headers, form)


def _mistakes(given: TwilioSms) -> Iterator[str]:
    yield from account_mistakes(given.account_sid, given.auth_token, given.number)
    if given.messaging_service_sid and not SERVICE.fullmatch(given.messaging_service_sid):
        yield "TWILIO_MESSAGING_SERVICE_SID must be MG and 32 hexadecimal digits (0-9, a-f)"
    if not API.fullmatch(given.api_url):
        yield "TWILIO_API_URL must be https, or http on this machine (the auth token goes there)"


def _inbound(form: Mapping[str, str]) -> InboundMessage:
    sender = form.get("From", "")
    if not E164.fullmatch(sender) or sender in WITHHELD:
        raise ProtocolError("the sender has no phone number to answer")
    recipient = form.get("To", "")
    if not E164.fullmatch(recipient):
        raise ProtocolError("not to a phone number")
    return InboundMessage(
        channel=TwilioSms.CHANNEL,
        provider=TwilioSms.PROVIDER,
        provider_id=_message_sid(form),
        sender=sender,
        recipient=recipient,
        text=_clean(form.get("Body", "")),
        media=_media(form),
        provider_opt_out=form.get("OptOutType", "").upper() in ("STOP", "START", "HELP"),
    )


def _media(form: Mapping[str, str]) -> tuple[str, ...]:
    count = form.get("NumMedia", "")
    if not (count.isascii() and count.isdigit() and len(count) < 10):
        return ()
    urls = (form.get(f"MediaUrl{i}", "") for i in range(min(int(count), MAX_MEDIA)))
    return tuple(
        url for url in urls if url.startswith(("https://", "http://")) and len(url) <= MAX_URL
    )


def _reports(form: Mapping[str, str], url: str) -> Sequence[DeliveryReport]:
    sid = _message_sid(form)
    status = STATUSES.get(form.get("MessageStatus") or form.get("SmsStatus", ""))
    if status is None:
        return []
    code = _code(form.get("ErrorCode", ""))
    return [
        DeliveryReport(
            provider=TwilioSms.PROVIDER,
            provider_id=sid,
            status=status,
            message_id=_our_id(url),
            error_code=code,
            opted_out=code == OPTED_OUT,
        )
    ]


def _our_id(url: str) -> MessageId | None:
    try:
        return MessageId(UUID(parse_qs(urlsplit(url).query)["mid"][0]))
    except (KeyError, ValueError):
        return None


def _message_sid(form: Mapping[str, str]) -> ProviderId:
    sid = form.get("MessageSid") or form.get("SmsSid", "")
    if not MESSAGE.fullmatch(sid):
        raise ProtocolError("no message SID")
    return ProviderId(sid)


def _clean(text: str) -> str:
    """Text that every store and wire can hold: no NUL, no lone surrogate, one normal form."""
    whole = text[:MAX_TEXT].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return unicodedata.normalize("NFC", whole.replace("\0", ""))


def _json(reply: Reply) -> Mapping[str, Any]:
    try:
        answer = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _created(reply: Reply) -> Receipt:
    answer = _json(reply)
    sid = answer.get("sid")
    if not (isinstance(sid, str) and MESSAGE.fullmatch(sid)):
        raise SendUnknown(f"twilio answered {reply.status} without a message SID")
    return _receipt(ProviderId(sid), answer)


def _receipt(sid: ProviderId, listed: Mapping[str, Any]) -> Receipt:
    count = str(listed.get("num_segments", ""))
    # A messaging service says 0 until it has picked a sender.
    segments = int(count) if count.isascii() and count.isdigit() and len(count) < 4 else 0
    status = STATUSES.get(str(listed.get("status")), Delivery.ACCEPTED)
    return Receipt(sid, max(1, segments), status)


def _match(listed: Mapping[str, Any], message: OutboundMessage, since: datetime) -> Receipt | None:
    sid, body = str(listed.get("sid")), str(listed.get("body"))
    try:
        created = parsedate_to_datetime(str(listed.get("date_created")))
        recent = created >= since
    except (TypeError, ValueError):
        return None
    matches = (
        recent
        and MESSAGE.fullmatch(sid)
        and listed.get("to") == message.recipient
        and str(listed.get("direction")).startswith("outbound")
        and _words(body.removeprefix(TRIAL_PREFIX)) == _words(message.text)
    )
    return _receipt(ProviderId(sid), listed) if matches else None


def _words(text: str) -> Sequence[str]:
    return unicodedata.normalize("NFC", text).split()


def _refusal(reply: Reply, *, reading: bool = False) -> SendFailed:
    """What an answer other than success means. Reading can always be done again."""
    code = _code(_json(reply).get("code"))
    words = TRY_LATER | TO_BE_MENDED | FOR_GOOD
    reason = f"twilio {reply.status}" + (f" {code}" if code else "")
    if code in words:
        reason += f": {words[code]}"
    if reply.status == 429 or code in TRY_LATER:
        return SendDelayed(reason, code, _retry_after(reply))
    if code in TO_BE_MENDED or (not code and reply.status in (401, 403, 404, 407)):
        return SendDelayed(reason, code, MEND_SECONDS)
    if reading:
        return SendDelayed(reason, code, _retry_after(reply))
    if code == OPTED_OUT:
        return SendBlocked(reason, code)
    # 408 and 5xx may come from something in between after Twilio had taken the message.
    if 400 <= reply.status < 500 and reply.status != 408:
        return SendFailed(reason, code)
    return SendUnknown(reason, code)


def _code(given: object) -> str:
    """One of Twilio's error codes, or nothing."""
    found = re.fullmatch(r"[1-9][0-9]{4}", str(given), re.ASCII)
    return found.group() if found else ""


def _retry_after(reply: Reply) -> float | None:
    given = reply.headers.get("retry-after", "").strip()
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        return None
    return min(float(given), LONGEST_WAIT)
