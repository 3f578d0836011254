-- The log keeps which request made a change, so that all changes of one request can be found and undone. The default reads the
-- setting of the transaction, like the actor and the reason.

ALTER TABLE changes ADD COLUMN request text DEFAULT nullif(current_setting('registry.request', true), '');
CREATE INDEX changes_request_idx ON changes (request) WHERE request IS NOT NULL;
-- The history of a round table with its parts.
CREATE INDEX changes_round_table_idx ON changes (((coalesce(after, before) ->> 'round_table_id')::bigint), seq)
    WHERE coalesce(after, before) ? 'round_table_id';
