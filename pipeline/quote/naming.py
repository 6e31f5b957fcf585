"""Which of the names around it an amount takes.

What is tied to an amount decides first ('per adult'), then what stands right behind it or nearest
before it; a headline such as 'the total' reaches over what stands between. A name is taken once,
so that in '$1,100 total, $100 deposit, balance $1,000' each amount finds its own.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from pipeline.quote.numerals import VALUES, Number
from pipeline.quote.roles import Name, Reach, Role, find_names
from pipeline.quote.tokens import Reading, Token, words

PER = re.compile(
    r"[\s*)]*(?:each )?(?:/(?!\w+:? ?\$?\d)|-?per[ -]|each |for (?:each |every )?|an? |every |\()"
    r"(?:additional |extra |paying )?"
    r"(?:(?P<adult>adults?|grown-?ups?)|(?P<child>child(?:ren)?|kids?)|(?P<per_mile>miles?|mi)"
    r"|(?P<per_guest>guests?|persons?|people|heads?))\b"
    r"|[\s*)]*(?P<pp>pp)\b"
)
"""What one such amount is for, said right behind it."""
SHARE = re.compile(
    r"[\s*)]*(?:is |are )?for (?:all )?(?:of )?(?:the|your|our|\d+) (?:\d+ )?"
    r"(?:(?P<adult>adults?|grown-?ups?)|(?P<child>child(?:ren)?|kids?))\b"
)
"""Whose share of the whole an amount is, or the price of each of them."""
EACH = re.compile(r"[\s*)]*(?:each|apiece)\b")
CROWD = words("guests guest people persons person everyone")
"""Who 'each' means where nothing else is priced by the piece."""

VERBS = words(
    "is are was be been will would comes come leaves equals pay pays cost costs charge = :"
)
TIES = VERBS | words("of at to just only now still today about around exactly roughly * 's")
"""What may stand between a name and a number that has no currency."""
JOINTS = TIES | words(
    "a an the for so it its it's that that's this which works out then your our each you price"
    " rate due currently - + x ~ | ( @ \" '"
)
"""What parts an amount from its name no further."""
BEHIND_JOINTS = words("is are the a an for of in it your our customary optional * )")
EXCEPT = words("before without including incl excluding excl with less minus after")
"""What stands behind these is not what the amount is: 'the total including travel is'."""
ARTICLES = words("the a an your our any")
PRICED = words("at x @ each")
"""What makes a counted thing a priced one: '10 filet mignon at $5'."""
AGES = words("age ages aged and up over older under to years old - ( ) +")
ABBREVIATED = words("incl excl approx min max est")
BY_THE_PIECE = (Role.UPGRADE, Role.EXTRA_PROTEIN, Role.ADDON)
"""'lobster +$15 per person' is still an upgrade."""
BREAKS = words("is are was will would be holds secures covers includes comes goes")
"""Verbs that end another clause: 'travel is free and your party is $600' names no travel fee."""
PRICES = words("price quote cost costs pay pays charge fee rate bill amount")
BEING = words("is are be was 's = :")
PRICED_IT = re.compile(
    r"\b(?:(?:it|that|this|everything|all of it)"
    r"(?:'s|'d be|'ll be| is| was| will be| would be| should be| makes| runs)"
    r"|(?:do|make|have|get|book|offer|give you|let you have|let it go)"
    r" (?:(?:it|that|this|everything|all of it|the (?:whole |entire )?\w+) )?(?:all )?for"
    r"|asking|charge(?: you)?|in total|in all|altogether|let's say"
    r"|(?:adults|guests|people|kids|children|of you) for)"
    r"(?: (?:just|only|about|around|exactly|roughly|like|all of))* ?$"
)
"""Said right before a price that nothing names: 'it will be 900 for everything'."""
PRICE_GOES_ON = words(
    "for in all total plus with including and flat even altogether before after per each if so"
    " or then but max tops"
)
"""What may follow such a price; '1250 Main Street' is none."""
SMALLEST_SUM, LARGEST_SUM = 100, 9999
"""What is no hour, age or count, and no ZIP."""
NEAR_WORDS = 5
NEAR_CHARACTERS = 60
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


@dataclass(slots=True)
class _Gap:
    """What stands between a name and an amount, taken up token by token towards the name."""

    words: int = 0
    """That are not mere joints."""
    words_but_ages: int = 0
    """The same without ages: 'children ages 6-12 are'."""
    commas: int = 0
    tied: bool = True
    """Nothing but what may stand before a number without a currency."""
    verb: bool = False
    """'is', '=' or the like right before the amount: a headline may be its subject."""
    said: bool = False
    """That was a word: 'adults: 20' counts, 'adults are 55' prices."""
    colon: bool = False
    amount: bool = False
    """Another amount."""

    def ends_at(self, token: Token) -> bool:
        """Whether this token belongs to another clause."""
        return self.words > 0 and not self.colon and token.text in BREAKS

    def take(self, token: Token) -> None:
        if not self.words and token.text in VERBS:
            self.verb, self.said = True, self.said or token.kind == "word"
        self.colon = self.colon or token.text == ":"
        self.tied = self.tied and token.text in TIES
        if token.text not in JOINTS:
            self.words += 1
            self.commas += token.text == ","
            self.words_but_ages += not (token.text in AGES or token.kind == "digits")

    def take_name(self, *, counts: bool) -> None:
        self.tied = False
        self.words += counts
        self.words_but_ages += 1


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
            dish = self._before(first, each=True)
            if dish and dish.rank == 0 and dish.role in BY_THE_PIECE:
                return dish
            role = Role.PER_GUEST if per.lastgroup == "pp" else Role(per.lastgroup or "")
            return Found(role, 0, True, self._name_within(last, per.end()), per=True)
        if SHARE.match(self._plain, end):
            before = self._before(first, each=False)
            return before if before and before.name and before.role is Role.TOTAL else None
        each = self.each(last)
        found = [one for one in (self._before(first, each=each), self._behind(last)) if one]
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

    def is_sum(self, number: Number, found: Found | None) -> bool:
        """Whether a number is a price by its verb: 'the price for 20 is 900', 'it will be 900'."""
        if not SMALLEST_SUM <= number.value <= LARGEST_SUM:
            return False
        if found and found.name and found.name.reach in (Reach.HEADLINE, Reach.SUBJECT):
            between = [token.text for token in self._tokens[found.name.last : number.first]]
            tail = list(takewhile(TIES.__contains__, reversed(between)))
            return not BEING.isdisjoint(tail)
        start = self._tokens[number.first].start
        behind = self._tokens[number.last] if number.last < len(self._tokens) else None
        if behind is not None and behind.kind != "sign" and behind.text not in PRICE_GOES_ON:
            return False
        return PRICED_IT.search(self._plain[max(0, start - NEAR_CHARACTERS) : start]) is not None

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
                joints = [token.text for token in self._tokens[last:place]]
                tied = not joints or joints[0] == "is"
                return None if guests else Found(name.role, BEHIND, tied, name)
            if self._tokens[place].text not in BEHIND_JOINTS:
                return None
        return None

    def _before(self, first: int, *, each: bool) -> Found | None:
        """The nearest name before, or the headline that the sentence is about."""
        best: Found | None = None
        gap = _Gap()
        place = first
        while place > 0 and first - place < WINDOW and not _ends_sentence(self._tokens, place - 1):
            token = self._tokens[place - 1]
            name = self._ending.get(place)
            if name and self._sums_up(name):
                place = name.first
            elif name and name.reach is not Reach.LAST:
                gap.amount = place < self._last_amount
                best = self._nearer(best, name, gap, each)
                gap.take_name(counts=not self._is_excepted(name))
                place = name.first
            elif gap.ends_at(token):
                break
            elif token.text == ")" and (opening := self._aside(place - 1)) is not None:
                place = opening
            else:
                best = self._nearer(best, name, gap, each) if name else best
                if not _is_percent(self._tokens, place - 1):
                    gap.take(token)
                place -= 1
        return best

    def _nearer(self, best: Found | None, name: Name, gap: _Gap, each: bool) -> Found | None:
        """This name instead of the best so far, if the amount could rather take it."""
        if name in self._taken or self._is_excepted(name):
            return best
        if each and name.reach is Reach.HEADLINE:
            return best
        found = _rank(name, gap)
        return found if found and (best is None or found.rank < best.rank) else best

    def _sums_up(self, name: Name) -> bool:
        """'upgrades total $50': the total of the upgrades is theirs."""
        inner = self._ending.get(name.first)
        if self._tokens[name.first].text == "for":  # 'the total for the whole party'
            return False
        return name.role is Role.TOTAL and inner is not None and not self._is_excepted(inner)

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
        while place > 0 and first - place < WINDOW and not _ends_sentence(self._tokens, place - 1):
            place -= 1
        return self._tokens[place:first]

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


def _rank(name: Name, gap: _Gap) -> Found | None:
    """The name as one the amount could take, or None where it stands too far off."""
    rank = WORD * gap.words
    match name.reach:
        case Reach.HEADLINE:
            if (gap.amount and not gap.verb) or (gap.commas == 1 and gap.words > 2):
                return None
            if gap.verb and not gap.commas:
                rank = min(rank, SUBJECT)
            return Found(name.role, rank, gap.tied, name)
        case Reach.SUBJECT if gap.verb or (gap.words == 0 and not gap.amount):
            too_far = gap.commas == 1 and gap.words > 2
            return None if too_far else Found(name.role, min(rank, SUBJECT), gap.tied, name)
        case Reach.NEAR if gap.words <= NEAR_WORDS and not gap.amount:
            return Found(name.role, rank, gap.tied, name)
        case Reach.TIED if not gap.amount:
            guests = name.role in (Role.ADULT, Role.CHILD)
            if (gap.words_but_ages if guests else gap.words) == 0:
                return Found(name.role, 0, gap.tied and gap.said, name)
        case Reach.LAST if gap.words == 0:
            return Found(name.role, LAST, gap.tied, name)
    return None


def _ends_sentence(tokens: Sequence[Token], place: int) -> bool:
    if tokens[place].text == ".":
        return not (place and tokens[place - 1].text in ABBREVIATED)
    return tokens[place].text in ("!", "?", ";", "\n")


def _is_percent(tokens: Sequence[Token], place: int) -> bool:
    """Whether a token belongs to a percentage such as '20-35%'."""
    following = [token.text for token in tokens[place + 1 : place + 4]]
    return tokens[place].text == "%" or (tokens[place].kind == "digits" and "%" in following)
