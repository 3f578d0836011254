-- A dry run takes no lock that others wait for, and a new record none on its tree.

CREATE FUNCTION registry_is_dry_run() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(current_setting('registry.dry_run', true), '') = 'on' $$;

-- Everything that writes the change log calls registry_lock_log first.
DO $$
DECLARE
    f oid;
BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND prosrc LIKE '%pg_advisory_xact_lock(7241)%' LOOP
        EXECUTE replace(pg_get_functiondef(f), 'pg_advisory_xact_lock(7241)', 'registry_lock_log()');
    END LOOP;
END $$;

-- registry_lock_log locks the change log until the transaction ends. A dry run needs no lock: it is rolled back, so nobody
-- sees its entries.
CREATE FUNCTION registry_lock_log() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT registry_is_dry_run() THEN
        PERFORM pg_advisory_xact_lock(7241);
    END IF;
END $$;

-- refuse_cycle rejects cycles in the parent_id of a tree. It takes one lock per table, because two transactions could
-- create a cycle together. A new record needs no lock: nothing can refer to it before it is committed.
CREATE OR REPLACE FUNCTION refuse_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found boolean;
BEGIN
    IF NEW.parent_id IS NULL THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND NOT registry_is_dry_run() THEN
        PERFORM pg_advisory_xact_lock(7242, TG_RELID::int);
    END IF;
    EXECUTE format('WITH RECURSIVE up(id) AS (SELECT $1 UNION SELECT t.parent_id FROM %s t JOIN up ON t.id = up.id WHERE t.parent_id IS NOT NULL)
                    SELECT EXISTS (SELECT FROM up WHERE id = $2)', TG_RELID::regclass) INTO found USING NEW.parent_id, NEW.id;
    IF found THEN
        RAISE EXCEPTION 'the parent is the record itself or below it' USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_TABLE_NAME || '_parent_id_cycle';
    END IF;
    RETURN NEW;
END $$;
