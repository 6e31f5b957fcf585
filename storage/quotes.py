"""Quotes as they were given: the party, every line, and the version of the prices used."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pipeline.ids import InquiryId, QuoteId
from pipeline.inquiry.turn import KnownQuote
from pipeline.quote.quote import Party, Quote
from storage.database import Db


@dataclass(frozen=True, slots=True)
class StoredQuote:
    """A quote and where it came from."""

    known: KnownQuote
    inquiry_id: InquiryId | None
    """None when a program asked for it outside any inquiry."""
    business_version: int


async def save(
    db: Db,
    inquiry_id: InquiryId | None,
    known: KnownQuote,
    business_version: int,
) -> None:
    """Store a quote. It is never changed afterwards; a quote saved again under its id is as was."""
    await db.execute(
        """
        INSERT INTO quotes
            (id, inquiry_id, party, result, total_cents, business_version, valid_until)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING
        """,
        known.quote_id,
        inquiry_id,
        known.party.to_json(),
        known.quote.to_json(),
        known.quote.total_cents,
        business_version,
        known.quote.valid_until,
    )


async def load(db: Db, quote_id: UUID) -> KnownQuote:
    """A quote that is known to be stored. Raises KeyError when it is not."""
    stored = await find(db, quote_id)
    if stored is None:
        raise KeyError(quote_id)
    return stored.known


async def find(db: Db, quote_id: UUID) -> StoredQuote | None:
    """A quote by an id that somebody gave; None when there is none."""
    row = await db.fetchrow(
        "SELECT inquiry_id, party, result, business_version FROM quotes WHERE id = $1", quote_id
    )
    if row is None:
        return None
    known = KnownQuote(
        QuoteId(quote_id), Party.from_json(row["party"]), Quote.from_json(row["result"])
    )
    inquiry_id = InquiryId(row["inquiry_id"]) if row["inquiry_id"] else None
    return StoredQuote(known, inquiry_id, row["business_version"])


def to_json(known: KnownQuote) -> dict[str, Any]:
    """A quote for a session."""
    return {
        "quote_id": str(known.quote_id),
        "party": known.party.to_json(),
        "quote": known.quote.to_json(),
    }


def from_json(data: Mapping[str, Any]) -> KnownQuote:
    """Inverse of `to_json`."""
    return KnownQuote(
        QuoteId(UUID(data["quote_id"])),
        Party.from_json(data["party"]),
        Quote.from_json(data["quote"]),
    )
