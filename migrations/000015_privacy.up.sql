-- Personal data can be erased from the change log, deleted contacts leave the log after a while, and reads of personal data
-- are recorded.

-- Who read personal data, when, and whose. It is not part of the change log: a read changes no record, so it must neither
-- invalidate cached responses nor wake readers of the log.
CREATE TABLE personal_data_reads (
    id        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor     text        NOT NULL,
    person_id bigint      NOT NULL,
    data      text        NOT NULL CHECK (data IN ('contacts', 'disclosure'))
);
COMMENT ON COLUMN personal_data_reads.person_id IS 'May have been deleted or erased since.';
CREATE INDEX personal_data_reads_person_id_idx ON personal_data_reads (person_id, id);
CREATE INDEX personal_data_reads_actor_idx ON personal_data_reads (actor, id);

-- Whether this transaction erases personal data.
CREATE FUNCTION registry_erases() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(current_setting('registry.erases', true), '') = 'on' $$;

-- A transaction that erases may also change old entries of the log.
DROP TRIGGER changes_append_only ON changes;
CREATE TRIGGER changes_append_only BEFORE INSERT OR UPDATE OR DELETE ON changes
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0 AND NOT registry_erases()) EXECUTE FUNCTION registry_refuse('the log is only written by its triggers');

-- A record that is deleted in such a transaction is logged as erased, without its content. The public learns of it if it ever
-- saw the record, even if the record was hidden since: copies may still have it.
CREATE FUNCTION changes_erase() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.op := 'erase';
    NEW.before := NULL;
    NEW.into_id := NULL;
    UPDATE changes SET is_public_head = false WHERE type = NEW.type AND id = NEW.id AND is_public_head IS NOT NULL;
    NEW.is_public_head := CASE WHEN FOUND THEN true END;
    RETURN NEW;
END $$;
CREATE TRIGGER changes_erase BEFORE INSERT ON changes
    FOR EACH ROW WHEN (registry_erases() AND NEW.op IN ('delete', 'merge', 'erase')) EXECUTE FUNCTION changes_erase();

-- Deleted contacts whose content the log still has.
CREATE INDEX changes_deleted_contacts_idx ON changes (at) WHERE type = 'contacts' AND is_head AND op = 'delete' AND before ? 'value';
