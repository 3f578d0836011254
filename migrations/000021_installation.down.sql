ALTER TABLE registry DROP COLUMN authority, DROP COLUMN calendar_domain, DROP COLUMN release, DROP COLUMN released_at;
COMMENT ON TABLE registry IS 'What this database is: its epoch (changed after a restore, so that old cursors are refused), its home (the server, database and timeline where it was asked last, by which a restore is noticed) and the secret that signs cursors and hashes keys.';
