-- The responses to POST requests with an Idempotency-Key, stored for a day: a repeated request gets the same response and
-- has no second effect. The responses are encrypted with the client's key, which is not stored.

CREATE TABLE idempotency_keys (
    api_key_id  bigint      NOT NULL REFERENCES api_keys ON DELETE CASCADE,
    request     text        NOT NULL,
    key         text        NOT NULL CHECK (key ~ '^[!-~]{1,255}$'),
    fingerprint bytea       NOT NULL,
    answer      bytea,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (api_key_id, request, key)
);
COMMENT ON COLUMN idempotency_keys.request IS 'Method and path.';
COMMENT ON COLUMN idempotency_keys.fingerprint IS 'Of the query and the body.';
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);
