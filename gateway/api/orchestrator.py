"""An inquiry in, a checked answer out, nothing sent: the pipeline for other programs.

The message is stored and answered in its conversation's own lane, so a program and a texter who
write at the same moment are answered one after the other, each with the other's words in view.
"""

import asyncio
import hashlib
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from aiohttp import web

from gateway import messages
from gateway.api.access import ACTOR, needs
from gateway.api.body import read_json
from gateway.context import CONTEXT, Context
from gateway.tools import Model
from pipeline.errors import InvalidFields
from pipeline.ids import ConversationId, MessageId, ProviderId
from pipeline.inquiry import identity, tools
from pipeline.inquiry.turn import Outcome
from pipeline.messages import InboundMessage
from storage import conversations, idempotency, lanes
from storage.conversations import Conversation
from storage.database import DATABASE_DOWN, storable
from storage.lanes import Fenced, Lane
from storage.people import Actor, audit

PREFIX = "/v1/ai/orchestrator"
LANE_SECONDS = 30.0
LANE_POLL_SECONDS = 0.05
LARGEST_BATCH = 50
SIDE_BY_SIDE = 8
LARGEST_BODY = 1024 * 1024
LONGEST_MESSAGE = 4000
LONGEST_KEY = 200
LONGEST_NAME = 200
ZIP = re.compile(r"[0-9]{5}")
CUSTOMER_FIELDS = ("name", "email", "phone", "zipcode")
OURS = "api"
"""Our address and provider in conversations that a program began."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One inquiry, checked."""

    message: str
    channel: str
    identities: tuple[tuple[str, str], ...]
    """(kind, value), the channel's own kind first."""
    known: Mapping[str, str]
    """name and zipcode, as far as given."""
    conversation_id: UUID | None


def routes(model: Model | None) -> Sequence[web.RouteDef]:
    """The orchestrator's routes over this model, or over the attendant."""
    orchestrator = Orchestrator(model)
    return [
        web.post(f"{PREFIX}/process", orchestrator.process),
        web.post(f"{PREFIX}/batch-process", orchestrator.batch_process),
        web.get(f"{PREFIX}/config", orchestrator.config),
        web.get(f"{PREFIX}/health", orchestrator.health),
        web.get(f"{PREFIX}/tools", orchestrator.tools),
    ]


class Orchestrator:
    """The handlers, over one model (None: the attendant)."""

    def __init__(self, model: Model | None) -> None:
        self._model = model

    @needs("agent")
    async def process(self, request: web.Request) -> web.Response:
        """POST …/process: one inquiry."""
        body = await read_json(request, LARGEST_BODY)
        inquiry = inquiry_from_json(request.app[CONTEXT], body)
        return await self._once(request, body, lambda: self._answer(request, inquiry))

    @needs("agent")
    async def batch_process(self, request: web.Request) -> web.Response:
        """POST …/batch-process: up to 50 inquiries, answered in order, SIDE_BY_SIDE at a time."""
        body = await read_json(request, LARGEST_BODY)
        given = body.get("inquiries")
        if set(body) != {"inquiries"} or not isinstance(given, list):
            raise InvalidFields({"inquiries": "must be the only field, and a list"})
        if not 1 <= len(given) <= LARGEST_BATCH:
            raise InvalidFields({"inquiries": f"must hold 1 to {LARGEST_BATCH} inquiries"})
        return await self._once(request, body, lambda: self._answer_all(request, given))

    @needs("viewer")
    async def config(self, request: web.Request) -> web.Response:
        """GET …/config."""
        context = request.app[CONTEXT]
        return web.json_response(
            {
                "model": self._model_name(context),
                "features": {
                    "text_model": self._model is not None,
                    "fallback_model": context.settings.fallback_model_on,
                    "attendant": True,
                    "knowledge": True,
                    "price_guard": True,
                    "voice": False,
                },
                "business_version": context.business_version,
            }
        )

    @needs("viewer")
    async def health(self, request: web.Request) -> web.Response:
        """GET …/health."""
        context = request.app[CONTEXT]
        healthy = not context.draining
        body = {
            "status": "healthy" if healthy else "draining",
            "model": self._model_name(context),
            "tools": sorted(tools.TOOLS),
        }
        return web.json_response(body, status=200 if healthy else 503)

    @needs("viewer")
    async def tools(self, request: web.Request) -> web.Response:
        """GET …/tools: what a model may call, as it sees it."""
        specs = tools.specs(request.app[CONTEXT].business, "web_chat")
        return web.json_response({"tools": [spec["function"] for spec in specs]})

    def _model_name(self, context: Context) -> str:
        return "attendant" if self._model is None else context.settings.openai_text_model

    async def _once(
        self, request: web.Request, body: Mapping[str, Any], carry_out: Callable[[], Awaitable[Any]]
    ) -> web.Response:
        """Carry a request out; under an Idempotency-Key, only the first of its repeats."""
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return web.json_response(await carry_out())
        if not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
            raise InvalidFields({"Idempotency-Key": f"must be 1 to {LONGEST_KEY} characters"})
        pool, actor = request.app[CONTEXT].pool, request[ACTOR].name
        canonical = json.dumps([request.path, body], sort_keys=True).encode()
        match await idempotency.begin(pool, actor, key, hashlib.sha256(canonical).hexdigest()):
            case idempotency.Finished(response):
                return web.json_response(response, headers={"Idempotency-Replayed": "true"})
            case idempotency.Busy():
                raise web.HTTPConflict(text="a request with this Idempotency-Key is being answered")
            case idempotency.Different():
                raise InvalidFields({"Idempotency-Key": "was used for a different request"})
        try:
            response = await carry_out()
        except Exception:
            await idempotency.forget(pool, actor, key)
            raise
        await idempotency.finish(pool, actor, key, response)
        return web.json_response(response)

    async def _answer_all(
        self, request: web.Request, given: Sequence[object]
    ) -> Mapping[str, Sequence[Any]]:
        gate = asyncio.Semaphore(SIDE_BY_SIDE)

        async def one(each: object) -> Mapping[str, Any]:
            async with gate:
                try:
                    if not isinstance(each, dict):
                        return {"success": False, "error": "must be an object"}
                    inquiry = inquiry_from_json(request.app[CONTEXT], each)
                    return await self._answer(request, inquiry)
                except InvalidFields as exc:
                    return {"success": False, "error": str(exc), "fields": exc.fields}
                except web.HTTPException as exc:
                    return {"success": False, "error": exc.text or exc.reason}
                except DATABASE_DOWN:
                    return {"success": False, "error": "not available at the moment: try again"}

        return {"results": await asyncio.gather(*(one(each) for each in given))}

    async def _answer(self, request: web.Request, inquiry: Inquiry) -> Mapping[str, Any]:
        context, actor, started = request.app[CONTEXT], request[ACTOR], time.perf_counter()
        conversation = await _conversation(context, inquiry)
        lane = await _claim(context, conversation.conversation_id)
        try:
            await _store(context, actor, conversation, inquiry)
            outcome = await self._turn(context, lane, inquiry)
        except Fenced:
            raise web.HTTPConflict(text="answering took too long: try again") from None
        finally:
            # Closed already when all went well; released here when it did not.
            await lanes.release(context.pool, lane, retry_seconds=0)
        elapsed_ms = (time.perf_counter() - started) * 1000
        return _response(context, conversation, outcome, elapsed_ms)

    async def _turn(self, context: Context, lane: Lane, inquiry: Inquiry) -> Outcome:
        for _ in range(3):
            outcome, closed = await messages.answer(
                context, lane, self._model, sending=False, known=inquiry.known
            )
            if closed.message_id is not None:
                return outcome
        raise web.HTTPConflict(text="the customer's inquiry kept changing: try again")


def inquiry_from_json(context: Context, body: Mapping[str, Any]) -> Inquiry:
    """Check one inquiry's fields. Raises InvalidFields naming each bad one."""
    problems = dict.fromkeys(
        set(body) - {"message", "channel", "customer_context", "conversation_id"},
        "is not a field of an inquiry",
    )
    message, channel = body.get("message"), body.get("channel")
    if not isinstance(message, str) or not message.strip() or len(message) > LONGEST_MESSAGE:
        problems["message"] = f"must be text of 1 to {LONGEST_MESSAGE} characters"
    if not isinstance(channel, str) or channel not in context.business.manners:
        problems["channel"] = f"must be one of {', '.join(sorted(context.business.manners))}"
    customer = {} if body.get("customer_context") is None else body["customer_context"]
    if not isinstance(customer, dict) or not all(
        name in CUSTOMER_FIELDS and isinstance(value, str | None)
        for name, value in customer.items()
    ):
        problems["customer_context"] = f"must be an object of texts: {', '.join(CUSTOMER_FIELDS)}"
        customer = {}
    given = {name: value.strip() for name, value in customer.items() if value and value.strip()}
    phone = identity.phone(given["phone"]) if "phone" in given else None
    email = identity.email(storable(given["email"])) if "email" in given else None
    if "phone" in given and phone is None:
        problems["customer_context.phone"] = "is not a phone number"
    if "email" in given and email is None:
        problems["customer_context.email"] = "is not an e-mail address"
    if len(given.get("name", "")) > LONGEST_NAME:
        problems["customer_context.name"] = f"must have at most {LONGEST_NAME} characters"
    if not ZIP.fullmatch(given.get("zipcode", "00000")):
        problems["customer_context.zipcode"] = "must be a ZIP code of five digits"
    conversation_id = _uuid(body.get("conversation_id"), problems)
    if problems:
        raise InvalidFields(problems)
    identities = [("email", email), ("phone", phone)]
    own = identity.identity_kind(str(channel))
    identities.sort(key=lambda each: each[0] != own)
    return Inquiry(
        storable(str(message)),
        str(channel),
        tuple((kind, value) for kind, value in identities if value),
        {name: storable(given[name]) for name in ("name", "zipcode") if name in given},
        conversation_id,
    )


def _uuid(given: object, problems: dict[str, str]) -> UUID | None:
    if given is None:
        return None
    try:
        return UUID(given) if isinstance(given, str) else UUID("")
    except ValueError:
        problems["conversation_id"] = "must be the id of a conversation"
        return None


async def _conversation(context: Context, inquiry: Inquiry) -> Conversation:
    if inquiry.conversation_id is not None:
        found = await conversations.find(context.pool, inquiry.conversation_id)
        if found is None:
            raise web.HTTPNotFound(text="there is no such conversation")
        return found
    if inquiry.identities:
        found = await conversations.find_by_identity(
            context.pool, inquiry.channel, inquiry.identities
        )
        if found:
            return found
    first = inquiry.identities[0] if inquiry.identities else (OURS, str(uuid4()))
    return await conversations.start(context.pool, inquiry.channel, OURS, OURS, first)


async def _claim(context: Context, conversation_id: ConversationId) -> Lane:
    """The lane, once nobody holds it and it owes nobody else an answer; 409 after 30 s."""
    deadline = time.monotonic() + LANE_SECONDS
    while time.monotonic() < deadline:
        lane = await lanes.claim_idle(
            context.pool,
            conversation_id,
            worker=context.worker,
            lease_seconds=messages.LEASE_SECONDS,
        )
        if lane is not None:
            return lane
        await asyncio.sleep(LANE_POLL_SECONDS)
    raise web.HTTPConflict(text="this conversation is being answered: try again")


async def _store(
    context: Context, actor: Actor, conversation: Conversation, inquiry: Inquiry
) -> None:
    message = InboundMessage(
        conversation.channel,
        OURS,
        ProviderId(str(uuid4())),
        conversation.their_address,
        conversation.our_address,
        inquiry.message,
    )
    async with context.pool.acquire() as connection, connection.transaction():
        await conversations.receive(
            connection,
            message,
            MessageId(uuid4()),
            identity_kind=identity.identity_kind(conversation.channel),
            command=None,
            debounce_seconds=None,
        )
        await conversations.add_identities(
            connection, conversation.conversation_id, inquiry.identities
        )
        subject = str(conversation.conversation_id)
        await audit(connection, actor, "inquiry.process", subject, {"channel": inquiry.channel})


def _response(
    context: Context, conversation: Conversation, outcome: Outcome, elapsed_ms: float
) -> Mapping[str, Any]:
    needs_staff = outcome.quote is not None and outcome.quote.quote.needs_staff
    return {
        "success": True,
        "response": outcome.reply,
        "tools_used": [
            {
                "tool_name": result.call.name,
                "parameters": dict(result.call.arguments),
                "result": dict(result.result),
                "execution_time_ms": round(result.elapsed_ms, 3),
                "success": result.success,
            }
            for result in outcome.results
        ],
        "conversation_id": str(conversation.conversation_id),
        "requires_admin_review": outcome.escalation is not None or needs_staff,
        "metadata": {
            "model": outcome.model,
            "execution_time_ms": round(elapsed_ms, 3),
            "tools_count": len(outcome.results),
            "channel": conversation.channel,
            "business_version": context.business_version,
            "escalation": outcome.escalation.reason if outcome.escalation else None,
            **outcome.usage,
        },
    }
