"""What every channel promises, whichever it is: proof first, secrets kept, TLS or this machine."""

import dataclasses
import io
from collections.abc import Mapping
from contextlib import redirect_stdout
from uuid import UUID

import pytest

from channels import CHANNELS, channel_class
from channels.contract import Reply, TextChannel, Webhook
from pipeline.errors import Rejected, SendUnknown
from pipeline.ids import MessageId
from pipeline.messages import OutboundMessage

BASE = "https://gw.example.com"
SETTINGS: Mapping[str, Mapping[str, str]] = {
    "twilio-sms": {
        "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000001",
        "TWILIO_AUTH_TOKEN": "canary-token",
        "TWILIO_AUTH_TOKEN_SECONDARY": "canary-token-two",
        "TWILIO_NUMBER": "+19165550100",
    },
}
"""Settings that switch each channel on; a secret's value says canary."""


def channel(name: str) -> TextChannel:
    values = {
        field.name: SETTINGS[name][field.metadata["setting"]]
        for field in dataclasses.fields(channel_class(name))  # type: ignore[arg-type]
        if field.metadata.get("setting") in SETTINGS[name]
    }
    return channel_class(name)(**values)


def order(sender: TextChannel) -> OutboundMessage:
    message_id = MessageId(UUID("11111111-2222-4333-8444-555555555555"))
    return OutboundMessage(message_id, sender.CHANNEL, sender.address, "+14155550123", "hi")


@pytest.fixture(params=CHANNELS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_setting_of_a_channel_has_a_name_and_says_what_it_is(name: str) -> None:
    declared = dataclasses.fields(channel_class(name))  # type: ignore[arg-type]
    assert declared
    for field in declared:
        assert field.metadata["setting"] == field.metadata["setting"].upper()
        assert field.metadata["about"]


def test_a_channel_cannot_be_changed_once_made(name: str) -> None:
    made = channel(name)
    field = dataclasses.fields(made)[0]  # type: ignore[arg-type]
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, field.name, "other")


def test_a_channel_names_itself_and_its_routes(name: str) -> None:
    made = channel(name)
    assert made.CHANNEL
    assert made.PROVIDER
    assert made.address
    assert 0 < made.BODY_LIMIT <= 32 * 1024 * 1024
    assert made.NO_ANSWER.status == 200
    assert all(path.startswith(f"/webhooks/{made.PROVIDER}") for path in made.PATHS)


def test_no_two_channels_share_a_route() -> None:
    paths = [path for each in CHANNELS for path in channel_class(each).PATHS]
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "HEAD"])
@pytest.mark.parametrize("body", [b"", b"{}", b"a=b", b"\xff\x00", b'{"entry": {}}'])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "application/json", ""])
def test_what_proves_nothing_is_rejected_on_every_route(
    name: str, method: str, body: bytes, kind: str
) -> None:
    made = channel(name)
    for path in made.PATHS:
        request = Webhook(method, BASE + path, path, {"content-type": kind}, body)
        with pytest.raises(Rejected) as caught:
            made.receive(request)
        assert str(caught.value).isidentifier()  # a short reason that can be counted


def test_no_secret_is_shown(name: str) -> None:
    made = channel(name)
    request = next(made.send(order(made), BASE))
    with redirect_stdout(io.StringIO()) as shown:
        print(made, repr(made), request, repr(request))
    assert "canary" not in shown.getvalue()


def test_messages_are_handed_over_only_by_tls(name: str) -> None:
    made = channel(name)
    assert next(made.send(order(made), BASE)).url.startswith("https://")


def test_an_empty_answer_is_no_receipt(name: str) -> None:
    made = channel(name)
    exchange = made.send(order(made), BASE)
    next(exchange)
    with pytest.raises(SendUnknown):
        exchange.send(Reply(200, {}, b""))
