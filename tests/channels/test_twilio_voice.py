"""Twilio's voice webhooks to facts, and our answers as TwiML, held against Twilio's own library."""

import re
from collections.abc import Mapping
from itertools import pairwise
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import Connect, VoiceResponse

from channels.contract import Webhook
from channels.twilio_account import WITHHELD
from channels.twilio_media import TwilioMedia
from channels.twilio_voice import TwilioVoice
from pipeline.call.status import CallRang, CallReport, CallStatus, MediaOver
from pipeline.errors import ProtocolError, Rejected

SID = "AC00000000000000000000000000000001"
TOKEN = "the-auth-token"
US, THEM = "+19165550100", "+14155550123"
CALL = "CA0123456789abcdef0123456789ABCDEF"
BASE = "https://gw.example.com"
MEDIA = "wss://gw.example.com/media/twilio"
RING, AFTER, STATUS = TwilioVoice.PATHS
TWILIO = TwilioVoice(SID, TOKEN, US)
RINGING = {
    "AccountSid": SID,
    "ApiVersion": "2010-04-01",
    "CallSid": CALL,
    "CallStatus": "ringing",
    "CallToken": "{}",
    "Called": US,
    "Caller": THEM,
    "Direction": "inbound",
    "From": THEM,
    "FromCity": "SAN FRANCISCO",
    "To": US,
    "StirVerstat": "TN-Validation-Passed-A",
}
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def webhook(form: Mapping[str, str], path: str = RING, token: str = TOKEN) -> Webhook:
    """Signed by Twilio's own code."""
    url = BASE + path
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-twilio-signature": RequestValidator(token).compute_signature(url, form),
    }
    return Webhook("POST", url, path, headers, urlencode(form).encode())


def rang(**changes: str) -> CallRang:
    fact = TWILIO.receive(webhook({**RINGING, **changes}))
    assert isinstance(fact, CallRang)
    return fact


def upgrade(signed: str, url: str = f"{BASE}/media/twilio", token: str = TOKEN) -> Webhook:
    """The opening of a media socket whose address, as Twilio signs it, is `signed`."""
    signature = RequestValidator(token).compute_signature(signed, {})
    return Webhook("GET", url, "/media/twilio", {"x-twilio-signature": signature}, b"")


def refusal(request: Webhook, channel: TwilioVoice = TWILIO) -> str:
    ask = channel.prove_media if request.path == channel.MEDIA_PATH else channel.receive
    with pytest.raises(Rejected) as caught:
        ask(request)
    return str(caught.value)


# --- it rings ----------------------------------------------------------------------------------


def test_a_call_that_rings_says_who_calls_whom():
    assert TWILIO.receive(webhook(RINGING)) == CallRang("twilio", CALL, THEM, US)


def test_a_call_passed_on_says_which_line_passed_it_on():
    assert rang(ForwardedFrom="+19165550199").forwarded_from == "+19165550199"
    assert rang(ForwardedFrom="anonymous").forwarded_from == ""


@pytest.mark.parametrize(
    "given_",
    [
        "",
        "anonymous",
        "Anonymous",
        "Restricted",
        "unknown",
        "client:alice",
        "client:+14155550123",
        "sip:+14155550123@example.com",
        "whatsapp:+14155550123",
        "call +14155550123",
        "12345",
        "+1",
        "+" + "1" * 16,
        "+1415555012X",
        "+1４155550123",
        "+17378742833",
        "266696687",
        *sorted(WITHHELD),
    ],
)
def test_who_withholds_a_number_or_has_none_is_nobody_we_know(given_):
    fact = rang(From=given_)
    assert (fact.caller, fact.callee) == (None, US)


@pytest.mark.parametrize(
    ("given_", "one"),
    [
        ("+14155550123", "+14155550123"),
        ("14155550123", "+14155550123"),
        ("4155550123", "+14155550123"),
        ("+442083661177", "+442083661177"),
    ],
)
def test_a_number_has_one_spelling(given_, one):
    assert rang(From=given_).caller == one


@pytest.mark.parametrize(
    ("said", "believed"),
    [
        ("TN-Validation-Passed-A", True),
        ("TN-Validation-Passed-C", True),
        ("No-TN-Validation", True),
        ("", True),
        ("TN-Validation-Failed", False),
        ("TN-Validation-Failed-A", False),
        ("TN-Validation-Failed-C", False),
    ],
)
def test_a_number_its_carrier_calls_forged_opens_nobodys_memory(said, believed):
    assert rang(StirVerstat=said).caller == (THEM if believed else None)


@pytest.mark.parametrize("to", ["", "client:front-desk", "sip:us@example.com", "anonymous"])
def test_a_call_to_no_number_is_none_of_ours(to):
    with pytest.raises(ProtocolError, match="not to a phone number"):
        TWILIO.receive(webhook({**RINGING, "To": to}))


@pytest.mark.parametrize("direction", ["outbound-api", "outbound-dial"])
def test_a_call_that_we_placed_does_not_ring(direction):
    with pytest.raises(ProtocolError, match="we placed"):
        TWILIO.receive(webhook({**RINGING, "Direction": direction}))


@pytest.mark.parametrize("path", TwilioVoice.PATHS)
@pytest.mark.parametrize("sid", ["", "CA1", "SM" + "0" * 32, CALL + "0", CALL + "\n"])
def test_an_id_out_of_shape_is_none(path, sid):
    with pytest.raises(ProtocolError, match="no call SID"):
        TWILIO.receive(webhook({**RINGING, "CallSid": sid}, path))


def test_a_repeated_name_counts_by_its_first_value():
    body = urlencode([*RINGING.items(), ("From", "+14155550199")])
    form = MultiDict([*RINGING.items(), ("From", "+14155550199")])
    signature = RequestValidator(TOKEN).compute_signature(BASE + RING, form)
    headers = {"x-twilio-signature": signature}
    fact = TWILIO.receive(Webhook("POST", BASE + RING, RING, headers, body.encode()))
    assert isinstance(fact, CallRang)
    assert fact.caller == THEM


# --- after, and reports ------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["in-progress", "completed", "made-up", ""])
def test_when_its_audio_is_over_twilio_asks_what_is_next(status):
    form = {**RINGING, "CallStatus": status}
    assert TWILIO.receive(webhook(form, AFTER)) == MediaOver("twilio", CALL)


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("queued", CallStatus.INITIATED),
        ("initiated", CallStatus.INITIATED),
        ("ringing", CallStatus.RINGING),
        ("in-progress", CallStatus.IN_PROGRESS),
        ("completed", CallStatus.COMPLETED),
        ("busy", CallStatus.BUSY),
        ("failed", CallStatus.FAILED),
        ("no-answer", CallStatus.NO_ANSWER),
        ("canceled", CallStatus.MISSED),
    ],
)
def test_each_of_twilios_statuses_is_one_of_ours(said, means):
    form = {**RINGING, "CallStatus": said}
    assert TWILIO.receive(webhook(form, STATUS)) == CallReport("twilio", CALL, means)


@pytest.mark.parametrize("said", ["", "answered", "Completed", "in_progress"])
def test_a_status_that_is_not_twilios_says_nothing(said):
    with pytest.raises(ProtocolError, match="unknown call status"):
        TWILIO.receive(webhook({**RINGING, "CallStatus": said}, STATUS))


@pytest.mark.parametrize(
    ("lasted", "seconds"),
    [
        ("0", 0),
        ("95", 95),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("9" * 5000, None),
        ("²", None),
    ],
)
def test_a_call_that_is_over_says_how_long_it_lasted(lasted, seconds):
    form = {**RINGING, "CallStatus": "completed", "CallDuration": lasted}
    assert TWILIO.receive(webhook(form, STATUS)) == (
        CallReport("twilio", CALL, CallStatus.COMPLETED, seconds)
    )


def test_a_call_that_goes_on_has_no_length_yet():
    form = {**RINGING, "CallStatus": "in-progress", "CallDuration": "5"}
    assert TWILIO.receive(webhook(form, STATUS)) == (
        CallReport("twilio", CALL, CallStatus.IN_PROGRESS)
    )


@pytest.mark.parametrize("said", ["completed", "busy", "failed", "no-answer", "canceled"])
def test_a_report_sent_to_the_path_for_calls_is_no_new_call(said):
    fact = TWILIO.receive(webhook({**RINGING, "CallStatus": said}))
    assert isinstance(fact, CallReport)


# --- who may say so ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", TwilioVoice.PATHS)
def test_only_a_signed_post_of_this_account_is_believed(path):
    genuine = webhook(RINGING, path)
    assert refusal(Webhook("GET", genuine.url, path, genuine.headers, b"")) == "not_a_post"
    assert refusal(Webhook("POST", genuine.url, path, {}, genuine.body)) == "missing_signature"
    assert refusal(webhook(RINGING, path, token="another")) == "bad_signature"
    other = {**RINGING, "AccountSid": "AC" + "2" * 32}
    assert refusal(webhook(other, path)) == "wrong_account"


def test_what_was_signed_for_one_path_does_not_serve_for_another():
    genuine = webhook(RINGING, STATUS)
    moved = Webhook("POST", BASE + RING, RING, genuine.headers, genuine.body)
    assert refusal(moved) == "bad_signature"


def test_either_token_is_believed_while_one_is_being_changed():
    changing = TwilioVoice(SID, "new-token", US, TOKEN)
    assert changing.receive(webhook(RINGING)) == changing.receive(
        webhook(RINGING, RING, "new-token")
    )
    changing.prove_media(upgrade(MEDIA))
    changing.prove_media(upgrade(MEDIA, token="new-token"))
    assert refusal(upgrade(MEDIA, token="older"), changing) == "bad_signature"


@given(
    st.sampled_from(TwilioVoice.PATHS),
    st.dictionaries(
        st.sampled_from([*RINGING, "ForwardedFrom", "CallDuration"]),
        texts | st.sampled_from([US, THEM, CALL, "completed"]),
    ),
)
def test_garbage_from_twilio_itself_is_a_protocol_error_at_worst(path, changes):
    try:
        fact = TWILIO.receive(webhook({**RINGING, **changes}, path))
    except (Rejected, ProtocolError):
        return
    assert fact.provider_id == {**RINGING, **changes}["CallSid"]
    if isinstance(fact, CallRang):
        for number in (fact.caller, fact.callee, fact.forwarded_from):
            assert not number or re.fullmatch(r"\+[1-9][0-9]{6,14}", number, re.ASCII)


def test_a_form_cut_anew_under_its_signature_names_no_other_call_or_number():
    # CallSid=CA...&CallStatus=ringing and CallSid=CA...CallStatusringing are signed alike.
    genuine = webhook(RINGING)
    names = sorted(RINGING)
    accepted = 0
    for name, following in pairwise(names):
        merged = {**RINGING, name: RINGING[name] + following + RINGING[following]}
        del merged[following]
        body = urlencode(merged).encode()
        try:
            fact = TWILIO.receive(Webhook("POST", genuine.url, RING, genuine.headers, body))
        except (Rejected, ProtocolError):
            continue
        accepted += 1
        assert isinstance(fact, CallRang)
        assert (fact.provider_id, fact.callee) == (CALL, US)
        assert fact.caller in (THEM, None)
    assert accepted


# --- the media socket --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "signed",
    [
        MEDIA,
        MEDIA + "/",
        "wss://gw.example.com:443/media/twilio",
        "wss://gw.example.com:443/media/twilio/",
    ],
)
def test_a_media_socket_is_proved_by_the_address_it_was_given(signed):
    TWILIO.prove_media(upgrade(signed))


def test_on_this_machine_the_address_is_unencrypted_and_proved_alike():
    TWILIO.prove_media(
        upgrade("ws://127.0.0.1:8080/media/twilio", "http://127.0.0.1:8080/media/twilio")
    )
    plain = "http://gw.example.com/media/twilio"
    TWILIO.prove_media(upgrade("ws://gw.example.com:80/media/twilio", plain))
    assert refusal(upgrade("ws://gw.example.com:443/media/twilio", plain)) == "bad_signature"


@pytest.mark.parametrize(
    "signed",
    [
        BASE + "/media/twilio",
        "ws://gw.example.com/media/twilio",
        "wss://gw.example.com/media",
        "wss://gw.example.com/media/twilio//",
        "wss://evil.example.com/media/twilio",
        "wss://gw.example.com:8443/media/twilio",
        MEDIA + "?x=1",
    ],
)
def test_a_signature_of_another_address_opens_no_socket(signed):
    assert refusal(upgrade(signed)) == "bad_signature"


def test_a_query_that_twilio_never_sends_opens_no_socket():
    assert refusal(upgrade(MEDIA, f"{BASE}/media/twilio?token=x")) == "bad_signature"


def test_a_socket_without_a_signature_or_not_asked_for_by_get_is_refused():
    genuine = upgrade(MEDIA)
    assert refusal(Webhook("GET", genuine.url, genuine.path, {}, b"")) == "missing_signature"
    posted = Webhook("POST", genuine.url, genuine.path, genuine.headers, b"")
    assert refusal(posted) == "not_a_get"


def test_every_changed_bit_of_a_sockets_signature_is_refused():
    genuine = upgrade(MEDIA)
    signature = genuine.headers["x-twilio-signature"].encode()
    for place in range(len(signature)):
        for bit in range(8):
            forged = bytearray(signature)
            forged[place] ^= 1 << bit
            headers = {"x-twilio-signature": forged.decode("latin-1")}
            request = Webhook("GET", genuine.url, genuine.path, headers, b"")
            assert refusal(request) == "bad_signature"


def test_each_socket_has_an_end_of_its_own():
    first, second = TWILIO.media(), TWILIO.media()
    assert isinstance(first, TwilioMedia)
    assert first is not second


# --- what we answer ----------------------------------------------------------------------------


def parsed(body: bytes | str) -> object:
    """An XML document as nested (tag, attributes, text, children)."""

    def shape(node: ElementTree.Element) -> object:
        return (node.tag, dict(node.attrib), node.text or "", [shape(child) for child in node])

    return shape(ElementTree.fromstring(body))


def theirs(token: str, public_url: str, stream_url: str) -> str:
    """The same answer, written by Twilio's own library."""
    response = VoiceResponse()
    connect = Connect()
    connect.stream(url=stream_url).parameter(name="token", value=token)
    response.append(connect)
    response.redirect(f"{public_url}/webhooks/twilio/voice/after", method="POST")
    return str(response)


def test_a_call_is_answered_by_bringing_its_audio_to_us():
    reply = TWILIO.connect("tok.en", BASE)
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("text/xml")
    assert reply.body.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?><Response><Connect>'
        '<Stream url="wss://gw.example.com/media/twilio"><Parameter name="token" value="tok.en"/>'
        '</Stream></Connect><Redirect method="POST">'
        "https://gw.example.com/webhooks/twilio/voice/after</Redirect></Response>"
    )


@pytest.mark.parametrize(
    ("public_url", "stream_url"),
    [
        (BASE, MEDIA),
        ("http://127.0.0.1:8080", "ws://127.0.0.1:8080/media/twilio"),
        ("https://gw.example.com:8443/line", "wss://gw.example.com:8443/line/media/twilio"),
        ("https://gw.example.com/a&b", "wss://gw.example.com/a&b/media/twilio"),
        ("https://http.example.com", "wss://http.example.com/media/twilio"),
    ],
)
@pytest.mark.parametrize("token", ["abc-_.=123", "<\"&'>"])
def test_the_answer_is_what_twilios_own_library_writes(token, public_url, stream_url):
    ours = TWILIO.connect(token, public_url).body
    assert parsed(ours) == parsed(theirs(token, public_url, stream_url))


def test_the_socket_that_the_answer_asks_for_is_the_one_that_is_proved():
    for public_url in (BASE, "http://127.0.0.1:8080", "https://gw.example.com/line"):
        (stream,) = ElementTree.fromstring(TWILIO.connect("t", public_url).body).iter("Stream")
        TWILIO.prove_media(upgrade(stream.attrib["url"], f"{public_url}/media/twilio"))


def test_there_is_no_action_so_that_a_lost_socket_falls_to_the_next_verb():
    (connect,) = ElementTree.fromstring(TWILIO.connect("t", BASE).body).iter("Connect")
    assert connect.attrib == {}


@pytest.mark.parametrize("words", ["Goodbye.", 'Tom & Jerry <"live">', "Größe 😀"])
def test_a_call_ends_after_these_words(words):
    response = VoiceResponse()
    response.say(words)
    response.hangup()
    assert parsed(TWILIO.hang_up(words).body) == parsed(str(response))


def test_a_call_may_end_without_words():
    response = VoiceResponse()
    response.hangup()
    assert parsed(TWILIO.hang_up().body) == parsed(str(response))


@given(st.text())
def test_whatever_is_to_be_said_the_answer_can_be_read(words):
    [say, hangup] = ElementTree.fromstring(TWILIO.hang_up(f"{words}.").body)
    assert (say.tag, hangup.tag) == ("Say", "Hangup")


def test_a_call_that_cannot_be_understood_is_told_so_before_it_ends():
    verbs = [verb.tag for verb in ElementTree.fromstring(TWILIO.NO_ANSWER.body)]
    assert verbs == ["Say", "Hangup"]


# --- settings ----------------------------------------------------------------------------------


def test_every_wrong_setting_is_named_at_once_a_line_each():
    with pytest.raises(ValueError, match="TWILIO") as caught:
        TwilioVoice("AC1", "two words", "1")
    named = [line.partition(" ")[0] for line in str(caught.value).splitlines()]
    assert named == ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_NUMBER"]
    assert "two words" not in str(caught.value)
