"""The one next step a reply ends with: what is still missing, asked one or two things at a time.

Nothing is asked a third time, and what they do not know yet is not asked again.
"""

from dataclasses import dataclass, replace

from pipeline.attendant.memory import Memory
from pipeline.attendant.menu import LOOSE, SIDE, candidates
from pipeline.attendant.party import UNDECIDED, awaiting_split
from pipeline.attendant.plan import Plan, wants_split
from pipeline.attendant.quoting import day_words, label
from pipeline.business.document import Business
from pipeline.inquiry.facts import Facts
from pipeline.quote.dollars import amount_in_digits
from pipeline.quote.rules import PriceRules


@dataclass(frozen=True, slots=True)
class Step:
    """A question and what it asks for, by Memory's names; both empty when all is said."""

    words: str = ""
    asks: tuple[str, ...] = ()


def next_step(plan: Plan, business: Business, *, quoted: bool) -> Step:
    """What to ask next. `quoted` says that there is a price to confirm."""
    facts, memory, rules = plan.facts, plan.memory, business.prices
    if wants_split(plan.reading, facts):
        words = f"How many are {rules.adult_min_age - 1} or under, and how old are they?"
        return Step(words, ("children",))
    for step in (
        _about_guests(facts, memory, rules),
        _about_dishes(memory, rules),
        _about_place_and_day(plan, facts, memory),
    ):
        if step:
            return step
    if quoted and facts.event_date and memory.may_ask("confirm"):
        day = day_words(facts.event_date)
        return Step(f"Shall I ask our team to confirm {day}?", ("confirm",))
    if quoted and not facts.event_date:
        return Step("Send me the date any time and our team will confirm it.")
    return Step()


def _about_guests(facts: Facts, memory: Memory, rules: PriceRules) -> Step | None:
    split = f"adults ({rules.adult_min_age}+) and children ({_child_ages(rules)})"
    if "range" in memory.notes and memory.may_ask("range"):
        low, _, high = memory.notes["range"].partition(":")[2].partition("-")
        return Step(f"Which number shall I quote, {low} or {high}?", ("range",))
    if facts.adults == 0 and memory.may_ask("adults"):
        words = "A party needs at least one adult. How many"
        return Step(f"{words} adults ({rules.adult_min_age}+) will come?", ("adults",))
    if not facts.adults:
        if not memory.may_ask("adults"):
            return Step("Once you know how many are coming I can quote it exactly.")
        if facts.children or facts.toddlers:
            return Step(f"And how many adults ({rules.adult_min_age}+)?", ("adults",))
        return Step(f"For an exact quote: how many {split} will there be?", ("adults",))
    if awaiting_split(facts, memory) and not memory.tally.get("children"):
        oldest = rules.adult_min_age - 1
        return Step(
            f"Are any of the {memory.number('total')} guests children of {oldest} or under?"
            f" Adults are {amount_in_digits(rules.adult_cents)}, children {_child_ages(rules)}"
            f" {amount_in_digits(rules.child_cents)}, {rules.child_free_max_age} and under free.",
            ("children",),
        )
    return None


def _about_dishes(memory: Memory, rules: PriceRules) -> Step | None:
    for word in LOOSE:
        if word in memory.notes and memory.may_ask(word):
            options = " or ".join(
                f"{label(rules.proteins[name].label)} ({_price(rules, name)})"
                for name in candidates(rules, word)
            )
            return Step(f"Which {word} would you like: {options}?", (word,))
    dish = memory.notes.get(UNDECIDED)
    if dish and memory.may_ask(UNDECIDED):
        if dish.startswith(SIDE):
            side = rules.addons[dish.removeprefix(SIDE)]
            what = f"servings of {label(side.label)} ({amount_in_digits(side.cents)} each)"
        else:
            what = f"portions of {label(rules.proteins[dish].label)} ({_price(rules, dish)})"
        return Step(f"How many {what} would you like?", (UNDECIDED,))
    return None


def _about_place_and_day(plan: Plan, facts: Facts, memory: Memory) -> Step | None:
    place = not (facts.zip or facts.city) and memory.may_ask("zip")
    day = not facts.event_date and memory.may_ask("date")
    vague = plan.reading.vague_day
    if vague and not facts.event_date and memory.may_ask("date"):
        if vague.past and vague.day:
            return Step(
                f"{day_words(vague.day)} is in the past. What date is the party?", ("date",)
            )
        return Step("Which exact date is the party?", ("date",))
    if place and day:
        return Step("What ZIP (or city) is the party in, and on what date?", ("zip", "date"))
    if place:
        return Step("What ZIP or city is the party in?", ("zip",))
    if day:
        return Step("What date is the party?", ("date",))
    return None


def asked(memory: Memory, step: Step, lost: int) -> Memory:
    """Memory after a reply that ends with this step; `lost` as in Plan."""
    memory = memory.asking(*step.asks)
    notes = {name: value for name, value in memory.notes.items() if name != "lost"}
    return replace(memory, notes=notes | ({"lost": str(lost)} if lost else {}))


def _price(rules: PriceRules, name: str) -> str:
    cents = rules.proteins[name].upgrade_cents
    return f"+{amount_in_digits(cents)} each" if cents else "included"


def _child_ages(rules: PriceRules) -> str:
    return f"{rules.child_free_max_age + 1}-{rules.adult_min_age - 1}"
