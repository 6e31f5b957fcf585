"""The events of OpenAI's Realtime API, both ways, held to the SDK's own types.

Hard is that the SDK's types let unknown fields pass, and the server does not: it refuses a session
that still has `modalities`, whole. So every model is also searched for fields it does not know.

https://platform.openai.com/docs/api-reference/realtime-client-events
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from openai.types.realtime import RealtimeClientEvent, RealtimeServerEvent
from pydantic import BaseModel, ValidationError

Event = dict[str, Any]

LONGEST_ID = 32
"""Characters of an id that a client gives an item."""

_CONTENTS = {
    "user": {"input_text", "input_audio", "input_image"},
    "assistant": {"output_text"},  # its voice cannot be put into its mouth
    "system": {"input_text"},
}
_SERVERS_OWN = {"session.id", "session.object", "session.expires_at"}
"""The server sends them, the SDK's type does not have them."""


class Refused(Exception):
    """An event the server would not take: what its `error` event says."""

    def __init__(
        self, code: str, message: str, *, param: str | None = None, event_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.param, self.event_id = code, message, param, event_id

    def to_json(self) -> Event:
        """The `error` of an error event."""
        return {
            "type": "invalid_request_error",
            "code": self.code,
            "message": self.message,
            "param": self.param,
            "event_id": self.event_id,
        }


def _by_type(union: Any) -> Mapping[str, type[BaseModel]]:
    models = get_args(get_args(union)[0])
    return {get_args(model.model_fields["type"].annotation)[0]: model for model in models}


CLIENT_EVENTS = _by_type(RealtimeClientEvent)
SERVER_EVENTS = _by_type(RealtimeServerEvent)


def server_event(event_type: str, event_id: str, **fields: Any) -> str:
    """An event as it goes over the wire. Raises ValueError for one that no server would send."""
    event = {"type": event_type, "event_id": event_id, **fields}
    model = SERVER_EVENTS[event_type].model_validate(event, strict=True)
    unknown = {*_unknown(model)} - _SERVERS_OWN
    if unknown:
        raise ValueError(f"{event_type} has no {', '.join(unknown)}")
    return json.dumps(event)


def client_event(data: str) -> Event:
    """What a client sent, checked. Raises Refused as the server would refuse it."""
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        raise Refused("invalid_json", "The event is not valid JSON.") from None
    if not isinstance(event, dict):
        raise Refused("invalid_json", "The event is not a JSON object.")
    given_id = event.get("event_id")
    event_id = given_id if isinstance(given_id, str) else None
    try:
        _check(event)
    except Refused as refused:
        raise Refused(
            refused.code, refused.message, param=refused.param, event_id=event_id
        ) from None
    return event


def _check(event: Event) -> None:
    known = CLIENT_EVENTS.get(str(event.get("type")))
    if known is None:
        allowed = ", ".join(f"'{each}'" for each in CLIENT_EVENTS)
        raise Refused(
            "invalid_value",
            f"Invalid value: '{event.get('type')}'. Supported values are: {allowed}.",
            param="type",
        )
    try:
        model = known.model_validate(event, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        param = ".".join(str(each) for each in first["loc"] if not _is_a_models_name(each))
        missing = first["type"] == "missing"
        raise Refused(
            "missing_required_parameter" if missing else "invalid_type",
            f"Missing required parameter: '{param}'."
            if missing
            else f"Invalid type for '{param}': {first['msg']}.",
            param=param,
        ) from None
    for path in _unknown(model):
        raise Refused("unknown_parameter", f"Unknown parameter: '{path}'.", param=path)
    _check_rules(event)


def _is_a_models_name(place: int | str) -> bool:
    """Pydantic names the member of a union that it tried; the server does not."""
    return isinstance(place, str) and not (place.isidentifier() and place.islower())


def _unknown(model: BaseModel, path: str = "") -> Iterator[str]:
    """Where a model was given fields that it does not have."""
    for name in model.model_extra or {}:
        yield f"{path}{name}"
    for name in model.model_fields_set - (model.model_extra or {}).keys():
        value = getattr(model, name)
        for place, each in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(each, BaseModel):
                where = f"{path}{name}." if place is None else f"{path}{name}[{place}]."
                yield from _unknown(each, where)


def _check_rules(event: Event) -> None:
    """What the server asks for that the types do not say."""
    item = event.get("item")
    if isinstance(item, dict):
        _check_item(item)
    wanted = event.get("session") or event.get("response") or {}
    if len(wanted.get("output_modalities") or ["audio"]) != 1:
        raise Refused(
            "invalid_value",
            "Invalid modalities: supported combinations are ['text'] and ['audio'].",
            param="output_modalities",
        )
    metadata = wanted.get("metadata") or {}
    if len(metadata) > 16 or any(len(k) > 64 or len(v) > 512 for k, v in metadata.items()):
        raise Refused("invalid_value", "Invalid 'response.metadata'.", param="response.metadata")


def _check_item(item: Event) -> None:
    for name in ("id", "call_id"):
        if len(item.get(name) or "") > LONGEST_ID:
            raise Refused(
                "string_above_max_length",
                f"Invalid 'item.{name}': string too long. Expected a string with maximum length"
                f" {LONGEST_ID}.",
                param=f"item.{name}",
            )
    if item.get("type") == "message":
        for place, content in enumerate(item["content"]):
            allowed = sorted(_CONTENTS[item["role"]])
            if content.get("type") not in allowed:
                raise Refused(
                    "invalid_value",
                    f"Invalid value: '{content.get('type')}'. Supported values are: {allowed}.",
                    param=f"item.content[{place}].type",
                )
