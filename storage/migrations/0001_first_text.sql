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
    claimed_by       text,                 -- the worker that holds the lease
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
    owed_since      timestamptz NOT NULL DEFAULT now(), -- when the debounce was over, and the model had answered
    sender          text,                 -- the worker that is sending: its restart settles it
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

-- One text arrives: contact, conversation, message, consent and due time, or nothing at all.
-- The conversation's row lock puts concurrent arrivals in one order and makes a repeat of a
-- provider's id visible before a sequence number is spent on it.
CREATE FUNCTION receive_message(
    p_message_id uuid, p_channel text, p_provider text, p_provider_id text,
    p_identity_kind text, p_sender text, p_recipient text, p_body text, p_media jsonb,
    p_provider_time timestamptz, p_command text, p_debounce interval, p_max_wait interval
) RETURNS TABLE (conversation_id uuid, fresh boolean, due boolean) LANGUAGE plpgsql AS $$
DECLARE
    v_conversation conversations;
    v_opted_out boolean;
BEGIN
    conversation_id := conversation_of(
        p_channel, p_provider, p_recipient, p_identity_kind, p_sender);
    SELECT * INTO v_conversation FROM conversations c
     WHERE c.id = receive_message.conversation_id FOR UPDATE;

    IF EXISTS (SELECT 1 FROM messages m
                WHERE m.provider = p_provider AND m.provider_id = p_provider_id) THEN
        RETURN QUERY SELECT v_conversation.id, false, false;
        RETURN;
    END IF;

    IF p_command IS NOT NULL THEN
        INSERT INTO consents (channel, our_address, address, kind, wording, source)
        VALUES (p_channel, p_recipient, p_sender, p_command, p_body, p_provider || ' message');
    END IF;
    IF p_command = 'stop' THEN
        INSERT INTO opt_outs (channel, our_address, address)
        VALUES (p_channel, p_recipient, p_sender) ON CONFLICT DO NOTHING;
    ELSIF p_command = 'start' THEN
        DELETE FROM opt_outs o WHERE o.channel = p_channel
           AND o.our_address = p_recipient AND o.address = p_sender;
    END IF;
    v_opted_out := EXISTS (SELECT 1 FROM opt_outs o WHERE o.channel = p_channel
                              AND o.our_address = p_recipient AND o.address = p_sender);

    INSERT INTO messages (id, conversation_id, seq, direction, author, body, media, provider,
                          provider_id, provider_time, details)
    VALUES (p_message_id, v_conversation.id, v_conversation.last_seq + 1, 'in', 'customer',
            p_body, p_media, p_provider, p_provider_id, p_provider_time,
            CASE WHEN p_command IS NOT NULL THEN jsonb_build_object('consent', p_command)
                 WHEN v_opted_out THEN '{"unanswered": "opted_out"}'::jsonb
                 ELSE '{}'::jsonb END);

    -- No debounce: whoever brought the message answers it (a program that asked through the API).
    due := p_command IS NULL AND NOT v_opted_out AND v_conversation.owner = 'ai'
           AND p_debounce IS NOT NULL;
    UPDATE conversations c SET
        last_seq = c.last_seq + 1,
        last_inbound_seq = CASE WHEN p_command IS NULL THEN c.last_seq + 1
                                ELSE c.last_inbound_seq END,
        due_since = CASE WHEN due THEN COALESCE(c.due_since, now()) ELSE c.due_since END,
        due_at = CASE WHEN due THEN LEAST(now() + p_debounce,
                                          COALESCE(c.due_since, now()) + p_max_wait)
                      WHEN v_opted_out THEN NULL
                      -- What was left unanswered while they had stopped is owed again.
                      WHEN p_command = 'start' AND c.last_inbound_seq > c.answered_seq
                          THEN now() + COALESCE(p_debounce, interval '0')
                      ELSE c.due_at END
     WHERE c.id = v_conversation.id;
    RETURN QUERY SELECT v_conversation.id, true, due;
END $$;

-- The contact who has this identity, made if there is none. Two at once come to one.
CREATE FUNCTION contact_of(p_kind text, p_value text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_contact uuid;
    v_owner uuid;
BEGIN
    SELECT i.contact_id INTO v_contact FROM identities i WHERE i.kind = p_kind AND i.value = p_value;
    IF FOUND THEN
        RETURN v_contact;
    END IF;
    INSERT INTO contacts DEFAULT VALUES RETURNING id INTO v_contact;
    INSERT INTO identities (kind, value, contact_id) VALUES (p_kind, p_value, v_contact)
    ON CONFLICT (kind, value) DO UPDATE SET kind = excluded.kind
    RETURNING contact_id INTO v_owner;
    IF v_owner <> v_contact THEN
        DELETE FROM contacts WHERE id = v_contact;
    END IF;
    RETURN v_owner;
END $$;

-- The conversation between these two addresses, made if there is none.
CREATE FUNCTION conversation_of(
    p_channel text, p_provider text, p_ours text, p_identity_kind text, p_theirs text
) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_conversation uuid;
BEGIN
    SELECT c.id INTO v_conversation FROM conversations c
     WHERE c.channel = p_channel AND c.our_address = p_ours AND c.their_address = p_theirs;
    IF NOT FOUND THEN
        INSERT INTO conversations (contact_id, channel, provider, our_address, their_address)
        VALUES (contact_of(p_identity_kind, p_theirs), p_channel, p_provider, p_ours, p_theirs)
        ON CONFLICT (channel, our_address, their_address) DO UPDATE SET provider = p_provider
        RETURNING id INTO v_conversation;
    END IF;
    RETURN v_conversation;
END $$;

-- The contact's live inquiry, made if there is none.
CREATE FUNCTION inquiry_of(p_contact uuid) RETURNS inquiries LANGUAGE plpgsql AS $$
DECLARE
    v_inquiry inquiries;
BEGIN
    SELECT * INTO v_inquiry FROM inquiries i WHERE i.contact_id = p_contact AND i.stage <> 'closed';
    IF NOT FOUND THEN
        INSERT INTO inquiries (contact_id) VALUES (p_contact)
        ON CONFLICT (contact_id) WHERE stage <> 'closed' DO UPDATE SET contact_id = p_contact
        RETURNING * INTO v_inquiry;
    END IF;
    RETURN v_inquiry;
END $$;
