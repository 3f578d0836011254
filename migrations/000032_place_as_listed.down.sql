ALTER TABLE round_tables DROP COLUMN place_as_listed;
