"""Twilio's media socket to facts, and orders to its messages, message by message."""

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from channels.twilio_media import MAX_MESSAGE, MAX_PAYLOAD, MEDIA, TwilioMedia
from pipeline.errors import ProtocolError
from pipeline.events import (
    CallerAudio,
    CallerDigit,
    CallerGone,
    HangUp,
    Hear,
    Mark,
    MediaStarted,
    Play,
    PlayoutReached,
    StopPlaying,
)
from pipeline.ids import MarkName

ACCOUNT = "AC00000000000000000000000000000001"
CALL = "CA0123456789abcdef0123456789ABCDEF"
STREAM = "MZ0123456789abcdef0123456789ABCDEF"
OTHER = "MZ00000000000000000000000000000000"
SILENCE = base64.b64encode(b"\xff" * 160).decode()
REASONS = {
    *("binary", "too_long", "not_json", "bad_shape", "unknown_event", "media_before_start"),
    *("mark_before_start", "dtmf_before_start", "stop_before_start", "after_stop"),
    *("wrong_stream", "started_twice", "wrong_account", "wrong_format", "wrong_track"),
    "bad_base64",
}


def start(**changes: Any) -> dict[str, Any]:
    """Twilio's own example, with our ids; `changes` are to what is inside."""
    inside = {
        "accountSid": ACCOUNT,
        "streamSid": STREAM,
        "callSid": CALL,
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"token": "a-token"},
        **changes,
    }
    return {"event": "start", "sequenceNumber": "1", "start": inside, "streamSid": STREAM}


def media(payload: object = SILENCE, track: object = "inbound") -> dict[str, Any]:
    inside = {"track": track, "chunk": "1", "timestamp": "5", "payload": payload}
    return {"event": "media", "sequenceNumber": "3", "media": inside, "streamSid": STREAM}


def written(message: object) -> str:
    """As Twilio writes it: without a space."""
    return json.dumps(message, separators=(",", ":"))


def stream_first(message: dict[str, Any]) -> dict[str, Any]:
    ordered = ["event", "sequenceNumber", "streamSid", "media"]
    return {name: message[name] for name in ordered}


def stopped() -> dict[str, Any]:
    return {"event": "stop", "streamSid": STREAM, "stop": {"accountSid": ACCOUNT, "callSid": CALL}}


def marked(name: object) -> dict[str, Any]:
    return {"event": "mark", "streamSid": STREAM, "mark": {"name": name}}


def pressed(digit: object) -> dict[str, Any]:
    inside = {"track": "inbound_track", "digit": digit}
    return {"event": "dtmf", "streamSid": STREAM, "dtmf": inside}


@pytest.fixture
def fresh() -> TwilioMedia:
    """A socket that has just been opened."""
    return TwilioMedia(ACCOUNT)


@pytest.fixture
def peer(fresh: TwilioMedia) -> TwilioMedia:
    """A socket whose stream has started."""
    fresh.receive(written(start()), 0.0)
    return fresh


def facts(peer: TwilioMedia, message: object) -> list[object]:
    return list(peer.receive(written(message), 0.0))


def refusal(peer: TwilioMedia, data: str | bytes) -> str:
    with pytest.raises(ProtocolError) as caught:
        peer.receive(data, 0.0)
    return str(caught.value)


def sent(peer: TwilioMedia) -> list[Any]:
    return [json.loads(each) for each in peer.data_to_send()]


# --- what Twilio says --------------------------------------------------------------------------


def test_connected_says_nothing_yet(fresh):
    assert facts(fresh, {"event": "connected", "protocol": "Call", "version": "1.0.0"}) == []


def test_the_first_fact_is_whose_call_it_is_and_the_token_it_brought(fresh):
    assert facts(fresh, start()) == [MediaStarted(CALL, "a-token")]


def test_a_token_does_not_show(fresh):
    assert "a-token" not in repr(facts(fresh, start()))


@pytest.mark.parametrize("given_", [{}, {"other": "x"}])
def test_a_start_without_a_token_brings_an_empty_one_which_nobody_issued(fresh, given_):
    assert facts(fresh, start(customParameters=given_)) == [MediaStarted(CALL, "")]


@pytest.mark.parametrize("spell", [written, json.dumps])
@pytest.mark.parametrize("order", [dict, stream_first, lambda m: dict(reversed(m.items()))])
def test_audio_is_the_same_however_its_message_is_spelled(peer, spell, order):
    assert list(peer.receive(spell(order(media())), 0.0)) == [CallerAudio(SILENCE)]


@pytest.mark.parametrize("order", [dict, stream_first])
def test_twilios_own_spellings_need_no_reading_of_json(order):
    assert MEDIA.match(written(order(media())))
    assert not MEDIA.match(written(order(media(track="outbound"))))


def test_audio_whose_slashes_are_escaped_is_the_same_audio(peer):
    assert "/" in SILENCE
    escaped = written(media()).replace("/", "\\/")
    assert list(peer.receive(escaped, 0.0)) == [CallerAudio(SILENCE)]


@pytest.mark.parametrize("count", [1, 80, 160, 1600, 12_000])
def test_audio_may_have_any_length_up_to_a_second_and_a_half(peer, count):
    payload = base64.b64encode(bytes(count)).decode()
    assert facts(peer, media(payload)) == [CallerAudio(payload)]
    assert facts(peer, stream_first(media(payload))) == [CallerAudio(payload)]


@pytest.mark.parametrize("digit", [*"0123456789*#ABCD"])
def test_a_key_is_a_digit(peer, digit):
    assert facts(peer, pressed(digit)) == [CallerDigit(digit)]


def test_a_mark_comes_back_by_its_name(peer):
    assert facts(peer, marked("g7:item_abc:0:1840")) == [
        PlayoutReached(MarkName("g7:item_abc:0:1840"))
    ]


def test_a_stop_is_the_callers_end(peer):
    assert facts(peer, stopped()) == [CallerGone("hung_up")]


def test_nothing_follows_a_stop(peer):
    facts(peer, stopped())
    for message in (media(), stopped(), marked("1"), pressed("1")):
        assert refusal(peer, written(message)) == "after_stop"
    peer.obey(Play(b"\xff" * 160), 0.0)
    assert sent(peer) == []


def test_it_has_no_deadlines(peer):
    assert peer.deadline() is None
    assert list(peer.expire(1e9)) == []


# --- what Twilio would never say ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff" * 160, "binary"),
        (written(media()).encode(), "binary"),
        ("", "not_json"),
        ("{", "not_json"),
        ("hello", "not_json"),
        ('{"event":"media"', "not_json"),
        ("[" * 60_000, "not_json"),
        ('{"event":' * 7_000, "not_json"),
        ('{"sequenceNumber":' + "9" * 5_000 + "}", "not_json"),
        (" " * (MAX_MESSAGE + 1), "too_long"),
        ("[]", "bad_shape"),
        ("null", "bad_shape"),
        ('"media"', "bad_shape"),
        ("{}", "bad_shape"),
        ('{"event":7}', "bad_shape"),
        ('{"event":["media"]}', "bad_shape"),
        ('{"event":"Media"}', "unknown_event"),
        ('{"event":"clear"}', "unknown_event"),
        (written({**media(), "media": None}), "bad_shape"),
        (written({**media(), "media": "inbound"}), "bad_shape"),
        (written({**media(), "streamSid": OTHER}), "wrong_stream"),
        (written(stream_first({**media(), "streamSid": OTHER})), "wrong_stream"),
        (written({**media(), "streamSid": None}), "wrong_stream"),
        (written(media(None)), "bad_shape"),
        (written(media(7)), "bad_shape"),
        (written(media("")), "bad_base64"),
        (written(media("=")), "bad_base64"),
        (written(media("AAA")), "bad_base64"),
        (written(media("AA==AA==")), "bad_base64"),
        (written(media("AAAA\nAAAA")), "bad_base64"),
        (written(media("AAAA AAAA")), "bad_base64"),
        (written(media('AAAA","x":"A')), "bad_base64"),
        (written(media("AA-_")), "bad_base64"),
        (written(media("ÄÄÄÄ")), "bad_base64"),
        (written(media("\ud800AAA")), "bad_base64"),
        (written(media("A" * (MAX_PAYLOAD + 4))), "too_long"),
        (written(media(track="outbound")), "wrong_track"),
        (written(media(track=["inbound"])), "wrong_track"),
        (written(start()), "started_twice"),
        (written(marked("")), "bad_shape"),
        (written(marked(None)), "bad_shape"),
        (written(marked("\ud800")), "bad_shape"),
        (written(marked("x" * 201)), "bad_shape"),
        (written(pressed("")), "bad_shape"),
        (written(pressed("12")), "bad_shape"),
        (written(pressed("x")), "bad_shape"),
        (written(pressed(1)), "bad_shape"),
        (written(pressed("1\n")), "bad_shape"),
        (written(pressed("\u0661")), "bad_shape"),
        (written({**stopped(), "streamSid": OTHER}), "wrong_stream"),
    ],
)
def test_nonsense_has_a_short_name_and_does_no_harm(peer, data, reason):
    assert refusal(peer, data) == reason
    assert reason in REASONS
    assert facts(peer, media()) == [CallerAudio(SILENCE)]
    assert sent(peer) == []


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (media(), "media_before_start"),
        (stream_first(media()), "media_before_start"),
        (marked("1"), "mark_before_start"),
        (pressed("1"), "dtmf_before_start"),
        (stopped(), "stop_before_start"),
        (start(accountSid="AC" + "9" * 32), "wrong_account"),
        (start(accountSid=None), "wrong_account"),
        (start(streamSid="MZ1"), "bad_shape"),
        (start(streamSid=None), "bad_shape"),
        (start(streamSid=STREAM + '","x":"'), "bad_shape"),
        (start(streamSid=OTHER), "wrong_stream"),
        (start(callSid="CA1"), "bad_shape"),
        (start(callSid=["CA"]), "bad_shape"),
        (start(mediaFormat=None), "bad_shape"),
        (start(mediaFormat={}), "wrong_format"),
        (start(mediaFormat={"encoding": "audio/x-alaw", "sampleRate": 8000}), "wrong_format"),
        (start(mediaFormat={"encoding": "audio/x-mulaw", "sampleRate": 16000}), "wrong_format"),
        (
            start(mediaFormat={"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 2}),
            "wrong_format",
        ),
        (start(customParameters=[]), "bad_shape"),
        (start(customParameters={"token": 7}), "bad_shape"),
        (start(customParameters={"token": "x" * 501}), "bad_shape"),
        (start(customParameters={"token": "a b"}), "bad_shape"),
        ({"event": "start", "streamSid": STREAM}, "bad_shape"),
        ({"event": "start", "start": []}, "bad_shape"),
    ],
)
def test_before_it_starts_nothing_counts_and_a_bad_start_is_none(fresh, message, reason):
    assert refusal(fresh, written(message)) == reason
    assert reason in REASONS
    fresh.obey(Play(b"\xff"), 0.0)
    assert sent(fresh) == []
    assert facts(fresh, start()) == [MediaStarted(CALL, "a-token")]
    assert facts(fresh, media()) == [CallerAudio(SILENCE)]


def test_a_format_may_come_as_words_for_all_of_twilios_numbers_are():
    peer = TwilioMedia(ACCOUNT)
    words = {"encoding": "audio/x-mulaw", "sampleRate": "8000", "channels": "1"}
    assert facts(peer, start(mediaFormat=words)) == [MediaStarted(CALL, "a-token")]


# --- what we say -------------------------------------------------------------------------------


def test_audio_is_played_as_base64_without_a_header(peer):
    peer.obey(Play(b"\xff\x00" * 800), 0.0)
    assert sent(peer) == [
        {
            "event": "media",
            "streamSid": STREAM,
            "media": {"payload": base64.b64encode(b"\xff\x00" * 800).decode()},
        }
    ]


def test_orders_leave_in_their_order_and_once(peer):
    peer.obey(Play(b"\xff" * 160), 0.0)
    peer.obey(Mark(MarkName("a")), 0.0)
    peer.obey(StopPlaying(), 0.0)
    peer.obey(Mark(MarkName('b"\\')), 0.0)
    went = sent(peer)
    assert [each["event"] for each in went] == ["media", "mark", "clear", "mark"]
    assert went[1:] == [
        {"event": "mark", "streamSid": STREAM, "mark": {"name": "a"}},
        {"event": "clear", "streamSid": STREAM},
        {"event": "mark", "streamSid": STREAM, "mark": {"name": 'b"\\'}},
    ]
    assert sent(peer) == []


def test_what_is_sent_is_text_for_twilio_takes_no_binary(peer):
    peer.obey(Play(b"\xff" * 160), 0.0)
    assert [type(each) for each in peer.data_to_send()] == [str]


@pytest.mark.parametrize("order", [Play(b""), Hear(SILENCE), HangUp("done")])
def test_an_order_that_is_not_its_to_carry_out_sends_nothing(peer, order):
    peer.obey(order, 0.0)
    assert sent(peer) == []


def test_two_sockets_know_nothing_of_each_other(peer):
    fresh = TwilioMedia(ACCOUNT)
    peer.obey(Play(b"\xff"), 0.0)
    assert sent(fresh) == []
    assert refusal(fresh, written(media())) == "media_before_start"


# --- whatever comes ----------------------------------------------------------------------------

shapes = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
names = st.sampled_from(["event", "streamSid", "media", "start", "mark", "dtmf", "stop", "payload"])
genuine = [start(), media(), marked("1"), pressed("5"), stopped()]


KINDS = CallerAudio | CallerDigit | CallerGone | MediaStarted | PlayoutReached


def check(data: str | bytes) -> None:
    """Told this before the start and after it, a socket has at most one sound fact, or refuses."""
    for earlier in ([], [written(start())]):
        peer = TwilioMedia(ACCOUNT)
        for each in earlier:
            peer.receive(each, 0.0)
        found, reason = attempt(peer, data)
        assert reason in {"", *REASONS}
        assert len(found) <= 1
        assert all(isinstance(fact, KINDS) for fact in found)
        for fact in found:
            if isinstance(fact, CallerAudio):
                assert base64.b64decode(fact.payload, validate=True)


def attempt(peer: TwilioMedia, data: str | bytes) -> tuple[list[object], str]:
    try:
        return list(peer.receive(data, 0.0)), ""
    except ProtocolError as exc:
        return [], str(exc)


@given(st.text() | st.binary() | shapes.map(written))
@example(written(start()))
def test_garbage_is_a_protocol_error_at_worst(data):
    check(data)


@given(st.sampled_from(genuine), names, shapes)
def test_a_message_with_one_thing_changed_is_a_protocol_error_at_worst(message, name, value):
    check(written({**message, name: value}))
    inside = message[message["event"]]
    check(written({**message, message["event"]: {**inside, name: value}}))


@given(st.sampled_from([media(), stream_first(media())]), st.data())
def test_the_fast_way_reads_what_json_says(message, data):
    text = written(message)
    place = data.draw(st.integers(0, len(text) - 1))
    cut = data.draw(st.integers(0, 3))
    put = data.draw(st.text('{}":,\\/=+A0 \n', max_size=4))
    changed = text[:place] + put + text[place + cut :]
    peer = TwilioMedia(ACCOUNT)
    peer.receive(written(start()), 0.0)
    found, reason = attempt(peer, changed)
    try:
        meant = json.loads(changed)
    except ValueError:
        assert reason == "not_json"
        return
    if not reason:
        assert found == [CallerAudio(meant["media"]["payload"])]
        assert meant["streamSid"] == STREAM
        assert meant["media"].get("track", "inbound") == "inbound"


@given(st.binary(min_size=1, max_size=400))
def test_every_audio_goes_in_and_comes_out_unchanged(audio):
    peer = TwilioMedia(ACCOUNT)
    peer.receive(written(start()), 0.0)
    payload = base64.b64encode(audio).decode()
    assert facts(peer, media(payload)) == [CallerAudio(payload)]
    peer.obey(Play(audio), 0.0)
    assert sent(peer)[0]["media"]["payload"] == payload
