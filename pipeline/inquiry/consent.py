"""STOP, START and HELP, by whole message.

Hard here: the carrier blocks and unblocks by its own list, whatever the customer meant, so that
list is followed word for word; and a person may revoke consent in any reasonable wording
(47 CFR 64.1200(a)(10)), so a plain request to stop counts as well. A keyword inside a sentence
("yes I want to book", "nonstop fun", "cancel my order please") is no command.
"""

import re
import unicodedata
from typing import Literal

Command = Literal["stop", "start", "help"]

STOP = frozenset(
    {"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke"}
    | {"optout", "opt out"}
)
"""Twilio's default opt-out words for long codes, and their spelling in two words."""
START = frozenset({"start", "unstop"})
HELP = frozenset({"help", "info"})
"""More words would promise what the carrier does not do: only these it answers itself."""

_REVOKED = re.compile(
    r"(?:please )?(?:"
    r"(?:stop|quit|cease) (?:all )?(?:texting|messaging|contacting|sending)(?: me)?"
    r"(?: (?:texts?|messages?|text messages?))?"
    r"|(?:stop|quit|end|cancel|no more) (?:all )?(?:(?:these|your) )?(?:text )?(?:texts?|messages?)"
    r"|(?:do not|dont|never) (?:text|message|contact)(?: me| this number)(?: again| any ?more)?"
    r"|(?:remove|take|delete) (?:me|(?:my|this) number) (?:from|off)(?: of)? (?:your|the|this) list"
    r"|unsubscribe me(?: from (?:this|your) list)?|opt me out|i (?:want to |wish to )?opt out"
    r"|leave me alone"
    r"|stop"
    r")(?: please| now| thanks| thank you)*"
)


def command(text: str, opted_out: bool) -> Command | None:
    """What a whole message asks of our sending, or None. Case, punctuation and spaces are free.

    YES lifts a block only where there is one: from anybody else it is an answer.
    """
    words = _words(text)
    if words in STOP or _REVOKED.fullmatch(words):
        return "stop"
    if words in START or (words == "yes" and opted_out):
        return "start"
    if words in HELP:
        return "help"
    return None


def _words(text: str) -> str:
    """Lower-case words with single spaces; "S.T.O.P" and "opt-out" lose their signs."""
    if len(text) > 100:
        return ""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = re.sub(r"['\u2019.]", "", plain)
    return " ".join(re.findall(r"\w+", plain))
