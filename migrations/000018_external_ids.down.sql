CREATE OR REPLACE FUNCTION keep_external_ids() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM external_ids WHERE type = TG_TABLE_NAME AND id = OLD.id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.external_ids <> '{}' THEN
        INSERT INTO external_ids (type, external_id, id) SELECT TG_TABLE_NAME, unnest(NEW.external_ids), NEW.id;
    END IF;
    RETURN NULL;
END $$;
