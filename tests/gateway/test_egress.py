"""Requests to providers: what is known after each way an exchange can end."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from channels.contract import Reply, Request
from gateway import egress
from gateway.egress import drive, open_session, performer
from gateway.outbox import LEASE_SECONDS
from pipeline.errors import SendDelayed, SendUnknown
from pipeline.messages import Receipt


@asynccontextmanager
async def provider(answer):
    """A provider that reads one request and then does as told with its socket."""
    requests = []

    async def handle(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or b"0")
        requests.append(head + await reader.readexactly(length))
        if answer is not None:
            writer.write(answer)
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", requests


async def perform(url, body=b"a=b"):
    async with open_session() as session:
        return await performer(session)(Request("POST", url, {"x-one": "1"}, body))


async def test_a_reply_comes_back_with_lower_case_headers_and_its_body():
    answer = b"HTTP/1.1 201 Created\r\nX-Two: 2\r\nContent-Length: 4\r\n\r\n{ok}"
    async with provider(answer) as (url, requests):
        reply = await perform(url)
    assert (reply.status, reply.body, reply.headers["x-two"]) == (201, b"{ok}", "2")
    assert requests[0].endswith(b"\r\n\r\na=b")
    assert b"x-one: 1" in requests[0].lower()


async def test_a_redirect_is_an_answer_and_is_not_followed():
    answer = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    async with provider(answer) as (url, _):
        assert (await perform(url)).status == 302


async def test_nobody_listening_means_that_nothing_was_done():
    async with provider(b"") as (url, _):
        pass
    with pytest.raises(SendDelayed):
        await perform(url)


async def test_a_connection_dropped_after_the_request_leaves_its_fate_unknown():
    async with provider(None) as (url, requests):
        with pytest.raises(SendUnknown):
            await perform(url)
    assert len(requests) == 1


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\nhalf", b"garbage\r\n\r\n"]
)
async def test_half_an_answer_or_none_that_can_be_read_leaves_its_fate_unknown(answer):
    async with provider(answer) as (url, _):
        with pytest.raises(SendUnknown):
            await perform(url)


async def test_an_exchange_is_driven_one_request_at_a_time_to_its_result():
    asked = []

    def exchange():
        token = yield Request("POST", "https://provider/token")
        sent = yield Request(
            "POST", "https://provider/send", {"authorization": token.body.decode()}
        )
        return Receipt(sent.body.decode())

    async def answer(request):
        asked.append(request.url)
        return Reply(200, {}, str(len(asked)).encode())

    assert await drive(exchange(), answer) == Receipt("2")
    assert asked == ["https://provider/token", "https://provider/send"]


def test_an_exchange_has_less_time_than_its_claim():
    assert egress.DEADLINE_SECONDS < LEASE_SECONDS
