"""A call rings, loses its audio, is reported on: every answer, and the row behind it."""

import time
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.twilio_voice import AFTER_PATH, RING_PATH, STATUS_PATH
from gateway.ringing import TOKEN_SECONDS, media_token, token_expiry
from pipeline.call.words import UNABLE
from realtime.speech import Speech
from tests.gateway.lines import NUMBER
from tests.gateway.phone import call_sid, counted, eventually, the_call
from tests.storage.arrivals import DANA

SECRET, NOW = "a-secret", 1_800_000_000.0
EXPIRES_MS = 1_800_000_060_000
TOKEN = media_token(SECRET, call_sid(1), EXPIRES_MS)


async def escalations(pool):
    rows = await pool.fetch("SELECT reason, priority, note FROM escalations")
    return [tuple(row) for row in rows]


# --- tokens -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "found"),
    [(NOW, EXPIRES_MS), (NOW + 60, EXPIRES_MS), (NOW + 60.002, None), (NOW + 9e9, None)],
)
def test_a_token_is_good_until_it_expires(now, found):
    assert token_expiry(SECRET, call_sid(1), TOKEN, now) == found


@pytest.mark.parametrize(
    ("secret", "call", "token"),
    [
        ("another-secret", call_sid(1), TOKEN),
        (SECRET, call_sid(2), TOKEN),
        (SECRET, call_sid(1), TOKEN.replace("1800000060000", "1900000060000")),
        (SECRET, call_sid(1), TOKEN[:-1]),
        (SECRET, call_sid(1), TOKEN.upper()),
        (SECRET, call_sid(1), "1800000060000"),
        (SECRET, call_sid(1), ""),
    ],
)
def test_a_token_that_is_forged_or_of_another_call_is_none(secret, call, token):
    assert token_expiry(secret, call, token, NOW) is None


@given(st.one_of(st.text(), st.from_regex(r"[0-9]{1,30}\.\w*", fullmatch=True)))
def test_no_text_but_a_token_is_a_token(text):
    assert token_expiry(SECRET, call_sid(1), text, NOW) is None


# --- it rings -----------------------------------------------------------------------------------


async def test_a_call_is_answered_with_its_audio_brought_here_and_a_way_back(
    carrier, context, pool
):
    before = time.time()
    response = await carrier.post(RING_PATH, From=DANA, To=NUMBER, CallStatus="ringing")
    root = ElementTree.fromstring(await response.text())
    assert [verb.tag for verb in root] == ["Connect", "Redirect"]
    assert root.find("Connect").attrib == {}
    stream = root.find("Connect/Stream")
    assert stream.attrib["url"] == "ws://127.0.0.1:8080/media/twilio"
    assert root.findtext("Redirect") == f"http://127.0.0.1:8080{AFTER_PATH}"
    token = stream.find("Parameter").attrib["value"]
    secret = context.settings.secret_key.get_secret_value()
    expires_ms = token_expiry(secret, call_sid(1), token, time.time())
    assert before + TOKEN_SECONDS - 0.002 <= expires_ms / 1000 <= time.time() + TOKEN_SECONDS
    row = await the_call(pool)
    assert (row["status"], row["direction"], row["caller"], row["callee"]) == (
        "ringing",
        "inbound",
        DANA,
        NUMBER,
    )
    assert row["token_expires_ms"] == expires_ms


async def test_a_webhook_sent_twice_is_one_call_with_one_token(carrier, pool):
    first, again = await carrier.ring(), await carrier.ring()
    assert first.token == again.token != ""
    assert await pool.fetchval("SELECT count(*) FROM calls") == 1
    assert (await carrier.ring(2)).token != first.token


@pytest.mark.parametrize(
    "fields",
    [
        {"caller": "anonymous"},
        {"caller": "+266696687"},
        {"caller": ""},
        {"caller": "sip:somebody@example.com"},
        {"StirVerstat": "TN-Validation-Failed-A"},
    ],
)
async def test_a_withheld_or_forged_number_is_no_number_and_opens_nobodys_memory(
    carrier, pool, fields
):
    await carrier.ring(9)  # Dana, who is known by her number
    for number in (1, 2):
        await carrier.ring(number, **fields)
        assert (await the_call(pool, number))["caller"] is None
    kinds = await pool.fetch("SELECT kind, value FROM identities ORDER BY kind, value")
    assert [tuple(row) for row in kinds] == [
        ("phone", DANA),
        ("withheld", call_sid(1)),
        ("withheld", call_sid(2)),
    ]
    assert await pool.fetchval("SELECT count(DISTINCT contact_id) FROM conversations") == 3


@pytest.mark.parametrize("path", [RING_PATH, AFTER_PATH, STATUS_PATH])
async def test_an_unsigned_webhook_is_refused_and_counted(carrier, context, pool, path):
    response = await carrier._client.post(path, data={"CallSid": call_sid(1)})
    assert response.status == 403
    assert counted(context.metrics.signature_rejects, path, "missing_signature") == 1
    assert await pool.fetchval("SELECT count(*) FROM calls") == 0


async def test_a_call_that_is_over_is_not_answered_again(carrier):
    await carrier.ring()
    await carrier.report("no-answer")
    assert (await carrier.ring()).verbs == ["Hangup"]


async def test_what_is_signed_but_no_call_for_us_is_parked_and_ended(carrier, pool):
    told = await carrier.ring(1, To="client:somebody")
    assert told.verbs == ["Say", "Hangup"]
    assert await pool.fetchval("SELECT reason FROM parked_webhooks") == "not to a phone number"
    assert await pool.fetchval("SELECT count(*) FROM calls") == 0


async def test_where_nothing_can_talk_the_caller_is_told_and_called_back(carrier, context, pool):
    await context.speech.close()
    context.speech = Speech(installed=lambda: False)
    told = await carrier.ring()
    assert told.verbs == ["Say", "Hangup"]
    assert told.said.startswith("Sorry, we cannot take your call right now. A person will call")
    [(reason, priority, note)] = await escalations(pool)
    assert (reason, priority) == ("call_back", "high")
    assert note == f"A phone call: Nobody could take it; call {DANA} back."
    assert counted(context.metrics.escalations, "call_back") == 1
    told = await carrier.ring(2, caller="anonymous")
    assert told.said == UNABLE


@pytest.mark.parametrize("path", [RING_PATH, AFTER_PATH])
async def test_without_the_database_the_caller_is_told_so_and_let_go(carrier, context, path):
    await context.pool.close()
    response = await carrier.post(path, From=DANA, To=NUMBER, CallStatus="ringing")
    root = ElementTree.fromstring(await response.text())
    assert ([verb.tag for verb in root], root.findtext("Say")) == (["Say", "Hangup"], UNABLE)


# --- its audio has ended ------------------------------------------------------------------------


async def test_a_call_of_nobodys_is_hung_up(carrier):
    told = await carrier.after(7)
    assert (told.verbs, told.said) == (["Hangup"], "")


async def test_a_call_that_ended_is_hung_up_without_a_word(carrier, pool):
    await carrier.ring()
    await pool.execute("UPDATE calls SET end_reason = 'said_goodbye'")
    told = await carrier.after()
    assert (told.verbs, told.said) == (["Hangup"], "")


async def test_a_lost_call_is_brought_back_three_times_then_staff_call_back(carrier, context, pool):
    tokens = [(await carrier.ring()).token]
    for _ in range(3):
        expired = "UPDATE calls SET token_expires_ms = token_expires_ms - 60000 * streams"
        await pool.execute(f"{expired}, streams = streams + 1, status = 'in_progress'")
        told = await carrier.after()
        assert told.verbs == ["Connect", "Redirect"]
        tokens.append(told.token)
    assert counted(context.metrics.calls_reoffered, "lost") == 3
    told = await carrier.after()
    assert told.verbs == ["Say", "Hangup"]
    assert told.said.startswith("Sorry, we cannot take your call right now. A person will call")
    row = await the_call(pool)
    assert (row["status"], row["end_reason"], row["outcome"]) == ("failed", "lost", "lost")
    assert row["ended_at"] is not None
    assert row["token_expires_ms"] is None
    [(reason, _, note)] = await escalations(pool)
    assert (reason, note) == ("call_back", f"A phone call: The line was lost; call {DANA} back.")
    assert counted(context.metrics.calls_reoffered, "given_up") == 1
    assert counted(context.metrics.calls, "lost") == 1
    assert (await carrier.after()).verbs == ["Hangup"]
    assert len(await escalations(pool)) == 1


async def test_who_cannot_be_called_back_is_not_promised_it(carrier, pool):
    await carrier.ring(caller="anonymous")
    await pool.execute("UPDATE calls SET reoffered = 3")
    told = await carrier.after()
    assert (told.verbs, told.said) == (["Say", "Hangup"], UNABLE)
    [(_, _, note)] = await escalations(pool)
    assert "the number is withheld: nobody can be called back" in note


# --- the carrier reports ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reports", "status", "seconds"),
    [
        (["ringing", "in-progress"], "ringing", None),
        (["no-answer", "ringing"], "no_answer", None),
        (["completed", "ringing", "in-progress"], "missed", 12),
        (["busy", "completed", "failed"], "busy", 12),
        (["canceled", "canceled"], "missed", None),
    ],
)
async def test_reports_make_legal_moves_in_whatever_order_they_come(
    carrier, pool, reports, status, seconds
):
    await carrier.ring()
    for each in reports:
        lasted = {"CallDuration": "12"} if each == "completed" else {}
        response = await carrier.report(each, **lasted)
        assert (response.status, await response.text()) == (200, "")
    row = await the_call(pool)
    assert (row["status"], row["seconds"]) == (status, seconds)
    assert (row["ended_at"] is None) == (status == "ringing")


async def test_a_report_of_no_call_of_ours_or_of_no_known_status_changes_nothing(carrier, pool):
    assert (await carrier.report("completed", 7)).status == 200
    await carrier.ring()
    assert (await carrier.report("levitating")).status == 200
    assert (await the_call(pool))["status"] == "ringing"
    assert await pool.fetchval("SELECT count(*) FROM calls") == 1


async def test_a_call_is_counted_once_by_whoever_ended_it(carrier, context, pool):
    await carrier.ring()
    for _ in range(2):
        await carrier.report("no-answer")
    assert counted(context.metrics.calls, "no_answer") == 1
    async with carrier.connected(2) as line:
        await line.heard_ms(20)
        await carrier.report("completed", 2, CallDuration="1")
        await line.hang_up()

    async def over():
        return (await the_call(pool, 2))["outcome"]

    assert await eventually(over) == "abandoned"
    assert counted(context.metrics.calls, "completed") == 0
    assert counted(context.metrics.calls, "abandoned") == 1


async def test_who_hangs_up_while_lost_has_a_call_that_says_so(carrier, context, pool):
    async with carrier.connected() as line:
        await line.heard_ms(20)
        await line.close()
    await eventually(lambda: pool.fetchval("SELECT worker IS NULL FROM calls"))
    assert (await carrier.after()).verbs == ["Connect", "Redirect"]
    await carrier.report("completed", CallDuration="4")
    row = await the_call(pool)
    assert (row["status"], row["outcome"], row["end_reason"]) == ("completed", "lost", "lost")
    assert row["summary"].endswith("The call broke off.")
    assert counted(context.metrics.calls, "lost") == 1
