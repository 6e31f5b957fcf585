"""One business's prices, as data. All money is integer cents, all distances tenths of a mile."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True, slots=True)
class Protein:
    """A protein a guest may choose."""

    name: str
    label: str
    upgrade_cents: int
    """Charged on every portion; 0 for the free choices."""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Addon:
    """A side that is paid by the serving."""

    name: str
    label: str
    cents: int
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Travel:
    """What the way to the party costs, one way, from the station."""

    station: str
    free_tenths: int
    per_mile_cents: int
    max_tenths: int
    """Beyond this a person decides."""
    estimate_staff_tenths: int
    """An estimate by ZIP above this is confirmed by a person."""
    zip_tenths: Mapping[str, int]
    """ZIP, or its first three or four digits, to estimated tenths; the longest match wins."""


@dataclass(frozen=True, slots=True)
class PaymentFee:
    """What a way of paying adds, in hundredths of a percent. Shown beside a quote, never in it."""

    method: str
    basis_points: int


@dataclass(frozen=True, slots=True)
class PriceRules:
    """Every figure a price is made from."""

    currency: str
    adult_cents: int
    child_cents: int
    adult_min_age: int
    child_free_max_age: int
    minimum_cents: int
    proteins_per_guest: int
    proteins_per_toddler: int
    extra_protein_cents: int
    proteins: Mapping[str, Protein]
    addons: Mapping[str, Addon]
    travel: Travel
    deposit_cents: int
    gratuity_low_percent: int
    gratuity_high_percent: int
    payment_fees: tuple[PaymentFee, ...]
    max_adults: int
    max_children: int
    max_toddlers: int
    large_party_guests: int
    """From this many guests (toddlers counted) a person looks at it too."""
    notice_hours: int
    valid_days: int
    earliest_start: time
    """When the first party of a day may begin, in the business's zone: notice counts to it."""
