"""Waiting for processes, and finding those that were left behind."""

import os
import select
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def until(condition: Callable[[], object], *, within_s: float = 10.0) -> bool:
    """Whether the condition comes to hold in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def ends(pid: int, *, within_s: float = 10.0) -> bool:
    """Whether a process ends in time; one that is not there has."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], within_s)[0])
    finally:
        os.close(process)


def belonging_to(data_dir: Path) -> set[int]:
    """Processes that run in the data folder, or were told of it."""
    found = set()
    mark = f"DATA_DIR={data_dir}\0".encode()
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            with suppress(OSError):
                inside = (process / "cwd").readlink().is_relative_to(data_dir)
                if inside or mark in (process / "environ").read_bytes():
                    found.add(int(process.name))
    return found
