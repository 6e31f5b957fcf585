"""GET /v1/calls: phone calls as they were and as they go on, with all that was said on them."""

import re
import struct
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from aiohttp import web

from gateway.api.access import needs, refusal
from gateway.context import CONTEXT, Context
from pipeline.call.status import CallStatus
from pipeline.errors import InvalidFields
from storage import call_records
from storage.call_records import CallRecord, SpokenMessage
from storage.call_turns import Said, said

USUAL_PAGE, LARGEST_PAGE = 50, 200
PROVIDER_ID = "^[!-~]{1,100}$"
MESSAGE_NUMBER = "^[1-9][0-9]{0,5}$"
_NAMES = ("status", "limit", "before", "provider_id")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@needs("viewer")
async def newest(request: web.Request) -> web.Response:
    """A page of calls, the newest first; `next` is the `before` of the page after it."""
    context = request.app[CONTEXT]
    query = wanted(tuple(request.query.items()))
    limit, before = query.pop("limit"), query["before"]
    if before is not None and await call_records.find(context.pool, before) is None:
        return _unknown("before")
    found = await call_records.newest(context.pool, limit=limit + 1, **query)
    page, more = found[:limit], len(found) > limit
    live = await _live(context)
    return web.json_response(
        {
            "calls": [_shown(each, live) for each in page],
            "next": str(page[-1].call_id) if more else None,
        }
    )


@needs("viewer")
async def show(request: web.Request) -> web.Response:
    """One call: its row, what was said, and the messages spoken for staff."""
    context = request.app[CONTEXT]
    call_id = _uuid(request.match_info["call_id"])
    found = await call_records.find(context.pool, call_id) if call_id else None
    if found is None:
        return _unknown()
    turns = await said(context.pool, found.call_id)
    messages = await call_records.messages(context.pool, found.call_id)
    return web.json_response(
        _shown(found, await _live(context))
        | {
            "turns": [_turn(each) for each in turns],
            "messages": [_message(found, each) for each in messages],
        }
    )


@needs("viewer")
async def message(request: web.Request) -> web.Response:
    """A message that a caller spoke for staff, to be played."""
    call_id, number = _uuid(request.match_info["call_id"]), request.match_info["number"]
    audio = None
    if call_id and re.fullmatch(MESSAGE_NUMBER[1:-1], number):
        pool = request.app[CONTEXT].pool
        audio = await call_records.message_audio(pool, call_id, int(number))
    if audio is None:
        return refusal(404, "there is no such message")
    return web.Response(body=wav(audio), content_type="audio/wav")


ROUTES = (
    web.get("/v1/calls", newest),
    web.get("/v1/calls/{call_id}", show),
    web.get("/v1/calls/{call_id}/messages/{number}", message),
)


def wav(audio: bytes) -> bytes:
    """G.711 mu-law at 8,000 Hz as a WAV file.

    Format tag 7, with the size field and the fact chunk that all but PCM must have (Multimedia
    Programming Interface and Data Specifications 1.0, chapter 3; RFC 2361, appendix A).
    """
    form = struct.pack("<HHIIHHH", 7, 1, 8000, 8000, 1, 8, 0)
    chunks = b"".join(
        name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
        for name, data in (
            (b"fmt ", form),
            (b"fact", struct.pack("<I", len(audio))),
            (b"data", audio),
        )
    )
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def wanted(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """What a query asks for, by the names of `call_records.newest`.

    Raises InvalidFields naming every parameter that is wrong.
    """
    given = dict(pairs)
    wrong = {name: "is not a parameter" for name in given if name not in _NAMES}
    times = Counter(name for name, _ in pairs)
    wrong |= {name: "is given twice" for name in _NAMES[1:] if times[name] > 1}
    statuses = [value for name, value in pairs if name == "status"]
    if not set(statuses) <= set(CallStatus):
        wrong["status"] = f"must be among {', '.join(CallStatus)}"
    limit = given.get("limit", str(USUAL_PAGE))
    if not (re.fullmatch("[0-9]{1,3}", limit) and 1 <= int(limit) <= LARGEST_PAGE):
        wrong["limit"] = f"must be from 1 to {LARGEST_PAGE}"
    before = _uuid(given.get("before", ""))
    if "before" in given and before is None:
        wrong["before"] = "must be the id of a call"
    provider_id = given.get("provider_id")
    if provider_id is not None and not re.fullmatch(PROVIDER_ID[1:-1], provider_id):
        wrong["provider_id"] = "must be the carrier's id of a call"
    if wrong:
        raise InvalidFields(wrong)
    return {
        "statuses": [CallStatus(each) for each in statuses],
        "limit": int(limit),
        "before": before,
        "provider_id": provider_id,
    }


def _uuid(text: str) -> UUID | None:
    return UUID(text) if _UUID.fullmatch(text) else None


async def _live(context: Context) -> Collection[UUID] | None:
    """Ids of the calls that go on at this moment; None when Redis does not say."""
    calls = await context.sessions.live_calls()
    return None if calls is None else {call.call_id for call in calls}


def _shown(call: CallRecord, live: Collection[UUID] | None) -> dict[str, Any]:
    return {
        "call_id": str(call.call_id),
        "conversation_id": str(call.conversation_id),
        "provider": call.provider,
        "provider_id": call.provider_id,
        "direction": call.direction,
        "status": call.status,
        "live": None if live is None else call.call_id in live,
        "caller": call.caller,
        "callee": call.callee,
        "forwarded_from": call.forwarded_from or None,
        "answered_by": call.answered_by,
        "model_failed": call.model_failed,
        "streams": call.streams,
        "business_version": call.business_version,
        "end_reason": call.end_reason,
        "outcome": call.outcome,
        "summary": call.summary,
        "quote_ids": [str(each) for each in call.quote_ids],
        "usage": call.usage,
        "cost_usd": None if call.cost_micros is None else call.cost_micros / 1_000_000,
        "timings": [
            {"stream": int(number), **timings}
            for number, timings in sorted(call.timings.items(), key=lambda each: int(each[0]))
        ],
        "seconds": call.seconds,
        "created_at": call.created_at.isoformat(),
        "answered_at": call.answered_at.isoformat() if call.answered_at else None,
        "ended_at": call.ended_at.isoformat() if call.ended_at else None,
    }


def _turn(each: Said) -> dict[str, Any]:
    turn = each.turn
    return {
        "stream": each.stream,
        "position": turn.position,
        "item_id": turn.item_id,
        "speaker": turn.speaker,
        "text": turn.text,
        "at_ms": turn.at_ms,
        "heard_ms": turn.heard_ms,
        "whole_ms": turn.whole_ms,
        "interrupted": turn.interrupted,
        "at": each.at.isoformat(),
    }


def _message(call: CallRecord, each: SpokenMessage) -> dict[str, Any]:
    return {
        "number": each.number,
        "seconds": each.milliseconds / 1000,
        "at": each.at.isoformat(),
        "audio": f"/v1/calls/{call.call_id}/messages/{each.number}",
    }


def _unknown(field: str | None = None) -> web.Response:
    said_of = {field: "is no call"} if field else None
    return refusal(404, "there is no call of this id", said_of)
