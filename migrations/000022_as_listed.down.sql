-- Remembered spellings become aliases.

UPDATE people SET other_names = (SELECT jsonb_agg(CASE WHEN n->>'kind' = 'as_listed' THEN n || '{"kind": "alias"}' ELSE n END ORDER BY i)
    FROM jsonb_array_elements(other_names) WITH ORDINALITY o(n, i)) WHERE other_names @> '[{"kind": "as_listed"}]';
UPDATE organizations SET other_names = (SELECT jsonb_agg(CASE WHEN n->>'kind' = 'as_listed' THEN n || '{"kind": "alias"}' ELSE n END ORDER BY i)
    FROM jsonb_array_elements(other_names) WITH ORDINALITY o(n, i)) WHERE other_names @> '[{"kind": "as_listed"}]';
UPDATE places SET other_names = (SELECT jsonb_agg(CASE WHEN n->>'kind' = 'as_listed' THEN n || '{"kind": "alias"}' ELSE n END ORDER BY i)
    FROM jsonb_array_elements(other_names) WITH ORDINALITY o(n, i)) WHERE other_names @> '[{"kind": "as_listed"}]';

CREATE OR REPLACE FUNCTION is_other_names(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN jsonb_typeof(value) = 'array' THEN
        NOT jsonb_path_exists(value, 'strict $[*] ? (!(@.text.type() == "string" && @.text != ""
            && (@.kind == "alias" || @.kind == "transliteration" || @.kind == "former" || @.kind == "abbreviated" || @.kind == "misspelling")))')
    ELSE false END
$$;
