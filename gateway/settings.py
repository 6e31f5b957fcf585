"""The settings: the environment over `.env`, read once, every mistake reported at once by name.

Hard is that a start must fail on all that is wrong and do nothing before it has: secrets that
nobody gave are made only once everything else holds, and two processes starting together keep
the same ones.
"""

import os
import re
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import MISSING, fields
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, cast
from urllib.parse import urlsplit

from dotenv.parser import parse_stream
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, SkipValidation
from pydantic import ValidationError as FieldsInvalid
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from channels import CHANNELS, channel_class
from channels.contract import TextChannel, VoiceChannel, takes_calls
from pipeline.errors import ConciergeError

OPENAI_URL = "https://api.openai.com/v1"
OFF = "off"
MADE_IF_ABSENT = ("API_TOKEN", "SECRET_KEY")
MIN_SECRET = 16


class SettingsError(ConciergeError):
    """Settings that cannot be used. `mistakes` lists every one, each saying what to do."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)


def _web_url(value: str) -> str:
    parts = urlsplit(value)
    plain = not (parts.query or parts.fragment or parts.username or parts.password)
    if parts.scheme not in ("http", "https") or not parts.hostname or not plain:
        raise ValueError("not a web address")
    _ = parts.port  # raises ValueError beyond 65535
    return value.rstrip("/")


def _realtime_url(value: str) -> str:
    parts = urlsplit(value)
    plain = not (parts.query or parts.fragment or parts.username or parts.password)
    if value != OFF and (parts.scheme not in ("ws", "wss") or not parts.hostname or not plain):
        raise ValueError("not a WebSocket address")
    _ = parts.port  # raises ValueError beyond 65535
    return value.rstrip("/")


def _server_url(*schemes: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        parts = urlsplit(value.get_secret_value())
        _ = parts.port  # raises ValueError: a password that needs %-escapes often shows here
        if parts.scheme not in schemes:
            raise ValueError("not this server's kind of address")
        return value

    return AfterValidator(check)


def _own_secret(value: SecretStr) -> SecretStr:
    # It must fit into an Authorization header, so: printable ASCII without spaces.
    if not re.fullmatch(rf"[!-~]{{{MIN_SECRET},}}", value.get_secret_value()):
        raise ValueError("too weak")
    return value


RealtimeUrl = Annotated[str, AfterValidator(_realtime_url)]
WebUrl = Annotated[str, AfterValidator(_web_url)]
OwnSecret = Annotated[SecretStr, AfterValidator(_own_secret)]
DatabaseUrl = Annotated[SecretStr, _server_url("postgresql", "postgres")]
RedisUrl = Annotated[SecretStr, _server_url("redis", "rediss", "unix")]
Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().resolve())]
Level = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(str.upper)]

_WEB = "a web address such as https://example.com, without user, query or fragment"
_OWN = f"at least {MIN_SECRET} printable characters without spaces; make one with: " + (
    'python -c "import secrets; print(secrets.token_urlsafe(32))"'
)


def _local_url(known: dict[str, Any]) -> str:
    host = f"[{known['host']}]" if ":" in known["host"] else known["host"]
    return f"http://{host}:{known['port']}"


class Settings(BaseSettings):
    """Every setting, checked. A field is its setting's name in lower case; secrets never show.

    `description` completes the sentence "NAME must be ..." when the value cannot be used.
    """

    model_config = SettingsConfigDict(frozen=True, arbitrary_types_allowed=True)

    host: str = Field(
        "127.0.0.1",
        pattern=r"^[\w.:-]+$",
        description="an address to listen on, such as 127.0.0.1 or 0.0.0.0",
    )
    port: int = Field(8080, ge=1, le=65535, description="a port number, 1 to 65535")
    public_url: WebUrl = Field(default_factory=_local_url, description=_WEB)
    workers: int = Field(1, ge=1, le=64, description="the number of worker processes, 1 to 64")
    data_dir: Folder = Field(Path("data"), validate_default=True, description="a folder")
    database_url: DatabaseUrl | None = Field(
        None, description="like postgresql://user:password@host/database; unset: embedded"
    )
    redis_url: RedisUrl | None = Field(
        None, description="like redis://host:6379/0, rediss://... or unix://...; unset: embedded"
    )
    business: str = Field(
        "my_hibachi",
        pattern=r"^[a-z][a-z0-9_]*$",
        description="a business's short name: small letters, digits and underscores",
    )
    api_token: OwnSecret = Field(description=_OWN)
    secret_key: OwnSecret = Field(description=_OWN)
    log_level: Level = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")
    openai_api_key: SecretStr | None = Field(None, description="an API key")
    openai_base_url: WebUrl | None = Field(None, description=_WEB)
    openai_text_model: str = Field("gpt-5.4-mini", description="a model's name")
    openai_realtime_url: RealtimeUrl | None = Field(
        None,
        description="a WebSocket address such as wss://example.com/v1/realtime, or off:"
        " then the attendant takes the calls",
    )
    openai_realtime_model: str = Field("gpt-realtime-2.1", description="a model's name")
    openai_realtime_fallback_model: str | None = Field(None, description="a model's name")
    fallback_openai_base_url: WebUrl | None = Field(None, description=_WEB)
    fallback_openai_api_key: SecretStr | None = Field(None, description="an API key")
    fallback_openai_text_model: str = Field(
        default_factory=lambda known: str(known["openai_text_model"]), description="a model's name"
    )
    channels: Annotated[Mapping[str, TextChannel], SkipValidation] = MappingProxyType({})
    """The text channels that are on, by their name in channels.CHANNELS."""
    voice_channels: Annotated[Mapping[str, VoiceChannel], SkipValidation] = MappingProxyType({})
    """The voice channels that are on, likewise."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load` hands over: it alone knows what was given where."""
        return (init_settings,)

    @property
    def text_model_on(self) -> bool:
        """Whether a model writes texts; otherwise the built-in attendant does."""
        return self.openai_api_key is not None or self.openai_base_url is not None

    @property
    def realtime_url(self) -> str | None:
        """Where the model that takes calls is reached; None when the attendant takes them."""
        if self.openai_realtime_url is not None:
            return None if self.openai_realtime_url == OFF else self.openai_realtime_url
        if self.openai_api_key is None:
            return None
        return (self.openai_base_url or OPENAI_URL).replace("http", "ws", 1) + "/realtime"

    @property
    def realtime_models(self) -> Sequence[str]:
        """The models that take calls, the first choice first."""
        second = self.openai_realtime_fallback_model
        return [self.openai_realtime_model, *([second] if second else [])]

    @property
    def every_channel(self) -> Sequence[TextChannel | VoiceChannel]:
        """All channels that are on, of either kind."""
        return [*self.channels.values(), *self.voice_channels.values()]

    @property
    def fallback_model_on(self) -> bool:
        """Whether another model stands in when the first fails."""
        return self.fallback_openai_api_key is not None or self.fallback_openai_base_url is not None


OWN_NAMES = tuple(
    name.upper() for name in Settings.model_fields if name not in {"channels", "voice_channels"}
)


def from_environment() -> Settings:
    """This process's settings: its environment over `.env` in the current folder."""
    return load(os.environ, Path(".env"))


def worker_environment(
    settings: Settings, *, database_url: str, redis_url: str
) -> Mapping[str, str]:
    """A worker's environment: ours, the servers in use, and the secrets that may have been made."""
    return {
        **os.environ,
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "API_TOKEN": settings.api_token.get_secret_value(),
        "SECRET_KEY": settings.secret_key.get_secret_value(),
    }


def load(environ: Mapping[str, str], env_file: Path | None) -> Settings:
    """Read the settings; an empty value counts as not given. Raises SettingsError.

    Makes DATA_DIR/secrets/NAME for an own secret that was not given, where that is allowed.
    """
    mistakes: list[str] = []
    from_file = _read_env_file(env_file, mistakes) if env_file else {}
    known = {*OWN_NAMES, *_channel_names()}
    mistakes += _unknown_in_file(from_file, known) + _near_misses(environ, known)
    given = {name: value for name, value in {**from_file, **environ}.items() if value}

    made = {name: secrets.token_urlsafe(32) for name in MADE_IF_ABSENT if name not in given}
    if "DATABASE_URL" in given:
        mistakes += [f"{name} must be given when DATABASE_URL is: {_OWN}" for name in made]
    mistakes += _model_mistakes(given)
    own = {name.lower(): value for name, value in {**given, **made}.items() if name in OWN_NAMES}
    try:
        texts, calls = _channels(given, mistakes)
        settings = Settings(**own, channels=texts, voice_channels=calls)  # type: ignore[arg-type]
    except FieldsInvalid as exc:
        raise SettingsError([*_field_mistakes(exc), *mistakes]) from None
    if mistakes:
        raise SettingsError(mistakes)
    kept = {
        name.lower(): SecretStr(_kept(settings.data_dir / "secrets", name, fresh))
        for name, fresh in made.items()
    }
    return settings.model_copy(update=kept)


def _read_env_file(path: Path, mistakes: list[str]) -> dict[str, str]:
    if not path.exists():
        return {}
    found: dict[str, str] = {}
    try:
        with path.open(encoding="utf-8") as lines:
            for binding in parse_stream(lines):
                if binding.error or (binding.key and binding.value is None):
                    mistakes.append(f"{path} line {binding.original.line} is not NAME=value")
                elif binding.key:
                    found[binding.key] = binding.value or ""
    except (OSError, UnicodeDecodeError) as exc:
        mistakes.append(f"{path} cannot be read: {exc}")
    return found


def _unknown_in_file(from_file: Mapping[str, str], known: set[str]) -> list[str]:
    found = []
    for name in from_file.keys() - known:
        near = get_close_matches(name.upper(), known, n=1)
        hint = f"did you mean {near[0]}?" if near else "remove it from .env"
        found.append(f"{name} is not a setting; {hint}")
    return sorted(found)


def _near_misses(environ: Mapping[str, str], known: set[str]) -> list[str]:
    # The environment is full of other programs' names: only what can hardly be theirs counts.
    families = tuple({f"{name.partition('_')[0]}_" for name in _channel_names()})
    found = []
    for name in environ:
        if name not in known and name.startswith(("OPENAI_", "FALLBACK_OPENAI_", *families)):
            near = get_close_matches(name, known, n=1, cutoff=0.9)
            found += [f"{name} is not a setting; did you mean {near[0]}?"] if near else []
    return sorted(found)


def _field_mistakes(invalid: FieldsInvalid) -> list[str]:
    found = []
    for error in invalid.errors(include_url=False, include_context=False):
        name = str(error["loc"][0])
        if error["type"] in ("default_factory_not_called", "missing"):
            continue  # they follow from mistakes that are listed in their own right
        # Never the value itself: a secret may have been put under the wrong name.
        found.append(f"{name.upper()} must be {Settings.model_fields[name].description}")
    return found


def _model_mistakes(given: Mapping[str, str]) -> list[str]:
    reached = ("OPENAI_BASE_URL", "OPENAI_API_KEY")
    stand_in = [f"FALLBACK_{name}" for name in reached if f"FALLBACK_{name}" in given]
    if stand_in and not given.keys() & set(reached):
        return [
            f"{stand_in[0]} is for a stand-in of the model that {' or '.join(reached)} reaches: "
            "set one of these too"
        ]
    if "FALLBACK_OPENAI_TEXT_MODEL" in given and not stand_in:
        return [
            "FALLBACK_OPENAI_TEXT_MODEL names a model without a server: set "
            "FALLBACK_OPENAI_BASE_URL or FALLBACK_OPENAI_API_KEY too"
        ]
    return []


def _channel_settings(name: str) -> Mapping[str, tuple[str, bool]]:
    """Field name -> (setting, required) of one channel."""
    return {
        field.name: (field.metadata["setting"], field.default is MISSING)
        for field in fields(channel_class(name))  # type: ignore[arg-type]
        if "setting" in field.metadata
    }


def _channel_names() -> set[str]:
    return {setting for name in CHANNELS for setting, _ in _channel_settings(name).values()}


def _channels(
    given: Mapping[str, str], mistakes: list[str]
) -> tuple[Mapping[str, TextChannel], Mapping[str, VoiceChannel]]:
    on: dict[str, TextChannel | VoiceChannel] = {}
    half_set: dict[tuple[str, str], list[str]] = {}
    wrong: list[str] = []
    for name in CHANNELS:
        declared = _channel_settings(name)
        required = [setting for setting, required in declared.values() if required]
        missing = [setting for setting in required if setting not in given]
        if len(missing) == len(required):
            continue
        if missing:
            present = ", ".join(setting for setting in required if setting in given)
            half_set.setdefault((", ".join(missing), present), []).append(name)
            continue
        values = {field: given[name] for field, (name, _) in declared.items() if name in given}
        try:
            on[name] = channel_class(name)(**values)
        except ValueError as exc:  # a channel checks its own; each line names a setting
            wrong += str(exc).splitlines()
    mistakes += [
        f"{missing} must be given too for {' and '.join(names)}; "
        f"or take out {present} to leave {'it' if len(names) == 1 else 'them'} off"
        for (missing, present), names in half_set.items()
    ]
    mistakes += dict.fromkeys(wrong)  # channels of one provider share settings, and their mistakes
    texts = {name: channel for name, channel in on.items() if not takes_calls(channel)}
    calls = {name: channel for name, channel in on.items() if takes_calls(channel)}
    return (
        cast("Mapping[str, TextChannel]", MappingProxyType(texts)),
        cast("Mapping[str, VoiceChannel]", MappingProxyType(calls)),
    )


def _kept(folder: Path, name: str, fresh: str) -> str:
    """The secret kept under this name; `fresh`, and kept from now on, if there was none."""
    path = folder / name
    try:
        if not path.exists():
            folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            _publish(path, fresh)
        kept = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError([f"{name} cannot be kept in {path}: {exc}; mend DATA_DIR"]) from exc
    if len(kept) < MIN_SECRET:
        raise SettingsError([f"{path} holds no usable {name}; remove it to have a new one made"])
    return kept


def _publish(path: Path, text: str) -> None:
    """Make the file whole or not at all, readable to us alone; one that is there first stays."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(handle, "w", encoding="ascii") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(handle)
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
