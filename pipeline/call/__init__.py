"""One phone call's decisions.

    machine    the life of a call: facts in, orders out
    greeting   the first words, and whether they told what they must
    voice      our voice: paced, cut, and noted as far as it was heard
    playout    what was sent to the caller, and what the caller has heard
    responses  one response at a time
    owed       an answer that is owed, whatever became of it
    tooling    each tool call answered once, one response to a batch
    timings    how long a caller was kept waiting
    turns      who said what, and how much of it was heard
    words      what is said whoever answers: greeting, warning, farewell
    status     the ten states of a call's record, and what carriers report
    summary    what a call came to

Time is an argument here, in seconds of a monotonic clock.
"""
