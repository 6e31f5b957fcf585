"""Which sentences ask for something the business may have written down.

'How much for 20 adults?' and 'can you do Dec 12?' are answered by a quote; 'how much is the
deposit?' and 'do you bring tables for 20?' are looked up.
"""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from pipeline.attendant.acts import Act
from pipeline.attendant.menu import Order
from pipeline.attendant.words import Shape

TOPIC_WORDS = 4
"""At most so many unknown words may be the name of a topic."""

REQUEST = re.compile(
    r"\b(?:can|could|would|will|may|do|are) (?:you|u|y'?all|we|i|ya|they|the chefs?"
    r"|every(?:one|body))\b"
    r".*\b(?:do|cater|lower|reduce|come|cook|host|serve|handle|accommodate|feed|get|have|add|make|give|send|provide|change|book"
    r"|reserve|include|swap|switch|replace|drop|remove|quote|available|quoting|price|upgrade)\b"
    r"|\b(?:is|are)\b.*\b(?:available|open|free)\b|\b(?:what if|how about|what about)\b"
)
"""Asks us to do something rather than to tell something."""

_TOPIC = re.compile(
    r"\b(?:deposits?|travel|mileage|tips?|gratuity|refunds?|minimum|a (?:person|head)|each"
    r"|per (?:person|adult|head|child|kid|guest)|kids?|children|child|toddlers?|cards?|fees?|sides?"
    r"|add-?ons?|upgrades?|extra|alcohol|sake|drinks?|taxe?s?|protein|include[ds]?|invoice)\b"
)
_BESIDES = re.compile(r"\b(?:deposits?|tips?|gratuity|refund\w*|included?|alcohol|tables|chairs)\b")
"""Asked in one breath with a price, and no part of it."""
_PRICES = re.compile(
    r"^\W*(?:your )?(?:price|pricing|prices|cost|costs|rates)\b[\W]*$|\bdo you charge\b"
    r"|\byour (?:prices|pricing|rates)\b"
)
"""What it costs in general."""
_QUOTE = re.compile(r"\b(?:quotes?|estimates?|totals?)\b")
_CHAT = re.compile(
    r"^\W*(?:(?:hi+|hey+|hello+|yo)\b\W*(?:there\b\W*)?)?"
    r"(?:$|(?:so )?(?:that'?s )?(?:right|correct|really|seriously|ok|yes|no|huh)\W*$"
    r"|does (?:that|it|this) work(?: for (?:you|u|y'?all))?\W*$"
    r"|(?:is|would|will) (?:that|it|this) (?:be )?(?:a problem|ok|okay|fine|an issue)\b"
    r"|(?:how are (?:you|u|things)|what'?s up|how'?s it going|how do you do)\b)"
)


def is_query(
    plain: str,
    done: AbstractSet[Act],
    read: Shape,
    *,
    told: bool,
    orders: Sequence[Order],
    priceable: bool = True,
) -> bool:
    """Whether to look a sentence up. `told` says that it told something of the party, `read` is
    what is left of it; with a `priceable` party 'how much?' asks for a quote."""
    at_all = Act.ASK in done and not priceable and not _QUOTE.search(plain)
    prices = Act.PRICE in done and not told and bool(at_all or _PRICES.search(plain))
    if (Act.ASK not in done and not prices) or _CHAT.search(plain):
        return False
    if done & {Act.WHO, Act.START_OVER, Act.LEAVE_MESSAGE, Act.FOREIGN}:
        return False
    if told or any(each.how != "mention" for each in orders):
        of_the_party = done & {Act.PRICE, Act.AVAILABLE, Act.COME, Act.BOOK}
        if _BESIDES.search(plain):
            return True
        asks_more = any(word.kind == "." for word in read.left)
        return asks_more and not (of_the_party or REQUEST.search(plain))
    if Act.PRICE in done:
        return prices or bool(_TOPIC.search(plain) or orders)
    return Act.AVAILABLE not in done or "how" in plain


def is_topic(read: Shape) -> bool:
    """'Parking', 'menu please': a few words we know nothing of."""
    unknown = [word for word in read.left if word.kind not in ",~&"]
    return 0 < len(unknown) <= TOPIC_WORDS and any(len(word.text) > 2 for word in unknown)
