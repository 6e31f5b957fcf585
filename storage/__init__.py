"""Memory: PostgreSQL is the only durable log and queue; Redis keeps warm what may be lost.

    database       connections, and the numbered migrations under an advisory lock
    conversations  who writes with whom, and every message between them
    lanes          one worker at a time: claim, lease, fence, close
    outbox         messages out: sending, settled, delivered
    inquiries      what is known of a business matter, and who was asked to help
    quotes         quotes as they were given
    calls          a phone call's row: it rings, is taken up, is lost, ends
    call_turns     what was said on a call
    call_records   calls as they are looked up
    people         users, API tokens, and the audit log
    businesses     versions of a business's document
    idempotency    requests that may be repeated under a key
    sessions       Redis: live sessions, rebuilt from PostgreSQL when absent; which calls go on

Functions take `db` first: the pool, or a connection where they belong to somebody's transaction.
"""
