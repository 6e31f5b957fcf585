"""The front page: what anybody is told, what a token adds, and what never appears."""

import asyncio
from dataclasses import replace
from html.parser import HTMLParser
from types import MappingProxyType

import pytest

from channels.twilio_sms import TwilioSms
from channels.twilio_voice import TwilioVoice
from gateway import front
from storage.database import open_pool
from tests.gateway.conftest import OWNER_TOKEN

NUMBER = "+19165550100"


def sms(api_url: str) -> TwilioSms:
    return TwilioSms("AC" + "0" * 32, "canary-auth-token", NUMBER, api_url=api_url)


def both(api_url: str) -> dict[str, object]:
    """The settings of a line that takes texts and calls."""
    voice = TwilioVoice("AC" + "0" * 32, "canary-auth-token", NUMBER)
    return {
        "channels": MappingProxyType({"twilio-sms": sms(api_url)}),
        "voice_channels": MappingProxyType({"twilio-voice": voice}),
    }


def with_settings(context, **changes) -> None:
    context.settings = context.settings.model_copy(update=changes)


@pytest.fixture
async def client(serve):
    return await serve(front.ROUTES)


async def seen(client, headers=None) -> tuple[int, str]:
    async with client.get("/", headers=headers) as response:
        return response.status, " ".join((await response.text()).split())


async def test_anybody_is_told_what_is_on_and_how_to_try_it(client, context):
    channels = MappingProxyType({"twilio-sms": sms("http://127.0.0.1:9999")})
    with_settings(context, channels=channels)
    status, page = await seen(client)
    assert status == 200
    assert context.business.name in page
    assert f"<strong>{NUMBER}</strong>, on a practice line" in page
    assert 'scripts/text "' in page
    assert "The built-in attendant, which needs no model" in page
    assert "<code>OPENAI_API_KEY</code>" in page
    assert "concierge token NAME --role viewer" in page


async def test_a_real_provider_is_not_called_practice(client, context):
    channels = MappingProxyType({"twilio-sms": sms("https://api.twilio.com")})
    with_settings(context, channels=channels)
    _, page = await seen(client)
    assert f"Text <strong>{NUMBER}</strong> from any phone" in page
    assert "practice" not in page
    assert "scripts/text" not in page


async def test_a_channel_that_is_off_says_which_settings_switch_it_on(client):
    _, page = await seen(client)
    assert (
        "set <code>TWILIO_ACCOUNT_SID</code>, <code>TWILIO_AUTH_TOKEN</code> and "
        "<code>TWILIO_NUMBER</code> and start again" in page
    )


@pytest.mark.parametrize(
    ("base_url", "host"),
    [(None, "api.openai.com"), ("http://127.0.0.1:11434/v1", "127.0.0.1")],
)
async def test_which_model_answers_is_named(client, context, base_url, host):
    with_settings(
        context,
        openai_api_key=context.settings.secret_key,
        openai_base_url=base_url,
        openai_text_model="gpt-5.4-mini",
    )
    _, page = await seen(client)
    assert f"The model gpt-5.4-mini at {host}." in page
    assert "OPENAI_API_KEY" not in page


async def test_a_practice_line_is_called_with_keys_while_no_model_speaks(client, context):
    with_settings(context, **both("http://127.0.0.1:9999"))
    _, page = await seen(client)
    assert f"The number to call is <strong>{NUMBER}</strong>, on a practice line" in page
    assert 'scripts/call --keys "1,20#,5#,95125#"' in page
    assert ".wav" not in page
    assert "Calls</dt> <dd>The built-in attendant, by the keys of the phone" in page
    assert "<code>OPENAI_REALTIME_URL</code>" in page


async def test_a_practice_line_is_called_with_a_recording_while_a_model_speaks(client, context):
    with_settings(
        context,
        **both("http://localhost:9999"),
        openai_realtime_url="ws://127.0.0.1:7777/v1/realtime",
        openai_realtime_fallback_model="gpt-realtime-2.1-mini",
    )
    _, page = await seen(client)
    assert "scripts/call tests/samples/caller/01-quote.wav" in page
    assert (
        "Calls</dt> <dd>The model gpt-realtime-2.1 at 127.0.0.1, "
        "and when it fails gpt-realtime-2.1-mini." in page
    )
    assert "To have a model take calls" not in page
    assert "The built-in attendant, which needs no model" in page


async def test_a_real_line_is_called_from_any_phone(client, context):
    with_settings(context, **both("https://api.twilio.com"))
    _, page = await seen(client)
    assert f"Call <strong>{NUMBER}</strong> from any phone" in page
    assert "scripts/call" not in page


async def test_a_model_that_is_kept_from_calls_is_said_to_be(client, context):
    key = context.settings.secret_key
    with_settings(context, openai_api_key=key, openai_realtime_url="off")
    _, page = await seen(client)
    assert "Models are kept from calls by <code>OPENAI_REALTIME_URL=off</code>" in page
    assert "The built-in attendant, by the keys of the phone" in page
    assert "To have a model" not in page


async def test_without_its_settings_a_line_takes_neither_texts_nor_calls(client):
    _, page = await seen(client)
    for line in ("SMS over Twilio", "Phone over Twilio"):
        section = page.partition(f'aria-label="{line}"')[2].partition("</section>")[0]
        assert '<span class="quiet">off</span>' in section
        assert "<code>TWILIO_NUMBER</code>" in section


@pytest.mark.parametrize("role", ["viewer", "agent", "manager", "owner"])
async def test_a_token_adds_how_it_is_going(client, context, tokens, role):
    status, page = await seen(client, tokens[role])
    assert status == 200
    for told in ("PostgreSQL", "Redis", "0 conversations", "test:0", "Perhaps sent", role):
        assert told in page
    assert f"version {context.business_version}<" in page


async def test_without_a_token_nothing_of_it_is_told(client, context):
    _, page = await seen(client)
    for kept in ("PostgreSQL", "Redis", context.worker, "Perhaps sent"):
        assert kept not in page


@pytest.mark.parametrize("value", ["Bearer wrong", "Bearer", "Basic xyz", f"Basic {OWNER_TOKEN}"])
async def test_a_token_nobody_holds_is_told_so(client, value):
    async with client.get("/", headers={"Authorization": value}) as response:
        assert response.status == 401
        assert "invalid_token" in response.headers["WWW-Authenticate"]
        page = await response.text()
    assert "is not known, or not any more" in page
    assert "PostgreSQL" not in page


async def test_no_secret_is_on_the_page(client, context, tokens):
    with_settings(context, **both("http://localhost:1"))
    _, page = await seen(client, tokens["owner"])
    for secret in ("canary", OWNER_TOKEN, "password", "secret-key"):
        assert secret not in page


async def test_what_a_business_writes_is_text_and_not_markup(client, context):
    context.business = replace(context.business, name="<script>x</script>", about='"><img src=x>')
    _, page = await seen(client)
    assert "<script>" not in page
    assert "<img" not in page
    assert "&lt;script&gt;x&lt;/script&gt;" in page


async def test_while_the_database_is_away_the_owner_still_sees_that(client, context, database_dsn):
    context.pool = await open_pool(database_dsn)
    await context.pool.close()
    owner = {"Authorization": f"Bearer {OWNER_TOKEN}"}
    status, page = await seen(client, owner)
    assert status == 200
    assert "does not answer: texts are not taken in until it does" in page
    status, page = await seen(client, {"Authorization": "Bearer cg_" + "x" * 43})
    assert status in (200, 401)
    assert "PostgreSQL" not in page


async def test_what_waits_is_counted_and_aged(client, pool, tokens):
    contact = await pool.fetchval("INSERT INTO contacts DEFAULT VALUES RETURNING id")
    await pool.execute(
        "INSERT INTO conversations (contact_id, channel, provider, our_address, their_address,"
        " due_at, due_since) VALUES ($1, 'sms', 'twilio', '+1', '+2', now(),"
        " now() - interval '95 s')",
        contact,
    )
    _, page = await seen(client, tokens["viewer"])
    assert "1 conversation, the oldest for 1 min 3" in page


class Page(HTMLParser):
    """What a browser would make of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


async def test_the_page_loads_nothing_and_runs_nothing(client, tokens):
    async with client.get("/", headers=tokens["owner"]) as response:
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["Cache-Control"] == "no-store"
        page = Page()
        page.feed(await response.text())
    for tag, attributes in page.tags:
        assert tag not in ("script", "iframe", "img", "object", "form")
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert not attributes.get("href", "/").startswith(("http", "//"))


async def test_the_page_can_be_read_by_everybody(client):
    _, text = await seen(client)
    page = Page()
    page.feed(text)
    tags = [tag for tag, _ in page.tags]
    assert dict(page.tags[0][1])["lang"] == "en"
    assert tags.count("h1") == tags.count("main") == tags.count("title") == 1
    assert "prefers-color-scheme: dark" in text
    assert any(
        tag == "meta" and attributes.get("name") == "viewport" for tag, attributes in page.tags
    )


async def test_a_hundred_readers_at_once_are_served(client):
    pages = await asyncio.gather(*(seen(client) for _ in range(100)))
    assert {status for status, _ in pages} == {200}
