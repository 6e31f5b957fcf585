"""The built-in concierge: answers customers by rule, where no model is there to.

It is asked as a model is (AskModel) and answers as one does: tool calls, then words.

    dialogue   the turn: a plan, then tool calls, then words
    plan       what a turn calls for, from the snapshot alone
    saying     the words: who we are, what was found, what it costs
    asking     the one next step a reply ends with
    quoting    a quote in sentences
    texting    a quote that a caller asked for, as a text message
    manner     parts put together within a channel's limits
    memory     what was asked for and how often, kept in Facts.asked

    understand  text to Facts, sentence by sentence
    slate       a sentence being read: what is understood is wiped off
    numbers     number words to digits
    spelling    typing mistakes in the words that matter
    claims      prices a customer names
    dates       the day somebody names
    places      ZIP and city
    words       a sentence as a string of kinds, so that grammar is short
    menu        dishes and portions
    guests      who comes
    ordering    a sentence's dishes and guests together, and what a vague order needs
    party       merging them into Facts
    acts        greets, agrees, asks, books, doubts
    queries     which questions are looked up

    phone          its end of a call: keys in, words and tool calls out
    keypad         the dialogue by keys
    announcements  what a caller hears who uses the keys
    utterances     its words on their way to audio
    pronouncing    written words as a speech engine should be given them
    recording      a spoken message, while it is being left
    hearing        whether somebody speaks
    mulaw          the telephone's 8-bit code

On a call nothing is asked of it as of a model: there it is one Peer, as the model is another.
"""
