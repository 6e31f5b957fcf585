"""Calls over Twilio's Programmable Voice: what it asks while a call lasts, and what we answer.

Hard is whom to believe. A caller's number opens that number's memory, so a number that is
withheld, that no phone has, or whose signature does not hold is no number; and a signature joins
names and values without a separator, so ids and numbers are held to their full shape.

Wire: https://www.twilio.com/docs/voice/twiml#request-parameters
      https://www.twilio.com/docs/voice/twiml/stream
      https://www.twilio.com/docs/voice/api/call-resource#statuscallback
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from xml.sax.saxutils import escape, quoteattr

from channels.contract import Reply, Webhook, setting
from channels.signing import twilio_form, twilio_upgrade
from channels.twilio_account import CALL, WITHHELD, account_mistakes
from channels.twilio_media import TwilioMedia
from pipeline.call.status import CALL_CHANNEL, CallRang, CallReport, CallStatus, MediaOver, Ringing
from pipeline.errors import ProtocolError, Rejected
from pipeline.inquiry.identity import phone
from pipeline.peer import Peer

RING_PATH = "/webhooks/twilio/voice"
AFTER_PATH = "/webhooks/twilio/voice/after"
STATUS_PATH = "/webhooks/twilio/voice/status"
MEDIA_PATH = "/media/twilio"

# https://www.twilio.com/docs/voice/api/call-resource#call-status-values
STATUSES = {
    "queued": CallStatus.INITIATED,
    "initiated": CallStatus.INITIATED,
    "ringing": CallStatus.RINGING,
    "in-progress": CallStatus.IN_PROGRESS,
    "completed": CallStatus.COMPLETED,
    "busy": CallStatus.BUSY,
    "failed": CallStatus.FAILED,
    "no-answer": CallStatus.NO_ANSWER,
    "canceled": CallStatus.MISSED,
}
OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})

FORGED = "TN-Validation-Failed"
"""What StirVerstat begins with when the signature for the caller's number does not hold.

https://www.twilio.com/docs/voice/trusted-calling-with-shakenstir
"""

NUMBER = re.compile(r"\+?[0-9]{7,15}", re.ASCII)
SECONDS = re.compile(r"[0-9]{1,6}", re.ASCII)
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _twiml(verbs: str) -> Reply:
    return Reply(
        headers={"content-type": "text/xml; charset=utf-8"},
        body=f'<?xml version="1.0" encoding="UTF-8"?><Response>{verbs}</Response>'.encode(),
    )


def _goodbye(words: str) -> Reply:
    said = f"<Say>{escape(NOT_XML.sub('', words))}</Say>" if words else ""
    return _twiml(f"{said}<Hangup/>")


@dataclass(frozen=True, slots=True)
class TwilioVoice:
    """One Twilio account's calls, to one number."""

    CHANNEL: ClassVar[str] = CALL_CHANNEL
    PROVIDER: ClassVar[str] = "twilio"
    PATHS: ClassVar[Sequence[str]] = (RING_PATH, AFTER_PATH, STATUS_PATH)
    MEDIA_PATH: ClassVar[str] = MEDIA_PATH
    BODY_LIMIT: ClassVar[int] = 65536
    NO_ANSWER: ClassVar[Reply] = _goodbye("We are sorry, this call cannot be taken. Goodbye.")

    account_sid: str = setting(
        "TWILIO_ACCOUNT_SID", about="the account: AC and 32 hexadecimal digits"
    )
    auth_token: str = setting("TWILIO_AUTH_TOKEN", secret=True, about="its auth token")
    number: str = setting("TWILIO_NUMBER", about="the number that is called, like +19165550100")
    auth_token_secondary: str = setting(
        "TWILIO_AUTH_TOKEN_SECONDARY",
        default="",
        secret=True,
        about="accepted in signatures too while the token is being changed",
    )

    def __post_init__(self) -> None:
        """Raises ValueError with every mistake, one a line, each naming its setting."""
        found = account_mistakes(self.account_sid, self.auth_token, self.number)
        if mistakes := "\n".join(found):
            raise ValueError(mistakes)

    @property
    def address(self) -> str:
        """The number to call."""
        return self.number

    def receive(self, webhook: Webhook) -> Ringing:
        """Prove, then parse. Rejected says missing_signature, bad_signature, wrong_account, ...

        ProtocolError when it is Twilio's but no call to be answered: one that we placed, one to
        something other than a number, or a field out of shape.
        """
        if webhook.method != "POST":
            raise Rejected("not_a_post")
        proved = twilio_form(webhook, (self.auth_token, self.auth_token_secondary))
        form = dict(reversed(proved))  # of a repeated name the first value counts
        if form.get("AccountSid") != self.account_sid:
            raise Rejected("wrong_account")
        call = form.get("CallSid", "")
        if not CALL.fullmatch(call):
            raise ProtocolError("no call SID")
        if webhook.path == AFTER_PATH:
            return MediaOver(self.PROVIDER, call)
        if webhook.path == STATUS_PATH or form.get("CallStatus") in OVER:
            # A call that is over rings no more: a status callback was set to the wrong path.
            return _report(call, form)
        return _rang(call, form)

    def connect(self, token: str, public_url: str) -> Reply:
        """Bring the audio to MEDIA_PATH; when that socket has closed, ask AFTER_PATH what is next.

        `<Connect>` has no `action`: a socket that is lost falls to the verb after it. A query in
        the stream's address would be dropped, so the token goes along as a parameter.
        """
        url = re.sub("^http", "ws", public_url) + MEDIA_PATH
        parameter = f'<Parameter name="token" value={quoteattr(token)}/>'
        return _twiml(
            f"<Connect><Stream url={quoteattr(url)}>{parameter}</Stream></Connect>"
            f'<Redirect method="POST">{escape(public_url + AFTER_PATH)}</Redirect>'
        )

    def hang_up(self, words: str = "") -> Reply:
        """End the call, after these words in Twilio's own voice."""
        return _goodbye(words)

    def prove_media(self, webhook: Webhook) -> None:
        """Prove that Twilio opens this socket, by the address that `connect` wrote down.

        Raises Rejected with not_a_get, missing_signature or bad_signature.
        """
        twilio_upgrade(webhook, (self.auth_token, self.auth_token_secondary))

    def media(self) -> Peer:
        """Twilio's end of a new media socket."""
        return TwilioMedia(self.account_sid)


def _rang(call: str, form: Mapping[str, str]) -> CallRang:
    if form.get("Direction", "inbound").startswith("outbound"):
        raise ProtocolError("a call that we placed")
    callee = _number(form.get("To", ""))
    if callee is None:
        raise ProtocolError("not to a phone number")
    forged = form.get("StirVerstat", "").startswith(FORGED)
    return CallRang(
        provider=TwilioVoice.PROVIDER,
        provider_id=call,
        caller=None if forged else _caller(form.get("From", "")),
        callee=callee,
        forwarded_from=_number(form.get("ForwardedFrom", "")) or "",
    )


def _caller(given: str) -> str | None:
    """E.164, or None: withheld, or no phone's (client:..., sip:...)."""
    bare = given.removeprefix("+")
    # What is spelled on a keypad may have been taken for a number of this country.
    if {f"+{bare}", f"+{bare.removeprefix('1')}"} & WITHHELD:
        return None
    return _number(given)


def _number(given: str) -> str | None:
    return phone(given) if NUMBER.fullmatch(given) else None


def _report(call: str, form: Mapping[str, str]) -> CallReport:
    said = form.get("CallStatus", "")
    status = STATUSES.get(said)
    if status is None:
        raise ProtocolError("an unknown call status")
    lasted = form.get("CallDuration", "")
    seconds = int(lasted) if said in OVER and SECONDS.fullmatch(lasted) else None
    return CallReport(TwilioVoice.PROVIDER, call, status, seconds)
