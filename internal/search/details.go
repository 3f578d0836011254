package search

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/place"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/text"
	"roundtables.kz/registry/internal/topic"

	"github.com/jackc/pgx/v5"
)

// details are what a hit shows of its record.
type details struct {
	ID      int64        `db:"id"`
	Label   text.Map     `db:"label"`
	Texts   []fieldTexts `db:"texts"`
	Related []Related    `db:"related"`
	own     []textOf     // of Texts
	others  []textOf     // of Related
}

// fieldTexts is a field with its texts by language.
type fieldTexts struct {
	Field string   `json:"field"`
	Texts text.Map `json:"texts"`
}

// related is the SQL for the topics and places of a record that match a term.
const (
	relatedTopics = `SELECT json_build_object('type', 'topics', 'id', t.id, 'name', t.label) AS record, m.position FROM topics t JOIN `
	relatedPlaces = `SELECT json_build_object('type', 'places', 'id', p.id, 'name', p.name), 1000 FROM places p WHERE p.id = ANY (@places::bigint[]) AND p.id `
)

// detailsOf are the statements that read details by type. The more important texts come first.
var detailsOf = map[string]string{
	person.Type:       "SELECT p.id, p.name AS label, '[]'::json AS texts, '[]'::json AS related FROM people p WHERE p.id = ANY (@ids)",
	organization.Type: "SELECT o.id, o.name AS label, '[]'::json AS texts, '[]'::json AS related FROM organizations o WHERE o.id = ANY (@ids)",
	roundtable.Type: `SELECT r.id, r.title AS label, json_build_array(json_build_object('field', 'title', 'texts', r.title),
			json_build_object('field', 'purpose', 'texts', r.purpose), json_build_object('field', 'outcome', 'texts', r.outcome),
			json_build_object('field', 'venue', 'texts', r.venue)) AS texts,
		(SELECT coalesce(json_agg(record ORDER BY position), '[]') FROM (` + relatedTopics + `round_table_topics m ON m.topic_id = t.id
			WHERE m.round_table_id = r.id AND t.id = ANY (@topics::bigint[]) UNION ALL ` + relatedPlaces + `= r.place_id) rel) AS related
		FROM round_tables r WHERE r.id = ANY (@ids)`,
	statement.Type: `SELECT s.id, r.title AS label, json_build_array(json_build_object('field', 'text', 'texts',
			(SELECT json_object_agg(t.lang, t.text) FROM statement_texts t WHERE t.statement_id = s.id))) AS texts,
		(SELECT coalesce(json_agg(record ORDER BY position), '[]') FROM (` + relatedTopics + `statement_topics m ON m.topic_id = t.id
			WHERE m.statement_id = s.id AND t.id = ANY (@topics::bigint[])
			UNION ALL ` + relatedPlaces + `IN (SELECT l.place_id FROM statement_places l WHERE l.statement_id = s.id)
			UNION ALL SELECT json_build_object('type', 'round-tables', 'id', r.id, 'name', r.title), 2000) rel) AS related
		FROM statements s JOIN round_tables r ON r.id = s.round_table_id WHERE s.id = ANY (@ids)`,
	document.Type: `SELECT d.id, d.title AS label, json_build_array(json_build_object('field', 'title', 'texts', d.title)) AS texts, '[]'::json AS related
		FROM documents d WHERE d.id = ANY (@ids)`,
	topic.Type: `SELECT t.id, t.label, json_build_array(json_build_object('field', 'label', 'texts', t.label),
			json_build_object('field', 'description', 'texts', t.description)) AS texts, '[]'::json AS related
		FROM topics t WHERE t.id = ANY (@ids)`,
	place.Type: `SELECT p.id, p.name AS label, (json_build_array(json_build_object('field', 'name', 'texts', p.name))::jsonb
			|| (SELECT coalesce(jsonb_agg(jsonb_build_object('field', 'former_name', 'texts', f -> 'name')), '[]') FROM jsonb_array_elements(p.former_names) f)
			|| (SELECT coalesce(jsonb_agg(jsonb_build_object('field', 'other_name',
					'texts', jsonb_build_object(coalesce(o ->> 'lang', ''), o ->> 'text'))), '[]')
				FROM jsonb_array_elements(p.other_names) o))::json AS texts, '[]'::json AS related
		FROM places p WHERE p.id = ANY (@ids)`,
}

// relatedField says in Matched that a related record matches.
var relatedField = map[string]string{topic.Type: "topic", place.Type: "place", roundtable.Type: "round_table"}

// complete adds what the hits show of their records. Hits whose records were deleted in the meantime are left out.
func (s Searcher) complete(ctx context.Context, hits []Hit, terms []term) ([]Hit, error) {
	ids := map[string][]int64{}
	for _, h := range hits {
		ids[h.Type] = append(ids[h.Type], h.ID)
	}
	related := pg.Args{"topics": numbers(relatedIDs(terms, "t")), "places": numbers(relatedIDs(terms, "p"))}
	var b pgx.Batch
	found := map[string]map[int64]*details{}
	for _, t := range Types {
		if len(ids[t]) == 0 {
			continue
		}
		found[t] = map[int64]*details{}
		args := pg.Args{"ids": ids[t]}
		if t == roundtable.Type || t == statement.Type {
			args["topics"], args["places"] = related["topics"], related["places"]
		}
		b.Queue(detailsOf[t], args).Query(func(rows pgx.Rows) error {
			list, err := pgx.CollectRows(rows, pgx.RowToStructByName[details])
			for i := range list {
				found[t][list[i].ID] = &list[i]
			}
			return err
		})
	}
	if err := s.DB.SendBatch(ctx, &b).Close(); err != nil {
		return nil, pg.Error(fmt.Errorf("read the found records: %w", err))
	}
	stems, err := s.stems(ctx, found)
	if err != nil {
		return nil, err
	}
	kept := []Hit{}
	for _, h := range hits {
		d := found[h.Type][h.ID]
		if d == nil {
			continue
		}
		h.Label = d.Label
		switch {
		case h.Matched != "": // a name
			h.mark(terms)
		case h.Score == scores[0]:
			h.showRelated(d, terms, stems)
		}
		if h.Matched == "" {
			h.show(d.own, terms, stems)
		}
		if h.Matched == "" { // the match lies behind the part of the text that is read
			h.Matched = d.Texts[0].Field
		}
		kept = append(kept, h)
	}
	return kept, nil
}

// showRelated sets what a hit shows of the related record that matches most terms.
func (h *Hit) showRelated(d *details, terms []term, stems map[string]string) {
	most := 0
	for i, r := range d.Related {
		texts := slices.DeleteFunc(slices.Clone(d.others), func(t textOf) bool { return t.field != strconv.Itoa(i) })
		matched := 0
		for _, t := range texts {
			_, n := t.matches(terms, stems)
			matched = max(matched, n)
		}
		if matched > most {
			most = matched
			h.show(texts, terms, stems)
			h.Matched, h.Related = relatedField[r.Type], &d.Related[i]
		}
	}
	if h.Related == nil && len(d.Related) > 0 { // a place by one of its other names
		h.Related = &d.Related[0]
		h.Matched = relatedField[h.Related.Type]
	}
}

// mark marks the words of a name that the query contains as written, or begins.
func (h *Hit) mark(terms []term) {
	spelling := newTextOf("name", "", *h.Context)
	if found, n := spelling.matches(terms, nil); n > 0 {
		h.Highlight = found
	}
}

// stems splits the texts of the records into words, and returns the stem of each word of Russian and English.
func (s Searcher) stems(ctx context.Context, found map[string]map[int64]*details) (map[string]string, error) {
	seen := map[string]string{}
	note := func(texts []textOf) {
		for _, t := range texts {
			for _, w := range t.words {
				seen[w.written] = ""
			}
		}
	}
	for _, records := range found {
		for _, d := range records {
			for _, f := range d.Texts {
				d.own = append(d.own, textsOf(f.Field, f.Texts)...)
			}
			for i, r := range d.Related {
				d.others = append(d.others, textsOf(strconv.Itoa(i), r.Name)...)
			}
			note(d.own)
			note(d.others)
		}
	}
	words := make([]string, 0, len(seen))
	for w := range seen {
		words = append(words, w)
	}
	type stem struct {
		Word string `db:"word"`
		Stem string `db:"stem"`
	}
	list, err := pg.All[stem](ctx, s.DB, `SELECT w AS word, coalesce((SELECT lexeme FROM unnest(to_tsvector('pg_catalog.russian', w)) LIMIT 1), '') AS stem
		FROM unnest(@words::text[]) w`, pg.Args{"words": words})
	if err != nil {
		return nil, fmt.Errorf("read the stems: %w", err)
	}
	for _, x := range list {
		seen[x.Word] = x.Stem
	}
	return seen, nil
}

func numbers(list []string) []int64 {
	all := make([]int64, 0, len(list))
	for _, s := range list {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			all = append(all, n)
		}
	}
	return all
}
