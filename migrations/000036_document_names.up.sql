-- Documents are found by the number and year of an act, however it is written, and bundles find them by their titles.

-- act_references returns the acts that a text refers to by number: laws, decrees, resolutions and orders. "№ 123-VI", "No. 123-VI"
-- and "123-VІ" with a Cyrillic letter are one number. The year stands beside the number, with nothing but the rest of the date, the
-- country and the word for the act between them; "2019-2021" is no year. A number with a suffix, such as the convocation of the parliament, identifies an act
-- by itself; the type tells plain numbers apart.
CREATE FUNCTION act_references(value text) RETURNS TABLE (number text, act text, year text) LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
DECLARE
    folded  text := regexp_replace(regexp_replace(search_fold(normalize(left(value, 2000), NFKC)), '[\u2010-\u2015\u2212]', '-', 'g'), '\s+', ' ', 'g');
    types   text[] := regexp_match(folded, '\m(?:((?:закон|кодекс)[а-я]*|зан(?:ы[а-я]*)?|law|act|code)|(указ[а-я]*|жарлы[кг][а-я]*|decree|edict)'
        '|(постановлени[а-я]*|каулы[а-я]*|resolution)|((?:приказ|распоряжени|буйры[кг]|оким)[а-я]*|order))\M');
    named   text := CASE WHEN types[1] IS NOT NULL THEN 'law' WHEN types[2] IS NOT NULL THEN 'decree' WHEN types[3] IS NOT NULL THEN 'resolution'
        WHEN types[4] IS NOT NULL THEN 'order' WHEN folded ~ '\m(?:программ|багдарлам|programm?e?\M|стратеги|strategy|концепци|тужырымдам|concept)' THEN 'programme' END;
    months  text := 'янв|фев|мар[та]|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек|кант|акп|наур|сауи|мамы|маус|шилд|тамы|кырк|казан|караш|желт'
        '|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec';
    between text := '(?:[ ,.()/-]|[0-9]{1,2}(?![0-9])|\m(?:(?:' || months || ')[a-zа-я]*|of|the|dated|from|от|год[а]?|г|ж|жыл[а-я]*'
        '|зрк|крз|рк|кр|rk|республик[а-я]*|каза[хк]стан[а-я]*|republic|kazakhstan|закон[а-я]*|зан[а-я]*|law)\M)*';
    core    text := '(?:\m(?:no?|nr|num|number|номер|номир[а-я]*)[.:°]? ?[0-9]{1,5}(?: ?- ?(?:[ivxухи]{1,6}|[а-я]{2,4})| [ivx]{1,6}\M)?'
        '|\m[0-9]{1,5} ?- ?[ухи]{0,5}[ivx][ivxухи]{0,5})(?![a-zа-я0-9-])';
    m       text[];
    ending  text;
BEGIN
    FOR m IN SELECT regexp_matches(folded, '(?:(?<![0-9-])((?:19|20)[0-9]{2})' || between || ')?(' || core
            || ')(?:' || between || '((?:19|20)[0-9]{2})(?![0-9]|-[0-9]{4}))?', 'g') LOOP
        number := substring(m[2] FROM '[0-9]+');
        ending := substring(m[2] FROM '[0-9] ?-? ?([a-zа-я]+)$');
        ending := CASE WHEN ending ~ '^[ivxухи]+$' THEN translate(ending, 'ухи', 'vxi') ELSE ending END;
        act := CASE WHEN ending IS NULL THEN named END;
        number := ltrim(number, '0') || coalesce('-' || ending, '');
        year := coalesce(m[1], m[3]);
        RETURN NEXT;
    END LOOP;
END $$;

-- document_acts returns keys of the act or programme that a document is, by its number. Documents that share a key are one; after "?"
-- they may be. A document is an act if its type says so, or if its title begins with the word for an act or a programme, its country,
-- its date, its number or a quoted name; in Kazakh, the word for an act comes last: comments on a law are another document.
CREATE FUNCTION document_acts(title jsonb, kind text, published_on text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
    SELECT coalesce(array_agg(DISTINCT k.key ORDER BY k.key), '{}')
    FROM jsonb_each_text(coalesce(title, '{}')) t
    CROSS JOIN LATERAL (SELECT search_fold(normalize(left(t.value, 2000), NFKC)) AS folded) f
    CROSS JOIN LATERAL (SELECT * FROM act_references(t.value) LIMIT 1) r -- an amendment names its own number first
    CROSS JOIN LATERAL (SELECT coalesce(r.year, left(published_on, 4)) AS year, coalesce(r.act, nullif(kind, 'other')) AS act,
        (regexp_match(f.folded, 'росси|russia|\mрф\M|кыргыз|kyrgyz|озбек|узбек|uzbek|тажик|таджик|tajik|турикмен|туркмен|turkmen|белару|belarus'
            '|азербай|azerbai|украин|ukrain|китай|кытай|china'))[1] AS abroad) x
    CROSS JOIN LATERAL (
        SELECT r.number || '/' || x.year AS key WHERE r.number ~ '-'
        UNION ALL SELECT '?' || r.number WHERE r.number ~ '-'
        UNION ALL SELECT CASE WHEN x.act IN ('law', 'decree', 'programme') OR f.folded ~ 'правительств|укимет|government' THEN '' ELSE '?' END
            || concat_ws('/', r.number, x.act, x.abroad, x.year) WHERE r.number !~ '-' AND x.act IS NOT NULL AND x.year IS NOT NULL) k
    WHERE k.key IS NOT NULL AND (kind IN ('law', 'programme', 'memorandum') OR kind = 'other' AND f.folded ~ ('(?:заны|кодекси|жарлыгы|каулысы|буйрыгы|багдарламасы)(?:\s*no?[ .]*[0-9].*)?[^a-zа-я0-9]*$|^[^a-zа-я0-9]*(?:["«“„]|no?[. ]?[0-9]|[0-9]|(?:конституционн|конституциялык|constitutional'
        '|республик|казахстан|казакстан|рк|кр|the|republic|of|kazakhstan|rk|закон|кодекс|заны?|law|act|code|указ|жарлы|decree|edict|президент|president'
        '|правительств|укимет|government|resolution|order|state|programm?e?|strategy|concept)\M|(?:республикасы|казахстан|казакстан|конституционн|президент|укимет|жарлы|постановлени|приказ|каулы|буйры|государственн|мемлекеттик|программ|багдарлам|стратеги|концепци|тужырымдам)[а-я]*)')
        AND f.folded !~ '^(?:закона|законе|законом|кодекса|указа|указе|постановления|приказа)\M|\mзан(?:ына|ынын|ында|га)\M')
$$;

-- document_titles returns the titles of a document for comparison: case, punctuation and the letters of Kazakh do not count. A title
-- that only says what kind of document it is, such as "Press release", identifies none.
CREATE FUNCTION document_titles(title jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
    SELECT coalesce(array_agg(DISTINCT k.folded ORDER BY k.folded), '{}')
    FROM jsonb_each_text(coalesce(title, '{}')) t CROSS JOIN LATERAL (SELECT search_fold(search_normalize(left(t.value, 500))) AS folded) k
    WHERE EXISTS (SELECT FROM unnest(tsvector_to_array(to_tsvector('pg_catalog.russian', k.folded))) w WHERE w !~ '^[0-9]+$'
        AND w <> ALL (tsvector_to_array(to_tsvector('pg_catalog.russian', 'пресс релиз программа повестка дня день доклад отчет фото фотография видео запись'
            ' протокол стенограмма резолюция рекомендации список участников участник сообщение приглашение документ проект материалы материал концептуальная записка'
            ' источник презентация заявление статья книга закон указ меморандум взаимопонимание соглашение сотрудничество аудио декларация коммюнике'
            ' письмо речь выступление приветствие приветственный совместный итоговый годовой мероприятие мероприятия круглый стол заседание встреча'
            ' конференция форум семинар брифинг слушания совещание'
            ' баспасоз хабарлама хабарламасы багдарлама багдарламасы кун тартиби баяндама есеп хаттама карар усынымдар усыныстар тизими катысушылар шакыру кужат жоба'
            ' фотосурет бейнежазба макала китап заны келисим келисими ынтымактастык хат соз жылдык корытынды бирлескен отырыс отырысы кездесу кездесуи'
            ' конференциясы форумы семинары донгелек устел устелдин конференциянын форумнын семинардын отырыстын кездесудин'
            ' press release programme program agenda report photo picture video recording minutes transcript resolution recommendations list participants'
            ' message invitation document draft materials concept note source presentation statement article book law decree memorandum understanding agreement'
            ' address cooperation audio declaration communique letter speech remarks opening welcome joint final annual event round table meeting conference forum'
            ' seminar workshop session briefing hearing'))))
$$;

CREATE INDEX documents_acts_idx ON documents USING gin (document_acts(title, kind, published_on));
CREATE INDEX documents_titles_idx ON documents USING gin (document_titles(title));

-- document_act_words returns what a search for an act by its number matches: every act that the title refers to, with and without its
-- type and year.
CREATE FUNCTION document_act_words(title jsonb, kind text, published_on text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
    SELECT setweight(coalesce(string_agg(DISTINCT '''#n' || concat_ws('/', r.number, a.act, y.year) || ''':1', ' '), '')::tsvector, 'A')
    FROM jsonb_each_text(title) t CROSS JOIN LATERAL act_references(t.value) r
    CROSS JOIN LATERAL (SELECT NULL AS act UNION SELECT coalesce(r.act, CASE WHEN r.number !~ '-' AND kind = 'law' THEN 'law' END)) a
    CROSS JOIN LATERAL (SELECT NULL AS year UNION SELECT coalesce(r.year, left(published_on, 4))) y
$$;

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
    SELECT 'documents', d.id, NULL, d.published_key,
        setweight(search_vector(d.title), 'A') || document_act_words(d.title, d.kind, d.published_on)
    FROM documents d
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

ALTER FUNCTION search_terms(text, boolean) RENAME TO search_word_terms;

-- search_terms returns the terms of a query as search_word_terms does. Each also matches the documents that refer to an act which the
-- query names by its number: so a law is found in any language, and whatever else the query says about it.
CREATE FUNCTION search_terms(q text, only_published boolean) RETURNS TABLE (exact text, forms text, related text, marks text[]) LANGUAGE sql STABLE AS $$
    SELECT t.exact || coalesce((SELECT string_agg(' | ''#n' || concat_ws('/', r.number, r.act, r.year) || ''':@', '') FROM act_references(q) r), ''), t.forms, t.related, t.marks
    FROM search_word_terms(q, only_published) t
$$;

-- similar_documents returns the documents that may be one with these members: because they share a key of document_acts or a title,
-- or because their titles are similar. maybe_act is true for a key after "?".
CREATE FUNCTION similar_documents(title jsonb, kind text, published_on text) RETURNS TABLE (id bigint, same_act boolean, maybe_act boolean, same_title boolean, score real)
LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
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
        UNION SELECT x.id FROM jsonb_each_text(similar_documents.title) l CROSS JOIN LATERAL (SELECT search_query(l.value, false) AS query) q
            CROSS JOIN LATERAL (SELECT s.id FROM search_texts s WHERE s.type = 'documents' AND s.vector @@ q.query LIMIT 50) x WHERE titles <> '{}'));
END $$;

DO $$ BEGIN PERFORM search_index('documents', ARRAY(SELECT id FROM documents)); END $$;
