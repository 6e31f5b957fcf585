"""scripts/bench runs, and says what it measured and on what."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.bench import timed

ROOT = Path(__file__).parent.parent.parent


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-m", "scripts.bench", *arguments)
    return subprocess.run(
        command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=50
    )


def test_a_quote_is_timed_beside_a_sum():
    done = bench("quote", "--rounds", "2")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "cores, Python 3" in lines[0]
    assert "21 worked quotes, 2 rounds" in lines[1]
    assert [line.split()[0] for line in lines[2:6]] == ["price", "JSON", "sum", "ratio"]
    assert "at most 50 microseconds a quote" in lines[6]


def test_more_texts_than_there_are_handsets_are_refused():
    done = bench("text", "--rate", "9000", "--seconds", "10")
    assert done.returncode == 2
    assert "at most 80000 texts" in done.stderr


@pytest.mark.parametrize("command", ["quote", "text", "voice"])
def test_help_tells_what_each_measures(command):
    done = bench("--help")
    assert done.returncode == 0
    assert command in done.stdout


def test_every_input_is_timed_in_every_round():
    seen: list[int] = []
    assert len(timed(3, [1, 2], seen.append, at_once=2)) == 6
    assert seen == [1, 1, 2, 2] * 3
