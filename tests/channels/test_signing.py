"""Proofs: the published vectors, the vendor's own validator, and whatever is not exactly so."""

import hashlib
from collections.abc import Sequence
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict
from twilio.request_validator import RequestValidator

from channels.contract import Webhook
from channels.signing import basic, read_form, same, twilio_form, twilio_signature, twilio_upgrade
from pipeline.errors import Rejected

TOKEN = "12345"
GOLDEN_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
GOLDEN_FORM = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+12349013030"),
    ("Digits", "1234"),
    ("From", "+12349013030"),
    ("To", "+18005551212"),
]
SMS_URL = "https://gw.example.com/hooks/twilio/sms"
SMS_FORM = [
    ("MessageSid", "SM00000000000000000000000000000001"),
    ("AccountSid", "AC00000000000000000000000000000001"),
    ("From", "+15005550006"),
    ("To", "+15005550009"),
    ("Body", "Héllo 😀"),
    ("NumMedia", "0"),
    ("NumSegments", "1"),
]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
forms = st.lists(st.tuples(texts, texts), max_size=12)
hosts = st.sampled_from(["gw.example.com", "gw.example.com:443", "gw.example.com:80", "gw:8443"])
urls = st.builds("{}://{}{}".format, st.sampled_from(["https", "http"]), hosts, st.just("/sms?a=b"))


def webhook(
    body: bytes,
    signature: str | None,
    *,
    url: str = SMS_URL,
    content_type: str = "application/x-www-form-urlencoded; charset=UTF-8",
) -> Webhook:
    headers = {"content-type": content_type}
    if signature is not None:
        headers["x-twilio-signature"] = signature
    return Webhook("POST", url, "/hooks/twilio/sms", headers, body)


def refusal(request: Webhook, tokens: Sequence[str] = (TOKEN,)) -> str:
    with pytest.raises(Rejected) as caught:
        twilio_form(request, tokens)
    return str(caught.value)


def test_the_published_example_signs_as_published() -> None:
    assert twilio_signature(TOKEN, GOLDEN_URL, GOLDEN_FORM) == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


def test_a_text_with_an_emoji_signs_as_known() -> None:
    assert twilio_signature(TOKEN, SMS_URL, SMS_FORM) == "63yxBO7eO87Dy2ui8xtahqd1ODA="


@given(urls, forms)
def test_every_form_signs_as_the_vendors_library_signs_it(
    url: str, form: list[tuple[str, str]]
) -> None:
    theirs = RequestValidator(TOKEN).compute_signature(url, MultiDict(form))
    assert twilio_signature(TOKEN, url, form) == theirs


@given(urls, forms)
def test_what_arrives_is_what_was_signed_whatever_the_spelling_of_the_port(
    url: str, form: list[tuple[str, str]]
) -> None:
    body = urlencode(form).encode()
    for spelling in {url, url.replace(":443", "").replace(":80/", "/")}:
        signature = twilio_signature(TOKEN, spelling, form)
        proved = twilio_form(webhook(body, signature, url=url), [TOKEN])
        assert list(proved) == form
        assert RequestValidator(TOKEN).validate(url, MultiDict(form), signature)


def test_a_port_the_vendor_adds_or_drops_is_no_forgery() -> None:
    body = urlencode(SMS_FORM).encode()
    for configured, signed in [
        ("https://gw.example/x", "https://gw.example:443/x"),
        ("https://gw.example:443/x", "https://gw.example/x"),
        ("http://gw.example/x", "http://gw.example:80/x"),
        ("https://gw.example:8443/x", "https://gw.example/x"),
        ("http://[::1]:8080/x", "http://[::1]/x"),
    ]:
        signature = twilio_signature(TOKEN, signed, SMS_FORM)
        assert twilio_form(webhook(body, signature, url=configured), [TOKEN])


@pytest.mark.parametrize(
    "signed",
    [
        "http://gw.example.com/hooks/twilio/sms",
        "https://gw.example.com/hooks/twilio/sms/",
        "https://GW.example.com/hooks/twilio/sms",
        "https://gw.example.com/hooks/twilio/%73ms",
        "https://gw.example.com/hooks/twilio/sms?",
        "https://gw.example.com:8443/hooks/twilio/sms",
        "https://gw.example.com:80/hooks/twilio/sms",
        "https://evil.example.com/hooks/twilio/sms",
    ],
)
def test_another_url_is_a_forgery(signed: str) -> None:
    signature = twilio_signature(TOKEN, signed, SMS_FORM)
    assert refusal(webhook(urlencode(SMS_FORM).encode(), signature)) == "bad_signature"


def test_no_token_proves_nothing() -> None:
    body = urlencode(SMS_FORM).encode()
    for tokens in ([], [""], ["another"]):
        assert refusal(webhook(body, twilio_signature("", SMS_URL, SMS_FORM)), tokens) == (
            "bad_signature"
        )


def test_either_token_proves_while_one_is_being_changed() -> None:
    body = urlencode(SMS_FORM).encode()
    for token in ("old", "new"):
        assert twilio_form(
            webhook(body, twilio_signature(token, SMS_URL, SMS_FORM)), ["old", "new"]
        )


def test_a_missing_or_empty_signature_is_told_apart_from_a_wrong_one() -> None:
    body = urlencode(SMS_FORM).encode()
    assert refusal(webhook(body, None)) == "missing_signature"
    assert refusal(webhook(body, "")) == "missing_signature"
    assert refusal(webhook(body, "x")) == "bad_signature"
    assert refusal(webhook(body, "63yxBO7eO87Dy2ui8xtahqd1ODA=,63yxBO7eO87Dy2ui8xtahqd1ODA=")) == (
        "bad_signature"
    )
    assert refusal(webhook(body, "\udcff\udcfe")) == "bad_signature"


def test_a_form_of_too_many_fields_is_not_read() -> None:
    body = b"&".join(b"a%d=1" % i for i in range(100_000))
    assert refusal(webhook(body, "x")) == "too_many_fields"


@given(st.binary(max_size=60))
def test_a_form_loses_no_byte_that_arrives(value: bytes) -> None:
    body = b"Body=" + b"".join(b"%%%02X" % byte for byte in value)
    [(name, text)] = read_form(body)
    assert (name, text.encode("utf-8", "surrogateescape")) == ("Body", value)


def test_bytes_that_are_not_utf8_are_signed_as_they_came() -> None:
    form = read_form(b"Body=%FF%FE&Raw=\xc3\xa9")
    assert form == [("Body", "\udcff\udcfe"), ("Raw", "é")]
    assert twilio_signature(TOKEN, SMS_URL, form) != twilio_signature(
        TOKEN, SMS_URL, read_form(b"Body=%FE%FF&Raw=\xc3\xa9")
    )


def test_plus_and_percent_20_are_the_same_space_and_a_stray_percent_is_itself() -> None:
    assert read_form(b"Body=a+b%20c%zz&Empty=&Bare") == [
        ("Body", "a b c%zz"),
        ("Empty", ""),
        ("Bare", ""),
    ]


JSON = b'{"a": 1}'
JSON_URL = f"{SMS_URL}?bodySHA256={hashlib.sha256(JSON).hexdigest()}"


def json_webhook(body: bytes, url: str, signature: str) -> Webhook:
    return webhook(body, signature, url=url, content_type="application/json")


def test_a_json_body_is_proved_by_the_hash_in_the_signed_url() -> None:
    signature = twilio_signature(TOKEN, JSON_URL)
    assert twilio_form(json_webhook(JSON, JSON_URL, signature), [TOKEN]) == ()
    assert RequestValidator(TOKEN).validate(JSON_URL, JSON.decode(), signature)


def test_a_json_body_other_than_the_hashed_one_is_refused() -> None:
    signature = twilio_signature(TOKEN, JSON_URL)
    assert refusal(json_webhook(b'{"a": 2}', JSON_URL, signature)) == "body_hash"
    unhashed = json_webhook(JSON, SMS_URL, twilio_signature(TOKEN, SMS_URL))
    assert refusal(unhashed) == "body_hash"


def test_a_hash_does_not_let_a_form_in_unsigned() -> None:
    body = urlencode(SMS_FORM).encode()
    url = f"{SMS_URL}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    signature = twilio_signature(TOKEN, url)
    assert refusal(webhook(body, signature, url=url)) == "bad_signature"


def test_basic_is_what_rfc_7617_says() -> None:
    assert basic("Aladdin", "open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    assert basic("test", "123£") == "Basic dGVzdDoxMjPCow=="


@given(st.text(max_size=10), st.text(max_size=10))
def test_same_is_equality_for_any_text(one: str, other: str) -> None:
    assert same(one, other) == (one == other)


sockets = st.builds("{}://{}{}".format, st.sampled_from(["wss", "ws"]), hosts, st.just("/media"))


@given(sockets, st.sampled_from(["", "/"]))
def test_the_opening_of_a_socket_is_proved_by_its_address_as_the_vendor_signs_it(
    url: str, slash: str
) -> None:
    signature = RequestValidator(TOKEN).compute_signature(url + slash, {})
    headers = {"x-twilio-signature": signature, "content-type": "application/json"}
    asked = url.replace("ws", "http", 1)
    twilio_upgrade(Webhook("GET", asked, "/media", headers, b""), ["another", TOKEN])
    with pytest.raises(Rejected, match="bad_signature"):
        twilio_upgrade(Webhook("GET", f"{asked}s", "/media", headers, b""), ["another", TOKEN])
    with pytest.raises(Rejected, match="bad_signature"):
        twilio_upgrade(Webhook("GET", asked, "/media", headers, b""), ["another", ""])


@pytest.mark.parametrize(
    ("method", "headers", "reason"),
    [
        ("POST", {"x-twilio-signature": "x"}, "not_a_get"),
        ("HEAD", {"x-twilio-signature": "x"}, "not_a_get"),
        ("GET", {}, "missing_signature"),
        ("GET", {"x-twilio-signature": ""}, "missing_signature"),
        ("GET", {"x-twilio-signature": "x"}, "bad_signature"),
        ("GET", {"x-twilio-signature": "é\udcff"}, "bad_signature"),
    ],
)
def test_a_socket_that_proves_nothing_is_refused(
    method: str, headers: dict[str, str], reason: str
) -> None:
    with pytest.raises(Rejected, match=reason):
        twilio_upgrade(Webhook(method, "https://gw/media", "/media", headers, b""), [TOKEN])


def test_what_was_signed_for_a_page_opens_no_socket() -> None:
    signature = RequestValidator(TOKEN).compute_signature("https://gw/media", {})
    request = Webhook("GET", "https://gw/media", "/media", {"x-twilio-signature": signature}, b"")
    with pytest.raises(Rejected, match="bad_signature"):
        twilio_upgrade(request, [TOKEN])
