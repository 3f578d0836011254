-- Spellings that a document used for a record, and that an operator confirmed, are remembered as names of the kind as_listed.

CREATE OR REPLACE FUNCTION is_other_names(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN jsonb_typeof(value) = 'array' THEN
        NOT jsonb_path_exists(value, 'strict $[*] ? (!(@.text.type() == "string" && @.text != ""
            && (@.kind == "alias" || @.kind == "transliteration" || @.kind == "former" || @.kind == "abbreviated" || @.kind == "misspelling"
                || @.kind == "as_listed")))')
    ELSE false END
$$;
