"""Every route to the log, walked with canaries: none may come out at the other end."""

import asyncio
import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator

import asyncpg
import pytest
import structlog
from structlog.contextvars import bound_contextvars

from channels.twilio_voice import TwilioVoice
from gateway import log as logs
from gateway.settings import load
from pipeline.ids import ProviderId
from pipeline.messages import InboundMessage

TOKEN = "canary-token-0123456789"
NUMBER = "+19165550142"
ADDRESS = "canary@example.com"
BODY = "canary said the customer"
MESSAGE = InboundMessage("sms", "twilio", ProviderId("SM1"), NUMBER, "+19165550100", BODY)


class Sink(io.StringIO):
    """Where the lines go, read back as what they say."""

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture
def sink() -> Iterator[Sink]:
    """The sink, configured as in a worker; afterwards everything is as it was."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level, logging.raiseExceptions)
    hooks = (sys.excepthook, threading.excepthook)
    sink = Sink()
    logs.configure("DEBUG", tag_key="key", worker="0", stream=sink)
    logs.guard(TOKEN)
    yield sink
    root.handlers, root.level, logging.raiseExceptions = before
    sys.excepthook, threading.excepthook = hooks
    for name in logs.OURS:
        logging.getLogger(name).setLevel(logging.NOTSET)
    logging.captureWarnings(False)
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()


def fail(depth: int = 0) -> None:
    """Raise with everything that must not be told, in words and in local variables."""
    secret = TOKEN
    raise ValueError(f"{depth} cannot read {BODY!r} of {NUMBER}, {ADDRESS}, token {secret}")


def test_a_line_says_when_how_grave_who_and_what(sink):
    structlog.get_logger("gateway.messages").info("reply_sent", segments=2)
    [line] = sink.lines()
    assert str(line.pop("at")).endswith("Z")
    assert line == {
        "level": "info",
        "logger": "gateway.messages",
        "event": "reply_sent",
        "segments": 2,
        "worker": "0",
    }


def test_the_standard_library_comes_out_the_same_way(sink):
    logging.getLogger("storage.outbox").info("settled", extra={"state": "sent", "to": NUMBER})
    [line] = sink.lines()
    assert (line["event"], line["state"], line["logger"]) == ("settled", "sent", "storage.outbox")
    assert str(line["to"]).startswith("phone:")


async def test_what_a_line_is_about_follows_its_task_and_no_other(sink):
    log = structlog.get_logger("gateway.messages")

    async def turn(name: str) -> None:
        with bound_contextvars(message_id=name):
            await asyncio.sleep(0)
            log.info("inside")
            logging.getLogger("realtime.responder").info("also_inside")
        log.info("outside")

    await asyncio.gather(turn("one"), turn("two"))
    about = [(line["event"], line.get("message_id")) for line in sink.lines()]
    assert sorted(about, key=str) == [
        ("also_inside", "one"),
        ("also_inside", "two"),
        ("inside", "one"),
        ("inside", "two"),
        ("outside", None),
        ("outside", None),
    ]


async def test_nothing_secret_or_personal_gets_through_on_any_route(sink):
    log = structlog.get_logger("gateway.messages")
    library = logging.getLogger("asyncpg")
    log.info("arrived", text=BODY, sender=NUMBER, token=TOKEN, fact=MESSAGE, email=ADDRESS)
    log.info("nested", details={"deep": [{"body": BODY}, (NUMBER, {ADDRESS})], TOKEN: NUMBER})
    odd = f"odd event {NUMBER} {TOKEN}"
    log.warning(odd, fields={"password": BODY})
    log.info("positional %s %s", MESSAGE, [MESSAGE])
    with bound_contextvars(recipient=NUMBER, token=TOKEN):
        log.info("bound")
    log.bind(message=BODY).error("bound")
    library.error("cannot store %r for %s with %s", BODY, NUMBER, TOKEN)
    library.error("cannot store %r", MESSAGE)
    library.error("does not fit %d", BODY)
    library.error({"text": BODY, "to": NUMBER})
    for write in (log.exception, library.exception):
        try:
            fail()
        except ValueError:
            write("failed")
    try:
        try:
            fail(1)
        except ValueError as cause:
            raise asyncpg.UniqueViolationError(f"Key (name)=({BODY}) exists") from cause
    except asyncpg.UniqueViolationError as error:
        log.error("failed", exc_info=error)
        log.error("failed", why=error, errors=[error])
    warning = warnings.formatwarning(f"careful with {BODY!r}", UserWarning, "x.py", 1, NUMBER)
    logging.getLogger("py.warnings").warning("%s", warning)  # as logging.captureWarnings does
    sys.excepthook(*_caught())
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    _lose_a_task()
    assert len(sink.lines()) == 18
    written = sink.getvalue()
    for canary in ("canary", "9165550142", "5550100", "customer", "example.com"):
        assert canary not in written, canary


def _caught() -> tuple[type[BaseException], BaseException, None]:
    try:
        fail()
    except ValueError as error:
        return type(error), error, None
    raise AssertionError


def _lose_a_task() -> None:
    asyncio.get_running_loop().call_exception_handler(
        {"message": "Task exception was never retrieved", "exception": _caught()[1]}
    )


def test_an_exception_is_told_by_type_and_place(sink):
    try:
        fail()
    except ValueError:
        structlog.get_logger("gateway.api").exception("api_failed")
    [line] = sink.lines()
    assert isinstance(line["exception"], list)
    [told] = line["exception"]
    assert told["type"] == "ValueError"
    assert told["at"][-1].endswith(" fail")
    assert line["level"] == "error"


def test_a_line_cannot_be_split_or_forged(sink):
    structlog.get_logger("gateway").info(
        'x"}\n{"event": "forged', path="\r\n\x1b[31m\u2028\ud800\0"
    )
    logging.getLogger("asyncio").warning('a\n{"event": "forged"}')
    assert sink.getvalue().count("\n") == 2
    assert sink.getvalue().isascii()
    assert not [line for line in sink.lines() if line["event"] == "forged"]


class Nasty:
    """Raises whatever is done with it."""

    def __repr__(self) -> str:
        raise ValueError("no words")

    __str__ = __repr__


def test_nothing_that_is_logged_can_break_the_work(sink):
    log = structlog.get_logger("gateway")
    around: dict[str, object] = {}
    around["around"] = around
    log.info("odd", nasty=Nasty(), around=around, raw=b"\xff", big=10**5000, **{"": None})
    log.info(Nasty())
    logging.getLogger("asyncio").warning("%s", Nasty())
    logging.getLogger("asyncio").warning(Nasty())
    log.info("huge", many=["x" * 1999] * 50)
    log.bind(exc_info=True).error("no_exception")
    lines = sink.lines()
    assert len(lines) == 6
    assert lines[0]["nasty"] == "<Nasty>"
    assert lines[4].keys() == {"at", "level", "logger", "event", "left_out"}


def test_a_sink_that_is_gone_is_nobodys_trouble(sink, capsys):
    sink.close()
    structlog.get_logger("gateway").error("lost", token=TOKEN)
    assert capsys.readouterr() == ("", "")


def test_a_process_configured_by_its_settings_tells_none_of_their_secrets(sink, tmp_path, capsys):
    given = {
        "DATA_DIR": str(tmp_path),
        "API_TOKEN": "canary-api-token-0123456789",
        "SECRET_KEY": "canary-secret-key-0123456789",
        "DATABASE_URL": "postgresql://user:canary%2Fpassword@localhost/concierge",
        "REDIS_URL": "redis://:canary-redis@localhost:6379/0",
        "OPENAI_API_KEY": "canary-openai-key",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "canary-twilio-token",
        "TWILIO_NUMBER": "+19165550100",
    }
    logs.configure_with(load(given, None), worker="2")
    log = structlog.get_logger("gateway")
    for name, value in given.items():
        if "canary" in value:
            log.error("told", whole=[value], inside=f"x{value}x", name=name)
    log.error("told", password="canary%2Fpassword", other=["canary/password", "canary-redis"])
    written = capsys.readouterr().out
    assert written.count('"worker": "2"') == 7
    assert "canary" not in written


def test_the_secrets_of_a_channel_for_calls_alone_are_kept_too(sink, tmp_path, capsys):
    environ = {
        "DATA_DIR": str(tmp_path),
        "API_TOKEN": "a-token-of-sixteen",
        "SECRET_KEY": "a-key-of-sixteen-0",
    }
    voice = TwilioVoice("AC" + "0" * 32, "canary-first-token", "+19165550100", "canary-second")
    settings = load(environ, None).model_copy(update={"voice_channels": {"twilio-voice": voice}})
    logs.configure_with(settings)
    structlog.get_logger("gateway").error("told", first="canary-first-token", x="canary-second")
    written = capsys.readouterr().out
    assert '"event": "told"' in written
    assert "canary" not in written


def test_libraries_only_warn_whatever_the_level(sink):
    for name in ("openai", "aiohttp.access", "twilio", "httpx2"):
        logging.getLogger(name).info("a request, whole: %s", BODY)
    assert sink.lines() == []


def test_what_is_less_grave_than_the_level_is_left_out(sink):
    logs.configure("WARNING", stream=sink)
    structlog.get_logger("gateway").info("left_out")
    logging.getLogger("storage").info("left_out")
    structlog.get_logger("gateway").warning("kept")
    assert [line["event"] for line in sink.lines()] == ["kept"]


def test_an_interrupt_at_the_keyboard_is_no_crash(sink):
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert sink.lines() == []


def test_the_same_key_gives_every_worker_the_same_tag(sink):
    log = structlog.get_logger("gateway")
    log.info("one", sender=NUMBER)
    logs.configure("INFO", tag_key="key", worker="1", stream=sink)
    log.info("two", sender=NUMBER)
    one, two = sink.lines()
    assert one["sender"] == two["sender"]
    assert two["worker"] == "1"
