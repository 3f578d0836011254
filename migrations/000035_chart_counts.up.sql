-- Charts of everything read what is counted already, and counting costs each write less.
--
-- 1. The record of the type "all" with the id 0 counts every round table and every statement.
-- 2. Distinct people and organizations at round tables are read from event_counts, by an index that holds nothing else. Before, each
--    was found anew in the attendees and statements, twice as many rows.
-- 3. Lists of round tables sort by how many attendees, organizers and statements they have.
-- 4. Who met whom is read from indexes alone.
-- 5. recount_event keeps its plans, and looks for the first and the last date of a record only if its round tables changed. Before, it
--    was planned anew for each transaction, which took most of its time, while others wait for the lock of the log.

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
        UNION ALL SELECT e.id, 'all', 0, true, 0 FROM round_tables e
        UNION ALL SELECT s.round_table_id, 'all', 0, false, 1 FROM statements s
    ) x JOIN round_tables r ON r.id = x.round_table_id
    WHERE x.id IS NOT NULL
    GROUP BY x.round_table_id, x.type, x.id, r.starts_key, r.publication;

CREATE INDEX event_counts_people_idx ON event_counts (round_table_id, id) WHERE type = 'people' AND listed;
CREATE INDEX event_counts_organizations_idx ON event_counts (round_table_id, id) WHERE type = 'organizations' AND listed;

DROP INDEX attendees_person_id_idx;
CREATE INDEX attendees_person_id_idx ON attendees (person_id, starts_key, id) INCLUDE (round_table_id, attendance);
CREATE INDEX attendees_met_idx ON attendees (round_table_id, person_id) INCLUDE (attendance) WHERE person_id IS NOT NULL;

-- event_sizes is how many parts each round table has.
CREATE TABLE event_sizes (
    round_table_id bigint  PRIMARY KEY REFERENCES round_tables ON DELETE CASCADE,
    attendees      integer NOT NULL,
    organizers     integer NOT NULL,
    statements     integer NOT NULL
);
CREATE VIEW event_sizes_counted AS
    SELECT r.id AS round_table_id, (SELECT count(*) FROM attendees a WHERE a.round_table_id = r.id)::integer AS attendees,
        (SELECT count(*) FROM organizers o WHERE o.round_table_id = r.id)::integer AS organizers,
        (SELECT count(*) FROM statements s WHERE s.round_table_id = r.id)::integer AS statements
    FROM round_tables r;
INSERT INTO event_sizes SELECT * FROM event_sizes_counted;
CREATE INDEX event_sizes_attendees_idx ON event_sizes (attendees, round_table_id);
CREATE INDEX event_sizes_organizers_idx ON event_sizes (organizers, round_table_id);
CREATE INDEX event_sizes_statements_idx ON event_sizes (statements, round_table_id);

CREATE OR REPLACE PROCEDURE record_counts_all() LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM event_counts;
    DELETE FROM record_counts;
    DELETE FROM event_sizes;
    INSERT INTO event_sizes SELECT * FROM event_sizes_counted;
    INSERT INTO event_counts SELECT * FROM event_contributions;
    INSERT INTO record_counts
        SELECT k.type, k.id, v.published_only, coalesce(n.round_tables, 0), coalesce(n.statements, 0), coalesce(n.first_key, 0), coalesce(n.last_key, 0)
        FROM (SELECT 'people' AS type, id FROM people UNION ALL SELECT 'organizations', id FROM organizations
            UNION ALL SELECT 'topics', id FROM topics UNION ALL SELECT 'places', id FROM places UNION ALL SELECT 'all', 0) k
        CROSS JOIN (VALUES (false), (true)) v(published_only)
        LEFT JOIN (
            SELECT e.type, e.id, o.published_only, count(*) FILTER (WHERE e.listed) AS round_tables, sum(e.statements) AS statements,
                min(e.starts_key) FILTER (WHERE e.listed AND e.starts_key > 0) AS first_key, max(e.starts_key) FILTER (WHERE e.listed) AS last_key
            FROM event_counts e CROSS JOIN (VALUES (false), (true)) o(published_only) WHERE e.published OR NOT o.published_only
            GROUP BY e.type, e.id, o.published_only) n USING (type, id, published_only);
END $$;
INSERT INTO event_counts SELECT * FROM event_contributions WHERE type = 'all';
INSERT INTO record_counts
    SELECT 'all', 0, v.published_only, count(e.id), coalesce(sum(e.statements), 0),
        coalesce(min(e.starts_key) FILTER (WHERE e.starts_key > 0), 0), coalesce(max(e.starts_key), 0)
    FROM (VALUES (false), (true)) v(published_only) LEFT JOIN event_counts e ON e.type = 'all' AND (e.published OR NOT v.published_only)
    GROUP BY v.published_only;

CREATE OR REPLACE FUNCTION recount_event() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
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
    INSERT INTO event_sizes AS z SELECT * FROM event_sizes_counted c WHERE c.round_table_id = NEW.round_table_id
        ON CONFLICT (round_table_id) DO UPDATE SET attendees = excluded.attendees, organizers = excluded.organizers, statements = excluded.statements
        WHERE (z.attendees, z.organizers, z.statements) <> (excluded.attendees, excluded.organizers, excluded.statements);
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
        first_key = CASE WHEN d.moved THEN coalesce((SELECT e.starts_key FROM event_counts e WHERE e.type = c.type AND e.id = c.id AND e.listed
            AND e.starts_key > 0 AND (e.published OR NOT c.published_only) ORDER BY e.starts_key LIMIT 1), 0) ELSE c.first_key END,
        last_key = CASE WHEN d.moved THEN coalesce((SELECT e.starts_key FROM event_counts e WHERE e.type = c.type AND e.id = c.id AND e.listed
            AND (e.published OR NOT c.published_only) ORDER BY e.starts_key DESC LIMIT 1), 0) ELSE c.last_key END
    FROM (
        SELECT x.type, x.id, v.published_only, sum(x.sign * (x.listed AND (x.published OR NOT v.published_only))::integer) AS round_tables,
            sum(x.sign * x.statements * (x.published OR NOT v.published_only)::integer) AS statements,
            -- a record that is as before, except for the number of its statements, is both added and removed
            count(*) = 1 OR min(x.starts_key) <> max(x.starts_key) OR bool_or(x.listed) <> bool_and(x.listed) OR bool_or(x.published) <> bool_and(x.published) AS moved
        FROM (SELECT *, 1 AS sign FROM unnest(added) UNION ALL SELECT *, -1 FROM unnest(removed)) x CROSS JOIN (VALUES (false), (true)) v(published_only)
        GROUP BY x.type, x.id, v.published_only) d
    WHERE c.type = d.type AND c.id = d.id AND c.published_only = d.published_only
        AND (d.moved OR d.round_tables <> 0 OR d.statements <> 0);
    RETURN NULL;
END $$;

-- A change of a text, a title or a role changes no count. Changes of the lists of a record are seen where they are stored.
DROP TRIGGER round_tables_uncounted ON round_tables;
DROP TRIGGER organizers_uncounted ON organizers;
DROP TRIGGER attendees_uncounted ON attendees;
DROP TRIGGER statements_uncounted ON statements;
CREATE TRIGGER round_tables_uncounted AFTER INSERT OR DELETE ON round_tables FOR EACH ROW EXECUTE FUNCTION event_uncounted();
CREATE TRIGGER organizers_uncounted AFTER INSERT OR DELETE ON organizers FOR EACH ROW EXECUTE FUNCTION event_uncounted();
CREATE TRIGGER attendees_uncounted AFTER INSERT OR DELETE ON attendees FOR EACH ROW EXECUTE FUNCTION event_uncounted();
CREATE TRIGGER statements_uncounted AFTER INSERT OR DELETE ON statements FOR EACH ROW EXECUTE FUNCTION event_uncounted();
CREATE TRIGGER round_table_topics_uncounted AFTER INSERT OR UPDATE OR DELETE ON round_table_topics FOR EACH ROW EXECUTE FUNCTION event_uncounted();
CREATE TRIGGER statement_topics_uncounted AFTER INSERT OR UPDATE OR DELETE ON statement_topics FOR EACH ROW EXECUTE FUNCTION event_uncounted();
CREATE TRIGGER attendee_affiliations_uncounted AFTER INSERT OR UPDATE OR DELETE ON attendee_affiliations FOR EACH ROW EXECUTE FUNCTION event_uncounted();
CREATE TRIGGER round_tables_moved_uncounted AFTER UPDATE ON round_tables FOR EACH ROW
    WHEN ((OLD.starts_key, OLD.publication, OLD.place_id) IS DISTINCT FROM (NEW.starts_key, NEW.publication, NEW.place_id)) EXECUTE FUNCTION event_uncounted();
CREATE TRIGGER organizers_moved_uncounted AFTER UPDATE ON organizers FOR EACH ROW
    WHEN ((OLD.round_table_id, OLD.organization_id) IS DISTINCT FROM (NEW.round_table_id, NEW.organization_id)) EXECUTE FUNCTION event_uncounted();
CREATE TRIGGER attendees_moved_uncounted AFTER UPDATE ON attendees FOR EACH ROW
    WHEN ((OLD.round_table_id, OLD.person_id, OLD.organization_id, OLD.on_behalf_of_organization_id)
        IS DISTINCT FROM (NEW.round_table_id, NEW.person_id, NEW.organization_id, NEW.on_behalf_of_organization_id)) EXECUTE FUNCTION event_uncounted();
CREATE TRIGGER statements_moved_uncounted AFTER UPDATE ON statements FOR EACH ROW
    WHEN ((OLD.round_table_id, OLD.attendee_id, OLD.person_key, OLD.quoted_person_id)
        IS DISTINCT FROM (NEW.round_table_id, NEW.attendee_id, NEW.person_key, NEW.quoted_person_id)) EXECUTE FUNCTION event_uncounted();
