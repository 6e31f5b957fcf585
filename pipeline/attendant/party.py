"""What was read changes what is known: head-counts and orders merged into Facts.

Hard here: 'party of 12' and later '3 of them are kids' are 9 adults and 3 children, while
'12 adults' and later '3 kids' are 15; and 'filet for everyone' follows the head-count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.attendant.guests import Heads
from pipeline.attendant.memory import SHARES, Memory
from pipeline.attendant.menu import SIDE, How, Order, Swap, candidates
from pipeline.inquiry.facts import Facts
from pipeline.quote.rules import PriceRules

UNDECIDED = "portions"
"""Memory's note of the dish whose number is wanted; also the name of that question."""

_SHARED: Mapping[str, How] = {
    "each": "each",
    "half": "half",
    "adults": "adults",
    "children": "children",
}


def guests(facts: Facts) -> int:
    """Adults and children: those who choose their proteins and pay."""
    return (facts.adults or 0) + (facts.children or 0)


def awaiting_split(facts: Facts, memory: Memory) -> bool:
    """A head-count was given in all, and nobody has said whether children are among them."""
    return memory.number("total") is not None and facts.children is None


# -- head-counts


def merge_heads(facts: Facts, memory: Memory, heads: Heads) -> tuple[Facts, Memory]:
    """Facts after what one sentence said about who comes."""
    if heads.between:
        kind, low, high = heads.between
        memory = memory.note(range=f"{kind}:{low}-{high}")
    counts = {**heads.counts, **_bare_counts(facts, memory, heads)}
    if heads.only_adults:
        facts = facts.learn(children=0, toddlers=0)
        if not counts and (whole := memory.number("total")) is not None:
            facts = facts.learn(adults=whole)
    if counts:
        facts, memory = _merge_counts(facts, memory.note(range=None), counts, heads.besides)
    for kind, more in heads.more.items():
        facts, memory = _change(facts, memory, kind, more)
    return facts, memory


def _bare_counts(facts: Facts, memory: Memory, heads: Heads) -> Mapping[str, int]:
    """What bare numbers must count here; nothing where they could be anything."""
    if not heads.bare:
        return {}
    first, *rest = heads.bare
    if rest:
        if memory.has_asked("children") and sum(heads.bare) != memory.number("total"):
            return heads.as_ages
        pair = len(rest) == 1 and rest[0] < first
        of_the_party = memory.has_asked("adults", "children") or facts.adults is None
        return {"adults": first, "children": rest[0]} if pair and of_the_party else {}
    if memory.has_asked("range"):
        return {memory.notes.get("range", "people").partition(":")[0]: first}
    if heads.corrected and facts.adults is not None:
        return {"adults" if memory.number("total") is None else "people": first}
    for kind in ("adults", "children"):
        if memory.has_asked(kind):
            return {kind: first}
    return {"people": first} if facts.adults is None else {}


def _merge_counts(
    facts: Facts, memory: Memory, counts: Mapping[str, int], besides: bool
) -> tuple[Facts, Memory]:
    young = {kind: counts[kind] for kind in ("children", "toddlers") if kind in counts}
    people, adults = counts.get("people"), counts.get("adults")
    if adults is not None:
        if people is not None and not young and people > adults:
            young = {"children": people - adults}
        return facts.learn(adults=adults, **young), memory.note(total=None)
    if people is not None and besides and young:
        return facts.learn(adults=people, **young), memory.note(total=None)
    if people is not None:
        memory = memory.note(total=people)
    whole = memory.number("total")
    facts = facts.learn(**young)
    if young and facts.children is None and whole is not None and not besides:
        facts = facts.learn(children=0)  # '2 of the 12 are toddlers' leaves 10 adults
    if whole is not None and not (besides and people is None):
        rest = whole - (facts.children or 0) - (facts.toddlers or 0)
        facts = facts.learn(adults=rest if rest > 0 else whole)
    return facts, memory


def _change(facts: Facts, memory: Memory, kind: str, more: int) -> tuple[Facts, Memory]:
    """2 more, 3 fewer. Somebody more of a kind nobody had named is that many."""
    name = "adults" if kind in ("people", "couples") else kind
    if name == "adults" and facts.adults is None:
        return (facts.learn(adults=more), memory) if more > 0 else (facts, memory)
    before: int = getattr(facts, name) or 0
    facts = facts.learn(**{name: max(0, before + more)})
    whole = memory.number("total")
    return facts, memory if whole is None else memory.note(total=max(0, whole + more))


# -- orders


def merge_orders(
    facts: Facts,
    memory: Memory,
    rules: PriceRules,
    swaps: Sequence[Swap],
    orders: Sequence[Order],
) -> tuple[Facts, Memory]:
    """Facts after what one sentence ordered. Mentions without a number are left alone."""
    for order in sorted(orders, key=lambda each: each.how == "rest"):
        facts, memory = _order(facts, memory, rules, order)
    for swap in swaps:
        facts, memory = _swap(facts, memory, rules, swap)
    return facts, memory


def follow_guests(facts: Facts, memory: Memory) -> Facts:
    """Dishes that are for everybody, for half, or for the adults, in today's numbers."""
    count = guests(facts)
    if not count or not memory.shares:
        return facts
    halves = [dish for dish, share in memory.shares.items() if share == "half"]
    for dish, share in memory.shares.items():
        portions = count
        if share == "half":
            portions = (count + 1) // 2 if dish == halves[0] else count // 2
        elif share != "each":
            portions = (facts.adults if share == "adults" else facts.children) or 0
        facts = _put(facts, dish, portions)
    return facts


def portions(facts: Facts, dish: str) -> int:
    """Portions of a dish so far."""
    if dish.startswith(SIDE):
        return facts.addons.get(dish.removeprefix(SIDE), 0)
    return facts.proteins.get(dish, 0)


def _put(facts: Facts, dish: str, count: int) -> Facts:
    """Facts with so many portions of a dish; none takes it off."""
    side = dish.startswith(SIDE)
    table = dict(facts.addons if side else facts.proteins)
    name = dish.removeprefix(SIDE)
    if count > 0:
        table[name] = count
    else:
        table.pop(name, None)
    return facts.learn(addons=table) if side else facts.learn(proteins=table)


def _is_loose(rules: PriceRules, dish: str) -> bool:
    return not dish.startswith(SIDE) and dish not in rules.proteins


def _order(facts: Facts, memory: Memory, rules: PriceRules, order: Order) -> tuple[Facts, Memory]:
    dish, count = order.dish, order.count
    if order.how == "mention":
        return facts, memory
    if _is_loose(rules, dish):
        return _order_loosely(facts, memory, rules, order)
    if memory.notes.get(UNDECIDED) == dish:
        memory = memory.note(**{UNDECIDED: None})
    if order.how == "remove":
        left = max(0, portions(facts, dish) - count) if count else 0
        return _put(facts, dish, left), memory.share(dish, None)
    if order.how in SHARES and (count or 1) == 1:
        both = {order.how, memory.shares.get(dish)} == {"adults", "children"}
        memory = memory.share(dish, "each" if both else order.how)
        facts = follow_guests(facts, memory)
        if facts.adults is not None and not portions(facts, dish):
            memory = memory.note(**{UNDECIDED: dish})
        return facts, memory
    return _put(facts, dish, _counted(facts, order)), memory.share(dish, None)


def _counted(facts: Facts, order: Order) -> int:
    """How many portions an order comes to."""
    before = portions(facts, order.dish)
    match order.how:
        case "add":
            return before + (order.count or 1)
        case "each":
            return (order.count or 1) * guests(facts)
        case "rest":
            others = sum(facts.proteins.values()) - facts.proteins.get(order.dish, 0)
            return max(0, guests(facts) - others)
        case _:
            return order.count or 0


def _order_loosely(
    facts: Facts, memory: Memory, rules: PriceRules, order: Order
) -> tuple[Facts, Memory]:
    """'10 steak' may be any of two dishes: remembered until somebody says which."""
    if order.how == "remove":
        for dish in candidates(rules, order.dish):
            facts, memory = _put(facts, dish, 0), memory.share(dish, None)
        return facts, memory.note(**{order.dish: None})
    known = [dish for dish in candidates(rules, order.dish) if portions(facts, dish)]
    if len(known) == 1:  # 'add 2 more steaks' after '10 filet'
        return _order(facts, memory, rules, replace(order, dish=known[0]))
    value = order.how if order.how in SHARES else str(order.count or 0)
    return facts, memory.note(**{order.dish: value}) if value != "0" else memory


def settle_loose(
    facts: Facts, memory: Memory, rules: PriceRules, word: str, dish: str
) -> tuple[Facts, Memory]:
    """They said which dish they meant by a loose word."""
    value = memory.notes.get(word, "")
    memory = memory.note(**{word: None})
    if share := _SHARED.get(value):
        order = Order(dish, share)
    else:
        order = Order(dish, "set", int(value) if value.isdecimal() else 0)
    return _order(facts, memory, rules, order)


def _swap(facts: Facts, memory: Memory, rules: PriceRules, swap: Swap) -> tuple[Facts, Memory]:
    """One dish for another. Without a number all of the old one go."""
    others = [dish for dish in candidates(rules, swap.old) if dish != swap.new]
    if swap.old in memory.notes and len(others) == 1:  # filet instead of steak: the other steak
        facts, memory = settle_loose(facts, memory, rules, swap.old, others[0])
    olds = candidates(rules, swap.old) if _is_loose(rules, swap.old) else (swap.old,)
    old = next((dish for dish in olds if portions(facts, dish) or dish in memory.shares), olds[0])
    moved = swap.count if swap.count is not None else portions(facts, old)
    share = memory.shares.get(old) if swap.count is None else None
    facts = _put(facts, old, portions(facts, old) - moved)
    memory = memory.share(old, None)
    if not moved and not share:
        return facts, memory
    new = Order(swap.new, _SHARED[share]) if share else Order(swap.new, "add", moved)
    return _order(facts, memory, rules, new)
