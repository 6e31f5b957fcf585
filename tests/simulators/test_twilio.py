"""The simulator over real sockets, and the vendor's own client against it."""

import asyncio
from collections.abc import AsyncIterator, Generator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import repeat
from types import SimpleNamespace
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import aiohttp
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from channels.contract import Reply, Request, Webhook
from channels.twilio_sms import TwilioSms
from pipeline.errors import SendBlocked, SendDelayed, SendFailed
from pipeline.ids import MessageId
from pipeline.messages import Delivery, DeliveryReport, InboundMessage, OutboundMessage, Receipt
from tests.simulators.stand_in import StandIn
from tests.simulators.twilio import TwilioSimulator
from tests.simulators.twilio_faults import PLANS, FaultKind
from tests.simulators.twilio_line import CARRIER_SAYS

PUBLIC = "https://gw.example.com"
THEM = "+14155550123"
Result = TypeVar("Result")


@pytest.fixture
async def gateway() -> AsyncIterator[StandIn]:
    async with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
async def twilio(gateway: StandIn) -> AsyncIterator[TwilioSimulator]:
    async with TwilioSimulator() as simulator:
        simulator.gateway_url, simulator.public_url = gateway.url, PUBLIC
        yield simulator


def channel(twilio: TwilioSimulator) -> TwilioSms:
    account = twilio.account
    return TwilioSms(account.sid, account.token, account.number, api_url=twilio.url)


def order(text: str = "Your total is $1,200.") -> OutboundMessage:
    return OutboundMessage(MessageId(uuid4()), "sms", "", THEM, text)


async def perform(request: Request) -> Reply:
    async with (
        aiohttp.ClientSession() as session,
        session.request(
            request.method, request.url, headers=request.headers, data=request.body or None
        ) as response,
    ):
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status, headers, await response.read())


async def drive(exchange: Generator[Request, Reply, Result]) -> Result:
    try:
        request = next(exchange)
        while True:
            request = exchange.send(await perform(request))
    except StopIteration as done:
        result: Result = done.value
        return result


async def send(twilio: TwilioSimulator, message: OutboundMessage) -> Receipt:
    return await drive(channel(twilio).send(message, PUBLIC))


def facts(twilio: TwilioSimulator, gateway: StandIn) -> Sequence[InboundMessage | DeliveryReport]:
    """What our channel makes of the webhooks that arrived."""
    found: list[InboundMessage | DeliveryReport] = []
    for heard in gateway.heard:
        path = urlsplit(heard.path).path
        webhook = Webhook("POST", PUBLIC + heard.path, path, heard.headers, heard.body)
        found += channel(twilio).receive(webhook).facts
    return found


async def test_a_text_reaches_the_gateway_so_that_our_channel_believes_it(
    twilio: TwilioSimulator, gateway: StandIn
) -> None:
    sid = await twilio.text(THEM, "Héllo 😀", media=["https://m.example/1"])
    [fact] = facts(twilio, gateway)
    assert fact == InboundMessage(
        channel="sms",
        provider="twilio",
        provider_id=fact.provider_id,
        sender=THEM,
        recipient=twilio.account.number,
        text="Héllo 😀",
        media=("https://m.example/1",),
    )
    assert fact.provider_id == sid


async def test_copies_of_a_webhook_are_told_apart_by_nothing_but_their_idempotency_token(
    twilio: TwilioSimulator, gateway: StandIn
) -> None:
    await twilio.text(THEM, "hi", copies=3)
    assert len(gateway.heard) == 3
    assert len({heard.form["MessageSid"] for heard in gateway.heard}) == 1


async def test_a_message_of_ours_is_received_and_reported_on_with_our_id(
    twilio: TwilioSimulator, gateway: StandIn
) -> None:
    message = order()
    receipt = await send(twilio, message)
    assert await twilio.received(THEM) == message.text
    await twilio.reported()
    assert facts(twilio, gateway) == [
        DeliveryReport("twilio", receipt.provider_id, status, message.message_id)
        for status in (Delivery.ACCEPTED, Delivery.SENT, Delivery.DELIVERED)
    ]


async def test_each_text_is_received_once_and_in_order(twilio: TwilioSimulator) -> None:
    for text in ("one", "two"):
        await send(twilio, order(text))
    assert [await twilio.received(THEM) for _ in range(2)] == ["one", "two"]
    assert await twilio.received(THEM, 0.01) is None
    assert await twilio.received("+14155550199", 0.01) is None


@pytest.mark.parametrize("fault", ["accept_then_drop", "accept_then_error"])
async def test_a_message_exists_though_its_creator_never_heard_and_can_be_found(
    twilio: TwilioSimulator, fault: FaultKind
) -> None:
    twilio.fail([fault])
    message = order()
    with pytest.raises((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, SendFailed)):
        await send(twilio, message)
    assert await twilio.received(THEM) == message.text
    since = datetime.now(UTC) - timedelta(seconds=5)
    [found] = await drive(channel(twilio).find(message, since))
    assert found.provider_id in twilio.line.messages


@pytest.mark.parametrize("fault", ["drop_before", "error_before"])
async def test_what_fails_before_leaves_nothing_to_find(
    twilio: TwilioSimulator, fault: FaultKind
) -> None:
    twilio.fail([fault])
    message = order()
    with pytest.raises((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, SendFailed)):
        await send(twilio, message)
    since = datetime.now(UTC) - timedelta(seconds=5)
    assert await drive(channel(twilio).find(message, since)) == []
    assert (await send(twilio, message)).segments == 1


async def test_a_throttle_says_how_long_to_wait(twilio: TwilioSimulator) -> None:
    twilio.fail(["throttle", None])
    with pytest.raises(SendDelayed) as caught:
        await send(twilio, order())
    assert caught.value.retry_after == 1.0
    assert await send(twilio, order())


async def test_a_list_longer_than_a_page_is_found_through(twilio: TwilioSimulator) -> None:
    for number in range(205):
        twilio.line.create({"To": [THEM], "From": [twilio.account.number], "Body": [str(number)]})
    message = order("0")
    [found] = await drive(channel(twilio).find(message, datetime.now(UTC) - timedelta(minutes=1)))
    assert twilio.line.messages[found.provider_id].body == "0"
    assert len(twilio.ledger.events("listed")) == 2


async def test_after_stop_the_carrier_answers_and_we_are_refused(twilio: TwilioSimulator) -> None:
    await twilio.text(THEM, "stop")
    assert await twilio.received(THEM) == CARRIER_SAYS["STOP"]
    with pytest.raises(SendBlocked):
        await send(twilio, order())
    await twilio.text(THEM, "START")
    assert await twilio.received(THEM) == CARRIER_SAYS["START"]
    assert await send(twilio, order())


async def test_advanced_opt_out_says_so_in_the_webhook(gateway: StandIn) -> None:
    async with TwilioSimulator(advanced_opt_out=True) as twilio:
        twilio.gateway_url = twilio.public_url = gateway.url
        await twilio.text(THEM, "STOP")
        await twilio.text(THEM, "hello")
    assert [heard.form.get("OptOutType") for heard in gateway.heard] == ["STOP", None]


@pytest.mark.parametrize("plan", ["in_order", "reordered", "duplicated", "lost"])
async def test_callbacks_come_as_planned(gateway: StandIn, plan: str) -> None:
    async with TwilioSimulator(callbacks=PLANS[plan]) as twilio:
        twilio.gateway_url, twilio.public_url = gateway.url, PUBLIC
        receipt = await send(twilio, order())
        await twilio.reported()
        message = twilio.line.messages[receipt.provider_id]
    assert message.status == "delivered"
    planned = [status for _, status in PLANS[plan](message)]
    assert [heard.form["MessageStatus"] for heard in gateway.heard] == planned


async def test_a_handset_that_cannot_be_reached_is_reported(
    twilio: TwilioSimulator, gateway: StandIn
) -> None:
    twilio.line.unreachable[THEM] = 30003
    await send(twilio, order())
    await twilio.reported()
    assert gateway.heard[-1].form["MessageStatus"] == "undelivered"
    assert gateway.heard[-1].form["ErrorCode"] == "30003"


async def test_nobody_but_the_gateway_is_called_back(
    twilio: TwilioSimulator, gateway: StandIn
) -> None:
    await drive(channel(twilio).send(order(), "https://elsewhere.example"))
    await twilio.reported()
    assert gateway.heard == []
    assert twilio.ledger.events("callback_refused")


async def test_stopping_leaves_no_callback_behind(gateway: StandIn) -> None:
    async with TwilioSimulator(callbacks=lambda _: list(repeat((60.0, "sent"), 9))) as twilio:
        twilio.gateway_url, twilio.public_url = gateway.url, PUBLIC
        await send(twilio, order())
    assert gateway.heard == []


class _Redirected:
    """The vendor's HTTP client, with its host replaced by the simulator's."""

    is_async = True

    def __init__(self, url: str) -> None:
        self._url = url
        self._real = AsyncTwilioHttpClient()

    async def request(self, method: str, uri: str, **details: object) -> object:
        parts = urlsplit(uri)
        return await self._real.request(method, f"{self._url}{parts.path}?{parts.query}", **details)

    async def close(self) -> None:
        await self._real.close()


@pytest.fixture
async def vendors(twilio: TwilioSimulator) -> AsyncIterator[SimpleNamespace]:
    """The vendor's own client: right(credentials) and wrong."""
    http = _Redirected(twilio.url)
    sid, token = twilio.account.sid, twilio.account.token
    yield SimpleNamespace(
        right=Client(sid, token, http_client=http), wrong=Client(sid, "guess", http_client=http)
    )
    await http.close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # in the vendor's own client
async def test_the_vendors_client_sends_fetches_and_lists(
    twilio: TwilioSimulator, vendors: SimpleNamespace
) -> None:
    messages = vendors.right.messages
    for number in range(3):
        await messages.create_async(to=THEM, from_=twilio.account.number, body=f"text {number}")
    await twilio.text(THEM, "an answer")
    listed = await messages.list_async(to=THEM, page_size=2)
    assert [each.body for each in listed] == ["text 2", "text 1", "text 0"]
    assert listed[0].date_created.tzinfo is not None
    today = datetime.now(UTC).date()
    assert len(await messages.list_async(date_sent_after=today, page_size=100)) == 4
    fetched = await messages(listed[1].sid).fetch_async()
    assert (fetched.body, fetched.direction) == ("text 1", "outbound-api")
    assert await twilio.received(THEM) == "text 0"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # in the vendor's own client
async def test_the_vendors_client_understands_each_refusal(
    twilio: TwilioSimulator, vendors: SimpleNamespace
) -> None:
    ours = twilio.account.number
    for client, number, code in [
        (vendors.right, "12345", 21211),
        (vendors.wrong, THEM, 20003),
    ]:
        with pytest.raises(TwilioRestException) as caught:
            await client.messages.create_async(to=number, from_=ours, body="hi")
        assert caught.value.code == code
    with pytest.raises(TwilioRestException) as caught:
        await vendors.right.messages("SM" + "0" * 32).fetch_async()
    assert caught.value.status == 404


async def test_many_at_once_are_all_there(twilio: TwilioSimulator, gateway: StandIn) -> None:
    numbers = [f"+1415555{number:04}" for number in range(40)]
    await asyncio.gather(*(twilio.text(number, "hi") for number in numbers))
    assert sorted(heard.form["From"] for heard in gateway.heard) == numbers
