"""Calls looked up: the newest first, page by page, with what belongs to them and nothing else."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from pipeline.business.document import parse
from pipeline.call.status import CallStatus
from pipeline.ids import QuoteId
from pipeline.inquiry.vocabulary import KnownQuote
from pipeline.quote.quote import Party, price
from storage import call_records, call_turns, calls, quotes
from storage.businesses import seed, seed_files
from tests.storage.arrivals import DANA, LEE, US
from tests.storage.test_calls import end, rang, taken_up


def sid(number):
    return f"CA{number:032x}"


async def priced(pool, inquiry_id):
    version, files = await seed(pool, "my_hibachi", seed_files("my_hibachi"))
    party = Party(adults=20)
    quote = price(parse(files).prices, party, datetime.now(UTC), "America/Los_Angeles")
    known = KnownQuote(QuoteId(uuid4()), party, quote)
    await quotes.save(pool, inquiry_id, known, version)
    return known.quote_id


async def test_a_call_is_found_with_all_its_row_says(pool):
    attached = await taken_up(pool, sid(1))
    await end(
        pool,
        attached.call_id,
        usage={"input_audio": 5},
        cost_micros=1200,
        timings={"first_audio_ms": 480},
    )
    found = await call_records.find(pool, attached.call_id)
    assert found is not None
    assert (found.provider, found.provider_id, found.direction) == ("twilio", sid(1), "inbound")
    assert (found.caller, found.callee, found.forwarded_from) == (DANA, US, "")
    assert (found.status, found.end_reason, found.outcome) == ("completed", "hung_up", "quoted")
    assert (found.usage, found.cost_micros) == ({"input_audio": 5}, 1200)
    assert found.timings == {"1": {"first_audio_ms": 480}}
    assert (found.streams, found.worker, found.quote_ids) == (1, None, [])
    assert await call_records.find(pool, uuid4()) is None


async def test_the_newest_come_first_page_by_page_and_none_twice(pool):
    ringing = [(await calls.ring(pool, rang(sid(number)))).call_id for number in range(5)]
    # Two began in the same instant: their ids order them.
    await pool.execute("UPDATE calls SET created_at = now() WHERE id = ANY($1)", ringing[1:3])
    seen, before = [], None
    while page := await call_records.newest(pool, limit=2, before=before):
        assert len(page) <= 2
        seen += [each.call_id for each in page]
        before = page[-1].call_id
    assert sorted(seen) == sorted(ringing)
    assert seen[-1] == ringing[0]
    whole = await call_records.newest(pool, limit=9)
    assert [each.call_id for each in whole] == seen
    assert [each.created_at for each in whole] == sorted(
        (each.created_at for each in whole), reverse=True
    )


async def test_calls_are_chosen_by_status_and_by_their_carriers_id(pool):
    attached = await taken_up(pool, sid(1))
    await end(pool, attached.call_id)
    await calls.ring(pool, rang(sid(2)))

    async def chosen(*statuses, **how):
        found = await call_records.newest(pool, limit=9, statuses=statuses, **how)
        return [each.provider_id for each in found]

    assert await chosen(CallStatus.COMPLETED) == [sid(1)]
    assert await chosen(CallStatus.RINGING, CallStatus.COMPLETED) == [sid(2), sid(1)]
    assert await chosen(CallStatus.BUSY) == []
    assert await chosen(provider_id=sid(2)) == [sid(2)]
    assert await chosen(CallStatus.BUSY, provider_id=sid(2)) == []
    assert await chosen(before=uuid4()) == []


async def test_a_call_has_the_quotes_given_to_its_caller_while_it_lasted(pool):
    before = await taken_up(pool, sid(1), DANA)
    earlier = await priced(pool, before.inquiry_id)
    await end(pool, before.call_id)
    attached = await taken_up(pool, sid(2), DANA)
    other = await taken_up(pool, sid(3), LEE)
    first = await priced(pool, attached.inquiry_id)
    second = await priced(pool, attached.inquiry_id)
    theirs = await priced(pool, other.inquiry_id)
    await end(pool, attached.call_id)
    await priced(pool, attached.inquiry_id)  # in a text, later

    async def quoted(call):
        return (await call_records.find(pool, call.call_id)).quote_ids

    assert await quoted(before) == [earlier]
    assert await quoted(attached) == [first, second]
    assert await quoted(other) == [theirs]


async def test_a_call_that_nobody_took_up_has_no_quotes(pool):
    ringing = await calls.ring(pool, rang(sid(1)))
    assert (await call_records.find(pool, ringing.call_id)).quote_ids == []


@pytest.mark.parametrize("number", [0, 3, 10**6])
async def test_messages_are_counted_from_one_in_the_order_they_were_spoken(pool, number):
    attached = await taken_up(pool, sid(1))
    await call_turns.keep_message(pool, attached.call_id, b"\xff" * 16_000)
    await call_turns.keep_message(pool, attached.call_id, b"\x7f" * 800)
    listed = await call_records.messages(pool, attached.call_id)
    assert [(each.number, each.milliseconds) for each in listed] == [(1, 2000), (2, 100)]
    assert await call_records.message_audio(pool, attached.call_id, 2) == b"\x7f" * 800
    assert await call_records.message_audio(pool, attached.call_id, number) is None
    assert await call_records.message_audio(pool, uuid4(), 1) is None
