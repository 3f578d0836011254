-- What POST requests with an Idempotency-Key were answered, for a day: who repeats one gets that answer, and nothing is made
-- twice. The answers are encrypted with the client's own key, which is stored nowhere.

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
