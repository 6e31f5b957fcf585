-- The first text: who wrote, what was said, what is owed, what was done, and by whom.
-- Within PostgreSQL 15 and without extensions.

CREATE TABLE users (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name          text NOT NULL UNIQUE,
    role          text NOT NULL CHECK (role IN ('owner', 'manager', 'agent', 'viewer')),
    password_hash text,
    disabled_at   timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now()
);

-- A program's key. Only the SHA-256 is kept: a token has 256 random bits, so it needs no salt.
CREATE TABLE api_tokens (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name         text NOT NULL UNIQUE,
    role         text NOT NULL CHECK (role IN ('owner', 'manager', 'agent', 'viewer')),
    token_hash   bytea NOT NULL UNIQUE,
    revoked_at   timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE audit (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT now(),
    actor   text NOT NULL,   -- a user's or token's name, or command:NAME for the operator's shell
    role    text NOT NULL,
    action  text NOT NULL,   -- quote.create, config.import, user.add, ...
    subject text NOT NULL DEFAULT '',
    details jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE business_versions (
    version        integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    business       text NOT NULL,
    document       jsonb NOT NULL,      -- file name -> text
    author         text NOT NULL,
    note           text NOT NULL DEFAULT '',
    label          text,
    effective_from timestamptz NOT NULL DEFAULT now(),
    UNIQUE (business, label)
);

CREATE TABLE contacts (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name       text,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE identities (
    kind       text NOT NULL,            -- phone, email, handle:instagram, ...
    value      text NOT NULL,
    contact_id uuid NOT NULL REFERENCES contacts,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, value)
);
CREATE INDEX ON identities (contact_id);

-- The business matter. `version` is what a cached session is checked against.
CREATE TABLE inquiries (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    contact_id       uuid NOT NULL REFERENCES contacts,
    stage            text NOT NULL DEFAULT 'open' CHECK (stage IN ('open', 'quoted', 'booked', 'closed')),
    facts            jsonb NOT NULL DEFAULT '{}',
    quote_id         uuid,
    version          bigint NOT NULL DEFAULT 1,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX one_live_inquiry ON inquiries (contact_id) WHERE stage <> 'closed';

CREATE TABLE quotes (
    id               uuid PRIMARY KEY,
    inquiry_id       uuid REFERENCES inquiries,
    party            jsonb NOT NULL,
    result           jsonb NOT NULL,
    total_cents      integer NOT NULL CHECK (total_cents >= 0),
    business_version integer NOT NULL REFERENCES business_versions,
    valid_until      timestamptz NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE inquiries ADD FOREIGN KEY (quote_id) REFERENCES quotes;

-- A conversation is also its own lane: one worker at a time, fenced.
CREATE TABLE conversations (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    contact_id       uuid NOT NULL REFERENCES contacts,
    channel          text NOT NULL,
    provider         text NOT NULL,
    our_address      text NOT NULL,
    their_address    text NOT NULL,
    owner            text NOT NULL DEFAULT 'ai' CHECK (owner IN ('ai', 'person')),
    owner_epoch      integer NOT NULL DEFAULT 1,
    last_seq         bigint NOT NULL DEFAULT 0,
    last_inbound_seq bigint NOT NULL DEFAULT 0,
    answered_seq     bigint NOT NULL DEFAULT 0,
    due_at           timestamptz,
    due_since        timestamptz,          -- when the burst now due began: bounds the debounce
    lease_until      timestamptz,
    fence            bigint NOT NULL DEFAULT 0,
    attempts         integer NOT NULL DEFAULT 0,
    created_at       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (channel, our_address, their_address)
);
CREATE INDEX conversations_due ON conversations (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ON conversations (contact_id);

CREATE TABLE messages (
    id              uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversations,
    seq             bigint NOT NULL,
    direction       text NOT NULL CHECK (direction IN ('in', 'out')),
    author          text NOT NULL,        -- customer, attendant, model:NAME, consent, user:NAME
    body            text NOT NULL,
    media           jsonb NOT NULL DEFAULT '[]',
    provider        text NOT NULL,
    provider_id     text,
    provider_time   timestamptz,
    details         jsonb NOT NULL DEFAULT '{}',
    parked          text,                 -- why this message cannot be answered
    at              timestamptz NOT NULL DEFAULT now(),
    UNIQUE (conversation_id, seq)
);
CREATE UNIQUE INDEX one_message_per_provider_id ON messages (provider, provider_id);

-- What is to be sent, and what became of it. The row is committed as `sending` before the
-- provider is called; whatever cannot be known afterwards is `unknown` and never sent again.
CREATE TABLE outbox (
    message_id      uuid PRIMARY KEY REFERENCES messages,
    conversation_id uuid NOT NULL REFERENCES conversations,
    seq             bigint NOT NULL,
    owner_epoch     integer NOT NULL,
    state           text NOT NULL DEFAULT 'queued' CHECK (state IN (
        'queued', 'sending', 'accepted', 'sent', 'delivered', 'read',
        'failed', 'blocked', 'unknown', 'expired')),
    reason          text NOT NULL DEFAULT '',
    attempts        integer NOT NULL DEFAULT 0,
    due_at          timestamptz NOT NULL DEFAULT now(),
    expires_at      timestamptz NOT NULL,
    lease_until     timestamptz,
    sending_since   timestamptz,
    looked          integer NOT NULL DEFAULT 0,   -- how often an unknown was looked for
    segments        integer,
    settled_at      timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_open ON outbox (due_at) WHERE state IN ('queued', 'sending', 'unknown');
CREATE INDEX outbox_lane ON outbox (conversation_id, seq) WHERE state IN ('queued', 'sending', 'unknown');

CREATE TABLE escalations (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    conversation_id uuid NOT NULL REFERENCES conversations,
    reason          text NOT NULL,
    priority        text NOT NULL CHECK (priority IN ('low', 'medium', 'high', 'urgent')),
    status          text NOT NULL DEFAULT 'pending' CHECK (status IN (
        'pending', 'assigned', 'in_progress', 'waiting_customer', 'resolved', 'closed', 'error')),
    note            text NOT NULL,
    respond_by      timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    resolved_at     timestamptz
);
CREATE UNIQUE INDEX one_open_escalation ON escalations (conversation_id)
    WHERE status NOT IN ('resolved', 'closed');

-- Things done once: a message taken, a text promised. The key makes a repeat find the first.
CREATE TABLE effects (
    inquiry_id     uuid NOT NULL REFERENCES inquiries,
    tool           text NOT NULL,
    arguments_hash text NOT NULL,
    arguments      jsonb NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (inquiry_id, tool, arguments_hash)
);

-- The consent ledger is only ever added to; opt_outs is what it comes to now.
CREATE TABLE consents (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel     text NOT NULL,
    our_address text NOT NULL,
    address     text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('stop', 'start', 'help')),
    wording     text NOT NULL,
    source      text NOT NULL,
    at          timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE opt_outs (
    channel     text NOT NULL,
    our_address text NOT NULL,
    address     text NOT NULL,
    since       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (channel, our_address, address)
);

-- What could not be taken in, kept for people to look at.
CREATE TABLE parked_webhooks (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    path   text NOT NULL,
    reason text NOT NULL,
    body   bytea NOT NULL,
    at     timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE idempotency_keys (
    actor        text NOT NULL,
    key          text NOT NULL,
    request_hash text NOT NULL,
    response     jsonb,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (actor, key)
);
