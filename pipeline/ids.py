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
