"""Memory: PostgreSQL is the only durable log and queue; Redis keeps warm what may be lost.

database       the pool, and the numbered migrations under an advisory lock
conversations  messages in, and the lane: claim, lease, fence, close
outbox         messages out: sending, settled, delivered
inquiries      what is known of a business matter, its quotes and escalations
people         users, API tokens, and the audit log
businesses     versions of a business's document
quotes         quotes as they were given
idempotency    requests that may be repeated under a key
sessions       Redis: the live session, rebuilt from PostgreSQL when absent
"""
