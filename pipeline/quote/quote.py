"""A party and the rules give a quote, line by line.

All money is integer cents; a division rounds half-up, once, where it happens. The total is the
sum of the lines, so a quote can always show its working.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.quote.dollars import amount_in_digits, dollars
from pipeline.quote.party import Party, party_from_json
from pipeline.quote.rules import PaymentFee, PriceRules
from pipeline.quote.travel import TravelStatus, Trip, travel_fee, travel_for_zip

__all__ = ["Line", "Party", "Quote", "party_from_json", "price", "tool_result"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a quote: quantity times unit is the amount."""

    code: str
    """adults, children, toddlers, upgrade:NAME, extra_proteins, addon:NAME,
    minimum_adjustment or travel."""
    label: str
    quantity: int
    unit_cents: int
    amount_cents: int

    def to_json(self) -> dict[str, Any]:
        """As POST /v1/quotes answers."""
        return {
            "code": self.code,
            "label": self.label,
            "quantity": self.quantity,
            "unit_cents": self.unit_cents,
            "amount_cents": self.amount_cents,
        }


@dataclass(frozen=True, slots=True)
class Quote:
    """What a party costs, as of one moment. Field order is the order of its JSON."""

    currency: str
    lines: tuple[Line, ...]
    base_cents: int
    upgrades_cents: int
    extra_proteins_cents: int
    addons_cents: int
    food_cents: int
    minimum_adjustment_cents: int
    travel_cents: int | None
    """None while it is to be confirmed; then no part of the total."""
    travel_status: TravelStatus
    total_cents: int
    deposit_cents: int
    balance_cents: int
    gratuity_low_cents: int
    gratuity_high_cents: int
    payment_fee_notes: tuple[str, ...]
    needs_staff: bool
    reasons: tuple[str, ...]
    """Of large_party, distance_unknown, distance_estimated, over_100_miles, under_48_hours."""
    valid_until: datetime
    """Aware, UTC, whole seconds."""

    def to_json(self) -> dict[str, Any]:
        """The answer of POST /v1/quotes without quote_id and business_version."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        return values | {
            "lines": [line.to_json() for line in self.lines],
            "payment_fee_notes": list(self.payment_fee_notes),
            "reasons": list(self.reasons),
            "valid_until": self.valid_until.isoformat(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Quote":
        """Inverse of `to_json`; names that are not a quote's own are passed over."""
        values = {name: data[name] for name in cls.__slots__}
        return cls(
            **values
            | {
                "lines": tuple(Line(**line) for line in data["lines"]),
                "payment_fee_notes": tuple(data["payment_fee_notes"]),
                "reasons": tuple(data["reasons"]),
                "valid_until": datetime.fromisoformat(data["valid_until"]),
            }
        )

    @property
    def paying_guests(self) -> int:
        """Adults and children; at least 1, since a party has an adult."""
        return sum(line.quantity for line in self.lines if line.code in ("adults", "children"))

    @property
    def per_guest_cents(self) -> int:
        """The total over the paying guests, half-up to the cent."""
        guests = self.paying_guests
        return (2 * self.total_cents + guests) // (2 * guests)


def price(rules: PriceRules, party: Party, now: datetime, timezone: str) -> Quote:
    """Price a party. `now` is aware, `timezone` the business's IANA name.

    The minimum applies to the food: guests, upgrades, extra proteins and add-ons together,
    before travel. A distance nobody knows stays out of the total until a person confirms it.
    """
    guests = _guest_lines(rules, party)
    upgrades = _upgrade_lines(rules, party)
    extra = _extra_protein_lines(rules, party)
    addons = _addon_lines(rules, party)
    base_cents, upgrades_cents = _sum(guests), _sum(upgrades)
    extra_cents, addons_cents = _sum(extra), _sum(addons)
    food_cents = base_cents + upgrades_cents + extra_cents + addons_cents
    adjustment_cents = max(0, rules.minimum_cents - food_cents)
    charged_cents = food_cents + adjustment_cents

    if party.miles_tenths is not None:
        trip = travel_fee(rules, party.miles_tenths)
    else:
        trip = travel_for_zip(rules, party.zip)
    total_cents = charged_cents + (trip.cents or 0)
    deposit_cents = min(rules.deposit_cents, total_cents)

    event_end = _end_of_day(party.event_date, now, timezone)
    reasons = _reasons(rules, party, trip, now, timezone)
    return Quote(
        currency=rules.currency,
        lines=(
            *guests,
            *upgrades,
            *extra,
            *addons,
            *_adjustment_line(rules, adjustment_cents),
            *_travel_line(rules, trip),
        ),
        base_cents=base_cents,
        upgrades_cents=upgrades_cents,
        extra_proteins_cents=extra_cents,
        addons_cents=addons_cents,
        food_cents=food_cents,
        minimum_adjustment_cents=adjustment_cents,
        travel_cents=trip.cents,
        travel_status=trip.status,
        total_cents=total_cents,
        deposit_cents=deposit_cents,
        balance_cents=total_cents - deposit_cents,
        gratuity_low_cents=_percentage(charged_cents, rules.gratuity_low_percent * 100),
        gratuity_high_cents=_percentage(charged_cents, rules.gratuity_high_percent * 100),
        payment_fee_notes=_payment_fee_notes(rules.payment_fees, total_cents, trip.cents is None),
        needs_staff=bool(reasons),
        reasons=reasons,
        valid_until=min(_whole_second(now) + timedelta(days=rules.valid_days), event_end),
    )


def tool_result(quote: Quote, quote_id: object) -> dict[str, Any]:
    """A quote as models and `tools_used` see it: dollars as JSON numbers, made from cents here."""
    return {
        "quote_id": str(quote_id),
        "base_cost": dollars(quote.base_cents),
        "protein_upgrades": dollars(quote.upgrades_cents),
        "extra_proteins": dollars(quote.extra_proteins_cents),
        "addons": dollars(quote.addons_cents),
        "minimum_adjustment": dollars(quote.minimum_adjustment_cents),
        "travel_fee": None if quote.travel_cents is None else dollars(quote.travel_cents),
        "travel_status": quote.travel_status,
        "total": dollars(quote.total_cents),
        "per_guest": dollars(quote.per_guest_cents),
        "deposit": dollars(quote.deposit_cents),
        "balance": dollars(quote.balance_cents),
        "lines": [
            {
                "code": line.code,
                "label": line.label,
                "quantity": line.quantity,
                "unit": dollars(line.unit_cents),
                "amount": dollars(line.amount_cents),
            }
            for line in quote.lines
        ],
        "needs_staff": quote.needs_staff,
        "reasons": list(quote.reasons),
        "valid_until": quote.valid_until.isoformat(),
    }


def _line(code: str, label: str, quantity: int, unit_cents: int) -> Line:
    return Line(code, label, quantity, unit_cents, quantity * unit_cents)


def _sum(lines: Iterable[Line]) -> int:
    return sum(line.amount_cents for line in lines)


def _guest_lines(rules: PriceRules, party: Party) -> Sequence[Line]:
    lines = [_line("adults", f"Adults ({rules.adult_min_age}+)", party.adults, rules.adult_cents)]
    youngest, oldest = rules.child_free_max_age + 1, rules.adult_min_age - 1
    if party.children:
        label = f"Children ({youngest}-{oldest})"
        lines.append(_line("children", label, party.children, rules.child_cents))
    if party.toddlers:
        label = f"Toddlers ({rules.child_free_max_age} and under)"
        lines.append(_line("toddlers", label, party.toddlers, 0))
    return lines


def _upgrade_lines(rules: PriceRules, party: Party) -> Sequence[Line]:
    """Every premium portion pays its upgrade, within the allowance or beyond it."""
    return [
        _line(
            f"upgrade:{name}",
            f"{protein.label} upgrade",
            party.proteins[name],
            protein.upgrade_cents,
        )
        for name, protein in rules.proteins.items()
        if protein.upgrade_cents and party.proteins.get(name)
    ]


def _extra_protein_lines(rules: PriceRules, party: Party) -> Sequence[Line]:
    allowance = (
        rules.proteins_per_guest * (party.adults + party.children)
        + rules.proteins_per_toddler * party.toddlers
    )
    extra = sum(party.proteins.values()) - allowance
    if extra <= 0:
        return ()
    return (_line("extra_proteins", "Extra proteins", extra, rules.extra_protein_cents),)


def _addon_lines(rules: PriceRules, party: Party) -> Sequence[Line]:
    return [
        _line(f"addon:{name}", addon.label, party.addons[name], addon.cents)
        for name, addon in rules.addons.items()
        if party.addons.get(name)
    ]


def _adjustment_line(rules: PriceRules, cents: int) -> Sequence[Line]:
    if not cents:
        return ()
    label = f"To reach the {amount_in_digits(rules.minimum_cents)} food minimum"
    return (_line("minimum_adjustment", label, 1, cents),)


def _travel_line(rules: PriceRules, trip: Trip) -> Sequence[Line]:
    if not trip.cents or trip.miles_tenths is None:
        return ()
    miles, free = _tenths(trip.miles_tenths), _tenths(rules.travel.free_tenths)
    kind = "Travel estimated by ZIP" if trip.status == "estimated" else "Travel"
    return (_line("travel", f"{kind} ({miles} miles one way, first {free} free)", 1, trip.cents),)


def _tenths(tenths: int) -> str:
    whole, rest = divmod(tenths, 10)
    return f"{whole}.{rest}" if rest else str(whole)


def _percentage(cents: int, basis_points: int) -> int:
    """Half-up to the cent; a basis point is a hundredth of a percent."""
    return (cents * basis_points + 5000) // 10000


def _payment_fee_notes(
    fees: Iterable[PaymentFee], total_cents: int, before_travel: bool
) -> tuple[str, ...]:
    """One sentence a rate, so that naming a way of paying always names its price."""
    methods: dict[int, list[str]] = {}
    for fee in fees:
        methods.setdefault(fee.basis_points, []).append(fee.method)
    on = f"{amount_in_digits(total_cents)}{' before travel' if before_travel else ''}"
    notes = []
    for points, names in methods.items():
        listed = " and ".join(names)
        listed = listed[0].upper() + listed[1:]
        verb = "add" if len(names) > 1 else "adds"
        if points:
            fee_cents = _percentage(total_cents, points)
            rate = f"{points // 100}.{points % 100:02}".rstrip("0").rstrip(".")
            notes.append(f"{listed} {verb} {rate}% ({amount_in_digits(fee_cents)} on {on}).")
        else:
            notes.append(f"{listed} {verb} nothing.")
    return tuple(notes)


def _reasons(
    rules: PriceRules, party: Party, trip: Trip, now: datetime, timezone: str
) -> tuple[str, ...]:
    reasons: list[str] = []
    if party.guests >= rules.large_party_guests:
        reasons.append("large_party")
    if trip.reason:
        reasons.append(trip.reason)
    if party.event_date and _is_short_notice(rules, party.event_date, now, timezone):
        reasons.append("under_48_hours")
    return tuple(reasons)


def _is_short_notice(rules: PriceRules, event_date: date, now: datetime, timezone: str) -> bool:
    """Whether the day's earliest start comes sooner than the notice that is asked for."""
    earliest = datetime.combine(event_date, rules.earliest_start, ZoneInfo(timezone))
    return earliest < now + timedelta(hours=rules.notice_hours)


def _end_of_day(day: date | None, now: datetime, timezone: str) -> datetime:
    """The last second of a day in the business's zone; the far future where it cannot matter."""
    if day is None or day.year > now.year + 1:
        return datetime.max.replace(tzinfo=UTC)
    return datetime.combine(day, time(23, 59, 59), ZoneInfo(timezone)).astimezone(UTC)


def _whole_second(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(microsecond=0)
