"""What an amount may be, the names by which a text calls it, and where it needs none."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    SUBJECT = "subject"
    """Before it with a verb or nothing between: 'the price for 20 adults is'."""
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
GUESTS = r"(?:adults?|grown-?ups?|guests?|people|persons?|kids?|child(?:ren)?|of you)"
PRICE = (
    r"(?:total )?(?:price|(?<=the |our |tal )cost|cost(?= ?:)|quote|quotation|bill|invoice"
    r"|estimate)(?! (?:number|id|list|range|per|each|of (?!your|the|this|everything)"
    r"|for (?:each|every|an?|one))\b)"
    rf"(?! for \d+ (?!{GUESTS}\b))"
)
"""The price of a party, not 'the price per portion' nor 'the price for 10 lobster tails'."""
PAYING = (
    r"you(?:'d| would|'ll| will) (?:pay|owe|be paying|spend)"
    r"(?! \$?[\d.,]+ (?:now|today|to (?:hold|book|reserve|secure)))"
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
    (Role.TOTAL, Reach.SUBJECT, PRICE),
    (
        Role.TOTAL,
        Reach.LAST,
        r"(?:comes?|amounts?|adds? up) to|(?:works?|comes?) out (?:to|at)|totals|(?:runs|costs) you"
        rf"|{PAYING}",
    ),
    (
        Role.TOTAL,
        Reach.BEHIND,
        r"altogether|all together|in all|in total|all in"
        r"|for (?:everything|everyone|everybody|all(?: of (?:you|it))?(?! (?:the )?[a-z])"
        r"|the (?:whole|entire) [a-z]+)",
    ),
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


_EACH = r"\beach\b|\bper\b|\bapiece\b|\bpp\b|\ba (?:head|person)\b"
_PORTION = rf"{_EACH}|\bportion|serving|upgrade|premium|extra|\badd|protein|\bside|\bx\b|[+@\u00d7]"
_GUEST = r"adult|child|kid|guest|people|person|grown|\bages?\b"
_SUM = r"[=+\u00d7]|\bx\b|\bplus\b|\bfood\b|\bbase\b|\bbefore\b|\bwithout\b|subtotal|\bso far\b"
UNNAMED: Mapping[Role, re.Pattern[str]] = {
    role: re.compile(pattern, re.IGNORECASE)
    for role, pattern in {
        Role.TOTAL: "",
        Role.MINIMUM_ADJUSTMENT: "",
        Role.BASE: rf"{_SUM}|{_GUEST}",
        Role.FOOD: rf"{_SUM}|minimum",
        Role.BALANCE: r"balance|deposit|\bdue\b|\b(?:on|at) the (?:day|party|event)|later|"
        r"\b(?:rest|remain\w*|left|leav\w+|after|then)\b",
        Role.DEPOSIT: r"deposit|\b(?:now|today|down|hold|holds|secures?|reserves?)\b",
        Role.MINIMUM: r"minimum|\bat least\b",
        Role.RESCHEDULE: r"reschedul|\bmov(?:e|es|ing)\b|\bchange",
        Role.ADULT: rf"{_EACH}|{_GUEST}|[@\u00d7]|\bx\b",
        Role.CHILD: rf"{_EACH}|{_GUEST}|[@\u00d7]|\bx\b",
        Role.PER_GUEST: _EACH,
        Role.PER_MILE: r"\bmiles?\b",
        Role.TRAVEL: r"travel|mile|\bdriv|distance|\btrip\b",
        Role.GRATUITY: r"\btip|gratuit|customary",
        Role.FEE: r"%|\bfee|card|venmo|surcharge|\badds?\b",
        Role.UPGRADE: _PORTION,
        Role.EXTRA_PROTEIN: _PORTION,
        Role.ADDON: _PORTION,
    }.items()
}
"""What a sentence must speak of for a figure of this kind to stand in it without its name."""


TRAVEL = (
    r"(?:travel(?:l?ing)?|mileage|delivery|transport(?:ation)?|driving|gas|the (?:trip|drive)"
    r"|(?:coming|driving|getting) (?:out|there|to you))(?:'s)?(?: (?:fee|charge|cost|expense)s?)?"
)
NOTHING = (
    r"(?:free|none|waiv\w+|complimentary|comped|gratis|on (?:us|the house)|nothing|zero"
    r"|no (?:extra |additional )?(?:charge|cost|fee)s?"
    r"|(?:won't|will not|doesn't|does not|wouldn't|never|not) (?:be charged|cost|add)\b)"
)
UP_TO = r"(?:[:,]| -)?(?: (?!not\b|isn't\b|never\b|before\b|without\b)[\w'-]+){0,4},? "
FREE_TRAVEL = re.compile(
    rf"\b{TRAVEL}{UP_TO}{NOTHING}\b"
    rf"|\b(?:free|complimentary|waiv\w+|no(?: extra| additional)?|zero)(?: the| your| our| any)?"
    rf" {TRAVEL}\b(?! (?:time|date))"
    rf"|\b(?:no|nothing|without|don't|not|isn't|won't|never|waiv\w+|cover|zero)\b(?: (?:a|an|any"
    rf"|anything|extra|additional|you|your|the|our|charge|charged|charges|fees?|costs?|pay|be"
    rf"|have to|for|on|of|to)){{1,6}} {TRAVEL}\b"
    rf"|\b(?:come|drive|travel|get)s? (?:out|to you|there)(?: (?!and\b|with\b|not\b)[\w'-]+){{0,3}}"
    rf" {NOTHING}\b",
    re.IGNORECASE,
)
TRAVEL_INCLUDED = re.compile(
    rf"\b{TRAVEL}{UP_TO}(?:included|covered)\b|\b(?:includes|including|covers) {TRAVEL}\b",
    re.IGNORECASE,
)
FREE_MILES = re.compile(
    r"\b(?:first|within|under|up to)(?: our| the| a| of)*(?: free)? \d+(?:\.\d+)?(?: free)?[ -]mi"
    r"|\b\d+ free miles|\bfree miles",
    re.IGNORECASE,
)
NOT_YET = re.compile(r"\byet\b|\bnot included\b", re.IGNORECASE)
CLAUSE_END = re.compile(r"[.!?;](?:\s|$)|\n")


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


def names_a_dish(text: str, rules: PriceRules) -> bool:
    """Whether a text speaks of something that costs extra."""
    return _dishes(tuple(dish_roles(rules))).search(text) is not None


def free_travel(text: str, *, or_included: bool) -> Iterator[str]:
    """The words by which a text says that travel costs nothing, or that a price includes it."""
    for clause in CLAUSE_END.split(text):
        found = FREE_TRAVEL.search(clause) or (or_included and TRAVEL_INCLUDED.search(clause))
        if found and not FREE_MILES.search(clause) and not NOT_YET.search(clause):
            yield found[0]


@lru_cache(maxsize=8)
def _dishes(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b", re.IGNORECASE)


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
