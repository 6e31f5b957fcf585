import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.attendant.mulaw import decode
from realtime.speaking import FRAME, available

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "realtime.speaking")

pytestmark = pytest.mark.skipif(not available(), reason="the voice is an optional extra")


def spoken(*texts):
    """What the child answers, frame by frame, until its input ends."""
    orders = [{"number": number, "text": text} for number, text in enumerate(texts, 1)]
    lines = "".join(json.dumps(order) + "\n" for order in orders)
    ran = subprocess.run(
        COMMAND, input=lines.encode(), capture_output=True, cwd=ROOT, timeout=20, check=True
    )
    rest, found = ran.stdout, []
    while rest:
        number, length = FRAME.unpack_from(rest)
        found.append((number, rest[FRAME.size : FRAME.size + length]))
        rest = rest[FRAME.size + length :]
    return found


def test_it_says_that_it_is_ready_then_answers_in_order_and_ends_with_its_input():
    frames = spoken("Hello.", "How many guests will there be?")
    assert [number for number, _ in frames] == [0, 1, 2]
    assert frames[0][1] == b""
    assert len(frames[1][1]) < len(frames[2][1])


def test_speech_is_as_long_and_as_loud_as_speech_is_and_is_not_clipped():
    ((_, _), (_, audio)) = spoken("The total is one thousand two hundred fifty dollars.")
    samples = decode(audio).astype(float)
    assert 2.0 < len(audio) / 8000 < 5.0
    assert 15_000 < np.abs(samples).max() < 30_000
    assert 1000 < np.sqrt((samples**2).mean()) < 6000


def test_a_pause_follows_each_sentence():
    ((_, _), (_, audio)) = spoken("Press one.")
    loud = np.flatnonzero(np.abs(decode(audio).astype(int)) > 300)
    assert 0.2 < (len(audio) - loud[-1]) / 8000 < 0.6


def test_the_same_words_sound_alike_whatever_was_said_before():
    frames = spoken("Press one.", "Something else!", "Press one.")
    first, again = (decode(frames[place][1]).astype(float) for place in (1, 3))
    assert abs(len(first) - len(again)) < 80  # its hisses are random
    assert abs(np.abs(first).mean() / np.abs(again).mean() - 1) < 0.1


def test_text_that_is_no_speech_is_answered_too():
    frames = spoken("", "\0", "\U0001f363", "<speak>[[x]]", "x" * 2000)
    assert [number for number, _ in frames] == [0, 1, 2, 3, 4, 5]
