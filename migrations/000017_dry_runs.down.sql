CREATE OR REPLACE FUNCTION refuse_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found boolean;
BEGIN
    IF NEW.parent_id IS NULL THEN
        RETURN NEW;
    END IF;
    PERFORM pg_advisory_xact_lock(7242, TG_RELID::int);
    EXECUTE format('WITH RECURSIVE up(id) AS (SELECT $1 UNION SELECT t.parent_id FROM %s t JOIN up ON t.id = up.id WHERE t.parent_id IS NOT NULL)
                    SELECT EXISTS (SELECT FROM up WHERE id = $2)', TG_RELID::regclass) INTO found USING NEW.parent_id, NEW.id;
    IF found THEN
        RAISE EXCEPTION 'the parent is the record itself or below it' USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_TABLE_NAME || '_parent_id_cycle';
    END IF;
    RETURN NEW;
END $$;

DROP FUNCTION registry_lock_log();
DO $$
DECLARE
    f oid;
BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND prosrc LIKE '%registry_lock_log()%' LOOP
        EXECUTE replace(pg_get_functiondef(f), 'registry_lock_log()', 'pg_advisory_xact_lock(7241)');
    END LOOP;
END $$;
DROP FUNCTION registry_is_dry_run();
