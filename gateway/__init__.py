"""The shell: everything that awaits, opens and wires.

    settings  the environment, read once, every mistake reported at once
    parent    holds the listening socket and the embedded servers, keeps workers alive
    embedded  PostgreSQL and Redis as children of the parent
    programs  where their programs are, and how a user may come to run them
    child     starts a process that dies with its parent
    doctor    is everything as it should be, and what to mend
    app       one worker, wired
    context   what the edges of one worker share
    business  the version of the business in force, followed
    web       HTTP edges: webhooks, health, metrics
    front     the front page
    api/      the /v1 routes
    messages  a text arrives: record, take the lane, run the turn, close it
    tools     runs a turn's questions: the model asked, tools run and timed
    outbox    sends what is owed, settles what is unknown
    claims    the loop both run in: claim rows, work side by side, drain
    egress    the only place that makes requests to providers
    metrics   counters and histograms
    log       JSON lines, one sink for everybody
    redact    secrets and personal details, out of what is logged

Whatever can be decided without waiting for anything is decided in pipeline.
"""
