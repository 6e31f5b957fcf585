"""What the business has written down, found again by the words people ask with.

ranking  orders entries by how well they fit a question, misspellings forgiven
"""

from pipeline.knowledge.ranking import search

__all__ = ["search"]
