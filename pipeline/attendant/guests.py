"""Who comes: adults, children, toddlers, or only how many in all.

By age: up to `child_free_max_age` a toddler, below `adult_min_age` a child, else an adult. Hard
here is what is no head-count at all: a child's age, 'kids 6-12', 'party of 10-12', '2 more'.
"""

import re
from dataclasses import dataclass, field

from pipeline.attendant.words import Shape, Word, numbers
from pipeline.quote.rules import PriceRules

KINDS = {"A": "adults", "C": "children", "T": "toddlers", "P": "people", "D": "couples"}
OLDEST_CHILD = 17
"""An age above this is told for the occasion ('turning 40'), not to be counted."""


@dataclass(slots=True)
class Heads:
    """What one sentence says about who comes."""

    counts: dict[str, int] = field(default_factory=dict)
    """adults, children, toddlers or people (in all, without a split) to how many."""
    more: dict[str, int] = field(default_factory=dict)
    """The same, as a change: 2 more kids, 3 fewer adults (negative)."""
    between: tuple[str, int, int] | None = None
    """(kind, low, high): '10-12 people'."""
    besides: bool = False
    """The children come on top of the people named: '12 people and 3 kids'."""
    only_adults: bool = False
    """It was said that no child comes."""
    bare: tuple[int, ...] = ()
    """One or two numbers alone in the sentence: what they count depends on what was asked."""

    @property
    def said(self) -> bool:
        """Anything, bare numbers aside."""
        return bool(self.counts or self.more or self.between or self.only_adults)


def take_heads(shape: Shape, rules: PriceRules) -> Heads:
    """Read a sentence's head-counts, wiping them."""
    heads = Heads()
    shape.take_all(_NOT_THIS_MANY)
    _take_only_adults(shape, heads)
    _take_ages(shape, rules, heads)
    _take_range(shape, heads)
    _take_changes(shape, heads)
    heads.besides = _CHILDREN_BESIDES.search(shape.kinds) is not None
    _take_counts(shape, heads)
    _take_company(shape, heads)
    if not heads.counts and not heads.between and (words := shape.take(_IN_ALL)):
        heads.counts["people"] = numbers(words)[0]
    _take_bare(shape, heads)
    return heads


_NOT_THIS_MANY = re.compile(r"nN(?![-&r]?[ACTPI])")
_CHILDREN_BESIDES = re.compile(r"NP+,?[&+]+N[CT]|^[,.~k]*[&+a]+N[CT]")
_IN_ALL = re.compile(r"GN(?![QC:])|(?:^|[,.~kjMvwze])[zkf]+j?N(?=$|[,.~wkj&+)f])")

# 'no kids', 'just adults', 'all adults', 'everyone is an adult', 'over 18', 'kids aren't coming'
_NO_CHILDREN = re.compile(r"n[CT]+(?:r[CT])?|j+A|(?<!N)Aj|E[ez]?A|E[ez]?oN?|(?<!N)[CT]c|jNA|NAj")


def _take_only_adults(shape: Shape, heads: Heads) -> None:
    found = _NO_CHILDREN.search(shape.kinds)
    if not found:
        return
    heads.only_adults = True
    words = shape.take(_NO_CHILDREN) or []
    if found[0] in ("jNA", "NAj"):
        heads.counts["adults"] = numbers(words)[0]


_BAND = re.compile(r"N?[CT]?[ie]*[,(]?g?(?:[uo]N|N[UO]|N[-t]N(?=[y),~.&+]|$))y?\)?")
_AGE_LIST = r"N(?:(?:,?&|,|\+)N(?![ACTPDIQ]))*"
_YEARS_OLD = re.compile(rf"(?:N[*]?(?=N-?y))?{_AGE_LIST}-?y(?:C|T)?\)?")
_CHILD_AGES = re.compile(
    rf"(?:N?[CT][ie]*(?:[,(]?g:?|\(){_AGE_LIST}|N?[CT]e?N(?:,?&|,)N(?:(?:,?&|,)N)*)(?![-ACTPDIQ])\)?"
)


def _take_ages(shape: Shape, rules: PriceRules, heads: Heads) -> None:
    """Everybody who is named by an age or an age band."""
    for words in _take_bands(shape):
        *stated, kind = _band(words, rules)
        for count in stated:
            _add(heads, kind, count)
    for pattern in (_YEARS_OLD, _CHILD_AGES):
        for words in shape.take_all(pattern):
            for kind in _kinds_by_age(words, rules):
                _add(heads, kind, 1)
