-- The change log comes first, because every other table depends on it.
--
-- Each record (a round table, an attendee with its roles and affiliations, ...) has one row in a table tracked by
-- registry_track. Tables with parts of a record are linked to it by registry_track_part.
-- A transaction gives a changed record one new version and, at commit, one entry in changes.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE registry (
    singleton   boolean     PRIMARY KEY DEFAULT true CHECK (singleton),
    epoch       text        NOT NULL DEFAULT substr(md5(gen_random_uuid()::text), 1, 8),
    home        text,
    secret      bytea       NOT NULL DEFAULT decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'),
    created_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE registry IS 'What this database is: its epoch (changed after a restore, so that old cursors are refused), its home (the server, database and timeline where it was asked last, by which a restore is noticed) and the secret that signs cursors and hashes keys.';
INSERT INTO registry DEFAULT VALUES;

CREATE TABLE changes (
    seq      bigint      PRIMARY KEY,
    type     text        NOT NULL,
    id       bigint      NOT NULL,
    version  bigint      NOT NULL,
    op       text        NOT NULL CHECK (op IN ('create', 'update', 'delete', 'merge', 'erase', 'visibility')),
    actor    text        NOT NULL,
    reason   text,
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    before   jsonb,
    after    jsonb,
    public   boolean     NOT NULL,
    into_id  bigint,
    is_head  boolean     NOT NULL DEFAULT true,
    is_public_head boolean,
    xact     xid8        NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT changes_into_id_merge CHECK ((op = 'merge') = (into_id IS NOT NULL))
);
COMMENT ON TABLE changes IS 'Every committed change of every record, in commit order. is_head marks the newest entry of a record; public says whether anyone could see the record after the change (for a delete or a merge: before it); into_id is the record that a merged one became part of. The op visibility says that the public sees the record, or sees it differently, because of another one: no version, no content, never the head. is_public_head marks the newest entry that is for the public, who could see the record before it or after it; it is null where an entry is not.';
CREATE UNIQUE INDEX changes_head_key ON changes (type, id) WHERE is_head;
CREATE UNIQUE INDEX changes_public_head_key ON changes (type, id) WHERE is_public_head;
CREATE INDEX changes_type_id_version_idx ON changes (type, id, version);
CREATE INDEX changes_type_idx ON changes (type, seq) INCLUDE (id, version, op, public, is_head, is_public_head);
CREATE INDEX changes_actor_idx ON changes (actor, seq);
CREATE INDEX changes_at_idx ON changes USING brin (at);

-- Records that were merged into another one. Insert a row here before deleting such a record; the log then records a merge.
CREATE TABLE merged (
    type     text   NOT NULL,
    id       bigint NOT NULL,
    into_id  bigint NOT NULL,
    merge_id bigint NOT NULL,
    PRIMARY KEY (type, id)
);
COMMENT ON TABLE merged IS 'Where what is said of a merged record is found now. into_id may have been merged, too.';

-- CACHE 1 is required: a session must not reserve numbers, or their order would not be the commit order.
CREATE SEQUENCE changes_seq CACHE 1 OWNED BY changes.seq;

CREATE FUNCTION registry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = 'object_not_in_prerequisite_state';
END $$;

CREATE TRIGGER changes_append_only BEFORE INSERT OR UPDATE OR DELETE ON changes
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION registry_refuse('the log is only written by its triggers');
CREATE TRIGGER changes_refuse_truncate BEFORE TRUNCATE ON changes
    FOR EACH STATEMENT EXECUTE FUNCTION registry_refuse('the log is only written by its triggers');

-- The actor of this transaction, and the reason.
CREATE FUNCTION registry_actor() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('registry.actor', true), ''), 'database:' || session_user) $$;
CREATE FUNCTION registry_reason() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT nullif(current_setting('registry.reason', true), '') $$;

-- registry_record_change writes the log entry of one record; snapshot is its state at commit (NULL: deleted).
-- It takes an advisory lock before the number and holds it until the transaction ends. So the order of numbers is the
-- commit order: a reader that sees number n also sees all lower numbers.
CREATE FUNCTION registry_record_change(record_type text, record_id bigint, snapshot jsonb, is_public boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    head     changes%ROWTYPE;
    now_op   text;
    now_ver  bigint;
    now_into bigint;
    was      jsonb;
    ours     boolean; -- the head was written by this transaction
    shown    boolean; -- the public could see the record before
BEGIN
    PERFORM pg_advisory_xact_lock(7241);
    SELECT * INTO head FROM changes WHERE type = record_type AND id = record_id AND is_head;
    -- Both marks together, because transaction numbers start again in a restored database.
    ours := head.seq IS NOT NULL AND head.xact = pg_current_xact_id() AND head.at >= now();
    IF snapshot IS NULL THEN
        IF head.seq IS NULL OR head.after IS NULL THEN
            RETURN;
        END IF;
        now_into := (SELECT m.into_id FROM merged m WHERE m.type = record_type AND m.id = record_id);
        now_op := CASE WHEN now_into IS NULL THEN 'delete' ELSE 'merge' END;
        now_ver := head.version + 1;
    ELSE
        now_ver := (snapshot ->> 'version')::bigint;
        snapshot := snapshot - '{version,updated_at,xact}'::text[];
        IF head.version = now_ver AND head.after = snapshot THEN
            RETURN;
        END IF;
        IF NOT ours AND now_ver <= head.version THEN
            RAISE EXCEPTION 'version % of % % would follow version %', now_ver, record_type, record_id, head.version
                USING ERRCODE = 'check_violation', HINT = 'A record that was deleted comes back with a higher version.';
        END IF;
        now_op := CASE WHEN head.after IS NULL THEN 'create' ELSE 'update' END;
    END IF;
    was := head.after;
    IF ours THEN
        -- The constraints were checked in the middle of the transaction: it still gets one entry a record.
        was := head.before;
        DELETE FROM changes WHERE type = record_type AND id = record_id AND xact = head.xact AND at >= now();
        UPDATE changes SET is_public_head = true
         WHERE seq = (SELECT max(seq) FROM changes WHERE type = record_type AND id = record_id AND is_public_head IS NOT NULL);
        IF snapshot IS NULL AND head.op = 'create' THEN
            UPDATE changes SET is_head = true
             WHERE seq = (SELECT max(seq) FROM changes WHERE type = record_type AND id = record_id AND op <> 'visibility');
            RETURN;
        END IF;
        IF now_op = 'update' THEN
            now_op := head.op;
        END IF;
    ELSIF head.seq IS NOT NULL THEN
        UPDATE changes SET is_head = false WHERE seq = head.seq;
    END IF;
    shown := EXISTS (SELECT FROM changes WHERE type = record_type AND id = record_id AND is_public_head AND public AND op NOT IN ('delete', 'merge', 'erase'));
    is_public := CASE WHEN snapshot IS NULL THEN shown ELSE is_public END;
    IF shown OR is_public THEN
        UPDATE changes SET is_public_head = false WHERE type = record_type AND id = record_id AND is_public_head;
    END IF;
    INSERT INTO changes (seq, type, id, version, op, actor, reason, before, after, public, into_id, is_public_head)
    VALUES (nextval('changes_seq'), record_type, record_id, now_ver, now_op, registry_actor(), registry_reason(),
            was, snapshot, is_public, now_into, CASE WHEN shown OR is_public THEN true END);
END $$;

-- registry_record_visibility writes an entry for each record that becomes visible or hidden because another record
-- changed; is_public is its new state. With otherwise, it also writes entries for records whose visible content changed.
CREATE FUNCTION registry_record_visibility(record_type text, record_ids bigint[], is_public boolean[], otherwise boolean DEFAULT false) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    heads bigint[];
BEGIN
    PERFORM pg_advisory_xact_lock(7241);
    WITH turned AS (
        SELECT given.id, given.public, head.version, shown.seq AS head
          FROM unnest(record_ids, is_public) given(id, public)
          JOIN changes head ON head.type = record_type AND head.id = given.id AND head.is_head AND head.after IS NOT NULL
          LEFT JOIN changes shown ON shown.type = record_type AND shown.id = given.id AND shown.is_public_head
         WHERE given.public <> coalesce(shown.public AND shown.op NOT IN ('delete', 'merge', 'erase'), false) OR (otherwise AND given.public)
         ORDER BY given.id),
    written AS (
        INSERT INTO changes (seq, type, id, version, op, actor, reason, public, is_head)
        SELECT nextval('changes_seq'), record_type, id, version, 'visibility', registry_actor(), registry_reason(), public, false FROM turned
        RETURNING seq),
    were AS (UPDATE changes SET is_public_head = false WHERE seq IN (SELECT head FROM turned) RETURNING seq)
    SELECT array_agg(seq) INTO heads FROM written;
    UPDATE changes SET is_public_head = true WHERE seq = ANY (heads);
END $$;

-- registry_bump increments the version of a changed row, once per transaction, and suppresses an UPDATE that changes
-- nothing. The first argument lists generated columns, the second lists columns copied from another table. Neither are
-- content: an UPDATE of copied columns only does not change the version. Setting xact to 0 means that a part of the
-- record changed.
CREATE FUNCTION registry_bump() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    generated text[] := TG_ARGV[0];
    carried   text[] := TG_ARGV[1];
    apart     text[] := generated || carried || '{version,updated_at,xact}';
    new_row   jsonb  := to_jsonb(NEW);
    old_row   jsonb  := to_jsonb(OLD);
    part_changed boolean := NEW.xact = '0'::xid8;
    now_xact  xid8   := pg_current_xact_id();
BEGIN
    IF NEW.id <> OLD.id THEN
        RAISE EXCEPTION 'an id never changes' USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_TABLE_NAME || '_id_check';
    END IF;
    IF NOT part_changed AND new_row - apart = old_row - apart THEN
        IF new_row - generated - '{version,updated_at,xact}'::text[] = old_row - generated - '{version,updated_at,xact}'::text[] THEN
            RETURN NULL;
        END IF;
        NEW.version := OLD.version;
        NEW.updated_at := OLD.updated_at;
        NEW.xact := OLD.xact;
        RETURN NEW;
    END IF;
    -- Both marks together, because transaction numbers start again in a restored database.
    NEW.version := OLD.version + CASE WHEN OLD.xact = now_xact AND OLD.updated_at = now() THEN 0 ELSE 1 END;
    NEW.updated_at := now();
    NEW.xact := now_xact;
    RETURN NEW;
END $$;

-- registry_track makes the change log track a table of records. It requires the functions <table>_snapshot(bigint), which
-- returns the whole record with its version as jsonb, and <table>_public(bigint), which returns whether it is public.
CREATE PROCEDURE registry_track(records regclass, record_type text, generated text[] DEFAULT '{}', carried text[] DEFAULT '{}') LANGUAGE plpgsql AS $$
DECLARE
    t text := records::text;
BEGIN
    EXECUTE format($f$
        CREATE FUNCTION %1$I() RETURNS trigger LANGUAGE plpgsql AS $b$
        BEGIN
            IF TG_OP = 'UPDATE' AND NEW.version = OLD.version AND NEW.xact <> pg_current_xact_id() THEN
                RETURN NULL; -- only carried columns moved
            END IF;
            -- Before the record is looked at: whether it is public may depend on records that others are about to commit.
            PERFORM pg_advisory_xact_lock(7241);
            IF TG_OP = 'DELETE' THEN
                PERFORM registry_record_change(TG_ARGV[0], OLD.id, %2$I(OLD.id), false);
            ELSE
                PERFORM registry_record_change(TG_ARGV[0], NEW.id, %2$I(NEW.id), %3$I(NEW.id));
            END IF;
            RETURN NULL;
        END $b$ $f$, t || '_log', t || '_snapshot', t || '_public');
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION registry_bump(%L, %L)', t || '_bump', t, generated, carried);
    EXECUTE format('CREATE CONSTRAINT TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %s DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION %I(%L)', t || '_log', t, t || '_log', record_type);
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION registry_refuse(%L)', t || '_refuse_truncate', t, 'it would escape the change log; use DELETE');
END $$;

-- registry_track_part links a table of parts to its tracked table; key is the column with the id of the record. An UPDATE
-- of copied columns only does not change the record.
CREATE PROCEDURE registry_track_part(parts regclass, key text, records regclass, record_type text, carried text[] DEFAULT '{}') LANGUAGE plpgsql AS $$
DECLARE
    p text := parts::text;
    e text;
BEGIN
    EXECUTE format($f$
        CREATE FUNCTION %1$I() RETURNS trigger LANGUAGE plpgsql AS $b$
        DECLARE
            touched bigint[];
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                touched := ARRAY(SELECT DISTINCT content.record FROM (
                    SELECT c.%3$I AS record, to_jsonb(c) - %5$L::text[] FROM changed c EXCEPT SELECT w.%3$I, to_jsonb(w) - %5$L::text[] FROM was w) content);
            ELSE
                touched := ARRAY(SELECT DISTINCT c.%3$I FROM changed c);
            END IF;
            UPDATE %2$s r SET xact = '0'
             WHERE r.id = ANY (touched)
               AND (r.xact <> pg_current_xact_id() OR r.updated_at <> now()
                    OR EXISTS (SELECT FROM changes c WHERE c.type = %4$L AND c.id = r.id AND c.is_head AND c.xact = pg_current_xact_id()));
            RETURN NULL;
        END $b$ $f$, p || '_touch', records::text, key, record_type, carried);
    FOREACH e IN ARRAY '{INSERT,UPDATE,DELETE}'::text[] LOOP
        EXECUTE format('CREATE TRIGGER %I AFTER %s ON %s REFERENCING %s FOR EACH STATEMENT EXECUTE FUNCTION %I()', p || '_touch_' || lower(e), e, p,
            CASE e WHEN 'INSERT' THEN 'NEW TABLE AS changed' WHEN 'UPDATE' THEN 'NEW TABLE AS changed OLD TABLE AS was' ELSE 'OLD TABLE AS changed' END, p || '_touch');
    END LOOP;
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION registry_refuse(%L)', p || '_refuse_truncate', p, 'it would escape the change log; use DELETE');
END $$;

-- registry_untrack reverts registry_track or registry_track_part. Migrations that drop a table call it. It deletes the
-- history of the records from the log and changes the epoch, so that readers of the log start again.
CREATE PROCEDURE registry_untrack(tracked regclass) LANGUAGE plpgsql SET client_min_messages = warning AS $$
DECLARE
    t text := tracked::text;
    record_type text := (SELECT split_part(encode(tgargs, 'escape'), '\000', 1) FROM pg_trigger WHERE tgrelid = tracked AND tgname = t || '_log');
BEGIN
    EXECUTE format('DROP TABLE %s CASCADE', t);
    EXECUTE format('DROP FUNCTION IF EXISTS %I(), %I()', t || '_log', t || '_touch');
    EXECUTE format('DROP FUNCTION IF EXISTS %I(bigint), %I(bigint)', t || '_snapshot', t || '_public');
    IF record_type IS NOT NULL THEN
        ALTER TABLE changes DISABLE TRIGGER changes_append_only;
        DELETE FROM changes WHERE type = record_type;
        ALTER TABLE changes ENABLE TRIGGER changes_append_only;
        UPDATE registry SET epoch = DEFAULT;
    END IF;
END $$;
