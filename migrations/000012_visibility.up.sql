-- The visibility of a record can change although the record does not: parts of a round table that is published or
-- withdrawn, records that name a person who becomes restricted, documents linked only to drafts. The change log records
-- this too.

-- documents_shown records the new visibility of documents, and of the recommendations that reference them.
CREATE FUNCTION documents_shown(document_ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    newest bigint := (SELECT coalesce(max(seq), 0) FROM changes);
    turned bigint[];
BEGIN
    PERFORM registry_record_visibility('documents', array_agg(d.id), array_agg(documents_public(d.id))) FROM documents d WHERE d.id = ANY (document_ids);
    turned := ARRAY(SELECT c.id FROM changes c WHERE c.seq > newest AND c.type = 'documents' AND c.op = 'visibility');
    PERFORM registry_record_visibility('recommendations', array_agg(r.id), array_agg(recommendations_public(r.id)), true)
       FROM recommendations r WHERE r.evidence_document_id = ANY (turned);
END $$;

CREATE FUNCTION round_tables_parts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    shown boolean;
BEGIN
    -- First: whoever adds a part at the same time has done so, or will see what this transaction did.
    PERFORM pg_advisory_xact_lock(7241);
    shown := round_tables_public(NEW.id);
    PERFORM registry_record_visibility('organizers', array_agg(p.id), array_agg(shown)) FROM organizers p WHERE p.round_table_id = NEW.id;
    PERFORM registry_record_visibility('attendees', array_agg(p.id), array_agg(shown)) FROM attendees p WHERE p.round_table_id = NEW.id;
    PERFORM registry_record_visibility('statements', array_agg(p.id), array_agg(shown)) FROM statements p WHERE p.round_table_id = NEW.id;
    PERFORM registry_record_visibility('recommendations', array_agg(p.id), array_agg(shown)) FROM recommendations p WHERE p.round_table_id = NEW.id;
    PERFORM registry_record_visibility('round-tables', array_agg(c.id), array_agg(round_tables_public(c.id)), true) FROM round_tables c WHERE c.parent_id = NEW.id;
    PERFORM documents_shown(ARRAY(SELECT l.document_id FROM document_links l WHERE l.round_table_id = NEW.id));
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER round_tables_parts AFTER UPDATE ON round_tables DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN ((OLD.publication = 'published') <> (NEW.publication = 'published')) EXECUTE FUNCTION round_tables_parts();

CREATE FUNCTION document_links_shown() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7241);
    PERFORM documents_shown(CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.document_id] WHEN 'DELETE' THEN ARRAY[OLD.document_id] ELSE ARRAY[OLD.document_id, NEW.document_id] END);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER document_links_shown AFTER INSERT OR UPDATE OR DELETE ON document_links DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION document_links_shown();

-- Records that name a restricted person omit the person for public callers.
CREATE FUNCTION people_named() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7241);
    PERFORM registry_record_visibility('affiliations', array_agg(a.id), array_agg(affiliations_public(a.id))) FROM affiliations a WHERE a.person_id = NEW.id;
    PERFORM registry_record_visibility('attendees', array_agg(a.id), array_agg(attendees_public(a.id)), true)
       FROM attendees a WHERE a.person_id = NEW.id OR a.on_behalf_of_person_id = NEW.id;
    PERFORM registry_record_visibility('statements', array_agg(s.id), array_agg(statements_public(s.id)), true)
       FROM statements s WHERE s.id IN (SELECT k.id FROM statements k WHERE k.person_key = NEW.id UNION SELECT q.id FROM statements q WHERE q.quoted_person_id = NEW.id
                                        UNION SELECT m.statement_id FROM statement_people m WHERE m.person_id = NEW.id);
    PERFORM registry_record_visibility('recommendations', array_agg(r.id), array_agg(recommendations_public(r.id)), true)
       FROM recommendations r WHERE r.statement_id IN (SELECT s.id FROM statements s WHERE s.person_key = NEW.id);
    PERFORM registry_record_visibility('documents', array_agg(d.document_id), array_agg(documents_public(d.document_id)), true)
       FROM document_authors d WHERE d.person_id = NEW.id;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER people_named AFTER UPDATE ON people DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.visibility <> NEW.visibility) EXECUTE FUNCTION people_named();
