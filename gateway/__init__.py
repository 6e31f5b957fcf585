"""The shell: everything that awaits, opens and wires.

    settings  the environment, read once, every mistake reported at once
    parent    holds the listening socket and the embedded servers, keeps workers alive
    embedded  PostgreSQL and Redis as children of the parent
    programs  where their programs are, and how a user may come to run them
    child     starts a process that dies with its parent
    doctor    is everything as it should be, and what to mend
    doctor_twilio  the same of an account at Twilio
    findings  what a doctor says, and how it asks a server
    app       one worker, wired
    context   what the edges of one worker share
    business  the version of the business in force, followed
    web       HTTP edges: webhooks, health, metrics
    front     the front page
    api/      the /v1 routes
    messages  a text arrives: record, take the lane, run the turn, close it
    tools     runs a turn's questions: the model asked, tools run and timed
    ringing   a call rings, its audio has ended, its carrier reports: what the carrier is told
    media     the carrier's media socket: proved, and bound to a call
    media_line  its wire: nobody who stops listening is waited for
    bridge    one stream of a call: wires opened, the call run, its row told how it went
    calls     one live call: its peers and their wires around one state machine
    call_records  what a call leaves behind: turns, messages, tools
    call_tools    a call's tools: run, and committed before the model hears of it
    outbox    sends what is owed, settles what is unknown
    claims    the loop both run in: claim rows, work side by side, drain
    egress    the only place that makes requests to providers
    metrics   counters and histograms
    log       JSON lines, one sink for everybody
    redact    secrets and personal details, out of what is logged

Whatever can be decided without waiting for anything is decided in pipeline.
"""
