"""Providers that can be had offline, each with a ledger of what it did and saw.

They run in a test's own loop, or each as its own process.

    ledger            events in order, in memory or in a file
    twilio            Twilio: messages and calls, REST API, callbacks; also its own process
    twilio_line       one number and its handsets: messages, consent at the carrier, arrivals
    twilio_records    accounts and messages as Twilio keeps, checks and shows them
    twilio_webhooks   signed requests to the gateway, with Twilio's deadlines and retries
    twilio_faults     what goes wrong, by plan
    twilio_caller     a caller by plan: speaks, presses keys, listens, breaks in, hangs up
    twilio_call       one call, from ringing to its end: TwiML obeyed, what was heard kept
    twilio_calls      the calls of one account, placed and updated
    twilio_media      a call's audio on a WebSocket: playout buffer, marks, clear
    twilio_twiml      TwiML as Twilio reads it, and what is wrong with it
    twilio_call_records  calls as Twilio tells of them and shows them
    twilio_sound      mu-law: WAV files, silence, loudness
    twilio_control    the simulator's own routes, for scripts
    stand_in          a gateway that only listens, for the simulators' own tests
    stand_in_voice    a gateway that only answers the phone, likewise
    chat_completions  a model server
    realtime          OpenAI's Realtime API; also its own process
    realtime_session  one connection: what a client sends, checked, obeyed and answered
    realtime_response  one response, from its creation to its end, or to what goes wrong
    realtime_events   events both ways, held to the SDK's types and the API's rules
    realtime_items    a conversation's items, tool calls and tokens
    realtime_scenario  what is said and what goes wrong, by script
    realtime_hearing  where speech begins and ends, and which recording it is
    realtime_voice    a tone or speech
    realtime_client   a client that only talks, for the simulator's own tests
    open_loop         load at a set pace, whatever the answers take
    checker           compares a ledger with the database: nothing lost, nothing twice, in order
"""
