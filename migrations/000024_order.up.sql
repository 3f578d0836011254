-- Recommendations have an order of their own, like statements and attendees.

ALTER TABLE recommendations ADD COLUMN position integer CHECK (position > 0);
-- The order so far is that of the ids. It is not a change of the records, so the log and the versions stay as they are.
ALTER TABLE recommendations DISABLE TRIGGER USER;
UPDATE recommendations x SET position = n.position
  FROM (SELECT id, row_number() OVER (PARTITION BY round_table_id ORDER BY id) AS position FROM recommendations) n WHERE n.id = x.id;
ALTER TABLE recommendations ENABLE TRIGGER USER;
ALTER TABLE recommendations ALTER COLUMN position SET NOT NULL, ALTER COLUMN position SET DEFAULT 1;
DROP INDEX recommendations_round_table_id_idx;
CREATE INDEX recommendations_round_table_id_idx ON recommendations (round_table_id, position, id);
