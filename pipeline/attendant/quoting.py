"""A quote in words: its working, its total, and honestly what is not settled yet.

Every figure is the quote's own or the price list's; nothing is rounded and nothing is 'about'.
"""

from datetime import date

from pipeline.attendant.manner import Part, part
from pipeline.business.document import Business
from pipeline.inquiry.facts import Facts
from pipeline.quote.dollars import amount_in_digits
from pipeline.quote.quote import Line, Quote
from pipeline.quote.rules import PriceRules
from pipeline.quote.travel import Trip

_GUESTS = {
    "adults": ("adult", "adults"),
    "children": ("child", "children"),
    "toddlers": ("toddler", "toddlers"),
}


def quote_parts(
    quote: Quote, facts: Facts, business: Business, *, itemised: bool, shown: Quote | None = None
) -> list[Part]:
    """A quote, ready for `composed`. `itemised` puts each line of the working on its own line.

    Where `shown` is the quote they saw last, the working is not repeated if it is still the same.
    """
    rules = business.prices
    working = [_working(line, rules) for line in quote.lines if _is_working(line)]
    full = "\n".join(f"- {each}" for each in working) if itemised else f"{', '.join(working)}."
    minimum = minimum_words(quote, rules)
    total, brief_total = _total(quote, facts, business)
    deposit = (
        f"Deposit {amount_in_digits(quote.deposit_cents)} holds the date,"
        f" balance {amount_in_digits(quote.balance_cents)}."
    )
    if shown and [*filter(_is_working, shown.lines)] == [*filter(_is_working, quote.lines)]:
        full = minimum = ""
    return [
        part(full, full, full and _brief_working(quote), "", rank=3),
        part(minimum, minimum, minimum, minimum and _brief_minimum(rules)),
        part(total, total, total, brief_total),
        part(deposit),
        *(part(each, rank=2) for each in _reasons(quote, rules)),
        part(_besides(quote) if itemised else "", rank=4),
    ]


def day_words(day: date) -> str:
    """A day, its weekday and year shown so that a misunderstanding is seen."""
    return f"{day:%a} {day:%b} {day.day}, {day.year}"


def place_words(facts: Facts) -> str:
    """Where the party is, as the customer would say it."""
    if facts.zip or not facts.city:
        return f"ZIP {facts.zip}" if facts.zip else ""
    return facts.city.upper() if len(facts.city) < 4 else facts.city.title()


def guests_words(facts: Facts) -> str:
    """'20 adults, 5 children and 2 toddlers'."""
    counts = (("adults", facts.adults), ("children", facts.children), ("toddlers", facts.toddlers))
    named = [f"{count} {_noun(kind, count)}" for kind, count in counts if count]
    return " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)


def trip_words(trip: Trip, place: str, rules: PriceRules) -> str:
    """The way to a place alone."""
    free = rules.travel.free_tenths // 10
    if trip.reason == "over_100_miles":
        return f"{place} is more than {_miles(rules)} miles away, so our team must confirm travel."
    if trip.cents is None:
        return f"Travel to {place} is to be confirmed by our team."
    if trip.cents == 0:
        checked = "; our team confirms it" if trip.reason else ""
        return f"Travel to {place} is free (within {free} miles{checked})."
    fee = amount_in_digits(trip.cents)
    return f"Travel to {place} is estimated at {fee}; our team confirms it."


def minimum_words(quote: Quote, rules: PriceRules) -> str:
    """Why a small party pays the minimum: it is money, not people."""
    if not quote.minimum_adjustment_cents:
        return ""
    return (
        f"Our food minimum is {amount_in_digits(rules.minimum_cents)}, so an adjustment of"
        f" {amount_in_digits(quote.minimum_adjustment_cents)} is added; upgrades and sides count"
        " toward it."
    )


def _brief_minimum(rules: PriceRules) -> str:
    return f"Our {amount_in_digits(rules.minimum_cents)} food minimum applies."


def _is_working(line: Line) -> bool:
    """Travel and the minimum have sentences of their own."""
    return line.code not in ("minimum_adjustment", "travel")


def _working(line: Line, rules: PriceRules) -> str:
    """One line: '20 adults x $55.00 = $1,100.00'."""
    if line.code == "toddlers":
        return f"{line.quantity} {_noun('toddlers', line.quantity)} free"
    sum_ = f"x {amount_in_digits(line.unit_cents)} = {amount_in_digits(line.amount_cents)}"
    kind, _, name = line.code.partition(":")
    if kind in _GUESTS:
        what = _noun(kind, line.quantity)
    elif kind == "upgrade":
        what = f"{label(rules.proteins[name].label)} upgrade{'s' * (line.quantity != 1)}"
    elif kind == "addon":
        what = label(rules.addons[name].label)
    else:
        what = f"extra protein{'s' * (line.quantity != 1)}"
    return f"{line.quantity} {what} {sum_}"


def _brief_working(quote: Quote) -> str:
    """The sums alone, when the lines are too many for the channel."""
    parts = [
        f"{name} {amount_in_digits(cents)}"
        for name, cents in (
            ("base", quote.base_cents),
            ("upgrades", quote.upgrades_cents),
            ("extra proteins", quote.extra_proteins_cents),
            ("add-ons", quote.addons_cents),
        )
        if cents
    ]
    text = ", ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def _total(quote: Quote, facts: Facts, business: Business) -> tuple[str, str]:
    """The total with what it says of travel, in full and in brief."""
    rules, place = business.prices, place_words(facts)
    total = f"Total {amount_in_digits(quote.total_cents)}"
    free = rules.travel.free_tenths // 10
    if quote.travel_cents is None:
        brief = f"{total} before travel, which is to be confirmed."
        if "over_100_miles" in quote.reasons:
            miles = f"{place} is more than {_miles(rules)} miles away"
            return f"{total} before travel: {miles}, so our team confirms travel.", brief
        if place:
            return f"{total} before travel: our team confirms travel to {place}.", brief
        return brief, brief
    if quote.travel_cents == 0:
        checked = ", our team confirms" if "distance_estimated" in quote.reasons else ""
        where = f" to {place}" if place else ""
        return f"{total} (travel{where} free within {free} miles{checked}).", f"{total}."
    fee = amount_in_digits(quote.travel_cents)
    if quote.travel_status == "estimated":
        brief = f"{total}, estimated travel {fee} included."
        return f"{brief[:-1]}; our team confirms the distance.", brief
    return f"{total}, travel {fee} included.", f"{total}, travel {fee} included."


def _reasons(quote: Quote, rules: PriceRules) -> list[str]:
    """Why a person looks at it too. What concerns the distance is said with the total."""
    found = []
    if "large_party" in quote.reasons:
        found.append(f"With {rules.large_party_guests} or more guests a person will confirm this.")
    if "under_48_hours" in quote.reasons:
        found.append(
            f"That is less than {rules.notice_hours} hours ahead, so a person must confirm"
            " that a chef is free."
        )
    return found


def _besides(quote: Quote) -> str:
    """What is never in the total: the tip, and what a way of paying adds."""
    low, high = quote.gratuity_low_cents, quote.gratuity_high_cents
    tip = f"A tip is optional: {amount_in_digits(low)} to {amount_in_digits(high)} is customary."
    return " ".join([tip, *quote.payment_fee_notes])


def _noun(kind: str, count: int) -> str:
    return _GUESTS[kind][count != 1]


def label(label: str) -> str:
    """A menu's label inside a sentence: 'Gyoza (10 pieces)' -> 'gyoza'."""
    name = label.partition("(")[0].strip()
    first = name.split(" ")[0]
    return name if first.isupper() else f"{name[:1].lower()}{name[1:]}"


def _miles(rules: PriceRules) -> int:
    return rules.travel.max_tenths // 10
