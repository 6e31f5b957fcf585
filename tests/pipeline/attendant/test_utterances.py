import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.attendant.utterances import Utterance, Utterances
from pipeline.errors import ProtocolError
from pipeline.ids import ItemId, ResponseId

HELLO = Utterance(ResponseId("a-1"), ItemId("a-1"), "It is $5.", is_response=True)
FIXED = Utterance(ResponseId("say-1"), ItemId("say-1"), "Hello.")
SECOND = b"\x10" * 8000


def frame(id_, audio=b"", *, done=False, **more):
    return json.dumps({"id": id_, "done": done, **more}).encode() + b"\n" + audio


def test_words_go_out_as_they_are_said():
    voice = Utterances()
    voice.say(HELLO)
    assert [json.loads(each) for each in voice.data_to_send()] == [
        {"id": "a-1", "text": "It is 5 dollars."}
    ]
    assert voice.data_to_send() == []


def test_audio_comes_in_pieces_the_last_one_marked():
    voice = Utterances()
    voice.say(HELLO)
    first = voice.receive(frame("a-1", b"\n12"))
    assert (first.utterance, first.audio, first.is_last) == (HELLO, b"\n12", False)
    assert voice.busy
    last = voice.receive(frame("a-1", done=True, error="not spoken"))
    assert (last.is_last, last.failed) == (True, True)
    assert not voice.busy


def test_what_was_stopped_is_heard_of_no_more():
    voice = Utterances()
    voice.say(HELLO)
    voice.data_to_send()
    assert voice.stop(ResponseId("a-1")) is HELLO
    assert [json.loads(each) for each in voice.data_to_send()] == [{"stop": "a-1"}]
    assert voice.receive(frame("a-1", SECOND, done=True)) is None
    assert voice.stop(ResponseId("a-1")) is None


def test_what_we_were_told_to_say_is_not_stopped():
    voice = Utterances()
    voice.say(FIXED)
    assert voice.stop(ResponseId("say-1")) is None
    assert voice.busy


def test_the_voice_ends_when_all_its_audio_has_been_heard():
    voice = Utterances()
    voice.sound(HELLO, SECOND, 10.0)
    voice.sound(HELLO, SECOND, 10.1)
    assert voice.ends_at == 12.0
    voice.sound(HELLO, SECOND, 50.0)
    assert voice.ends_at == 51.0


def test_a_key_cuts_short_all_but_what_is_fixed():
    voice = Utterances()
    voice.sound(FIXED, SECOND * 2, 10.0)
    voice.sound(HELLO, SECOND * 3, 10.0)
    voice.cut_short(11.0)
    assert voice.ends_at == 12.0
    voice.cut_short(14.0)
    assert voice.ends_at == 14.0


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("text", "bad_shape"),
        (b"", "not_json"),
        (b"{}", "bad_shape"),
        (b"[]\n", "bad_shape"),
        (b'{"id": 5}\n', "bad_shape"),
        (b"[" * 100_000 + b"\n", "not_json"),
    ],
)
def test_nonsense_is_refused_and_nothing_is_broken(data, reason):
    voice = Utterances()
    voice.say(HELLO)
    with pytest.raises(ProtocolError, match=f"^{reason}$"):
        voice.receive(data)
    assert voice.receive(frame("a-1", done=True)).is_last


@given(st.binary(max_size=200) | st.text(max_size=50))
def test_anything_else_is_nobodys_piece_or_refused(data):
    voice = Utterances()
    voice.say(HELLO)
    with suppress(ProtocolError):
        assert voice.receive(data) is None
    assert voice.busy
