-- The trigger compared the column type with a value of the type name, so that no index could be used: each change of a person
-- read all external ids.

CREATE OR REPLACE FUNCTION keep_external_ids() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own text := TG_TABLE_NAME; -- a name has another type and collation than the index
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM external_ids WHERE type = own AND id = OLD.id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.external_ids <> '{}' THEN
        INSERT INTO external_ids (type, external_id, id) SELECT own, unnest(NEW.external_ids), NEW.id;
    END IF;
    RETURN NULL;
END $$;
