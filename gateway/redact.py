"""What must not be in a log line, and what stands there instead.

Secrets vanish. A phone number or an address becomes a keyed tag, the same for the same person,
so that a line can be followed without saying whom it is about. What people wrote becomes its
length. Hard is that any of these may come nested, encoded, quoted in an exception's words, or
inside an object that misbehaves when it is looked at: nothing here raises.
"""

import dataclasses
import hmac
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import date, time
from decimal import Decimal
from enum import Enum
from itertools import islice
from pathlib import PurePath
from traceback import walk_tb
from types import TracebackType
from urllib.parse import quote, quote_plus, unquote
from uuid import UUID

Clean = None | bool | int | float | str | list["Clean"] | dict[str, "Clean"]
"""What JSON can hold."""

HIDDEN = "•••"
MAX_DEPTH = 6
MAX_ITEMS = 50
MAX_LOOK = 20_000
MAX_TEXT = 2_000
MAX_FRAMES = 30
MIN_SECRET = 4

_WRITTEN = frozenset({
    "answer", "body", "content", "customer", "customer_context", "facts", "first_name",
    "full_name", "last_name", "message", "name", "note", "prompt", "question", "reply",
    "response", "subject", "text", "transcript", "wording",
})  # fmt: skip
_PERSON = frozenset({
    "address", "email", "handle", "phone", "recipient", "sender", "their_address", "zip", "zipcode",
})  # fmt: skip
_SECRET_KEY = re.compile(
    r"token(?!s)|secret|passw|authorization|cookie|api_?-?key|credential|signature|jwt", re.I
)

_IN_TEXT: Sequence[tuple[re.Pattern[str], str]] = (
    # scheme://user:password@host, as in the addresses of databases and proxies
    (re.compile(r"(\b[a-z][a-z0-9+.-]{0,20}://)[^\s/?#]*@", re.I), rf"\1{HIDDEN}@"),
    (re.compile(r"(authorization\W{1,6})[^\r\n,;}\"']+", re.I), rf"\1{HIDDEN}"),
    (re.compile(r"\b(basic|bearer)(\s+|%20|\+)[\w.~+/=%-]{6,}", re.I), rf"\1 {HIDDEN}"),
    (
        re.compile(
            r"([\w-]{0,30}(?:token|secret|passw(?:or)?d|api[_-]?key|signature|jwt)"
            r"[\"']?\s{0,3}(?:=|:|%3D)\s{0,3}[\"']?)[^\s&\"',;})]+",
            re.I,
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), HIDDEN),
    (re.compile(r"\bsk-[\w-]{8,}"), HIDDEN),
    (re.compile(r"\$argon2\S+"), HIDDEN),
)

# Most texts hold none of this, and one look tells.
_PERHAPS_SECRET = re.compile(
    r"://|authori|basic|bearer|token|secret|passw|api.?key|signat|jwt|eyJ|sk-|\$argon2", re.I
)
_PERHAPS_PHONE = re.compile(r"(?:\d[^\d]{0,3}){6}\d")
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

_EMAIL = re.compile(r"[\w.%+'-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_PHONE = re.compile(
    rf"(?P<keep>\b{_ID.pattern}\b)"
    r"|(?:\+|%2B)\s?\(?[1-9](?:[\s().-]{0,2}\d){6,14}(?!\d)"
    r"|(?<![0-9a-z])(?:1[\s.-]?)?\(?[2-9]\d{2}\)?[\s.-]{0,2}\d{3}[\s.-]?\d{4}(?![0-9a-z])"
    r"|(?<![0-9a-z])[0-9]{10,15}(?![0-9a-z])",
    re.I,
)
_QUOTED = re.compile(r"[\"'].*[\"']", re.S)  # whole: an apostrophe may stand within
_ROW = re.compile(r"(?<=\)=\()[^\n]*")  # PostgreSQL: Key (column)=(what the row holds) ...

_NAMES_CODE = (ImportError, AttributeError, NameError, TypeError, OSError)
"""Errors whose words name code or places. Those of any other may quote what people wrote."""


class Redactor:
    """Cleans values for the log. `key` keys the tags: who has not got it cannot guess them."""

    def __init__(self, key: bytes, secrets: Iterable[str] = ()) -> None:
        self.key = key
        self._secrets: set[str] = set()
        self._known: re.Pattern[str] | None = None
        self.guard(*secrets)

    def guard(self, *secrets: str) -> None:
        """Hide these wherever they appear, in a URL or out of it. Very short ones are not."""
        for secret in secrets:
            spellings = {secret, unquote(secret), quote(secret, safe=""), quote_plus(secret)}
            self._secrets |= {each for each in spellings if len(each) >= MIN_SECRET}
        longest_first = sorted(self._secrets, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def tag(self, kind: str, value: str) -> str:
        """A short name for a person's detail, the same every time: `phone:3f2a91`."""
        digest = hmac.digest(self.key, f"{kind}:{value}".encode("utf-8", "replace"), "sha256")
        return f"{kind}:{digest.hex()[:6]}"

    def text(self, value: str) -> str:
        """Free text with secrets and personal details replaced; very long text by its length."""
        if len(value) > MAX_LOOK:
            return _length(value)
        value = value.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
        if self._known is not None:
            value = self._known.sub(HIDDEN, value)
        if _ID.fullmatch(value):
            return value
        if _PERHAPS_SECRET.search(value):
            for pattern, instead in _IN_TEXT:
                value = pattern.sub(instead, value)
        if "@" in value or "%40" in value:
            value = _EMAIL.sub(lambda found: self.tag("email", found[0].lower()), value)
        if _PERHAPS_PHONE.search(value):
            value = _PHONE.sub(self._phone, value)
        return value if len(value) <= MAX_TEXT else f"{value[:MAX_TEXT]}…"

    def unquoted(self, value: str) -> str:
        """Free text that may quote what people wrote: from first to last quote, its length."""
        if len(value) > MAX_LOOK:
            return _length(value)
        return self.text(_QUOTED.sub(lambda found: _length(found[0]), _ROW.sub(HIDDEN, value)))

    def value(self, value: object, key: str = "") -> Clean:
        """Anything as JSON can hold it, cleaned by its key and by what it contains."""
        return self._value(value, key, ())

    def error(self, error: BaseException) -> list[Clean]:
        """An exception, then what led to it: type, words and place; never a variable's value."""
        chain: list[Clean] = []
        seen: set[int] = set()
        link: BaseException | None = error
        while link is not None and id(link) not in seen and len(chain) < MAX_DEPTH:
            seen.add(id(link))
            told = self._one_error(link)
            if isinstance(link, BaseExceptionGroup):
                told["of"] = [self._one_error(each) for each in link.exceptions[:MAX_ITEMS]]
            chain.append(told)
            link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
        return chain

    def _one_error(self, error: BaseException) -> dict[str, Clean]:
        return {
            "type": type(error).__qualname__,
            "words": self._words(error),
            "at": list(_frames(error.__traceback__)),
        }

    def _words(self, error: BaseException) -> str:
        try:
            words = str(error)
        except Exception:
            return "<unreadable>"
        return self.text(words) if isinstance(error, _NAMES_CODE) else self.unquoted(words)

    def _value(self, value: object, key: str, within: tuple[int, ...]) -> Clean:
        try:
            return self._by_key(value, key, within)
        except Exception:  # an object may do anything when it is looked at
            return f"<{type(value).__name__}>"

    def _by_key(self, value: object, key: str, within: tuple[int, ...]) -> Clean:
        harmless = value is None or isinstance(value, bool | float)
        if not harmless and _SECRET_KEY.search(key):
            return HIDDEN
        if not harmless and key.lower() in _WRITTEN:
            return _length(value)
        if isinstance(value, str | int) and not harmless and key.lower() in _PERSON:
            cleaned = self.text(str(value))
            return cleaned if cleaned != str(value) else self.tag(key.lower(), cleaned)
        return self._by_type(value, within)

    def _by_type(self, value: object, within: tuple[int, ...]) -> Clean:
        match value:
            case None | bool():
                return value
            case Enum():
                return self._by_type(value.value, within)
            case str():
                return self.text(value)
            case int():
                return int(value) if value.bit_length() <= 63 else f"<{value.bit_length()} bits>"
            case float():
                return float(value) if math.isfinite(value) else str(value)
            case UUID() | Decimal() | PurePath():
                return str(value)
            case date() | time():
                return value.isoformat()
            case BaseException():
                return f"{type(value).__qualname__}: {self._words(value)}"
            case bytes() | bytearray() | memoryview():
                return f"<{len(value)} bytes>"
        return self._nested(value, within)

    def _nested(self, value: object, within: tuple[int, ...]) -> Clean:
        if id(value) in within or len(within) >= MAX_DEPTH:
            return "<deeper>"
        inside = (*within, id(value))
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            value = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
        if isinstance(value, Mapping):
            first = islice(value.items(), MAX_ITEMS)
            return {self.text(str(key)): self._value(of, str(key), inside) for key, of in first}
        if isinstance(value, Sequence | Set):
            return [self._value(each, "", inside) for each in islice(value, MAX_ITEMS)]
        return f"<{type(value).__name__}>"

    def _phone(self, found: re.Match[str]) -> str:
        if found["keep"]:
            return found["keep"]
        digits = re.sub(r"\D", "", found[0].upper().removeprefix("%2B"))
        return self.tag("phone", digits if len(digits) != 10 else f"1{digits}")


def _length(value: object) -> str:
    match value:
        case str():
            return f"<{len(value)} characters>"
        case bytes() | bytearray() | memoryview():
            return f"<{len(value)} bytes>"
        case Mapping() | Sequence() | Set():
            return f"<{len(value)} items>"
    return f"<{type(value).__name__}>"


def _frames(trace: TracebackType | None) -> Iterator[Clean]:
    """Where, innermost last; of a deep recursion only the end."""
    if trace is None:
        return
    for frame, line in list(walk_tb(trace))[-MAX_FRAMES:]:
        path = "/".join(PurePath(frame.f_code.co_filename).parts[-3:])
        yield f"{path}:{line} {frame.f_code.co_qualname}"
