"""What an amount may be, and the names by which a text calls it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import lru_cache

from pipeline.quote.rules import PriceRules
from pipeline.quote.tokens import Reading


class Role(StrEnum):
    """What an amount is said to be."""

    TOTAL = "total"
    DEPOSIT = "deposit"
    BALANCE = "balance"
    ADULT = "adult"
    CHILD = "child"
    PER_GUEST = "per_guest"
    TRAVEL = "travel"
    PER_MILE = "per_mile"
    MINIMUM = "minimum"
    MINIMUM_ADJUSTMENT = "minimum_adjustment"
    UPGRADE = "upgrade"
    EXTRA_PROTEIN = "extra_protein"
    ADDON = "addon"
    BASE = "base"
    FOOD = "food"
    GRATUITY = "gratuity"
    FEE = "fee"
    RESCHEDULE = "reschedule"


class Reach(Enum):
    """Where a name may stand to be an amount's."""

    HEADLINE = "headline"
    """Before it, over much else: 'the total for 20 adults with filet is'; or right behind it."""
    NEAR = "near"
    """Before it, a few words apart; or right behind it."""
    TIED = "tied"
    """Right before it or behind it: guests and dishes are counted more often than priced."""
    BEHIND = "behind"
    """Right behind it only: 'in all'."""
    LAST = "last"
    """Right before it, where nothing else names it: 'comes to'."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name for an amount, as tokens[first:last]."""

    role: Role
    reach: Reach
    first: int
    last: int


NOT_MONEY = (
    r"(?! (?:age|notice|number|size|guests?|party|people|portions?|headcount|distance|miles)\b)"
)
NAMES: Sequence[tuple[Role, Reach, str]] = (
    (Role.MINIMUM_ADJUSTMENT, Reach.NEAR, r"(?:minimum )?adjustment|shortfall"),
    (
        Role.MINIMUM,
        Reach.NEAR,
        r"(?:(?:food|order|party) )?minimum(?: order| spend)?" + NOT_MONEY,
    ),
    (Role.RESCHEDULE, Reach.NEAR, r"reschedul(?:e|ing)(?: fee)?|mov(?:e|ing) (?:the|your) date"),
    (
        Role.TRAVEL,
        Reach.NEAR,
        r"(?:total )?(?:travel|mileage)(?: (?:fee|cost|charge)s?)?"
        r"(?! (?:is |not )*(?:included|to be|free|extra|to [a-z]))",
    ),
    (
        Role.FEE,
        Reach.NEAR,
        r"(?:(?:card|processing|payment|venmo) ){1,2}fee|surcharge"
        r"|adds?(?= [\d.]+ ?%)|(?:card|venmo) adds",
    ),
    (Role.GRATUITY, Reach.NEAR, r"gratuit(?:y|ies)|tips?"),
    (Role.EXTRA_PROTEIN, Reach.NEAR, r"(?:extra|third|additional) (?:proteins?|portions?)"),
    (Role.UPGRADE, Reach.NEAR, r"upgrades?"),
    (Role.ADDON, Reach.NEAR, r"add[ -]?ons?|side dish(?:es)?"),
    (Role.FOOD, Reach.NEAR, r"(?<!of )food(?: (?:sub)?total)?|subtotal"),
    (Role.BASE, Reach.NEAR, r"base(?: cost| price)?"),
    (
        Role.TOTAL,
        Reach.HEADLINE,
        r"total" + NOT_MONEY + r"(?! (?:food|base|tip|gratuity|upgrade))",
    ),
    (Role.TOTAL, Reach.LAST, r"comes? to"),
    (Role.TOTAL, Reach.BEHIND, r"altogether|all together|in all|in total"),
    (Role.DEPOSIT, Reach.HEADLINE, r"(?:total )?deposit|down payment"),
    (Role.DEPOSIT, Reach.BEHIND, r"down|up ?front"),
    (
        Role.BALANCE,
        Reach.HEADLINE,
        r"(?:total |remaining )?balance(?: due)?|remaining|remainder|rest(?! of)|leaves|leaving",
    ),
    (Role.BALANCE, Reach.BEHIND, r"(?:due )?on (?:the|that|event) day|left"),
    (Role.PER_GUEST, Reach.TIED, r"per (?:person|guest|head)"),
    (Role.PER_MILE, Reach.TIED, r"per mile"),
    (Role.CHILD, Reach.TIED, r"child(?:ren)?|kids?|ages? \d+ ?(?:-|to) ?\d+"),
    (Role.ADULT, Reach.TIED, r"adults?|grown-?ups?"),
)
"""In the order they are tried at each place of a text: the longer before what it contains."""


def dish_roles(rules: PriceRules) -> Mapping[str, Role]:
    """The names of a business's priced dishes, and what an amount beside one is."""
    found: dict[str, Role] = {}
    for addon in rules.addons.values():
        names = (addon.name, addon.label, *addon.aliases)
        found |= {_spoken_name(name): Role.ADDON for name in names}
    for protein in rules.proteins.values():
        if protein.upgrade_cents:
            names = (protein.name, protein.label, *protein.aliases)
            found |= {_spoken_name(name): Role.UPGRADE for name in names}
    return found


def find_names(reading: Reading, dishes: Mapping[str, Role]) -> Iterable[Name]:
    """Every name of an amount in a text, in order; none overlaps another."""
    firsts = {token.start: place for place, token in enumerate(reading.tokens)}
    lasts = {token.end: place + 1 for place, token in enumerate(reading.tokens)}
    for match in _pattern(tuple(dishes)).finditer(reading.plain):
        first, last = firsts.get(match.start()), lasts.get(match.end())
        if first is None or last is None:
            continue
        group = match.lastgroup or ""
        if group == "dish":
            yield Name(dishes[match[group]], Reach.TIED, first, last)
        else:
            role, reach, _ = NAMES[int(group.removeprefix("n"))]
            yield Name(role, reach, first, last)


@lru_cache(maxsize=8)
def _pattern(dishes: tuple[str, ...]) -> re.Pattern[str]:
    groups = [f"(?P<n{place}>{pattern})" for place, (_, _, pattern) in enumerate(NAMES)]
    if dishes:
        longest_first = sorted(dishes, key=len, reverse=True)
        groups.append(f"(?P<dish>{'|'.join(re.escape(name) for name in longest_first)})")
    return re.compile(rf"\b(?:{'|'.join(groups)})(?:'s)?\b")


def _spoken_name(name: str) -> str:
    """Without what is written in brackets: 'Gyoza (10 pieces)' -> 'gyoza'."""
    return " ".join(name.lower().replace("_", " ").partition("(")[0].split())
