-- The first call: who rang, who holds it, what was said, and what it came to.

CREATE TABLE calls (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    conversation_id  uuid NOT NULL REFERENCES conversations,
    provider         text NOT NULL,
    provider_id      text NOT NULL,
    direction        text NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    status           text NOT NULL CHECK (status IN (
        'initiated', 'ringing', 'in_progress', 'on_hold', 'completed', 'failed', 'missed',
        'voicemail', 'busy', 'no_answer')),
    caller           text,                       -- E.164; null when withheld
    callee           text NOT NULL,
    forwarded_from   text NOT NULL DEFAULT '',
    token_expires_ms bigint,                     -- of the media token not yet used; null: none is out
    streams          integer NOT NULL DEFAULT 0, -- so far: one, and one more for each loss
    reoffered        integer NOT NULL DEFAULT 0, -- times its audio was asked for again after a loss
    worker           text,                       -- that holds its media socket now
    answered_by      text,                       -- model:NAME or attendant
    model_failed     boolean NOT NULL DEFAULT false,
    tools            text[] NOT NULL DEFAULT '{}', -- that did what they were asked, in order
    memory           jsonb NOT NULL DEFAULT '{}', -- where the attendant's dialogue stands
    business_version integer REFERENCES business_versions,
    end_reason       text,                       -- null until somebody ended it on purpose
    outcome          text,
    summary          text,
    usage            jsonb NOT NULL DEFAULT '{}', -- tokens by kind
    cost_micros      bigint,                     -- millionths of a dollar; null when no price is known
    timings          jsonb NOT NULL DEFAULT '{}', -- by media socket: {"1": {...}, "2": {...}}
    seconds          integer,                    -- as the carrier counts them
    created_at       timestamptz NOT NULL DEFAULT now(),
    answered_at      timestamptz,
    ended_at         timestamptz,
    UNIQUE (provider, provider_id)
);
CREATE INDEX ON calls (conversation_id, created_at);
CREATE INDEX ON calls (created_at, id);
CREATE INDEX calls_live ON calls (worker)
    WHERE status IN ('initiated', 'ringing', 'in_progress', 'on_hold');

CREATE TABLE call_turns (
    call_id     uuid NOT NULL REFERENCES calls,
    stream      integer NOT NULL,                -- which of the call's: 1, 2, ...
    item_id     text NOT NULL,
    position    integer NOT NULL,
    speaker     text NOT NULL CHECK (speaker IN ('caller', 'model', 'attendant')),
    body        text NOT NULL,                   -- as far as it was heard
    at_ms       integer NOT NULL,                -- since that media socket started
    heard_ms    integer,
    whole_ms    integer NOT NULL DEFAULT 0,      -- of our own voice; 0 while it is not known
    interrupted boolean NOT NULL DEFAULT false,
    at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (call_id, stream, item_id)
);

-- A message that a caller spoke for staff: G.711 mu-law, 8,000 bytes a second.
CREATE TABLE spoken_messages (
    id      uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    call_id uuid NOT NULL REFERENCES calls,
    audio   bytea NOT NULL,
    at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON spoken_messages (call_id, at);

-- Two objects of numbers as one: each name with the sum of what both have under it.
CREATE FUNCTION add_up(a jsonb, b jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(name, total), '{}') FROM (
        SELECT e.key AS name, sum(e.value::numeric) AS total
          FROM (SELECT * FROM jsonb_each_text(a) UNION ALL SELECT * FROM jsonb_each_text(b)) e
         GROUP BY e.key) totals
$$;
