DROP TRIGGER round_table_topics_moved_uncounted ON round_table_topics;
DROP TRIGGER statement_topics_moved_uncounted ON statement_topics;
DROP TRIGGER attendee_affiliations_moved_uncounted ON attendee_affiliations;
DROP TRIGGER round_table_topics_uncounted ON round_table_topics;
DROP TRIGGER statement_topics_uncounted ON statement_topics;
DROP TRIGGER attendee_affiliations_uncounted ON attendee_affiliations;
CREATE TRIGGER round_table_topics_uncounted AFTER INSERT OR UPDATE OR DELETE ON round_table_topics FOR EACH ROW EXECUTE FUNCTION event_uncounted();
CREATE TRIGGER statement_topics_uncounted AFTER INSERT OR UPDATE OR DELETE ON statement_topics FOR EACH ROW EXECUTE FUNCTION event_uncounted();
CREATE TRIGGER attendee_affiliations_uncounted AFTER INSERT OR UPDATE OR DELETE ON attendee_affiliations FOR EACH ROW EXECUTE FUNCTION event_uncounted();

CREATE OR REPLACE FUNCTION event_uncounted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'round_tables' THEN
        INSERT INTO uncounted_events (round_table_id) VALUES (CASE TG_OP WHEN 'DELETE' THEN OLD.id ELSE NEW.id END) ON CONFLICT DO NOTHING;
    ELSE
        INSERT INTO uncounted_events (round_table_id) VALUES (CASE TG_OP WHEN 'DELETE' THEN OLD.round_table_id ELSE NEW.round_table_id END) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
