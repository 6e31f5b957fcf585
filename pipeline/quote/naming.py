"""Which of the names around it an amount takes.

What is tied to an amount decides first ('per adult'), then what stands right behind it or nearest
before it; a headline such as 'the total' reaches over what stands between. A name is taken once,
so that in '$1,100 total, $100 deposit, balance $1,000' each amount finds its own.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.quote.numerals import VALUES
from pipeline.quote.roles import Name, Reach, Role, find_names
from pipeline.quote.tokens import Reading, Token, words

PER = re.compile(
    r"[\s*)]*(?:each )?(?:/(?!\w+:? ?\$?\d)|-?per[ -]|each |for (?:each |every )?|an? |every |\()"
    r"(?:additional |extra |paying )?"
    r"(?:(?P<adult>adults?|grown-?ups?)|(?P<child>child(?:ren)?|kids?)|(?P<per_mile>miles?)"
    r"|(?P<per_guest>guests?|persons?|people|heads?))\b"
    r"|[\s*)]*(?P<pp>pp)\b"
)
"""What one such amount is for, said right behind it."""
EACH = re.compile(r"[\s*)]*(?:each|apiece)\b")
CROWD = words("guests guest people persons person adults kids children everyone")
"""Who 'each' means where nothing else is priced by the piece."""

VERBS = words(
    "is are was be been will would comes come leaves equals pay pays cost costs charge = :"
)
TIES = VERBS | words("of at to just only now still today about around exactly roughly * 's")
"""What may stand between a name and a number that has no currency."""
JOINTS = TIES | words(
    "a an the for so it its it's that that's this which works out then your our each you price"
    " rate due currently - + x ~ | \" '"
)
"""What parts an amount from its name no further."""
BEHIND_JOINTS = words("is are the a an for of it your our customary optional * )")
EXCEPT = words("before without including incl excluding excl with less minus after")
"""What stands behind these is not what the amount is: 'the total including travel is'."""
ARTICLES = words("the a an your our any")
PRICED = words("at x @ each")
"""What makes a counted thing a priced one: '10 filet mignon at $5'."""
AGES = words("age ages aged and up over older under to years old - ( ) +")
ABBREVIATED = words("incl excl approx min max est")
PRICES = words("price cost costs pay pays charge fee rate bill amount")
NEAR_WORDS = 5
WORD, SUBJECT, BEHIND, LAST = 10, 4, 5, 30
"""Ranks of a name: for each word apart; as the sentence's subject; behind; where none is better."""
WINDOW = 40
"""Tokens looked back over from an amount: this bounds the time on any text."""


@dataclass(frozen=True, slots=True)
class Found:
    """The name an amount takes."""

    role: Role
    rank: int
    """How far off it is; the least is taken."""
    tied: bool
    """It makes money of a number without a currency: 'the total is 1100'."""
    name: Name | None
    per: bool = False
    """Said as 'per adult', 'a head'."""


@dataclass(frozen=True, slots=True)
class _Between:
    """What stands between a name and an amount."""

    apart: int
    """Words that are not mere joints."""
    apart_but_ages: int
    """The same without ages: 'children ages 6-12 are'."""
    commas: int
    tied: bool
    """Nothing but what may stand before a number without a currency."""
    verb: bool
    """'is', '=' or the like right before the amount: a headline may be its subject."""
    said: bool
    """That was a word: 'adults: 20' counts, 'adults are 55' prices."""
    beyond: bool
    """Another amount."""


class Naming:
    """The names in one text, given out to its amounts from left to right."""

    def __init__(self, reading: Reading, dishes: Mapping[str, Role]) -> None:
        self._tokens = reading.tokens
        self._plain = reading.plain
        names = tuple(find_names(reading, dishes))
        self._beginning = {name.first: name for name in names}
        self._ending = {name.last: name for name in names}
        self._taken: set[Name] = set()
        self._last_amount = 0

    def find(self, first: int, last: int) -> Found | None:
        """The name that tokens[first:last] would take, were they an amount."""
        end = self._tokens[last - 1].end
        per = PER.match(self._plain, end)
        if per:
            role = Role.PER_GUEST if per.lastgroup == "pp" else Role(per.lastgroup or "")
            return Found(role, 0, True, self._name_within(last, per.end()), per=True)
        each = self.each(last)
        found = [one for one in (self._before(first, each), self._behind(last)) if one]
        if found:
            return min(found, key=lambda one: one.rank)
        if each and any(token.text in CROWD for token in self._sentence_before(first)):
            return Found(Role.PER_GUEST, 0, False, None)
        return None

    def take(self, found: Found | None, last: int) -> Role | None:
        """Give a name to the amount that ends at `last`; nothing else gets it afterwards."""
        self._last_amount = last
        if found is None:
            return None
        if found.name:
            self._taken.add(found.name)
        return found.role

    def begins(self, place: int) -> Name | None:
        """The name that begins with this token."""
        return self._beginning.get(place)

    def costs(self, first: int) -> bool:
        """Whether the words before say that a number is a price, if not of what."""
        for token in reversed(self._tokens[max(0, first - NEAR_WORDS) : first]):
            if token.text in PRICES:
                return True
            if token.text not in TIES:
                return False
        return False

    def each(self, last: int) -> bool:
        """Whether 'each' follows."""
        return EACH.match(self._plain, self._tokens[last - 1].end) is not None

    def _name_within(self, last: int, end: int) -> Name | None:
        """The name within what was said right behind an amount: it is that amount's."""
        for place in range(last, len(self._tokens)):
            if self._tokens[place].start >= end or place in self._beginning:
                return self._beginning.get(place)
        return None

    def _behind(self, last: int) -> Found | None:
        """'$100 deposit', '$100 is the deposit': nothing but joints between."""
        for place in range(last, min(last + 5, len(self._tokens))):
            name = self._beginning.get(place)
            if name and name not in self._taken and name.reach is not Reach.LAST:
                guests = name.role in (Role.ADULT, Role.CHILD)
                plainly = all(token.text in ("is", "the") for token in self._tokens[last:place])
                return None if guests else Found(name.role, BEHIND, plainly, name)
            if self._tokens[place].text not in BEHIND_JOINTS:
                return None
        return None

    def _before(self, first: int, each: bool) -> Found | None:
        """The nearest name before, or the headline that the sentence is about."""
        best: Found | None = None
        apart = apart_but_ages = commas = 0
        tied, verb, said = True, False, False
        place = first
        while place > 0 and first - place < WINDOW and not self._ends_sentence(place - 1):
            name = self._ending.get(place)
            if name:
                found = None
                if name not in self._taken and not self._is_excepted(name):
                    beyond = place < self._last_amount
                    between = _Between(apart, apart_but_ages, commas, tied, verb, said, beyond)
                    found = _rank(name, between)
                if found and not (each and name.reach is Reach.HEADLINE):
                    best = min(best or found, found, key=lambda one: one.rank)
                if name.reach is not Reach.LAST:
                    place, tied = name.first, False
                    apart += 0 if self._is_excepted(name) else 1
                    apart_but_ages += 1
                    continue
            word = self._tokens[place - 1]
            if word.text == ")" and (opening := self._aside(place - 1)) is not None:
                place = opening
                continue
            if apart == 0 and word.text in VERBS:
                verb, said = True, said or word.kind == "word"
            tied = tied and word.text in TIES
            if word.text not in JOINTS and not self._is_percent(place - 1):
                apart += 1
                commas += word.text == ","
                apart_but_ages += not (word.text in AGES or word.kind == "digits")
            place -= 1
        return best

    def _aside(self, closing: int) -> int | None:
        """Where a bracket that names no amount opens: '(10 pieces)' is passed over."""
        for place in range(closing - 1, max(-1, closing - 8), -1):
            if self._tokens[place].text == "(":
                return place
            if place + 1 in self._ending:
                return None
        return None

    def _sentence_before(self, first: int) -> Sequence[Token]:
        place = first
        while place > 0 and first - place < WINDOW and not self._ends_sentence(place - 1):
            place -= 1
        return self._tokens[place:first]

    def _ends_sentence(self, place: int) -> bool:
        text = self._tokens[place].text
        if text == ".":
            return not (place and self._tokens[place - 1].text in ABBREVIATED)
        return text in "!?;\n"

    def _is_percent(self, place: int) -> bool:
        """Whether a token belongs to a percentage such as '20-35%'."""
        following = [token.text for token in self._tokens[place : place + 4]]
        return self._tokens[place].text == "%" or (
            self._tokens[place].kind == "digits" and "%" in following[1:]
        )

    def _is_excepted(self, name: Name) -> bool:
        """'without travel', '10 filet mignon', 'the number of adults': named, not priced."""
        place = name.first - 1
        if place >= 0 and self._tokens[place].text in ARTICLES:
            place -= 1
        if place < 0:
            return False
        before = self._tokens[place]
        if before.text in EXCEPT:
            return name.role is not Role.TOTAL
        if name.reach is not Reach.TIED:
            return False
        counted = before.kind == "digits" or before.text in VALUES or before.text in ("of", "many")
        follower = self._tokens[name.last].text if name.last < len(self._tokens) else ""
        return counted and follower not in PRICED


def _rank(name: Name, between: _Between) -> Found | None:
    """The name as one the amount could take, or None where it stands too far off."""
    rank = WORD * between.apart
    match name.reach:
        case Reach.HEADLINE:
            if (between.beyond and not between.verb) or (between.commas == 1 and between.apart > 2):
                return None
            if between.verb and not between.commas:
                rank = min(rank, SUBJECT)
            return Found(name.role, rank, between.tied, name)
        case Reach.NEAR if between.apart <= NEAR_WORDS and not between.beyond:
            return Found(name.role, rank, between.tied, name)
        case Reach.TIED if not between.beyond:
            guests = name.role in (Role.ADULT, Role.CHILD)
            if (between.apart_but_ages if guests else between.apart) == 0:
                return Found(name.role, 0, between.tied and between.said, name)
        case Reach.LAST if between.apart == 0:
            return Found(name.role, LAST, between.tied, name)
    return None
