"""Twilio's webhooks to facts: what arrives, what became of ours; and settings that are wrong."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import pytest

from channels.contract import Webhook
from channels.signing import read_form, twilio_signature
from channels.twilio_sms import MAX_TEXT, TwilioSms
from pipeline.errors import ProtocolError
from pipeline.ids import ProviderId
from pipeline.messages import Delivery, DeliveryReport, InboundMessage, OutboundMessage
from tests.channels.twilio_samples import (
    BASE,
    MID,
    REPORT,
    SERVICE,
    SID,
    SM1,
    TEXT,
    THEM,
    TOKEN,
    TWILIO,
    US,
)

Form = Mapping[str, str]


def webhook(
    form: Form | Sequence[tuple[str, str]], path: str = "/webhooks/twilio/sms", query: str = ""
) -> Webhook:
    pairs = list(form.items()) if isinstance(form, Mapping) else list(form)
    return signed(urlencode(pairs).encode(), path, query)


def signed(body: bytes, path: str = "/webhooks/twilio/sms", query: str = "") -> Webhook:
    url = BASE + path + query
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-twilio-signature": twilio_signature(TOKEN, url, read_form(body)),
    }
    return Webhook("POST", url, path, headers, body)


def inbound(**changes: str) -> InboundMessage:
    [fact] = TWILIO.receive(webhook({**TEXT, **changes})).facts
    assert isinstance(fact, InboundMessage)
    return fact


def reports(query: str = f"?mid={MID}", **changes: str) -> Sequence[object]:
    return TWILIO.receive(
        webhook({**REPORT, **changes}, "/webhooks/twilio/sms/status", query)
    ).facts


def test_a_text_becomes_a_fact_and_is_answered_with_nothing_to_say() -> None:
    received = TWILIO.receive(webhook(TEXT))
    assert received.facts == [
        InboundMessage("sms", "twilio", ProviderId(SM1), THEM, US, "Héllo 😀 50% & more")
    ]
    assert received.reply.status == 200
    assert received.reply.headers["content-type"].startswith("text/xml")
    assert received.reply.body.endswith(b"<Response/>")


def test_a_number_in_a_messaging_service_is_a_number_like_any_other() -> None:
    assert inbound(MessagingServiceSid=SERVICE, NewField="of tomorrow").recipient == US


def test_a_repeated_name_counts_once_and_by_its_first_value() -> None:
    pairs = [*TEXT.items(), ("Body", "second"), ("Body", "second")]
    [fact] = TWILIO.receive(webhook(pairs)).facts
    assert isinstance(fact, InboundMessage)
    assert fact.text == TEXT["Body"]


@pytest.mark.parametrize(
    ("count", "kept"),
    [("0", 0), ("1", 1), ("3", 3), ("-1", 0), ("999999", 10), ("9" * 5000, 0), ("x", 0), ("²", 0)],
)
def test_pictures_are_counted_within_bounds(count: str, kept: int) -> None:
    urls = {f"MediaUrl{i}": f"https://api.twilio.com/media/{i}" for i in range(20)}
    assert len(inbound(NumMedia=count, **urls).media) == kept


def test_only_web_addresses_count_as_pictures() -> None:
    urls = {
        "MediaUrl0": "file:///etc/passwd",
        "MediaUrl1": "https://api.twilio.com/1",
        "MediaUrl2": "javascript:alert(1)",
        "MediaUrl3": "https://api.twilio.com/" + "x" * 4000,
    }
    assert inbound(NumMedia="5", **urls).media == ("https://api.twilio.com/1",)


def test_a_picture_without_words_is_a_message() -> None:
    fact = inbound(Body="", NumMedia="1", MediaUrl0="https://api.twilio.com/1")
    assert (fact.text, len(fact.media)) == ("", 1)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("a\0b\0", "ab"),
        ("\udcff\udcfe", "\ufffd\ufffd"),
        ("e\u0301", "é"),
        ("\u202eevil", "\u202eevil"),
        ("=HYPERLINK(1)<script>", "=HYPERLINK(1)<script>"),
        ("x" * 70_000, "x" * MAX_TEXT),
        ("z" + "\u0301" * 9_000, "ź" + "\u0301" * (MAX_TEXT - 2)),
    ],
)
def test_text_is_cleaned_of_what_no_store_can_hold(sent: str, kept: str) -> None:
    pairs = [(name, value) for name, value in TEXT.items() if name != "Body"]
    body = (
        urlencode(pairs).encode()
        + b"&"
        + urlencode([(b"Body", sent.encode("utf-8", "surrogateescape"))]).encode()
    )
    [fact] = TWILIO.receive(signed(body)).facts
    assert isinstance(fact, InboundMessage)
    assert fact.text == kept
    fact.text.encode("utf-8")


@pytest.mark.parametrize("kind", ["STOP", "START", "HELP", "stop"])
def test_an_opt_out_that_twilio_has_handled_is_marked(kind: str) -> None:
    assert inbound(OptOutType=kind).provider_opt_out
    assert not inbound(OptOutType="").provider_opt_out


@pytest.mark.parametrize(
    "sender",
    [
        "",
        "anonymous",
        "+266696687",
        "+86282452253",
        "12345",
        "+12345",
        "MYBANK",
        "whatsapp:+14155550123",
        "rcs:brand_agent",
        "messenger:123",
        "+1415555012X",
        "+1４155550123",
        "+14155550123\n",
        "+" + "1" * 16,
    ],
)
def test_who_cannot_be_answered_by_text_is_parked(sender: str) -> None:
    with pytest.raises(ProtocolError, match="no phone number"):
        TWILIO.receive(webhook({**TEXT, "From": sender}))


@pytest.mark.parametrize(
    "broken",
    [{"MessageSid": "", "SmsSid": ""}, {"MessageSid": "SM1"}, {"To": "whatsapp:+1"}, {"To": ""}],
)
def test_what_twilio_would_never_send_is_parked(broken: Form) -> None:
    with pytest.raises(ProtocolError):
        TWILIO.receive(webhook({**TEXT, **broken}))


def test_a_status_sent_to_the_texts_path_is_no_text_from_ourselves() -> None:
    received = TWILIO.receive(webhook(REPORT, query=f"?mid={MID}"))
    assert received.facts == [DeliveryReport("twilio", ProviderId(SM1), Delivery.DELIVERED, MID)]


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("accepted", Delivery.ACCEPTED),
        ("scheduled", Delivery.ACCEPTED),
        ("queued", Delivery.ACCEPTED),
        ("sending", Delivery.ACCEPTED),
        ("sent", Delivery.SENT),
        ("partially_delivered", Delivery.SENT),
        ("delivered", Delivery.DELIVERED),
        ("read", Delivery.READ),
        ("undelivered", Delivery.FAILED),
        ("failed", Delivery.FAILED),
        ("canceled", Delivery.FAILED),
    ],
)
def test_each_status_has_its_place_on_the_ladder(said: str, means: Delivery) -> None:
    assert reports(MessageStatus=said) == [DeliveryReport("twilio", ProviderId(SM1), means, MID)]


@pytest.mark.parametrize("said", ["received", "receiving", "teleported", ""])
def test_an_unknown_status_says_nothing_and_is_acknowledged(said: str) -> None:
    path = "/webhooks/twilio/sms/status"
    received = TWILIO.receive(webhook({**REPORT, "MessageStatus": said}, path))
    assert (received.facts, received.reply.status) == ([], 200)


def test_a_failure_brings_its_code() -> None:
    [report] = reports(MessageStatus="undelivered", ErrorCode="30005")
    assert report == DeliveryReport("twilio", ProviderId(SM1), Delivery.FAILED, MID, "30005")
    [blocked] = reports(MessageStatus="failed", ErrorCode="21610")
    assert isinstance(blocked, DeliveryReport)
    assert blocked.opted_out
    [odd] = reports(MessageStatus="failed", ErrorCode="<script>")
    assert isinstance(odd, DeliveryReport)
    assert odd.error_code == ""


@pytest.mark.parametrize("query", ["", "?mid=", "?mid=junk", "?mid=1", "?other=1", "?mid"])
def test_a_report_without_our_id_is_still_a_report(query: str) -> None:
    [report] = reports(query)
    assert report == DeliveryReport("twilio", ProviderId(SM1), Delivery.DELIVERED, None)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"account_sid": "AC123"}, "TWILIO_ACCOUNT_SID"),
        ({"account_sid": "SK00000000000000000000000000000001"}, "TWILIO_ACCOUNT_SID"),
        ({"account_sid": SID + "\n"}, "TWILIO_ACCOUNT_SID"),
        ({"account_sid": SID[:-1] + "G"}, "TWILIO_ACCOUNT_SID"),
        ({"auth_token": ""}, "TWILIO_AUTH_TOKEN"),
        ({"auth_token": "two words"}, "TWILIO_AUTH_TOKEN"),
        ({"number": "9165550100"}, "TWILIO_NUMBER"),
        ({"number": "+1 916 555 0100"}, "TWILIO_NUMBER"),
        ({"messaging_service_sid": "MG1"}, "TWILIO_MESSAGING_SERVICE_SID"),
        ({"api_url": "http://api.twilio.com"}, "TWILIO_API_URL"),
        ({"api_url": "http://127.0.0.1.evil.example"}, "TWILIO_API_URL"),
        ({"api_url": "https://user:pass@api.twilio.com"}, "TWILIO_API_URL"),
        ({"api_url": "https://"}, "TWILIO_API_URL"),
        ({"api_url": "https://["}, "TWILIO_API_URL"),
        ({"api_url": "https://api.twilio.com?x=1"}, "TWILIO_API_URL"),
        ({"api_url": "file:///etc/passwd"}, "TWILIO_API_URL"),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_do(changes: dict[str, str], named: str) -> None:
    given = {"account_sid": SID, "auth_token": TOKEN, "number": US, **changes}
    with pytest.raises(ValueError, match=named) as caught:
        TwilioSms(**given)
    assert TOKEN not in str(caught.value)


def test_every_wrong_setting_is_named_at_once_a_line_each() -> None:
    with pytest.raises(ValueError, match="TWILIO") as caught:
        TwilioSms("AC1", "", "1", messaging_service_sid="MG1", api_url="http://example.com")
    named = [line.partition(" ")[0] for line in str(caught.value).splitlines()]
    assert named == [
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_NUMBER",
        "TWILIO_MESSAGING_SERVICE_SID",
        "TWILIO_API_URL",
    ]


@pytest.mark.parametrize(
    "url",
    [
        "https://api.dublin.ie1.twilio.com/",
        "http://127.0.0.1:9000",
        "http://localhost:1",
        "http://[::1]:9000",
    ],
)
def test_the_api_may_be_elsewhere_over_tls_or_on_this_machine(url: str) -> None:
    order = OutboundMessage(MID, "sms", US, THEM, "hi")
    request = next(TwilioSms(SID, TOKEN, US, api_url=url).send(order, BASE))
    assert request.url == f"{url.rstrip('/')}/2010-04-01/Accounts/{SID}/Messages.json"
