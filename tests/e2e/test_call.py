"""Callers use the keys of their phones: no model, no key, nothing but the program itself.

All of them ring at once, and while they do Redis forgets everything and is killed: each test then
looks at its own caller.
"""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import pytest
import pytest_asyncio
from aiohttp import WSMsgType
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from pipeline.business.document import parse
from storage.businesses import seed_files
from tests.e2e.callers import (
    STREAM,
    Handset,
    answers,
    first,
    handset,
    ours,
    record,
    spoken_to,
    until_on_call,
)
from tests.e2e.house import BUSINESS, OWNER, House
from tests.e2e.program import until
from tests.simulators.twilio_call import CallOutcome
from tests.simulators.twilio_caller import BreakIn, CallerPlan, HangUp, Pause, Press
from tests.simulators.twilio_sound import BYTES_PER_MS, FRAME_BYTES, FRAME_MS, from_wav, loud

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.usefixtures("judged"),
    pytest.mark.timeout(120),
]

GREETING = parse(seed_files(BUSINESS)).calls.greeting
DANA, LEE, NOISE, THIEF, TWICE = (f"+1415556000{n}" for n in range(5))
GUESTS = {f"+1415556001{n}": (20 + n, n) for n in range(5)}
"""Callers who type their whole party while they are greeted: adults and children."""
TOTAL = "$1,250.00"  # 20 adults at $55 and 5 children at $30; 95125 is free of a travel fee
SOON_MS = 1000
PATIENT = 3.0
"""Seconds of silence before a caller thinks that we are done: more than a slow machine takes."""
_MEDIA = '{"event": "media", "streamSid": "%s", "media": {"track": "inbound", "payload": "%s"}}'
GARBAGE: Sequence[str | bytes] = (
    *(b"\x00\xff" * 80, "", "{", "[]", "null", '{"event": "media"}', '{"event": 7}', "9" * 5000),
    *(_MEDIA % each for each in ((STREAM, "n@t"), (STREAM, ""), ("MZ" + 32 * "2", "////"))),
    *["[" * 10_000] * 10,
)


@dataclass(frozen=True, slots=True)
class Evening:
    """What became of everybody's call."""

    dana: CallOutcome
    """Texted before, listens, takes the quote as a text, and texts again."""
    texts: Sequence[str]
    """What Dana got, in order."""
    guests: Mapping[str, CallOutcome]
    lee: CallOutcome
    """Hangs up in the middle of a sentence."""
    noise: Sequence[bool]
    """Whether the noisy caller was spoken to, before and after."""
    thief: Sequence[bool]
    """Whether the same token was spoken to the first time, and the second."""
    twice: tuple[set[bytes], Sequence[bool], str]
    """The answers to one webhook made twice at once, who was spoken to, and the CallSid."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def evening(house: House) -> Evening:
    async with asyncio.TaskGroup() as group:
        dana = group.create_task(_dana(house))
        guests = {each: group.create_task(_guest(house, each)) for each in GUESTS}
        plan = CallerPlan([BreakIn(2.0), HangUp()], max_seconds=20)
        lee = group.create_task(house.twilio.call(LEE, plan))
        noise = group.create_task(_noise(house))
        thief = group.create_task(_thief(house))
        twice = group.create_task(_twice(house))
        group.create_task(_redis_dies(house))
    return Evening(
        *dana.result(),
        {each: task.result() for each, task in guests.items()},
        lee.result(),
        noise.result(),
        thief.result(),
        twice.result(),
    )


async def _dana(house: House) -> tuple[CallOutcome, Sequence[str]]:
    before = await house.ask(DANA, "hi, we would like a hibachi party for 20 adults")
    steps = [
        *(Pause(1.0), Press("1"), BreakIn(5.5)),  # all of the greeting, and into the question
        *(Press("20#"), BreakIn(0.6), Press("5#"), BreakIn(0.6), Press("95125#")),
        *(BreakIn(7.5), Press("1"), BreakIn(1.5), HangUp()),
    ]
    outcome = await house.twilio.call(
        DANA, CallerPlan(steps, max_seconds=60, quiet_seconds=PATIENT)
    )
    quote = await house.answer(DANA)
    return outcome, [before, quote, await house.ask(DANA, "what was my total?")]


async def _guest(house: House, caller: str) -> CallOutcome:
    adults, children = GUESTS[caller]
    keys = Press(f"1{adults}#{children}#95125#")
    steps = [Pause(0.5), keys, BreakIn(11.0), HangUp()]
    plan = CallerPlan(steps, max_seconds=40, quiet_seconds=PATIENT)
    return await house.twilio.call(caller, plan)


async def _noise(house: House) -> Sequence[bool]:
    async with handset(house, NOISE) as phone:
        socket = await phone.open(await phone.ring())
        before = await spoken_to(socket)
        with suppress(ConnectionError):  # it is closed before all of it is said
            for each in GARBAGE:
                send = socket.send_bytes if isinstance(each, bytes) else socket.send_str
                await send(each)
        async for message in socket:
            assert message.type is WSMsgType.TEXT
        return before, await _talks(phone, await phone.after())


async def _thief(house: House) -> Sequence[bool]:
    async with handset(house, THIEF) as phone:
        twiml = await phone.ring()
        return await _talks(phone, twiml), await _talks(phone, twiml)


async def _twice(house: House) -> tuple[set[bytes], Sequence[bool], str]:
    async with handset(house, TWICE) as phone:
        twiml = await asyncio.gather(phone.ring(), phone.ring())
        talks = await asyncio.gather(*(_talks(phone, each) for each in twiml))
        return set(twiml), talks, phone.record.sid


async def _talks(phone: Handset, twiml: bytes) -> bool:
    socket = await phone.open(twiml)
    try:
        return await spoken_to(socket)
    finally:
        await socket.close()


async def _redis_dies(house: House) -> None:
    """When every guest has begun to type."""
    for each in GUESTS:
        await until_on_call(house, each, lambda events: any(e["what"] == "key" for e in events))
    with Redis.from_url(f"unix://{house.program.data_dir}/redis/redis.sock") as redis:
        redis.flushall()
    pid = house.program.redis()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await until(lambda: house.program.redis() not in (None, pid), "the next Redis")


async def _priced(house: House, adults: int, children: int) -> str:
    party = {"adults": adults, "children": children, "zip": "95125"}
    status, quote, _ = await house.post("/v1/quotes", party)
    assert status == 200
    return f"${quote['total_cents'] / 100:,.2f}"


async def test_a_caller_is_greeted_at_once_and_to_the_end(house, evening):
    heard = from_wav(evening.dana.heard_wav)
    frames = [heard[at : at + FRAME_BYTES] for at in range(0, len(heard), FRAME_BYTES)]
    silence_ms = [loud(frame) for frame in frames].index(True) * FRAME_MS
    call = await record(house, evening.dana.sid)
    greeting = call["turns"][0]
    print(f"silence before the first audio: {silence_ms} ms")
    assert silence_ms < SOON_MS
    assert greeting["text"] == GREETING
    assert (greeting["speaker"], greeting["interrupted"]) == ("attendant", False)
    assert greeting["heard_ms"] == greeting["whole_ms"] > 3000

    # A key was pressed meanwhile, and the greeting went on: it is there, and nothing cut it.
    ends_ms = silence_ms + greeting["whole_ms"]
    assert silence_ms < evening.dana.times("key")[0] < ends_ms < first(evening.dana, "clear")
    spoken = [loud(frame) for frame in frames[silence_ms // FRAME_MS : ends_ms // FRAME_MS]]
    assert sum(spoken) > 0.6 * len(spoken)
    assert len(heard) == evening.dana.seconds * 1000 * BYTES_PER_MS


async def test_keys_get_the_exact_quote_and_a_text_of_it(house, evening):
    call = await record(house, evening.dana.sid)
    assert await _priced(house, 20, 5) == TOTAL
    assert f"For 20 adults and 5 children in ZIP 95125, the total is {TOTAL}." in ours(call)
    [quote_id] = call["quote_ids"]
    row = await house.pool.fetchrow("SELECT * FROM quotes WHERE id = $1::uuid", quote_id)
    assert row["total_cents"] == 125_000
    assert TOTAL in evening.texts[1]
    assert "I have sent the quote" in ours(call)
    assert evening.dana.errors == []


async def test_the_record_tells_the_call_from_beginning_to_end(house, evening):
    call = await record(house, evening.dana.sid)
    assert {name: call[name] for name in ("status", "outcome", "answered_by", "end_reason")} == {
        "status": "completed",
        "outcome": "texted",
        "answered_by": "attendant",
        "end_reason": "caller_hung_up",
    }
    assert (call["caller"], call["streams"], call["live"]) == (DANA, 1, False)
    assert call["seconds"] == pytest.approx(evening.dana.seconds, abs=1)
    [timings] = call["timings"]
    print(f"timings: {timings}; on the line: {answers(evening.dana)}")
    assert timings["greeted_by"] == "attendant"
    assert 0 <= timings["first_audio_ms"] < SOON_MS
    assert timings["gaps_ms"]

    assert [turn["position"] for turn in call["turns"]] == [*range(len(call["turns"]))]
    pressed = [turn["text"] for turn in call["turns"] if turn["speaker"] == "caller"]
    assert [text.removeprefix("(The caller pressed ").partition(" ")[0] for text in pressed] == [
        *("1", "20#", "5#", "95125#", "1")
    ]
    assert max(answers(evening.dana)) < 5 * SOON_MS


async def test_calls_and_texts_of_a_number_are_one_inquiry(house, evening):
    inquiries = await house.pool.fetch(
        "SELECT i.id, i.facts, array_agg(DISTINCT c.channel ORDER BY c.channel) AS channels"
        "  FROM conversations c JOIN inquiries i ON i.contact_id = c.contact_id"
        " WHERE c.their_address = $1 GROUP BY i.id",
        DANA,
    )
    assert [row["channels"] for row in inquiries] == [["phone", "sms"]]
    assert TOTAL in evening.texts[2]


async def test_many_at_once_each_hear_their_own_total_whatever_redis_does(house, evening):
    for caller, outcome in evening.guests.items():
        total = await _priced(house, *GUESTS[caller])
        call = await record(house, outcome.sid)
        assert f"the total is {total}." in ours(call), caller
        assert (call["status"], call["outcome"]) == ("completed", "quoted")
        assert outcome.errors == []
        assert first(outcome, "voice_started") < SOON_MS
        assert outcome.times("stream_opened") == outcome.times("stream_opened")[:1]
    print(f"a frame was late by {max(each.late_ms for each in evening.guests.values())} ms")


async def test_garbage_costs_a_line_and_no_call(house, evening):
    assert evening.noise == (True, True)  # the next media socket of the same call


async def test_a_used_token_opens_nothing(house, evening):
    assert evening.thief == (True, False)


async def test_a_webhook_that_comes_twice_is_one_call(house, evening):
    twiml, talked, sid = evening.twice
    assert len(twiml) == 1
    assert sorted(talked) == [False, True]
    assert (await record(house, sid))["streams"] == 1


async def test_who_hangs_up_in_mid_sentence_leaves_nothing_behind(house, evening):
    call = await record(house, evening.lee.sid)
    [turn] = call["turns"]
    assert (call["status"], call["outcome"]) == ("completed", "abandoned")
    assert turn["interrupted"]
    assert 1000 < turn["heard_ms"] < turn["whole_ms"]
    assert GREETING.startswith(turn["text"])
    async with house.http.get("/metrics", headers=OWNER) as response:
        families = text_string_to_metric_families(await response.text())
    wanted = ("concierge_calls_active", "concierge_calls_open")
    left = [each.value for family in families for each in family.samples if each.name in wanted]
    assert left
    assert set(left) == {0.0}
