-- Round tables that may be the same event: one rule for new events, for imports and for what an editor should check. A decision
-- that two of them are not the same is recorded as for people.

ALTER TABLE distinctions DROP CONSTRAINT distinctions_type_check,
    ADD CONSTRAINT distinctions_type_check CHECK (type IN ('people', 'organizations', 'round-tables')),
    ADD COLUMN first_round_table_id  bigint GENERATED ALWAYS AS (CASE type WHEN 'round-tables' THEN first_id END) STORED REFERENCES round_tables ON DELETE CASCADE,
    ADD COLUMN second_round_table_id bigint GENERATED ALWAYS AS (CASE type WHEN 'round-tables' THEN second_id END) STORED REFERENCES round_tables ON DELETE CASCADE;
CREATE INDEX distinctions_first_round_table_id_idx ON distinctions (first_round_table_id) WHERE first_round_table_id IS NOT NULL;
CREATE INDEX distinctions_second_round_table_id_idx ON distinctions (second_round_table_id) WHERE second_round_table_id IS NOT NULL;
CREATE OR REPLACE FUNCTION distinctions_snapshot(record_id bigint) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT to_jsonb(d) - '{first_person_id,second_person_id,first_organization_id,second_organization_id,first_round_table_id,second_round_table_id}'::text[]
            FROM distinctions d WHERE d.id = record_id);
END $$;
DROP TRIGGER distinctions_bump ON distinctions;
CREATE TRIGGER distinctions_bump BEFORE UPDATE ON distinctions FOR EACH ROW EXECUTE FUNCTION
    registry_bump('{first_person_id,second_person_id,first_organization_id,second_organization_id,first_round_table_id,second_round_table_id}', '{}');

-- event_title_words returns for each language the words of a title that tell events apart, as stems, sorted: no stop words and no
-- types of events. A title without such words has none: many events are called "Round table".
CREATE FUNCTION event_title_words(title jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
    SELECT coalesce(array_agg(DISTINCT k.words ORDER BY k.words), '{}')
    FROM jsonb_each_text(coalesce(title, '{}')) t CROSS JOIN LATERAL (
        SELECT string_agg(w, ' ' ORDER BY w) AS words
        FROM unnest(tsvector_to_array(to_tsvector('pg_catalog.russian', search_fold(search_normalize(left(t.value, 2000)))))) w
        WHERE w <> ALL (tsvector_to_array(to_tsvector('pg_catalog.russian', 'круглый круглого круглом стол стола столе конференция семинар вебинар'
            ' брифинг встреча заседание форум презентация слушания совещание дискуссия мероприятие тема тему теме посвященный'
            ' донгелек устел конференциясы семинары вебинары брифинги кездесу кездесуи отырыс отырысы форумы тусаукесер тындау талкылау такырыбы такырыбында атты'
            ' round table roundtable conference seminar webinar briefing meeting forum presentation hearing discussion event topic entitled titled')))) k
    WHERE k.words IS NOT NULL
$$;

-- event_title_similarity compares two results of event_title_words: 1 if two languages have the same words, else twice the shared
-- words through all words. Words that differ in a few letters are shared. A title that contains the other one, and is not much
-- longer, scores at least 0.9. Titles with different numbers are different: sessions, parts, years.
CREATE FUNCTION event_title_similarity(one text[], other text[]) RETURNS real LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    best    real := 0;
    score   real;
    x       text;
    y       text;
    a       text[];
    b       text[];
    left_a  text[];
    left_b  text[];
    digits  text[];
    digits2 text[];
    word    text;
    match   text;
    shared  integer;
    least_n integer;
    most_n  integer;
BEGIN
    FOREACH x IN ARRAY one LOOP
        FOREACH y IN ARRAY other LOOP
            IF x = y THEN
                RETURN 1;
            END IF;
            a := string_to_array(x, ' ');
            b := string_to_array(y, ' ');
            digits  := ARRAY(SELECT w FROM unnest(a) w WHERE w ~ '^([0-9]+|[ivxlc]+)$');
            digits2 := ARRAY(SELECT w FROM unnest(b) w WHERE w ~ '^([0-9]+|[ivxlc]+)$');
            CONTINUE WHEN digits <> '{}' AND digits2 <> '{}' AND NOT (digits <@ digits2 OR digits2 <@ digits);
            left_a := ARRAY(SELECT unnest(a) EXCEPT SELECT unnest(b));
            left_b := ARRAY(SELECT unnest(b) EXCEPT SELECT unnest(a));
            shared := cardinality(a) - cardinality(left_a);
            FOREACH word IN ARRAY left_a LOOP
                match := (SELECT w FROM unnest(left_b) w WHERE length(w) > 4 AND length(word) > 4 AND similarity(w, word) >= 0.5
                          ORDER BY similarity(w, word) DESC, w LIMIT 1);
                IF match IS NOT NULL THEN
                    shared := shared + 1;
                    left_b := array_remove(left_b, match);
                END IF;
            END LOOP;
            least_n := least(cardinality(a), cardinality(b));
            most_n  := greatest(cardinality(a), cardinality(b));
            score := 2.0 * shared / (least_n + most_n);
            IF shared = least_n AND shared >= 2 AND most_n <= 2.5 * least_n THEN
                score := greatest(score, 0.9);
            END IF;
            best := greatest(best, score);
        END LOOP;
    END LOOP;
    RETURN best;
END $$;

ALTER TABLE round_tables ADD COLUMN title_words text[] GENERATED ALWAYS AS (event_title_words(title)) STORED;
CREATE INDEX round_tables_title_words_idx ON round_tables USING gin (title_words);
CREATE INDEX round_tables_days_idx ON round_tables (starts_key) WHERE ends_on IS NOT NULL;
CREATE OR REPLACE FUNCTION round_tables_snapshot(record_id bigint) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT to_jsonb(r) - '{starts_key,title_sort,title_words}'::text[] || jsonb_build_object(
                'topic_ids', (SELECT coalesce(jsonb_agg(t.topic_id ORDER BY t.position), '[]') FROM round_table_topics t WHERE t.round_table_id = r.id),
                'document_links', (SELECT coalesce(jsonb_agg(jsonb_build_object('document_id', l.document_id, 'relation', l.relation) ORDER BY l.position), '[]') FROM document_links l WHERE l.round_table_id = r.id))
            FROM round_tables r WHERE r.id = record_id);
END $$;
DROP TRIGGER round_tables_bump ON round_tables;
CREATE TRIGGER round_tables_bump BEFORE UPDATE ON round_tables FOR EACH ROW EXECUTE FUNCTION registry_bump('{starts_key,title_sort,title_words}', '{}');

-- last_day returns the last day on which an event of this date and precision may end.
CREATE FUNCTION last_day(starts_on date, ends_on date, date_precision text) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT greatest(ends_on, CASE date_precision WHEN 'month' THEN (starts_on + interval '1 month')::date - 1
        WHEN 'year' THEN (starts_on + interval '1 year')::date - 1 ELSE starts_on END)
$$;

-- similar_round_tables returns the round tables that may be the event, with a score from 0 to 1. The event need not be stored.
-- people and organizers are those who are known by their records. Two events may be the same if
--
--   - their days meet, also because one date is less precise, and the titles are similar (0.85), or less similar (0.6) while a
--     person, an organizer or the place is the same. If both have people and no person in common, the titles must be the same;
--   - they begin on the same day with mostly the same people;
--   - one has no date, the titles are similar, and a person or an organizer is the same;
--   - one was postponed, the titles are the same, less than a year lies between the days, and it is no series;
--   - the titles are the same, and the other one was moved from the day of the event.
--
-- A part of an event is another event than the whole, and parts of one event with other titles are other events. So are pairs
-- that were recorded as distinct.
CREATE FUNCTION similar_round_tables(event round_tables, people bigint[], organizers bigint[]) RETURNS TABLE (id bigint, score real) LANGUAGE plpgsql STABLE AS $$
DECLARE
    words      text[]  := event_title_words(event.title);
    key        integer := starts_key(event.starts_on, event.date_precision);
    final_day  date    := last_day(event.starts_on, event.ends_on, event.date_precision);
    final_key  integer := CASE event.date_precision WHEN 'year' THEN key + 1231 WHEN 'month' THEN key + 31 ELSE starts_key(last_day(event.starts_on, event.ends_on, 'day'), 'day') END;
BEGIN
    RETURN QUERY
    SELECT c.id, greatest(c.title, CASE WHEN c.same_people THEN c.people_share END)::real
    FROM (
        SELECT p.*, p.shared >= 2 AND 2 * p.shared > least(p.own, p.theirs) AS same_people,
            p.shared::real / greatest(1, least(p.own, p.theirs)) AS people_share,
            p.own >= 2 AND p.theirs >= 2 AND p.shared = 0 AS other_people
        FROM (
            SELECT s.id, s.starts_on, s.date_precision, s.status, s.title = event.title AS same_title, s.starts_on IS NULL OR event.starts_on IS NULL AS undated,
                s.parent_id IS NOT NULL AND s.parent_id = event.parent_id AS siblings, s.place_id = event.place_id AS same_place,
                s.starts_on <= final_day AND last_day(s.starts_on, s.ends_on, s.date_precision) >= event.starts_on AS meets,
                event_title_similarity(s.title_words, words) AS title,
                EXISTS (SELECT FROM changes g WHERE g.type = 'round-tables' AND g.id = s.id AND g.before ->> 'starts_on' = event.starts_on::text
                    AND g.before ->> 'date_precision' = 'day' AND event.date_precision = 'day') AS moved,
                EXISTS (SELECT FROM round_tables t WHERE t.title_words && words AND t.id <> s.id AND t.id IS DISTINCT FROM event.id
                    AND t.status <> 'postponed' AND abs(t.starts_on - event.starts_on) BETWEEN 1 AND 366) AS series,
                cardinality(people) AS own,
                (SELECT count(DISTINCT a.person_id) FROM attendees a WHERE a.round_table_id = s.id) AS theirs,
                (SELECT count(DISTINCT a.person_id) FROM attendees a WHERE a.round_table_id = s.id AND a.person_id = ANY (people)) AS shared,
                EXISTS (SELECT FROM organizers o WHERE o.round_table_id = s.id AND o.organization_id = ANY (similar_round_tables.organizers)) AS same_organizer
            FROM round_tables s
            WHERE s.id IS DISTINCT FROM event.id AND s.id IS DISTINCT FROM event.parent_id AND (event.id IS NULL OR s.parent_id IS DISTINCT FROM event.id)
                AND s.id = ANY (ARRAY(
                    SELECT d.id FROM round_tables d WHERE key > 0 AND d.starts_key BETWEEN key AND final_key
                    UNION SELECT d.id FROM round_tables d WHERE key > 0 AND d.starts_key IN (key / 100 * 100, key / 10000 * 10000)
                    UNION SELECT d.id FROM round_tables d WHERE key > 0 AND d.ends_on >= event.starts_on
                        AND d.starts_key BETWEEN starts_key(event.starts_on - 31, 'day') AND key
                    UNION SELECT d.id FROM round_tables d WHERE d.title_words && words
                    UNION SELECT a.round_table_id FROM attendees a WHERE key = 0 AND a.person_id = ANY (people)
                    UNION SELECT o.round_table_id FROM organizers o WHERE key = 0 AND o.organization_id = ANY (similar_round_tables.organizers)
                    UNION SELECT a.round_table_id FROM attendees a WHERE key > 0 AND a.starts_key = 0 AND a.person_id = ANY (people)
                    UNION SELECT o.round_table_id FROM organizers o WHERE key > 0 AND o.starts_key = 0 AND o.organization_id = ANY (similar_round_tables.organizers)))
                AND NOT EXISTS (SELECT FROM distinctions n WHERE n.type = 'round-tables' AND n.first_id = least(s.id, event.id) AND n.second_id = greatest(s.id, event.id))
        ) p
    ) c
    WHERE c.meets AND (c.title >= 0.85 OR c.title >= 0.6 AND (c.shared > 0 OR c.same_organizer OR c.same_place)) AND (c.title = 1 OR NOT c.other_people)
        OR c.meets AND c.same_title AND (c.shared > 0 OR c.same_organizer)
        OR c.same_people AND NOT c.siblings AND c.starts_on = event.starts_on AND c.date_precision = 'day' AND event.date_precision = 'day'
        OR c.undated AND (c.title >= 0.85 OR c.same_title) AND (c.shared > 0 OR c.same_organizer) AND (c.title = 1 OR NOT c.other_people)
        OR c.title = 1 AND NOT c.siblings AND (c.moved
            OR (c.status = 'postponed' OR event.status = 'postponed') AND NOT c.series AND abs(c.starts_on - event.starts_on) <= 366)
    ORDER BY 2 DESC, 1
    LIMIT 10;
END $$;
