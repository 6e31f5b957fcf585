"""Tools on a call commit for themselves, share the inquiry with texts, and never raise."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway import call_tools, messages
from gateway.messages import Lanes
from pipeline.call.status import CallRang
from pipeline.inquiry.segments import count
from pipeline.inquiry.vocabulary import INVALID_ARGUMENTS, ToolCall
from storage import calls, inquiries
from storage.database import open_pool
from tests.gateway.lines import NUMBER, TWILIO
from tests.storage.arrivals import DANA, text

EXPIRES_MS = 4_000_000_000_000
PARTY = {"adults": 20, "children": 5, "event_zipcode": "95125", "event_date": "2027-06-12"}


@pytest.fixture
def line(context):
    """The context of a line that is called and texted under one number."""
    context.settings = context.settings.model_copy(update={"channels": {"twilio-sms": TWILIO}})
    manner = replace(context.business.manners["sms"], debounce_seconds=0.0)
    manners = {**context.business.manners, "sms": manner}
    context.business = replace(context.business, manners=manners)
    return context


async def taken_up(context, caller=DANA, provider_id="CA1"):
    """A call that rang and whose media socket came: its matter."""
    rang = await calls.ring(context.pool, CallRang("twilio", provider_id, caller, NUMBER))
    await calls.issue_token(context.pool, rang.call_id, EXPIRES_MS)
    attached = await calls.attach(
        context.pool,
        "twilio",
        provider_id,
        EXPIRES_MS,
        worker=context.worker,
        answered_by="attendant",
        business_version=context.business_version,
    )
    return await call_tools.load(context, attached)


@pytest.fixture
async def matter(line):
    return await taken_up(line)


@pytest.fixture
def use(line, matter):
    """Run a tool of the call; the texts it owed are counted in `use.texted`."""

    async def use(tool, /, matter=matter, context=line, **arguments):
        call = ToolCall("call_1", tool, arguments)
        return await call_tools.run(context, matter, call, texted=lambda: use.texted.append(tool))

    use.texted = []
    return use


async def the_inquiry(pool):
    return await inquiries.load(pool, await pool.fetchval("SELECT id FROM inquiries"))


async def escalated(pool):
    rows = await pool.fetch("SELECT reason, priority, note FROM escalations ORDER BY created_at")
    return [tuple(row) for row in rows]


async def texts(pool):
    rows = await pool.fetch(
        "SELECT m.body, c.their_address, c.our_address, o.state FROM outbox o"
        " JOIN messages m ON m.id = o.message_id JOIN conversations c ON c.id = o.conversation_id"
        " ORDER BY m.at"
    )
    return [tuple(row) for row in rows]


async def test_a_quote_is_exact_and_stored_with_what_it_tells_of_the_party(pool, use, matter):
    told = await use("calculate_party_quote", **PARTY)
    assert (told["total"], told["deposit"], told["travel_fee"]) == (1250.0, 100.0, 0.0)
    stored = await the_inquiry(pool)
    assert stored.quote is not None
    assert str(stored.quote.quote_id) == told["quote_id"]
    assert stored.quote.quote.total_cents == 125000
    assert (stored.facts.adults, stored.facts.zip) == (20, "95125")
    assert (matter.snapshot.facts, matter.snapshot.quote) == (stored.facts, stored.quote)
    assert matter.version == stored.version
    assert matter.used == ["calculate_party_quote"]
    version = await pool.fetchval("SELECT business_version FROM quotes")
    assert version == matter.snapshot.business_version


async def test_a_text_meanwhile_keeps_what_it_told_and_the_call_adds_to_it(line, pool, use, matter):
    await messages.accept(line, text("my zip is 94110 and my name is Dana Smith", "SM1"))
    await asyncio.gather(*(await Lanes(line, None, lambda: None)._claim(16)))
    changed = await the_inquiry(pool)
    assert changed.version > matter.version
    told = await use("calculate_party_quote", adults=20)
    assert told["total"] == 1100.0
    after = await the_inquiry(pool)
    assert (after.facts.adults, after.facts.zip, after.facts.name) == (20, "94110", "Dana Smith")
    assert after.version == changed.version + 1 == matter.version


async def test_tools_of_one_batch_run_one_after_the_other(pool, use):
    await asyncio.gather(
        use("calculate_party_quote", adults=20),
        use("calculate_party_quote", adults=25),
        use("take_message", text="Call me."),
        use("calculate_party_quote", adults=30),
    )
    assert (await the_inquiry(pool)).quote.party.adults == 30
    assert await pool.fetchval("SELECT count(*) FROM quotes") == 3


async def test_a_quote_for_another_party_than_is_now_known_is_no_longer_current(pool, use, matter):
    await use("calculate_party_quote", **PARTY)
    await use("calculate_travel_fee", event_zipcode="95125")
    assert (await the_inquiry(pool)).quote is not None
    await use("calculate_travel_fee", event_zipcode="94110")
    assert (await the_inquiry(pool)).quote is None
    assert matter.snapshot.quote is None
    assert "error" in await use("send_text_message", kind="quote")


async def test_a_large_party_is_shown_to_a_person(pool, use, matter):
    await use("calculate_party_quote", adults=60)
    [(reason, priority, note)] = await escalated(pool)
    assert (reason, priority) == ("large_party", "medium")
    assert "60 adults" in note
    assert matter.snapshot.escalated


async def test_a_message_is_taken_once_and_staff_are_told(pool, use):
    for _ in range(2):
        told = await use("take_message", text="Please call about the grill.")
        assert told["taken"]
        assert told["promise"]
    assert await escalated(pool) == [("message_taken", "medium", "Please call about the grill.")]
    assert await pool.fetchval("SELECT count(*) FROM effects") == 1


async def test_who_wants_a_person_is_called_back_and_staff_read_their_last_words(
    line, pool, use, matter
):
    for words in ("one", "two", "I would like", "I would like", "  somebody\0 real "):
        await call_tools.notice(line, matter, words)
    told = await use("transfer_to_person", reason="asked_for_person")
    assert told["put_through"] is False
    assert told["promise"]
    assert "callers_number" not in told
    [(reason, priority, note)] = await escalated(pool)
    assert (reason, priority) == ("asked_for_person", "high")
    assert note == "two\nI would like\nsomebody real\n(asked_for_person)"


async def test_what_a_caller_says_is_looked_at_as_a_text_is(line, pool, matter):
    await call_tools.notice(line, matter, "")
    await call_tools.notice(line, matter, "How much for ten people?")
    assert await escalated(pool) == []
    await call_tools.notice(line, matter, "My guests got food poisoning from your shrimp.")
    [(reason, priority, _)] = await escalated(pool)
    assert (reason, priority) == ("illness", "urgent")
    assert matter.snapshot.escalated
    assert line.metrics.escalations.labels("illness")._value.get() == 1


async def test_a_quote_is_texted_once_to_the_number_that_called(pool, use, matter):
    quote = await use("calculate_party_quote", **PARTY)
    told = await use("send_text_message", kind="quote")
    assert told == {
        "texted": True,
        "to_the_number_ending_in": "0123",
        "quote_id": quote["quote_id"],
    }
    [(body, theirs, ours, state)] = await texts(pool)
    assert (theirs, ours, state) == (DANA, NUMBER, "queued")
    assert "Total $1,250.00" in body
    assert "AI assistant" in body
    assert body.endswith("My Hibachi Chef")
    assert count(body).segments <= 3
    again = await use("send_text_message", kind="quote")
    assert (again["texted"], again["already_sent_before"]) == (False, True)
    assert len(await texts(pool)) == 1
    assert use.texted == ["send_text_message"]
    assert await pool.fetchval("SELECT count(DISTINCT contact_id) FROM conversations") == 1


async def test_a_text_asked_for_twice_at_once_is_sent_once(line, pool, use, matter):
    await use("calculate_party_quote", **PARTY)
    other = await taken_up(line, DANA, "CA2")  # the same customer, on another line
    both = await asyncio.gather(
        use("send_text_message", kind="quote"),
        use("send_text_message", matter=other, kind="quote"),
    )
    assert sorted(each["texted"] for each in both) == [False, True]
    assert len(await texts(pool)) == 1


async def test_a_new_quote_is_texted_anew(pool, use):
    await use("calculate_party_quote", **PARTY)
    await use("send_text_message", kind="quote")
    await use("calculate_party_quote", **{**PARTY, "adults": 21})
    assert (await use("send_text_message", kind="quote"))["texted"]
    first, second = await texts(pool)
    assert "$1,250.00" in first[0]
    assert "$1,305.00" in second[0]


async def test_a_quote_made_without_the_zip_we_know_can_be_texted_all_the_same(line, pool, use):
    await use("calculate_travel_fee", event_zipcode="94110")
    await use("calculate_party_quote", adults=12)
    assert (await use("send_text_message", kind="quote"))["texted"]
    [(body, *_)] = await texts(pool)
    assert "before travel, which is to be confirmed" in body


async def test_the_reply_to_a_texted_quote_finds_the_same_inquiry(line, pool, use):
    await use("calculate_party_quote", **PARTY)
    await use("send_text_message", kind="quote")
    await messages.accept(line, text("actually make it 25 adults", "SM1"))
    await asyncio.gather(*(await Lanes(line, None, lambda: None)._claim(16)))
    *_, (reply, *_) = await texts(pool)
    assert "$1,525.00" in reply


@pytest.mark.parametrize("caller", [None, DANA])
async def test_a_text_needs_a_quote_and_a_number(line, use, caller):
    matter = await taken_up(line, caller, "CA9")
    told = await use("send_text_message", matter=matter, kind="quote")
    assert told == {"error": call_tools.NO_NUMBER if caller is None else call_tools.NO_QUOTE}
    assert (call_tools.texts_by(line, matter) is None) == (caller is None)


async def test_who_withholds_the_number_is_quoted_and_asked_for_one_but_not_texted(line, pool, use):
    matter = await taken_up(line, None, "CA9")
    assert matter.snapshot.customer == {}
    assert (await use("calculate_party_quote", matter=matter, **PARTY))["total"] == 1250.0
    assert "error" in await use("send_text_message", matter=matter, kind="quote")
    told = await use("transfer_to_person", matter=matter, reason="refund")
    assert told["callers_number"] == call_tools.WITHHELD
    assert await texts(pool) == []


async def test_who_told_us_to_stop_is_not_texted(line, pool, use):
    await messages.accept(line, text("STOP", "SM1"))
    await use("calculate_party_quote", **PARTY)
    assert await use("send_text_message", kind="quote") == {"error": call_tools.OPTED_OUT}
    assert await texts(pool) == []
    await messages.accept(line, text("START", "SM2"))
    assert (await use("send_text_message", kind="quote"))["texted"]


async def test_a_line_without_texts_says_so(line, use, matter):
    await use("calculate_party_quote", **PARTY)
    line.settings = line.settings.model_copy(update={"channels": {}})
    assert await use("send_text_message", kind="quote") == {"error": call_tools.NO_TEXTS}


async def test_an_expired_quote_is_not_texted(pool, use):
    await use("calculate_party_quote", **PARTY)
    long_ago = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    await pool.execute(
        "UPDATE quotes SET result = jsonb_set(result, '{valid_until}', to_jsonb($1::text))",
        long_ago,
    )
    assert await use("send_text_message", kind="quote") == {"error": call_tools.EXPIRED}


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("calculate_party_quote", {"adults": 0}, "adults"),
        ("calculate_party_quote", {"adults": 10, "price": 5}, "unknown argument"),
        ("send_text_message", {"kind": "booking"}, "no booking"),
        ("book_flight", {}, "no tool"),
        ("take_message", {INVALID_ARGUMENTS: "{tex"}, "one JSON object"),
    ],
)
async def test_what_is_wrong_is_told_as_data_and_changes_nothing(
    pool, use, matter, name, arguments, said
):
    version = (await the_inquiry(pool)).version
    told = await use(name, **arguments)
    assert said in told["error"]
    assert (await the_inquiry(pool)).version == version
    assert matter.used == []


async def test_words_no_database_takes_are_an_error_and_not_a_lost_call(pool, use, matter):
    assert await use("take_message", text="a\0b") == {"error": call_tools.NOT_RECORDED}
    assert await escalated(pool) == []
    assert matter.used == []


async def test_without_a_database_nothing_is_claimed_and_what_needs_none_still_works(
    line, database_dsn, use, matter
):
    gone = await open_pool(database_dsn)
    await gone.close()
    adrift = replace(line, pool=gone)
    for name, arguments in (
        ("calculate_party_quote", PARTY),
        ("take_message", {"text": "hi"}),
        ("transfer_to_person", {"reason": "refund"}),
        ("send_text_message", {"kind": "quote"}),
    ):
        told = await use(name, context=adrift, **arguments)
        assert told == {"error": call_tools.NOT_RECORDED}
    await call_tools.keep_spoken_message(adrift, matter, bytes(8000))
    await call_tools.notice(adrift, matter, "I want a refund for the party.")
    assert (await use("search_knowledge", context=adrift, query="minimum order"))["entries"]
    assert await use("end_call", context=adrift) == {"ending": True}
    assert matter.used == ["search_knowledge", "end_call"]


async def test_a_spoken_message_is_kept_and_staff_are_told_which_call_it_is(line, pool, matter):
    await call_tools.keep_spoken_message(line, matter, bytes(8000 * 12))
    assert await pool.fetchval("SELECT octet_length(audio) FROM spoken_messages") == 96000
    [(reason, _, note)] = await escalated(pool)
    assert reason == "message_taken"
    assert note == f"A spoken message of 12 seconds, kept with call {matter.call_id}."


async def test_a_call_begins_with_what_the_same_number_texted(line, pool):
    await messages.accept(line, text("20 adults no kids in 95125 please", "SM1"))
    await asyncio.gather(*(await Lanes(line, None, lambda: None)._claim(16)))
    matter = await taken_up(line)
    snapshot = matter.snapshot
    assert (snapshot.facts.adults, snapshot.quote.quote.total_cents) == (20, 110000)
    assert [said.by for said in snapshot.history] == ["customer", "us"]
    assert snapshot.customer == {"phone": DANA}
    assert snapshot.channel == "phone"
    assert not snapshot.escalated
    assert call_tools.texts_by(line, matter) is TWILIO


async def test_a_call_knows_that_a_person_was_asked_for_before_it_broke_off(line, pool, use):
    await use("transfer_to_person", reason="refund")
    assert (await taken_up(line, provider_id="CA1")).snapshot.escalated


async def test_every_tool_is_counted_under_a_name_of_ours(line, use):
    await use("book_flight")
    await use("calculate_party_quote", **PARTY)
    expected = {("unknown", "false"), ("calculate_party_quote", "true")}
    for counted in (line.metrics.call_tools, line.metrics.tool_seconds):
        samples = [sample for metric in counted.collect() for sample in metric.samples]
        named = {(each.labels["tool"], each.labels["success"]) for each in samples}
        assert named == expected
