"""A quote is kept whole: the party, every line, and whose prices they were."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from pipeline.business.document import parse
from pipeline.ids import InquiryId, QuoteId
from pipeline.inquiry.turn import KnownQuote
from pipeline.quote.quote import Party, price
from storage import quotes
from storage.businesses import seed, seed_files

RULES = parse(seed_files("my_hibachi")).prices
NOW = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
PARTY = Party(
    adults=10,
    children=2,
    toddlers=1,
    proteins={"filet_mignon": 10, "chicken": 12},
    addons={"gyoza": 2},
    zip="95125",
    event_date=date(2026, 12, 12),
)


def known(party: Party = PARTY) -> KnownQuote:
    return KnownQuote(QuoteId(uuid4()), party, price(RULES, party, NOW, "America/Los_Angeles"))


async def saved(pool, quote: KnownQuote, inquiry_id: InquiryId | None = None) -> int:
    version, _ = await seed(pool, "my_hibachi", seed_files("my_hibachi"))
    await quotes.save(pool, inquiry_id, quote, version)
    return version


@pytest.mark.parametrize(
    "party",
    [PARTY, Party(adults=1), Party(adults=50, miles_tenths=1001), Party(adults=3, zip="00000")],
)
async def test_what_was_saved_is_what_is_found(pool, party):
    quote = known(party)
    version = await saved(pool, quote)
    assert await quotes.find(pool, quote.quote_id) == quotes.StoredQuote(quote, None, version)
    assert await quotes.load(pool, quote.quote_id) == quote


async def test_a_quote_knows_its_inquiry(pool):
    contact = await pool.fetchval("INSERT INTO contacts DEFAULT VALUES RETURNING id")
    inquiry = await pool.fetchval(
        "INSERT INTO inquiries (contact_id) VALUES ($1) RETURNING id", contact
    )
    quote = known()
    await saved(pool, quote, InquiryId(inquiry))
    stored = await quotes.find(pool, quote.quote_id)
    assert stored is not None
    assert stored.inquiry_id == inquiry


async def test_a_quote_saved_again_stays_as_it_was(pool):
    quote = known()
    await saved(pool, quote)
    other = known(Party(adults=99))
    await saved(pool, KnownQuote(quote.quote_id, other.party, other.quote))
    assert await quotes.load(pool, quote.quote_id) == quote


async def test_a_quote_nobody_saved_is_not_there(pool):
    nobody = uuid4()
    assert await quotes.find(pool, nobody) is None
    with pytest.raises(KeyError):
        await quotes.load(pool, nobody)


async def test_the_total_and_the_date_can_be_asked_for_in_sql(pool):
    quote = known()
    await saved(pool, quote)
    row = await pool.fetchrow("SELECT total_cents, valid_until FROM quotes")
    assert row["total_cents"] == quote.quote.total_cents
    assert row["valid_until"] == quote.quote.valid_until


def test_a_session_keeps_a_quote_whole():
    quote = known()
    assert quotes.from_json(quotes.to_json(quote)) == quote
