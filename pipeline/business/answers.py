"""What a business has written down: knowledge.md, its figures filled in from the price rules.

    ## What does it cost?
    id: cost
    keywords: price, how much
    {adult_price} per adult ...

An answer names no dollar figure of its own: it says {adult_price}, so that no answer can
contradict the price list.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.quote.dollars import brief_amount
from pipeline.quote.rules import PriceRules

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing the business has written down; its figures come from the price rules."""

    entry_id: str
    question: str
    answer: str
    keywords: tuple[str, ...]


def read_answers(
    name: str, text: str, figures: Mapping[str, str], problems: list[str]
) -> tuple[Entry, ...]:
    """Every entry of a knowledge file; what is wrong with it is added to `problems`."""
    title, *sections = re.split(r"(?m)^## ", text)
    if re.sub(r"(?m)\A# .*", "", title).strip():
        problems.append(f"{name}: only a '# title' may stand before the first '## question'")
    entries: list[Entry] = []
    for section in sections:
        entry = _entry(name, section, figures, problems)
        if any(other.entry_id == entry.entry_id for other in entries):
            problems.append(f"{name}: {entry.question}: id {entry.entry_id} is taken")
        entries.append(entry)
    if not entries:
        problems.append(f"{name}: has no entry")
    return tuple(entries)


def _entry(name: str, section: str, figures: Mapping[str, str], problems: list[str]) -> Entry:
    question, _, rest = section.partition("\n")
    where = f"{name}: {question.strip() or '(no question)'}"
    match = re.match(r"id: *([a-z][a-z0-9-]*) *\nkeywords: *(\S[^\n]*)(?:\n|\Z)", rest)
    if not question.strip() or match is None:
        problems.append(f"{where}: needs a question, then an 'id: ' and a 'keywords: ' line")
    entry_id, keywords = match.groups() if match else (where, "")
    template = " ".join(rest[match.end() :].split()) if match else ""
    if match and not template:
        problems.append(f"{where}: has no answer")
    if re.search(r"\$\s*[0-9]", template):
        problems.append(f"{where}: name a figure by a placeholder such as {{adult_price}}")

    def figure(found: re.Match[str]) -> str:
        if found[1] not in figures:
            problems.append(f"{where}: unknown placeholder {found[0]}")
        return figures.get(found[1], "")

    return Entry(
        entry_id=entry_id,
        question=question.strip(),
        answer=PLACEHOLDER.sub(figure, template),
        keywords=tuple(word.strip() for word in keywords.split(",") if word.strip()),
    )


def figures_for_answers(
    rules: PriceRules, published: Mapping[str, int], contact: Mapping[str, str]
) -> dict[str, str]:
    """Every placeholder an answer may use, and what it stands for."""
    found = {
        "adult_price": brief_amount(rules.adult_cents),
        "child_price": brief_amount(rules.child_cents),
        "adult_min_age": str(rules.adult_min_age),
        "child_ages": f"{rules.child_free_max_age + 1}-{rules.adult_min_age - 1}",
        "free_age": str(rules.child_free_max_age),
        "minimum": brief_amount(rules.minimum_cents),
        "extra_protein": brief_amount(rules.extra_protein_cents),
        "deposit": brief_amount(rules.deposit_cents),
        "gratuity": f"{rules.gratuity_low_percent}-{rules.gratuity_high_percent}%",
        "free_miles": str(rules.travel.free_tenths // 10),
        "max_miles": str(rules.travel.max_tenths // 10),
        "per_mile": brief_amount(rules.travel.per_mile_cents),
        "station": rules.travel.station,
        "notice_hours": str(rules.notice_hours),
        "large_party": str(rules.large_party_guests),
    }
    found |= {
        f"{name}_upgrade": brief_amount(p.upgrade_cents) for name, p in rules.proteins.items()
    }
    found |= {f"{name}_price": brief_amount(addon.cents) for name, addon in rules.addons.items()}
    found |= {f"{name}_fee": brief_amount(cents) for name, cents in published.items()}
    found |= {
        f"{fee.method.lower()}_percent": f"{fee.basis_points // 100}%"
        for fee in rules.payment_fees
        if fee.basis_points % 100 == 0
    }
    return found | dict(contact)
