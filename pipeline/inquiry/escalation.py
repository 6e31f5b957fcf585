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

from pipeline.inquiry.escalation_wordings import WHOLE_MESSAGES, WORDINGS
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
    DELIVERY_UNKNOWN = "delivery_unknown"
    """Nobody can say whether our reply arrived."""


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
        Reason.DELIVERY_UNKNOWN: "medium",
    }
)
"""Every reason with the priority it usually has."""

PRIORITIES: Sequence[Priority] = ("low", "medium", "high", "urgent")
NOTE_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class _Rule:
    """A sentence that `says` this wants a person, unless the sentence also `excuses` it."""

    reason: Reason
    priority: Priority
    says: re.Pattern[str]
    excuses: re.Pattern[str] | None


def _rules() -> tuple[_Rule, ...]:
    found = []
    for name, priority, says, excuses in WORDINGS:
        reason = Reason(name)
        found.append(
            _Rule(
                reason,
                priority or REASONS[reason],
                re.compile(says, re.VERBOSE),
                re.compile(excuses, re.VERBOSE) if excuses else None,
            )
        )
    return tuple(found)


_RULES = _rules()
_SENTENCE_END = re.compile(r"[.!?;]+(?:\s|$)|\n+")


def wanted(text: str) -> Escalation | None:
    """Why a person is wanted by somebody who wrote this, or None; the most pressing reason."""
    plain = _plain(text)
    if plain.strip(" .!?") in WHOLE_MESSAGES:
        return _escalation(Reason.ASKED_FOR_PERSON, text)
    found: list[Escalation] = []
    for sentence in _SENTENCE_END.split(plain):
        for rule in _RULES:
            if rule.says.search(sentence) and not (
                rule.excuses and rule.excuses.search(sentence)
            ):
                found.append(_escalation(rule.reason, text, rule.priority))
    return most_pressing(found)


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


def _plain(text: str) -> str:
    """Lower case, straight apostrophes, single spaces; lines stay apart."""
    plain = unicodedata.normalize("NFKC", text[:4000]).casefold()
    plain = plain.replace("\u2019", "'").replace("\u2018", "'").replace("`", "'")
    return "\n".join(" ".join(line.split()) for line in plain.splitlines())
