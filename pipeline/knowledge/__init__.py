"""What the business has written down, found again by the words people ask with.

    ranking  orders entries by how well they fit a question, misspellings forgiven

What is not found is not answered: nothing is made up.
"""

from pipeline.knowledge.ranking import search

__all__ = ["search"]
