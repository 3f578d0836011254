-- The value types that the tables share: language maps, names, partial dates, sort keys of event dates, and cycle checks
-- for trees. A domain over jsonb has no readable error, so they are functions called by CHECK constraints.
--
-- A restored dump runs checks and generated columns with an empty search_path. So a function here that calls another one
-- has a body that is parsed at definition (RETURN), or sets the search_path.

-- Each is_ function returns NULL for NULL (STRICT), so that a CHECK accepts an absent value.

-- is_text: a language map {"kk": "...", "ru": "..."}: at least one entry, BCP 47 keys, no empty values.
CREATE FUNCTION is_text(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN jsonb_typeof(value) = 'object' THEN
        value <> '{}' AND NOT jsonb_path_exists(value, '$.* ? (@.type() != "string" || @ like_regex "^[[:space:]]*$")')
        AND NOT jsonb_path_exists(value, '$.keyvalue() ? (!(@.key like_regex "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"))')
    ELSE false END
$$;

-- text_sort_key: the entry by which lists are sorted: ru, en, kk, or else the first of the others.
CREATE FUNCTION text_sort_key(value jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(value ->> 'ru', value ->> 'en', value ->> 'kk', jsonb_path_query_first(value, '$.keyvalue().value') #>> '{}', '')
$$;

-- is_other_names: [{"text": "...", "lang": "kk", "kind": "alias"}].
CREATE FUNCTION is_other_names(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN jsonb_typeof(value) = 'array' THEN
        NOT jsonb_path_exists(value, 'strict $[*] ? (!(@.text.type() == "string" && @.text != ""
            && (@.kind == "alias" || @.kind == "transliteration" || @.kind == "former" || @.kind == "abbreviated" || @.kind == "misspelling")))')
    ELSE false END
$$;

-- is_partial_date: YYYY, YYYY-MM or YYYY-MM-DD, with a valid date.
CREATE FUNCTION is_partial_date(value text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF value !~ '^[0-9]{4}(-(0[1-9]|1[0-2])(-[0-9]{2})?)?$' OR value LIKE '0000%' THEN
        RETURN false;
    END IF;
    PERFORM make_date(left(value, 4)::int, coalesce(nullif(substr(value, 6, 2), ''), '1')::int, coalesce(nullif(substr(value, 9, 2), ''), '1')::int);
    RETURN true;
EXCEPTION WHEN datetime_field_overflow THEN
    RETURN false;
END $$;

-- partial_date_start: the first day of a partial date.
CREATE FUNCTION partial_date_start(value text) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT make_date(left(value, 4)::int, coalesce(nullif(substr(value, 6, 2), ''), '1')::int, coalesce(nullif(substr(value, 9, 2), ''), '1')::int)
$$;

-- partial_date_end: the day after the last day of a partial date.
CREATE FUNCTION partial_date_end(value text) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (partial_date_start(value) + CASE length(value) WHEN 4 THEN interval '1 year' WHEN 7 THEN interval '1 month' ELSE interval '1 day' END)::date;

-- is_former_names: [{"name": {"en": "..."}, "until": "2022-09"}].
CREATE FUNCTION is_former_names(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN jsonb_typeof(value) = 'array' THEN
        (SELECT coalesce(bool_and(coalesce(is_text(former -> 'name') AND coalesce(is_partial_date(former ->> 'until'), true), false)), true)
         FROM jsonb_array_elements(value) former)
    ELSE false END;

-- starts_key: YYYYMMDD as a number, with 00 for an unknown month or day, so that an event known to the month sorts before
-- the days of that month; 0 for an event without a date. Tables used by filters of lists have a copy of it.
CREATE FUNCTION starts_key(starts_on date, date_precision text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN starts_on IS NULL THEN 0 ELSE
        extract(year FROM starts_on)::int * 10000
        + CASE WHEN date_precision IN ('day', 'month') THEN extract(month FROM starts_on)::int * 100 ELSE 0 END
        + CASE WHEN date_precision = 'day' THEN extract(day FROM starts_on)::int ELSE 0 END END
$$;

-- refuse_cycle rejects cycles in the parent_id of a tree. It takes one lock per table, because two transactions could
-- create a cycle together.
CREATE FUNCTION refuse_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found boolean;
BEGIN
    IF NEW.parent_id IS NULL THEN
        RETURN NEW;
    END IF;
    PERFORM pg_advisory_xact_lock(7242, TG_RELID::int);
    EXECUTE format('WITH RECURSIVE up(id) AS (SELECT $1 UNION SELECT t.parent_id FROM %s t JOIN up ON t.id = up.id WHERE t.parent_id IS NOT NULL)
                    SELECT EXISTS (SELECT FROM up WHERE id = $2)', TG_RELID::regclass) INTO found USING NEW.parent_id, NEW.id;
    IF found THEN
        RAISE EXCEPTION 'the parent is the record itself or below it' USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_TABLE_NAME || '_parent_id_cycle';
    END IF;
    RETURN NEW;
END $$;

-- An external id ("wikidata:Q42") is unique among the records of its type. This table is derived from the external_ids
-- columns.
CREATE TABLE external_ids (
    type        text   NOT NULL,
    external_id text   NOT NULL,
    id          bigint NOT NULL,
    CONSTRAINT external_ids_pkey PRIMARY KEY (type, external_id)
);
CREATE INDEX external_ids_type_id_idx ON external_ids (type, id);

CREATE FUNCTION keep_external_ids() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM external_ids WHERE type = TG_TABLE_NAME AND id = OLD.id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.external_ids <> '{}' THEN
        INSERT INTO external_ids (type, external_id, id) SELECT TG_TABLE_NAME, unnest(NEW.external_ids), NEW.id;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION is_external_ids(ids text[]) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(bool_and(i ~ '^[a-z][a-z0-9_.-]*:[^[:space:]]+$'), true) AND count(*) = count(DISTINCT i) FROM unnest(ids) i
$$;

-- Full-text search. There is no stemmer for Kazakh: its letters are folded to those that people type on Russian
-- keyboards, and queries match prefixes.
CREATE FUNCTION search_fold(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT translate(lower(value), 'әғқңөұүһіёӘҒҚҢӨҰҮҺІЁ', 'агкноуухиеагкноуухие')
$$;

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
