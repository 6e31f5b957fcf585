"""A ledger counts what it is told, wakes whoever waits, and survives its process."""

import asyncio
from pathlib import Path

from tests.simulators.ledger import Ledger


def kept(file: Path) -> list[object]:
    ledger = Ledger(file)
    ledger.close()
    return [event["kind"] for event in ledger.events()]


def test_events_are_numbered_without_gaps_and_found_by_kind() -> None:
    ledger = Ledger()
    for kind in ("a", "b", "a"):
        ledger.record(kind, of=kind)
    assert [event["seq"] for event in ledger.events()] == [1, 2, 3]
    assert [event["seq"] for event in ledger.events("a")] == [1, 3]
    assert [event["kind"] for event in ledger.events(after=2)] == ["a"]


async def test_whoever_waits_is_woken_by_what_they_wait_for() -> None:
    ledger = Ledger()
    waiting = asyncio.create_task(
        ledger.wait_for(lambda: next(iter(ledger.events("wanted")), None), 5.0)
    )
    await asyncio.sleep(0)
    ledger.record("other")
    await asyncio.sleep(0)
    assert not waiting.done()
    wanted = ledger.record("wanted")
    assert await waiting == wanted


async def test_waiting_ends_though_nothing_happens() -> None:
    assert await Ledger().wait_for(lambda: None, 0.01) is None


def test_a_ledger_in_a_file_goes_on_where_it_ended(tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    first = Ledger(file)
    first.record("one", body="Héllo 😀\n")
    first.close()
    second = Ledger(file)
    second.record("two")
    second.close()
    assert kept(file) == ["one", "two"]
    assert file.stat().st_mode & 0o077 == 0


def test_a_line_that_was_never_finished_is_dropped(tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    ledger = Ledger(file)
    ledger.record("one")
    ledger.close()
    file.write_bytes(file.read_bytes() + b'{"seq": 2, "ki')
    again = Ledger(file)
    again.record("two")
    again.close()
    assert kept(file) == ["one", "two"]
