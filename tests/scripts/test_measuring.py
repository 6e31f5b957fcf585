"""Figures are values that were measured; what cannot be measured says why."""

import math
import sys

import pytest

from scripts.measuring import (
    Failed,
    free_port,
    machine,
    program,
    quantile,
    spread,
    tail,
    until_ready,
    verdict,
)


@pytest.mark.parametrize(
    ("values", "at", "found"),
    [
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([float(each) for each in range(1, 101)], 0.99, 99.0),
        ([float(each) for each in range(1, 101)], 1.0, 100.0),
        ([7.0], 0.99, 7.0),
        ([1.0, 2.0], 0.5, 1.0),
    ],
)
def test_a_quantile_is_a_value_that_was_measured(values, at, found):
    assert quantile(values, at) == found


def test_of_nothing_measured_there_is_no_figure():
    assert math.isnan(quantile([], 0.5))
    assert spread([]) == "p50 nan ms, p99 nan ms, max nan ms"
    assert spread([0.001], "us") == "p50 1000.00 us, p99 1000.00 us, max 1000.00 us"


def test_a_figure_that_was_not_held_cannot_be_overlooked():
    assert verdict("p99 at most 50 ms", False) == "  NOT HELD: p99 at most 50 ms"
    assert verdict("p99 at most 50 ms", True) == "  held: p99 at most 50 ms"


def test_the_machine_is_named():
    assert machine().endswith(f"Python {sys.version.split()[0]}")


def test_a_program_that_ends_by_itself_is_reported_with_its_last_words(tmp_path):
    log = tmp_path / "log"
    command = (sys.executable, "-c", "print('out of paper')")
    with pytest.raises(Failed, match="out of paper"), program(command, {}, tmp_path, log) as it:
        it.wait(10)


def test_a_program_is_told_to_stop_at_the_end(tmp_path):
    command = (sys.executable, "-c", "import time; time.sleep(60)")
    with program(command, {}, tmp_path, tmp_path / "log") as it:
        assert it.poll() is None
    assert it.returncode == -15


async def test_what_does_not_get_ready_has_failed(tmp_path, monkeypatch):
    monkeypatch.setattr("scripts.measuring.START_SECONDS", 0.1)
    log = tmp_path / "log"
    log.write_text("1\n2\n3\n4\n5\n6\n")
    with pytest.raises(Failed, match=r"did not answer in 0.1 s: 2\n3\n4\n5\n6"):
        await until_ready(f"http://127.0.0.1:{free_port()}/readyz", log)
    assert tail(log) == "2\n3\n4\n5\n6"
