"""The model's end.

    responder  written answers, over any server that speaks Chat Completions

Models speak many dialects; what leaves here is one.
"""
