"""Measures the figures this project holds itself to, each beside a bare baseline of the same run.

Load is open-loop: every request has its moment, and its time counts from that moment, whether or
not an earlier one has been answered, so that a stall is felt by all who had to wait. The ratio to
the baseline says more than the milliseconds, which are those of this machine.
"""

import argparse
import asyncio
import json
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import uvloop
from aiohttp import web

from channels.twilio_sms import INBOUND_PATH
from pipeline.business.document import parse
from pipeline.quote.quote import party_from_json, price
from scripts.bench_voice import measure_voice
from scripts.measuring import (
    BUSINESS,
    ROOT,
    Failed,
    free_port,
    machine,
    program,
    quantile,
    spread,
    until_ready,
    verdict,
)
from storage.businesses import seed_files
from tests.simulators.open_loop import (
    ACCOUNT,
    AUTH_TOKEN,
    OUR_NUMBER,
    Provider,
    Run,
    open_loop,
    served,
    texts,
)

WORKED_QUOTES = ROOT / "tests" / "samples" / "worked_quotes.json"

QUESTION = "How much is hibachi for 10 adults in 95125?"

MOST_TEXTS = 80_000
"""Each is another handset's; those above are for timing replies."""


def gateway_environ(folder: Path, port: int, provider_url: str, workers: int) -> dict[str, str]:
    """Settings for a gateway of its own: embedded servers, Twilio's stand-in, the attendant."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": os.environ.get("HOME", str(folder)),
        "PYTHONPATH": str(ROOT),
        "PORT": str(port),
        "WORKERS": str(workers),
        "DATA_DIR": str(folder / "data"),
        "BUSINESS": BUSINESS,
        "LOG_LEVEL": "INFO",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_NUMBER": OUR_NUMBER,
        "TWILIO_API_URL": provider_url,
    }


def measure_text(options: argparse.Namespace) -> None:
    """Webhook acknowledgement under load, a bare handler under the same, and reply overhead."""
    with tempfile.TemporaryDirectory(prefix="concierge-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL runs as another user when this is root
        uvloop.run(_measure_text(options, folder))


async def _measure_text(options: argparse.Namespace, folder: Path) -> None:
    debounce = parse(seed_files(BUSINESS)).manners["sms"].debounce_seconds
    bare = await bare_run(options, folder)
    async with Provider().serving() as provider:
        port = free_port()
        origin, log = f"http://127.0.0.1:{port}", folder / "gateway.log"
        environ = gateway_environ(folder, port, provider.url, options.workers)
        with program((sys.executable, "-m", "gateway", "serve"), environ, folder, log):
            print(f"start: ready after {await until_ready(f'{origin}/readyz', log):.1f} s")
            await quiet_run(options, origin + INBOUND_PATH, provider, debounce)
            await loaded_run(options, origin + INBOUND_PATH, provider, bare)


async def bare_run(options: argparse.Namespace, folder: Path) -> Run:
    """The load on a handler that reads the body and answers, in a process of its own."""
    port, log = free_port(), folder / "bare.log"
    command = (sys.executable, __file__, "bare", str(port))
    environ = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT)}
    with program(command, environ, folder, log):
        url = f"http://127.0.0.1:{port}{INBOUND_PATH}"
        await until_ready(f"http://127.0.0.1:{port}/readyz", log)
        await open_loop(url, texts(100, QUESTION, url), 50)  # warm
        return await open_loop(
            url, texts(int(options.rate * options.seconds), QUESTION, url), options.rate
        )


async def quiet_run(
    options: argparse.Namespace, url: str, provider: Provider, debounce: float
) -> None:
    """Reply overhead: from a text's moment to its reply's arrival, without the debounce."""
    await _replied(
        provider, await open_loop(url, texts(20, QUESTION, url, first=MOST_TEXTS + 20_000), 10)
    )  # warm
    count = int(options.quiet_rate * options.quiet_seconds)
    run = await open_loop(url, texts(count, QUESTION, url, first=MOST_TEXTS), options.quiet_rate)
    missing = await _replied(provider, run)
    overheads = [
        provider.taken[sender] - due - debounce
        for sender, due in run.due.items()
        if sender in provider.taken
    ]
    print(
        f"\nreply handed to the provider, {options.quiet_rate:g} texts/s for "
        f"{options.quiet_seconds:g} s, {debounce:g} s of debounce taken off:"
    )
    print(f"  {spread(overheads)}; {missing} unanswered, {run.refused} refused")
    print(verdict("p99 at most 150 ms", quantile(overheads, 0.99) <= 0.150 and not missing))


async def loaded_run(options: argparse.Namespace, url: str, provider: Provider, bare: Run) -> None:
    """Acknowledgement, while the answers to the same texts are worked out and sent.

    When every text is another handset's, each asks for a turn and a reply; of fewer handsets the
    texts that come within one debounce are answered together.
    """
    count = int(options.rate * options.seconds)
    before = cpu_seconds()
    load = texts(count, QUESTION, url, handsets=options.handsets)
    run = await open_loop(url, load, options.rate)
    busy = (cpu_seconds() - before) / options.seconds
    print(
        f"\nwebhook acknowledgement, {options.rate:g} texts/s for {options.seconds:g} s"
        f" from {len(run.due)} handsets:"
    )
    print(f"  gateway  {spread(run.latencies)}; {run.refused} of {count} refused")
    print(f"  bare     {spread(bare.latencies)}; {bare.refused} of {count} refused")
    ratios = [quantile(run.latencies, q) / quantile(bare.latencies, q) for q in (0.5, 0.99)]
    print(f"  ratio    p50 {ratios[0]:.1f}, p99 {ratios[1]:.1f}")
    late_ms = quantile(run.late, 0.99) * 1e3
    print(f"  the generator itself: {busy:.0%} of a core, p99 {late_ms:.1f} ms late")
    print(
        verdict(
            "p99 at most 50 ms, none refused",
            quantile(run.latencies, 0.99) <= 0.050 and not run.refused,
        )
    )
    ended = time.perf_counter()
    missing = await _replied(provider, run)
    done = max((provider.taken[each] for each in run.due if each in provider.taken), default=ended)
    print(
        f"  {missing} handsets without a reply; the last first reply went out"
        f" {max(0.0, done - ended):.1f} s after the last text"
    )


async def _replied(provider: Provider, run: Run) -> int:
    """Wait until every text has its reply or nothing has come for a while; how many have none."""
    waiting, patience = set(run.due), 0
    while (left := waiting - provider.taken.keys()) and patience < 10:
        await asyncio.sleep(1.0)
        patience = patience + 1 if waiting - provider.taken.keys() == left else 0
    return len(waiting - provider.taken.keys())


async def serve_bare(options: argparse.Namespace) -> None:
    """What the webhook costs without any of us: read the body, answer."""

    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=b"<Response/>", content_type="text/xml")

    app = web.Application()
    app.add_routes([web.post(INBOUND_PATH, take), web.get("/readyz", take)])
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with served(app, options.port):
        await stop.wait()


def cpu_seconds() -> float:
    """What this process has used of the processor."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure_quote(options: argparse.Namespace) -> None:
    """A quote, from the party as JSON to the answer as JSON, beside adding up its lines."""
    business = parse(seed_files(BUSINESS))
    rules, zone = business.prices, business.timezone
    now = datetime.now(UTC)
    today = now.astimezone(ZoneInfo(zone)).date()
    worked = json.loads(WORKED_QUOTES.read_text(encoding="utf-8"))
    bodies = [each["party"] for each in worked["quotes"]]
    parties = [party_from_json(rules, body, today, allow_miles=True) for body in bodies]
    amounts = [
        [line.amount_cents for line in price(rules, each, now, zone).lines] for each in parties
    ]

    priced = timed(options.rounds, parties, lambda party: price(rules, party, now, zone))
    whole = timed(
        options.rounds,
        bodies,
        lambda body: price(
            rules, party_from_json(rules, body, today, allow_miles=True), now, zone
        ).to_json(),
    )
    added = timed(options.rounds, amounts, sum, at_once=20)
    print(f"quote, {len(parties)} worked quotes, {options.rounds} rounds:")
    print(f"  price             {spread(priced, 'us')}")
    print(f"  JSON to JSON      {spread(whole, 'us')}")
    print(f"  sum of its lines  {spread(added, 'us')}")
    print(f"  ratio of price to sum, p50: {quantile(priced, 0.5) / quantile(added, 0.5):.0f}")
    print(verdict("at most 50 microseconds a quote (p50 of price)", quantile(priced, 0.5) <= 50e-6))


def timed(
    rounds: int, inputs: Sequence[Any], work: Callable[[Any], object], *, at_once: int = 1
) -> Sequence[float]:
    """Seconds per call, each input in turn; `at_once` calls to one look at the clock."""
    found = []
    for _ in range(rounds):
        for each in inputs:
            started = time.perf_counter_ns()
            for _ in range(at_once):
                work(each)
            found.append((time.perf_counter_ns() - started) / at_once / 1e9)
    return found


def parser() -> argparse.ArgumentParser:
    """scripts/bench quote | text | voice."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="quote | text | voice")
    quote = commands.add_parser("quote", help="microseconds a quote")
    quote.add_argument("--rounds", type=int, default=2000, help="over all worked quotes (2000)")
    quote.set_defaults(run=measure_quote)
    text = commands.add_parser("text", help="webhook acknowledgement, and text in to reply out")
    text.add_argument("--rate", type=float, default=300, help="texts a second (300)")
    text.add_argument("--seconds", type=float, default=20, help="of that load (20)")
    text.add_argument("--handsets", type=int, help="that send them (each text its own)")
    text.add_argument("--quiet-rate", type=float, default=20, help="while timing replies (20)")
    text.add_argument("--quiet-seconds", type=float, default=15, help="of that (15)")
    text.add_argument("--workers", type=int, default=1, help="of the gateway (1)")
    text.set_defaults(run=measure_text)
    voice = commands.add_parser("voice", help="a call's CPU and memory, and what delay we add")
    voice.add_argument("--calls", type=int, default=150, help="at once (150)")
    voice.add_argument("--seconds", type=float, default=20, help="measured, when all are up (20)")
    voice.add_argument("--ramp", type=float, default=15, help="new calls a second (15)")
    voice.add_argument(
        "--interruptions", type=float, default=0.25, help="share of our turns broken into (0.25)"
    )
    voice.add_argument(
        "--first",
        action="store_true",
        help="on a busy machine, as root: what is measured goes before other programs",
    )
    voice.set_defaults(run=measure_voice)
    bare = commands.add_parser("bare")  # the baseline, in its own process: not for the list
    bare.add_argument("port", type=int)
    bare.set_defaults(run=lambda options: uvloop.run(serve_bare(options)))
    return parser


def main() -> int:
    """Measure and print; 1 when nothing could be measured."""
    options = parser().parse_args()
    if getattr(options, "rate", 0) * getattr(options, "seconds", 0) > MOST_TEXTS:
        print(f"scripts/bench: at most {MOST_TEXTS} texts in one run", file=sys.stderr)
        return 2
    print(machine(), flush=True)
    try:
        options.run(options)
    except Failed as problem:
        print(f"scripts/bench: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
