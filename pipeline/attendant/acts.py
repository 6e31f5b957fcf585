"""What somebody does with a sentence, beside telling facts: greets, agrees, asks, books, doubts.

Every pattern looks at one sentence in plain lower case with digits. A word that people use
lightly ('ok', 'right') agrees only when it stands alone.
"""

import re
from enum import StrEnum


class Act(StrEnum):
    """What a sentence does."""

    GREET = "greet"
    THANK = "thank"
    BYE = "bye"
    YES = "yes"
    NO = "no"
    UNSURE = "unsure"
    WISH = "wish"
    """Wishes us a happy day."""
    NOD = "nod"
    """Says that they have read it, or laughs."""
    LATER = "later"
    """Will think about it."""
    INTEREST = "interest"
    """Tells of an occasion, or that they are interested."""
    WHO = "who"
    """Asks whether we are a machine, or who we are."""
    START_OVER = "start_over"
    PRICE = "price"
    """Wants to know what it costs."""
    BOOK = "book"
    AVAILABLE = "available"
    """Asks whether a day is free."""
    COME = "come"
    """Asks whether we come to a place, or what the way costs."""
    LEAVE_MESSAGE = "leave_message"
    FOREIGN = "foreign"
    """Not in English."""
    ASK = "ask"
    """Any question."""


_YOU = r"(?:you|u|y'?all|ya)(?: guys)?"
_HELLO = (
    r"(?:hi+|hello+|hey+|hiya|howdy|yo|sup|good (?:morning|afternoon|evening|day)|greetings|hola)"
)
_STRONG_YES = (
    r"(?:yes+|yea+h?|yep+|yup+|sure(?: thing)?|absolutely|definitely|of course|please do|go ahead"
    r"|let'?s do (?:it|that)|do it|sounds (?:good|great|perfect|fine)|that works|works for me"
    r"|i(?:'d| would) (?:like|love) that|affirmative|confirm(?:ed)?|for sure|you bet|ya)"
)
_WEAK_YES = r"(?:ok+|okay|k|kk|y|right|correct|perfect|great|cool|good|fine|alright|awesome)"
_FILLERS = (
    r"(?:[\s,.!]|please|thanks|thank you|that|sounds|great|good|perfect|you|thx|lol|then|again)*"
)
_THUMBS = "[\U0001f44c\U0001f44d\u2705\U0001f64f\U0001f3fb-\U0001f3ff\ufe0f ]"
_NO = r"(?:no+|nope|nah|no thanks?(?: you)?|not (?:yet|now|really|right now|today)|never ?mind|n)"
_MACHINE = (
    r"(?:bots?|robot|a\.?i\.?|human|real (?:person|human)|an actual person|machine|automated"
    r"|computer|chat ?gpt|real)"
)
_QUESTION_WORDS = (
    r"(?:what|when|where|who|why|how|do|does|did|can|could|is|are|will|would|should|may|which|any"
    r"|whats|wheres|hows|tell me|i (?:was )?wonder(?:ing)?|wondering)"
)
_LEAD_INS = r"(?:and |so |also |ok |okay |but |or |hi |hey |hello |thanks )*"

_PATTERNS: tuple[tuple[Act, re.Pattern[str]], ...] = tuple(
    (act, re.compile(pattern))
    for act, pattern in (
        (Act.GREET, rf"^\W*{_HELLO}\b"),
        (
            Act.THANK,
            r"\b(?:thanks|thank (?:you|u)|thx|tysm|ty|appreciate (?:it|you|that)|cheers)\b",
        ),
        (
            Act.BYE,
            r"\b(?:bye+|goodbye|good night|see (?:you|ya) (?:then|soon|later)|ttyl|take care"
            r"|have a (?:good|great|nice))\b",
        ),
        (Act.WISH, r"^\W*(?:happy|merry) \w+"),
        (
            Act.NOD,
            r"^\W*(?:lol|lmao|haha\w*|hehe\w*|wow|nice|interesting|i see|got it|gotcha|understood"
            r"|makes sense|no worries|hmm+|oh+|ah+)\b",
        ),
        (
            Act.YES,
            rf"^\W*{_STRONG_YES}\b|^\W*{_WEAK_YES}\b{_FILLERS}$|\byes please\b|^{_THUMBS}+$",
        ),
        (
            Act.NO,
            rf"^\W*{_NO}\W*(?:$|,|thanks?|thank you|please|i'?m|we'?re|that'?s|just|all good)"
            r"|^\W*(?:none|0|zero)\W*$|\b(?:no need|don'?t (?:bother|worry))\b",
        ),
        (
            Act.UNSURE,
            r"\b(?:not sure|(?:do ?n'?o?t|dunno) know|dunno|idk|no idea|tbd|undecided|unsure"
            r"|have ?n'?o?t decided|to be determined|not certain|still deciding|not decided"
            r"|don't have (?:it|one)|figur(?:e|ing) (?:it|that) out"
            r"|no (?:exact )?(?:date|location|address) yet)\b",
        ),
        (
            Act.LATER,
            r"\b(?:let (?:you|u) know|get back to (?:you|u)|think about it|think it over"
            r"|check with|talk (?:to|with) my|run it by|text you (?:later|back)|be in touch)\b",
        ),
        (
            Act.INTEREST,
            r"\b(?:part(?:y|ies)|birthday|bday|anniversary|graduation|wedding|shower|event"
            r"|hibachi|catering|interested|info(?:rmation)?|details|planning|celebrat\w+"
            r"|reunion)\b",
        ),
        (
            Act.WHO,
            r"\b(?:are you|r u|is this|this is|am i (?:talking|speaking|texting|chatting)"
            rf"(?: (?:to|with))?)\b[^.?!]*\b{_MACHINE}\b"
            r"|\bwho (?:is this|are you|am i|r u|dis)\b|\bwhat are you\b$|\bwhat'?s your name\b",
        ),
        (
            Act.START_OVER,
            r"\b(?:start (?:over|again|fresh)|new quote|another quote|from scratch|reset"
            r"|(?:a|another) (?:different|separate) quote|forget (?:all|everything)"
            r"|(?:new|different|another|separate) (?:party|event))\b",
        ),
        (
            Act.PRICE,
            r"\b(?:how much|quotes?|prices?|pric(?:e|ing)|costs?|estimates?|rates?|totals?"
            r"|ball ?park|charge|what would (?:it|that) be|what(?:'s| is) (?:it|that) come to"
            r"|what are we looking at|fees?)\b",
        ),
        (
            Act.BOOK,
            r"(?<!how do i )(?<!how do we )(?<!how to )(?<!how can i )(?<!how can we )"
            r"\b(?:book(?!ed|ing fee)|reserve(?!d)|lock (?:it|this|that|us|me|in)"
            r"|sign (?:me|us) up|move forward|schedule (?:it|this|that|us|a|the|my|our)"
            r"|(?:hold|confirm|save) (?:the|my|our|that|this) (?:date|booking|spot|party))\b",
        ),
        (
            Act.AVAILABLE,
            r"\b(?:availab(?:le|ility)|openings?|open (?:on|for)"
            r"|(?<!gluten[ -])(?<!dairy[ -])(?<!nut[ -])free (?:on|for|that|this)"
            r"|(?:is|are) \w*\s?(?:date|day|that|it) (?:open|free|taken)|booked up|any spots"
            r"|have (?:\w+ )?(?:open|free))\b",
        ),
        (
            Act.COME,
            rf"\b(?:do|can|would|will|could) {_YOU}(?: \w+)? (?:come|travel|serve|service|cover"
            r"|cater|deliver|drive)\b|\b(?:travel|mileage|distance) (?:fee|cost|charge)"
            r"|\b(?:come|coming|travel|drive) (?:out )?to\b"
            r"|\btoo far\b|\bin your (?:service )?area\b"
            r"|\b(?:fee|charge|cost)s? (?:to|for) (?:come|travel|driv)",
        ),
        (Act.ASK, rf"\?|^\W*{_LEAD_INS}{_QUESTION_WORDS}\b"),
    )
)

_STAFF = r"(?:chef|cook|team|owner|manager|staff|boss|someone|them|him|her|guys)"
_TO_STAFF = re.compile(
    r"\b(?:leave|take|pass (?:on|along)|relay|send|give|have)\b[^.?!]{0,20}\bmessages?\b"
    r"[^.:!?]{0,30}(?:[:,]| that )?\s*"
    rf"|\b(?:tell|ask|remind|inform|notify) (?:the |your |my |our )?{_STAFF}\b"
    r"(?: (?:that|to|about|know))?\s*"
    rf"|\blet (?:the |your )?{_STAFF} know(?: that)?\s*"
    rf"|\bpass (?:this |that |it )?(?:on|along) to (?:the |your )?{_STAFF}\b[:,]?\s*",
    re.IGNORECASE,
)
MESSAGE_WORDS = 2
"""From this many words on, what follows 'tell the chef' is the message itself."""

_FOREIGN_WORDS = """
    ich ein kann angebot haben
    hola cuanto cuánto cuesta precio precios para personas quiero gracias por favor fiesta necesito
    niños ninos adultos puede hablan hablas español espanol buenas buenos tardes dias noches como
    está esta es el la los una con bonjour combien merci pour personnes prix vous parlez quel est
    je nous hallo wie viel kostet danke bitte für personen olá quanto custa obrigado pessoas
    magkano xin chào bao nhiêu người
"""
_FOREIGN = frozenset(_FOREIGN_WORDS.split())
_SPEAKS = re.compile(
    r"\b(?:speak|habla\w*|talk|text|write) (?:in )?(?:spanish|espa[nñ]ol|chinese|mandarin|cantonese"
    r"|french|german|vietnamese|korean|japanese|tagalog|hindi|punjabi|portuguese|russian)\b"
)
LATIN_ENDS = "\u024f"


def acts(plain: str) -> frozenset[Act]:
    """Everything a sentence does."""
    found = {act for act, pattern in _PATTERNS if pattern.search(plain)}
    if Act.NO in found:
        found.discard(Act.YES)
    if _TO_STAFF.search(plain):
        found.add(Act.LEAVE_MESSAGE)
    if _is_foreign(plain):
        found.add(Act.FOREIGN)
    return frozenset(found)


def message_in(raw: str) -> str:
    """'Tell the chef that we moved the tables', or '' where the message is yet to come."""
    found = _TO_STAFF.search(raw)
    if not found:
        return ""
    rest = raw[found.end() :].strip(" .?!,:")
    return raw.strip() if len(rest.split()) >= MESSAGE_WORDS else ""


def _is_foreign(plain: str) -> bool:
    letters = [char for char in plain if char.isalpha()]
    if len(letters) > 3 and sum(char > LATIN_ENDS for char in letters) > len(letters) / 2:
        return True
    if _SPEAKS.search(plain):
        return True
    words = re.findall(r"[^\W\d_]+", plain)
    foreign = sum(word in _FOREIGN for word in words)
    return foreign >= 2 and foreign * 3 >= len(words)
