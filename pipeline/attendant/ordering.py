"""One sentence's dishes and head-counts, merged, and what a vague order still needs.

'Add lobster' needs a number, '10 steak' needs to be told which steak; the answer to either comes
in a later message and may be a single word.
"""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from pipeline.attendant.acts import Act
from pipeline.attendant.guests import Heads, take_heads
from pipeline.attendant.memory import Memory
from pipeline.attendant.menu import LOOSE, SIDE, Order, candidates, take_orders
from pipeline.attendant.party import (
    UNDECIDED,
    follow_guests,
    merge_heads,
    merge_orders,
    portions,
    settle_loose,
)
from pipeline.attendant.queries import REQUEST
from pipeline.attendant.words import Shape
from pipeline.business.document import Business
from pipeline.inquiry.facts import Facts

_ORDERING = re.compile(
    r"\b(?:add|adding|include|want|like|love|order|get|have|do|upgrade|plus|also|with|need|take"
    r"|some)\b"
)
_OFFERED = re.compile(
    r"\b(?:do|did) (?:you|u|y'?all)(?: guys)? (?:have|offer|serve|do|sell|carry|use|cook)\b"
    r"|\bwhat\b(?! (?:if|about))|\bhow much\b|\bprice|\bcosts?\b"
    r"|\bincluded?\b|\b(?:is|are) (?:the|there)\b"
)
_WITHOUT_UPGRADE = re.compile(
    r"\b(?:free|regular|included|cheaper|normal|standard|first|no extra)\b"
)


@dataclass(frozen=True, slots=True)
class Said:
    """What one sentence said of the party."""

    facts: Facts
    memory: Memory
    orders: Sequence[Order]
    """Dishes it named, those without a number included."""
    heads: bool
    """It told who comes."""


def read_party(
    read: Shape,
    facts: Facts,
    memory: Memory,
    business: Business,
    *,
    plain: str,
    done: AbstractSet[Act],
) -> Said:
    """Merge a sentence's dishes and head-counts into what was known."""
    rules = business.prices
    swaps, orders = take_orders(read, rules, guests_known=facts.adults is not None)
    settled = _settled(memory, plain, orders, business)
    if settled:
        facts, memory = settle_loose(facts, memory, rules, *settled)
    heads = take_heads(read, rules)
    orders += _number_for(memory, read, heads)
    facts, memory = merge_heads(facts, memory, heads)
    facts, memory = merge_orders(facts, memory, rules, swaps, orders)
    facts = follow_guests(facts, memory)
    mentioned = [] if settled else [each.dish for each in orders if each.how == "mention"]
    if mentioned and _is_order(read, plain, done, mentioned):
        memory = _want_a_number(facts, memory, business, mentioned)
    orders += [Order(swap.new, "add") for swap in swaps]
    return Said(facts, memory, orders, heads.said)


def _settled(
    memory: Memory, plain: str, orders: Sequence[Order], business: Business
) -> tuple[str, str] | None:
    """(the loose word, the dish that was meant by it), if this sentence tells."""
    for word in LOOSE:
        if word not in memory.notes or not memory.has_asked(word):
            continue
        options = candidates(business.prices, word)
        chosen = [each.dish for each in orders if each.dish in options and each.how == "mention"]
        if not chosen and _WITHOUT_UPGRADE.search(plain):
            chosen = [options[0]]
        named = set(plain.split())
        if not chosen:  # 'ny' says which steak
            chosen = [
                dish
                for dish in options
                if named & set(business.prices.proteins[dish].label.lower().split()) - {word}
            ]
        if len(set(chosen)) == 1:
            return word, chosen[0]
    return None


def _number_for(memory: Memory, read: Shape, heads: Heads) -> list[Order]:
    """The order that a bare number, or 'everyone', completes."""
    dish = memory.notes.get(UNDECIDED)
    if dish is None:
        return []
    if len(heads.bare) == 1:
        count, heads.bare = heads.bare[0], ()
        return [Order(dish, "set", count)]
    if not heads.said and any(word.kind == "E" for word in read.words):
        return [Order(dish, "each")]
    return []


def _is_order(read: Shape, plain: str, done: AbstractSet[Act], mentioned: Sequence[str]) -> bool:
    """'Can we add lobster' and 'lobster' order; 'do you have lobster' asks."""
    if Act.NO in done or _OFFERED.search(plain):
        return False
    if Act.ASK in done and not REQUEST.search(plain):
        return False
    return bool(_ORDERING.search(plain)) or len(read.words) <= len(mentioned) + 1


def _want_a_number(
    facts: Facts, memory: Memory, business: Business, mentioned: Sequence[str]
) -> Memory:
    """Of what costs extra, how many portions has to be known."""
    for dish in mentioned:
        protein = business.prices.proteins.get(dish)
        costs = dish.startswith(SIDE) or (protein is not None and protein.upgrade_cents > 0)
        if costs and not portions(facts, dish):
            return memory.note(**{UNDECIDED: dish})
    return memory
