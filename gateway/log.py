"""JSON lines on standard output, one sink for everybody, redacted at the sink.

A line is an event's name and keys: `log.info("reply_sent", segments=2)`, from structlog here and
in storage and realtime (or with `extra=` from the standard library: libraries speak so too).
Which message or conversation a line belongs to comes from structlog's contextvars, bound once at
an edge.
Hard is that a line must never break the work it tells of, nor tell what it must not: redaction
is the last step before rendering, whoever logged, and a failure there costs one line.
"""

import json
import logging
import sys
import threading
from collections.abc import Iterator
from secrets import token_bytes
from types import TracebackType
from typing import TextIO
from urllib.parse import urlsplit

import structlog
from pydantic import SecretStr
from structlog.typing import EventDict, Processor, WrappedLogger

from channels.contract import secret_values
from gateway.redact import Clean, Redactor
from gateway.settings import Settings

OURS = ("gateway", "storage", "realtime")
"""Loggers that follow LOG_LEVEL. Others only warn: they would log requests whole when asked."""

MAX_LINE = 32_000

_redactor = Redactor(token_bytes(32))
_FIRST = ("at", "level", "logger", "event")


def configure_with(settings: Settings, worker: str = "") -> None:
    """Configure a process by its settings: none of their secrets appears in a line from now on."""
    tag_key = f"log tags of {settings.secret_key.get_secret_value()}"
    configure(settings.log_level, tag_key=tag_key, worker=worker)
    guard(*_secrets_of(settings))


def _secrets_of(settings: Settings) -> Iterator[str]:
    for value in dict(settings).values():
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
            yield urlsplit(value.get_secret_value()).password or ""
    for channel in settings.every_channel:
        yield from secret_values(channel)


def configure(
    level: str, *, tag_key: str = "", worker: str = "", stream: TextIO | None = None
) -> None:
    """Send every logger's lines through the sink, to standard output unless told otherwise.

    `tag_key` keys the tags that stand for people: with the same one, every worker and every start
    gives the same person the same tag. Without one they last as long as the process.
    """
    if tag_key:
        _redactor.key = tag_key.encode()
    if worker:
        structlog.contextvars.bind_contextvars(worker=worker)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.addFilter(_readable)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[_sink], foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()]
        )
    )
    logging.getLogger().handlers = [handler]
    logging.getLogger().setLevel(max(logging.WARNING, _number(level)))
    for name in OURS:
        logging.getLogger(name).setLevel(_number(level))
    logging.raiseExceptions = False  # else a line that fails prints its arguments, unredacted
    logging.captureWarnings(True)
    sys.excepthook = _crashed
    threading.excepthook = lambda of: _crashed(of.exc_type, of.exc_value, of.exc_traceback)


def guard(*secrets: str) -> None:
    """Keep these out of every line from now on: tokens, keys, passwords."""
    _redactor.guard(*secrets)


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]


def _readable(record: logging.LogRecord) -> bool:
    """A library's message whose arguments do not fit it is still a line."""
    if not isinstance(record.msg, dict):  # structlog's events come as dicts and have no arguments
        try:
            record.msg = record.getMessage()
        except Exception:
            said = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
            record.msg = f"{said} (cannot be put together)"
        record.args = None
    return True


def _sink(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """The one way out: redacted, then rendered as one line of ASCII JSON."""
    try:
        return _render(event)
    except Exception as failure:
        return json.dumps(
            {"level": "error", "event": "log_line_lost", "why": type(failure).__name__}
        )


def _render(event: EventDict) -> str:
    event.pop("_record", None)
    clean = _redactor.text if event.pop("_from_structlog", False) else _redactor.unquoted
    error = _error(event.pop("exc_info", None))
    line: dict[str, Clean] = {key: str(event.pop(key, "")) for key in _FIRST}
    line["event"] = clean(str(line["event"]))
    for key, value in event.items():
        line[_redactor.text(str(key))] = _redactor.value(value, str(key))
    if error is not None:
        line["exception"] = _redactor.error(error)
    text = json.dumps(line)
    if len(text) > MAX_LINE:
        text = json.dumps({**{key: line[key] for key in _FIRST}, "left_out": len(text)})
    return text


def _error(exc_info: object) -> BaseException | None:
    """exc_info as loggers take it: True, an exception, or the three of sys.exc_info()."""
    match exc_info:
        case BaseException():
            return exc_info
        case (_, BaseException() as error, _):
            return error
        case None | False | ():
            return None
    return sys.exc_info()[1]


def _crashed(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    """What nobody caught: a line like any other, instead of a traceback with its values."""
    if error is None or issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    logging.getLogger("gateway").critical("crashed", exc_info=(kind, error, trace))
