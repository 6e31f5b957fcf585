"""The load does as it is told, line by line, and ends with who told it."""

import json
import subprocess
import sys
from pathlib import Path

from scripts.bench_voice_load import figures

ROOT = Path(__file__).parent.parent.parent


def test_figures_are_in_milliseconds():
    found = figures([1_000_000 * each for each in range(1, 101)])
    assert found == {"count": 100, "p50": 50.0, "p99": 99.0, "max": 100.0}
    assert figures([])["count"] == 0


def test_a_load_without_calls_says_so_and_ends():
    orders = b'{"measure": true}\n{"stop": true}\n'
    done = subprocess.run(
        (sys.executable, "-m", "scripts.bench_voice_load"),
        check=True, cwd=ROOT, input=orders, capture_output=True, timeout=20,
    )  # fmt: skip
    first, *_ = (json.loads(line) for line in done.stdout.splitlines())
    assert 1024 <= first["port"] < 65536
