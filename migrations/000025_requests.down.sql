DROP INDEX changes_round_table_idx;
DROP INDEX changes_request_idx;
ALTER TABLE changes DROP COLUMN request;
