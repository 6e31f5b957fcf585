"""scripts/call against a practice line of its own, with a gateway that only answers the phone."""

import asyncio
import json
import os
import struct
import subprocess
import sys
import wave
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from aiohttp import web

from scripts.practice import Line
from tests.simulators.stand_in_voice import VOICE, Media, VoiceStandIn
from tests.simulators.twilio import TwilioSimulator
from tests.simulators.twilio_sound import from_wav, loud, to_wav

PROGRAM = Path(__file__).parents[2] / "scripts" / "call"
SAMPLES = PROGRAM.parents[1] / "tests" / "samples" / "caller"
TURN = {
    "speaker": "model",
    "text": "Your total is one thousand dollars.",
    "at_ms": 1200,
    "interrupted": False,
}
RECORD = {"call_id": "c1", "status": "completed", "ended_at": "2026-11-20", "outcome": "quoted"}


def loaded() -> ModuleType:
    """The script as a module."""
    loader = SourceFileLoader("call", str(PROGRAM))
    spec = spec_from_loader("call", loader)
    assert spec is not None
    module = module_from_spec(spec)
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = written
    return module


SCRIPT = loaded()


class Practice:
    """A practice line in this process, and scripts/call run against it."""

    def __init__(self, folder: Path, twilio: TwilioSimulator) -> None:
        self.folder, self.twilio = folder, twilio
        self.asked: list[Mapping[str, str]] = []
        """Queries made of /v1/calls with the right token."""
        self.pressed: list[str] = []

    def keep(self, **changes: str) -> None:
        account = self.twilio.account
        line = Line(
            self.twilio.url,
            account.sid,
            account.token,
            account.number,
            self.twilio.public_url,
            "control",
        )
        (self.folder / "practice.json").write_text(json.dumps({**asdict(line), **changes}))

    async def answer(self, media: Media) -> None:
        """Greet, then answer each turn once; a turn is a key, or sound and the silence after it."""
        await media.until("start")
        await media.play(400, "greeting")
        await media.until("mark", 1)
        keys = 0
        while True:
            await media.until("dtmf", keys + 1)
            keys += 1
            self.pressed.append(str(media.messages[-1]["dtmf"]["digit"]))
            await media.play(400, f"answer {keys}")

    async def calls(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != "Bearer its-token":
            return web.json_response({"error": "no"}, status=401)
        self.asked.append(dict(request.query))
        return web.json_response({"calls": [RECORD]})

    async def call_shown(self, _request: web.Request) -> web.Response:
        return web.json_response({**RECORD, "turns": [TURN]})

    async def call(self, *arguments: str, **environ: str) -> tuple[int, str, str]:
        """Its status, output and errors."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            PROGRAM,
            *arguments,
            env={
                "DATA_DIR": str(self.folder),
                "PATH": os.environ["PATH"],
                "API_TOKEN": "its-token",
                **environ,
            },
            cwd=self.folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(30):
            out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()


@pytest.fixture
async def practice(tmp_path: Path) -> AsyncIterator[Practice]:
    async with TwilioSimulator(control_token="control") as twilio:
        line = Practice(tmp_path, twilio)
        routes = [
            web.get("/v1/calls", line.calls),
            web.get("/v1/calls/{id}", line.call_shown),
        ]
        async with VoiceStandIn(line.answer, routes=routes) as gateway:
            twilio.gateway_url = twilio.public_url = gateway.url
            line.keep()
            yield line


async def test_keys_are_pressed_when_the_voice_has_finished_and_all_is_reported(
    practice: Practice,
) -> None:
    arguments = ["--keys", "1,20#", "--quiet", "0.2", "--save", "heard.wav"]
    status, out, err = await practice.call(*arguments)
    assert (status, err) == (0, "")
    assert practice.pressed == ["1", "2", "0", "#"]
    lines = out.splitlines()
    sid = practice.asked[0]["provider_id"]
    assert lines[0] == f"+14155550123 calls +19165550100 ({sid})"
    assert "silence before first audio: " in out
    gaps = [line.split(":")[0] for line in lines if line.startswith("gap")]
    assert gaps[0] == "gap after 1"
    assert "   1.20 s  model: Your total is one thousand dollars." in lines
    assert "  outcome: quoted" in lines
    heard = from_wav((practice.folder / "heard.wav").read_bytes())
    assert loud(heard[len(heard) // 10 : len(heard) // 2])
    started = next(line for line in lines if line.endswith("a voice speaks"))
    ms = round(float(started.split()[0]) * 1000)
    assert heard[ms * 8 :][:3200] == VOICE * 20
    assert set(heard[: ms * 8]) <= {0xFF}


async def test_json_says_all_there_is(practice: Practice) -> None:
    status, out, err = await practice.call("--keys", "5", "--quiet", "0.2", "--json")
    told = json.loads(out)
    assert (status, err) == (0, "")
    assert (told["status"], told["ended_by"], told["errors"]) == ("completed", "caller", [])
    assert told["silence_before_first_audio_ms"] < 1000
    [gap] = told["gaps"]
    assert gap["after"] == "5"
    assert 0 <= gap["ms"] < 1000
    assert told["record"]["turns"] == [TURN]
    assert told["saved"].startswith("call-20")
    assert (practice.folder / told["saved"]).is_file()


async def test_a_recording_is_played_and_can_break_in(practice: Practice) -> None:
    file = practice.folder / "turn.wav"
    file.write_bytes(to_wav(VOICE * 10))
    arguments = [str(file), "--interrupt", "0.1", "--max", "1.5", "--json", "--quiet", "0.1"]
    status, out, _ = await practice.call(*arguments)
    told = json.loads(out)
    assert status == 0
    [voice] = [each["ms"] for each in told["timeline"] if each["what"] == "voice_started"]
    [caller] = [each["ms"] for each in told["timeline"] if each["what"] == "caller_started"]
    assert 80 <= caller - voice <= 140
    assert told["gaps"] == [{"after": "turn.wav", "ms": None}]


async def test_a_call_that_is_not_taken_says_why(practice: Practice) -> None:
    practice.twilio.gateway_url = "http://127.0.0.1:1"
    status, _, err = await practice.call("--keys", "1")
    assert status == 3
    assert "11200" in err
    assert not [*practice.folder.glob("call-*.wav")]


async def test_a_missing_record_is_said_and_does_not_hide_the_call(practice: Practice) -> None:
    status, out, err = await practice.call("--keys", "1", "--quiet", "0.2", API_TOKEN="wrong")
    assert status == 0
    assert "what the caller heard: call-" in out
    assert "/v1/calls answered 401" in err


async def test_the_token_is_read_from_where_the_program_keeps_it(practice: Practice) -> None:
    (practice.folder / "secrets").mkdir()
    (practice.folder / "secrets" / "API_TOKEN").write_text("its-token\n")
    status, _, err = await practice.call("--keys", "1", "--quiet", "0.2", API_TOKEN="")
    assert (status, err) == (0, "")
    assert practice.asked


async def test_without_a_line_it_says_how_to_have_one(practice: Practice) -> None:
    (practice.folder / "practice.json").unlink()
    status, _, err = await practice.call("--keys", "1")
    assert status == 2
    assert "scripts/run" in err


def test_turns_keep_the_order_in_which_they_are_given() -> None:
    given = ["a.wav", "--keys", "1,20#", "--from", "4155550100", "b.wav", "--interrupt=2"]
    asked = SCRIPT.arguments(given)
    assert asked.turns == [("play", "a.wav"), ("keys", "1,20#"), ("play", "b.wav")]
    assert (asked.caller, asked.interrupt) == ("+14155550100", 2.0)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--keys", ""],
        ["--keys", "1,,2"],
        ["--keys", "w"],
        ["--keys", "1", "--interrupt", "1"],
        ["--keys", "1", "--max", "x"],
        ["--keys"],
        ["--keys", "1", "--from", "Bob"],
        ["--loud", "a.wav"],
    ],
)
def test_what_cannot_be_done_is_a_matter_of_usage(arguments: list[str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-I", PROGRAM, *arguments], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2
    assert "usage: scripts/call" in ran.stderr


def pcm(path: Path, samples: Sequence[int], *, rate: int = 8000, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return path


def test_pcm_becomes_mu_law(tmp_path: Path) -> None:
    made = SCRIPT.recording(pcm(tmp_path / "a.wav", [0, 8, -8, 32767, -32768, 120]))
    assert made == bytes([0xFF, 0xFE, 0x7E, 0x80, 0x00, 0xF0])


def test_twice_the_rate_is_halved_and_what_cannot_be_carried_is_taken_out(tmp_path: Path) -> None:
    steady = SCRIPT.recording(pcm(tmp_path / "a.wav", [8031] * 320, rate=16000))
    assert len(steady) == 160
    assert set(steady[4:-4]) == {SCRIPT.mulaw(8031)}
    shrill = SCRIPT.recording(pcm(tmp_path / "b.wav", [8031, -8031] * 160, rate=16000))
    assert not loud(shrill[4:-4])


def test_a_mu_law_recording_is_played_as_it_is() -> None:
    file = SAMPLES / "01-quote.wav"
    assert SCRIPT.recording(file) == from_wav(file.read_bytes())


def test_a_recording_in_extensible_form_is_understood(tmp_path: Path) -> None:
    form = struct.pack("<HHIIHHHHI", 0xFFFE, 1, 8000, 16000, 2, 16, 22, 16, 4)
    form += bytes.fromhex("0100000000001000800000aa00389b71")
    data = struct.pack("<2h", 0, 8)
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    body += b"data" + struct.pack("<I", len(data)) + data
    (tmp_path / "a.wav").write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    assert SCRIPT.recording(tmp_path / "a.wav") == b"\xff\xfe"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: pcm(path, [0] * 9, rate=44100), "at 44100 Hz"),
        (lambda path: pcm(path, [0] * 8, channels=2), "2 channel"),
        (lambda path: pcm(path, []), "not a WAV file with audio"),
        (lambda path: path.write_bytes(b"ID3 music"), "not a WAV file"),
        (lambda path: None, "No such file"),
    ],
)
async def test_a_recording_that_cannot_be_played_is_named(
    practice: Practice, make: Any, says: str
) -> None:
    make(practice.folder / "a.wav")
    status, _, err = await practice.call("a.wav")
    assert status == 2
    assert err.startswith("scripts/call: a.wav")
    assert says in err
    assert practice.twilio.ledger.events() == []


def event(what: str, ms: int, **more: object) -> dict[str, object]:
    return {"what": what, "ms": ms, **more}


def test_gaps_are_counted_from_the_end_of_each_turn_to_the_next_voice() -> None:
    timeline = [
        event("voice_started", 480),
        event("voice_ended", 3000),
        event("key", 3700, key="2"),
        event("key", 3960, key="#"),
        event("voice_started", 4100),
        event("caller_started", 4500, name="a.wav"),
        event("clear", 4700, dropped_ms=300),
        event("voice_ended", 4700),
        event("caller_ended", 6000, name="a.wav"),
        event("voice_started", 7100),
        event("caller_ended", 9000, name="b.wav"),
    ]
    assert SCRIPT.timings(timeline) == {
        "silence_before_first_audio_ms": 480,
        "gaps": [
            {"after": "2#", "ms": 140},
            {"after": "a.wav", "ms": 1100},
            {"after": "b.wav", "ms": None},
        ],
    }
