"""The fence of conftest.py: a test that tries to leave this machine fails."""

import asyncio
import socket
from contextlib import suppress

import pytest

fails = pytest.mark.xfail(strict=True, raises=pytest.fail.Exception)


@fails
def test_a_connection_to_another_machine_fails_a_test_that_would_hide_it():
    with suppress(OSError):
        socket.create_connection(("192.0.2.1", 9), timeout=1)


@fails
async def test_so_does_looking_up_a_name_from_asyncio():
    with suppress(OSError):
        await asyncio.open_connection("carrier.example", 443)


@fails
def test_so_does_a_datagram():
    with socket.socket(type=socket.SOCK_DGRAM) as client, suppress(OSError):
        client.sendto(b"hello", ("192.0.2.1", 9))


def test_this_machine_may_be_reached():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        assert client.getpeername() == server.getsockname()
