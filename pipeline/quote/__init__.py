"""Exact prices: integer cents, one rules document, one function.

API, tools, attendant, validator and console all call the same `price`.

    rules     one business's prices, as data
    party     who comes and what they eat, checked field by field
    quote     a party and the rules give a quote, line by line
    travel    a ZIP or a distance gives a fee, or 'to be confirmed'
    dollars   the one place where cents become text or JSON numbers
    spoken    amounts as words, and the amounts somebody named in a text
    tokens    a text as tokens, each knowing where it stands
    numerals  numbers in words and digits
    roles     what an amount may be, and the names a text calls it by
    naming    which of the names around it an amount takes
"""
