"""The load of the voice bench as a process: all carriers and the model, on one core, on one clock.

It is told what to do in lines of JSON on its standard input ({"call": ...}, {"measure": true},
{"stop": true}) and says in lines on its standard output where the model listens, which calls are
up, and in the end what it saw. It ends when its input does.
"""

import argparse
import gc
import json
import os
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from scripts.bench_voice_ends import MS, Carrier, Model, Place, Seen
from scripts.bench_voice_loop import Line, Loop
from scripts.measuring import quantile

DRAIN_MS = 2000
LOOK_MS = 50


class Load:
    """All the ends of all the calls."""

    def __init__(self, interrupted: float) -> None:
        self.loop, self.seen = Loop(), Seen()
        self.carriers: dict[int, Carrier] = {}
        self._interrupted = interrupted
        self._up: set[int] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._listener.setblocking(False)
        self._orders = b""
        self._cpu = 0.0
        self._since = 0

    def run(self) -> None:
        """Until told to stop."""
        tell({"port": self._listener.getsockname()[1]})
        self.loop.watch(self._listener.fileno(), self._connected)
        self.loop.watch(sys.stdin.fileno(), self._told)
        self.loop.at(time.monotonic_ns(), self._look)
        self.loop.run()

    def _connected(self) -> None:
        sock, _ = self._listener.accept()
        line = Line(self.loop, sock, lambda data, now: None)
        Model(self.loop, line, self.carriers, self.seen, self._interrupted)

    def _told(self) -> None:
        data = os.read(sys.stdin.fileno(), 65536)
        if not data:
            self.loop.stop()
        *lines, self._orders = (self._orders + data).split(b"\n")
        for each in lines:
            self._obey(json.loads(each))

    def _obey(self, order: dict[str, Any]) -> None:
        if "call" in order:
            place = Place(**order["call"])
            index = len(self.carriers)
            line = Line(
                self.loop,
                socket.create_connection(("127.0.0.1", place.port)),
                lambda data, now: None,
            )
            self.carriers[index] = Carrier(self.loop, line, index, place, self.seen)
        elif "measure" in order:
            gc.collect()
            gc.freeze()
            self._cpu, self._since = time.process_time(), time.monotonic_ns()
            self.seen.measuring = True
        elif "stop" in order:
            self.seen.measuring = False
            self._busy = (time.process_time() - self._cpu) * 1e9
            self._busy /= max(1, time.monotonic_ns() - self._since)
            for each in self.carriers.values():
                each.stop()
            self.loop.at(time.monotonic_ns() + DRAIN_MS * MS, self._report)

    def _look(self, now: int) -> None:
        """Say which calls have been greeted."""
        up = {index for index, each in self.carriers.items() if each.heard_turns}
        if up != self._up:
            self._up = up
            tell({"up": len(up)})
        self.loop.at(now + LOOK_MS * MS, self._look)

    def _report(self, _: int) -> None:
        seen = self.seen
        tell(
            {
                "up": figures(seen.up),
                "down": figures(seen.down),
                "clear": figures(seen.clear),
                "late": figures(seen.late),
                "busy": self._busy,
                "up_lost": sum(each.sent - each.received for each in self.carriers.values()),
                "down_lost": seen.down_lost,
                "disordered": seen.disordered,
                "turns": seen.turns,
                "ended": seen.ended,
                "troubles": seen.troubles,
            }
        )
        for each in self.carriers.values():
            each.close()
        self.loop.stop()


def figures(found_ns: Sequence[int]) -> dict[str, float]:
    """Count, and p50, p99 and largest in ms."""
    shares = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    ordered = sorted(found_ns)
    return {
        "count": len(ordered),
        **{name: quantile(ordered, at) / 1e6 for name, at in shares.items()},
    }


def tell(line: object) -> None:
    """One line to whoever started us."""
    print(json.dumps(line), flush=True)


def main() -> None:
    """Carry the load until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interruptions", type=float, default=0.25)
    options = parser.parse_args()
    with suppress(PermissionError):  # we share the core with the servers, and keep the time
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    gc.disable()
    Load(options.interruptions).run()


if __name__ == "__main__":
    main()
