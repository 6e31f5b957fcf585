"""Control over HTTP: what a script can do, only with the token, and what it is told."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.simulators.stand_in import StandIn
from tests.simulators.stand_in_voice import VOICE, Media, VoiceStandIn
from tests.simulators.twilio import TwilioSimulator
from tests.simulators.twilio_sound import from_wav

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
        ("POST", "call"),
        ("GET", "call/CA1"),
    ]:
        assert (await ask(twilio, method, path, token=token))[0] == 401


async def test_a_simulator_without_a_token_cannot_be_controlled() -> None:
    async with TwilioSimulator() as twilio:
        assert (await ask(twilio, "GET", "ledger", token=""))[0] == 401


VOICE_PLAN = {"steps": [{"listen": True}], "quiet_seconds": 0.2}


async def test_a_call_is_placed_watched_and_given_back_with_its_audio() -> None:
    async def script(media: Media) -> None:
        await media.until("start")
        await media.play(100, "a")
        await media.until("mark")

    async with VoiceStandIn(script) as gateway, TwilioSimulator(control_token=TOKEN) as twilio:
        twilio.gateway_url = twilio.public_url = gateway.url
        status, placed = await ask(twilio, "POST", "call", {"from": THEM, **VOICE_PLAN})
        assert (status, placed["to"]) == (200, twilio.account.number)
        after, seen, now = placed["seq"], [], {"over": False}
        while not now["over"]:
            path = f"call/{placed['sid']}?after={after}&wait=5"
            _, now = await ask(twilio, "GET", path)
            after = now["seq"]
            seen += [event["what"] for event in now["timeline"]]
    assert now["status"] == "completed"
    assert sorted(seen).count("voice_started") == 1
    assert {"answered", "stream_opened", "mark", "ended"} <= set(seen)
    heard = from_wav(base64.b64decode(now["heard"]))
    spoken = from_wav(base64.b64decode(now["spoken"]))
    assert VOICE * 5 in heard
    assert len(heard) == len(spoken) == now["seconds"] * 8000


@pytest.mark.parametrize(
    "asked",
    [
        VOICE_PLAN,
        {"from": "+19165550100", **VOICE_PLAN},
        {"from": THEM},
        {"from": THEM, "steps": [{"dance": True}]},
    ],
)
async def test_a_call_that_nobody_could_make_is_refused(
    twilio: TwilioSimulator, asked: dict[str, object]
) -> None:
    status, told = await ask(twilio, "POST", "call", asked)
    assert status == 422
    assert told["error"]
    assert twilio.ledger.events() == []


async def test_a_call_that_was_never_placed_is_unknown(twilio: TwilioSimulator) -> None:
    assert (await ask(twilio, "GET", "call/CA1"))[0] == 404
