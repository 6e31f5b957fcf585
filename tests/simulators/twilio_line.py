"""One number and the handsets that text with it: messages, consent at the carrier, arrivals.

All that is known comes from the ledger's events, so a line that is started again on the same
ledger knows its messages and who has told it to stop.
"""

from collections.abc import Mapping, Sequence
from uuid import uuid4

from tests.simulators.ledger import Event, Ledger
from tests.simulators.twilio_records import (
    DOCUMENTED,
    MAX_BODY,
    Account,
    Message,
    Refusal,
    first,
    refusal,
)

# https://help.twilio.com/articles/223134027: keywords count when they are the whole message.
STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START = frozenset({"START", "YES", "UNSTOP"})
HELP = frozenset({"HELP", "INFO"})
CARRIER_SAYS = {
    "STOP": "You have successfully been unsubscribed. You will not receive any more messages"
    " from this number. Reply START to resubscribe.",
    "START": "You have successfully been re-subscribed to messages from this number."
    " Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
    "HELP": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}


class Line:
    """What Twilio and the carriers know of one account's number."""

    def __init__(self, account: Account, ledger: Ledger) -> None:
        self.account = account
        self.ledger = ledger
        self.messages: dict[str, Message] = {}
        self.unreachable: dict[str, int] = {}
        """Handsets that nothing reaches, with the error code that says why."""
        self._stopped: set[str] = set()
        self._arrived: dict[str, list[Event]] = {}
        for event in ledger.events():
            self._apply(event)

    def written(self, sender: str, body: str, media: Sequence[str]) -> tuple[Message, str]:
        """A handset sends a message; the message, and STOP, START or HELP if it is one.

        The carrier acts on a keyword before the gateway hears of it.
        """
        if len(body) > MAX_BODY:
            raise ValueError(f"no handset sends more than {MAX_BODY} characters")
        sid = ("MM" if media else "SM") + uuid4().hex
        keyword = self._keyword(body)
        self._record(
            "inbound_sent",
            sid=sid,
            direction="inbound",
            **{"from": sender, "to": self.account.number},
            body=body,
            media=list(media),
            keyword=keyword,
        )
        stopped = sender in self._stopped
        if keyword == "STOP" and not stopped:
            self._record("opted_out", address=sender, ours=self.account.number, sid=sid)
            self._carrier_says("STOP", sender)
        elif keyword == "START" and stopped:
            self._record("opted_in", address=sender, ours=self.account.number, sid=sid)
            self._carrier_says("START", sender)
        elif keyword == "HELP" and not stopped:
            self._carrier_says("HELP", sender)
        return self.messages[sid], keyword

    def create(self, form: Mapping[str, Sequence[str]]) -> Message | Refusal:
        """The REST API is asked to send a message."""
        blocked = [(self.account.number, address) for address in self._stopped]
        if refused := refusal(form, self.account, blocked):
            self.ledger.record("refused", code=refused.code, to=first(form, "To"))
            return refused
        media = list(form.get("MediaUrl", ()))
        message = Message(
            sid=("MM" if media else "SM") + uuid4().hex,
            direction="outbound-api",
            sender=self.account.number,
            recipient=first(form, "To"),
            body=first(form, "Body"),
            created=0.0,
            callback=first(form, "StatusCallback"),
            service_sid=first(form, "MessagingServiceSid"),
        )
        self._record(
            "created",
            sid=message.sid,
            direction=message.direction,
            **{"from": message.sender, "to": message.recipient},
            body=message.body,
            media=media,
            callback=message.callback,
            service_sid=message.service_sid,
            mid=message.mid,
            undocumented=sorted(form.keys() - DOCUMENTED),
        )
        return self.messages[message.sid]

    def carried(self, message: Message) -> None:
        """The carriers have done what they can: delivered, or not."""
        code = self.unreachable.get(message.recipient)
        status = "undelivered" if code else "delivered"
        self._record("status", sid=message.sid, status=status, error_code=code)

    def has_stopped(self, address: str) -> bool:
        """Whether the carrier keeps our messages from this address."""
        return address in self._stopped

    def arrivals(self, address: str, after: int = 0) -> Sequence[Event]:
        """What a handset has received, ours and the carrier's, since that event."""
        found = self._arrived.get(address, [])
        return [event for event in found if _number(event["seq"]) > after]

    def _keyword(self, body: str) -> str:
        word = body.strip().upper()
        for keyword, words in (("STOP", STOP), ("START", START), ("HELP", HELP)):
            if word in words:
                return keyword
        return ""

    def _carrier_says(self, keyword: str, address: str) -> None:
        ends = {"from": self.account.number, "to": address}
        self._record("carrier_reply", **ends, body=CARRIER_SAYS[keyword])

    def _record(self, kind: str, **details: object) -> None:
        self._apply(self.ledger.record(kind, **details))

    def _apply(self, event: Event) -> None:
        kind = event["kind"]
        if kind in ("inbound_sent", "created"):
            message = _message(event)
            self.messages[message.sid] = message
        elif kind == "status":
            message = self.messages[str(event["sid"])]
            message.status = str(event["status"])
            message.sent = float(str(event["at"]))
            message.error_code = _number(event["error_code"]) or None
        elif kind == "opted_out":
            self._stopped.add(str(event["address"]))
        elif kind == "opted_in":
            self._stopped.discard(str(event["address"]))
        if kind in ("created", "carrier_reply"):
            self._arrived.setdefault(str(event["to"]), []).append(event)


def _message(event: Event) -> Message:
    inbound = event["kind"] == "inbound_sent"
    at = float(str(event["at"]))
    media = event["media"]
    return Message(
        sid=str(event["sid"]),
        direction=str(event["direction"]),
        sender=str(event["from"]),
        recipient=str(event["to"]),
        body=str(event["body"]),
        created=at,
        media=tuple(map(str, media)) if isinstance(media, list) else (),
        service_sid=str(event.get("service_sid", "")),
        callback=str(event.get("callback", "")),
        status="received" if inbound else "queued",
        sent=at if inbound else None,
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
