"""Decisions: what an inquiry calls for next. Whatever the channel, it passes through here.

Nothing in this package awaits, opens, logs, draws a random number or reads the clock; time is
an argument.

    ids        who names what
    errors     what we raise on purpose
    messages   the vocabulary of text channels
    events     the vocabulary of calls: facts and orders
    peer       one end of a call: a wire protocol without the wire
    call       one phone call's decisions
    quote      exact prices, in cents, and the words for them
    business   a business's files, parsed to one frozen Business
    knowledge  what the business has written down, ranked
    inquiry    one turn of a conversation: snapshot in, outcome out
    attendant  the built-in concierge: answers like a model, by rule
"""
