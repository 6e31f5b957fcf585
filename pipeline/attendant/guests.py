"""Who comes: adults, children, toddlers, or only how many in all.

By age: up to `child_free_max_age` a toddler, below `adult_min_age` a child, else an adult. Hard
here is what is no head-count at all: a child's age, 'kids 6-12', 'party of 10-12', '2 more'.
The patterns are over shapes (see `words`): N number, A adults, C children, T toddlers, P people.
"""

import re
from collections import Counter
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
    """Numbers alone in the sentence: what they count depends on what was asked."""
    as_ages: dict[str, int] = field(default_factory=dict)
    """What the bare numbers count if they are the ages of children."""
    corrected: bool = False
    """The bare number takes the place of the last one: 'make it 18'."""

    @property
    def said(self) -> bool:
        """Anything, bare numbers aside."""
        return bool(self.counts or self.more or self.between or self.only_adults)


def take_heads(shape: Shape, rules: PriceRules) -> Heads:
    """Read a sentence's head-counts, wiping them."""
    heads = Heads()
    shape.take_all(_NOT_THIS_MANY)
    _take_parts(shape, heads)
    _take_only_adults(shape, heads)
    aged = _take_ages(shape, rules, heads)
    _take_range(shape, heads)
    _take_company(shape, heads)
    _take_changes(shape, heads)
    _take_tables(shape, heads)
    heads.besides |= _CHILDREN_BESIDES.search(shape.kinds) is not None
    _take_counts(shape, heads)
    _take_party_of(shape, heads)
    _count_among(heads, aged)
    if not (heads.counts or heads.more or heads.between):
        _take_in_all(shape, heads, rules)
    return heads


_NOT_THIS_MANY = re.compile(r"nN(?![-&r]?[ACTPI])")
_SOME_ARE_CHILDREN = re.compile(r"NqP+[ie]*(?P<noun>[CT])")
_SOME = re.compile(r"Nq[ACTP]+|NP(?=n)")
_CHILDREN_BESIDES = re.compile(r"NP+,?[&+]+N[CT]|^[,.~k]*[&+]+N[CT]")


def _take_parts(shape: Shape, heads: Heads) -> None:
    """'3 of the guests are kids' counts kids; '3 of the adults are vegetarian' nobody."""
    while found := _SOME_ARE_CHILDREN.search(shape.kinds):
        words = shape.wipe(*found.span())
        heads.counts[KINDS[found["noun"]]] = numbers(words)[0]
    while some := _SOME.search(shape.kinds):
        if "q" not in some[0] and shape.words[some.end() - 1].text != "of us":
            return
        shape.wipe(*some.span())


_JUST_US = re.compile(r"jNP")

# 'no kids', 'just adults', 'all adults', 'everyone is an adult', 'over 18', 'kids aren't coming'
_NO_CHILDREN = re.compile(r"[nx][CT]+(?:r[CT]+)*|NAj|j+A|(?<![N:])Aj|E[ez]*A|E[ez]*oN|(?<!N)[CT]+c")


def _take_only_adults(shape: Shape, heads: Heads) -> None:
    if (us := _JUST_US.search(shape.kinds)) and shape.words[us.end() - 1].text == "of us":
        heads.only_adults = True  # 'just the two of us'; the number is read later
        return
    words = shape.take(_NO_CHILDREN)
    if words is None:
        return
    heads.only_adults = True
    if counted := numbers(words[:2]):  # '20 adults only', not 'over 18'
        heads.counts["adults"] = counted[0]


_TABLES = re.compile(r"NFN(?P<noun>[ACTP]*)(?![QI:y])")


def _take_tables(shape: Shape, heads: Heads) -> None:
    """'2 families of 4', '3 tables of 6 adults'."""
    while found := _TABLES.search(shape.kinds):
        how_many, each = numbers(shape.wipe(*found.span()))
        kind = KINDS[found["noun"][:1] or "P"]
        heads.counts[kind] = heads.counts.get(kind, 0) + how_many * each


# -- ages

_BETWEEN_AGES = r",?&|,|\+|"
_LIMIT = re.compile(
    r"(?:N\*?[ie]*)?(?:[CT][ie]*[,(]*|[iPA]?[ie]*\(?)g?(?:[uo]g?N(?![ACTPDQ])|N[UO])-?y?\)?"
)
_BAND = re.compile(
    r"(?:N\*?)?(?:[CT][ie]*[,(]*g?|g|P\(g?)N[-t]N(?![-ACTPDI])-?y?\)?|(?:N\*?)?N[-t]N-?y"
)
_YEARS_OLD = re.compile(rf"(?:N(?:[*e]?(?=N-?y)|[CT][ie]*))?N(?:(?:{_BETWEEN_AGES})N)*-?y[CT]?\)?")
_CHILD_AGES = re.compile(
    rf"N?[CT](?:[ie]*(?:,?g:?|\()N(?:(?:{_BETWEEN_AGES})N)*|eN(?:(?:{_BETWEEN_AGES})N)*"
    rf"|[,:]?N(?:(?:{_BETWEEN_AGES})N)+)(?![-ACTPDIQ])\)?"
)
_SAID_OF_OTHERS = re.compile(r"N[ie]+[uogN]|N[ie]+N?[UO]")
_SO_MANY_AGED = re.compile(r"NeN-?y?(?![-ACTPDIQ])")


def _take_ages(shape: Shape, rules: PriceRules, heads: Heads) -> Counter[str]:
    """Everybody who is named by an age, or by an age band.

    Returned are those of whom it is said among others: the 3-year-old of '4 kids, 1 is 3'.
    """
    among: Counter[str] = Counter()
    for pattern, kinds in (
        (_LIMIT, _kinds_by_limit),
        (_BAND, _kinds_by_band),
        (_YEARS_OLD, _kinds_by_age),
        (_CHILD_AGES, _kinds_by_age),
        (_SO_MANY_AGED, _kinds_by_pair),
    ):
        for words in shape.take_all(pattern):
            of_others = _SAID_OF_OTHERS.match("".join(word.kind for word in words))
            for kind in kinds(words, rules):
                if of_others:
                    among[kind] += 1
                else:
                    heads.counts[kind] = heads.counts.get(kind, 0) + 1
    return among


def _count_among(heads: Heads, among: Counter[str]) -> None:
    """Take them out of the children they are among, where children are counted as well."""
    children = heads.counts.get("children", 0)
    if children >= among.total():
        heads.counts["children"] = children - among.total()
    for kind, count in among.items():
        heads.counts[kind] = heads.counts.get(kind, 0) + count
    if not heads.counts.get("children"):
        heads.counts.pop("children", None)


def _kinds_by_limit(words: list[Word], rules: PriceRules) -> list[str]:
    """'3 kids under 12', '2 are 5 and under', '8 over 13'; nobody where no count goes with it."""
    *counts, limit = numbers(words)
    kinds = {word.kind for word in words}
    if "o" in kinds:
        kind = _kind(limit + 1, rules)
    elif "O" in kinds:
        kind = _kind(limit, rules)
    else:
        oldest = limit if "U" in kinds else limit - 1
        kind = "toddlers" if oldest <= rules.child_free_max_age else "children"
    if kinds & {"A", "P"} and kind != "adults":
        kind = "adults" if "A" in kinds else "people"  # '10 people under 40'
    return [kind] * sum(counts)


def _kinds_by_band(words: list[Word], rules: PriceRules) -> list[str]:
    """'5 kids 6-12'."""
    *counts, low, high = numbers(words)
    return [_kind((low + high) // 2, rules)] * sum(counts)


def _kinds_by_pair(words: list[Word], rules: PriceRules) -> list[str]:
    """'1 is 4 and 2 are 8'."""
    count, age = numbers(words)
    return [_kind(age, rules)] * count if age <= OLDEST_CHILD else []


def _kinds_by_age(words: list[Word], rules: PriceRules) -> list[str]:
    """'kids 4 and 7', '2 10-year-olds', 'a 3 year old'."""
    ages = numbers(words)
    stated = None
    if words[0].kind == "N" and words[1].kind in "CTN*e":
        stated, *ages = ages
    if stated and len(ages) == 1:
        return [_kind(ages[0], rules)] * stated
    missing = max(0, (stated or 0) - len(ages))
    return [_kind(age, rules) for age in ages if age <= OLDEST_CHILD] + ["children"] * missing


def _kind(age: int, rules: PriceRules) -> str:
    if age <= rules.child_free_max_age:
        return "toddlers"
    return "children" if age < rules.adult_min_age else "adults"


# -- ranges, changes, counts

_RANGE = re.compile(r"(?:bN&N|b?N[-tr]N)-?[ACTP]|(?:bN&N|b?N[-tr]N)(?![-ACTPDIQyNtr])")


def _take_range(shape: Shape, heads: Heads) -> None:
    for found in _RANGE.finditer(shape.kinds):
        words = shape.words[found.start() : found.end()]
        low, high = numbers(words)
        noun = KINDS.get(words[-1].kind, "people")
        alone = words[-1].kind == "N" and not re.search(
            r"[GfzkP][,]?$|^[,.~jk]{0,3}$", shape.kinds[: found.start()]
        )
        if low < high and not alone:
            shape.wipe(*found.span())
            heads.between = (noun, low, high)
            return


# 'me and 9 friends', 'my wife and I and 8 others', 'me, my husband and 3 kids', 'just me'
_COMPANY = re.compile(r"j?M(?:,?[&+w,]M)*,?[&+w]+Nm?(?P<noun>[ACTP]+)?(?![-QIyU])|jM(?:[&+w]+M)*")


_CHILDREN_AFTER = re.compile(r",?[&+]+N[CT]")


def _take_company(shape: Shape, heads: Heads) -> None:
    found = _COMPANY.search(shape.kinds)
    if not found:
        return
    words = shape.wipe(*found.span())
    selves = sum(word.kind == "M" for word in words)
    others = sum(numbers(words))
    if not numbers(words):  # 'just me and my wife'
        heads.counts["adults"], heads.only_adults = selves, True
    elif found["noun"] and found["noun"][0] in "CT":
        heads.counts["adults"] = selves
        heads.counts[KINDS[found["noun"][0]]] = others
    else:
        kind = "adults" if found["noun"] and found["noun"][0] == "A" else "people"
        heads.counts[kind] = selves + others
        heads.besides = _CHILDREN_AFTER.match(shape.kinds, found.end()) is not None


_CHANGES = re.compile(
    r"(?:aN|Nm|mN|aNm|hN)(?P<more>[ACTP])P?|aNm(?=$|[,~])|h(?P<one>[ACTP])|(?:xN|Nl|lN)m?(?P<fewer>[ACTP])P?"
    r"|N(?P<absent>[ACTP])P?c|(?:^|[,~k])N(?:m|(?P<less>l))(?=$|[,~])"
)


def _take_changes(shape: Shape, heads: Heads) -> None:
    while found := _CHANGES.search(shape.kinds):
        words = shape.wipe(*found.span())
        count = sum(numbers(words)) or 1
        noun = found["more"] or found["one"] or found["fewer"] or found["absent"] or "P"
        grows = not (found["fewer"] or found["absent"] or found["less"])
        kind = KINDS[noun]
        heads.more[kind] = heads.more.get(kind, 0) + (count if grows else -count)


_COUNT = re.compile(r"N[-*]?[ie]*(?P<noun>[ACTPD])P*")
_CORRECTED_COUNT = re.compile(r"N[-*]?(?P<noun>[ACTP])P*[,&~]*k[k,]*N(?![-&]?[ACTPDIQ:y])")
_LABEL = re.compile(r"(?P<noun>[ACTP])[:e*,-]*N(?!-?[ACTPDIQy])")
_LABEL_FIRST = re.compile(
    r"^[^N]*[ACTP][:e*-]*N(?![-&]?[ACTPD](?!:?N))|(?<!N)[ACTP]:N(?!-?[ACTPD])"
)


def _take_counts(shape: Shape, heads: Heads) -> None:
    """'20 adults and 5 kids', or 'adults: 20, kids: 5'. Men and women add up to adults."""
    while corrected := _CORRECTED_COUNT.search(shape.kinds):  # '20 adults, no wait, 18'
        heads.counts[KINDS[corrected["noun"]]] = numbers(shape.wipe(*corrected.span()))[1]
    pattern = _LABEL if _LABEL_FIRST.search(shape.kinds) else _COUNT
    seen: dict[tuple[str, str], int] = {}
    while found := pattern.search(shape.kinds):
        words = shape.wipe(*found.span())
        kind, count = KINDS[found["noun"]], numbers(words)[0]
        noun = next(word.text for word in words if word.kind == found["noun"])
        seen[("adults", "couples") if kind == "couples" else (kind, noun)] = (
            2 * count if kind == "couples" else count
        )
    for (kind, _), count in seen.items():
        is_first = kind not in heads.counts or kind != "people"
        if is_first:
            heads.counts[kind] = heads.counts.get(kind, 0) + count


_PARTY_OF = re.compile(r"G[,:j-]*N(?![QC:y])")


def _take_party_of(shape: Shape, heads: Heads) -> None:
    """'a party of 15, 3 of them kids' counts everybody first."""
    if heads.counts.keys() & {"children", "toddlers"} and not (
        heads.counts.keys() & {"people", "adults"}
    ):
        words = shape.take(_PARTY_OF)
        if words is not None:
            heads.counts["people"] = numbers(words)[0]


_CORRECTED = re.compile(r"(?:^|[,.~&jMvwze])[kj][,kj]*z?N(?![-&]?[ACTPDIQ:y])|^[,~]*Nk+[,~]*$")
_IN_ALL = re.compile(r"[GF][,:j-]*N(?![QC:y])|(?:^|[,.~jMvwzep])[zf]+j?N(?=$|[,~wkjp&+)fr])")
_BARE = re.compile(r"^[,~jfze*]*N(?:[&+,]+N)*[,~jfz*]*$")


def _take_in_all(shape: Shape, heads: Heads, rules: PriceRules) -> None:
    if words := shape.take(_CORRECTED):
        heads.bare, heads.corrected = (numbers(words)[0],), True
    elif words := shape.take(_IN_ALL):
        heads.counts["people"] = numbers(words)[0]
    elif words := shape.take(_BARE):
        heads.bare = tuple(numbers(words))
        first, *rest = heads.bare
        # '2: 3 and 8' has a count before its ages.
        ages = rest if rest and first == len(rest) else heads.bare
        if max(ages) <= OLDEST_CHILD:
            heads.as_ages = dict(Counter(_kind(age, rules) for age in ages))
