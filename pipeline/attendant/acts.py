"""What somebody does with a sentence, beside telling facts: greets, agrees, asks, books, doubts.

Every pattern looks at one sentence in plain lower case with digits. A word that people use
lightly ('ok', 'right') agrees only when it stands alone.
"""

import re
from enum import StrEnum

AMOUNT = re.compile(
    r"(?:us ?)?\$ ?(\d[\d,]*(?:\.\d{1,2})?)(?: ?k\b)?"
    r"|\b(\d[\d,]*(?:\.\d{1,2})?) ?(?:dollars?|bucks|usd)\b"
    r"|\b(\d{2,4}(?:\.\d\d)?) ?(?:(?:/|per |a ) ?(?:person|head|adult|guest|plate|child|kid|pp)|pp)\b"
)
"""A sum of money a customer names, in dollars."""


class Act(StrEnum):
    """What a sentence does."""

    GREET = "greet"
    THANK = "thank"
    BYE = "bye"
    YES = "yes"
    NO = "no"
    UNSURE = "unsure"
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
    LATER = "later"
    """Will think about it."""
    INTEREST = "interest"
    """Tells of an occasion, or that they are interested."""
    FOREIGN = "foreign"
    """Not in English."""
    ASK = "ask"
    """Any question."""


_HELLO = r"(?:hi+|hello+|hey+|hiya|howdy|yo|sup|good (?:morning|afternoon|evening|day)|greetings|hola)"
_STRONG_YES = (
    r"(?:yes+|yea+h?|yep+|yup+|sure(?: thing)?|absolutely|definitely|of course|please do|go ahead"
    r"|let'?s do (?:it|that)|do it|sounds (?:good|great|perfect|fine)|that works|works for me"
    r"|i(?:'d| would) (?:like|love) that|affirmative|confirm(?:ed)?|for sure|you bet|ya)"
)
_WEAK_YES = r"(?:ok+|okay|k|kk|y|right|correct|perfect|great|cool|good|fine|alright|awesome)"
_FILL = r"(?:[\s,.!]|please|thanks|thank you|that|sounds|great|good|perfect|you|thx|lol|then|again)*"
_NO = r"(?:no+|nope|nah|no thanks?(?: you)?|not (?:yet|now|really|right now|today)|never ?mind|n)"

_PATTERNS: tuple[tuple[Act, str], ...] = (
    (Act.GREET, rf"^\W*{_HELLO}\b"),
    (Act.THANK, r"\b(?:thanks|thank (?:you|u)|thx|tysm|ty|appreciate (?:it|you|that)|cheers)\b"),
    (Act.BYE, r"^\W*(?:bye+|goodbye|good night|see (?:you|ya)|talk (?:soon|later)|ttyl"
              r"|have a (?:good|great|nice)|take care)\b"),
    (Act.YES, rf"^\W*{_STRONG_YES}\b|^\W*{_WEAK_YES}\b{_FILL}$|\byes please\b"
              "|^[\U0001f44c\U0001f44d\u2705\U0001f64f\U0001f3fb-\U0001f3ff\ufe0f ]+$"),
    (Act.NO, rf"^\W*{_NO}\W*(?:$|,|thanks?|thank you|please|i'?m|we'?re|that'?s|just|all good)"
             r"|^\W*(?:none|0|zero)\W*$|\b(?:no need|don'?t (?:bother|worry))\b"),
    (Act.UNSURE, r"\b(?:not sure|(?:do ?n'?o?t|dunno) know|dunno|idk|no idea|tbd|undecided|unsure"
                 r"|have ?n'?o?t decided|to be determined|not certain|still deciding|don't have (?:it|one)"
                 r"|figur(?:e|ing) (?:it|that) out|not decided|no (?:exact )?(?:date|location|address) yet)\b"),
    (Act.WHO, r"\b(?:are you|r u|is this|am i (?:talking|speaking|texting|chatting)(?: (?:to|with))?"
              r"|this is)\b[^.?!]*\b(?:bots?|robot|a\.?i\.?|human|real (?:person|human)|an actual person"
              r"|machine|automated|computer|chat ?gpt|real)\b|\bwho (?:is this|are you|am i|r u|dis)\b"
              r"|\bwhat are you\b$|\bwhat'?s your name\b"),
    (Act.START_OVER, r"\b(?:start (?:over|again|fresh)|(?:a|another) (?:new|different|separate) quote"
                     r"|new quote|from scratch|reset|another quote|(?:new|different|another|separate)"
                     r" (?:party|event)|forget (?:all|everything))\b"),
    (Act.PRICE, r"\b(?:how much|quotes?|prices?|pric(?:e|ing)|costs?|estimates?|rates?|totals?"
                r"|ball ?park|charge|what would (?:it|that) be|what(?:'s| is) (?:it|that) come to"
                r"|what are we looking at|fees?)\b"),
    (Act.BOOK, r"(?<!how do i )(?<!how do we )(?<!how to )(?<!how can i )(?<!how can we )"
               r"\b(?:book(?!ed|ing fee)|reserve(?!d)|lock (?:it|this|that|us|me|in)|sign (?:me|us) up"
               r"|move forward|(?:hold|confirm|save) (?:the|my|our|that|this) (?:date|booking|spot|party)"
               r"|schedule (?:it|this|that|us|a|the|my|our))\b"),
    (Act.AVAILABLE, r"\b(?:availab(?:le|ility)|openings?|open (?:on|for)|free (?:on|for|that|this)"
                    r"|(?:is|are) \w*\s?(?:date|day|that|it) (?:open|free|taken)|have (?:\w+ )?(?:open|free)"
                    r"|booked up|any spots)\b"),
    (Act.COME, r"\b(?:do|can|would|will|could) (?:you|u|y'?all|ya)(?: guys)?(?: \w+)? (?:come|travel|serve"
               r"|service|cover|cater|deliver|drive|go|do)\b|\b(?:travel|mileage|distance) (?:fee|cost|charge)"
               r"|\b(?:come|travel|drive) (?:out )?to\b|\b(?:fee|charge|cost)s? (?:to|for) (?:come|travel|driv)"),
    (Act.LATER, r"\b(?:let (?:you|u) know|get back to (?:you|u)|think about it|think it over|check with"
                r"|talk (?:to|with) my|run it by|text you (?:later|back)|be in touch)\b"),
    (Act.INTEREST, r"\b(?:part(?:y|ies)|birthday|bday|anniversary|graduation|wedding|shower|event|hibachi"
                   r"|catering|interested|info(?:rmation)?|details|planning|celebrat\w+|reunion)\b"),
    (Act.ASK, r"\?|^\W*(?:and |so |also |ok |okay |but |or |hi |hey |hello |thanks )*(?:what|when|where|who|why"
              r"|how|do|does|did|can|could|is|are|will|would|should|may|which|any|whats|wheres|hows"
              r"|tell me|i (?:was )?wonder(?:ing)?|wondering)\b"),
)
_COMPILED = tuple((act, re.compile(pattern)) for act, pattern in _PATTERNS)

LEAVE_MESSAGE = re.compile(
    r"\b(?:leave|take|pass (?:on|along)|relay|send|give|have)\b[^.?!]{0,20}\bmessages?\b[^.:!?]{0,30}(?:[:,]| that )?\s*"
    r"|\b(?:tell|ask|remind|inform|notify) (?:the |your |my |our )?(?:chef|cook|team|owner|manager|staff"
    r"|boss|someone|them|him|her|guys)\b(?: (?:that|to|about|know))?\s*"
    r"|\blet (?:the |your )?(?:chef|cook|team|owner|manager|staff|boss|someone|them|him|her) know(?: that)?\s*"
    r"|\bpass (?:this |that |it )?(?:on|along) to (?:the |your )?(?:chef|team|owner|manager|staff)\b[:,]?\s*",
    re.IGNORECASE,
)
_MESSAGE_WORDS = 2
"""From this many words on, what follows 'tell the chef' is the message itself."""

_FOREIGN_WORDS = frozenset(
    "hola cuanto cuánto cuesta precio precios para personas quiero gracias por favor fiesta necesito"
    " niños ninos adultos puede hablan hablas español espanol buenas buenos tardes dias noches como"
    " está esta es el la los una con bonjour combien merci pour personnes prix vous parlez quel est"
    " je nous hallo wie viel kostet danke bitte für personen olá quanto custa obrigado pessoas"
    " magkano xin chào bao nhiêu người".split()
)
_TALE = re.compile(
    r"\b(?:said|says?|told|quoted|promised?|advertis\w+|listed|lists|saw|shows?|showed|website|site"
    r"|online|flyer|ad|groupon|instagram|facebook|yelp|friend|neighbou?r|last (?:time|year)|before"
    r"|colleague|previous(?:ly)?|used to be|heard|someone|guy|lady|chef)\b"
)
_HAGGLE = re.compile(
    r"\b(?:can|could|would|will) (?:you|u|y'?all)(?: guys)? (?:\w+ )?(?:do|make|take|accept|give|go|match)\b"
    r"|\b(?:i'?ll|we'?ll|i can|we can) (?:pay|give|do)\b|\bhow about\b|\bbest you can\b"
)


def acts(plain: str) -> frozenset[Act]:
    """Everything a sentence does."""
    found = {act for act, pattern in _COMPILED if pattern.search(plain)}
    if Act.NO in found and Act.YES in found:
        found.discard(Act.YES)
    if LEAVE_MESSAGE.search(plain):
        found.add(Act.LEAVE_MESSAGE)
    if _is_foreign(plain):
        found.add(Act.FOREIGN)
    return frozenset(found)


def _is_foreign(plain: str) -> bool:
    letters = [char for char in plain if char.isalpha()]
    if len(letters) > 3 and sum(char > "\u024f" for char in letters) > len(letters) / 2:
        return True
    words = re.findall(r"[^\W\d_]+", plain)
    foreign = sum(word in _FOREIGN_WORDS for word in words)
    return foreign >= 2 and foreign * 3 >= len(words)


def message_after(raw: str) -> str:
    """The message itself in 'tell the chef that we moved the tables'; '' where it is yet to come."""
    found = LEAVE_MESSAGE.search(raw)
    if not found:
        return ""
    rest = raw[found.end() :].strip(" .?!,:")
    return raw.strip() if len(rest.split()) >= _MESSAGE_WORDS else ""


def amounts(plain: str) -> list[int]:
    """The sums of money a sentence names, in cents."""
    found = []
    for match in AMOUNT.finditer(plain):
        digits = next(group for group in match.groups() if group).replace(",", "")
        dollars, _, cents = digits.partition(".")
        found.append(100 * int(dollars) + int(cents.ljust(2, "0") or 0))
    return found


def claims_a_price(plain: str) -> bool:
    """'Your site said $45': a price somebody else is said to have named."""
    return _TALE.search(plain) is not None


def haggles(plain: str) -> bool:
    """'Can you do it for $500?'"""
    return _HAGGLE.search(plain) is not None
