"""GET /v1/calls: what was said, what it came to and what it cost, to whoever may look."""

import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.api import calls as api
from gateway.api import openapi
from pipeline.call.status import CallReport, CallStatus
from pipeline.call.turns import Turn
from pipeline.errors import InvalidFields
from storage import calls
from storage.call_turns import keep_message, keep_turn
from storage.sessions import CallSession, Sessions
from tests.storage.arrivals import DANA, LEE, US
from tests.storage.test_call_records import priced, sid
from tests.storage.test_calls import again, end, rang, taken_up

SAMPLES = Path(__file__).parents[2] / "samples" / "caller"
HEADER_BYTES = 58
LISTED = [
    *("call_id", "conversation_id", "provider", "provider_id", "direction", "status", "live"),
    *("caller", "callee", "forwarded_from", "answered_by", "model_failed", "streams"),
    *("business_version", "end_reason", "outcome", "summary", "quote_ids", "usage", "cost_usd"),
    *("timings", "seconds", "created_at", "answered_at", "ended_at"),
]
GREETING = Turn("item_1", 0, "model", "Hello! I am an AI.", 120, 2000, 2000)
ASKED = Turn("item_2", 1, "caller", "How much for twenty?", 2400)
SORRY = Turn("item_1", 0, "attendant", "Sorry, I am", 60, 400, 900, interrupted=True)


@pytest.fixture
async def client(serve):
    return await serve(api.ROUTES)


@pytest.fixture
def shape(context):
    document = openapi.document(context.business, "http://127.0.0.1:8080")

    def check(name, answer):
        root = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        jsonschema_rs.Draft202012Validator(root, validate_formats=True).validate(answer)

    return check


async def asked(client, path, headers):
    async with client.get(path, headers=headers) as response:
        return response.status, await response.json()


async def whole_call(pool):
    """A call that was lost once, quoted a price, and took a message."""
    attached = await taken_up(pool, sid(1))
    await keep_turn(pool, attached.call_id, 1, GREETING)
    await keep_turn(pool, attached.call_id, 1, ASKED)
    await calls.detach(pool, attached.call_id, 1, timings={"first_audio_ms": 480})
    await again(pool, attached.call_id, sid=sid(1))
    await keep_turn(pool, attached.call_id, 2, SORRY)
    quote = await priced(pool, attached.inquiry_id)
    await keep_message(pool, attached.call_id, b"\x7f" * 12_000)
    await end(
        pool,
        attached.call_id,
        usage={"input_audio": 900, "output_audio": 350},
        cost_micros=51_200,
        timings={"first_audio_ms": 390, "gaps_ms": [700]},
    )
    await calls.report(pool, CallReport("twilio", sid(1), CallStatus.COMPLETED, 61))
    return attached, quote


async def test_a_call_is_shown_whole_and_in_order(client, pool, tokens, shape):
    attached, quote = await whole_call(pool)
    path = f"/v1/calls/{attached.call_id}"
    status, call = await asked(client, path, tokens["viewer"])
    assert status == 200
    shape("Call", call)
    assert list(call) == [*LISTED, "turns", "messages"]
    assert (call["status"], call["outcome"], call["seconds"]) == ("completed", "quoted", 61)
    assert (call["caller"], call["callee"], call["provider_id"]) == (DANA, US, sid(1))
    assert (call["streams"], call["live"], call["forwarded_from"]) == (2, False, None)
    assert call["quote_ids"] == [str(quote)]
    assert (call["usage"], call["cost_usd"]) == ({"input_audio": 900, "output_audio": 350}, 0.0512)
    assert call["timings"] == [
        {"stream": 1, "first_audio_ms": 480},
        {"stream": 2, "first_audio_ms": 390, "gaps_ms": [700]},
    ]
    said = [(turn["stream"], turn["speaker"], turn["text"]) for turn in call["turns"]]
    assert said == [
        (1, "model", "Hello! I am an AI."),
        (1, "caller", "How much for twenty?"),
        (2, "attendant", "Sorry, I am"),
    ]
    assert (call["turns"][1]["heard_ms"], call["turns"][2]["interrupted"]) == (None, True)
    [message] = call["messages"]
    assert (message["number"], message["seconds"]) == (1, 1.5)
    assert message["audio"] == f"{path}/messages/1"


async def test_a_spoken_message_can_be_played(client, pool, tokens):
    attached, _ = await whole_call(pool)
    path = f"/v1/calls/{attached.call_id}/messages"
    async with client.get(f"{path}/1", headers=tokens["viewer"]) as response:
        assert (response.status, response.content_type) == (200, "audio/wav")
        assert await response.read() == api.wav(b"\x7f" * 12_000)
    other = f"/v1/calls/{uuid4()}/messages/1"
    for wrong in (*(f"{path}/{number}" for number in ("0", "2", "-1", "x", "9" * 30)), other):
        status, refusal = await asked(client, wrong, tokens["viewer"])
        assert (status, refusal) == (404, {"error": "there is no such message"})


async def test_calls_are_listed_newest_first_and_page_by_page(client, pool, tokens, shape):
    for number in range(5):
        await calls.ring(pool, rang(sid(number)))
    seen, path = [], "/v1/calls?limit=2"
    while path:
        status, page = await asked(client, path, tokens["viewer"])
        assert status == 200
        shape("Calls", page)
        assert list(page["calls"][0]) == LISTED
        seen += [call["provider_id"] for call in page["calls"]]
        path = page["next"] and f"/v1/calls?limit=2&before={page['next']}"
    assert seen == [sid(number) for number in (4, 3, 2, 1, 0)]
    status, whole = await asked(client, "/v1/calls?limit=5", tokens["viewer"])
    assert (len(whole["calls"]), whole["next"]) == (5, None)


async def test_calls_are_chosen_by_state_and_by_the_carriers_id(client, pool, tokens):
    await whole_call(pool)
    await calls.ring(pool, rang(sid(2), None))

    async def chosen(query):
        status, page = await asked(client, f"/v1/calls?{query}", tokens["viewer"])
        assert status == 200
        return [call["provider_id"] for call in page["calls"]]

    assert await chosen("status=ringing") == [sid(2)]
    assert await chosen("status=ringing&status=completed") == [sid(2), sid(1)]
    assert await chosen("status=busy") == []
    assert await chosen(f"provider_id={sid(1)}") == [sid(1)]
    assert await chosen("provider_id=CA-nobody") == []
    assert await chosen("") == [sid(2), sid(1)]


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("status=over", ["status"]),
        ("status=", ["status"]),
        ("limit=0&before=7&status=x", ["status", "limit", "before"]),
        ("limit=201", ["limit"]),
        ("limit=%EF%BC%95", ["limit"]),
        ("limit=-1", ["limit"]),
        ("limit=1&limit=2", ["limit"]),
        ("before={11111111-1111-4111-8111-111111111111}", ["before"]),
        ("provider_id=%00", ["provider_id"]),
        ("provider_id=" + "x" * 101, ["provider_id"]),
        ("state=ringing", ["state"]),
    ],
)
async def test_a_parameter_that_is_wrong_is_named(client, tokens, shape, query, fields):
    status, refusal = await asked(client, f"/v1/calls?{query}", tokens["viewer"])
    assert (status, list(refusal["fields"])) == (422, fields)
    shape("Error", refusal)


@given(st.text(max_size=20) | st.integers(-5, 300).map(str))
def test_a_limit_is_read_in_one_way_or_refused(given_limit):
    if re.fullmatch("[0-9]{1,3}", given_limit, re.ASCII) and 1 <= int(given_limit) <= 200:
        assert api.wanted([("limit", given_limit)])["limit"] == int(given_limit)
    else:
        with pytest.raises(InvalidFields) as refused:
            api.wanted([("limit", given_limit)])
        assert list(refused.value.fields) == ["limit"]


async def test_what_is_not_there_is_404(client, tokens):
    for path in ("/v1/calls/none", f"/v1/calls/{uuid4()}"):
        status, refusal = await asked(client, path, tokens["viewer"])
        assert (status, refusal) == (404, {"error": "there is no call of this id"})
    status, refusal = await asked(client, f"/v1/calls?before={uuid4()}", tokens["viewer"])
    assert (status, refusal["fields"]) == (404, {"before": "is no call"})


async def test_a_call_that_goes_on_is_said_to(client, context, pool, tokens):
    going = await taken_up(pool, sid(1), DANA)
    lost = await taken_up(pool, sid(2), LEE)
    await context.sessions.put_call(
        CallSession(going.call_id, 1, "test:0", "in_progress", DANA, datetime.now(UTC), "Hello!")
    )
    _, page = await asked(client, "/v1/calls", tokens["viewer"])
    live = {call["call_id"]: call["live"] for call in page["calls"]}
    assert live == {str(going.call_id): True, str(lost.call_id): False}
    away, context.sessions = context.sessions, Sessions("unix:///nowhere.sock", [].append)
    _, call = await asked(client, f"/v1/calls/{going.call_id}", tokens["viewer"])
    assert call["live"] is None
    await context.sessions.close()
    context.sessions = away


async def test_nobody_looks_without_a_token(client):
    for path in ("/v1/calls", f"/v1/calls/{uuid4()}", f"/v1/calls/{uuid4()}/messages/1"):
        status, _ = await asked(client, path, {})
        assert status == 401


@pytest.mark.parametrize("sample", ["01-quote", "07-yes"])
def test_a_wav_file_is_as_another_program_writes_it(sample):
    """The samples are mu-law WAV files made by no code of this project."""
    written = (SAMPLES / f"{sample}.wav").read_bytes()
    frames = int.from_bytes(written[46:50], "little")
    assert api.wav(written[HEADER_BYTES : HEADER_BYTES + frames]) == written


@given(st.binary(max_size=9))
def test_a_wav_files_sizes_are_right_for_every_length(audio):
    made = api.wav(audio)
    assert int.from_bytes(made[4:8], "little") == len(made) - 8
    assert int.from_bytes(made[54:58], "little") == len(audio)
    assert made[58 : 58 + len(audio)] == audio
    assert len(made) % 2 == 0
