"""A quote that a caller asked for, as a text message: who writes, the quote, how long it holds."""

from zoneinfo import ZoneInfo

from pipeline.attendant.manner import composed, part
from pipeline.attendant.quoting import day_words, quote_parts
from pipeline.business.document import Business
from pipeline.inquiry.facts import Facts
from pipeline.inquiry.vocabulary import KnownQuote

CHANNEL = "sms"


def quote_text(known: KnownQuote, business: Business) -> str:
    """The words of a quote within what the business allows a text; figures go last of all.

    It may be the first text its reader gets from us, so it says that an AI writes, and how to
    have no more of them.
    """
    quote, party = known.quote, known.party
    facts = Facts(zip=party.zip, event_date=party.event_date)
    day = f" for {day_words(party.event_date)}" if party.event_date else ""
    us = f"This is {business.name}'s AI assistant"
    until = quote.valid_until.astimezone(ZoneInfo(business.timezone))
    valid = f"Valid until {until:%b} {until.day}."
    parts = [
        part(f"{us} with your quote{day}.", f"{us} with your quote{day}.", f"{us}."),
        *quote_parts(quote, facts, business, itemised=False),
        part(valid, rank=3),
        part("Questions? Just reply. Reply STOP to stop.", "Reply STOP to stop.", rank=1),
        part(f"- {business.name}"),
    ]
    return composed(parts, business, business.manners[CHANNEL], None)
