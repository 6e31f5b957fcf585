"""The model's end.

    responder  written answers, over any server that speaks Chat Completions
    arguments  what models write, made fit to be kept
    settings   what is asked of a realtime session, and what its tokens cost
    protocol   a realtime model's end of a call
    server_events  what a realtime server says, as facts
    keys       keys that a caller presses while a realtime model answers
    socket     the connection to a realtime model
    speech     the attendant's voice, for all calls of a worker
    speaking   ... as the child process it is: eSpeak NG
    telephone  any sample rate to the telephone's

Models speak many dialects; what leaves here is one.
"""
