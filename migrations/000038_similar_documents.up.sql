-- The title of an act that amends another one names the other act, by its number, and was taken for it. Plain numbers of programmes
-- do not identify a programme. Documents with similar titles are found faster.

-- document_acts returns keys of the act or programme that a document is, by its number. Documents that share a key are one; after "?"
-- they may be. A document is an act if its type says so, or if its title begins with the word for an act or a programme, its country,
-- its date, its number or a quoted name; in Kazakh, the word for an act comes last: comments on a law are another document. So is an act
-- that amends or repeals another one, unless its own number comes first. Programmes have no numbers of one series.
CREATE OR REPLACE FUNCTION document_acts(title jsonb, kind text, published_on text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
    SELECT coalesce(array_agg(DISTINCT k.key ORDER BY k.key), '{}')
    FROM jsonb_each_text(coalesce(title, '{}')) t
    CROSS JOIN LATERAL (SELECT search_fold(normalize(left(t.value, 2000), NFKC)) AS folded) f
    CROSS JOIN LATERAL (SELECT * FROM act_references(t.value) LIMIT 1) r -- its own number comes first
    CROSS JOIN LATERAL (SELECT coalesce(r.year, left(published_on, 4)) AS year, coalesce(r.act, nullif(kind, 'other')) AS act,
        (regexp_match(f.folded, 'росси|russia|\mрф\M|кыргыз|kyrgyz|озбек|узбек|uzbek|тажик|таджик|tajik|турикмен|туркмен|turkmen|белару|belarus'
            '|азербай|azerbai|украин|ukrain|китай|кытай|china'))[1] AS abroad) x
    CROSS JOIN LATERAL (
        SELECT r.number || '/' || x.year AS key WHERE r.number ~ '-'
        UNION ALL SELECT '?' || r.number WHERE r.number ~ '-'
        UNION ALL SELECT CASE WHEN x.act IN ('law', 'decree') OR f.folded ~ 'правительств|укимет|government' THEN '' ELSE '?' END
            || concat_ws('/', r.number, x.act, x.abroad, x.year) WHERE r.number !~ '-' AND x.act IS NOT NULL AND x.year IS NOT NULL) k
    WHERE k.key IS NOT NULL AND (kind IN ('law', 'programme', 'memorandum') OR kind = 'other' AND f.folded ~ ('(?:заны|кодекси|жарлыгы|каулысы|буйрыгы|багдарламасы)(?:\s*no?[ .]*[0-9].*)?[^a-zа-я0-9]*$|^[^a-zа-я0-9]*(?:["«“„]|no?[. ]?[0-9]|[0-9]|(?:конституционн|конституциялык|constitutional'
        '|республик|казахстан|казакстан|рк|кр|the|republic|of|kazakhstan|rk|закон|кодекс|заны?|law|act|code|указ|жарлы|decree|edict|президент|president'
        '|правительств|укимет|government|resolution|order|state|programm?e?|strategy|concept)\M|(?:республикасы|казахстан|казакстан|конституционн|президент|укимет|жарлы|постановлени|приказ|каулы|буйры|государственн|мемлекеттик|программ|багдарлам|стратеги|концепци|тужырымдам)[а-я]*)'))
        AND f.folded !~ '^(?:закона|законе|законом|кодекса|указа|указе|постановления|приказа)\M|\mзан(?:ына|ынын|ында|га)\M'
        AND f.folded !~ '^(?:(?!\mno?[. ]*[0-9]|[0-9] ?- ?[ivx]).)*(?:внесени|изменени(?![а-я]*\s+климат)|дополнени|утративш|amend|repeal|озгерис|толыктыр|жойыл)'
$$;

REINDEX INDEX documents_acts_idx;

-- Similar titles are found by an index of their trigrams. The search of texts, which was used before, looks up each word by itself, and
-- took most of the time in which a bundle was checked.
CREATE FUNCTION document_title_words(title jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
    SELECT string_agg(words, ' ') FROM unnest(event_title_words(title)) words
$$;
CREATE INDEX documents_title_words_idx ON documents USING gin (document_title_words(title) gin_trgm_ops);

CREATE OR REPLACE FUNCTION similar_documents(title jsonb, kind text, published_on text) RETURNS TABLE (id bigint, same_act boolean, maybe_act boolean, same_title boolean, score real)
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET pg_trgm.word_similarity_threshold = 0.6 AS $$
DECLARE
    acts   text[] := document_acts(title, kind, published_on);
    titles text[] := document_titles(title);
    words  text[] := event_title_words(title);
BEGIN
    RETURN QUERY
    SELECT d.id, EXISTS (SELECT FROM unnest(acts) a WHERE a !~ '^[?]' AND a = ANY (k.theirs)), k.theirs && acts, document_titles(d.title) && titles,
        event_title_similarity(event_title_words(d.title), words)
    FROM documents d CROSS JOIN LATERAL (SELECT document_acts(d.title, d.kind, d.published_on) AS theirs) k
    WHERE d.id = ANY (ARRAY(
        SELECT a.id FROM documents a WHERE document_acts(a.title, a.kind, a.published_on) && acts
        UNION SELECT t.id FROM documents t WHERE document_titles(t.title) && titles
        UNION SELECT x.id FROM unnest(words) w CROSS JOIN LATERAL (SELECT t.id FROM documents t WHERE w <% document_title_words(t.title)
            ORDER BY word_similarity(w, document_title_words(t.title)) DESC, t.id LIMIT 50) x WHERE titles <> '{}'));
END $$;
