"""Compares what Twilio did and saw with what the database says: the proof that a run was right.

Nothing acknowledged is lost, nothing is recorded or sent twice, every conversation is answered
in order, nobody who stopped is written to, whatever is unknown has been shown to a person, and
every call that rang is recorded, and is over when it is.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import asyncpg

from tests.simulators.ledger import Event, Ledger
from tests.simulators.twilio_records import first

TAKEN = ("accepted", "sent", "delivered", "read")
NEVER_SENT = ("queued", "blocked", "expired")
GOES_ON = ("initiated", "ringing", "in_progress", "on_hold")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run came to. It was right when there are no violations."""

    violations: Sequence[str]
    texts: int
    """Texts that handsets sent."""
    acknowledged: int
    """... whose webhook was answered with 2xx: from then on they are ours."""
    recorded: int
    parked: int
    created: int
    """Messages that Twilio was made to send."""
    outbox: Mapping[str, int] = field(default_factory=dict)
    """Rows by state."""

    def __str__(self) -> str:
        states = ", ".join(f"{count} {state}" for state, count in sorted(self.outbox.items()))
        counts = (
            f"{self.texts} texts, {self.acknowledged} acknowledged, {self.recorded} recorded,"
            f" {self.parked} parked, {self.created} created; outbox: {states or 'empty'}"
        )
        return "\n".join([counts, *self.violations])


@dataclass(frozen=True, slots=True)
class _Run:
    """Both sides of a run. Rows are by what the two sides know them by."""

    acknowledged: Sequence[str]
    inbound: Mapping[str, Sequence[asyncpg.Record]]
    parked: Sequence[bytes]
    created: Sequence[Event]
    requests: Sequence[Event]
    stops: Sequence[Event]
    outbound: Mapping[str, asyncpg.Record]
    consents: Mapping[tuple[str, str], Sequence[asyncpg.Record]]
    escalated: frozenset[object]
    answers: Sequence[Event]
    rang: frozenset[str]
    """Calls for which we said what to do."""
    hung_up: frozenset[str]
    """Calls that are over."""
    calls: Mapping[str, str]


async def check(ledger: Ledger | Sequence[Event], pool: asyncpg.Pool) -> Sequence[str]:
    """The violations, one sentence each; none is the proof."""
    return (await verdict(ledger, pool)).violations


async def verdict(ledger: Ledger | Sequence[Event], pool: asyncpg.Pool) -> Verdict:
    """Judge a run that has come to rest, by its ledger (or a ledger's events) and its database."""
    events = ledger.events() if isinstance(ledger, Ledger) else ledger
    run = await _gather(events, pool)
    violations = [
        *_lost_or_doubled(run),
        *_unhandled(run),
        *_created_wrongly(run),
        *_out_of_order(run),
        *_states(run),
        *_written_after_stop(run),
        *_answered_wrongly(run),
        *_calls(run),
    ]
    return Verdict(
        violations=violations,
        texts=sum(event["kind"] == "inbound_sent" for event in events),
        acknowledged=len(run.acknowledged),
        recorded=sum(map(len, run.inbound.values())),
        parked=len(run.parked) + sum(bool(row["parked"]) for [row, *_] in run.inbound.values()),
        created=len(run.created),
        outbox=Counter(row["state"] for row in run.outbound.values()),
    )


async def _gather(events: Sequence[Event], pool: asyncpg.Pool) -> _Run:
    kinds: dict[object, list[Event]] = defaultdict(list)
    for event in events:
        kinds[event["kind"]].append(event)
    answers = [event for event in kinds["webhook_response"] if event["purpose"] == "inbound"]
    good = {str(event["sid"]): None for event in answers if 200 <= _int(event["status"]) < 300}
    inbound: dict[str, list[asyncpg.Record]] = defaultdict(list)
    for row in await pool.fetch(_INBOUND):
        inbound[row["provider_id"]].append(row)
    consents: dict[tuple[str, str], list[asyncpg.Record]] = defaultdict(list)
    for row in await pool.fetch("SELECT * FROM consents WHERE channel = 'sms' ORDER BY id"):
        consents[row["our_address"], row["address"]].append(row)
    parked = await pool.fetch("SELECT body FROM parked_webhooks")
    escalated = await pool.fetch("SELECT conversation_id FROM escalations")
    return _Run(
        acknowledged=list(good),
        inbound=inbound,
        parked=[row["body"] for row in parked],
        created=kinds["created"],
        requests=kinds["create_request"],
        stops=[event for event in kinds["opted_out"] if event["sid"] in good],
        outbound={str(row["message_id"]): row for row in await pool.fetch(_OUTBOUND)},
        consents=consents,
        escalated=frozenset(row["conversation_id"] for row in escalated),
        answers=answers,
        rang=frozenset(
            str(event["sid"])
            for event in kinds["webhook_response"]
            if event["purpose"] == "voice" and 200 <= _int(event["status"]) < 300
        ),
        hung_up=frozenset(str(event["sid"]) for event in kinds["call_over"]),
        calls={row["provider_id"]: row["status"] for row in await pool.fetch(_CALLS)},
    )


_INBOUND = """
    SELECT m.provider_id, m.seq, m.parked, c.owner,
           m.seq <= c.answered_seq AS answered,
           m.details ? 'consent' OR m.details ? 'unanswered' OR EXISTS (
               SELECT 1 FROM opt_outs x WHERE x.channel = c.channel
                  AND x.our_address = c.our_address AND x.address = c.their_address) AS excused
      FROM messages m JOIN conversations c ON c.id = m.conversation_id
     WHERE m.direction = 'in' AND m.provider = 'twilio'
"""

_OUTBOUND = """
    SELECT o.message_id, o.conversation_id, o.seq, o.state, o.sending_since, o.settled_at,
           o.due_at <= now() AS due, m.provider_id, m.body, c.our_address, c.their_address
      FROM outbox o JOIN messages m ON m.id = o.message_id
      JOIN conversations c ON c.id = o.conversation_id
     WHERE m.provider = 'twilio'
"""

_CALLS = "SELECT provider_id, status FROM calls WHERE provider = 'twilio'"


def _lost_or_doubled(run: _Run) -> Iterator[str]:
    for sid in run.acknowledged:
        rows = len(run.inbound.get(sid, ()))
        if rows > 1:
            yield f"{sid} is recorded {rows} times"
        if rows == 0 and not any(sid.encode() in body for body in run.parked):
            yield f"{sid} was acknowledged and is lost"


def _unhandled(run: _Run) -> Iterator[str]:
    for sid, [row, *_] in run.inbound.items():
        if not (row["answered"] or row["parked"] or row["excused"] or row["owner"] == "person"):
            yield f"{sid} is neither answered, parked, opted out nor a person's"


def _created_wrongly(run: _Run) -> Iterator[str]:
    times = Counter(str(event["mid"]) for event in run.created)
    yield from (
        f"{mid or 'a message without mid'} was created {n} times"
        for mid, n in times.items()
        if n > 1
    )
    for event in run.created:
        sid, row = event["sid"], run.outbound.get(str(event["mid"]))
        if event["undocumented"]:
            yield f"{sid} was created with undocumented {event['undocumented']}"
        if row is None:
            yield f"{sid} was created for no row of the outbox"
            continue
        if row["provider_id"] not in (None, sid):
            yield f"{event['mid']} was created as {sid} and is recorded as {row['provider_id']}"
        if (event["to"], event["body"]) != (row["their_address"], row["body"]):
            yield f"{event['mid']} was not sent as it is recorded"


def _out_of_order(run: _Run) -> Iterator[str]:
    last: dict[object, int] = {}
    for event in run.created:
        row = run.outbound.get(str(event["mid"]))
        if row is None:
            continue
        if row["seq"] < last.get(row["conversation_id"], 0):
            yield f"{event['mid']} was created after a later message of its conversation"
        last[row["conversation_id"]] = row["seq"]


def _states(run: _Run) -> Iterator[str]:
    created = {event["mid"] for event in run.created}
    for mid, row in run.outbound.items():
        state, pair = row["state"], (row["our_address"], row["their_address"])
        told = row["conversation_id"] in run.escalated or pair in run.consents
        if state == "sending" or (state == "unknown" and row["settled_at"] is None):
            yield f"{mid} is still {state}"
        if state == "queued" and row["due"]:
            yield f"{mid} is due and was not sent"
        if state in ("unknown", "failed") and row["settled_at"] is not None and not told:
            yield f"{mid} is {state} and no person was told"
        if state in TAKEN and mid not in created:
            yield f"{mid} is {state} and was never created"
        if state in NEVER_SENT and mid in created:
            yield f"{mid} is {state} and was created"


def _written_after_stop(run: _Run) -> Iterator[str]:
    for stop in run.stops:
        pair = (str(stop["ours"]), str(stop["address"]))
        if not any(consent["kind"] == "stop" for consent in run.consents.get(pair, ())):
            yield f"{stop['sid']} told us to stop and no consent says so"
    for request in run.requests:
        mid = _mid(request)
        row = run.outbound.get(mid)
        if row is not None and _had_stopped(run, row, request):
            yield f"{mid} was sent to an address that had told us to stop"


def _had_stopped(run: _Run, row: asyncpg.Record, request: Event) -> bool:
    """Whether a stop had been committed when the row was: one that came later is only unlucky."""
    asked = datetime.fromtimestamp(float(str(request["at"])), UTC)
    moment = min(asked, row["sending_since"] or asked)
    said = [
        consent["kind"]
        for consent in run.consents.get((row["our_address"], row["their_address"]), ())
        if consent["at"] < moment and consent["kind"] != "help"
    ]
    return said[-1:] == ["stop"]


def _answered_wrongly(run: _Run) -> Iterator[str]:
    for event in run.answers:
        good = 200 <= _int(event["status"]) < 300
        if good and event["content_type"] not in ("text/xml", "application/xml"):
            yield f"{event['sid']} was answered with {event['content_type']}, which is no TwiML"
        if good and "<Message" in str(event["body"]):
            yield f"{event['sid']} was answered past the outbox"


def _calls(run: _Run) -> Iterator[str]:
    for sid in sorted(run.rang - run.calls.keys()):
        yield f"{sid} rang and is not recorded"
    for sid in sorted(run.hung_up & run.calls.keys()):
        if run.calls[sid] in GOES_ON:
            yield f"{sid} is over and recorded as {run.calls[sid]}"


def _mid(request: Event) -> str:
    form = request["form"]
    callback = first(form, "StatusCallback") if isinstance(form, dict) else ""
    return callback.partition("mid=")[2].partition("&")[0]


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0
