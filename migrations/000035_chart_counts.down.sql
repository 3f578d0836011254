DROP TRIGGER round_table_topics_uncounted ON round_table_topics;
DROP TRIGGER statement_topics_uncounted ON statement_topics;
DROP TRIGGER attendee_affiliations_uncounted ON attendee_affiliations;
DROP TRIGGER round_tables_moved_uncounted ON round_tables;
DROP TRIGGER organizers_moved_uncounted ON organizers;
DROP TRIGGER attendees_moved_uncounted ON attendees;
DROP TRIGGER statements_moved_uncounted ON statements;
DROP TRIGGER round_tables_uncounted ON round_tables;
CREATE TRIGGER round_tables_uncounted AFTER INSERT OR UPDATE OR DELETE ON round_tables FOR EACH ROW EXECUTE FUNCTION event_uncounted();
DROP TRIGGER organizers_uncounted ON organizers;
CREATE TRIGGER organizers_uncounted AFTER INSERT OR UPDATE OR DELETE ON organizers FOR EACH ROW EXECUTE FUNCTION event_uncounted();
DROP TRIGGER attendees_uncounted ON attendees;
CREATE TRIGGER attendees_uncounted AFTER INSERT OR UPDATE OR DELETE ON attendees FOR EACH ROW EXECUTE FUNCTION event_uncounted();
DROP TRIGGER statements_uncounted ON statements;
CREATE TRIGGER statements_uncounted AFTER INSERT OR UPDATE OR DELETE ON statements FOR EACH ROW EXECUTE FUNCTION event_uncounted();
DELETE FROM event_counts WHERE type = 'all';
DELETE FROM record_counts WHERE type = 'all';
DROP INDEX event_counts_people_idx, event_counts_organizations_idx;

CREATE OR REPLACE VIEW event_contributions AS
    SELECT x.round_table_id, x.type, x.id, r.starts_key, r.publication = 'published' AS published,
        bool_or(x.listed) AS listed, sum(x.statements)::integer AS statements
    FROM (
        SELECT round_table_id, 'people' AS type, person_id AS id, true AS listed, 0 AS statements FROM attendees
        UNION ALL SELECT round_table_id, 'people', quoted_person_id, true, 0 FROM statements
        UNION ALL SELECT round_table_id, 'people', nullif(person_key, 0), false, 1 FROM statements
        UNION ALL SELECT round_table_id, 'organizations', organization_id, true, 0 FROM organizers
        UNION ALL SELECT round_table_id, 'organizations', organization_id, true, 0 FROM attendees
        UNION ALL SELECT round_table_id, 'organizations', organization_id, true, 0 FROM attendee_affiliations
        UNION ALL SELECT s.round_table_id, 'organizations', l.organization_id, false, 1
            FROM statements s CROSS JOIN LATERAL (
                SELECT a.organization_id FROM attendees a WHERE a.id = s.attendee_id
                UNION SELECT a.on_behalf_of_organization_id FROM attendees a WHERE a.id = s.attendee_id
                UNION SELECT f.organization_id FROM attendee_affiliations f WHERE f.attendee_id = s.attendee_id) l
        UNION ALL SELECT round_table_id, 'topics', topic_id, true, 0 FROM round_table_topics
        UNION ALL SELECT round_table_id, 'topics', topic_id, false, 1 FROM statement_topics
        UNION ALL SELECT e.id, 'places', e.place_id, true, 0 FROM round_tables e
        UNION ALL SELECT s.round_table_id, 'places', e.place_id, false, 1 FROM statements s JOIN round_tables e ON e.id = s.round_table_id
    ) x JOIN round_tables r ON r.id = x.round_table_id
    WHERE x.id IS NOT NULL
    GROUP BY x.round_table_id, x.type, x.id, r.starts_key, r.publication;
CREATE OR REPLACE PROCEDURE record_counts_all() LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM event_counts;
    DELETE FROM record_counts;
    INSERT INTO event_counts SELECT * FROM event_contributions;
    INSERT INTO record_counts
        SELECT k.type, k.id, v.published_only, coalesce(n.round_tables, 0), coalesce(n.statements, 0), coalesce(n.first_key, 0), coalesce(n.last_key, 0)
        FROM (SELECT 'people' AS type, id FROM people UNION ALL SELECT 'organizations', id FROM organizations
            UNION ALL SELECT 'topics', id FROM topics UNION ALL SELECT 'places', id FROM places) k
        CROSS JOIN (VALUES (false), (true)) v(published_only)
        LEFT JOIN (
            SELECT e.type, e.id, o.published_only, count(*) FILTER (WHERE e.listed) AS round_tables, sum(e.statements) AS statements,
                min(e.starts_key) FILTER (WHERE e.listed AND e.starts_key > 0) AS first_key, max(e.starts_key) FILTER (WHERE e.listed) AS last_key
            FROM event_counts e CROSS JOIN (VALUES (false), (true)) o(published_only) WHERE e.published OR NOT o.published_only
            GROUP BY e.type, e.id, o.published_only) n USING (type, id, published_only);
END $$;
CREATE OR REPLACE FUNCTION recount_event() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    was     event_counts[];
    is_now  event_counts[];
    added   event_counts[];
    removed event_counts[];
BEGIN
    DELETE FROM uncounted_events WHERE round_table_id = NEW.round_table_id AND xact = NEW.xact;
    IF registry_is_dry_run() THEN -- it is rolled back, and must not wait for others
        RETURN NULL;
    END IF;
    PERFORM registry_lock_log(); -- transactions count one after the other
    was := ARRAY(SELECT e FROM event_counts e WHERE e.round_table_id = NEW.round_table_id);
    is_now := ARRAY(SELECT ROW(c.*)::event_counts FROM event_contributions c WHERE c.round_table_id = NEW.round_table_id);
    added := ARRAY(SELECT ROW(x.*)::event_counts FROM (SELECT * FROM unnest(is_now) EXCEPT SELECT * FROM unnest(was)) x);
    removed := ARRAY(SELECT ROW(x.*)::event_counts FROM (SELECT * FROM unnest(was) EXCEPT SELECT * FROM unnest(is_now)) x);
    IF added = '{}' AND removed = '{}' THEN
        RETURN NULL;
    END IF;
    DELETE FROM event_counts e USING unnest(removed) x WHERE e.round_table_id = NEW.round_table_id AND e.type = x.type AND e.id = x.id;
    INSERT INTO event_counts SELECT * FROM unnest(added);
    UPDATE record_counts c SET
        round_tables = c.round_tables + d.round_tables, statements = c.statements + d.statements,
        first_key = coalesce((SELECT e.starts_key FROM event_counts e WHERE e.type = c.type AND e.id = c.id AND e.listed AND e.starts_key > 0
            AND (e.published OR NOT c.published_only) ORDER BY e.starts_key LIMIT 1), 0),
        last_key = coalesce((SELECT e.starts_key FROM event_counts e WHERE e.type = c.type AND e.id = c.id AND e.listed
            AND (e.published OR NOT c.published_only) ORDER BY e.starts_key DESC LIMIT 1), 0)
    FROM (
        SELECT x.type, x.id, v.published_only, sum(x.sign * (x.listed AND (x.published OR NOT v.published_only))::integer) AS round_tables,
            sum(x.sign * x.statements * (x.published OR NOT v.published_only)::integer) AS statements
        FROM (SELECT *, 1 AS sign FROM unnest(added) UNION ALL SELECT *, -1 FROM unnest(removed)) x CROSS JOIN (VALUES (false), (true)) v(published_only)
        GROUP BY x.type, x.id, v.published_only) d
    WHERE c.type = d.type AND c.id = d.id AND c.published_only = d.published_only;
    RETURN NULL;
END $$;
DROP VIEW event_sizes_counted;
DROP TABLE event_sizes;
DROP INDEX attendees_met_idx, attendees_person_id_idx;
CREATE INDEX attendees_person_id_idx ON attendees (person_id, starts_key, id);
