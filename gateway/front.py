"""GET /: what is on and how to try it, in plain words; with a token, how it is going.

What anybody may see is what the business prints anyway: its name, and the number to text and call.
"""

import platform
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from jinja2 import Environment, StrictUndefined, Template

from channels import CHANNELS, channel_class
from channels.contract import LOOPBACK, TextChannel, VoiceChannel, takes_calls
from gateway.api.access import identify
from gateway.context import CONTEXT, Context
from gateway.metrics import Waiting, waiting
from gateway.settings import OFF, OPENAI_URL
from storage.database import DATABASE_DOWN
from storage.people import Actor

TITLES = {"sms": "SMS", "whatsapp": "WhatsApp", "email": "E-mail", "tiktok": "TikTok"}
"""Of channels whose name does not become its title by a capital letter."""


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """One channel, as the page tells of it."""

    title: str
    provider: str
    address: str
    """Empty when the channel is off."""
    calls: bool
    """It is for calls, not for messages."""
    practice: bool
    """Its provider is a stand-in on this machine."""
    settings: tuple[str, ...]
    """Which settings switch it on."""


@dataclass(frozen=True, slots=True)
class Detail:
    """How it is going: for those who hold a token."""

    actor: Actor
    version: str
    python: str
    worker: str
    workers: int
    business_version: int
    draining: bool
    redis: bool
    waiting: Waiting | None
    """None when PostgreSQL does not answer."""


async def front(request: web.Request) -> web.Response:
    """The page. A token that nobody holds is told so, with 401."""
    context = request.app[CONTEXT]
    actor, problem = await _who(request)
    text = _page().render(
        business=context.business,
        public_url=context.settings.public_url,
        channels=[_channel_line(name, context) for name in CHANNELS],
        writer=_who_writes(context),
        speaker=_who_speaks(context),
        model=context.settings.text_model_on,
        speaks=context.settings.realtime_url is not None,
        off=context.settings.openai_realtime_url == OFF,
        detail=await _detail(context, actor) if actor else None,
        problem=problem,
    )
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": _policy(),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    if problem:
        headers[hdrs.WWW_AUTHENTICATE] = 'Bearer realm="concierge", error="invalid_token"'
    return web.Response(
        text=text, status=401 if problem else 200, content_type="text/html", headers=headers
    )


ROUTES = (web.get("/", front),)


async def _who(request: web.Request) -> tuple[Actor | None, str]:
    """Who is looking, if they said so; else what is wrong with what they said."""
    try:
        actor = await identify(request)
    except DATABASE_DOWN:
        return None, "Your token cannot be looked up now; the owner's works without the database."
    if actor is None and hdrs.AUTHORIZATION in request.headers:
        return None, "The token you sent is not known, or not any more."
    return actor, ""


def _channel_line(name: str, context: Context) -> ChannelLine:
    kind = channel_class(name)
    settings = context.settings
    channel = settings.channels.get(name) or settings.voice_channels.get(name)
    return ChannelLine(
        title=TITLES.get(kind.CHANNEL, kind.CHANNEL.replace("_", " ").capitalize()),
        provider=kind.PROVIDER.capitalize(),
        address=channel.address if channel else "",
        calls=takes_calls(kind),
        practice=_is_practice(kind.PROVIDER, context),
        settings=_required(kind),
    )


def _is_practice(provider: str, context: Context) -> bool:
    """Whether any channel of this provider reaches it on this machine: then all of them do."""
    addresses = [
        getattr(channel, "api_url", "")
        for channel in context.settings.every_channel
        if provider == channel.PROVIDER
    ]
    return any(urlsplit(address).hostname in LOOPBACK for address in addresses)


def _required(kind: type[TextChannel] | type[VoiceChannel]) -> tuple[str, ...]:
    return tuple(
        each.metadata["setting"]
        for each in fields(kind)  # type: ignore[arg-type]  # channels are dataclasses
        if "setting" in each.metadata and each.default is MISSING
    )


def _who_writes(context: Context) -> str:
    settings = context.settings
    if not settings.text_model_on:
        return "The built-in attendant, which needs no model"
    host = urlsplit(settings.openai_base_url or OPENAI_URL).hostname
    return f"The model {settings.openai_text_model} at {host}"


def _who_speaks(context: Context) -> str:
    url = context.settings.realtime_url
    if url is None:
        return "The built-in attendant, by the keys of the phone, which needs no model"
    first, *second = context.settings.realtime_models
    return f"The model {first} at {urlsplit(url).hostname}" + "".join(
        f", and when it fails {each}" for each in second
    )


async def _detail(context: Context, actor: Actor) -> Detail:
    return Detail(
        actor=actor,
        version=version("concierge"),
        python=platform.python_version(),
        worker=context.worker,
        workers=context.settings.workers,
        business_version=context.business_version,
        draining=context.draining,
        redis=await context.sessions.ping(),
        waiting=await waiting(context.pool),
    )


@cache
def _source() -> str:
    return files("gateway").joinpath("pages", "front.html").read_text(encoding="utf-8")


@cache
def _page() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["age"] = _age
    return environment.from_string(_source())


@cache
def _policy() -> str:
    """Nothing is loaded, sent or framed; the one style sheet is known by its hash."""
    styles: Sequence[str] = re.findall(r"<style>(.*?)</style>", _source(), re.DOTALL)
    hashes = [f"'sha256-{b64encode(sha256(each.encode()).digest()).decode()}'" for each in styles]
    return (
        f"default-src 'none'; style-src {' '.join(hashes)}; img-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )


def _age(seconds: float) -> str:
    """Seconds as people say it: 95 -> '1 min 35 s'."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
