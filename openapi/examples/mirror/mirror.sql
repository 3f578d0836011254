-- A mirror in PostgreSQL. Each type has a table with the record as JSON; its references are columns with foreign keys.
--
-- Changes come in the order of their commits, so a record can come before a record that it refers to. The foreign keys are therefore
-- checked at COMMIT (DEFERRABLE INITIALLY DEFERRED). Apply all pages in one transaction, until `page.next` is null:
--
--   BEGIN;
--   SELECT apply(change) FROM jsonb_array_elements(:'page'::jsonb -> 'data') change; -- for each page of /v1/changes?include_data=true
--   COMMIT;

CREATE TABLE topics (id bigint PRIMARY KEY, version bigint NOT NULL, data jsonb NOT NULL,
    parent_id bigint GENERATED ALWAYS AS ((data->>'parent_id')::bigint) STORED REFERENCES topics DEFERRABLE INITIALLY DEFERRED);

CREATE TABLE places (id bigint PRIMARY KEY, version bigint NOT NULL, data jsonb NOT NULL,
    parent_id bigint GENERATED ALWAYS AS ((data->>'parent_id')::bigint) STORED REFERENCES places DEFERRABLE INITIALLY DEFERRED);

CREATE TABLE roles (id bigint PRIMARY KEY, version bigint NOT NULL, data jsonb NOT NULL);

CREATE TABLE organizations (id bigint PRIMARY KEY, version bigint NOT NULL, data jsonb NOT NULL,
    parent_id bigint GENERATED ALWAYS AS ((data->>'parent_id')::bigint) STORED REFERENCES organizations DEFERRABLE INITIALLY DEFERRED);

CREATE TABLE people (id bigint PRIMARY KEY, version bigint NOT NULL, data jsonb NOT NULL);

CREATE TABLE affiliations (id bigint PRIMARY KEY, version bigint NOT NULL, data jsonb NOT NULL,
    person_id       bigint GENERATED ALWAYS AS ((data->>'person_id')::bigint) STORED REFERENCES people DEFERRABLE INITIALLY DEFERRED,
    organization_id bigint GENERATED ALWAYS AS ((data->>'organization_id')::bigint) STORED REFERENCES organizations DEFERRABLE INITIALLY DEFERRED);

CREATE TABLE documents (id bigint PRIMARY KEY, version bigint NOT NULL, data jsonb NOT NULL);

CREATE TABLE round_tables (id bigint PRIMARY KEY, version bigint NOT NULL, data jsonb NOT NULL,
    place_id  bigint GENERATED ALWAYS AS ((data->>'place_id')::bigint) STORED REFERENCES places DEFERRABLE INITIALLY DEFERRED,
    parent_id bigint GENERATED ALWAYS AS ((data->>'parent_id')::bigint) STORED REFERENCES round_tables DEFERRABLE INITIALLY DEFERRED);

CREATE TABLE organizers (id bigint PRIMARY KEY, version bigint NOT NULL, data jsonb NOT NULL,
    round_table_id  bigint GENERATED ALWAYS AS ((data->>'round_table_id')::bigint) STORED REFERENCES round_tables DEFERRABLE INITIALLY DEFERRED,
    organization_id bigint GENERATED ALWAYS AS ((data->>'organization_id')::bigint) STORED REFERENCES organizations DEFERRABLE INITIALLY DEFERRED);

CREATE TABLE attendees (id bigint PRIMARY KEY, version bigint NOT NULL, data jsonb NOT NULL,
    round_table_id  bigint GENERATED ALWAYS AS ((data->>'round_table_id')::bigint) STORED REFERENCES round_tables DEFERRABLE INITIALLY DEFERRED,
    person_id       bigint GENERATED ALWAYS AS ((data->>'person_id')::bigint) STORED REFERENCES people DEFERRABLE INITIALLY DEFERRED,
    organization_id bigint GENERATED ALWAYS AS ((data->>'organization_id')::bigint) STORED REFERENCES organizations DEFERRABLE INITIALLY DEFERRED,
    on_behalf_of_person_id       bigint GENERATED ALWAYS AS ((data->'on_behalf_of'->>'person_id')::bigint) STORED
        REFERENCES people DEFERRABLE INITIALLY DEFERRED,
    on_behalf_of_organization_id bigint GENERATED ALWAYS AS ((data->'on_behalf_of'->>'organization_id')::bigint) STORED
        REFERENCES organizations DEFERRABLE INITIALLY DEFERRED);

CREATE TABLE statements (id bigint PRIMARY KEY, version bigint NOT NULL, data jsonb NOT NULL,
    round_table_id   bigint GENERATED ALWAYS AS ((data->>'round_table_id')::bigint) STORED REFERENCES round_tables DEFERRABLE INITIALLY DEFERRED,
    attendee_id      bigint GENERATED ALWAYS AS ((data->>'attendee_id')::bigint) STORED REFERENCES attendees DEFERRABLE INITIALLY DEFERRED,
    quoted_person_id bigint GENERATED ALWAYS AS ((data->>'quoted_person_id')::bigint) STORED REFERENCES people DEFERRABLE INITIALLY DEFERRED,
    in_reply_to_id   bigint GENERATED ALWAYS AS ((data->>'in_reply_to_id')::bigint) STORED REFERENCES statements DEFERRABLE INITIALLY DEFERRED,
    document_id      bigint GENERATED ALWAYS AS ((data->>'document_id')::bigint) STORED REFERENCES documents DEFERRABLE INITIALLY DEFERRED);

CREATE TABLE recommendations (id bigint PRIMARY KEY, version bigint NOT NULL, data jsonb NOT NULL,
    round_table_id       bigint GENERATED ALWAYS AS ((data->>'round_table_id')::bigint) STORED REFERENCES round_tables DEFERRABLE INITIALLY DEFERRED,
    statement_id         bigint GENERATED ALWAYS AS ((data->>'statement_id')::bigint) STORED REFERENCES statements DEFERRABLE INITIALLY DEFERRED,
    addressee_id         bigint GENERATED ALWAYS AS ((data->>'addressee_id')::bigint) STORED REFERENCES organizations DEFERRABLE INITIALLY DEFERRED,
    evidence_document_id bigint GENERATED ALWAYS AS ((data->>'evidence_document_id')::bigint) STORED REFERENCES documents DEFERRABLE INITIALLY DEFERRED);

-- apply applies one change. An `upsert` inserts or replaces the record; every other operation deletes it.
CREATE FUNCTION apply(change jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    mirrored text := replace(change->>'type', '-', '_');
BEGIN
    IF change->>'op' = 'upsert' THEN
        EXECUTE format('INSERT INTO %I (id, version, data) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET version = excluded.version, data = excluded.data', mirrored)
            USING (change->>'id')::bigint, (change->>'version')::bigint, change->'data';
    ELSE
        EXECUTE format('DELETE FROM %I WHERE id = $1', mirrored) USING (change->>'id')::bigint;
    END IF;
END $$;
