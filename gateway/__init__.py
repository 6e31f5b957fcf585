"""The shell: everything that awaits, opens and wires.

    parent    holds the listening socket and the embedded servers, keeps workers alive
    embedded  PostgreSQL and Redis as children of the parent
    settings  the environment, read once, every mistake reported at once
    doctor    is everything as it should be, and what to mend
    app       one worker, wired
    context   what the edges of one worker share
    web       HTTP edges: webhooks, health, metrics, the front page
    api/      the /v1 routes
    messages  a text arrives: record, take the lane, run the turn, close it
    tools     runs a turn's questions: the model asked, tools run and timed
    outbox    sends what is owed, settles what is unknown
    egress    the only place that makes requests to providers
    metrics   counters and histograms
    log       JSON lines, secrets and personal details redacted
"""
