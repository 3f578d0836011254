-- One table holds what full-text search finds: round tables, statements, documents, topics and places. Before, two tables had a
-- column of their own, so a search was limited to one of them, to one language per word, and to the text of the record itself.
--
-- The vector of a record has four kinds of lexemes, so that a query can tell them apart:
--
--   реформы   a word as written, folded by search_fold, in any language
--   ~реформ   the stem of a word of a Russian or English text
--   ^реформы  a word of a Kazakh text; queries match its beginning, the Kazakh stem
--   #t7, #p3  the record has topic 7, or place 3
--
-- The weights are A for titles and names, B for other texts of the record, C for the title of the round table of a statement.

ALTER TABLE round_tables DROP COLUMN search;
ALTER TABLE statement_texts DROP COLUMN search;
DROP FUNCTION search_query(text), search_vector(jsonb), search_vector(text, text);

-- search_normalize reduces a text to words of letters and digits. Otherwise the parser of PostgreSQL reads КИСИ/РФ as the name of
-- a file and 2020-2021 as two numbers, one negative.
CREATE FUNCTION search_normalize(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT btrim(regexp_replace(regexp_replace(normalize(value, NFC), '[\u0300-\u036F\u00AD\u200B-\u200D]', '', 'g'), '[^[:alnum:]]+', ' ', 'g'))
$$;

-- search_marked puts a mark before each lexeme, and keeps the positions.
CREATE FUNCTION search_marked(mark text, vector tsvector) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(string_agg('''' || mark || lexeme || ''':' || array_to_string(positions, ','), ' '), '')::tsvector
    FROM unnest(vector) WHERE octet_length(lexeme) < 1000
$$;

-- search_vector analyses a text in a language. The Russian configuration stems English words, too, because it treats words in
-- Latin letters as English.
CREATE FUNCTION search_vector(lang text, value text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    words text := search_normalize(left(value, 30000));
    exact tsvector := to_tsvector('pg_catalog.simple', search_fold(words));
BEGIN
    IF lang ~* '^(ru|en)(-|$)' THEN
        RETURN exact || search_marked('~', to_tsvector('pg_catalog.russian', words));
    ELSIF lang ~* '^kk(-|$)' THEN
        RETURN exact || search_marked('^', exact);
    END IF;
    RETURN exact;
END $$;

-- search_vector of a language map. What exceeds the largest tsvector is left out.
CREATE FUNCTION search_vector(value jsonb) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    found tsvector := '';
    entry record;
BEGIN
    FOR entry IN SELECT key, e.value FROM jsonb_each_text(coalesce(value, '{}')) e LOOP
        EXIT WHEN pg_column_size(found) > 120000;
        found := found || search_vector(entry.key, entry.value);
    END LOOP;
    RETURN found;
END $$;

-- search_documents is what search_texts contains.
CREATE VIEW search_documents AS
    SELECT 'round-tables' AS type, r.id, r.id AS round_table_id, r.starts_key,
        setweight(search_vector(r.title), 'A') || setweight(search_vector(r.purpose) || search_vector(r.outcome) || search_vector(r.venue), 'B')
        || array_to_tsvector(ARRAY(SELECT '#t' || t.topic_id FROM round_table_topics t WHERE t.round_table_id = r.id
                                   UNION SELECT '#p' || r.place_id WHERE r.place_id IS NOT NULL)) AS vector
    FROM round_tables r
    UNION ALL
    SELECT 'statements', s.id, s.round_table_id, s.starts_key,
        setweight(search_vector((SELECT jsonb_object_agg(t.lang, t.text) FROM statement_texts t WHERE t.statement_id = s.id)), 'B')
        || setweight(search_vector(r.title), 'C')
        || array_to_tsvector(ARRAY(SELECT '#t' || t.topic_id FROM statement_topics t WHERE t.statement_id = s.id
                                   UNION SELECT '#p' || p.place_id FROM statement_places p WHERE p.statement_id = s.id))
    FROM statements s JOIN round_tables r ON r.id = s.round_table_id
    UNION ALL
    SELECT 'documents', d.id, NULL, d.published_key, setweight(search_vector(d.title), 'A') FROM documents d
    UNION ALL
    SELECT 'topics', t.id, NULL, 0, setweight(search_vector(t.label), 'A') || setweight(search_vector(t.description), 'B') FROM topics t
    UNION ALL
    SELECT 'places', p.id, NULL, 0, setweight(search_vector(p.name) || search_vector(
        (SELECT jsonb_object_agg(coalesce(lang, '') || n, name) FROM (
            SELECT l.key AS lang, '' AS n, string_agg(l.value, ' ') AS name
            FROM jsonb_array_elements(p.former_names) f, jsonb_each_text(f -> 'name') l GROUP BY l.key
            UNION ALL
            SELECT o ->> 'lang', '-x-other', string_agg(o ->> 'text', ' ') FROM jsonb_array_elements(p.other_names) o GROUP BY o ->> 'lang') names)), 'A')
    FROM places p;

CREATE TABLE search_texts (
    type           text     NOT NULL,
    id             bigint   NOT NULL,
    round_table_id bigint,            -- whose publication decides who sees the record
    starts_key     integer  NOT NULL, -- the date by which newer records come first; 0: none
    vector         tsvector NOT NULL,
    PRIMARY KEY (type, id)
);
CREATE INDEX search_texts_starts_idx ON search_texts (type, starts_key, id);
-- One index for each type: words of many statements must not slow down a search for round tables.
CREATE INDEX search_texts_round_tables_idx ON search_texts USING gin (vector) WHERE type = 'round-tables';
CREATE INDEX search_texts_statements_idx ON search_texts USING gin (vector) WHERE type = 'statements';
CREATE INDEX search_texts_documents_idx ON search_texts USING gin (vector) WHERE type = 'documents';
CREATE INDEX search_texts_topics_idx ON search_texts USING gin (vector) WHERE type = 'topics';
CREATE INDEX search_texts_places_idx ON search_texts USING gin (vector) WHERE type = 'places';

-- The words as written, from which misspelled words of a query are corrected.
CREATE TABLE search_words (
    word text PRIMARY KEY
);
CREATE INDEX search_words_prefix_idx ON search_words (word text_pattern_ops);
CREATE INDEX search_words_similar_idx ON search_words USING gin (word gin_trgm_ops);

-- search_holds reports whether any record has a lexeme that matches the query; for the public, any published one.
CREATE FUNCTION search_holds(query tsquery, only_published boolean) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM search_texts WHERE type = 'round-tables' AND vector @@ query AND (NOT only_published OR round_tables_public(id)))
        OR EXISTS (SELECT FROM search_texts WHERE type = 'statements' AND vector @@ query AND (NOT only_published OR round_tables_public(round_table_id)))
        OR EXISTS (SELECT FROM search_texts WHERE type = 'documents' AND vector @@ query AND (NOT only_published OR documents_public(id)))
        OR EXISTS (SELECT FROM search_texts WHERE type = 'topics' AND vector @@ query)
        OR EXISTS (SELECT FROM search_texts WHERE type = 'places' AND vector @@ query);
END $$;

-- A word that no record contains any more goes: it may be the name of an erased person. The lock of the log comes first, because
-- two transactions could wait for each other's words.
CREATE FUNCTION search_words_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was     text[] := '{}';
    is_now  text[] := '{}';
    added   text[];
    removed text[];
BEGIN
    IF TG_OP <> 'INSERT' THEN
        was := ARRAY(SELECT w FROM unnest(tsvector_to_array(OLD.vector)) w WHERE left(w, 1) NOT IN ('~', '^', '#') AND length(w) BETWEEN 4 AND 40);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        is_now := ARRAY(SELECT w FROM unnest(tsvector_to_array(NEW.vector)) w WHERE left(w, 1) NOT IN ('~', '^', '#') AND length(w) BETWEEN 4 AND 40);
    END IF;
    added := ARRAY(SELECT w FROM unnest(is_now) w WHERE NOT EXISTS (SELECT FROM search_words k WHERE k.word = w) ORDER BY w);
    removed := ARRAY(SELECT unnest(was) EXCEPT SELECT unnest(is_now));
    IF added <> '{}' OR removed <> '{}' THEN
        PERFORM registry_lock_log();
        INSERT INTO search_words SELECT unnest(added) ON CONFLICT DO NOTHING;
        DELETE FROM search_words WHERE word = ANY (removed) AND NOT search_holds(('''' || word || '''')::tsquery, false);
    END IF;
    RETURN NULL;
END $$;

INSERT INTO search_texts SELECT * FROM search_documents;
INSERT INTO search_words
    SELECT DISTINCT w FROM search_texts, unnest(tsvector_to_array(vector)) w WHERE left(w, 1) NOT IN ('~', '^', '#') AND length(w) BETWEEN 4 AND 40;
CREATE TRIGGER search_texts_words AFTER INSERT OR UPDATE OF vector OR DELETE ON search_texts FOR EACH ROW EXECUTE FUNCTION search_words_kept();

-- search_index brings records up to date.
CREATE FUNCTION search_index(record_type text, ids bigint[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO search_texts AS x SELECT d.* FROM search_documents d WHERE d.type = record_type AND d.id = ANY (ids)
    ON CONFLICT (type, id) DO UPDATE SET starts_key = excluded.starts_key, vector = excluded.vector
    WHERE x.starts_key <> excluded.starts_key OR x.vector <> excluded.vector
$$;

-- A change of a part changes the version of its record, so one trigger on the record sees it. It is deferred, so that a record is
-- indexed once it has all its parts.
CREATE FUNCTION search_indexed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM search_texts WHERE type = TG_ARGV[0] AND id = OLD.id;
        RETURN NULL;
    END IF;
    PERFORM search_index(TG_ARGV[0], ARRAY[NEW.id]);
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'round_tables' THEN
        IF OLD.title <> NEW.title THEN
            PERFORM search_index('statements', ARRAY(SELECT s.id FROM statements s WHERE s.round_table_id = NEW.id));
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER round_tables_search AFTER INSERT OR UPDATE OR DELETE ON round_tables DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION search_indexed('round-tables');
CREATE CONSTRAINT TRIGGER statements_search AFTER INSERT OR UPDATE OR DELETE ON statements DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION search_indexed('statements');
CREATE CONSTRAINT TRIGGER documents_search AFTER INSERT OR UPDATE OR DELETE ON documents DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION search_indexed('documents');
CREATE CONSTRAINT TRIGGER topics_search AFTER INSERT OR UPDATE OR DELETE ON topics DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION search_indexed('topics');
CREATE CONSTRAINT TRIGGER places_search AFTER INSERT OR UPDATE OR DELETE ON places DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION search_indexed('places');

-- search_kazakh_stems returns the beginnings that the forms of a folded Kazakh word share. It removes up to four endings (plural,
-- possessive, case, -дағы, -лық, -лы), the longest first, and leaves at least four letters. A last п or к becomes voiced before an
-- ending (кітап, кітабы), so both forms are returned.
CREATE FUNCTION search_kazakh_stems(word text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    stem text := word;
    next text;
BEGIN
    IF word !~ '^[а-я]+$' THEN
        RETURN '{}';
    END IF;
    FOR i IN 1..4 LOOP
        next := substring(stem FROM '^(.{4,}?)(?:ндагы|ндеги|дагы|деги|тагы|теги|ымыз|имиз|ыныз|иниз|лар|лер|дар|дер|тар|тер|нын|нин|дын|дин|тын|тин|дан|ден|тан|тен|нан|нен|нда|нде|мен|бен|пен|лык|лик|дык|дик|тык|тик|сыз|сиз|мыз|миз|ныз|низ|гы|ги|кы|ки|га|ге|ка|ке|на|не|ны|ни|ды|ди|ты|ти|лы|ли|да|де|та|те|сы|си|ым|им|ын|ин|ы|и|а|е)$');
        EXIT WHEN next IS NULL;
        stem := next;
    END LOOP;
    RETURN CASE right(stem, 1)
        WHEN 'п' THEN ARRAY[stem, left(stem, -1) || 'б'] WHEN 'б' THEN ARRAY[stem, left(stem, -1) || 'п']
        WHEN 'к' THEN ARRAY[stem, left(stem, -1) || 'г'] WHEN 'г' THEN ARRAY[stem, left(stem, -1) || 'к']
        ELSE ARRAY[stem] END;
END $$;

-- search_weighted makes a query of a pattern, in which @ stands for the weights of a lexeme; NULL: any.
CREATE FUNCTION search_weighted(pattern text, weights text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN weights IS NULL THEN replace(replace(pattern, ':@', ''), ':*@', ':*') ELSE replace(pattern, '@', weights) END::tsquery
$$;

-- search_terms reads the text of a search box: words, and phrases in quotes. A record must match every term.
--
--   exact    the words as written, as a pattern of search_weighted
--   forms    other forms of the words, and the words that begin with the last one
--   related  topics and places that match the term; '' if there are none
--   marks    the lexemes by which matching words of a text are recognized; * stands for any ending
--
-- Words that are too common to search for are left out, except in phrases. A word that no text contains is replaced by the
-- most similar ones. For the public, words of unpublished records do not exist: whether and how a word is corrected must not
-- tell what a draft contains.
CREATE FUNCTION search_terms(q text, only_published boolean) RETURNS TABLE (exact text, forms text, related text, marks text[]) LANGUAGE plpgsql STABLE AS $$
DECLARE
    parts   text[] := string_to_array(translate(left(q, 1000), '«»“”„‟', '""""""'), '"');
    total   int := coalesce(array_length(parts, 1), 0);
    is_last boolean;
    words   text[];
    folded  text;
    stem    text;
    stems   text[];
    near    text;
    pieces  text[];
    given   int := 0;
    corrected int;
BEGIN
    FOR i IN 1..total LOOP
        words := string_to_array(search_normalize(parts[i]), ' ');
        IF i % 2 = 0 AND i < total AND cardinality(words) > 1 THEN
            words := words[1:20];
            exact := (SELECT string_agg('''' || search_fold(w) || ''':@', ' <-> ') FROM unnest(words) w);
            marks := ARRAY(SELECT search_fold(w) FROM unnest(words) w);
            pieces := ARRAY(SELECT regexp_replace(phrase::text, '''([^'']+)''', '''~\1'':@', 'g')
                            FROM phraseto_tsquery('pg_catalog.russian', array_to_string(words, ' ')) phrase WHERE numnode(phrase) > 0);
            marks := marks || ARRAY(SELECT '~' || lexeme FROM unnest(to_tsvector('pg_catalog.russian', array_to_string(words, ' '))));
            IF array_to_string(words, '') ~ '^[[:alpha:]]+$' AND array_to_string(words, '') !~ '[a-z]' THEN
                pieces := pieces || (SELECT string_agg('(' || (SELECT string_agg('''^' || k || ''':*@', ' | ') FROM unnest(search_kazakh_stems(search_fold(w))) k) || ')', ' <-> ')
                                     FROM unnest(words) w);
                marks := marks || ARRAY(SELECT '^' || k || '*' FROM unnest(words) w, unnest(search_kazakh_stems(search_fold(w))) k);
            END IF;
            forms := array_to_string(pieces, ' | ');
            related := coalesce((SELECT string_agg('''#t' || x.id || '''', ' | ') FROM (SELECT t.id FROM search_texts t WHERE t.type = 'topics'
                AND t.vector @@ search_weighted(concat_ws(' | ', exact, nullif(forms, '')), 'A') ORDER BY t.id LIMIT 100) x), '');
            RETURN NEXT;
            given := given + 1;
            CONTINUE;
        END IF;
        FOR n IN 1..coalesce(cardinality(words), 0) LOOP
            EXIT WHEN given >= 12;
            folded := left(search_fold(words[n]), 100);
            stem := (SELECT lexeme FROM unnest(to_tsvector('pg_catalog.russian', left(words[n], 100))) LIMIT 1);
            CONTINUE WHEN stem IS NULL OR folded IN ('жане', 'мен', 'бен', 'пен', 'ушин', 'туралы', 'бойынша', 'бул', 'осы', 'сол', 'ол', 'да', 'де');
            is_last := n = cardinality(words) AND i = total AND right(q, 1) ~ '[[:alnum:]]';
            stems := search_kazakh_stems(folded);
            exact := '''' || folded || ''':@';
            pieces := ARRAY['''~' || stem || ''':@'] || ARRAY(SELECT '''^' || k || ''':*@' FROM unnest(stems) k);
            marks := ARRAY[folded, '~' || stem] || ARRAY(SELECT '^' || k || '*' FROM unnest(stems) k);
            IF is_last AND length(folded) > 1 THEN
                pieces := pieces || ('''' || folded || ''':*@');
                marks := marks || (folded || '*');
            END IF;
            forms := array_to_string(pieces, ' | ');
            IF length(folded) BETWEEN 4 AND 40 AND folded !~ '[0-9]' AND (only_published OR NOT EXISTS (SELECT FROM search_words w WHERE w.word = folded))
                AND NOT search_holds(search_weighted(exact || ' | ' || forms, NULL), only_published) THEN
                corrected := 0;
                FOR near IN SELECT w.word FROM search_words w WHERE w.word % folded AND abs(length(w.word) - length(folded)) <= 2
                        ORDER BY similarity(w.word, folded) DESC, w.word LOOP
                    CONTINUE WHEN NOT search_holds(('''' || near || '''')::tsquery, only_published);
                    corrected := corrected + 1;
                    stem := (SELECT lexeme FROM unnest(to_tsvector('pg_catalog.russian', near)) LIMIT 1);
                    forms := forms || ' | ''' || near || ''':@' || coalesce(' | ''~' || stem || ''':@', '');
                    marks := marks || near || ('~' || coalesce(stem, near));
                    EXIT WHEN corrected = 3;
                END LOOP;
            END IF;
            related := coalesce((SELECT string_agg('''#t' || x.id || '''', ' | ') FROM (SELECT t.id FROM search_texts t WHERE t.type = 'topics'
                    AND t.vector @@ search_weighted(exact || ' | ' || forms, 'A') ORDER BY t.id LIMIT 100) x), '');
            related := concat_ws(' | ', nullif(related, ''), (SELECT string_agg('''#p' || x.id || '''', ' | ') FROM (SELECT p.id FROM search_texts p WHERE p.type = 'places'
                    AND p.vector @@ search_weighted(exact || ' | ' || forms, 'AB') ORDER BY p.id LIMIT 100) x));
            RETURN NEXT;
            given := given + 1;
        END LOOP;
    END LOOP;
END $$;

-- search_query is the query for all terms of the text of a search box. A text without words that can be searched for matches nothing.
CREATE FUNCTION search_query(q text, only_published boolean) RETURNS tsquery LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg('(' || search_weighted(concat_ws(' | ', '(' || t.exact || ')', nullif(t.forms, ''), nullif(t.related, '')), NULL)::text || ')', ' & '), '')::tsquery
    FROM search_terms(q, only_published) t
$$;
