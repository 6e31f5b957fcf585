"""Starts the program, with a practice line where no provider's settings are given.

A practice line is a Twilio account that exists on this machine only: a simulator of ours in a
process of its own, which dies with this one. Its account, number and port stay the same from
start to start, in DATA_DIR/practice.json, where scripts/text and scripts/call find it. A practice
model, when asked for, is another such process; whoever starts it is told that it is scripted.
"""

import argparse
import json
import os
import secrets
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from socket import AF_INET, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, socket
from subprocess import Popen
from typing import NoReturn

from gateway import child
from gateway.settings import Settings, SettingsError, from_environment

ROOT = Path(__file__).resolve().parent.parent
NUMBER = "+19165550100"  # 555-0100 to 555-0199 are nobody's
FIRST_TEXT = "hi, quote for 20 adults in 95125"
FIRST_KEYS = "1,20#,5#,95125#"
FIRST_RECORDING = "tests/samples/caller/01-quote.wav"
SCRIPTED = "practice-script"
"""Under this name its calls are recorded: no model's, and no model's price."""
START_SECONDS = 15.0
LEAVING_SECONDS = 3.0
"""How long the line of a run that has just ended may take to let go of its port."""


@dataclass(frozen=True, slots=True)
class Line:
    """The practice line, as DATA_DIR/practice.json holds it."""

    address: str
    """Where the simulator listens: its REST API, and /simulator/ for scripts/text."""
    account: str
    token: str
    number: str
    public_url: str
    control_token: str

    @property
    def port(self) -> int:
        """The port of the address."""
        return int(self.address.rpartition(":")[2])


class InUse(Exception):
    """Another run has this line."""


class Pointless(Exception):
    """What was asked for makes no sense with these settings."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Start what is missing, then become `concierge serve`."""
    parser = argparse.ArgumentParser(
        prog="scripts/run",
        description="Serves, in the foreground until stopped. Without a provider's settings a"
        " practice line stands in for it, so that scripts/text and scripts/call can be a customer's"
        " phone.",
    )
    parser.add_argument(
        "--practice-model",
        action="store_true",
        help="have a scripted model take the practice line's calls: it knows the recordings in"
        " tests/samples/caller only, while prices come from the real tool",
    )
    given = parser.parse_args(arguments)
    environ: Mapping[str, str] = os.environ
    try:
        settings = from_environment()
        on = [*settings.channels, *settings.voice_channels]
        if on and given.practice_model:
            raise Pointless(f"--practice-model is for a practice line, and {on[0]} is a real one")
        if on:
            (settings.data_dir / "practice.json").unlink(missing_ok=True)
            print(f"No practice line: {', '.join(on)} is set up, so texts and calls are real.")
        else:
            environ, _ = practise(settings)
            if given.practice_model:
                url, _ = practise_speaking(settings)
                environ = {**environ, "OPENAI_REALTIME_URL": url, "OPENAI_REALTIME_MODEL": SCRIPTED}
            print(*_who_answers(settings, scripted=given.practice_model), sep="\n")
    except (SettingsError, InUse, Pointless, OSError) as exc:
        sys.exit("\n".join(f"concierge: {line}" for line in str(exc).splitlines()))
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, "-m", "gateway", "serve"], dict(environ))  # noqa: S606


def practise(settings: Settings) -> tuple[Mapping[str, str], Popen[bytes]]:
    """Start the practice line; the environment in which the program uses it, and its process."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = settings.data_dir / "practice.json"
    kept = _kept(path)
    listener = _listen(kept)
    line = replace(
        kept or _fresh(),
        address=f"http://127.0.0.1:{listener.getsockname()[1]}",
        public_url=settings.public_url,
    )
    with listener:
        process = _start(line, settings, listener)
        _await(process, line.address, settings.data_dir / "practice.log")
    _keep(path, line)
    print(
        f"Practice line {line.number}: no provider's settings are given, so a simulated Twilio",
        "carries texts and calls, and none of them leaves this machine. In another terminal, try",
        f'    scripts/text "{FIRST_TEXT}"',
        f"What went over the line: {settings.data_dir / 'practice.jsonl'}",
        "For a real number set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_NUMBER.",
        sep="\n",
    )
    return _environment(line), process


def practise_speaking(settings: Settings) -> tuple[str, Popen[bytes]]:
    """Start the practice model; its OPENAI_REALTIME_URL, and its process."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = settings.data_dir / "practice-model.log"
    with _bound(0) as listener:
        command: list[str | Path] = [
            *(sys.executable, "-m", "tests.simulators.realtime"),
            *("--fd", str(listener.fileno())),
        ]
        process = _child(command, {}, log, listener)
        place = f"127.0.0.1:{listener.getsockname()[1]}"
        _await(process, f"http://{place}", log)
    return f"ws://{place}/v1/realtime", process


def _who_answers(settings: Settings, *, scripted: bool) -> Sequence[str]:
    """Who takes the calls, in so many words, and how to try."""
    if scripted:
        return [
            "Calls are answered by a SCRIPTED voice model (--practice-model): no model hears them.",
            "It knows the recordings in tests/samples/caller and says what a script tells it to;",
            "prices come from the real tool. In another terminal, try",
            f"    scripts/call {FIRST_RECORDING}",
        ]
    if settings.realtime_url is not None:
        return [
            f"Calls are answered by {settings.realtime_models[0]} at {settings.realtime_url}. Try",
            f"    scripts/call {FIRST_RECORDING}",
        ]
    return [
        "Calls are answered by the keypad attendant, for no voice model is set up. Try",
        f'    scripts/call --keys "{FIRST_KEYS}"',
        "or start again with --practice-model, for calls with a scripted voice model.",
    ]


def _await(process: Popen[bytes], address: str, log: Path) -> None:
    """Return once a simulator answers; OSError, with where it says why, when it has ended."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{address}/", timeout=1).close()  # noqa: S310 - our own
        except urllib.error.HTTPError:
            return  # it answers, if only to refuse
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise OSError(f"a part of the practice line did not start: {log} says why")


def _environment(line: Line) -> Mapping[str, str]:
    return {
        **os.environ,
        "TWILIO_ACCOUNT_SID": line.account,
        "TWILIO_AUTH_TOKEN": line.token,
        "TWILIO_NUMBER": line.number,
        "TWILIO_API_URL": line.address,
        # What .env may say of another account does not belong to this one.
        "TWILIO_AUTH_TOKEN_SECONDARY": "",
        "TWILIO_MESSAGING_SERVICE_SID": "",
    }


def _start(line: Line, settings: Settings, listener: socket) -> Popen[bytes]:
    account = {
        "TWILIO_ACCOUNT_SID": line.account,
        "TWILIO_AUTH_TOKEN": line.token,
        "TWILIO_NUMBER": line.number,
        "SIMULATOR_TOKEN": line.control_token,
    }
    command: list[str | Path] = [
        *(sys.executable, "-m", "tests.simulators.twilio"),
        *("--fd", str(listener.fileno())),
        *("--state", settings.data_dir / "practice.jsonl"),
        *("--gateway-url", _local_url(settings)),
        *("--public-url", line.public_url),
    ]
    return _child(command, account, settings.data_dir / "practice.log", listener)


def _child(
    command: Sequence[str | Path], environ: Mapping[str, str], log: Path, listener: socket
) -> Popen[bytes]:
    """A simulator in a process that dies with this one; of our environment it gets the least."""
    own = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    with open(log, "ab") as output:
        return child.start(
            command,
            env={**own, **environ},
            last_signal=signal.SIGTERM,
            cwd=ROOT,
            output=output,
            pass_fds=[listener.fileno()],
        )


def _local_url(settings: Settings) -> str:
    """Where the program listens, as seen from this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _kept(path: Path) -> Line | None:
    """The line of the runs before; None if there was none that can be used."""
    with suppress(OSError, ValueError, TypeError):
        line = Line(**json.loads(path.read_text(encoding="utf-8")))
        if 0 < line.port < 65536:
            return line
    return None


def _fresh() -> Line:
    return Line(
        address="",
        account="AC" + secrets.token_hex(16),
        token=secrets.token_hex(16),
        number=NUMBER,
        public_url="",
        control_token=secrets.token_urlsafe(32),
    )


def _keep(path: Path, line: Line) -> None:
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(line), file, indent=2)
    draft.replace(path)


def _listen(kept: Line | None) -> socket:
    """The line's own port, or another if a stranger has it. Raises InUse if the line is busy."""
    until = time.monotonic() + LEAVING_SECONDS
    while kept is not None:
        try:
            return _bound(kept.port)
        except OSError:
            if not _answers(kept):
                break
        if time.monotonic() > until:
            raise InUse(
                f"another run has the practice line at {kept.address}: stop it first, or give"
                " this one a DATA_DIR of its own"
            )
        time.sleep(0.1)
    return _bound(0)


def _bound(port: int) -> socket:
    listener = socket(AF_INET, SOCK_STREAM)
    try:
        listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def _answers(line: Line) -> bool:
    request = urllib.request.Request(  # noqa: S310 - http on this machine
        f"{line.address}/simulator/messages",
        headers={"Authorization": f"Bearer {line.control_token}"},
    )
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=1.0) as response:
            return bool(response.status == 200)
    except (OSError, ValueError):
        return False


if __name__ == "__main__":
    main()
