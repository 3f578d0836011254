DROP TRIGGER round_tables_search ON round_tables;
DROP TRIGGER statements_search ON statements;
DROP TRIGGER documents_search ON documents;
DROP TRIGGER topics_search ON topics;
DROP TRIGGER places_search ON places;
DROP FUNCTION search_indexed, search_index, search_query, search_terms, search_weighted, search_kazakh_stems, search_holds;
DROP TABLE search_texts, search_words;
DROP VIEW search_documents;
DROP FUNCTION search_words_kept, search_vector(jsonb), search_vector(text, text), search_marked, search_normalize;

CREATE FUNCTION search_vector(lang text, value text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE split_part(lang, '-', 1)
        WHEN 'ru' THEN to_tsvector('pg_catalog.russian'::regconfig, value)
        WHEN 'en' THEN to_tsvector('pg_catalog.english'::regconfig, value)
        ELSE to_tsvector('pg_catalog.simple'::regconfig, search_fold(value)) END;

CREATE FUNCTION search_vector(value jsonb) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
DECLARE
    found tsvector := ''::tsvector;
    entry record;
BEGIN
    FOR entry IN SELECT * FROM jsonb_each_text(coalesce(value, '{}')) LOOP
        found := found || search_vector(entry.key, entry.value);
    END LOOP;
    RETURN found;
END $$;

-- search_query converts a user's search text: it matches the words in their Russian and English forms, or all of them as
-- prefixes of words as written (folded by search_fold). A text without letters and digits matches nothing.
CREATE FUNCTION search_query(value text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(plainto_tsquery('pg_catalog.russian'::regconfig, value) || plainto_tsquery('pg_catalog.english'::regconfig, value)
        || (SELECT to_tsquery('pg_catalog.simple'::regconfig, string_agg(quote_literal(word[1]) || ':*', ' & '))
            FROM regexp_matches(search_fold(value), '[[:alnum:]]+', 'g') word), ''::tsquery)
$$;

ALTER TABLE round_tables ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS (search_vector(title) || search_vector(purpose) || search_vector(outcome)) STORED;
CREATE INDEX round_tables_search_idx ON round_tables USING gin (search);
ALTER TABLE statement_texts ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS (search_vector(lang, text)) STORED;
CREATE INDEX statement_texts_search_idx ON statement_texts USING gin (search);
