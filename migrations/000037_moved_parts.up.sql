-- A part that moves to another round table left the counts of the round table that it came from as they were: both are counted now.
-- Links between records are counted if they point elsewhere, not if the schema only updates their sort keys.

CREATE OR REPLACE FUNCTION event_uncounted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'round_tables' THEN
        INSERT INTO uncounted_events (round_table_id) VALUES (CASE TG_OP WHEN 'DELETE' THEN OLD.id ELSE NEW.id END) ON CONFLICT DO NOTHING;
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO uncounted_events (round_table_id) VALUES (OLD.round_table_id) ON CONFLICT DO NOTHING;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO uncounted_events (round_table_id) VALUES (NEW.round_table_id) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;

DROP TRIGGER round_table_topics_uncounted ON round_table_topics;
DROP TRIGGER statement_topics_uncounted ON statement_topics;
DROP TRIGGER attendee_affiliations_uncounted ON attendee_affiliations;
CREATE TRIGGER round_table_topics_uncounted AFTER INSERT OR DELETE ON round_table_topics FOR EACH ROW EXECUTE FUNCTION event_uncounted();
CREATE TRIGGER statement_topics_uncounted AFTER INSERT OR DELETE ON statement_topics FOR EACH ROW EXECUTE FUNCTION event_uncounted();
CREATE TRIGGER attendee_affiliations_uncounted AFTER INSERT OR DELETE ON attendee_affiliations FOR EACH ROW EXECUTE FUNCTION event_uncounted();
CREATE TRIGGER round_table_topics_moved_uncounted AFTER UPDATE ON round_table_topics FOR EACH ROW
    WHEN ((OLD.round_table_id, OLD.topic_id) IS DISTINCT FROM (NEW.round_table_id, NEW.topic_id)) EXECUTE FUNCTION event_uncounted();
CREATE TRIGGER statement_topics_moved_uncounted AFTER UPDATE ON statement_topics FOR EACH ROW
    WHEN ((OLD.round_table_id, OLD.topic_id) IS DISTINCT FROM (NEW.round_table_id, NEW.topic_id)) EXECUTE FUNCTION event_uncounted();
CREATE TRIGGER attendee_affiliations_moved_uncounted AFTER UPDATE ON attendee_affiliations FOR EACH ROW
    WHEN ((OLD.round_table_id, OLD.organization_id) IS DISTINCT FROM (NEW.round_table_id, NEW.organization_id)) EXECUTE FUNCTION event_uncounted();

CALL record_counts_all();
