// Package search finds records of all types by the text of a search box. People and organizations match by name, in any spelling
// (package spelling); round tables, statements, documents, topics and places match by their texts. The migration 000028_search
// says how texts are analysed.
package search

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/place"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/text"
	"roundtables.kz/registry/internal/topic"
)

// Params are the parameters of a search.
type Params struct {
	Q     string   `query:"q" form:"q" validate:"max=200" example:"ethnic policy"`                                                            // The text: words in any order and language, phrases in quotes. The last word may be incomplete. An empty text finds nothing.
	Types []string `query:"types" form:"types" enums:"people,organizations,round-tables,statements,documents,topics,places" validate:"max=7"` // Only records of these types.
	Limit int      `query:"limit" form:"limit" default:"20" validate:"min=1"`                                                                 // Records to return at most, 1 to 100. A higher number is lowered to 100.
	Lang  string   `query:"lang" form:"lang" validate:"omitempty,language"`                                                                   // Adds `<field>_text` and `<field>_lang` to every text, in this language or, if missing, the first available of ru, en, kk.
}

// Results are the found records.
type Results struct {
	Data   []Hit          // the best match first
	Counts map[string]int // the number of matching records by type, for all searched types, at most 500 each
}

// Hit is a found record.
//
//	@Description	A record that matches the text, and where it matches.
type Hit struct {
	Type  string   `json:"type" enums:"people,organizations,round-tables,statements,documents,topics,places" example:"round-tables"` // The type of record, as in paths.
	ID    int64    `json:"id" example:"13"`                                                                                          // The id of the record.
	Label text.Map `json:"label"`                                                                                                    // The title or name of the record; of a statement, the title of its round table.
	// What matches the text: the title, the name, another text of the record, or the name of a related record.
	Matched string `json:"matched" enums:"title,name,label,text,purpose,outcome,venue,description,former_name,other_name,topic,place,round_table" example:"title"`
	// The related record that matches, if the record itself does not: a topic, a place, or the round table of a statement.
	Related *Related `json:"related"`
	// How well the record matches, 0 to 1: titles before texts, words as written before other forms, related records last. Newer
	// records precede older ones of the same score.
	Score float64 `json:"score" example:"0.95"`
	// The part of the matching text around the first match; of people and organizations, the matching spelling.
	Context *string `json:"context" example:"Actual Issues of Ethnic Policy in Kazakhstan"`
	// The language of the context. Null for spellings of names.
	ContextLang *string `json:"context_lang" example:"en"`
	// The matching parts of the context: pairs of the first character and the one after the last, in Unicode code points from 0.
	Highlight [][]int    `json:"highlight"`
	Added     text.Added `json:",embed" swaggerignore:"true"`

	starts int32
}

// Related is a related record that matches.
//
//	@Description	The related record that matches.
type Related struct {
	Type  string     `json:"type" enums:"topics,places,round-tables" example:"topics"` // The type of record, as in paths.
	ID    int64      `json:"id" example:"3"`                                           // The id of the record.
	Name  text.Map   `json:"name"`                                                     // Its name by language.
	Added text.Added `json:",embed" swaggerignore:"true"`
} //	@name	SearchRelated

// The bounds of a search.
const (
	maxLimit = 100
	maxCount = 500 // of matching records of a type; also the number of records that are ranked
	maxNames = 500 // of people or organizations
	maxNewer = 100 // of the newest records that are ranked in addition, if more match
)

// Types are the types of records that are searched, in the order of equal results.
var Types = []string{person.Type, organization.Type, roundtable.Type, topic.Type, place.Type, document.Type, statement.Type}

// Searcher searches records of all types.
type Searcher struct {
	DB pg.DB
	spelling.Finders
}

// Search returns the records that match, as the actor may see them. A text without words that can be searched for matches nothing.
func (s Searcher) Search(ctx context.Context, p Params) (Results, error) {
	results := Results{Data: []Hit{}, Counts: map[string]int{}}
	limit := min(p.Limit, maxLimit)
	terms, err := pg.All[term](ctx, s.DB, "SELECT exact, forms, related, marks FROM search_terms(@q, @public)",
		pg.Args{"q": p.Q, "public": actor.From(ctx).SeesOnlyPublished()})
	if err != nil {
		return results, fmt.Errorf("read the query: %w", err)
	}
	for _, t := range Types {
		if len(p.Types) > 0 && !slices.Contains(p.Types, t) {
			continue
		}
		results.Counts[t] = 0
		var hits []Hit
		switch {
		case len(terms) == 0:
		case t == person.Type || t == organization.Type:
			hits, err = s.byName(ctx, t, p.Q)
		default:
			hits, err = s.byText(ctx, t, terms, limit, results.Counts)
		}
		if err != nil {
			return results, err
		}
		if t == person.Type || t == organization.Type {
			results.Counts[t] = len(hits)
		}
		results.Data = append(results.Data, hits...)
	}
	slices.SortStableFunc(results.Data, func(a, b Hit) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.starts, a.starts)) })
	results.Data, err = s.complete(ctx, results.Data[:min(limit, len(results.Data))], terms)
	return results, err
}

// byName finds people or organizations.
func (s Searcher) byName(ctx context.Context, recordType, q string) ([]Hit, error) {
	finder := s.People
	if recordType == organization.Type {
		finder = s.Organizations
	}
	matches, _, err := finder.Search(ctx, q, maxNames)
	hits := make([]Hit, len(matches))
	for i, m := range matches {
		hits[i] = Hit{Type: recordType, ID: m.ID, Matched: "name", Score: spelling.Rounded(m.Score), Context: &m.Spelling, Highlight: [][]int{}}
	}
	return hits, err
}

// The scores of the ranks: of related records only, own texts, own texts as written, titles, titles as written.
var scores = [...]float64{.4, .6, .7, .85, .95}

// byText finds records by their texts, at most limit. It sets the count of the type.
func (s Searcher) byText(ctx context.Context, recordType string, terms []term, limit int, counts map[string]int) ([]Hit, error) {
	public := actor.From(ctx).SeesOnlyPublished()
	from := "search_texts x"
	visible := ""
	if public {
		switch recordType {
		case roundtable.Type, statement.Type:
			from += " JOIN round_tables r ON r.id = x.round_table_id"
			visible = " AND r.publication = 'published'"
		case document.Type:
			visible = ` AND coalesce((SELECT bool_or(r.publication = 'published')
				FROM document_links l JOIN round_tables r ON r.id = l.round_table_id WHERE l.document_id = x.id), true)`
		}
	}
	args := pg.Args{
		"any": queryOf(terms, term.any, ""), "words": queryOf(terms, term.own, "AB"), "written": queryOf(terms, term.written, "AB"),
		"title": queryOf(terms, term.own, "A"), "whole": queryOf(terms, term.written, "A"), "limit": limit,
	}
	type found struct {
		ID     int64 `db:"id"`
		Starts int32 `db:"starts_key"`
		Rank   int   `db:"rank"`
		Count  int   `db:"count"`
	}
	read := func(condition, rest string, most int) ([]found, error) {
		args["most"] = most
		// Found first and ranked then, so that PostgreSQL reads no more than most records and uses the index of the type.
		return pg.All[found](ctx, s.DB, "WITH hits AS MATERIALIZED (SELECT x.id, x.starts_key, x.vector FROM "+from+
			" WHERE x.type = '"+recordType+"' AND "+condition+visible+rest+` LIMIT @most)
			SELECT id, starts_key, CASE WHEN vector @@ @whole::text::tsquery THEN 4 WHEN vector @@ @title::text::tsquery THEN 3
				WHEN vector @@ @written::text::tsquery THEN 2 WHEN vector @@ @words::text::tsquery THEN 1 ELSE 0 END AS rank,
				(SELECT count(*) FROM hits) AS count
			FROM hits ORDER BY rank DESC, starts_key DESC, id DESC LIMIT @limit`, args)
	}
	list, err := read("x.vector @@ @any::text::tsquery", "", maxCount+1)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	counts[recordType] = min(list[0].Count, maxCount)
	if list[0].Count > maxCount { // only some were ranked: the newest ones are found in order, without the index of words
		newer, err := read("(x.vector @@ @any::text::tsquery) IS TRUE", " ORDER BY x.starts_key DESC, x.id DESC", maxNewer)
		if err != nil {
			return nil, err
		}
		list = append(newer, list...)
		slices.SortStableFunc(list, func(a, b found) int {
			return cmp.Or(cmp.Compare(b.Rank, a.Rank), cmp.Compare(b.Starts, a.Starts), cmp.Compare(b.ID, a.ID))
		})
		list = slices.CompactFunc(list, func(a, b found) bool { return a.ID == b.ID })
	}
	hits := make([]Hit, 0, len(list))
	for _, f := range list[:min(limit, len(list))] {
		score := scores[f.Rank]
		if f.Rank == 4 && (recordType == topic.Type || recordType == place.Type) { // the subject itself precedes what is about it
			score += .02
		}
		hits = append(hits, Hit{Type: recordType, ID: f.ID, Score: score, starts: f.Starts, Highlight: [][]int{}})
	}
	return hits, nil
}
