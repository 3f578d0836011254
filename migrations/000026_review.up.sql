-- Who submitted an event for review, and what the reviewer answered. Only editors see it.

ALTER TABLE round_tables
    ADD COLUMN submitted_by text CHECK (submitted_by <> ''),
    ADD COLUMN submitted_at timestamptz,
    ADD COLUMN review_note  text CHECK (review_note <> '');
