"""Providers that can be had offline, each with a ledger of what it did and saw.

They run in a test's own loop, or each as its own process.

    ledger            events in order, in memory or in a file
    twilio            Twilio's messaging: webhooks, REST API, callbacks; also its own process
    twilio_line       one number and its handsets: messages, consent at the carrier, arrivals
    twilio_records    accounts and messages as Twilio keeps, checks and shows them
    twilio_webhooks   signed requests to the gateway, with Twilio's deadlines and retries
    twilio_faults     what goes wrong, by plan
    twilio_control    the simulator's own routes, for scripts
    stand_in          a gateway that only listens, for the simulators' own tests
    chat_completions  a model server
    open_loop         load at a set pace, whatever the answers take
    checker           compares a ledger with the database: nothing lost, nothing twice, in order
"""
