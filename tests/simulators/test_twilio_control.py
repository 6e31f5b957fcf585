"""Control over HTTP: what a script can do, only with the token, and what it is told."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.simulators.stand_in import StandIn
from tests.simulators.twilio import TwilioSimulator

THEM = "+14155550123"
TOKEN = "control-token"


@pytest.fixture
async def gateway() -> AsyncIterator[StandIn]:
    async with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
async def twilio(gateway: StandIn) -> AsyncIterator[TwilioSimulator]:
    async with TwilioSimulator(control_token=TOKEN) as simulator:
        simulator.gateway_url = simulator.public_url = gateway.url
        yield simulator


async def ask(
    twilio: TwilioSimulator, method: str, path: str, asked: object = None, token: str = TOKEN
) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session,
        session.request(method, f"{twilio.url}/simulator/{path}", json=asked) as response,
    ):
        return response.status, await response.json()


async def test_a_text_is_answered_with_what_became_of_its_webhook(
    twilio: TwilioSimulator, gateway: StandIn
) -> None:
    status, told = await ask(twilio, "POST", "text", {"from": THEM, "body": "hi"})
    assert status == 200
    assert told == {
        "sid": gateway.heard[0].form["MessageSid"],
        "to": twilio.account.number,
        "seq": 1,
        "webhook": 200,
        "failure": None,
        "stopped": False,
    }


async def test_a_gateway_that_is_down_is_told_as_such(
    twilio: TwilioSimulator, gateway: StandIn
) -> None:
    twilio.gateway_url = "http://127.0.0.1:1"
    _, told = await ask(twilio, "POST", "text", {"from": THEM, "body": "STOP"})
    assert (told["webhook"], told["failure"], told["stopped"]) == (None, "connect", True)
    assert gateway.heard == []


async def test_answers_are_read_from_where_one_left_off(twilio: TwilioSimulator) -> None:
    def create(text: str) -> None:
        twilio.line.create({"To": [THEM], "From": [twilio.account.number], "Body": [text]})

    create("one")
    _, told = await ask(twilio, "GET", f"messages?to=%2B{THEM[1:]}")
    assert [each["body"] for each in told["messages"]] == ["one"]
    after = told["messages"][0]["seq"]
    create("two")
    _, told = await ask(twilio, "GET", f"messages?to=%2B{THEM[1:]}&after={after}&wait=5")
    assert [each["body"] for each in told["messages"]] == ["two"]
    _, told = await ask(twilio, "GET", f"messages?to=%2B{THEM[1:]}&after={after + 9}&wait=0.01")
    assert told == {"messages": []}


async def test_faults_are_ordered_by_name(twilio: TwilioSimulator) -> None:
    assert await ask(twilio, "POST", "faults", ["accept_then_drop", None]) == (200, {"faults": 2})
    assert next(twilio.faults) is not None
    status, _ = await ask(twilio, "POST", "faults", ["set_on_fire"])
    assert status == 422


async def test_the_ledger_can_be_read(twilio: TwilioSimulator) -> None:
    await twilio.text(THEM, "hi")
    _, told = await ask(twilio, "GET", "ledger?after=1")
    assert told == {"events": list(twilio.ledger.events(after=1))}


@pytest.mark.parametrize(
    "asked",
    [
        {"body": "hi"},
        {"from": "4155550123", "body": "hi"},
        {"from": "+19165550100", "body": "hi"},
        {"from": THEM, "body": ""},
        {"from": THEM, "body": "x" * 1601},
        {"from": THEM, "body": "hi", "to": "+14155550199"},
    ],
)
async def test_what_no_handset_could_do_is_refused(
    twilio: TwilioSimulator, asked: dict[str, str]
) -> None:
    status, told = await ask(twilio, "POST", "text", asked)
    assert status == 422
    assert told["error"]
    assert twilio.ledger.events() == []


@pytest.mark.parametrize("token", ["", "guess", "control-token2"])
async def test_without_the_token_nothing_works(twilio: TwilioSimulator, token: str) -> None:
    for method, path in [
        ("POST", "text"),
        ("GET", "messages"),
        ("GET", "ledger"),
        ("POST", "faults"),
    ]:
        assert (await ask(twilio, method, path, token=token))[0] == 401


async def test_a_simulator_without_a_token_cannot_be_controlled() -> None:
    async with TwilioSimulator() as twilio:
        assert (await ask(twilio, "GET", "ledger", token=""))[0] == 401
