"""Who may tell us something: every change of what was signed, and every other caller, refused."""

import json
from collections.abc import Mapping
from itertools import pairwise
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.contract import Webhook
from channels.signing import read_form, twilio_signature
from channels.twilio_sms import TwilioSms
from pipeline.errors import ProtocolError, Rejected
from tests.channels.twilio_samples import BASE, MID, REPORT, SID, SM1, TEXT, TOKEN, TWILIO, US

Form = Mapping[str, str]


def webhook(
    form: Form,
    path: str = "/webhooks/twilio/sms",
    query: str = "",
    *,
    token: str = TOKEN,
    method: str = "POST",
) -> Webhook:
    url = BASE + path + query
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-twilio-signature": twilio_signature(token, url, list(form.items())),
    }
    return Webhook(method, url, path, headers, urlencode(form).encode())


def refusal(request: Webhook, channel: TwilioSms = TWILIO) -> str:
    with pytest.raises(Rejected) as caught:
        channel.receive(request)
    return str(caught.value)


def test_either_token_is_accepted_while_one_is_being_changed() -> None:
    changing = TwilioSms(SID, "new-token", US, auth_token_secondary=TOKEN)
    assert changing.receive(webhook(TEXT)).facts
    assert changing.receive(webhook(TEXT, token="new-token")).facts
    assert refusal(webhook(TEXT, token="older-token"), changing) == "bad_signature"


def test_another_account_is_refused_though_its_token_is_ours() -> None:
    other = "AC00000000000000000000000000000002"
    assert refusal(webhook({**TEXT, "AccountSid": other})) == "wrong_account"
    assert refusal(webhook({k: v for k, v in TEXT.items() if k != "AccountSid"})) == "wrong_account"


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "post"])
def test_only_a_post_can_be_proved(method: str) -> None:
    assert refusal(webhook(TEXT, method=method)) == "not_a_post"


def test_a_signature_of_another_path_or_body_is_refused() -> None:
    text, report = webhook(TEXT), webhook(REPORT, "/webhooks/twilio/sms/status")
    swapped = Webhook("POST", report.url, report.path, text.headers, report.body)
    assert refusal(swapped) == "bad_signature"
    assert refusal(Webhook("POST", text.url, text.path, text.headers, b"")) == "bad_signature"
    assert refusal(Webhook("POST", text.url, text.path, {}, text.body)) == "missing_signature"


def test_the_status_report_of_one_message_does_not_serve_for_another() -> None:
    genuine = webhook(REPORT, "/webhooks/twilio/sms/status", f"?mid={MID}")
    other = genuine.url.replace("1111", "9999")
    assert refusal(Webhook("POST", other, genuine.path, genuine.headers, genuine.body)) == (
        "bad_signature"
    )


def test_every_changed_bit_of_a_signed_body_is_refused() -> None:
    genuine = webhook(TEXT)
    meaning = sorted(read_form(genuine.body))
    told_apart = 0
    for place in range(len(genuine.body)):
        for bit in range(8):
            forged = bytearray(genuine.body)
            forged[place] ^= 1 << bit
            if sorted(read_form(bytes(forged))) == meaning:
                continue  # %c3 for %C3: the same form, written otherwise
            told_apart += 1
            request = Webhook("POST", genuine.url, genuine.path, genuine.headers, bytes(forged))
            assert refusal(request) == "bad_signature"
    assert told_apart > 0.98 * 8 * len(genuine.body)


def test_every_changed_bit_of_a_signature_is_refused() -> None:
    genuine = webhook(TEXT)
    signature = genuine.headers["x-twilio-signature"].encode()
    for place in range(len(signature)):
        for bit in range(8):
            forged = bytearray(signature)
            forged[place] ^= 1 << bit
            headers = {"x-twilio-signature": forged.decode("latin-1")}
            assert (
                refusal(Webhook("POST", genuine.url, genuine.path, headers, genuine.body))
                == "bad_signature"
            )


@given(st.integers(0, 400), st.binary(max_size=8))
def test_whatever_is_put_into_a_signed_body_is_refused(place: int, put: bytes) -> None:
    genuine = webhook(TEXT)
    body = genuine.body[:place] + put + genuine.body[place:]
    request = Webhook("POST", genuine.url, genuine.path, genuine.headers, body)
    if set(read_form(body)) == set(read_form(genuine.body)):
        assert TWILIO.receive(request).facts == TWILIO.receive(genuine).facts
    else:
        assert refusal(request) == "bad_signature"


def test_a_form_cut_anew_under_its_signature_yields_no_new_message() -> None:
    # MessageSid=SM1, NumMedia=0 and MessageSid=SM1NumMedia0 are signed alike.
    ordered = "".join(name + value for name, value in sorted(TEXT.items()))
    genuine = webhook(TEXT)
    names = sorted(TEXT)
    for name, following in pairwise(names):
        merged = {**TEXT, name: TEXT[name] + following + TEXT[following]}
        del merged[following]
        assert "".join(n + v for n, v in sorted(merged.items())) == ordered
        request = Webhook(
            "POST", genuine.url, genuine.path, genuine.headers, urlencode(merged).encode()
        )
        try:
            facts = TWILIO.receive(request).facts
        except (Rejected, ProtocolError):
            continue
        assert [fact.provider_id for fact in facts] == [SM1]


@given(
    st.sampled_from(TwilioSms.PATHS),
    st.dictionaries(
        st.sampled_from([*TEXT, *REPORT, "OptOutType", "ErrorCode", "MediaUrl0"]),
        st.one_of(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from([US, SM1])),
    ),
    st.text("mid=&%1a-", max_size=20),
)
def test_garbage_from_twilio_itself_is_a_protocol_error_at_worst(
    path: str, changes: Form, query: str
) -> None:
    try:
        received = TWILIO.receive(webhook({**TEXT, **changes}, path, f"?{query}"))
    except (Rejected, ProtocolError):
        return
    assert received.reply.status == 200
    for fact in received.facts:
        json.dumps([fact.provider_id, getattr(fact, "text", "")]).encode("utf-8")
        assert "\0" not in getattr(fact, "text", "")


@given(st.binary(max_size=300), st.text(max_size=40), st.text(max_size=40))
def test_garbage_from_anyone_is_refused(body: bytes, signature: str, kind: str) -> None:
    headers = {"x-twilio-signature": signature, "content-type": kind}
    request = Webhook("POST", BASE + TwilioSms.PATHS[0], TwilioSms.PATHS[0], headers, body)
    assert refusal(request)
