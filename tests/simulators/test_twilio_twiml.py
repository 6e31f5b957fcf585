"""TwiML is read as the vendor's own classes write it."""

import pytest
from twilio.twiml.voice_response import Connect, VoiceResponse

from tests.simulators.twilio_twiml import Stream, TwimlError, Verb, mistakes, stream, verbs

URL = "wss://gw.example.com/media/twilio"


def answer(url: str = URL, **parameters: str) -> bytes:
    response, connect = VoiceResponse(), Connect()
    opened = connect.stream(url=url)
    for name, value in parameters.items():
        opened.parameter(name=name, value=value)
    response.append(connect)
    response.redirect("https://gw.example.com/after", method="POST")
    return str(response).encode()


def test_a_stream_is_found_with_what_it_brings_along() -> None:
    connect, redirect = verbs(answer(token="a&b<c"))
    assert stream(connect) == Stream(URL, {"token": "a&b<c"})
    assert redirect == Verb("Redirect", {"method": "POST"}, "https://gw.example.com/after", [])
    assert [*mistakes(connect), *mistakes(redirect)] == []


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"<Response>", "text/xml", 12100),
        (b"<Answer/>", "text/xml", 12100),
        (b"", "text/xml", 12100),
        (b"{}", "application/json", 12300),
    ],
)
def test_what_is_no_document_has_its_code(body: bytes, kind: str, code: int) -> None:
    with pytest.raises(TwimlError) as caught:
        verbs(body, kind)
    assert caught.value.code == code


def test_what_the_schema_does_not_know_is_named() -> None:
    [say, dance] = verbs(b'<Response><Say loudness="9">hi</Say><Dance/></Response>')
    assert mistakes(say) == ["Say has no attribute loudness"]
    assert mistakes(dance) == ["Dance is not a verb that is known here"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (answer("https://gw.example.com/media"), 31922),
        (answer("ws://gw.example.com/media"), 31922),
        (answer(f"{URL}?token=x"), 12200),
        (answer(token="x" * 495), 12200),
        (b"<Response><Connect/></Response>", 12200),
    ],
)
def test_a_stream_that_twilio_would_not_open_has_its_code(body: bytes, code: int) -> None:
    with pytest.raises(TwimlError) as caught:
        stream(verbs(body)[0])
    assert caught.value.code == code


def test_on_this_machine_a_stream_may_go_without_tls() -> None:
    assert stream(verbs(answer("ws://127.0.0.1:8080/media/twilio"))[0]).parameters == {}
