"""OpenAI's own types as the judge of both directions: an event with a field they do not know, or
of a type they do not allow, is a mistake of the test's or of ours."""

from collections.abc import Iterator
from typing import Any

from openai.types.realtime import RealtimeClientEvent
from openai.types.realtime import RealtimeServerEvent as AnyServerEvent
from pydantic import BaseModel, TypeAdapter

_CLIENT: TypeAdapter[Any] = TypeAdapter(RealtimeClientEvent)
_SERVER: TypeAdapter[Any] = TypeAdapter(AnyServerEvent)


def client_event(sent: str | bytes) -> Any:
    """What we sent, as the type it is; fails when it is none."""
    event = _CLIENT.validate_json(sent)
    assert not list(_unknown(event)), sent
    return event


def server_event(kind: str, **fields: Any) -> bytes:
    """An event as a server sends it."""
    event = _SERVER.validate_python({"type": kind, "event_id": "event_1", **fields})
    assert event.type == kind
    assert not list(_unknown(event)), fields
    text: str = event.model_dump_json(exclude_unset=True)
    return text.encode()


def _unknown(value: object, name: str = "") -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from (f"{name}.{extra}" for extra in value.model_extra or ())
        for each in type(value).model_fields:
            yield from _unknown(getattr(value, each), f"{name}.{each}")
    elif isinstance(value, list):
        for each in value:
            yield from _unknown(each, name)
