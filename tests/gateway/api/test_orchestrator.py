"""The pipeline for other programs: an inquiry in, a checked answer out, nothing sent."""

import asyncio
from uuid import uuid4

import pytest

from gateway.api.orchestrator import routes
from pipeline.inquiry.turn import ModelReply
from storage import conversations
from tests.storage.arrivals import DANA, arrive, idle, text

PREFIX = "/v1/ai/orchestrator"
ASKED = {
    "message": "how much for 20 adults, no kids?",
    "channel": "sms",
    "customer_context": {"name": "Dana", "phone": "(415) 555-0123", "zipcode": "95125"},
}


@pytest.fixture
async def client(serve):
    return await serve(routes(None))


@pytest.fixture
def post(client, tokens):
    async def post(body, path="process", **headers):
        response = await client.post(
            f"{PREFIX}/{path}", json=body, headers={**tokens["agent"], **headers}
        )
        return response.status, await response.json()

    return post


async def test_an_inquiry_is_answered_exactly_in_the_documented_shape(pool, post):
    status, answer = await post(ASKED)
    assert status == 200
    assert list(answer) == [
        "success",
        "response",
        "tools_used",
        "conversation_id",
        "requires_admin_review",
        "metadata",
    ]
    assert answer["success"] is True
    assert "$1,100.00" in answer["response"]
    [used] = answer["tools_used"]
    assert (used["tool_name"], used["success"]) == ("calculate_party_quote", True)
    assert used["parameters"]["adults"] == 20
    assert used["parameters"]["event_zipcode"] == "95125"
    assert (used["result"]["total"], used["result"]["balance"]) == (1100.0, 1000.0)
    assert used["execution_time_ms"] >= 0
    assert answer["requires_admin_review"] is False
    metadata = answer["metadata"]
    assert (metadata["model"], metadata["tools_count"]) == ("attendant", 1)
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 0
    assert await pool.fetchval("SELECT action FROM audit WHERE action LIKE 'inquiry%'") == (
        "inquiry.process"
    )


async def test_a_conversation_goes_on_by_its_id_and_by_its_customer(post):
    _, first = await post(ASKED)
    _, by_id = await post(
        {"message": "make it 25", "channel": "sms", "conversation_id": first["conversation_id"]}
    )
    assert "$1,375.00" in by_id["response"]
    _, by_phone = await post({**ASKED, "message": "and 10 filet"})
    assert by_phone["conversation_id"] == first["conversation_id"]
    assert "$1,425.00" in by_phone["response"]


async def test_without_an_identity_each_inquiry_is_a_new_conversation(post):
    anonymous = {"message": "20 adults", "channel": "web_chat"}
    (_, first), (_, second) = [await post(anonymous) for _ in range(2)]
    assert first["conversation_id"] != second["conversation_id"]


async def test_a_person_wanted_asks_for_review(pool, post):
    _, answer = await post({"message": "I want to talk to a manager", "channel": "email"})
    assert answer["requires_admin_review"] is True
    assert answer["metadata"]["escalation"] == "asked_for_person"
    assert await pool.fetchval("SELECT count(*) FROM escalations") == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"message": ""}, "message"),
        ({"message": 3}, "message"),
        ({"message": "x" * 4001}, "message"),
        ({"channel": "pigeon"}, "channel"),
        ({"channel": None}, "channel"),
        ({"customer_context": {"phone": "12"}}, "customer_context.phone"),
        ({"customer_context": {"email": "dana"}}, "customer_context.email"),
        ({"customer_context": {"name": "x" * 201}}, "customer_context.name"),
        ({"customer_context": {"zipcode": "9512"}}, "customer_context.zipcode"),
        ({"customer_context": {"age": "9"}}, "customer_context"),
        ({"customer_context": [1]}, "customer_context"),
        ({"conversation_id": "7"}, "conversation_id"),
        ({"price": 5}, "price"),
    ],
)
async def test_a_bad_field_is_named(post, changes, field):
    status, answer = await post({**ASKED, **changes})
    assert (status, list(answer["fields"])) == (422, [field])


async def test_an_unknown_conversation_is_404(post):
    status, answer = await post({**ASKED, "conversation_id": str(uuid4())})
    assert (status, answer) == (404, {"error": "there is no such conversation"})


async def test_text_that_no_database_holds_is_cleaned(pool, post):
    status, _ = await post({"message": "20 adults \0 \ud800 ok", "channel": "web_chat"})
    assert status == 200
    assert await pool.fetchval("SELECT body FROM messages WHERE direction = 'in'") == (
        "20 adults  \ufffd ok"
    )


async def test_a_batch_is_answered_in_order_each_on_its_own(post):
    inquiries = [
        {"message": f"{count} adults, no kids, 95125", "channel": "web_chat"}
        for count in range(11, 60)
    ]
    inquiries.insert(3, {"message": "", "channel": "sms"})
    status, answer = await post({"inquiries": inquiries}, "batch-process")
    assert status == 200
    results = answer["results"]
    assert results[3]["success"] is False
    assert "message" in results[3]["error"]
    totals = [each["tools_used"][0]["result"]["total"] for each in results if each["success"]]
    assert totals == [count * 55.0 for count in range(11, 60)]


@pytest.mark.parametrize(
    "body", [{}, {"inquiries": []}, {"inquiries": [ASKED] * 51}, {"inquiries": 1}, {"x": []}]
)
async def test_a_batch_holds_1_to_50(post, body):
    status, answer = await post(body, "batch-process")
    assert (status, list(answer["fields"])) == (422, ["inquiries"])


async def test_a_repeat_under_a_key_gets_the_first_answer_and_changes_nothing(pool, post):
    key = {"Idempotency-Key": "k1"}
    _, first = await post(ASKED, **key)
    assert await post(ASKED, **key) == (200, first)
    assert await pool.fetchval("SELECT count(*) FROM messages WHERE direction = 'in'") == 1
    status, answer = await post({**ASKED, "message": "other"}, **key)
    assert (status, list(answer["fields"])) == (422, ["Idempotency-Key"])


async def test_a_refused_request_leaves_its_key_free(post):
    key = {"Idempotency-Key": "k1"}
    body = {**ASKED, "conversation_id": str(uuid4())}
    assert (await post(body, **key))[0] == 404
    assert (await post(body, **key))[0] == 404


async def test_a_program_waits_for_the_texter_who_wrote_first(pool, post, context):
    accepted = await arrive(pool, text("20 adults"), debounce=60)
    waiting = asyncio.create_task(post({**ASKED, "conversation_id": str(accepted.conversation_id)}))
    done, _ = await asyncio.wait({waiting}, timeout=0.2)
    assert not done
    await pool.execute("UPDATE conversations SET due_at = NULL, answered_seq = last_seq")
    status, answer = await waiting
    assert (status, answer["conversation_id"]) == (200, str(accepted.conversation_id))


async def test_the_lane_is_free_after_an_answer(pool, post):
    _, answer = await post(ASKED)
    found = await conversations.find_by_identity(pool, "sms", [("phone", DANA)])
    assert str(found.conversation_id) == answer["conversation_id"]
    lane = await idle(pool, found.conversation_id)
    assert lane is not None


async def test_it_says_what_it_is_made_of(client, tokens):
    async def get(path):
        response = await client.get(f"{PREFIX}/{path}", headers=tokens["viewer"])
        return await response.json()

    config = await get("config")
    assert (config["model"], config["business_version"]) == ("attendant", 1)
    assert config["features"]["text_model"] is False
    health = await get("health")
    assert (health["status"], health["model"]) == ("healthy", "attendant")
    tools = (await get("tools"))["tools"]
    assert {"calculate_party_quote", "search_knowledge"} <= {each["name"] for each in tools}
    assert all(set(each) >= {"name", "description", "parameters"} for each in tools)
    assert sorted(each["name"] for each in tools) == health["tools"]


async def test_a_viewer_may_look_but_not_ask(client, tokens):
    response = await client.post(f"{PREFIX}/process", json=ASKED, headers=tokens["viewer"])
    assert response.status == 403


async def test_a_model_is_asked_and_named_where_there_is_one(serve, tokens):
    async def model(question):
        return ModelReply("Hello!", model="gpt", input_tokens=10, output_tokens=2)

    client = await serve(routes(model))
    response = await client.post(f"{PREFIX}/process", json=ASKED, headers=tokens["agent"])
    metadata = (await response.json())["metadata"]
    assert (metadata["model"], metadata["input_tokens"], metadata["output_tokens"]) == (
        "gpt",
        10,
        2,
    )
