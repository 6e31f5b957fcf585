"""scripts/text against a practice line of its own, with a gateway that stands in."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

import pytest

from scripts.practice import Line
from tests.simulators.stand_in import Heard, StandIn
from tests.simulators.twilio import TwilioSimulator

PROGRAM = Path(__file__).parents[2] / "scripts" / "text"
THEM = "+14155550123"


class Practice:
    """A practice line in this process, and scripts/text run against it."""

    def __init__(self, folder: Path, twilio: TwilioSimulator, gateway: StandIn) -> None:
        self.folder, self.twilio, self.gateway = folder, twilio, gateway

    def keep(self, **changes: str) -> None:
        account = self.twilio.account
        line = Line(
            self.twilio.url, account.sid, account.token, account.number, "http://x", "control"
        )
        (self.folder / "practice.json").write_text(json.dumps({**asdict(line), **changes}))

    def answer(self, *texts: str) -> None:
        """From now on every text is answered with these."""

        async def reply(heard: Heard) -> None:
            if "MessageStatus" not in heard.form:
                for text in texts:
                    self.twilio.line.create(
                        {"To": [heard.form["From"]], "From": [heard.form["To"]], "Body": [text]}
                    )

        self.gateway.on_heard = reply

    async def text(self, *arguments: str) -> tuple[int, str, str]:
        """Its status, output and errors."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            PROGRAM,
            *arguments,
            env={"DATA_DIR": str(self.folder), "PATH": os.environ["PATH"]},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()


@pytest.fixture
async def practice(tmp_path: Path) -> AsyncIterator[Practice]:
    async with StandIn() as gateway, TwilioSimulator(control_token="control") as twilio:
        twilio.gateway_url = twilio.public_url = gateway.url
        line = Practice(tmp_path, twilio, gateway)
        line.keep()
        yield line


async def test_a_text_is_shown_with_every_part_of_its_answer(practice: Practice) -> None:
    practice.answer("Hello!", "Your total is $1,200.")
    status, out, _ = await practice.text("hi, quote for 20 adults in 95125")
    assert status == 0
    assert out.splitlines() == [
        f"{THEM} -> +19165550100: hi, quote for 20 adults in 95125",
        "+19165550100: Hello!",
        "+19165550100: Your total is $1,200.",
    ]


async def test_json_says_all_there_is(practice: Practice) -> None:
    practice.answer("Hello!")
    status, out, err = await practice.text("hi", "--json", "--from", "(415) 555-0124")
    told = json.loads(out)
    assert (status, err) == (0, "")
    assert told["answers"] == ["Hello!"]
    assert (told["from"], told["to"], told["webhook"]) == ("+14155550124", "+19165550100", 200)
    assert told["sid"] == practice.gateway.heard[0].form["MessageSid"]
    assert 0 < told["seconds"] < 30


async def test_silence_is_told_from_a_text_that_was_not_taken(practice: Practice) -> None:
    status, _, err = await practice.text("hi", "--wait", "0.2")
    assert status == 1
    assert "no answer came within 0.2 s" in err


async def test_waiting_shows_after_two_seconds(practice: Practice) -> None:
    status, _, err = await practice.text("hi", "--wait", "2.2")
    assert status == 1
    assert "waiting for the answer ." in err


@pytest.mark.parametrize(("answered", "says"), [(403, "start it again"), (503, "it answered 503")])
async def test_a_text_that_was_not_taken_says_why(
    practice: Practice, answered: int, says: str
) -> None:
    practice.gateway.status = answered
    status, _, err = await practice.text("hi")
    assert status == 3
    assert says in err


async def test_a_program_that_is_not_there_is_named(practice: Practice) -> None:
    practice.twilio.gateway_url = "http://127.0.0.1:1"
    status, _, err = await practice.text("hi")
    assert status == 3
    assert "not listening" in err


async def test_a_customer_who_has_stopped_is_told_how_to_start(practice: Practice) -> None:
    status, out, _ = await practice.text("STOP")
    assert status == 0
    assert "unsubscribed" in out
    status, _, err = await practice.text("hello?", "--wait", "0.2")
    assert status == 1
    assert '"START"' in err
    status, out, _ = await practice.text("START")
    assert status == 0
    assert "re-subscribed" in out


@pytest.mark.parametrize("address", ["http://elsewhere.example", ""])
async def test_only_a_line_on_this_machine_is_texted(practice: Practice, address: str) -> None:
    practice.keep(address=address)
    status, _, err = await practice.text("hi")
    assert status == 2
    assert "scripts/run" in err


async def test_without_a_line_it_says_how_to_have_one(practice: Practice) -> None:
    (practice.folder / "practice.json").unlink()
    status, _, err = await practice.text("hi")
    assert status == 2
    assert "scripts/run" in err


@pytest.mark.parametrize(
    ("entry", "folder"),
    [("", "data"), ("DATA_DIR=./mine\n", "mine"), ("A=1\nexport DATA_DIR = 'mine'\n", "mine")],
)
def test_the_line_is_looked_for_where_env_says(tmp_path: Path, entry: str, folder: str) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / ".env").write_text(entry)
    copy = shutil.copy(PROGRAM, tmp_path / "scripts" / "text")
    command = [sys.executable, "-I", copy, "hi"]
    ran = subprocess.run(command, env={}, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert str(tmp_path / folder / "practice.json") in ran.stderr


async def test_a_line_that_is_gone_is_named(practice: Practice) -> None:
    practice.keep(address="http://127.0.0.1:1")
    status, _, err = await practice.text("hi")
    assert status == 2
    assert "does not answer" in err


async def test_a_wrong_token_is_refused(practice: Practice) -> None:
    practice.keep(control_token="guess")
    status, _, err = await practice.text("hi")
    assert status == 2
    assert "401" in err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        [""],
        ["x" * 1601],
        ["hi", "--from", "Bob"],
        ["hi", "--wait", "-1"],
        ["hi", "--wait", "x"],
    ],
)
async def test_what_cannot_be_texted_is_a_matter_of_usage(
    practice: Practice, arguments: list[str]
) -> None:
    status, _, err = await practice.text(*arguments)
    assert status == 2
    assert "usage: scripts/text" in err
    assert practice.gateway.heard == []
