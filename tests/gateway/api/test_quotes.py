"""POST /v1/quotes and the quote it leaves behind."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from gateway.api import quotes

SHAPE = [
    "quote_id",
    "currency",
    "lines",
    "base_cents",
    "upgrades_cents",
    "extra_proteins_cents",
    "addons_cents",
    "food_cents",
    "minimum_adjustment_cents",
    "travel_cents",
    "travel_status",
    "total_cents",
    "deposit_cents",
    "balance_cents",
    "gratuity_low_cents",
    "gratuity_high_cents",
    "payment_fee_notes",
    "needs_staff",
    "reasons",
    "business_version",
    "valid_until",
]


@pytest.fixture
async def client(serve):
    return await serve(quotes.ROUTES)


async def asked(client, headers, body):
    async with client.post("/v1/quotes", json=body, headers=headers) as response:
        return response.status, await response.json()


async def test_a_party_gets_its_price_in_the_promised_shape(client, context, tokens):
    body = {
        "adults": 10,
        "children": 0,
        "toddlers": 0,
        "proteins": {"filet_mignon": 10, "chicken": 10},
        "addons": {"gyoza": 2},
        "miles": 12.0,
        "event_date": (datetime.now(UTC) + timedelta(days=20)).date().isoformat(),
    }
    status, quote = await asked(client, tokens["agent"], body)
    assert status == 200
    assert list(quote) == SHAPE
    assert UUID(quote["quote_id"]).version == 4
    assert quote["business_version"] == context.business_version
    # 10 x $55 + 10 filet upgrades x $5 + 2 gyoza x $10; 12 miles are free.
    assert quote["total_cents"] == 62_000
    assert quote["travel_status"] == "free"
    assert sum(line["amount_cents"] for line in quote["lines"]) == quote["total_cents"]
    assert quote["balance_cents"] == 52_000
    assert not quote["needs_staff"]


async def test_a_quote_can_be_read_again_by_its_id(client, tokens):
    _, quote = await asked(client, tokens["agent"], {"adults": 10})
    for spelled in (quote["quote_id"], quote["quote_id"].upper()):
        async with client.get(f"/v1/quotes/{spelled}", headers=tokens["viewer"]) as response:
            assert response.status == 200
            assert await response.json() == quote


@pytest.mark.parametrize(
    "quote_id",
    ["00000000-0000-4000-8000-000000000000", "1", "%00", "x" * 200, "..", "%F0%9F%8D%A3"],
)
async def test_a_quote_that_is_not_there_is_404(client, tokens, quote_id):
    async with client.get(f"/v1/quotes/{quote_id}", headers=tokens["viewer"]) as response:
        assert response.status == 404
        assert "error" in await response.json()


async def test_who_made_a_quote_is_on_record(client, pool, tokens):
    _, quote = await asked(client, tokens["agent"], {"adults": 10, "zip": "95125"})
    row = await pool.fetchrow("SELECT * FROM audit WHERE action = 'quote.create'")
    assert (row["actor"], row["role"], row["subject"]) == ("a-agent", "agent", quote["quote_id"])
    assert row["details"] == {
        "total_cents": quote["total_cents"],
        "business_version": quote["business_version"],
    }


@pytest.mark.parametrize(
    ("role", "status"), [("viewer", 403), ("agent", 200), ("manager", 200), ("owner", 200)]
)
async def test_who_may_make_a_quote(client, pool, tokens, role, status):
    assert (await asked(client, tokens[role], {"adults": 10}))[0] == status
    assert await pool.fetchval("SELECT count(*) FROM quotes") == (status == 200)


async def test_without_a_token_nothing_is_told_or_kept(client, pool):
    assert (await asked(client, {}, {"adults": 10}))[0] == 401
    assert await pool.fetchval("SELECT count(*) FROM quotes") == 0


async def test_every_wrong_field_is_named_at_once(client, pool, tokens):
    body = {
        "adults": 0,
        "children": 51,
        "toddlers": 1.5,
        "proteins": {"unicorn": 1},
        "addons": [],
        "miles": 10,
        "zip": "95125",
        "event_date": "2020-01-01",
        "total_cents": 1,
        "\ud800": "\0",
    }
    status, refusal = await asked(client, tokens["agent"], body)
    assert status == 422
    assert refusal["fields"].keys() == body.keys()
    assert await pool.fetchval("SELECT count(*) FROM audit WHERE action = 'quote.create'") == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[1]", 400),
        (b'{"adults": NaN}', 400),
        (b'{"adults": ' + b"1" * 5000 + b"}", 400),
        (b'{"adults": 10, "adults": 1}', 422),
        (b'{"adults": ' + b"[" * 1000 + b"]" * 1000 + b"}", 400),
        (b'{"adults": 10, "zip": "' + b"1" * 70_000 + b'"}', 413),
        (b'{"adults": 9223372036854775807}', 422),
        (b'{"adults": 10, "miles": 1e308}', 422),
        (b'{"adults": 10, "miles": 12.05}', 200),
        (b'{"adults": 10, "miles": 1e-300}', 200),
        (b'{"adults": 10, "zip": null, "miles": 3}', 200),
    ],
)
async def test_a_strange_body_is_refused_and_not_our_mistake(client, tokens, body, status):
    async with client.post("/v1/quotes", data=body, headers=tokens["agent"]) as response:
        assert response.status == status
        assert json.loads(await response.text())


async def test_a_new_version_of_the_prices_is_named_with_the_next_quote(client, context, tokens):
    _, before = await asked(client, tokens["agent"], {"adults": 10})
    context.business_version = await context.pool.fetchval(
        "INSERT INTO business_versions (business, document, author)"
        " VALUES ('my_hibachi', '{}', 'ann') RETURNING version"
    )
    _, after = await asked(client, tokens["agent"], {"adults": 10})
    assert after["business_version"] == before["business_version"] + 1
