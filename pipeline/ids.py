"""Identifiers. Each says who mints it; nobody else parses it."""

from typing import NewType
from uuid import UUID

ContactId = NewType("ContactId", UUID)
"""Minted by storage: one person."""

ConversationId = NewType("ConversationId", UUID)
"""Minted by storage: the thread of (channel, our address, their identity)."""

InquiryId = NewType("InquiryId", UUID)
"""Minted by storage: one business matter, spanning a contact's conversations."""

MessageId = NewType("MessageId", UUID)
"""Minted by us: one item in a conversation, in or out. Travels in status callbacks as `mid`."""

QuoteId = NewType("QuoteId", UUID)
"""Minted by the shell when a price is worked out."""

ProviderId = NewType("ProviderId", str)
"""Minted by a provider (a MessageSid, say): the key for deduplication and for status."""

CallId = NewType("CallId", UUID)
"""Minted by storage when a call rings: one phone call, over all its media sockets."""

ItemId = NewType("ItemId", str)
"""Minted by the model (or the attendant): one utterance, or one tool call, of a call."""

ResponseId = NewType("ResponseId", str)
"""Minted by the model (or the attendant): what came of one request to speak."""

MarkName = NewType("MarkName", str)
"""Minted by the playout ledger: the end of one chunk of audio in the carrier's buffer."""
