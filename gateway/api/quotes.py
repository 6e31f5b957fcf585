"""POST /v1/quotes: a party in, an exact price out, stored under the id it is given."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from aiohttp import web

from gateway.api.access import ACTOR, needs, refusal
from gateway.api.body import read_json
from gateway.context import CONTEXT
from pipeline.ids import QuoteId
from pipeline.inquiry.vocabulary import KnownQuote
from pipeline.quote.quote import Quote, party_from_json, price
from storage import quotes
from storage.people import audit, writing


@needs("agent")
async def create(request: web.Request) -> web.Response:
    """Price a party and store the quote."""
    context = request.app[CONTEXT]
    given = await read_json(request)
    business, version = context.business, context.business_version  # another may come meanwhile
    now = datetime.now(UTC)
    today = now.astimezone(ZoneInfo(business.timezone)).date()
    party = party_from_json(business.prices, given, today, allow_miles=True)
    quote = price(business.prices, party, now, business.timezone)
    quote_id = QuoteId(uuid4())
    async with writing(context.pool) as db:
        await quotes.save(db, None, KnownQuote(quote_id, party, quote), version)
        figures = {"total_cents": quote.total_cents, "business_version": version}
        await audit(db, request[ACTOR], "quote.create", str(quote_id), figures)
    return web.json_response(_shown(quote_id, quote, version))


@needs("viewer")
async def show(request: web.Request) -> web.Response:
    """A quote as it was given."""
    try:
        quote_id = UUID(request.match_info["quote_id"])
    except ValueError:
        return _unknown()
    stored = await quotes.find(request.app[CONTEXT].pool, quote_id)
    if stored is None:
        return _unknown()
    return web.json_response(_shown(quote_id, stored.known.quote, stored.business_version))


ROUTES = (web.post("/v1/quotes", create), web.get("/v1/quotes/{quote_id}", show))


def _shown(quote_id: UUID, quote: Quote, business_version: int) -> dict[str, Any]:
    shown = quote.to_json()
    valid_until = shown.pop("valid_until")
    return {
        "quote_id": str(quote_id),
        **shown,
        "business_version": business_version,
        "valid_until": valid_until,
    }


def _unknown() -> web.Response:
    return refusal(404, "there is no quote of this id")
