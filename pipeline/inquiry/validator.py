"""No figure leaves without evidence.

Hard here: a correct reply shows its working ("5 adults x $55 = $275, so $550 applies"), so every
line of a quote is evidence, while a right number under a wrong name or for another party is as
wrong as a wrong number. Whoever wrote a draft, it is judged by its text alone.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import phonenumbers

from pipeline.business.document import Business
from pipeline.inquiry.identity import phone
from pipeline.inquiry.segments import normalise
from pipeline.inquiry.tools import PROTEINS, SEARCH, TRAVEL
from pipeline.inquiry.vocabulary import Snapshot, ToolResult
from pipeline.quote.dollars import amount_in_digits
from pipeline.quote.numerals import find_products
from pipeline.quote.quote import Line, Quote
from pipeline.quote.roles import UNNAMED, free_travel, names_a_dish
from pipeline.quote.rules import PriceRules
from pipeline.quote.spoken import Amount, Role, dish_roles, find_amounts, find_guests, find_percents
from pipeline.quote.tokens import SENTENCE_END, read, sentence_around

Fact = tuple[Role, int]
"""A figure that may be named: what it is, and how many cents."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a turn's replies may name."""

    facts: frozenset[Fact]
    lines: tuple[Line, ...] = ()
    """The working of every quote and tool result."""
    quotes: tuple[Quote, ...] = ()


_LINE_ROLES = {
    "adults": Role.ADULT,
    "children": Role.CHILD,
    "toddlers": Role.BASE,
    "extra_proteins": Role.EXTRA_PROTEIN,
    "minimum_adjustment": Role.MINIMUM_ADJUSTMENT,
    "travel": Role.TRAVEL,
    "upgrade": Role.UPGRADE,
    "addon": Role.ADDON,
}
_TLD = r"(?:com|net|org|io|biz|info|app|shop|link|site|online|store|xyz|co|ly|gg|gl|ru|cn|dev|ai)"
_LINK = re.compile(
    rf"\b(?:https?://|www\.)\S+|(?<![@\w.-])(?:[a-z0-9-]+\.)+{_TLD}\b(?:[/:?#]\S*)?", re.IGNORECASE
)
_SCHEME = re.compile(r"\b(?:javascript|data|file|vbscript|intent):", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_MARKUP = re.compile(r"</?[a-z][^>]*>|<!--", re.IGNORECASE)
_OTHER_MONEY = re.compile(r"[\u20ac\u00a3\u00a5\u20b9]\s?\d|\d\s?(?:EUR|GBP|CAD|euros?)\b", re.I)
_PRETENDS = re.compile(
    r"\bI(?:'m| am) (?:an? )?(?:real |actual |live )?(?:person|human|man|woman)\b"
    r"|\bI(?:'m| am) not an? (?:AI|bot|robot|machine|computer|assistant)\b",
    re.IGNORECASE,
)
_TODDLERS = re.compile(r"\b(?:toddlers?|bab(?:y|ies)|infants?)\b[^.!?\n]*$", re.IGNORECASE)
_BARE_ZIP = re.compile(r"\d{5}")
_KINDS = ("adults", "children", "toddlers")
_WHOLE = (Role.TOTAL, Role.BALANCE, Role.BASE, Role.FOOD)
"""What depends on how many come."""
_SHARE = re.compile(
    r"[\s*)]*for (?:all )?(?:of )?(?:the |your |our )?(?:(?P<count>\d+) )?"
    r"(?:(?P<adults>adults?|grown-?ups?)|(?P<children>child(?:ren)?|kids?)"
    r"|(?P<guests>guests?|people|persons?|of (?:you|us)))\b",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"(?:\d[\s().\-/+~\[\]\u00ad\u2010-\u2015\u2212\u2060\u3000x]{0,4}){6}\d", re.IGNORECASE
)


# --- evidence --------------------------------------------------------------------------------


def evidence(snapshot: Snapshot, results: Iterable[ToolResult]) -> Evidence:
    """What this turn's replies may name: tool results, the current quote, published figures.

    The inquiry's quote counts while it is valid and no result of this turn replaces it; a caller
    who knows that its inputs have changed gives a snapshot without it.
    """
    results = [result for result in results if result.success]
    quotes = [result.quote.quote for result in results if result.quote]
    known = None if quotes else snapshot.quote
    if known and known.quote.valid_until > snapshot.now:
        quotes.append(known.quote)
    facts = set(published(snapshot.business))
    lines: list[Line] = []
    for quote in quotes:
        facts |= set(quoted(quote))
        lines += quote.lines
    for result in results:
        facts |= set(_shown(result))
        lines += _worked(result)
    return Evidence(frozenset(facts), tuple(lines), tuple(quotes))


def published(business: Business) -> Iterator[Fact]:
    """The figures of the price list, true for everybody."""
    rules = business.prices
    yield Role.ADULT, rules.adult_cents
    yield Role.CHILD, rules.child_cents
    yield Role.MINIMUM, rules.minimum_cents
    yield Role.DEPOSIT, rules.deposit_cents
    yield Role.PER_MILE, rules.travel.per_mile_cents
    yield Role.EXTRA_PROTEIN, rules.extra_protein_cents
    for protein in rules.proteins.values():
        if protein.upgrade_cents:
            yield Role.UPGRADE, protein.upgrade_cents
    for addon in rules.addons.values():
        yield Role.ADDON, addon.cents
    for role, cents in business.published.items():
        yield Role(role), cents


def quoted(quote: Quote) -> Iterator[Fact]:
    """Every figure of a quote, its lines and their units included."""
    yield Role.TOTAL, quote.total_cents
    yield Role.DEPOSIT, quote.deposit_cents
    yield Role.BALANCE, quote.balance_cents
    yield Role.PER_GUEST, quote.per_guest_cents
    yield Role.BASE, quote.base_cents
    yield Role.UPGRADE, quote.upgrades_cents
    yield Role.EXTRA_PROTEIN, quote.extra_proteins_cents
    yield Role.ADDON, quote.addons_cents
    yield Role.FOOD, quote.food_cents
    yield Role.FOOD, quote.food_cents + quote.minimum_adjustment_cents
    yield Role.MINIMUM_ADJUSTMENT, quote.minimum_adjustment_cents
    yield Role.GRATUITY, quote.gratuity_low_cents
    yield Role.GRATUITY, quote.gratuity_high_cents
    if quote.travel_cents is not None:
        yield Role.TRAVEL, quote.travel_cents
    for note in quote.payment_fee_notes:
        for amount in find_amounts(note):
            yield Role.FEE, amount.cents
    for line in quote.lines:
        yield from _line(line.code, line.unit_cents, line.amount_cents)


def _line(code: str, unit_cents: int, amount_cents: int) -> Iterator[Fact]:
    """A line's unit has the line's role; what all guests cost together is base, no unit price."""
    role = _LINE_ROLES[code.partition(":")[0]]
    yield role, unit_cents
    yield (Role.BASE if role in (Role.ADULT, Role.CHILD) else role), amount_cents


def _shown(result: ToolResult) -> Iterator[Fact]:
    """What the result of a tool tells that makes no quote."""
    if result.call.name in (TRAVEL, PROTEINS):
        for name, role in (
            ("travel_fee", Role.TRAVEL),
            ("protein_upgrades", Role.UPGRADE),
            ("extra_proteins", Role.EXTRA_PROTEIN),
        ):
            if result.result.get(name) is not None:
                yield role, _cents(result.result[name])
        for line in _worked(result):
            yield from _line(line.code, line.unit_cents, line.amount_cents)
    elif result.call.name == SEARCH:
        for entry in result.result["entries"]:
            for amount in find_amounts(entry["answer"]):
                yield amount.role or Role.FEE, amount.cents


def _worked(result: ToolResult) -> Iterator[Line]:
    """The working of such a result."""
    if result.call.name in (TRAVEL, PROTEINS):
        for line in result.result["lines"]:
            unit, amount = _cents(line["unit"]), _cents(line["amount"])
            yield Line(line["code"], line["label"], line["quantity"], unit, amount)


def _cents(dollars: float) -> int:
    """A tool's JSON number of dollars, which was made from whole cents."""
    return round(dollars * 100)


# --- the check -------------------------------------------------------------------------------


def check(
    text: str, evidence: Evidence, business: Business, customer: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """What keeps a reply from leaving, a sentence each; empty when it may go.

    `customer` may hold their "phone" and "email", which may be named to them.
    """
    plain = normalise(unicodedata.normalize("NFKC", text))
    return (
        *_amounts(plain, evidence, business.prices),
        *_products(plain, evidence),
        *_percents(plain, business),
        *_free_travel(plain, evidence),
        *_wordings(plain, business),
        *_links(plain, business),
        *_contacts(plain, business, customer or {}),
    )


def _amounts(text: str, evidence: Evidence, rules: PriceRules) -> Iterator[str]:
    clause_start = 0
    for amount in find_amounts(text, dish_roles(rules)):
        said, before = text[amount.start : amount.end], text[clause_start : amount.start]
        clause_start = amount.end
        if amount.role is Role.TRAVEL and _BARE_ZIP.fullmatch(said):
            continue  # 'travel to 94539 is free'
        if amount.role is None:
            yield from _unnamed(text, amount, evidence, rules)
            if amount.cents and _TODDLERS.search(before):
                yield f"{said!r}: guests of {rules.child_free_max_age} and under are free"
        elif (amount.role, amount.cents) not in evidence.facts:
            known = sorted({cents for role, cents in evidence.facts if role is amount.role})
            true = " or ".join(amount_in_digits(cents) for cents in known) or "not known"
            yield f"{said!r} is called {amount.role.replace('_', ' ')}, which is {true}"
        else:
            yield from _dish(said, before, amount, rules)
        yield from _other_party(text, amount, evidence)
    for found in _OTHER_MONEY.finditer(text):
        yield f"{found[0]!r} is not in {rules.currency}"


def _unnamed(text: str, amount: Amount, evidence: Evidence, rules: PriceRules) -> Iterator[str]:
    """An amount that is called nothing: a sum of the quote, or what its sentence speaks of."""
    said, roles = text[amount.start : amount.end], _roles(amount.cents, evidence)
    share = _SHARE.match(text, amount.end)
    if not roles:
        yield f"{said!r} is in no result of a tool and no published price"
    elif share and (share["count"] or share.lastgroup != "guests"):
        if amount.cents not in _shares(share, evidence):
            yield f"{said!r} is not what is paid{share[0]}"
    elif all(amount.cents != line.amount_cents for line in evidence.lines):
        sentence = sentence_around(text, amount.start)
        if not any(UNNAMED[role].search(sentence) for role in roles) and not (
            {Role.UPGRADE, Role.ADDON} & roles and names_a_dish(sentence, rules)
        ):
            names = " or ".join(sorted(role.replace("_", " ") for role in roles))
            yield f"{said!r} must be called by its name: {names}"


def _roles(cents: int, evidence: Evidence) -> set[Role]:
    return {role for role, known in evidence.facts if known == cents}


def _shares(share: re.Match[str], evidence: Evidence) -> set[int]:
    """What 'for the 20 adults' may stand behind: their sum, or without a number one's price."""
    kind, count = share.lastgroup or "", share["count"]
    found = {line.amount_cents for line in evidence.lines if line.code == kind}
    for quote in evidence.quotes:
        if kind == "guests" or (kind == "adults" and not _guests(quote)["children"] - {0}):
            found |= {quote.total_cents, quote.food_cents, quote.base_cents}
    if count is None:
        unit = Role.CHILD if kind == "children" else Role.ADULT
        found |= {cents for role, cents in evidence.facts if role is unit}
    return found


def _other_party(text: str, amount: Amount, evidence: Evidence) -> Iterator[str]:
    """The right sum for other guests: 'for 25 adults the total is $1,100'."""
    roles = {amount.role} if amount.role else _roles(amount.cents, evidence)
    if not evidence.quotes or not roles & set(_WHOLE):
        return
    for kind, count in find_guests(sentence_around(text, amount.start)):
        if not any(count in _guests(quote)[kind] for quote in evidence.quotes):
            said = text[amount.start : amount.end]
            yield f"{said!r} is not for {count} {kind}: no quote of this turn has so many"


def _guests(quote: Quote) -> Mapping[str, set[int]]:
    """How many a quote is for, as each kind of them may be counted."""
    count = {line.code: line.quantity for line in quote.lines}
    adults, children, toddlers = (count.get(kind, 0) for kind in _KINDS)
    return {
        "adults": {adults},
        "children": {children, toddlers, children + toddlers},
        "toddlers": {toddlers},
        "guests": {adults, adults + children, adults + children + toddlers},
    }


def _products(text: str, evidence: Evidence) -> Iterator[str]:
    """'20 adults x $55 = $1,100' must be a line of the working."""
    reading = read(text)
    known = _working(evidence)
    for count, unit, product in find_products(reading.tokens):
        factors, cents = (count.value, unit.value), int(product.value * 100)
        if not any((int(n), int(m * 100), cents) in known for n, m in (factors, factors[::-1])):
            start, end = reading.tokens[count.first].start, reading.tokens[product.last - 1].end
            start, end = reading.span(start, end)
            yield f"{text[start:end]!r} is no line of the working"


def _working(evidence: Evidence) -> set[tuple[int, int, int]]:
    """Every product that may be told: how many, the cents of one, the cents of all."""
    found = {(line.quantity, line.unit_cents, line.amount_cents) for line in evidence.lines}
    miles = {cents for role, cents in evidence.facts if role is Role.PER_MILE and cents}
    for quote in evidence.quotes:
        found.add((quote.paying_guests, quote.per_guest_cents, quote.total_cents))
        travel = quote.travel_cents or 0
        found |= {(travel // mile, mile, travel) for mile in miles if not travel % mile}
    return found


def _dish(said: str, before: str, amount: Amount, rules: PriceRules) -> Iterator[str]:
    """The price of one dish under the name of another: 'lobster tail is a $5 upgrade'."""
    units = {}
    if amount.role is Role.UPGRADE:
        units = {p.label: (p.upgrade_cents, p.aliases) for p in rules.proteins.values()}
    elif amount.role is Role.ADDON:
        units = {addon.label: (addon.cents, addon.aliases) for addon in rules.addons.values()}
    found = _last_dish(before, units)
    if found is None:
        return
    quantity, label = found
    unit_cents = units[label][0]
    is_line = (
        unit_cents
        and amount.cents % unit_cents == 0
        and amount.cents not in {cents for cents, _ in units.values()}
    )
    if amount.cents not in (unit_cents, quantity * unit_cents) and not is_line:
        yield f"{said!r} is not the price of {label}, which is {amount_in_digits(unit_cents)}"


def _last_dish(
    before: str, units: Mapping[str, tuple[int, tuple[str, ...]]]
) -> tuple[int, str] | None:
    """The dish named last in the clause before an amount, with the number before its name."""
    clause = SENTENCE_END.split(before)[-1].lower()
    last: tuple[int, int, str] | None = None
    for label, (_, aliases) in units.items():
        names = {label.lower().partition(" (")[0], *(alias.lower() for alias in aliases)}
        spelt = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
        for found in re.finditer(rf"(?:\b(\d+)\s*(?:x\s*)?)?\b(?:{spelt})\b", clause):
            if last is None or found.end() > last[0]:
                last = found.end(), int(found[1] or 1), label
    return last[1:] if last else None


def _percents(text: str, business: Business) -> Iterator[str]:
    for percent in find_percents(text):
        if percent.value not in business.published_percents:
            yield f"{text[percent.start : percent.end]!r} is no percentage we publish"


def _free_travel(text: str, evidence: Evidence) -> Iterator[str]:
    """A fee nobody knows is to be confirmed, never nothing; the free miles may be told."""
    known = {cents for role, cents in evidence.facts if role is Role.TRAVEL}
    if 0 not in known:
        for words in free_travel(text, or_included=not known):
            yield f"{words!r}: the travel fee is not known to be nothing"


def _wordings(text: str, business: Business) -> Iterator[str]:
    for pattern in business.forbidden:
        if found := re.search(pattern, text, re.IGNORECASE):
            yield f"{found[0].strip()!r} is a wording that we do not use"
    if found := _PRETENDS.search(text):
        yield f"{found[0]!r}: an AI assistant writes, and says so"
    if found := _MARKUP.search(text):
        yield f"{found[0]!r}: plain text only"


def _links(text: str, business: Business) -> Iterator[str]:
    for found in _LINK.finditer(text):
        if not _is_ours(found[0].rstrip(".,;:!?)]'\""), business.website):
            yield f"{found[0]!r} is no link to {business.website}"
    if found_scheme := _SCHEME.search(text):
        yield f"{found_scheme[0]!r} is no link to {business.website}"


def _is_ours(link: str, website: str) -> bool:
    if "\\" in link:  # browsers read it as a slash, urlsplit does not
        return False
    try:
        host = urlsplit(link if "://" in link else f"https://{link}").hostname or ""
    except ValueError:
        return False
    return host == website or host.endswith(f".{website}")


def _contacts(text: str, business: Business, customer: Mapping[str, str]) -> Iterator[str]:
    addresses = {business.email.lower(), customer.get("email", "").lower()}
    for found in _EMAIL.finditer(text):
        if found[0].rstrip(".").lower() not in addresses:
            yield f"{found[0]!r} is neither our address nor the customer's"
    if not _PHONE.search(text):
        return
    numbers = {business.phone, phone(customer.get("phone", ""))}
    for match in phonenumbers.PhoneNumberMatcher(text, "US"):
        if phone(match.raw_string) not in numbers:
            yield f"{match.raw_string!r} is neither our number nor the customer's"
