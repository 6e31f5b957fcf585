"""When a person is wanted, and why.

Hard here: the same words are harmless elsewhere. "Cancel", "problem", "wrong", "asap", "legal
drinking age", "an angry birds party" and "what happens if it rains?" want nobody, so each rule
looks at a sentence, knows what excuses it, and never at a bare word that people use lightly.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from pipeline.inquiry.escalation_lists import LISTS, WHOLE_MESSAGES
from pipeline.inquiry.escalation_wordings import WORDINGS
from pipeline.inquiry.vocabulary import Escalation, Priority


class Reason(StrEnum):
    """Why a person is wanted. Closed: staff filter and count by these."""

    ILLNESS = "illness"
    """Illness, injury or damage."""
    LEGAL = "legal"
    """Threats, and papers such as insurance certificates and permits."""
    ALLERGY = "allergy"
    COMPLAINT = "complaint"
    REFUND = "refund"
    """Refunds, disputes, payment plans and payments that went wrong."""
    ASKED_FOR_PERSON = "asked_for_person"
    WEATHER = "weather"
    BOOKING_CHANGE = "booking_change"
    SHORT_NOTICE = "short_notice"
    PRICE_DISCREPANCY = "price_discrepancy"
    LARGE_PARTY = "large_party"
    CORPORATE = "corporate"
    CUSTOM_MENU = "custom_menu"
    INDOOR = "indoor"
    DISTANCE = "distance"
    DISCOUNT = "discount"
    REPEATED_MISUNDERSTANDING = "repeated_misunderstanding"
    MESSAGE_TAKEN = "message_taken"
    VALIDATION_FAILURE = "validation_failure"
    """No draft passed the checks."""
    MODEL_FAILURE = "model_failure"
    """No draft came at all."""
    TECHNICAL_ERROR = "technical_error"
    """A message could not be answered however often it was tried."""
    DELIVERY_FAILED = "delivery_failed"
    """Our reply did not arrive."""
    DELIVERY_UNKNOWN = "delivery_unknown"
    """Nobody can say whether our reply arrived."""
    CALL_BACK = "call_back"
    """A call broke off before we were done with it: somebody must ring back."""


REASONS: Mapping[Reason, Priority] = MappingProxyType(
    {
        Reason.ILLNESS: "urgent",
        Reason.LEGAL: "high",
        Reason.ALLERGY: "high",
        Reason.COMPLAINT: "high",
        Reason.REFUND: "high",
        Reason.ASKED_FOR_PERSON: "high",
        Reason.BOOKING_CHANGE: "high",
        Reason.WEATHER: "high",
        Reason.SHORT_NOTICE: "high",
        Reason.PRICE_DISCREPANCY: "medium",
        Reason.LARGE_PARTY: "medium",
        Reason.CORPORATE: "medium",
        Reason.CUSTOM_MENU: "medium",
        Reason.INDOOR: "medium",
        Reason.DISTANCE: "medium",
        Reason.DISCOUNT: "medium",
        Reason.REPEATED_MISUNDERSTANDING: "medium",
        Reason.MESSAGE_TAKEN: "medium",
        Reason.VALIDATION_FAILURE: "high",
        Reason.MODEL_FAILURE: "high",
        Reason.TECHNICAL_ERROR: "high",
        Reason.DELIVERY_FAILED: "high",
        Reason.DELIVERY_UNKNOWN: "high",
        Reason.CALL_BACK: "high",
    }
)
"""Every reason with the priority it usually has."""

OURS = frozenset(
    {
        Reason.MESSAGE_TAKEN,
        Reason.VALIDATION_FAILURE,
        Reason.MODEL_FAILURE,
        Reason.TECHNICAL_ERROR,
        Reason.DELIVERY_FAILED,
        Reason.DELIVERY_UNKNOWN,
        Reason.CALL_BACK,
    }
)
"""Reasons that lie with us: no model and no customer gives them."""

PRIORITIES: Sequence[Priority] = ("low", "medium", "high", "urgent")
NOTE_CHARACTERS = 1000
TEXT_CHARACTERS = 4000


@dataclass(frozen=True, slots=True)
class _Rule:
    """A compiled wording."""

    reason: Reason
    priority: Priority
    says: re.Pattern[str]
    excuses: re.Pattern[str] | None


def _pattern(block: str) -> re.Pattern[str]:
    return re.compile("|".join(_line(line.strip()) for line in block.strip().splitlines()))


def _line(line: str) -> str:
    """One line of the notation as a regular expression over words with single spaces."""
    while found := re.search(r"<([a-z ]+)>", line):
        line = line.replace(found[0], f"({LISTS[found[1]]})")
    line = line.replace("(", "(?:")
    line = re.sub(r"\[([a-z' |]+)\] ", r"(?:(?:\1) )?", line)
    line = line.replace("*", r"\w*").replace("~", ".*")
    line = line.replace("... ", r"(?:\S+ ){0,4}").replace("_ ", r"(?:\S+ )?")
    return rf"(?<![\w']){line}(?!\w)"


_RULES = tuple(
    _Rule(
        reason=Reason(wording.reason),
        priority=wording.priority or REASONS[Reason(wording.reason)],
        says=_pattern(wording.says),
        excuses=_pattern(wording.excuses) if wording.excuses else None,
    )
    for wording in WORDINGS
)
_SENTENCE_END = re.compile(r"[.!?;]+(?:\s|$)|\n+")


def wanted(text: str) -> Escalation | None:
    """Why a person is wanted by somebody who wrote this, or None; the most pressing reason."""
    sentences = _sentences(text)
    if len(sentences) == 1 and sentences[0].strip() in WHOLE_MESSAGES:
        return _escalation(Reason.ASKED_FOR_PERSON, text)
    return most_pressing(
        [
            _escalation(rule.reason, text, rule.priority)
            for sentence in sentences
            for rule in _RULES
            if rule.says.search(sentence) and not (rule.excuses and rule.excuses.search(sentence))
        ]
    )


def most_pressing(found: Sequence[Escalation]) -> Escalation | None:
    """The one of highest priority; among equals the one whose reason comes first."""
    order = list(Reason)
    return min(
        found,
        key=lambda each: (-PRIORITIES.index(each.priority), order.index(Reason(each.reason))),
        default=None,
    )


def _escalation(reason: Reason, note: str, priority: Priority | None = None) -> Escalation:
    return Escalation(reason, priority or REASONS[reason], note.strip()[:NOTE_CHARACTERS])


def _sentences(text: str) -> list[str]:
    """Lower-case words between single spaces, one at either end; signs but $ % ' are dropped."""
    plain = unicodedata.normalize("NFKC", text[:TEXT_CHARACTERS]).casefold()
    plain = re.sub("[\u2018\u2019`]", "'", plain)
    found = (re.sub(r"[^\w$%'/.]+", " ", piece) for piece in _SENTENCE_END.split(plain))
    return [f" {piece.strip()} " for piece in found if piece.strip()]
