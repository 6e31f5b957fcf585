"""The bench's own frames are those of the standard, and of Twilio's and the model's spelling."""

import base64
import json

from hypothesis import given
from hypothesis import strategies as st

from channels.twilio_media import MEDIA, TwilioMedia
from pipeline.events import CallerAudio, MediaStarted, PlayoutReached
from scripts.bench_voice_wire import (
    DELTA_MS,
    HEAR,
    HEAR_CHARS,
    STAMP_CHARS,
    Reader,
    accept,
    delta,
    event,
    frame,
    heard_stamp,
    mark,
    media,
    stamp,
    stamped,
    started,
    unmasked,
    upgrade,
)

ACCOUNT = "AC" + "a" * 32
CALL = "CA" + "c" * 32


def payloads(data: bytes) -> list[bytes]:
    found = Reader().feed(data)
    return [unmasked(whole[start:end], mask) for _, whole, start, end, mask in found]


def masked_with(payload: bytes, mask: bytes) -> bytes:
    plain = frame(payload, masked=True)
    return plain[: -len(payload) - 4] + mask + unmasked(payload, mask)


@given(st.integers(0, 30_000), st.integers(0, 1 << 20), st.integers(0, (1 << 64) - 1))
def test_a_stamp_is_read_as_it_was_made(call, number, now):
    made = stamp(call, number, now)
    assert len(made) == STAMP_CHARS
    assert stamped(made) == (call, number & 0xFFFF, now)


def test_other_audio_has_no_stamp():
    assert stamped(base64.b64encode(b"\xff" * 12)) is None
    assert stamped(base64.b64encode(b"\x7e" * 12)) is None
    assert stamped(b"=") is None
    assert stamped(b"") is None


@given(st.lists(st.sampled_from([0, 1, 125, 126, 300, 65535, 65536]), max_size=5), st.data())
def test_frames_are_whole_however_they_come(sizes, data):
    sent = [bytes([number]) * size for number, size in enumerate(sizes)]
    stream = b"".join(frame(each) for each in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    reader, found = Reader(), []
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        for _, whole, start, stop, _ in reader.feed(stream[begin:end]):
            found.append(whole[start:stop])
    assert found == sent


@given(st.binary(min_size=4, max_size=4), st.integers(0, 1000))
def test_the_stamp_of_a_heard_frame_is_read_under_any_mask(mask, call):
    chars = stamp(call, 7, 123)
    audio = chars + base64.b64encode(b"\x7e" * 148)
    payload = HEAR + audio + b'"}'
    assert len(payload) == HEAR_CHARS
    assert len(base64.b64decode(json.loads(payload)["audio"])) == 160
    (found,) = Reader().feed(masked_with(payload, mask))
    assert heard_stamp(*found[1:]) == (call, 7, 123)


def test_another_message_is_heard_as_no_stamp():
    (found,) = Reader().feed(frame(b'{"type":"response.cancel"}', masked=True))
    assert heard_stamp(*found[1:]) is None


def test_a_carriers_messages_are_those_of_twilios_spelling():
    peer = TwilioMedia(ACCOUNT)
    connected, start = started(5, ACCOUNT, CALL, "a-token")
    assert peer.receive(payloads(connected)[0].decode(), 0.0) == ()
    assert peer.receive(payloads(start)[0].decode(), 0.0) == (MediaStarted(CALL, "a-token"),)
    (text,) = payloads(media(5, 3, 99))
    assert MEDIA.match(text.decode()) is not None  # the short way
    (heard,) = peer.receive(text.decode(), 0.0)
    assert isinstance(heard, CallerAudio)
    assert stamped(heard.payload[:STAMP_CHARS].encode()) == (5, 3, 99)
    assert len(base64.b64decode(heard.payload)) == 160
    assert json.loads(text)["media"]["timestamp"] == "60"
    assert peer.receive(payloads(mark(5, "m1"))[0].decode(), 0.0) == (PlayoutReached("m1"),)


def test_a_delta_is_200_ms():
    (text,) = payloads(delta("resp_1", "item_1", stamp(0, 1, 2)))
    told = json.loads(text)
    assert (told["type"], told["response_id"]) == ("response.output_audio.delta", "resp_1")
    assert len(base64.b64decode(told["delta"])) == DELTA_MS * 8
    assert stamped(told["delta"][:STAMP_CHARS].encode()) == (0, 1, 2)


def test_events_are_json():
    assert json.loads(payloads(event("session.created", session={}))[0]) == {
        "type": "session.created",
        "event_id": "event_1",
        "session": {},
    }


def test_an_upgrade_is_accepted_as_the_standard_has_it():
    asked = upgrade("/media/twilio", 80, "c2lnbmVk")
    assert b"\r\nx-twilio-signature: c2lnbmVk\r\n\r\n" in asked
    # the key and its answer of RFC 6455, 1.3
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in accept(asked)
