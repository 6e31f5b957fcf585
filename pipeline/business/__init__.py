"""A business is a folder of files; parsed, it is one frozen Business.

document  the shape of a Business, and the parser that lists every mistake
my_hibachi/  the first business: TOML for figures and settings, Markdown for knowledge
"""
