"""What is read, what is refused and how, and the secrets that are made."""

import ast
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.twilio_sms import TwilioSms
from channels.twilio_voice import TwilioVoice
from gateway.settings import OWN_NAMES, Settings, SettingsError, load, worker_environment

STRONG = "0123456789abcdefSTRONG"
TWILIO = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": STRONG,
    "TWILIO_NUMBER": "+19165550100",
}


@pytest.fixture
def given_(tmp_path: Path) -> dict[str, str]:
    """The least that loads without making anything."""
    return {"DATA_DIR": str(tmp_path / "data"), "API_TOKEN": STRONG, "SECRET_KEY": STRONG}


def mistakes(environ: dict[str, str], env_file: Path | None = None) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load(environ, env_file)
    return caught.value.mistakes


def env_file(folder: Path, text: str) -> Path:
    path = folder / ".env"
    path.write_text(text, encoding="utf-8")
    return path


def test_with_nothing_given_every_default_holds(given_):
    settings = load(given_, None)
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8080, 1)
    assert settings.public_url == "http://127.0.0.1:8080"
    assert settings.database_url is None
    assert settings.redis_url is None
    assert settings.business == "my_hibachi"
    assert settings.openai_text_model == "gpt-5.4-mini"
    assert not settings.text_model_on
    assert not settings.fallback_model_on
    assert settings.channels == {}
    assert settings.voice_channels == {}
    assert settings.realtime_url is None


def test_the_public_address_follows_host_and_port_and_loses_its_last_slash(given_):
    assert load({**given_, "PORT": "9000"}, None).public_url == "http://127.0.0.1:9000"
    assert load({**given_, "HOST": "::1"}, None).public_url == "http://[::1]:8080"
    given = load({**given_, "PUBLIC_URL": "https://example.com/gw/"}, None)
    assert given.public_url == "https://example.com/gw"


def test_the_data_folder_is_absolute():
    relative = load({"API_TOKEN": STRONG, "SECRET_KEY": STRONG}, None).data_dir
    assert relative == Path.cwd() / "data"


def test_the_environment_wins_over_the_file(given_, tmp_path):
    path = env_file(tmp_path, "PORT=9001\nHOST='::1'  # the loopback\nexport WORKERS=2\n")
    settings = load({**given_, "PORT": "9002"}, path)
    assert (settings.host, settings.port, settings.workers) == ("::1", 9002, 2)


def test_an_empty_value_counts_as_not_given_and_hides_the_file(given_, tmp_path):
    path = env_file(tmp_path, "PORT=9001\n")
    assert load({**given_, "PORT": ""}, path).port == 8080


def test_every_mistake_is_reported_at_once_by_name(given_):
    found = mistakes(
        {
            **given_,
            "HOST": "no where",
            "PORT": "http",
            "WORKERS": "0",
            "PUBLIC_URL": "example.com",
            "DATABASE_URL": "mysql://somewhere",
            "REDIS_URL": "localhost:6379",
            "LOG_LEVEL": "loud",
            "BUSINESS": "../secrets",
            "SECRET_KEY": "short",
            "OPENAI_BASE_URL": "ftp://models.example",
            "OPENAI_APIKEY": "x",
            "TWILIO_NUMBER": "+19165550100",
        }
    )
    named = {mistake.partition(" ")[0].rstrip(",") for mistake in found}
    assert named == {
        "HOST",
        "PORT",
        "WORKERS",
        "PUBLIC_URL",
        "DATABASE_URL",
        "REDIS_URL",
        "LOG_LEVEL",
        "BUSINESS",
        "SECRET_KEY",
        "OPENAI_BASE_URL",
        "OPENAI_APIKEY",
        "TWILIO_ACCOUNT_SID",
    }
    assert len(found) == len(named)


def test_a_mistake_leaves_nothing_behind(tmp_path):
    folder = tmp_path / "data"
    mistakes({"DATA_DIR": str(folder), "PORT": "x"})
    assert not folder.exists()


@given(st.sampled_from(OWN_NAMES), st.text("pass:word@/?# 1", min_size=1, max_size=20))
def test_a_mistake_never_shows_the_value(name, junk):
    environ = {"API_TOKEN": STRONG, "SECRET_KEY": STRONG, "PORT": "wrong"}
    told = "\n".join(mistakes({**environ, name: f"{junk}hunter2"}))
    assert "PORT" in told
    assert "hunter2" not in told


@pytest.mark.parametrize(
    "url", ["https://u:p@example.com", "http://", "https://x/?a=b", "http://x:99999", "//x"]
)
def test_a_public_address_that_could_not_be_signed_or_called_is_refused(given_, url):
    assert [m.partition(" ")[0] for m in mistakes({**given_, "PUBLIC_URL": url})] == ["PUBLIC_URL"]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://concierge:secret@db.example/concierge",
        "postgres://db",
        "postgresql://concierge@/postgres?host=%2Ftmp%2Fdata%2Fpostgres",
    ],
)
def test_a_database_is_named_by_its_url_and_never_shown(given_, url):
    settings = load({**given_, "DATABASE_URL": url}, None)
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == url
    assert url not in repr(settings)


def test_secrets_do_not_show(given_):
    settings = load({**given_, **TWILIO, "OPENAI_API_KEY": "sk-very-private"}, None)
    channels = repr([settings.channels, settings.voice_channels])
    for shown in (repr(settings), str(settings), f"{settings.api_token}", channels):
        assert STRONG not in shown
        assert "sk-very-private" not in shown


def test_own_secrets_are_made_once_and_for_us_alone(tmp_path):
    environ = {"DATA_DIR": str(tmp_path / "data")}
    first, second = load(environ, None), load(environ, None)
    assert first == second
    assert first.api_token != first.secret_key
    assert len(first.api_token.get_secret_value()) >= 32
    folder = tmp_path / "data" / "secrets"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(path.name for path in folder.iterdir()) == ["API_TOKEN", "SECRET_KEY"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_two_starts_together_keep_the_same_secrets(tmp_path):
    environ = {"DATA_DIR": str(tmp_path / "data")}
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: load(environ, None), range(16)))
    assert len({settings.api_token.get_secret_value() for settings in found}) == 1
    assert len({settings.secret_key.get_secret_value() for settings in found}) == 1
    assert len(list((tmp_path / "data" / "secrets").iterdir())) == 2


def test_with_a_database_of_your_own_the_secrets_must_be_given(tmp_path):
    found = mistakes({"DATA_DIR": str(tmp_path), "DATABASE_URL": "postgresql://db"})
    assert [mistake.partition(" ")[0] for mistake in found] == ["API_TOKEN", "SECRET_KEY"]
    assert all("secrets.token_urlsafe(32)" in mistake for mistake in found)


def test_a_spoilt_secret_file_is_a_mistake_that_says_what_to_do(tmp_path):
    environ = {"DATA_DIR": str(tmp_path)}
    load(environ, None)
    (tmp_path / "secrets" / "API_TOKEN").write_text("abc\n")
    (found,) = mistakes(environ)
    assert "API_TOKEN" in found
    assert "remove it" in found


def test_a_data_folder_that_cannot_be_made_is_a_mistake(tmp_path):
    (tmp_path / "file").write_text("")
    (found,) = mistakes({"DATA_DIR": str(tmp_path / "file" / "data")})
    assert "mend DATA_DIR" in found


def test_a_misspelt_name_in_the_file_is_a_mistake_with_a_suggestion(given_, tmp_path):
    path = env_file(tmp_path, "PROT=9000\nCOMPLETELY_ELSE=1\n")
    assert mistakes(given_, path) == (
        "COMPLETELY_ELSE is not a setting; remove it from .env",
        "PROT is not a setting; did you mean PORT?",
    )


def test_the_environment_may_hold_what_other_programs_read(given_):
    others = {"PATH": "/bin", "OPENAI_ORG_ID": "org", "OPENAI_API_BASE": "x", "TWILIO_API_KEY": "k"}
    assert load({**given_, **others}, None) == load(given_, None)


def test_a_near_miss_of_ours_in_the_environment_is_a_mistake(given_):
    assert mistakes({**given_, "TWILIO_ACCOUNT_ID": "AC1"}) == (
        "TWILIO_ACCOUNT_ID is not a setting; did you mean TWILIO_ACCOUNT_SID?",
    )


def test_a_line_of_the_file_that_cannot_be_read_is_a_mistake(given_, tmp_path):
    path = env_file(tmp_path, "PORT=9000\nWORKERS\n=5\n")
    assert mistakes(given_, path) == (
        f"{path} line 2 is not NAME=value",
        f"{path} line 3 is not NAME=value",
    )
    path.write_bytes(b"PORT=\xff\n")
    assert "cannot be read" in mistakes(given_, path)[0]


def test_an_absent_file_is_no_mistake(given_, tmp_path):
    assert load(given_, tmp_path / ".env") == load(given_, None)


def test_a_channel_with_its_settings_is_on(given_):
    (name, channel), *others = load({**given_, **TWILIO}, None).channels.items()
    assert name == "twilio-sms"
    assert isinstance(channel, TwilioSms)
    assert channel.address == "+19165550100"
    assert others == []


def test_one_accounts_settings_switch_on_its_texts_and_its_calls(given_):
    settings = load({**given_, **TWILIO}, None)
    (name, voice), *others = settings.voice_channels.items()
    assert name == "twilio-voice"
    assert isinstance(voice, TwilioVoice)
    assert voice.address == "+19165550100"
    assert others == []
    assert settings.every_channel == [*settings.channels.values(), voice]


def test_a_half_set_channel_is_a_mistake_that_names_what_is_missing(given_):
    half = {"TWILIO_NUMBER": "+19165550100", "TWILIO_AUTH_TOKEN": STRONG}
    assert mistakes({**given_, **half}) == (
        "TWILIO_ACCOUNT_SID must be given too for twilio-sms and twilio-voice; "
        "or take out TWILIO_AUTH_TOKEN, TWILIO_NUMBER to leave them off",
    )


def test_a_mistake_that_two_channels_share_is_reported_once(given_):
    wrong = {
        "TWILIO_ACCOUNT_SID": "AC1",
        "TWILIO_AUTH_TOKEN": "two words",
        "TWILIO_NUMBER": "1",
        "TWILIO_API_URL": "ftp://x",
    }
    named = [mistake.partition(" ")[0] for mistake in mistakes({**given_, **wrong})]
    assert sorted(named) == sorted(wrong)


def test_a_channels_own_check_is_a_mistake_by_name(given_):
    (found,) = mistakes({**given_, **TWILIO, "TWILIO_NUMBER": "555-0100"})
    assert found.startswith("TWILIO_NUMBER must be")


def test_a_channels_optional_settings_alone_do_not_switch_it_on(given_):
    assert load({**given_, "TWILIO_API_URL": "http://127.0.0.1:1"}, None).channels == {}


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "OPENAI_BASE_URL"])
def test_a_key_or_a_server_switches_the_model_on(given_, name):
    assert load({**given_, name: "http://127.0.0.1:1/v1"}, None).text_model_on


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({}, None),
        ({"OPENAI_API_KEY": "k"}, "wss://api.openai.com/v1/realtime"),
        (
            {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1/"},
            "ws://127.0.0.1:1/v1/realtime",
        ),
        (
            {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "https://http.example/v1"},
            "wss://http.example/v1/realtime",
        ),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:11434/v1"}, None),
        ({"OPENAI_REALTIME_URL": "ws://127.0.0.1:9/v1/realtime/"}, "ws://127.0.0.1:9/v1/realtime"),
        (
            {"OPENAI_API_KEY": "k", "OPENAI_REALTIME_URL": "wss://voice.example/v1/realtime"},
            "wss://voice.example/v1/realtime",
        ),
        ({"OPENAI_API_KEY": "k", "OPENAI_REALTIME_URL": "off"}, None),
        ({"OPENAI_API_KEY": "k", "OPENAI_REALTIME_URL": ""}, "wss://api.openai.com/v1/realtime"),
    ],
)
def test_a_key_or_an_address_of_its_own_lets_a_model_take_calls(given_, environ, url):
    assert load({**given_, **environ}, None).realtime_url == url


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com/v1/realtime",
        "Off",
        "on",
        "ws://",
        "wss://u:p@example.com/v1",
        "wss://example.com/v1?model=x",
        "ws://example.com:99999/v1",
    ],
)
def test_a_model_for_calls_needs_a_websocket_address_or_off(given_, url):
    (found,) = mistakes({**given_, "OPENAI_REALTIME_URL": url})
    assert found.startswith("OPENAI_REALTIME_URL must be a WebSocket address")


def test_the_models_that_take_calls_are_named_in_their_order(given_):
    assert load(given_, None).realtime_models == ["gpt-realtime-2.1"]
    two = {"OPENAI_REALTIME_MODEL": "large", "OPENAI_REALTIME_FALLBACK_MODEL": "small"}
    assert load({**given_, **two}, None).realtime_models == ["large", "small"]


def test_the_stand_in_uses_the_first_models_name_unless_told(given_):
    both = {"OPENAI_API_KEY": "k", "FALLBACK_OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}
    settings = load({**given_, **both, "OPENAI_TEXT_MODEL": "large"}, None)
    assert settings.fallback_model_on
    assert settings.fallback_openai_text_model == "large"


@pytest.mark.parametrize(
    "half",
    [
        {"FALLBACK_OPENAI_API_KEY": "k"},
        {"FALLBACK_OPENAI_BASE_URL": "http://127.0.0.1:1/v1"},
        {"OPENAI_API_KEY": "k", "FALLBACK_OPENAI_TEXT_MODEL": "small"},
    ],
)
def test_a_half_set_stand_in_is_a_mistake(given_, half):
    (found,) = mistakes({**given_, **half})
    assert found.startswith("FALLBACK_OPENAI_")


def test_settings_cannot_be_changed(given_):
    with pytest.raises(ValueError, match="frozen"):
        load(given_, None).port = 1


def test_a_worker_finds_the_same_settings_and_the_servers_in_use(tmp_path):
    settings = load({"DATA_DIR": str(tmp_path)}, None)
    passed = worker_environment(
        settings, database_url="postgresql://embedded", redis_url="unix:///tmp/redis.sock"
    )
    told = load({name: passed[name] for name in OWN_NAMES if name in passed}, None)
    assert told.api_token == settings.api_token
    assert told.secret_key == settings.secret_key
    assert told.data_dir == settings.data_dir
    assert told.database_url is not None


def test_every_setting_is_read_by_something():
    package = Path(__file__).parents[2] / "gateway"
    trees = [ast.parse(path.read_text()) for path in package.rglob("*.py")]
    read = {
        node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)
    }
    assert set(Settings.model_fields) - read == set()


def test_every_setting_says_what_it_must_be():
    fields = {
        name: field for name, field in Settings.model_fields.items() if "channels" not in name
    }
    assert [name for name, field in fields.items() if not field.description] == []
