"""The price rules of a business, read from prices.toml and places.toml."""

import re

from pipeline.business.tables import Table
from pipeline.quote.rules import Addon, PaymentFee, PriceRules, Protein, Travel

NAME = r"[a-z][a-z0-9_]*"
MAX_MILES = 10_000


def read_prices(prices: Table, places: Table) -> PriceRules:
    """Every figure a price is made from. Amounts are cents, distances whole miles in the files."""
    guests = prices.table("guests")
    proteins = prices.table("proteins")
    gratuity = prices.table("gratuity_percent")
    terms = prices.table("terms")
    rules = PriceRules(
        currency=prices.text("currency", r"USD", "must be USD: no other has been built"),
        adult_cents=guests.whole("adult_cents"),
        child_cents=guests.whole("child_cents"),
        adult_min_age=guests.whole("adult_min_age", 1, 21),
        child_free_max_age=guests.whole("child_free_max_age", 0, 20),
        minimum_cents=prices.whole("minimum_cents"),
        proteins_per_guest=proteins.whole("per_guest", 0, 20),
        proteins_per_toddler=proteins.whole("per_toddler", 0, 20),
        extra_protein_cents=proteins.whole("extra_cents"),
        proteins=_proteins(proteins.table("menu")),
        addons=_addons(prices.table("addons")),
        travel=_travel(places),
        deposit_cents=prices.whole("deposit_cents"),
        gratuity_low_percent=gratuity.whole("low", 0, 100),
        gratuity_high_percent=gratuity.whole("high", 0, 100),
        payment_fees=_payment_fees(prices.table("payment_fee_basis_points")),
        max_adults=guests.whole("max_adults", 1, 100_000),
        max_children=guests.whole("max_children", 0, 100_000),
        max_toddlers=guests.whole("max_toddlers", 0, 100_000),
        large_party_guests=guests.whole("large_party", 1, 1_000_000),
        notice_hours=terms.whole("notice_hours", 0, 8760),
        valid_days=terms.whole("valid_days", 1, 365),
        earliest_start=terms.clock("earliest_start"),
    )
    if rules.child_free_max_age >= rules.adult_min_age:
        guests.problem("child_free_max_age", "must be below adult_min_age")
    if rules.gratuity_low_percent > rules.gratuity_high_percent:
        gratuity.problem("low", "must not be above high")
    for table in (guests, proteins, gratuity, terms):
        table.close()
    return rules


def _proteins(menu: Table) -> dict[str, Protein]:
    found: dict[str, Protein] = {}
    spellings: set[str] = set()
    for name in menu.names():
        row = menu.table(name)
        found[name] = Protein(
            name, row.text("label"), row.whole("upgrade_cents"), row.texts("aliases")
        )
        row.close()
        _check_names(menu, name, found[name].aliases, spellings)
    return found


def _addons(menu: Table) -> dict[str, Addon]:
    found: dict[str, Addon] = {}
    spellings: set[str] = set()
    for name in menu.names():
        row = menu.table(name)
        found[name] = Addon(name, row.text("label"), row.whole("cents"), row.texts("aliases"))
        row.close()
        _check_names(menu, name, found[name].aliases, spellings)
    return found


def _check_names(menu: Table, name: str, aliases: tuple[str, ...], spellings: set[str]) -> None:
    """One spelling may mean one dish only, whichever way it is written."""
    if not re.fullmatch(NAME, name):
        menu.problem(name, "a name must be lower-case letters, digits and underscores")
    for spelling in {name, *(alias.lower().replace(" ", "_") for alias in aliases)}:
        if spelling in spellings:
            menu.problem(name, f"{spelling} already stands for another dish")
        spellings.add(spelling)


def _travel(places: Table) -> Travel:
    travel = places.table("travel")
    estimates = places.table("zip_miles")
    zip_tenths: dict[str, int] = {}
    for prefix in estimates.names():
        if not re.fullmatch(r"[0-9]{3,5}", prefix):
            estimates.problem(prefix, "must be a ZIP or its first three or four digits")
        zip_tenths[prefix] = 10 * estimates.whole(prefix, 0, MAX_MILES)
    found = Travel(
        station=travel.text("station"),
        free_tenths=10 * travel.whole("free_miles", 0, MAX_MILES),
        per_mile_cents=travel.whole("per_mile_cents"),
        max_tenths=10 * travel.whole("max_miles", 0, MAX_MILES),
        estimate_staff_tenths=10 * travel.whole("estimate_staff_miles", 0, MAX_MILES),
        zip_tenths=zip_tenths,
    )
    travel.close()
    return found


def _payment_fees(table: Table) -> tuple[PaymentFee, ...]:
    return tuple(PaymentFee(method, table.whole(method, 0, 10_000)) for method in table.names())
