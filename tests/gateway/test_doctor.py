"""What the doctor sees, and what it says to do about it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import encode_basic_auth, web
from aiohttp.test_utils import TestServer

from gateway.doctor import examine
from gateway.findings import Finding, Level
from gateway.settings import Settings, load
from storage import businesses

SID = "AC" + "0" * 32
NUMBER = "+19165550100"
TOKEN = "twilio-auth-token"
STRONG = "0123456789abcdefSTRONG"


class Outside:
    """Twilio, a server of models, and the gateway's own front door, as far as the doctor looks."""

    def __init__(self) -> None:
        self.account_status = "active"
        self.number = {
            "phone_number": NUMBER,
            "sms_method": "POST",
            "voice_method": "POST",
            "status_callback_method": "POST",
        }
        self.clock_ahead = timedelta(0)
        self.models_status = 200
        self.healthy = True

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get(f"/2010-04-01/Accounts/{SID}.json", self.account)
        app.router.add_get(f"/2010-04-01/Accounts/{SID}/IncomingPhoneNumbers.json", self.numbers)
        app.router.add_get("/v1/models", self.models)
        app.router.add_get("/healthz", self.healthz)
        return app

    async def account(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != encode_basic_auth(SID, TOKEN):
            return web.json_response({"code": 20003}, status=401)
        date = format_datetime(datetime.now(UTC) + self.clock_ahead, usegmt=True)
        return web.json_response({"status": self.account_status}, headers={"Date": date})

    async def numbers(self, request: web.Request) -> web.Response:
        asked = request.query["PhoneNumber"]
        found = [self.number] if asked == self.number["phone_number"] else []
        return web.json_response({"incoming_phone_numbers": found})

    async def models(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") == "Bearer wrong":
            return web.json_response({"error": {}}, status=401)
        return web.json_response({"data": [{"id": "small"}]}, status=self.models_status)

    async def healthz(self, request: web.Request) -> web.Response:
        return web.Response(status=200 if self.healthy else 502)


@pytest.fixture
async def outside():
    """The outside, and where it is, in `outside.url`."""
    outside = Outside()
    async with TestServer(outside.app()) as server:
        outside.url = str(server.make_url("")).rstrip("/")
        hooks = f"{outside.url}/webhooks/twilio"
        outside.number["sms_url"] = f"{hooks}/sms#rc=3&rp=all"
        outside.number["voice_url"] = f"{hooks}/voice#rc=3&rp=all"
        outside.number["status_callback"] = f"{hooks}/voice/status"
        yield outside


@pytest.fixture
def given(tmp_path, outside, database_dsn) -> dict[str, str]:
    """Settings with which all is well."""
    return {
        "DATA_DIR": str(tmp_path / "data"),
        "DATABASE_URL": database_dsn,
        "API_TOKEN": STRONG,
        "SECRET_KEY": STRONG,
        "PUBLIC_URL": outside.url,
        "TWILIO_ACCOUNT_SID": SID,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_NUMBER": NUMBER,
        "TWILIO_API_URL": outside.url,
        "OPENAI_BASE_URL": f"{outside.url}/v1",
        "OPENAI_TEXT_MODEL": "small",
    }


@pytest.fixture
def looked_at(pool, redis_url):
    """Examine a seeded database and this Redis with settings, changed as the test says."""

    async def look(given: Mapping[str, str], redis: str | None = redis_url) -> dict[str, Finding]:
        settings = load(given, None)
        files = businesses.seed_files("my_hibachi")
        await businesses.seed(pool, "my_hibachi", files)
        return await found_by(settings, redis)

    return look


async def found_by(settings: Settings, redis: str | None) -> dict[str, Finding]:
    """By subject, the worst finding of each."""
    assert settings.database_url is not None
    worst: dict[str, Finding] = {}
    order = list(Level)
    for finding in await examine(settings, settings.database_url.get_secret_value(), redis):
        known = worst.setdefault(finding.subject, finding)
        if order.index(finding.level) > order.index(known.level):
            worst[finding.subject] = finding
    return worst


async def test_when_all_is_well_every_line_says_so(given, looked_at):
    found = await looked_at(given)
    assert {finding.level for finding in found.values()} == {Level.OK}, list(
        map(str, found.values())
    )
    assert list(found) == [
        "settings",
        "disk",
        "database",
        "clock",
        "migrations",
        "business",
        "redis",
        "model",
        "twilio",
        "gateway",
    ]
    assert "twilio-sms, twilio-voice" in found["settings"].said
    assert "texts are written by small" in found["settings"].said
    assert "calls are answered by the built-in attendant" in found["settings"].said
    assert "my_hibachi, version 1" in found["business"].said


async def test_no_line_shows_a_secret(given, looked_at, outside):
    outside.account_status = "suspended"
    for change in ({}, {"TWILIO_AUTH_TOKEN": "another-secret"}, {"OPENAI_API_KEY": "wrong"}):
        told = "\n".join(
            str(finding) for finding in (await looked_at({**given, **change})).values()
        )
        for secret in (TOKEN, STRONG, "another-secret", "wrong"):
            assert secret not in told


async def test_refused_credentials_name_their_settings(given, looked_at):
    found = await looked_at({**given, "TWILIO_AUTH_TOKEN": "stale", "OPENAI_API_KEY": "wrong"})
    assert found["twilio"].level is Level.FAIL
    assert "TWILIO_AUTH_TOKEN" in found["twilio"].said
    assert found["model"].level is Level.FAIL
    assert "OPENAI_API_KEY" in found["model"].said


async def test_another_account_or_number_is_named(given, looked_at):
    found = await looked_at({**given, "TWILIO_ACCOUNT_SID": "AC" + "1" * 32})
    assert "TWILIO_ACCOUNT_SID" in found["twilio"].said
    found = await looked_at({**given, "TWILIO_NUMBER": "+19165550199"})
    assert (found["twilio"].level, "TWILIO_NUMBER" in found["twilio"].said) == (Level.FAIL, True)


async def test_a_suspended_account_fails(given, looked_at, outside):
    outside.account_status = "suspended"
    found = await looked_at(given)
    assert (found["twilio"].level, "suspended" in found["twilio"].said) == (Level.FAIL, True)


@pytest.mark.parametrize("change", [{"sms_url": "https://old.example"}, {"sms_method": "GET"}])
async def test_a_number_whose_texts_go_elsewhere_is_a_warning_that_says_where_to(
    given, looked_at, outside, change
):
    outside.number.update(change)
    found = await looked_at(given)
    assert found["twilio"].level is Level.WARN
    assert f"POST {outside.url}/webhooks/twilio/sms#rc=3&rp=all" in found["twilio"].said


async def test_a_number_whose_texts_are_tried_only_once_is_a_warning(given, looked_at, outside):
    outside.number["sms_url"] = f"{outside.url}/webhooks/twilio/sms"
    found = await looked_at(given)
    assert found["twilio"].level is Level.WARN
    assert "#rc=3&rp=all" in found["twilio"].said


@pytest.mark.parametrize(
    ("ahead", "level"), [(0, Level.OK), (10, Level.WARN), (-10, Level.WARN), (3600, Level.FAIL)]
)
async def test_a_clock_that_is_off_is_told_from_the_providers(
    given, looked_at, outside, ahead, level
):
    outside.clock_ahead = timedelta(seconds=ahead)
    assert (await looked_at(given))["clock"].level is level


@pytest.mark.parametrize(
    ("public", "level"),
    [("http://localhost:9", Level.FAIL), ("http://127.0.0.2:9", Level.FAIL)],
)
async def test_a_real_provider_needs_an_address_it_can_reach_and_trust(
    given, looked_at, public, level
):
    real = {**given, "TWILIO_API_URL": "https://127.0.0.2:9"}  # not one of this machine's names
    assert (await looked_at({**real, "PUBLIC_URL": public}))["public_url"].level is level
    assert "public_url" not in await looked_at({**real, "PUBLIC_URL": "https://127.0.0.2:9"})


async def test_servers_that_do_not_answer_hide_nothing_about_the_others(given, looked_at):
    nowhere = "http://127.0.0.1:1"
    gone = {"TWILIO_API_URL": nowhere, "OPENAI_BASE_URL": nowhere, "PUBLIC_URL": nowhere}
    stand_in = {"FALLBACK_OPENAI_BASE_URL": nowhere}
    found = await looked_at({**given, **gone, **stand_in}, "redis://127.0.0.1:1/0")
    levels = {subject: finding.level for subject, finding in found.items()}
    for subject in ("twilio", "model", "stand-in", "redis"):
        assert levels[subject] is Level.FAIL
    assert levels["gateway"] is Level.WARN
    assert levels["database"] is levels["business"] is Level.OK
    assert "FALLBACK_OPENAI_BASE_URL" in found["stand-in"].said


async def test_a_database_that_does_not_answer_is_told(given, redis_url):
    away = "postgresql://concierge@127.0.0.1:1/concierge"
    found = await found_by(load({**given, "DATABASE_URL": away}, None), redis_url)
    assert found["database"].level is Level.FAIL
    assert found["redis"].level is Level.OK


async def test_a_database_that_is_behind_says_how_to_bring_it_up_to_date(given, looked_at, pool):
    await pool.execute("DELETE FROM schema_migrations")
    found = await looked_at(given)
    assert found["migrations"].level is Level.FAIL
    assert "concierge migrate" in found["migrations"].said


async def test_a_business_without_a_version_is_a_warning(given, redis_url):
    found = await found_by(load(given, None), redis_url)
    assert found["business"].level is Level.WARN
    assert "concierge migrate" in found["business"].said


async def test_a_business_that_cannot_be_read_fails_with_every_mistake(given, redis_url, pool):
    await pool.execute(
        "INSERT INTO business_versions (business, document, author) VALUES ($1, $2, 'old')",
        "my_hibachi",
        {"menu.toml": "from an earlier program"},
    )
    found = await found_by(load(given, None), redis_url)
    assert found["business"].level is Level.FAIL
    assert "menu.toml" in found["business"].said
    assert "prices.toml" in found["business"].said


async def test_a_redis_that_drops_keys_is_a_warning(given, looked_at, redis):
    policy = await redis.config_get("maxmemory-policy")
    await redis.config_set("maxmemory-policy", "allkeys-lru")
    try:
        found = await looked_at(given)
    finally:
        await redis.config_set("maxmemory-policy", policy["maxmemory-policy"])
    assert found["redis"].level is Level.WARN
    assert "noeviction" in found["redis"].said


async def test_an_embedded_redis_that_rests_is_no_fault(given, looked_at):
    assert (await looked_at(given, None))["redis"].level is Level.OK


@pytest.mark.parametrize(
    ("status", "level"), [(404, Level.OK), (405, Level.OK), (500, Level.WARN), (429, Level.WARN)]
)
async def test_a_model_server_may_not_list_its_models(given, looked_at, outside, status, level):
    outside.models_status = status
    assert (await looked_at(given))["model"].level is level


async def test_a_model_the_server_does_not_have_is_a_warning(given, looked_at):
    found = await looked_at({**given, "OPENAI_TEXT_MODEL": "large"})
    assert found["model"].level is Level.WARN
    assert "OPENAI_TEXT_MODEL" in found["model"].said


async def test_the_model_that_takes_calls_is_looked_at_where_it_is(given, looked_at, outside):
    voice = {
        **given,
        "OPENAI_REALTIME_URL": f"{outside.url}/v1/realtime".replace("http", "ws"),
        "OPENAI_REALTIME_MODEL": "small",
    }
    found = await looked_at(voice)
    assert found["calls"] == Finding(Level.OK, "calls", f"small at {outside.url}/v1")
    assert "calls are answered by small" in found["settings"].said
    found = await looked_at({**voice, "OPENAI_REALTIME_FALLBACK_MODEL": "tiny"})
    assert found["calls"].level is Level.OK
    assert found["calls, 2nd"].level is Level.WARN
    assert "OPENAI_REALTIME_FALLBACK_MODEL" in found["calls, 2nd"].said
    found = await looked_at({**voice, "OPENAI_REALTIME_URL": "ws://127.0.0.1:1/v1/realtime"})
    assert found["calls"].level is Level.FAIL
    assert "OPENAI_REALTIME_URL" in found["calls"].said
    keyed = {**given, "OPENAI_API_KEY": "k", "OPENAI_REALTIME_MODEL": "large"}
    assert "mend OPENAI_REALTIME_MODEL" in (await looked_at(keyed))["calls"].said


async def test_a_number_whose_calls_go_elsewhere_is_a_warning(given, looked_at, outside):
    outside.number["voice_url"] = "https://demo.twilio.com/welcome/voice/"
    found = await looked_at(given)
    assert found["twilio"].level is Level.WARN
    assert f"POST {outside.url}/webhooks/twilio/voice#rc=3&rp=all" in found["twilio"].said


async def test_a_gateway_that_is_not_running_is_a_warning(given, looked_at, outside):
    outside.healthy = False
    assert (await looked_at(given))["gateway"].level is Level.WARN


@pytest.fixture
def exposed(tmp_path) -> Path:
    """A data folder that others can write in, with a secret that others can read."""
    folder = tmp_path / "data"
    load({"DATA_DIR": str(folder)}, None)
    (folder / "secrets" / "API_TOKEN").chmod(0o644)
    folder.chmod(0o777)
    return folder


async def test_what_others_can_read_or_change_is_told_with_what_mends_it(given, looked_at, exposed):
    found = await looked_at(given)
    assert (found["secrets"].level, found["data"].level) == (Level.FAIL, Level.FAIL)
    assert f"chmod 600 {exposed / 'secrets' / 'API_TOKEN'}" in found["secrets"].said
    assert f"chmod go-w {exposed}" in found["data"].said
