import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.speaking import available
from realtime.speech import CACHE_BYTES, PIECE_BYTES, SENTENCE_LIMIT, Speech, sentences
from tests.gateway.processes import ends

CHILD = """
import json, os, struct, sys
def frame(number, audio):
    sys.stdout.buffer.write(struct.pack(">II", number, len(audio)) + audio)
    sys.stdout.buffer.flush()
frame(0, b"")
for line in sys.stdin:
    order = json.loads(line)
    text = order["text"]
    sys.stderr.write(f"{text}\\n")
    if "die always" in text or ("die once" in text and not os.path.exists(sys.argv[1])):
        open(sys.argv[1], "w").close()
        os._exit(3)
    if "hang" in text:
        sys.stdin.read()
    frame(order["number"], b"" if "dumb" in text else text.encode() * 100)
"""
"""Speaks every text as its own bytes, a hundred times over, and misbehaves when told to."""

real = pytest.mark.skipif(not available(), reason="the voice is an optional extra")


class Wire:
    """One call's end of a voice."""

    def __init__(self, speech):
        self.received = asyncio.Queue()
        self.voice = speech.open(self.received.put_nowait)

    def say(self, id_, text):
        self.voice.send(json.dumps({"id": id_, "text": text}))

    async def piece(self):
        async with asyncio.timeout(10):
            head, _, audio = (await self.received.get()).partition(b"\n")
        return json.loads(head), audio

    async def whole(self):
        """One utterance: its id, its audio, and its error."""
        heard = b""
        while True:
            head, audio = await self.piece()
            heard += audio
            if head["done"]:
                return head["id"], heard, head.get("error", "")


async def spoken(speech, text):
    """It was said on some other call."""
    wire = Wire(speech)
    wire.say("earlier", text)
    await wire.whole()


@asynccontextmanager
async def speaking(tmp_path, **given):
    failures = []
    command = (sys.executable, "-c", CHILD, str(tmp_path / "died"))
    options = {"command": command, "installed": lambda: True, "failed": failures.append}
    speech = Speech(**options | given)
    try:
        yield speech, failures
    finally:
        await speech.close()


async def test_words_come_back_as_audio_under_their_id(tmp_path):
    async with speaking(tmp_path) as (speech, failures):
        assert await speech.start()
        wire = Wire(speech)
        wire.say("a", "Hi.")
        wire.say("b", "Ho.")
        assert await wire.whole() == ("a", b"Hi." * 100, "")
        assert await wire.whole() == ("b", b"Ho." * 100, "")
    assert failures == []


async def test_long_audio_comes_in_pieces_of_at_most_400_ms(tmp_path):
    async with speaking(tmp_path) as (speech, _):
        await speech.start()
        wire = Wire(speech)
        wire.say("a", "x" * 80)
        pieces = [await wire.piece() for _ in range(3)]
        assert [len(audio) for _, audio in pieces] == [PIECE_BYTES, PIECE_BYTES, 1600]
        assert [head["done"] for head, _ in pieces] == [False, False, True]


async def test_sentences_are_spoken_one_after_the_other_and_done_comes_once(tmp_path):
    async with speaking(tmp_path) as (speech, _):
        await speech.start()
        wire = Wire(speech)
        wire.say("a", "One. Two! Three?")
        assert await wire.whole() == ("a", b"One." * 100 + b"Two!" * 100 + b"Three?" * 100, "")
        assert wire.received.empty()


async def test_nothing_is_received_within_send(tmp_path):
    async with speaking(tmp_path) as (speech, _):
        await speech.start()
        await spoken(speech, "Hi.")
        wire = Wire(speech)
        wire.say("a", "Hi.")
        assert wire.received.empty()
        assert (await wire.whole())[1] == b"Hi." * 100


async def test_what_was_spoken_before_is_there_without_the_child(tmp_path):
    async with speaking(tmp_path) as (speech, _):
        await speech.start()
        await spoken(speech, "Thank you. Hang on.")
        os.kill(speech._process.pid, signal.SIGSTOP)
        wire = Wire(speech)
        wire.say("a", "Hang on. Thank you.")
        assert (await wire.whole())[1] == b"Hang on." * 100 + b"Thank you." * 100


async def test_the_least_recently_wanted_is_forgotten_first(tmp_path, capfd):
    async with speaking(tmp_path, cache_bytes=700) as (speech, _):
        await speech.start()
        for text in ("Aa.", "Bb.", "Aa.", "Cc.", "Aa.", "Bb."):
            await spoken(speech, text)
    assert capfd.readouterr().err.split() == ["Aa.", "Bb.", "Cc.", "Bb."]


async def test_two_calls_that_want_the_same_words_ask_once(tmp_path, capfd):
    async with speaking(tmp_path) as (speech, _):
        await speech.start()
        wires = [Wire(speech) for _ in range(5)]
        for wire in wires:
            wire.say("a", "Same.")
        assert [(await wire.whole())[1] for wire in wires] == [b"Same." * 100] * 5
    assert capfd.readouterr().err.split() == ["Same."]


async def test_a_long_speech_does_not_keep_another_call_waiting(tmp_path, capfd):
    async with speaking(tmp_path) as (speech, _):
        await speech.start()
        long, short = Wire(speech), Wire(speech)
        long.say("a", " ".join(f"L{n}." for n in range(50)))
        short.say("b", "S.")
        await short.whole()
        await long.whole()
    assert capfd.readouterr().err.split().index("S.") <= 2


async def test_what_was_stopped_is_not_said_and_the_next_is(tmp_path):
    async with speaking(tmp_path) as (speech, _):
        await speech.start()
        wire = Wire(speech)
        wire.say("a", "One. Two. Three.")
        wire.say("b", "Four.")
        wire.voice.send(json.dumps({"stop": "a"}))
        assert await wire.whole() == ("b", b"Four." * 100, "")
        wire.say("a", "Five.")
        assert await wire.whole() == ("a", b"Five." * 100, "")


async def test_a_closed_voice_says_nothing_more(tmp_path):
    async with speaking(tmp_path) as (speech, _):
        await speech.start()
        wire, other = Wire(speech), Wire(speech)
        wire.say("a", "One. Two.")
        wire.voice.close()
        other.say("b", "Three.")
        await other.whole()
        assert wire.received.empty()


async def test_a_child_that_dies_is_replaced_and_what_it_owed_is_said(tmp_path):
    async with speaking(tmp_path) as (speech, failures):
        await speech.start()
        wire, other = Wire(speech), Wire(speech)
        wire.say("a", "We die once.")
        other.say("b", "And we wait.")
        assert await wire.whole() == ("a", b"We die once." * 100, "")
        assert await other.whole() == ("b", b"And we wait." * 100, "")
        assert failures == ["IncompleteReadError"]


async def test_what_every_child_dies_of_is_given_up(tmp_path):
    async with speaking(tmp_path) as (speech, failures):
        await speech.start()
        wire = Wire(speech)
        wire.say("a", "We die always. Then this.")
        assert await wire.whole() == ("a", b"", "not spoken")
        wire.say("b", "Well.")
        assert (await wire.whole())[:2] == ("b", b"Well." * 100)
        assert len(failures) == 2


async def test_a_child_that_hangs_is_replaced(tmp_path):
    async with speaking(tmp_path, patience_seconds=0.5) as (speech, failures):
        await speech.start()
        wire, other = Wire(speech), Wire(speech)
        wire.say("a", "We hang.")
        other.say("b", "We do not.")
        assert await wire.whole() == ("a", b"", "not spoken")
        assert failures


async def test_what_cannot_be_spoken_is_answered_by_an_error(tmp_path):
    async with speaking(tmp_path) as (speech, _):
        await speech.start()
        wire = Wire(speech)
        wire.say("a", "Struck dumb.")
        wire.say("b", "")
        assert await wire.whole() == ("a", b"", "not spoken")
        assert (await wire.whole())[0] == "b"


async def test_where_no_voice_is_installed_every_utterance_fails_at_once(tmp_path):
    async with speaking(tmp_path, installed=lambda: False) as (speech, _):
        assert not await speech.start()
        wire = Wire(speech)
        wire.say("a", "Hello.")
        assert await wire.whole() == ("a", b"", "not spoken")


async def test_a_program_that_does_not_start_is_no_voice(tmp_path):
    missing = {"command": (str(tmp_path / "nothing"),), "patience_seconds": 0.3}
    async with speaking(tmp_path, **missing) as (speech, failures):
        assert not await speech.start()
        assert failures == ["FileNotFoundError"]


async def test_closing_ends_the_child_and_fails_what_was_wanted(tmp_path):
    async with speaking(tmp_path) as (speech, failures):
        await speech.start()
        pid = speech._process.pid
        wire = Wire(speech)
        wire.say("a", "We hang.")
        await speech.close()
        assert await wire.whole() == ("a", b"", "not spoken")
        assert ends(pid)
        wire.say("b", "Too late.")
        assert await wire.whole() == ("b", b"", "not spoken")
        await speech.close()
    assert failures == []


async def test_a_receiver_that_fails_does_not_silence_the_others(tmp_path):
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)

    def fail(data):
        raise RuntimeError("a call's own fault")

    async with speaking(tmp_path) as (speech, failures):
        await speech.start()
        speech.open(fail).send(json.dumps({"id": "a", "text": "One."}))
        wire = Wire(speech)
        wire.say("b", "One.")
        assert (await wire.whole())[0] == "b"
        assert failures == []


@real
async def test_the_real_voice_says_the_greeting_at_telephone_length(tmp_path):
    speech = Speech()
    assert await speech.start()
    wire = Wire(speech)
    wire.say("a", "Thank you for calling. I am the A I assistant. How can I help you today?")
    _, audio, error = await wire.whole()
    await speech.close()
    assert error == ""
    assert 3.0 < len(audio) / 8000 < 8.0
    assert len(audio) < CACHE_BYTES


@given(st.text())
def test_sentences_lose_no_word_and_are_short(text):
    found = sentences(text)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(0 < len(sentence) <= SENTENCE_LIMIT for sentence in found)


def test_sentences_end_where_they_end():
    assert sentences("It is $5.50 in all. Is that fine? Yes!") == [
        "It is $5.50 in all.",
        "Is that fine?",
        "Yes!",
    ]
    assert sentences(" \n") == []


def test_a_long_sentence_is_cut_between_words():
    found = sentences("word " * 200)
    assert all(each.split() == ["word"] * len(each.split()) for each in found)
    assert all(len(a) > SENTENCE_LIMIT - 10 for a, _ in pairwise(found))
