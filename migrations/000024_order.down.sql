DROP INDEX recommendations_round_table_id_idx;
ALTER TABLE recommendations DROP COLUMN position;
CREATE INDEX recommendations_round_table_id_idx ON recommendations (round_table_id, id);
