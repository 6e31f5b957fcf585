"""What the tests of an inquiry share: the first business, a moment, and quotes for parties."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from pipeline.business.document import Business, parse
from pipeline.ids import QuoteId
from pipeline.inquiry.facts import Facts
from pipeline.inquiry.vocabulary import KnownQuote, Said, Snapshot
from pipeline.quote.quote import party_from_json, price

ROOT = Path(__file__).parents[3]
FILES = {
    file.name: file.read_text(encoding="utf-8")
    for file in (ROOT / "pipeline" / "business" / "my_hibachi").iterdir()
    if file.suffix in (".toml", ".md")
}
BUSINESS: Business = parse(FILES)
NOW = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
"""A Friday, 2 PM where the business is: people answer."""
QUOTE_ID = QuoteId(UUID(int=7))


def sample(name: str) -> Any:
    """A labelled set."""
    return json.loads((ROOT / "tests" / "samples" / name).read_text(encoding="utf-8"))


def quoted(party: Mapping[str, object], now: datetime = NOW) -> KnownQuote:
    """A party as POST /v1/quotes takes it, priced."""
    rules = BUSINESS.prices
    found = party_from_json(rules, party, now.date(), allow_miles=True)
    return KnownQuote(QUOTE_ID, found, price(rules, found, now, BUSINESS.timezone))


def snapshot(*texts: str, channel: str = "sms", **changes: Any) -> Snapshot:
    """What a turn looks at when these messages of a customer have not been answered."""
    history = tuple(Said("customer", text, NOW) for text in texts)
    found = Snapshot(
        BUSINESS, 1, channel, Facts(), None, history, max(1, len(texts)), {}, False, NOW
    )
    return replace(found, **changes)
