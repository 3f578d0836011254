-- Indexing a record costs as much whatever the size of the registry, and whatever it was when the connection began: plans are
-- made once, and read the tables by their indexes. In a load of 15,000 topics, a plan that was made for the empty table of words
-- read all words for each topic.

CREATE OR REPLACE FUNCTION search_index(record_type text, ids bigint[]) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
    INSERT INTO search_texts AS x SELECT d.* FROM search_documents d WHERE d.type = record_type AND d.id = ANY (ids)
    ON CONFLICT (type, id) DO UPDATE SET starts_key = excluded.starts_key, vector = excluded.vector
    WHERE x.starts_key <> excluded.starts_key OR x.vector <> excluded.vector;
END $$;

ALTER FUNCTION search_holds(tsquery, boolean) SET enable_seqscan = off;
CREATE OR REPLACE FUNCTION search_words_kept() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
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
    added := ARRAY(SELECT w FROM unnest(is_now) w WHERE (SELECT k.word FROM search_words k WHERE k.word = w) IS NULL ORDER BY w);
    removed := ARRAY(SELECT unnest(was) EXCEPT SELECT unnest(is_now));
    IF added <> '{}' OR removed <> '{}' THEN
        PERFORM registry_lock_log();
        INSERT INTO search_words SELECT unnest(added) ON CONFLICT DO NOTHING;
        DELETE FROM search_words WHERE word = ANY (removed) AND NOT search_holds(('''' || word || '''')::tsquery, false);
    END IF;
    RETURN NULL;
END $$;
