"""The practice line: the same from start to start, in nobody's hands but ours."""

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from subprocess import Popen

import pytest

from channels.twilio_sms import TwilioSms
from gateway.settings import Settings, load
from scripts import practice

ROOT = Path(practice.__file__).parent.parent


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({"DATA_DIR": str(tmp_path / "data"), "PORT": "9"}, None)


@pytest.fixture
def lines() -> Iterator[list[Popen[bytes]]]:
    """Started lines, to be ended."""
    started: list[Popen[bytes]] = []
    yield started
    for process in started:
        ended(process)


def ended(process: Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(10)


def kept(settings: Settings) -> dict[str, str]:
    found: dict[str, str] = json.loads((settings.data_dir / "practice.json").read_text())
    return found


def serves(settings: Settings) -> bool:
    """Whether the line answers; its socket takes us in before its process is up."""
    return any(practice._answers(practice.Line(**kept(settings))) for _ in range(20))


def test_the_line_is_a_twilio_account_that_our_channel_can_use(
    settings: Settings, lines: list[Popen[bytes]]
) -> None:
    environ, process = practice.practise(settings)
    lines.append(process)
    channel = load({**environ, "DATA_DIR": str(settings.data_dir)}, None).channels["twilio-sms"]
    assert isinstance(channel, TwilioSms)
    assert channel.number == "+19165550100"
    assert channel.api_url == kept(settings)["address"]
    assert kept(settings)["public_url"] == settings.public_url
    assert serves(settings)


def test_only_its_owner_may_read_it(settings: Settings, lines: list[Popen[bytes]]) -> None:
    lines.append(practice.practise(settings)[1])
    assert settings.data_dir.stat().st_mode & 0o077 == 0
    assert serves(settings)
    for name in ("practice.json", "practice.jsonl"):
        assert (settings.data_dir / name).stat().st_mode & 0o077 == 0


def test_the_line_is_the_same_at_the_next_start(
    settings: Settings, lines: list[Popen[bytes]]
) -> None:
    first, process = practice.practise(settings)
    ended(process)
    again, process = practice.practise(settings)
    lines.append(process)
    assert {name: value for name, value in first.items() if name.startswith("TWILIO_")} == {
        name: value for name, value in again.items() if name.startswith("TWILIO_")
    }


def test_a_stranger_on_its_port_makes_it_move(
    settings: Settings, lines: list[Popen[bytes]]
) -> None:
    _, process = practice.practise(settings)
    ended(process)
    before = kept(settings)
    with practice._bound(int(before["address"].rpartition(":")[2])):
        environ, process = practice.practise(settings)
        lines.append(process)
    after = kept(settings)
    assert after["address"] != before["address"] == before["address"]
    assert environ["TWILIO_API_URL"] == after["address"]
    assert after["account"] == before["account"]


def test_a_line_that_another_run_has_is_left_to_it(
    settings: Settings, lines: list[Popen[bytes]]
) -> None:
    lines.append(practice.practise(settings)[1])
    before = kept(settings)
    with pytest.raises(practice.InUse, match="DATA_DIR"):
        practice.practise(settings)
    assert kept(settings) == before


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"address": "x"}', "\x00"])
def test_a_file_that_cannot_be_used_is_replaced(
    settings: Settings, lines: list[Popen[bytes]], text: str
) -> None:
    (settings.data_dir / "practice.json").write_text(text)
    lines.append(practice.practise(settings)[1])
    assert kept(settings)["account"].startswith("AC")


def test_another_accounts_leftovers_do_not_reach_the_line(
    settings: Settings, lines: list[Popen[bytes]]
) -> None:
    environ, process = practice.practise(settings)
    lines.append(process)
    assert environ["TWILIO_MESSAGING_SERVICE_SID"] == environ["TWILIO_AUTH_TOKEN_SECONDARY"] == ""


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:9"),
        ("0.0.0.0", "http://127.0.0.1:9"),
        ("::", "http://[::1]:9"),
        ("192.0.2.7", "http://192.0.2.7:9"),
    ],
)
def test_webhooks_are_delivered_on_this_machine_whatever_the_public_url(
    settings: Settings, host: str, url: str
) -> None:
    public = settings.model_copy(update={"host": host, "public_url": "https://gw.example.com"})
    assert practice._local_url(public) == url


def run(environ: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / "practice.py", *arguments],
        env=dict(environ),
        cwd=environ.get("DATA_DIR", "/"),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_wrong_settings_are_named_and_nothing_is_started(tmp_path: Path) -> None:
    ran = run({"DATA_DIR": str(tmp_path), "PORT": "no", "TWILIO_NUMBER": "+19165550100"})
    assert ran.returncode != 0
    assert "concierge: PORT must be" in ran.stderr
    assert "TWILIO_AUTH_TOKEN" in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_it_says_what_it_does(tmp_path: Path) -> None:
    ran = run({}, "--help")
    assert ran.returncode == 0
    assert "practice line" in ran.stdout


def test_the_practice_model_is_one_that_our_settings_take_for_a_model(
    settings: Settings, lines: list[Popen[bytes]]
) -> None:
    url, process = practice.practise_speaking(settings)
    lines.append(process)
    environ = {"DATA_DIR": str(settings.data_dir), "OPENAI_REALTIME_URL": url}
    assert load(environ, None).realtime_url == url
    with pytest.raises(urllib.error.HTTPError) as refused:  # it serves, and nobody controls it
        urllib.request.urlopen(f"http{url[2:-12]}/simulator/ledger", timeout=5)
    refused.value.close()
    assert refused.value.code == 401


def test_a_scripted_model_is_called_scripted_and_a_real_one_by_its_name(
    settings: Settings,
) -> None:
    scripted = "\n".join(practice._who_answers(settings, scripted=True))
    assert "SCRIPTED" in scripted
    assert "prices come from the real tool" in scripted
    keys = practice._who_answers(settings, scripted=False)
    assert "keypad attendant" in keys[0]
    assert keys[1].strip() == 'scripts/call --keys "1,20#,5#,95125#"'
    environ = {"DATA_DIR": str(settings.data_dir), "OPENAI_REALTIME_URL": "wss://model.example/x"}
    real = practice._who_answers(load(environ, None), scripted=False)
    assert real[0].startswith("Calls are answered by gpt-realtime-2.1 at wss://model.example/x")


def test_the_recording_to_try_first_is_there() -> None:
    assert (ROOT / practice.FIRST_RECORDING).is_file()


def test_a_scripted_model_never_takes_real_calls(tmp_path: Path) -> None:
    real = {
        "DATA_DIR": str(tmp_path),
        "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
        "TWILIO_AUTH_TOKEN": "2" * 32,
        "TWILIO_NUMBER": "+19165550100",
    }
    ran = run(real, "--practice-model")
    assert ran.returncode == 1
    assert "--practice-model is for a practice line" in ran.stderr
