from datetime import time

from tests.pipeline.seed import RULES


def test_the_first_business_charges_what_it_publishes():
    assert (RULES.adult_cents, RULES.child_cents, RULES.minimum_cents) == (5500, 3000, 55000)
    assert (RULES.adult_min_age, RULES.child_free_max_age) == (13, 5)
    assert (RULES.deposit_cents, RULES.extra_protein_cents) == (10000, 1000)
    assert (RULES.proteins_per_guest, RULES.proteins_per_toddler) == (2, 1)
    assert (RULES.max_adults, RULES.max_children, RULES.max_toddlers) == (100, 50, 50)
    assert (RULES.large_party_guests, RULES.notice_hours, RULES.valid_days) == (30, 48, 30)
    assert (RULES.gratuity_low_percent, RULES.gratuity_high_percent) == (20, 35)
    assert RULES.earliest_start == time(12)
    assert [(fee.method, fee.basis_points) for fee in RULES.payment_fees] == [
        ("card", 300),
        ("Venmo", 300),
        ("Zelle", 0),
        ("cash", 0),
    ]


def test_the_first_business_serves_what_its_menu_says():
    assert {name: protein.upgrade_cents for name, protein in RULES.proteins.items()} == {
        "chicken": 0,
        "ny_strip_steak": 0,
        "shrimp": 0,
        "calamari": 0,
        "tofu": 0,
        "vegetables": 0,
        "salmon": 500,
        "scallops": 500,
        "filet_mignon": 500,
        "lobster_tail": 1500,
    }
    assert {name: addon.cents for name, addon in RULES.addons.items()} == {
        "yakisoba": 500,
        "fried_rice": 500,
        "vegetables": 500,
        "edamame": 500,
        "gyoza": 1000,
    }
