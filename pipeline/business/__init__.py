"""A business is a folder of files; parsed, it is one frozen Business.

    document    the shape of a Business, and the parser that lists every mistake
    tables      one TOML table being read
    price_list  prices.toml and places.toml to the price rules
    answers     knowledge.md to entries, their figures filled in from the price rules
    my_hibachi/ the first business: TOML for figures and settings, Markdown for knowledge

Another business is another folder.
"""
