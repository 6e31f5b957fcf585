"""What they eat: portions of proteins and servings of sides, as somebody orders or changes them.

The patterns are over shapes (see `words`): I a dish, N a number, E everyone, H half, R the rest,
f for, a add, x drop, n no, S instead of, W swap. Hard here: whether a number belongs to the dish
before it or after it, and that '20 adults with filet' counts the adults as well.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pipeline.attendant.slate import WIPED
from pipeline.attendant.words import Shape, Word, items, numbers
from pipeline.quote.rules import PriceRules

How = Literal["set", "add", "remove", "each", "half", "rest", "adults", "children", "mention"]

SIDE = "addon:"
"""Set before the names of sides: a business may sell vegetables both ways."""

LOOSE: Mapping[str, tuple[str, ...]] = {"steak": ("steak", "strip", "filet", "ribeye", "sirloin")}
"""Words people use for any of several dishes, and how to know those dishes by their names."""


@dataclass(frozen=True, slots=True)
class Order:
    """One thing said about one dish."""

    dish: str
    """A protein's name, SIDE and a side's name, or a word of LOOSE."""
    how: How
    count: int | None = None
    """Portions; of 'each', how many for every guest."""


@dataclass(frozen=True, slots=True)
class Swap:
    """One dish takes another's place, for `count` portions or, None, for all of them."""

    old: str
    new: str
    count: int | None = None


def spellings(rules: PriceRules) -> dict[str, str]:
    """Everything a dish may be called, in lower case, to its name; in the plural as well."""
    found: dict[str, str] = {}
    for side in rules.addons.values():
        for spelling in _spellings(side.name, side.label, side.aliases):
            found[spelling] = SIDE + side.name
    for protein in rules.proteins.values():
        for spelling in _spellings(protein.name, protein.label, protein.aliases):
            found[spelling] = protein.name
    for word in LOOSE:
        if len(candidates(rules, word)) > 1:
            found[word] = found[f"{word}s"] = word
    return found


def candidates(rules: PriceRules, word: str) -> tuple[str, ...]:
    """The proteins a loose word may mean, the ones without an upgrade first."""
    fitting = [
        protein
        for protein in rules.proteins.values()
        if any(each in protein.name for each in LOOSE.get(word, ()))
    ]
    return tuple(each.name for each in sorted(fitting, key=lambda each: each.upgrade_cents))


def _other_number(spelling: str) -> str:
    """The plural of a singular and the other way round."""
    return spelling.removesuffix("s") if spelling.endswith("s") else f"{spelling}s"


def _spellings(name: str, label: str, aliases: tuple[str, ...]) -> set[str]:
    plain = {name.replace("_", " "), re.sub(r"\s*\(.*\)", "", label).lower()}
    plain |= {alias.lower() for alias in aliases}
    return plain | {_other_number(spelling) for spelling in plain}


def take_orders(
    shape: Shape, rules: PriceRules, *, guests_known: bool
) -> tuple[list[Swap], list[Order]]:
    """Read what a sentence orders, wiping it. Numbers that count guests too are left to be read."""
    orders: list[Order] = []
    swaps = _take_swaps(shape)
    _take_removals(shape, orders)
    _take_shares(shape, orders)
    _take_by_guests(shape, orders, guests_known=guests_known)
    _take_counted(shape, rules, orders)
    orders += [Order(dish, "mention") for words in shape.take_all(_DISH) for dish in items(words)]
    return swaps, orders


_LIST = r"(?:,?&|[,+r]|)"
_DISH = re.compile(r"I")
_DISHES = rf"I(?:{_LIST}I)*"

_NEW_FOR_OLD = re.compile(r"(?:N\*?|N[iq]?[APC]?P*[wvz]*)?ISI")
_FOR_OLD_NEW = re.compile(r"SI[^INACTP]*N?I")
_EXCEPT_FOR = re.compile(r"(?<![I&,+r])I(?P<others>,?XN[APC]*[wvze]*I)")
_OLD_TO_NEW = re.compile(r"WN?I[wftrk&,-]+N?I")


def _take_swaps(shape: Shape) -> list[Swap]:
    swaps = []
    while found := _EXCEPT_FOR.search(shape.kinds):  # 'filet for all except 2 who want tofu'
        old = shape.words[found.start()].item
        others = shape.wipe(*found.span("others"))
        swaps.append(Swap(old, items(others)[0], numbers(others)[0]))
    for pattern, new_first in ((_NEW_FOR_OLD, True), (_FOR_OLD_NEW, False), (_OLD_TO_NEW, False)):
        for words in shape.take_all(pattern):
            first, second = items(words)
            counts = numbers(words)
            old, new = (second, first) if new_first else (first, second)
            swaps.append(Swap(old, new, counts[0] if counts else None))
    return swaps


_REMOVAL = re.compile(rf"[nx]N?I(?:{_LIST}I(?![fE*:]))*")


def _take_removals(shape: Shape, orders: list[Order]) -> None:
    for words in shape.take_all(_REMOVAL):
        counts = numbers(words)
        orders += [Order(dish, "remove", counts[0] if counts else None) for dish in items(words)]


_SHARES: tuple[tuple[re.Pattern[str], How], ...] = (
    (re.compile(rf"H[EPACvzfe]*I(?:{_LIST}H[EPvzfe]*I)*"), "half"),
    (re.compile(r"R[vzew]*I|If?R(?![vzew]*I)"), "rest"),
    (
        re.compile(
            rf"(?:E[PACvzeawt]*{_DISHES}|{_DISHES}f?E),?X(?:[CT]+(?![CTvzew])|(?=[CT]+[vzew]+I))"
        ),
        "adults",
    ),
    (
        re.compile(rf"(?:E[PACvzeawt]*{_DISHES}|{_DISHES}f?E),?X(?:A+(?![Avzew])|(?=A+[vzew]+I))"),
        "children",
    ),
    (re.compile(rf"E[PACvzeawt]*(?:I(?:{_LIST}I(?![fE:*]))*|NI(?:,?&NI)*)"), "each"),
    (re.compile(rf"(?:(?<![N*m])I(?:{_LIST}I)*|NI(?:,?&NI)*)f?E(?!v)"), "each"),
    (re.compile(r"(?<![N*m])If(?:A[&+]C|C[&+]A)"), "each"),
    (re.compile(r"(?<![N*m])IfA|(?<![Nq])A[vzew]+I"), "adults"),
    (re.compile(r"(?<![N*m])IfC|(?<![Nq])C[vzew]+I"), "children"),
)


def _take_shares(shape: Shape, orders: list[Order]) -> None:
    """'Filet for everyone', 'half chicken half shrimp', 'the rest gets tofu'."""
    for pattern, how in _SHARES:
        while found := pattern.search(shape.kinds):
            words = shape.wipe(*found.span())
            orders += [Order(dish, how, count) for dish, count in _dishes_and_counts(words)]


def _dishes_and_counts(words: list[Word]) -> list[tuple[str, int | None]]:
    found: list[tuple[str, int | None]] = []
    count: int | None = None
    for word in words:
        if word.kind == "N":
            count = word.number
        elif word.kind == "I":
            found.append((word.item, count))
            count = None
    return found


_GUESTS_WITH = re.compile(
    rf"N[qi]?(?P<noun>[APC]?)P*(?:[wvze]+|(?<=[AC])(?=I(?![*:(-]*N)))I(?:{_LIST}I(?![fE:*N]))*"
)
_FOR_GUESTS = re.compile(rf"(?<![N*m])I(?:{_LIST}I)*fN(?P<noun>[APC]?)[APC]*(?![-:Q])")
_HEADS = re.compile(r"N-?[APCT]")


def _take_by_guests(shape: Shape, orders: list[Order], *, guests_known: bool) -> None:
    """'10 people want filet', 'filet for 10'. Where that also says who comes, the count stays.

    It does if nothing else says so: 'chicken for 5 kids and filet for 10 adults' counts 15.
    """
    groups, rest = _groups(shape.kinds)
    elsewhere = _HEADS.search(rest) is not None
    counting = [
        group
        for group in groups  # '3 of the adults are vegetarian' counts nobody
        if not elsewhere
        and not re.match("N[qi]", group[0])
        and ("w" in group[0] or not guests_known)
    ]
    portions: Counter[str] = Counter()
    for group in groups:
        words = shape.words[group.start() : group.end()]
        if counting == [group] and group["noun"] != "C":
            orders += [Order(dish, "each") for dish in items(words)]
        else:
            portions.update(dict.fromkeys(items(words), numbers(words)[0]))
        if group not in counting:
            shape.wipe(*group.span())
    orders += [Order(dish, "set", count) for dish, count in portions.items()]
    _leave_heads(shape, counting)


def _groups(kinds: str) -> tuple[list[re.Match[str]], str]:
    """The guests whose dish is named, in order, and the kinds without them."""
    groups = []
    while found := _GUESTS_WITH.search(kinds) or _FOR_GUESTS.search(kinds):
        kinds = kinds[: found.start()] + WIPED * len(found[0]) + kinds[found.end() :]
        groups.append(found)
    return sorted(groups, key=lambda group: group.start()), kinds


def _leave_heads(shape: Shape, groups: Sequence[re.Match[str]]) -> None:
    """Of groups that count guests leave only the count, that of the same kind of guests once."""
    firsts: dict[str, int] = {}
    noun = "P"
    for group in groups:
        noun = group["noun"] or noun
        place = group.start() + group[0].index("N")
        first = firsts.setdefault(noun, place)
        if first == place:
            for dish in _DISH.finditer(group[0]):
                shape.wipe(group.start() + dish.start(), group.start() + dish.end())
        else:
            count = shape.words[first].number + shape.words[place].number
            shape.words[first] = replace(shape.words[first], number=count)
            shape.wipe(*group.span())


_LABELLED = re.compile(r"(?<![N*])I[:*(-]*N\)?(?:[,&+]*I[:*(-]*N\)?)*(?![*m]*I|-?[ACTPQ])")
_PORTIONS = r"N(?:\*|f|q?m?)I"
_COUNTED = re.compile(
    rf"(?:a+h?|h){_PORTIONS}(?:(?:,?&|[,+]){_PORTIONS})*|{_PORTIONS}(?:f[ACT](?!N))?"
)


def _take_counted(shape: Shape, rules: PriceRules, orders: list[Order]) -> None:
    """'10 filet and 10 chicken', 'chicken: 10', 'add 2 gyoza'."""
    for words in shape.take_all(_LABELLED):
        pairs = zip(items(words), numbers(words), strict=True)
        orders += [Order(dish, "set", count) for dish, count in pairs]
    for words in shape.take_all(_COUNTED):
        added = any(word.kind in "ahm" for word in words)
        for dish, count in zip(items(words), numbers(words), strict=True):
            as_side = added and dish in rules.addons and dish in rules.proteins
            name = SIDE + dish if as_side else dish
            orders.append(Order(name, "add" if added else "set", count))
