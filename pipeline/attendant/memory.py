"""What the attendant has to remember between two messages, kept in `Facts.asked`.

zip date                 our last message asked for these
steak=10 portions=gyoza  ... which steak the 10 are; how many gyoza
total=12                 a head-count was given in all, so children come out of it
each=filet_mignon        everybody has one: follows the head-count; so do half, adults, children
+zip +zip                the ZIP has been asked for twice, and will not be a third time
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

SHARES = ("each", "half", "adults", "children")
NEVER_AGAIN = 2
"""Nothing is asked for more often than this."""


@dataclass(frozen=True, slots=True)
class Memory:
    """`Facts.asked`, parsed."""

    open: tuple[str, ...] = ()
    """What our last message asked for."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """total, range, steak, portions, lost."""
    shares: Mapping[str, str] = field(default_factory=dict)
    """Dish to one of SHARES: who has it."""
    tally: Mapping[str, int] = field(default_factory=dict)
    """How often each thing has been asked for."""

    @classmethod
    def from_asked(cls, asked: tuple[str, ...]) -> "Memory":
        """Parse; what somebody else put there and we do not know is kept as asked for."""
        tally = Counter(each[1:] for each in asked if each.startswith("+"))
        open_, notes, shares = [], {}, {}
        for each in asked:
            name, sign, value = each.partition("=")
            if each.startswith("+"):
                continue
            if not sign:
                open_.append(each)
            elif name in SHARES:
                shares[value] = name
            else:
                notes[name] = value
        return cls(tuple(open_), notes, shares, dict(tally))

    def to_asked(self) -> tuple[str, ...]:
        """Inverse of `from_asked`."""
        return (
            *self.open,
            *(f"{name}={value}" for name, value in self.notes.items()),
            *(f"{share}={dish}" for dish, share in self.shares.items()),
            *(f"+{name}" for name, times in self.tally.items() for _ in range(times)),
        )

    def has_asked(self, *names: str) -> bool:
        """Whether our last message asked for one of these."""
        return any(name in self.open for name in names)

    def may_ask(self, name: str) -> bool:
        """Whether it has not been asked for too often yet."""
        return self.tally.get(name, 0) < NEVER_AGAIN

    def number(self, name: str) -> int | None:
        """A note that is a number."""
        return int(self.notes[name]) if self.notes.get(name, "").isdecimal() else None

    def note(self, **values: object) -> "Memory":
        """With notes set; None takes one away."""
        notes = dict(self.notes) | {name: str(value) for name, value in values.items()}
        return replace(
            self, notes={k: v for k, v in notes.items() if values.get(k, "") is not None}
        )

    def share(self, dish: str, share: str | None) -> "Memory":
        """With a dish shared out to some of SHARES, or to nobody."""
        shares = {name: how for name, how in self.shares.items() if name != dish}
        return replace(self, shares=shares | ({dish: share} if share else {}))

    def asking(self, *names: str) -> "Memory":
        """After our message that asks for these and for nothing else."""
        tally = dict(self.tally)
        for name in names:
            tally[name] = tally.get(name, 0) + 1
        return replace(self, open=names, tally=tally)

    def forget_tally(self, *names: str) -> "Memory":
        """These may be asked for afresh."""
        return replace(self, tally={k: v for k, v in self.tally.items() if k not in names})

    def give_up(self, name: str) -> "Memory":
        """Never ask for this again: they do not know yet."""
        return replace(self, tally=dict(self.tally) | {name: NEVER_AGAIN})
