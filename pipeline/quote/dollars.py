"""Cents as they leave this program: a JSON number of dollars, or text.

The only place where money is not an integer. Whoever reads such a figure back (the validator, a
tool's result) rounds it to the cent that it came from.
"""


def dollars(cents: int) -> float:
    """Cents as the nearest JSON number of dollars: 55060 -> 550.6."""
    return cents / 100


def amount_in_digits(cents: int) -> str:
    """Cents as text, always with both decimals: 110000 -> '$1,100.00'. Not negative."""
    whole, rest = divmod(cents, 100)
    return f"${whole:,}.{rest:02}"


def brief_amount(cents: int) -> str:
    """Cents as text, decimals only where there are cents: 5500 -> '$55', 55060 -> '$550.60'."""
    return amount_in_digits(cents).removesuffix(".00")
