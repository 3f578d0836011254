DROP FUNCTION similar_documents(jsonb, text, text);
DROP FUNCTION search_terms(text, boolean);
ALTER FUNCTION search_word_terms(text, boolean) RENAME TO search_terms;
CREATE OR REPLACE VIEW search_documents AS
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
DROP INDEX documents_acts_idx, documents_titles_idx;
DROP FUNCTION document_act_words(jsonb, text, text);
DROP FUNCTION document_titles(jsonb);
DROP FUNCTION document_acts(jsonb, text, text);
DROP FUNCTION act_references(text);
DO $$ BEGIN PERFORM search_index('documents', ARRAY(SELECT id FROM documents)); END $$;
