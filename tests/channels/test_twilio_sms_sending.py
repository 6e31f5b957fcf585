"""Texts handed to Twilio: one request, what each answer to it means, and the list of them."""

import json
from collections.abc import Generator
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.contract import Reply, Request
from channels.signing import basic
from channels.twilio_sms import FOR_GOOD, TO_BE_MENDED, TRY_LATER, TwilioSms
from pipeline.errors import SendBlocked, SendDelayed, SendFailed, SendUnknown
from pipeline.ids import ProviderId
from pipeline.messages import Delivery, OutboundMessage, Receipt
from tests.channels.twilio_samples import BASE, MID, SERVICE, SID, SM1, THEM, TOKEN, TWILIO, US

SM2 = "SM00000000000000000000000000000002"
LIST = f"/2010-04-01/Accounts/{SID}/Messages.json"
POOLED = TwilioSms(SID, TOKEN, US, messaging_service_sid=SERVICE)
ORDER = OutboundMessage(MID, "sms", US, THEM, "Your total is $1,200.")
SINCE = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
Result = TypeVar("Result")


def run(
    exchange: Generator[Request, Reply, Result], *replies: Reply
) -> tuple[list[Request], Result]:
    """Drive an exchange with these replies; the requests it made and its result."""
    requests: list[Request] = []
    remaining = iter(replies)
    try:
        request = next(exchange)
        while True:
            requests.append(request)
            request = exchange.send(next(remaining, Reply(599)))
    except StopIteration as done:
        return requests, done.value


def answer(status: int, body: object, **headers: str) -> Reply:
    return Reply(status, headers, json.dumps(body).encode())


def created(**changes: object) -> Reply:
    return answer(201, {"sid": SM2, "status": "queued", "num_segments": "1", **changes})


def failure(reply: Reply) -> SendFailed:
    with pytest.raises(SendFailed) as caught:
        run(TWILIO.send(ORDER, BASE), reply)
    return caught.value


def fields(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode(), strict_parsing=True))


def test_a_send_is_one_form_that_carries_our_own_id_in_its_callback() -> None:
    [request], receipt = run(TWILIO.send(ORDER, BASE), created())
    assert receipt == Receipt(ProviderId(SM2), 1, Delivery.ACCEPTED)
    assert (request.method, request.url) == ("POST", f"https://api.twilio.com{LIST}")
    assert request.headers["authorization"] == basic(SID, TOKEN)
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert fields(request) == {
        "To": THEM,
        "From": US,
        "Body": "Your total is $1,200.",
        "StatusCallback": f"{BASE}/webhooks/twilio/sms/status?mid={MID}",
        "ValidityPeriod": "14400",
    }


def test_a_messaging_service_sends_from_the_number_that_was_written_to() -> None:
    [request], _ = run(POOLED.send(ORDER, BASE), created(num_segments="0"))
    assert fields(request)["MessagingServiceSid"] == SERVICE
    assert fields(request)["From"] == US


def test_a_message_without_a_sender_goes_out_from_our_number() -> None:
    order = OutboundMessage(MID, "sms", "", THEM, "hi")
    [request], _ = run(TWILIO.send(order, BASE), created())
    assert fields(request)["From"] == TWILIO.address == US


@pytest.mark.parametrize(
    ("body", "receipt"),
    [
        ({"num_segments": "3"}, Receipt(ProviderId(SM2), 3)),
        ({"num_segments": "0"}, Receipt(ProviderId(SM2), 1)),
        ({"num_segments": None}, Receipt(ProviderId(SM2), 1)),
        ({"num_segments": "9" * 5000}, Receipt(ProviderId(SM2), 1)),
        ({"status": "sent"}, Receipt(ProviderId(SM2), 1, Delivery.SENT)),
        ({"status": "new"}, Receipt(ProviderId(SM2), 1)),
    ],
)
def test_a_receipt_is_read_leniently(body: dict[str, object], receipt: Receipt) -> None:
    assert run(TWILIO.send(ORDER, BASE), created(**body))[1] == receipt


@pytest.mark.parametrize(
    "reply",
    [
        Reply(201, {}, b""),
        Reply(201, {}, b"<html>"),
        Reply(201, {}, b"\xff" * 10),
        Reply(201, {}, b"[" * 100_000),
        Reply(201, {}, b'{"sid": ' + b"9" * 5000 + b"}"),
        answer(201, []),
        answer(201, {"sid": "SM1"}),
        answer(201, {"sid": 7}),
        answer(500, {"code": 20500, "message": "Internal"}),
        answer(502, {}),
        answer(503, {"code": 20503}),
        Reply(504, {}, b"<html>gateway timeout"),
        Reply(408, {}, b""),
        Reply(302, {"location": "https://elsewhere.example"}, b""),
    ],
)
def test_an_answer_that_does_not_say_is_never_to_be_sent_again(reply: Reply) -> None:
    error = failure(reply)
    assert isinstance(error, SendUnknown)
    assert not isinstance(error, SendDelayed)


@pytest.mark.parametrize("code", TRY_LATER)
@pytest.mark.parametrize("status", [400, 429, 503])
def test_what_twilio_says_it_did_not_take_is_tried_again(code: str, status: int) -> None:
    error = failure(answer(status, {"code": int(code)}, **{"retry-after": "7"}))
    assert isinstance(error, SendDelayed)
    assert (error.code, error.retry_after) == (code, 7.0)


@pytest.mark.parametrize(
    ("said", "waits"),
    [
        ("3", 3.0),
        ("0", 0.0),
        ("99999999", 3600.0),
        ("-1", None),
        ("soon", None),
        ("", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", None),
        ("9" * 5000, None),
    ],
)
def test_a_wait_is_taken_from_twilio_within_reason(said: str, waits: float | None) -> None:
    error = failure(Reply(429, {"retry-after": said}, b""))
    assert isinstance(error, SendDelayed)
    assert error.retry_after == waits


@pytest.mark.parametrize(
    "reply",
    [
        *(answer(401, {"code": int(code)}) for code in TO_BE_MENDED),
        answer(401, {}),
        Reply(403, {}, b"<html>"),
        Reply(404, {}, b""),
    ],
)
def test_what_the_operator_can_mend_waits_and_is_not_lost(reply: Reply) -> None:
    error = failure(reply)
    assert isinstance(error, SendDelayed)
    assert error.retry_after == 300.0


@pytest.mark.parametrize("code", [*FOR_GOOD, "21619", "99999"])
def test_what_twilio_refuses_is_refused_for_good(code: str) -> None:
    error = failure(answer(400, {"code": int(code), "message": f"no {THEM}"}))
    assert type(error) is (SendBlocked if code == "21610" else SendFailed)
    assert error.code == code
    assert THEM not in str(error)


def test_a_refusal_without_a_code_is_still_a_refusal() -> None:
    error = failure(Reply(400, {}, b""))
    assert type(error) is SendFailed
    assert (error.code, str(error)) == ("", "twilio 400")


@given(st.integers(100, 599), st.binary(max_size=80), st.text(max_size=10))
def test_garbage_for_an_answer_is_never_a_receipt_and_after_500_never_tried_again(
    status: int, body: bytes, wait: str
) -> None:
    error = failure(Reply(status, {"retry-after": wait}, body))
    assert not (isinstance(error, SendDelayed) and status >= 500)


def listed(**changes: object) -> dict[str, object]:
    return {
        "sid": SM2,
        "to": THEM,
        "from": US,
        "body": ORDER.text,
        "direction": "outbound-api",
        "status": "delivered",
        "num_segments": "1",
        "date_created": "Fri, 20 Nov 2026 12:00:05 +0000",
        "date_sent": None,
        **changes,
    }


def page(*messages: object, following: str | None = None) -> Reply:
    return answer(200, {"messages": list(messages), "next_page_uri": following})


def test_a_message_is_found_among_those_to_its_recipient() -> None:
    [request], found = run(TWILIO.find(ORDER, SINCE), page(listed()))
    assert found == [Receipt(ProviderId(SM2), 1, Delivery.DELIVERED)]
    assert (request.method, request.body) == ("GET", b"")
    address, _, query = request.url.partition("?")
    assert address == f"https://api.twilio.com{LIST}"
    assert dict(parse_qsl(query)) == {"To": THEM, "From": US, "PageSize": "200"}


def test_any_number_of_a_messaging_service_may_have_sent_it() -> None:
    reply = page(listed(**{"from": "+19165550199"}))
    [request], found = run(POOLED.find(ORDER, SINCE), reply)
    assert "From" not in dict(parse_qsl(request.url.partition("?")[2]))
    assert [receipt.provider_id for receipt in found] == [SM2]


@pytest.mark.parametrize(
    "other",
    [
        {"body": "Your total is $1,300."},
        {"to": "+14155550199"},
        {"direction": "inbound"},
        {"date_created": "Fri, 20 Nov 2026 11:59:59 +0000"},
        {"date_created": "yesterday"},
        {"date_created": "Fri, 20 Nov 2026 12:00:05 -0000"},
        {"date_created": None},
        {"sid": "SM1"},
        {"sid": None},
    ],
)
def test_another_message_is_not_taken_for_it(other: dict[str, object]) -> None:
    assert run(TWILIO.find(ORDER, SINCE), page(listed(**other), "junk", None))[1] == []


@pytest.mark.parametrize(
    "body",
    [
        "Sent from your Twilio trial account - Your total is $1,200.",
        "Your total is $1,200. ",
        "Your  total\nis $1,200.",
    ],
)
def test_what_twilio_adds_or_trims_does_not_hide_it(body: str) -> None:
    assert len(run(TWILIO.find(ORDER, SINCE), page(listed(body=body)))[1]) == 1


def test_the_list_is_read_to_its_end() -> None:
    requests, found = run(
        TWILIO.find(ORDER, SINCE),
        page(listed(body="other"), following=f"{LIST}?PageToken=PASM9&Page=1"),
        page(listed(), listed(sid=SM1)),
    )
    assert requests[1].url == f"https://api.twilio.com{LIST}?PageToken=PASM9&Page=1"
    assert [receipt.provider_id for receipt in found] == [SM2, SM1]


@pytest.mark.parametrize(
    "reply",
    [
        page(following="https://elsewhere.example/"),
        page(following="@elsewhere.example/"),
        page(following="/2010-04-01/Accounts.json"),
        answer(200, {"messages": "none"}),
        answer(401, {"code": 20003}),
        answer(429, {"code": 20429}),
        answer(400, {"code": 20001}),
        answer(500, {}),
        Reply(200, {}, b"<html>"),
    ],
)
def test_a_list_that_cannot_be_had_says_nothing_about_the_message(reply: Reply) -> None:
    with pytest.raises(SendDelayed):
        run(TWILIO.find(ORDER, SINCE), reply)


def test_a_list_without_end_is_given_up() -> None:
    endless = [page(following=f"{LIST}?Page=1")] * 50
    with pytest.raises(SendDelayed, match="does not end"):
        run(TWILIO.find(ORDER, SINCE), *endless)
