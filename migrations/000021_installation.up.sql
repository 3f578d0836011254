-- The ids in feeds were the same in every installation, and those in calendars changed with the address of the service. Both now
-- come from the database. A dump keeps them. A database that has held round tables keeps its ids: the service completes
-- calendar_domain from its address at its next start. The service also notes its release, because another release may write the
-- same records in another form.

ALTER TABLE registry
    ADD COLUMN authority       text NOT NULL DEFAULT gen_random_uuid() || '.roundtables.kz',
    ADD COLUMN calendar_domain text,
    ADD COLUMN release         text,
    ADD COLUMN released_at     timestamptz;

UPDATE registry SET authority = 'roundtables.kz' WHERE EXISTS (SELECT FROM changes WHERE type = 'round-tables');
UPDATE registry SET calendar_domain = authority WHERE NOT EXISTS (SELECT FROM changes WHERE type = 'round-tables');

COMMENT ON TABLE registry IS 'What this database is: its epoch (changed after a restore, so that old cursors are refused), its home (the server, database and timeline where it was asked last, by which a restore is noticed), the secret that signs cursors and hashes keys, the names that make the ids in feeds (authority) and calendars (calendar_domain) unique, and the release of the service that was started last, with the time of its first start.';
