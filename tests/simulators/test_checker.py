"""The checker proves a right run and names every wrong: each wrong here is made by hand."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.simulators.checker import check, verdict
from tests.simulators.ledger import Ledger
from tests.simulators.twilio_line import Line
from tests.simulators.twilio_records import Account, Message

ACCOUNT = Account("AC" + "0" * 32, "token", "+19165550100")
US, THEM = ACCOUNT.number, "+14155550123"
BEFORE = datetime.now(UTC) - timedelta(minutes=5)


class Run:
    """One conversation, on both sides."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.ledger = Ledger()
        self.line = Line(ACCOUNT, self.ledger)
        self.conversation = uuid4()
        self.seq = 0

    async def begin(self) -> "Run":
        contact = await self.pool.fetchval("INSERT INTO contacts DEFAULT VALUES RETURNING id")
        await self.pool.execute(
            "INSERT INTO conversations (id, contact_id, channel, provider, our_address,"
            " their_address) VALUES ($1, $2, 'sms', 'twilio', $3, $4)",
            self.conversation,
            contact,
            US,
            THEM,
        )
        return self

    async def text(
        self, body: str = "hi", *, status: int = 200, rows: int = 1, answered: bool = True
    ) -> str:
        """A customer's text: its webhook's end, and what was recorded of it."""
        message, _ = self.line.written(THEM, body, ())
        self.ledger.record(
            "webhook_response",
            purpose="inbound",
            sid=message.sid,
            status=status,
            content_type="text/xml",
            body="<Response/>",
        )
        for _ in range(rows):
            await self._store(uuid4(), "in", body, message.sid)
        if answered:
            await self.change("conversations", answered_seq=self.seq)
        return message.sid

    async def reply(
        self,
        body: str = "Hello!",
        *,
        state: str = "delivered",
        times: int = 1,
        settled: bool = True,
    ) -> UUID:
        """A reply of ours: its row, and how often Twilio was made to send it."""
        mid = uuid4()
        await self._store(mid, "out", body, None)
        await self.pool.execute(
            "INSERT INTO outbox (message_id, conversation_id, seq, owner_epoch, state, expires_at,"
            " sending_since, settled_at) VALUES ($1, $2, $3, 1, $4, now() + interval '1 hour',"
            " now(), CASE WHEN $5 THEN now() END)",
            mid,
            self.conversation,
            self.seq,
            state,
            settled,
        )
        for _ in range(times):
            self.create(mid, body)
        return mid

    def create(self, mid: UUID | str, body: str = "Hello!", **more: str) -> Message:
        """Twilio is asked to send, and does."""
        callback = f"https://gw.example.com/webhooks/twilio/sms/status?mid={mid}"
        fields = {"To": THEM, "From": US, "Body": body, "StatusCallback": callback, **more}
        form = {name: [value] for name, value in fields.items()}
        self.ledger.record("create_request", form=form, fault=None)
        message = self.line.create(form)
        assert isinstance(message, Message)
        return message

    async def change(self, table: str, **columns: object) -> None:
        for column, value in columns.items():
            await self.pool.execute(f"UPDATE {table} SET {column} = $1", value)

    async def consent(self, kind: str, at: datetime) -> None:
        await self.pool.execute(
            "INSERT INTO consents (channel, our_address, address, kind, wording, source, at)"
            " VALUES ('sms', $1, $2, $3, $3, 'test', $4)",
            US,
            THEM,
            kind,
            at,
        )

    async def escalate(self) -> None:
        await self.pool.execute(
            "INSERT INTO escalations (conversation_id, reason, priority, note)"
            " VALUES ($1, 'delivery_unknown', 'high', '')",
            self.conversation,
        )

    async def wrong(self) -> str:
        """The one thing that is wrong."""
        [violation] = await check(self.ledger, self.pool)
        return violation

    async def _store(self, mid: UUID, direction: str, body: str, sid: str | None) -> None:
        self.seq += 1
        await self.pool.execute(
            "INSERT INTO messages (id, conversation_id, seq, direction, author, body, provider,"
            " provider_id) VALUES ($1, $2, $3, $4, 'x', $5, 'twilio', $6)",
            mid,
            self.conversation,
            self.seq,
            direction,
            body,
            sid,
        )


@pytest.fixture
async def run(pool: asyncpg.Pool) -> Run:
    return await Run(pool).begin()


async def test_a_right_run_is_proved_and_counted(run: Run) -> None:
    for number in range(3):
        await run.text(f"text {number}")
        await run.reply(f"reply {number}")
    found = await verdict(run.ledger, run.pool)
    assert found.violations == []
    assert (found.texts, found.acknowledged, found.recorded, found.created) == (3, 3, 3, 3)
    assert found.outbox == {"delivered": 3}
    assert str(found) == (
        "3 texts, 3 acknowledged, 3 recorded, 0 parked, 3 created; outbox: 3 delivered"
    )


async def test_nothing_at_all_is_right(run: Run) -> None:
    assert str(await verdict([], run.pool)).endswith("outbox: empty")


async def test_what_was_never_acknowledged_is_not_ours(run: Run) -> None:
    await run.text(status=503, rows=0)
    assert await check(run.ledger, run.pool) == []


async def test_an_acknowledged_text_that_is_nowhere_is_lost(run: Run) -> None:
    sid = await run.text(rows=0)
    assert await run.wrong() == f"{sid} was acknowledged and is lost"


async def test_a_text_parked_as_it_arrived_is_not_lost(run: Run) -> None:
    sid = await run.text(rows=0)
    await run.pool.execute(
        "INSERT INTO parked_webhooks (path, reason, body) VALUES ('/', 'x', $1)",
        f"MessageSid={sid}&From=anonymous".encode(),
    )
    assert await check(run.ledger, run.pool) == []


async def test_a_text_recorded_twice_is_named(run: Run) -> None:
    await run.pool.execute("DROP INDEX one_message_per_provider_id")
    sid = await run.text(rows=2)
    assert await run.wrong() == f"{sid} is recorded 2 times"


async def test_a_text_that_nobody_dealt_with_is_named(run: Run) -> None:
    sid = await run.text(answered=False)
    assert await run.wrong() == f"{sid} is neither answered, parked, opted out nor a person's"


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("conversations", {"owner": "person"}),
        ("conversations", {"answered_seq": 1}),
        ("messages", {"parked": "turn_failed"}),
        ("messages", {"details": {"consent": "stop"}}),
        ("messages", {"details": {"unanswered": "opted_out"}}),
    ],
)
async def test_a_text_may_be_dealt_with_in_other_ways(
    run: Run, table: str, columns: dict[str, object]
) -> None:
    await run.text(answered=False)
    await run.change(table, **columns)
    assert await check(run.ledger, run.pool) == []


async def test_a_message_created_twice_is_named(run: Run) -> None:
    mid = await run.reply(times=2)
    assert f"{mid} was created 2 times" in await check(run.ledger, run.pool)


async def test_a_message_that_nobody_owed_is_named(run: Run) -> None:
    message = run.create(uuid4())
    assert await run.wrong() == f"{message.sid} was created for no row of the outbox"


async def test_a_message_other_than_recorded_is_named(run: Run) -> None:
    mid = await run.reply(times=0)
    run.create(mid, "Something else")
    assert await run.wrong() == f"{mid} was not sent as it is recorded"


async def test_another_sid_than_recorded_is_named(run: Run) -> None:
    mid = await run.reply()
    await run.change("messages", provider_id="SM" + "f" * 32)
    assert (await run.wrong()).startswith(f"{mid} was created as SM")


async def test_a_parameter_that_twilio_does_not_know_is_named(run: Run) -> None:
    mid = await run.reply(times=0)
    message = run.create(mid, IdempotencyKey="x")
    assert await run.wrong() == f"{message.sid} was created with undocumented ['IdempotencyKey']"


async def test_replies_out_of_order_are_named(run: Run) -> None:
    first, second = await run.reply(times=0), await run.reply(times=0)
    run.create(second)
    run.create(first)
    assert await run.wrong() == f"{first} was created after a later message of its conversation"


@pytest.mark.parametrize(
    ("state", "times", "settled", "wrong"),
    [
        ("sending", 1, False, "is still sending"),
        ("unknown", 1, False, "is still unknown"),
        ("unknown", 1, True, "is unknown and no person was told"),
        ("failed", 0, True, "is failed and no person was told"),
        ("queued", 0, False, "is due and was not sent"),
        ("delivered", 0, True, "is delivered and was never created"),
        ("accepted", 0, True, "is accepted and was never created"),
        ("blocked", 1, True, "is blocked and was created"),
        ("expired", 1, True, "is expired and was created"),
    ],
)
async def test_a_row_in_a_state_that_cannot_be_right_is_named(
    run: Run, state: str, times: int, settled: bool, wrong: str
) -> None:
    mid = await run.reply(state=state, times=times, settled=settled)
    assert await run.wrong() == f"{mid} {wrong}"


@pytest.mark.parametrize("state", ["unknown", "failed"])
async def test_what_a_person_was_told_of_is_right(run: Run, state: str) -> None:
    await run.reply(state=state)
    await run.escalate()
    assert await check(run.ledger, run.pool) == []


async def test_a_stop_that_was_acknowledged_and_not_recorded_is_named(run: Run) -> None:
    sid = await run.text("STOP")
    assert await run.wrong() == f"{sid} told us to stop and no consent says so"
    await run.consent("stop", BEFORE)
    assert await check(run.ledger, run.pool) == []


async def test_a_message_after_a_stop_is_named(run: Run) -> None:
    await run.consent("stop", BEFORE)
    mid = await run.reply()
    assert await run.wrong() == f"{mid} was sent to an address that had told us to stop"


async def test_a_message_after_start_or_before_stop_is_right(run: Run) -> None:
    await run.consent("stop", BEFORE)
    await run.consent("start", BEFORE + timedelta(minutes=1))
    await run.consent("help", BEFORE + timedelta(minutes=2))
    await run.reply()
    await run.consent("stop", datetime.now(UTC) + timedelta(minutes=1))
    assert await check(run.ledger, run.pool) == []


async def test_a_refused_request_before_a_stop_is_right_though_its_row_was_blocked_later(
    run: Run,
) -> None:
    mid = await run.reply(times=0, state="blocked")
    run.ledger.record(
        "create_request",
        form={"StatusCallback": [f"https://gw.example.com/x?mid={mid}"]},
        fault="throttle",
    )
    await run.consent("stop", datetime.now(UTC) + timedelta(seconds=1))
    await run.change("outbox", sending_since=datetime.now(UTC) + timedelta(seconds=2))
    assert await check(run.ledger, run.pool) == []


@pytest.mark.parametrize(
    ("kind", "body", "wrong"),
    [
        ("application/json", "{}", "which is no TwiML"),
        ("text/xml", "<Response><Message>hi</Message></Response>", "past the outbox"),
    ],
)
async def test_an_answer_that_speaks_for_itself_is_named(
    run: Run, kind: str, body: str, wrong: str
) -> None:
    sid = await run.text()
    run.ledger.record(
        "webhook_response", purpose="inbound", sid=sid, status=200, content_type=kind, body=body
    )
    assert (await run.wrong()).endswith(wrong)


async def rings(run: Run, status: str | None) -> str:
    """A call that we answered and that is over, recorded as `status`, or not at all."""
    sid = f"CA{uuid4().hex}"
    run.ledger.record("webhook_response", purpose="voice", sid=sid, status=200)
    run.ledger.record("call_over", sid=sid, status="completed")
    if status is not None:
        await run.pool.execute(
            "INSERT INTO calls (conversation_id, provider, provider_id, direction, status, callee)"
            " VALUES ($1, 'twilio', $2, 'inbound', $3, $4)",
            run.conversation,
            sid,
            status,
            US,
        )
    return sid


async def test_a_call_that_is_not_recorded_is_named(run: Run) -> None:
    sid = await rings(run, None)
    assert await run.wrong() == f"{sid} rang and is not recorded"


@pytest.mark.parametrize("status", ["ringing", "in_progress"])
async def test_a_call_that_is_over_and_goes_on_in_its_row_is_named(run: Run, status: str) -> None:
    sid = await rings(run, status)
    assert await run.wrong() == f"{sid} is over and recorded as {status}"


@pytest.mark.parametrize("status", ["completed", "failed"])
async def test_a_call_that_is_over_on_both_sides_is_right(run: Run, status: str) -> None:
    await rings(run, status)
    assert await check(run.ledger, run.pool) == []
