ALTER TABLE round_tables DROP COLUMN submitted_by, DROP COLUMN submitted_at, DROP COLUMN review_note;
