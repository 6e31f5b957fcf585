"""Other programs ask through the API: exact quotes, checked answers, in the documented shapes."""

import asyncio
import os
import sys
from uuid import UUID, uuid4

import pytest

from storage.people import Actor, issue_token
from tests.e2e.house import API_TOKEN, OWNER
from tests.e2e.program import ROOT

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.usefixtures("judged")]

PROCESS = "/v1/ai/orchestrator/process"
BATCH = "/v1/ai/orchestrator/batch-process"
TOTAL = "$1,100.00"
SCHEMATHESIS_EXAMPLES = 12
HOOKS = "tests.e2e.schemathesis_hooks"

PARTY = {
    "adults": 10,
    "children": 2,
    "toddlers": 1,
    "proteins": {"filet_mignon": 10, "chicken": 10},
    "addons": {"gyoza": 2},
    "zip": "95125",
    "event_date": "2027-12-12",
}
CENTS = {
    "base_cents": 61000,  # 10 x 55 + 2 x 30
    "upgrades_cents": 5000,  # 10 filet mignon at 5
    "extra_proteins_cents": 0,
    "addons_cents": 2000,
    "food_cents": 68000,
    "minimum_adjustment_cents": 0,
    "travel_cents": 0,
    "total_cents": 68000,
    "deposit_cents": 10000,
    "balance_cents": 58000,
    "gratuity_low_cents": 13600,
    "gratuity_high_cents": 23800,
}
QUOTE_FIELDS = [
    *("quote_id", "currency", "lines", "base_cents", "upgrades_cents", "extra_proteins_cents"),
    *("addons_cents", "food_cents", "minimum_adjustment_cents", "travel_cents", "travel_status"),
    *("total_cents", "deposit_cents", "balance_cents", "gratuity_low_cents"),
    *("gratuity_high_cents", "payment_fee_notes", "needs_staff", "reasons", "business_version"),
    "valid_until",
]


async def get(house, path, headers=OWNER):
    async with house.http.get(path, headers=headers) as response:
        return response.status, await response.json()


async def messages_in(house, conversation_id):
    return await house.pool.fetchval(
        "SELECT count(*) FROM messages WHERE conversation_id = $1", UUID(conversation_id)
    )


async def test_a_quote_is_exact_in_every_figure_and_can_be_had_again(house):
    status, quote, _ = await house.post("/v1/quotes", PARTY)
    assert status == 200
    assert list(quote) == QUOTE_FIELDS
    assert {name: quote[name] for name in CENTS} == CENTS
    assert {line["code"]: line["amount_cents"] for line in quote["lines"]} == {
        "adults": 55000,
        "children": 6000,
        "toddlers": 0,
        "upgrade:filet_mignon": 5000,
        "addon:gyoza": 2000,
    }
    assert (quote["travel_status"], quote["needs_staff"], quote["reasons"]) == (
        "estimated",
        False,
        [],
    )
    assert await get(house, f"/v1/quotes/{quote['quote_id']}") == (200, quote)
    assert (await get(house, f"/v1/quotes/{uuid4()}"))[0] == 404


async def test_every_field_that_is_wrong_is_named(house):
    wrong = {"adults": 0, "children": 51, "proteins": {"unicorn": 1}, "zip": "9512", "total": 1}
    status, refusal, _ = await house.post("/v1/quotes", wrong)
    assert status == 422
    assert refusal["error"]
    assert {name.partition(".")[0] for name in refusal["fields"]} == set(wrong)


async def test_who_holds_no_token_is_401_and_whose_role_may_not_is_403(house):
    viewer = await issue_token(house.pool, Actor("command:ann", "owner"), "a-screen", "viewer")
    for path in ("/v1/quotes", PROCESS, BATCH):
        for authorization, expected in (
            ("", 401),
            ("Bearer wrong-token-0123456789", 401),
            (f"Bearer {viewer}", 403),
        ):
            status, refusal, _ = await house.post(path, {}, Authorization=authorization)
            assert (status, list(refusal)) == (expected, ["error"])
    assert viewer not in house.program.log()


async def test_an_inquiry_gets_a_reply_in_the_documented_shape_and_nothing_is_sent(house):
    before = len(house.twilio.ledger.events("create_request"))
    inquiry = {
        "message": "How much is it for 20 adults?",
        "channel": "email",
        "customer_context": {
            "name": "Ann Canary",
            "email": "ann@canary.example",
            "zipcode": "95125",
        },
    }
    status, reply, _ = await house.post(PROCESS, inquiry)
    assert status == 200
    assert list(reply) == [
        *("success", "response", "tools_used", "conversation_id", "requires_admin_review"),
        "metadata",
    ]
    assert TOTAL in reply["response"]
    [tool] = reply["tools_used"]
    assert list(tool) == ["tool_name", "parameters", "result", "execution_time_ms", "success"]
    assert tool["tool_name"] == "calculate_party_quote"
    assert tool["parameters"] == {"adults": 20, "event_zipcode": "95125"}
    assert (tool["result"]["total"], tool["result"]["travel_fee"]) == (1100.0, 0.0)
    assert (reply["metadata"]["model"], reply["metadata"]["tools_count"]) == ("attendant", 1)

    await house.at_rest()
    assert len(house.twilio.ledger.events("create_request")) == before
    log = house.program.log()
    assert [each for each in ("Ann Canary", "ann@canary", "95125") if each in log] == []


async def test_a_conversation_goes_on_by_its_id_or_by_who_it_is(house):
    context = {"email": "bob@canary.example"}
    first = {"message": "we are 20 adults", "channel": "web_chat", "customer_context": context}
    _, reply, _ = await house.post(PROCESS, first)
    conversation = reply["conversation_id"]

    by_id = {"message": "in 95125", "channel": "web_chat", "conversation_id": conversation}
    _, reply, _ = await house.post(PROCESS, by_id)
    assert TOTAL in reply["response"]
    by_person = {**first, "message": "make that 22 adults please"}
    _, reply, _ = await house.post(PROCESS, by_person)
    assert (reply["conversation_id"], "$1,210.00" in reply["response"]) == (conversation, True)

    status, refusal, _ = await house.post(PROCESS, {**by_id, "conversation_id": str(uuid4())})
    assert (status, list(refusal)) == (404, ["error"])


async def test_a_program_speaks_in_the_texters_own_conversation(house, customer):
    await house.ask(customer, "hello, we are 20 adults")
    inquiry = {
        "message": "the party is in 95125",
        "channel": "sms",
        "customer_context": {"phone": customer},
    }
    _, reply, _ = await house.post(PROCESS, inquiry)
    assert TOTAL in reply["response"]
    assert "$1,210.00" in await house.ask(customer, "make that 22 adults")


async def test_a_repeat_under_the_same_key_gets_the_first_answer_and_does_nothing(house):
    inquiry = {"message": "quote for 20 adults in 95125", "channel": "web_chat"}
    key = {"Idempotency-Key": f"test-{uuid4()}"}
    _, first, headers = await house.post(PROCESS, inquiry, **key)
    assert "Idempotency-Replayed" not in headers
    status, again, headers = await house.post(PROCESS, inquiry, **key)
    assert (status, again, headers["Idempotency-Replayed"]) == (200, first, "true")
    assert await messages_in(house, first["conversation_id"]) == 2

    status, refusal, _ = await house.post(PROCESS, {**inquiry, "message": "other"}, **key)
    assert (status, list(refusal["fields"])) == (422, ["Idempotency-Key"])


async def test_five_repeats_at_once_are_one_inquiry(house):
    inquiry = {
        "message": "quote for 20 adults in 95125",
        "channel": "web_chat",
        "customer_context": {"email": "cleo@canary.example"},
    }
    key = {"Idempotency-Key": f"test-{uuid4()}"}
    answers = await asyncio.gather(*(house.post(PROCESS, inquiry, **key) for _ in range(5)))
    assert {status for status, _, _ in answers} <= {200, 409}
    [conversation] = {reply["conversation_id"] for status, reply, _ in answers if status == 200}
    assert await messages_in(house, conversation) == 2


async def test_a_batch_of_fifty_is_answered_in_order_and_one_more_is_refused(house):
    inquiries = [
        {"message": f"quote for {adults} adults in 95125", "channel": "web_chat"}
        for adults in range(11, 61)
    ]
    inquiries[7] = {"message": "", "channel": "pigeon"}
    status, answer, _ = await house.post(BATCH, {"inquiries": inquiries})
    assert (status, list(answer), len(answer["results"])) == (200, ["results"], 50)
    for adults, result in zip(range(11, 61), answer["results"], strict=True):
        if adults == 18:
            assert result["success"] is False
            assert set(result["fields"]) == {"message", "channel"}
        else:
            assert f"${adults * 55:,}.00" in result["response"]
    status, refusal, _ = await house.post(BATCH, {"inquiries": [*inquiries, inquiries[0]]})
    assert (status, list(refusal["fields"])) == (422, ["inquiries"])


async def test_it_says_what_answers_and_what_it_can_do(house):
    status, config = await get(house, "/v1/ai/orchestrator/config")
    assert (status, list(config)) == (200, ["model", "features", "business_version"])
    assert config["model"] == "attendant"
    status, health = await get(house, "/v1/ai/orchestrator/health")
    assert (status, list(health)) == (200, ["status", "model", "tools"])
    status, tools = await get(house, "/v1/ai/orchestrator/tools")
    assert status == 200
    assert sorted(tool["name"] for tool in tools["tools"]) == health["tools"]
    assert all(list(tool)[:3] == ["name", "description", "parameters"] for tool in tools["tools"])


async def test_the_api_is_as_its_own_description_says(house, tmp_path):
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run"),
        f"{house.program.url}/v1/openapi.json",
        *("--checks", "all", "--max-examples", str(SCHEMATHESIS_EXAMPLES), "--seed", "1"),
        *("--no-color", "--workers", "1"),
    ]
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SCHEMATHESIS_HOOKS": HOOKS,
            "TOKEN": API_TOKEN,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
