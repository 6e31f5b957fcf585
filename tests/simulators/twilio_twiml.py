"""TwiML as Twilio reads it: the verbs that a simulated call obeys, and what is wrong with others.

https://www.twilio.com/docs/voice/twiml and https://www.twilio.com/docs/api/errors
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.etree import ElementTree

NOT_XML, WRONG_TYPE, NOT_IN_SCHEMA = 12100, 12300, 12200
NOT_WSS = 31922
MAX_PARAMETER = 500
LOOPBACK = {"127.0.0.1", "localhost", "::1"}

SCHEMA: Mapping[str, frozenset[str]] = {
    "Connect": frozenset({"action", "method"}),
    "Hangup": frozenset(),
    "Pause": frozenset({"length"}),
    "Redirect": frozenset({"method"}),
    "Reject": frozenset({"reason"}),
    "Say": frozenset({"voice", "language", "loop"}),
    "Stream": frozenset({"url", "name", "track", "statusCallback", "statusCallbackMethod"}),
    "Parameter": frozenset({"name", "value"}),
}


class TwimlError(Exception):
    """What Twilio's debugger would say."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


@dataclass(frozen=True, slots=True)
class Verb:
    """One element of a document."""

    name: str
    attributes: Mapping[str, str]
    text: str = ""
    children: Sequence["Verb"] = ()


@dataclass(frozen=True, slots=True)
class Stream:
    """Where a call's audio is to go, and what to say there first."""

    url: str
    parameters: Mapping[str, str]


def verbs(body: bytes, content_type: str = "text/xml") -> Sequence[Verb]:
    """The verbs of a document, known or not; raises TwimlError when it is none."""
    if content_type not in ("text/xml", "application/xml", "text/html"):
        raise TwimlError(WRONG_TYPE, f"Invalid Content-Type: {content_type}")
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as exc:
        raise TwimlError(NOT_XML, f"Document parse failure: {exc}") from exc
    if root.tag != "Response":
        raise TwimlError(NOT_XML, f"Document parse failure: its root is {root.tag}")
    return [_verb(element) for element in root]


def mistakes(verb: Verb) -> Sequence[str]:
    """What the schema has against a verb and what is in it."""
    if verb.name not in SCHEMA:
        return [f"{verb.name} is not a verb that is known here"]
    unknown = sorted(verb.attributes.keys() - SCHEMA[verb.name])
    found = [f"{verb.name} has no attribute {name}" for name in unknown]
    for child in verb.children:
        found += mistakes(child)
    return found


def stream(connect: Verb) -> Stream:
    """The stream in a <Connect>; raises TwimlError when it could not be opened."""
    inside = [child for child in connect.children if child.name == "Stream"]
    if len(inside) != 1 or len(connect.children) != 1:
        raise TwimlError(NOT_IN_SCHEMA, "Connect must hold one Stream")
    url = inside[0].attributes.get("url", "")
    parts = urlsplit(url)
    if not (parts.scheme == "wss" or (parts.scheme == "ws" and parts.hostname in LOOPBACK)):
        raise TwimlError(NOT_WSS, f"Stream - Invalid URL: {url}")
    if parts.query:
        raise TwimlError(NOT_IN_SCHEMA, "Stream url: a query string is not supported")
    parameters = {}
    for child in inside[0].children:
        name, value = child.attributes.get("name", ""), child.attributes.get("value", "")
        if child.name != "Parameter" or not name or len(name) + len(value) >= MAX_PARAMETER:
            raise TwimlError(NOT_IN_SCHEMA, f"Stream holds what is no parameter: {child.name}")
        parameters[name] = value
    return Stream(url, parameters)


def _verb(element: ElementTree.Element) -> Verb:
    children = [_verb(child) for child in element]
    return Verb(element.tag, dict(element.attrib), (element.text or "").strip(), children)
