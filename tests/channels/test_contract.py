"""What every channel promises, whichever it is: proof first, secrets kept, TLS or this machine."""

import dataclasses
import io
from collections.abc import Mapping
from contextlib import redirect_stdout
from uuid import UUID

import pytest

from channels import CHANNELS, channel_class
from channels.contract import (
    Reply,
    TextChannel,
    VoiceChannel,
    Webhook,
    secret_values,
    takes_calls,
)
from pipeline.errors import ProtocolError, Rejected, SendUnknown
from pipeline.events import Mark, Play, StopPlaying
from pipeline.ids import MarkName, MessageId
from pipeline.messages import OutboundMessage

BASE = "https://gw.example.com"
TWILIO = {
    "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000001",
    "TWILIO_AUTH_TOKEN": "canary-token",
    "TWILIO_AUTH_TOKEN_SECONDARY": "canary-token-two",
    "TWILIO_NUMBER": "+19165550100",
}
SETTINGS: Mapping[str, Mapping[str, str]] = {"twilio-sms": TWILIO, "twilio-voice": TWILIO}
"""Settings that switch each channel on; a secret's value says canary."""


VOICES = [name for name in CHANNELS if takes_calls(channel_class(name))]
TEXTS = [name for name in CHANNELS if name not in VOICES]


def channel(name: str) -> TextChannel | VoiceChannel:
    values = {
        field.name: SETTINGS[name][field.metadata["setting"]]
        for field in dataclasses.fields(channel_class(name))  # type: ignore[arg-type]
        if field.metadata.get("setting") in SETTINGS[name]
    }
    return channel_class(name)(**values)


def text_channel(name: str) -> TextChannel:
    made = channel(name)
    assert hasattr(made, "send")
    assert not takes_calls(made)
    return made  # type: ignore[return-value]


def voice_channel(name: str) -> VoiceChannel:
    made = channel(name)
    assert hasattr(made, "media")
    assert takes_calls(made)
    return made  # type: ignore[return-value]


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
    paths += [voice_channel(each).MEDIA_PATH for each in VOICES]
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


def shown(*things: object) -> str:
    with redirect_stdout(io.StringIO()) as written:
        print(*things, *map(repr, things))
    return written.getvalue()


def test_a_channels_secrets_are_known_and_not_shown(name: str) -> None:
    made = channel(name)
    assert all("canary" in secret for secret in secret_values(made))
    assert len(secret_values(made)) >= 1
    assert "canary" not in shown(made)


@pytest.mark.parametrize("name", TEXTS)
def test_no_secret_is_shown_by_a_request(name: str) -> None:
    made = text_channel(name)
    assert "canary" not in shown(next(made.send(order(made), BASE)))


@pytest.mark.parametrize("name", TEXTS)
def test_messages_are_handed_over_only_by_tls(name: str) -> None:
    made = text_channel(name)
    assert next(made.send(order(made), BASE)).url.startswith("https://")


@pytest.mark.parametrize("name", TEXTS)
def test_an_empty_answer_is_no_receipt(name: str) -> None:
    made = text_channel(name)
    exchange = made.send(order(made), BASE)
    next(exchange)
    with pytest.raises(SendUnknown):
        exchange.send(Reply(200, {}, b""))


@pytest.mark.parametrize("name", VOICES)
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_a_media_socket_that_proves_nothing_is_rejected(name: str, method: str) -> None:
    made = voice_channel(name)
    request = Webhook(method, BASE + made.MEDIA_PATH, made.MEDIA_PATH, {}, b"")
    with pytest.raises(Rejected) as caught:
        made.prove_media(request)
    assert str(caught.value).isidentifier()


@pytest.mark.parametrize("name", VOICES)
def test_a_call_is_answered_with_the_token_and_nothing_else_that_is_secret(name: str) -> None:
    made = voice_channel(name)
    answer = made.connect("the-token", BASE)
    assert answer.status == 200
    assert answer.body.count(b"the-token") == 1
    assert b"canary" not in answer.body


@pytest.mark.parametrize("name", VOICES)
@pytest.mark.parametrize("data", ["", "{}", b"", b"\xff", "\x00", "[[[["])
def test_a_media_socket_outlives_nonsense(name: str, data: str | bytes) -> None:
    end = voice_channel(name).media()
    for _ in range(2):
        with pytest.raises(ProtocolError) as caught:
            end.receive(data, 0.0)
        assert str(caught.value).isidentifier()  # a short reason that can be counted
    assert list(end.data_to_send()) == []


@pytest.mark.parametrize("name", VOICES)
def test_a_media_socket_obeys_nothing_before_it_has_started(name: str) -> None:
    end = voice_channel(name).media()
    for each in (Play(b"\xff" * 160), Mark(MarkName("1")), StopPlaying()):
        end.obey(each, 0.0)
    assert list(end.data_to_send()) == []
