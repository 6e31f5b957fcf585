"""The model's end.

    responder  written answers, over any server that speaks Chat Completions
"""
