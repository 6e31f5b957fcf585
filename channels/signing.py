"""Proofs that a request came from where it says, and the ones we give.

Hard is that a proof covers what arrived and not what we made of it: forms are read without
losing a byte, and JSON bodies are proved by a hash that the signed URL carries.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qs, parse_qsl, urlsplit

from channels.contract import Webhook
from pipeline.errors import Rejected

Form = Sequence[tuple[str, str]]
"""Names and values as sent, repeats kept. Bytes that are not UTF-8 are lone surrogates."""

MAX_FIELDS = 500
DEFAULT_PORTS = {"https": 443, "http": 80, "wss": 443, "ws": 80}


def basic(user: str, password: str) -> str:
    """The value of an Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def same(given: str, expected: str) -> bool:
    """Compare secrets in constant time."""
    return hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass")
    )


def read_form(body: bytes) -> Form:
    """Parse a urlencoded form without losing a byte, whatever its encoding.

    Raises ValueError beyond MAX_FIELDS fields.
    """
    pairs = parse_qsl(
        body.decode("latin-1"),
        keep_blank_values=True,
        encoding="latin-1",
        max_num_fields=MAX_FIELDS,
    )
    return [(_text(name), _text(value)) for name, value in pairs]


def twilio_signature(token: str, url: str, form: Form = ()) -> str:
    """What X-Twilio-Signature must be: each name by code point, each of its unique values.

    https://www.twilio.com/docs/usage/security#validating-requests
    """
    signed = url + "".join(name + value for name, value in sorted(set(form)))
    digest = hmac.digest(token.encode(), signed.encode("utf-8", "surrogateescape"), "sha1")
    return base64.b64encode(digest).decode()


def twilio_form(webhook: Webhook, tokens: Sequence[str]) -> Form:
    """Prove that one of the tokens signed a webhook of Twilio's; return its form.

    A JSON body has no form: it is proved by `bodySHA256` in the signed URL. Raises Rejected with
    missing_signature, bad_signature, body_hash or too_many_fields.
    """
    given = _given(webhook)
    form = _signed_form(webhook)
    _prove(given, tokens, _spellings(webhook.url), form)
    return form


def twilio_upgrade(webhook: Webhook, tokens: Sequence[str]) -> None:
    """Prove that one of the tokens signed the opening of a WebSocket: its ws or wss address alone.

    A slash more or less at the end is taken for the same address; a query never is, for Twilio
    drops it. Raises Rejected with not_a_get, missing_signature or bad_signature.
    https://www.twilio.com/docs/voice/media-streams
    """
    if webhook.method != "GET":
        raise Rejected("not_a_get")
    bare = re.sub("^http", "ws", webhook.url).removesuffix("/")
    _prove(_given(webhook), tokens, _spellings(bare) | _spellings(f"{bare}/"), ())


def _given(webhook: Webhook) -> str:
    given = webhook.headers.get("x-twilio-signature", "")
    if not given:
        raise Rejected("missing_signature")
    return given


def _prove(given: str, tokens: Sequence[str], urls: Iterable[str], form: Form) -> None:
    expected = [twilio_signature(token, url, form) for token in tokens if token for url in urls]
    # Every comparison is made, so that the time taken does not tell which token is in use.
    if not sum(same(given, signature) for signature in expected):
        raise Rejected("bad_signature")


def _signed_form(webhook: Webhook) -> Form:
    if not webhook.headers.get("content-type", "").lower().startswith("application/json"):
        try:
            return read_form(webhook.body)
        except ValueError:
            raise Rejected("too_many_fields") from None
    given = parse_qs(urlsplit(webhook.url).query).get("bodySHA256", [""])[0]
    if not same(given, hashlib.sha256(webhook.body).hexdigest()):
        raise Rejected("body_hash")
    return ()


def _spellings(url: str) -> set[str]:
    """The URL as it is, without its port, and with its scheme's: Twilio signs any of them."""
    parts = urlsplit(url)
    bare = parts.netloc.removesuffix(f":{parts.port}")
    with_port = f"{bare}:{parts.port or DEFAULT_PORTS.get(parts.scheme, 443)}"
    return {url, *(parts._replace(netloc=netloc).geturl() for netloc in (bare, with_port))}


def _text(latin: str) -> str:
    return latin.encode("latin-1").decode("utf-8", "surrogateescape")
