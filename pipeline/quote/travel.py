"""A distance or a ZIP gives a travel fee, or 'to be confirmed'.

A distance nobody knows is never worth $0: it has no fee until a person confirms one.
"""

from dataclasses import dataclass
from typing import Literal

from pipeline.quote.rules import PriceRules, Travel

TravelStatus = Literal["free", "charged", "estimated", "to_be_confirmed"]
TravelReason = Literal["distance_unknown", "distance_estimated", "over_100_miles"]


@dataclass(frozen=True, slots=True)
class Trip:
    """What the way to one party costs, one way."""

    miles_tenths: int | None
    """Given or estimated; None when nobody knows."""
    cents: int | None
    """None while it is to be confirmed."""
    status: TravelStatus
    reason: TravelReason | None = None
    """Why a person has to look at it."""


UNKNOWN = Trip(None, None, "to_be_confirmed", "distance_unknown")


def travel_fee(rules: PriceRules, miles_tenths: int) -> Trip:
    """The fee for a known distance, one way, in tenths of a mile."""
    if miles_tenths > rules.travel.max_tenths:
        return Trip(miles_tenths, None, "to_be_confirmed", "over_100_miles")
    cents = _fee_cents(rules.travel, miles_tenths)
    status: TravelStatus = "free" if miles_tenths <= rules.travel.free_tenths else "charged"
    return Trip(miles_tenths, cents, status)


def travel_for_zip(rules: PriceRules, zip_code: str | None) -> Trip:
    """The fee estimated for a ZIP of the business's table; UNKNOWN for any other, or for None."""
    miles_tenths = _estimated_tenths(rules.travel, zip_code) if zip_code else None
    if miles_tenths is None:
        return UNKNOWN
    if miles_tenths > rules.travel.max_tenths:
        return Trip(miles_tenths, None, "to_be_confirmed", "over_100_miles")
    far = miles_tenths > rules.travel.estimate_staff_tenths
    return Trip(
        miles_tenths,
        _fee_cents(rules.travel, miles_tenths),
        "estimated",
        "distance_estimated" if far else None,
    )


def _fee_cents(travel: Travel, miles_tenths: int) -> int:
    """Half-up to the cent, on the tenths beyond the free ones."""
    charged = max(0, miles_tenths - travel.free_tenths)
    return (charged * travel.per_mile_cents + 5) // 10


def _estimated_tenths(travel: Travel, zip_code: str) -> int | None:
    for length in (5, 4, 3):
        found = travel.zip_tenths.get(zip_code[:length])
        if found is not None:
            return found
    return None
