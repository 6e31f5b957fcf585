"""A sentence as a string of kinds, one letter a word, so that grammar is short patterns over it.

'20 adults and 5 kids under 12, filet for everyone' has the shape 'NA&NCuN,IfE'. Words that
change nothing ('the', 'hungry', 'please') are left out; a word we do not know is '.', one that
was already read is '~'.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from pipeline.attendant.slate import WIPED

_PERSON = (
    r"(?:my |the |our )?(?:wife|husband|hubby|partner|girlfriend|boyfriend|spouse|fianc[eé]e?"
    r"|mom|mother|dad|father|sister|brother|roommate)"
)
_UNITS = (
    r"hours?|hrs?|minutes?|mins?|days?|weeks?|months?|years?|yrs?|miles?|mi|feet|foot|ft"
    r"|inch(?:es)?|percent|tables?|chefs?|cooks?|grills?|dollars?|bucks?|times?|courses?|proteins?"
    r"|meats?|options?|choices?|things?|questions?|cars?|dogs?|cats?|tents?|bottles?|hundred"
    r"|thousand|k|am|pm|oz|lbs?|pounds?|blocks?|pools?|stories|floors?|bedrooms?|st|nd|rd|th"
)

_KINDS: tuple[tuple[str, str], ...] = (
    # The longer phrase stands before the shorter one that begins it.
    ("y", r"yo|y/o|y\.o|(?:yrs?|years?)[- ]?olds?|yos"),
    ("U", r"(?:and|&|or) (?:under|younger|below)"),
    ("O", r"(?:and|&|or) (?:up|over|older|above)"),
    ("T", r"toddlers?|bab(?:y|ies|ys)|infants?|newborns?|tots?"),
    (
        "A",
        r"adult ?guests?|adults?|grown (?:folks|people)|grown[- ]?ups?|teens?|teenagers?|men|women"
        r"|ladies|parents|gentlemen|seniors?|grandparents",
    ),
    (
        "C",
        r"(?:kid|child|young) guests?|kids?|kiddos?|kiddies|children'?s?|childrens|childs?"
        r"|little ones?|youngsters?|minors?",
    ),
    ("D", r"couples"),
    (
        "c",
        r"(?:can'?t|cannot|won'?t|not|aren'?t|isn'?t|couldn'?t|are not|is not|will not|can not)"
        r" (?:be |going to be |gonna )?(?:make it|come|coming|making it|attend|attending|there"
        r"|able to (?:come|make it))|dropped out|dropping out|bailed|backed out|cancell?ed"
        r"|(?:do(?:n'?t| not)|dont|didn'?t) (?:come|show(?: up)?|make it|attend)",
    ),
    ("R", r"(?:the )?(?:rest|remaining)(?: of (?:us|them))?|every(?:one|body) else|others"),
    (
        "E",
        r"every(?:one|body)(?:'s)?|every (?:guest|person|adult|one)|all of (?:us|them)|us all"
        r"|we all|them all|all (?:the |our )?(?:guests|people)|each (?:guest|person|of us|adult)"
        r"|each|per person|apiece|(?:the )?(?:whole|entire) (?:group|party|crew)|all",
    ),
    (
        "X",
        r"except(?:ing)?(?: for)?|excluding|apart from|other than|but not"
        r"|but(?= (?:the |my |our )?(?:kids?|child|children|toddlers?|adults?|little ones))",
    ),
    ("F", r"(?:families|groups|tables|parties|teams) of"),
    (
        "i",
        r"including|includes?|incl?\.?|of (?:which|whom|them|'?em|those)|counting|with(?=in that)",
    ),
    (
        "G",
        r"(?:party|group|family|table|crowd|gathering|reservation|event|dinner|team|hibachi|lunch"
        r"|total|count|head ?count|number|quote|price)(?: size)?"
        r"(?: (?:of|for|is|will be|would be|are))+"
        r"|(?:party|group) size|(?:guest|head) ?count|number of (?:guests|people)",
    ),
    (
        "P",
        r"of us|peoples?|ppl|persons?|guests?|gue?sts?|pax|heads?|folks|friends|attendees|peeps"
        r"|humans|diners|family members|co-?workers|employees|in total|total|altogether"
        r"|all together|others|buddies|invitees|eaters|mouths|girls|boys|guys|gals",
    ),
    ("q", r"of (?:the|our|my|these)"),
    ("S", r"instead of|rather than|in place of|in lieu of"),
    (
        "k",
        r"make (?:it|that|them)|let'?s (?:do|make it|say|go with)|actually|scratch that|no wait"
        r"|(?:change|lower|drop|reduce|bring|go)(?: it| that| them| up| down)? to|wait"
        r"|sorry|correction|instead|update (?:it )?to|bump (?:it )?(?:up )?to|more like"
        r"|(?:how|what) about|should be|i meant?|we meant?|now",
    ),
    ("W", r"swap|switch|replace|change|trade|substitute|sub"),
    (
        "x",
        r"drop|dropping|remove|removing|cancel|skip|lose|forget|nix|minus|subtract"
        r"|take (?:off|out|away)|delete|scratch|hold|leave out|get rid of|(?:cut|lost)(?= \d)"
        r"|(?:do(?:n'?t| not)|dont) (?:want|need)(?: any| the)*",
    ),
    (
        "n",
        r"no more|no|not any|none of|none|without(?: any)?|w/o|zero|(?:do(?:n'?t| not)|dont)"
        r"(?: (?:have|bring)(?: any)?)?|not"
        r"|(?:there )?(?:are(?:n'?t| not)|won'?t be|will not be)(?: any)?",
    ),
    (
        "v",
        r"(?:(?:i|we|they|he|she)(?:'d| would)|would) (?:like|want|have|love|prefer)"
        r"|(?:wants?|wanted|gets?|getting|has|takes?|prefers?|choose|chooses|picks?|ordering"
        r"|ordered|eats?|needs?)(?: to (?:have|get|eat))?|will (?:have|get|take|eat|do)"
        r"|go(?:es|ing)? (?:for|with)",
    ),
    (
        "z",
        r"(?:we|there|they|it)(?:'ll| will| would| should| might| may|'d)? (?:are|be|is)"
        r"(?: going to be)?|we're|were|there's|it's|its|it'll be|there'll be|we'll be"
        r"|(?:i|we)(?:'ve got|'ll have)"
        r"|(?:i|we) (?:will )?have|i've|having|expecting|hosting|feeding|inviting|serving|have",
    ),
    ("M", rf"me|myself|i|{_PERSON}"),
    ("u", r"under|below|younger than|less than"),
    ("o", r"over|above|older than"),
    ("g", r"ages?|aged"),
    ("H", r"half(?: of)?(?: (?:us|them|the (?:guests|people|group)))?|50[/-]50|1/2"),
    ("b", r"between"),
    ("h", r"another"),
    ("m", r"more|additional|extra|other"),
    ("l", r"fewer|less"),
    ("a", r"add|adding|added|include|bring"),
    ("j", r"only|just"),
    ("Q", _UNITS),
    ("f", r"for"),
    ("w", r"with|w/"),
    ("p", r"in|on|at|near|from|by|as|if|but|because|since|this|next|that'?s"),
    ("t", r"to"),
    ("r", r"or"),
    ("+", r"plus|also|as well as|on top"),
    ("&", r"and|n"),
    ("e", r"are|is|will be|being|who(?:'s)?|that"),
    ("*", r"x"),
    (
        "",
        r"yes|yeah|yep|yup|sure|ok|okay|hi|hey|hello|thanks|thank you|the|of|our|my|your|a|an"
        r"|about|around|maybe|roughly|probably|approximately|approx"
        r"|hungry|young|small|little|paying|please|pls|plz|so|ish|like|so far|any|some|both"
        r"|orders?|portions?|servings?|pieces?|plates?|sides?|pcs|dishes|grown|would|will|be"
        r"|confirmed|possibly|potentially|really|super|here|in all|hibachi|nice|then|well|um|uh",
    ),
)
_SIGNS = dict.fromkeys(",/.!?", ",") | dict.fromkeys(":=", ":") | dict.fromkeys("-\u2013", "-")
_SIGNS |= {"&": "&", "+": "+", "(": "(", ")": ")", "*": "*", "\u00d7": "*", "%": "Q", WIPED: WIPED}
_ONE_OF_THEM = re.compile(
    r"\s*(?:more )?(?:kid|child|toddler|baby|infant|newborn|adult|teen|teenager|tot)"
    r"(?=\s*(?:$|[,.!?(&+]|(?:and|plus|with|too|coming|under|who|on|in|for|as|age|aged)\b"
    r"|(?:is|will be|might be|may be) (?:coming|there|joining|attending)\b"
    r"|(?:will|may|might) (?:come|join)\b))"
)


@dataclass(frozen=True, slots=True)
class Word:
    """One word, or phrase that means one thing."""

    kind: str
    text: str
    number: int = 0
    """Of an N."""
    item: str = ""
    """Of an I: which dish, by the vocabulary's name for it."""


class Shape:
    """A sentence's words and their kinds; what has been understood is wiped off."""

    def __init__(self, words: list[Word]) -> None:
        self.words = words
        self.kinds = "".join(word.kind for word in words)

    def take(self, pattern: re.Pattern[str]) -> list[Word] | None:
        """The words of the first match, wiped; None where there is none."""
        found = pattern.search(self.kinds)
        return self.wipe(*found.span()) if found else None

    def wipe(self, start: int, end: int) -> list[Word]:
        """The words of kinds[start:end], wiped."""
        self.kinds = self.kinds[:start] + WIPED * (end - start) + self.kinds[end:]
        return self.words[start:end]

    def take_all(self, pattern: re.Pattern[str]) -> list[list[Word]]:
        """Every match's words, each wiped before the next is looked for."""
        taken = []
        while words := self.take(pattern):
            taken.append(words)
        return taken

    @property
    def left(self) -> list[Word]:
        """The words nobody has read."""
        return [word for word, kind in zip(self.words, self.kinds, strict=True) if kind != WIPED]


def numbers(words: list[Word]) -> list[int]:
    """The numbers among some words."""
    return [word.number for word in words if word.kind == "N"]


def items(words: list[Word]) -> list[str]:
    """The dishes among some words."""
    return [word.item for word in words if word.kind == "I"]


def shape(text: str, dishes: dict[str, str]) -> Shape:
    """Read lower-case text with digits. `dishes` maps spellings to the vocabulary's names."""
    words: list[Word] = []
    for found in _lexer(tuple(sorted(dishes, key=len, reverse=True))).finditer(text):
        word = _word(found, dishes)
        if not word.kind:
            words.extend(_article(found, text))
        elif _is_age_note(word, words):
            words.append(Word(WIPED, word.text))
        elif not (word.kind == WIPED and words and words[-1].kind == WIPED):
            words.append(word)
    return Shape(words)


def _is_age_note(word: Word, before: list[Word]) -> bool:
    """The '13+' of '20 adults 13+' is no count; that of '20+ people' is."""
    noted = bool(before) and before[-1].kind in "AP("
    return noted and word.kind == "N" and word.text.endswith("+")


def _word(found: re.Match[str], dishes: dict[str, str]) -> Word:
    kind = _LETTERS[(found.lastindex or 1) - 1]
    text = found[0]
    if kind == "N":
        return Word("N", text, int(text.rstrip("+")))
    if kind == "I":
        return Word("I", text, item=dishes[" ".join(text.split())])
    if kind == "sign":
        return Word(_SIGNS.get(text, "."), text)
    return Word("*" if text == "x" else kind, text)


def _article(found: re.Match[str], text: str) -> list[Word]:
    """'A toddler' is one toddler: the article before a single somebody counts."""
    if found[0] in ("a", "an", "my", "our") and _ONE_OF_THEM.match(text, found.end()):
        return [Word("N", found[0], 1)]
    return []


@lru_cache(maxsize=4096)
def is_known(word: str) -> bool:
    """Whether one lower-case word by itself has a kind, or is one of those left out."""
    found = _lexer(()).fullmatch(word)
    return found is not None and _word(found, {}).kind != "."


_LETTERS = ["I", "N", "#", *(kind for kind, _ in _KINDS), "sign", "."]


@lru_cache(maxsize=8)
def _lexer(spellings: tuple[str, ...]) -> re.Pattern[str]:
    """One alternation: dishes, numbers, known words, signs, any other word."""
    dishes = "|".join(re.escape(spelling).replace(r"\ ", r"\s+") for spelling in spellings)
    known = (rf"(?<![a-z0-9])({pattern})(?![a-z0-9])" for _, pattern in _KINDS)
    parts = (
        rf"(?<![a-z0-9])({dishes or '(?!)'})(?![a-z0-9])",
        r"(?<![\d.$#])(?!1/2\b)(\d{1,4}(?:\+(?!\s?\d))?)(?![\d$]|[.,]\d|(?:st|nd|rd|th|am|pm|p|a)\b)",
        r"(?!1/2\b)([\d$#][\w.,$#]*)",
        *known,
        r"([^\w\s'])",
        r"([\w']+)",
    )
    return re.compile("|".join(parts))
