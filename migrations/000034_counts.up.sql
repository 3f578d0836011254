-- How many round tables and statements each person, organization, topic and place has, with the first and the last date. Lists sort by
-- these counts, and over a million rows a query cannot count within 20 ms. The counts agree with the filters of the lists:
-- GET /v1/round-tables?person=7 has as many round tables as person 7 counts.
--
-- Every change of a round table or of its parts recounts that round table, once per transaction, at its end. What the round table counted
-- for before is stored, so the counts of its records change by the difference. The cost depends on the size of the round table, not on
-- how many round tables a record has.

-- event_contributions is what each round table counts for. A record of the type people is listed if is_listed: the person attends or is
-- quoted. Topics of statements, and organizations that a speaker stands for, count for statements only.
CREATE VIEW event_contributions AS
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

-- event_counts are the contributions that are in record_counts.
CREATE TABLE event_counts (
    round_table_id bigint  NOT NULL,
    type           text    NOT NULL,
    id             bigint  NOT NULL,
    starts_key     integer NOT NULL,
    published      boolean NOT NULL,
    listed         boolean NOT NULL,
    statements     integer NOT NULL,
    PRIMARY KEY (round_table_id, type, id)
);
CREATE INDEX event_counts_record_idx ON event_counts (type, id, starts_key) INCLUDE (published) WHERE listed;

-- record_counts has two rows of each record: what the public sees, and everything. A date of 0 means that there is none.
CREATE TABLE record_counts (
    type           text    NOT NULL,
    id             bigint  NOT NULL,
    published_only boolean NOT NULL,
    round_tables   integer NOT NULL DEFAULT 0,
    statements     integer NOT NULL DEFAULT 0,
    first_key      integer NOT NULL DEFAULT 0,
    last_key       integer NOT NULL DEFAULT 0,
    PRIMARY KEY (type, id, published_only)
);
CREATE INDEX record_counts_round_tables_idx ON record_counts (type, published_only, round_tables, id);
CREATE INDEX record_counts_statements_idx ON record_counts (type, published_only, statements, id);
CREATE INDEX record_counts_first_idx ON record_counts (type, published_only, first_key, id);
CREATE INDEX record_counts_last_idx ON record_counts (type, published_only, last_key, id);

-- record_counts_all counts everything anew.
CREATE PROCEDURE record_counts_all() LANGUAGE plpgsql AS $$
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
CALL record_counts_all();

-- uncounted_events are the round tables that a transaction has changed. Each transaction has its own rows, so none waits for another.
CREATE TABLE uncounted_events (
    round_table_id bigint NOT NULL,
    xact           xid8   NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (round_table_id, xact)
);

-- recount_event brings the counts of the records of one round table up to date.
CREATE FUNCTION recount_event() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
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
CREATE CONSTRAINT TRIGGER uncounted_events_recount AFTER INSERT ON uncounted_events DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION recount_event();

-- A change of a part changes its record, so triggers on the records see everything.
CREATE FUNCTION event_uncounted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'round_tables' THEN
        INSERT INTO uncounted_events (round_table_id) VALUES (CASE TG_OP WHEN 'DELETE' THEN OLD.id ELSE NEW.id END) ON CONFLICT DO NOTHING;
    ELSE
        INSERT INTO uncounted_events (round_table_id) VALUES (CASE TG_OP WHEN 'DELETE' THEN OLD.round_table_id ELSE NEW.round_table_id END) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER round_tables_uncounted AFTER INSERT OR UPDATE OR DELETE ON round_tables FOR EACH ROW EXECUTE FUNCTION event_uncounted();
CREATE TRIGGER organizers_uncounted AFTER INSERT OR UPDATE OR DELETE ON organizers FOR EACH ROW EXECUTE FUNCTION event_uncounted();
CREATE TRIGGER attendees_uncounted AFTER INSERT OR UPDATE OR DELETE ON attendees FOR EACH ROW EXECUTE FUNCTION event_uncounted();
CREATE TRIGGER statements_uncounted AFTER INSERT OR UPDATE OR DELETE ON statements FOR EACH ROW EXECUTE FUNCTION event_uncounted();

-- A new record has counts at once, so that it can be read. Those of a deleted one go at the end, when no one waits for them.
CREATE FUNCTION record_counts_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO record_counts (type, id, published_only) VALUES (TG_TABLE_NAME, NEW.id, false), (TG_TABLE_NAME, NEW.id, true) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE FUNCTION record_counts_removed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    restored boolean;
BEGIN
    PERFORM registry_lock_log();
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE id = $1)', TG_TABLE_NAME) INTO restored USING OLD.id;
    IF NOT restored THEN
        DELETE FROM record_counts WHERE type = TG_TABLE_NAME AND id = OLD.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER people_counts_added AFTER INSERT ON people FOR EACH ROW EXECUTE FUNCTION record_counts_added();
CREATE TRIGGER organizations_counts_added AFTER INSERT ON organizations FOR EACH ROW EXECUTE FUNCTION record_counts_added();
CREATE TRIGGER topics_counts_added AFTER INSERT ON topics FOR EACH ROW EXECUTE FUNCTION record_counts_added();
CREATE TRIGGER places_counts_added AFTER INSERT ON places FOR EACH ROW EXECUTE FUNCTION record_counts_added();
CREATE CONSTRAINT TRIGGER people_counts_removed AFTER DELETE ON people DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION record_counts_removed();
CREATE CONSTRAINT TRIGGER organizations_counts_removed AFTER DELETE ON organizations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION record_counts_removed();
CREATE CONSTRAINT TRIGGER topics_counts_removed AFTER DELETE ON topics DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION record_counts_removed();
CREATE CONSTRAINT TRIGGER places_counts_removed AFTER DELETE ON places DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION record_counts_removed();
