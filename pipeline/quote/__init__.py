"""Exact prices: integer cents, one rules document, one function.

API, tools, attendant, validator and console all call the same `price`.

    rules   one business's prices, as data
    party   who comes and what they eat, checked field by field
    quote   a party and the rules give a quote, line by line
    travel  a ZIP or a distance gives a fee, or 'to be confirmed'
    spoken  amounts as words, and the amounts somebody named in a text
    dollars the one place where cents become text or JSON numbers
"""
