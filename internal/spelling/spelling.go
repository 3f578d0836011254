// Package spelling keeps the spellings by which people, organizations and places are found, and searches them. What
// makes two spellings the same name is said by package names.
package spelling

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// Index is where the comparison keys of one resource are kept: a table of owner and key beside the table of records.
type Index struct {
	Table   string // "person_names"
	Owner   string // its column that names the record, "person_id"
	Records string // "people"
}

// maxWords bounds the words of a search; further ones are not looked at.
const maxWords = 8

// Save makes the keys of the spellings the keys of a record. Keys that are there already stay.
func (x Index) Save(ctx context.Context, tx pgx.Tx, id int64, spellings []string) error {
	args := pg.Args{"id": id, "keys": names.Keys(spellings...)}
	var b pgx.Batch
	b.Queue("DELETE FROM "+x.Table+" WHERE "+x.Owner+" = @id AND key <> ALL (@keys)", args)
	b.Queue("INSERT INTO "+x.Table+" ("+x.Owner+", key) SELECT @id::bigint, unnest(@keys::text[]) ON CONFLICT DO NOTHING", args)
	return pg.Error(tx.SendBatch(ctx, &b).Close())
}

// Search narrows to the records that have a spelling with every word of q in it, in any order. id is the expression of
// the listed record's id.
func (x Index) Search(w *pg.Where, id, q string) {
	if q == "" {
		return
	}
	words := strings.Fields(names.Key(q))
	if len(words) == 0 { // punctuation is in no name
		w.Add("false")
		return
	}
	preds := make([]string, 0, maxWords)
	for i, word := range words[:min(len(words), maxWords)] {
		arg := fmt.Sprintf("q_%d", i)
		word = pg.EscapeLike(word)
		if utf8.RuneCountInString(word) < 3 { // too short for the index in the middle of a word
			preds = append(preds, "(n.key LIKE @"+arg+"||'%' OR n.key LIKE '% '||@"+arg+"||'%')")
			w.Bind(arg, word)
			continue
		}
		preds = append(preds, "n.key LIKE '%'||@"+arg+"||'%'")
		w.Bind(arg, word)
	}
	w.Add(id + " IN (SELECT n." + x.Owner + " FROM " + x.Table + " n WHERE " + strings.Join(preds, " AND ") + ")")
}

// Ranked gives the source with the order "match" for a search: the name itself, then names that begin with q, then the
// others. It is the default then.
func (x Index) Ranked(s paging.Source, w *pg.Where, q, sort string) paging.Source {
	if q == "" || (sort != "" && !strings.Contains(sort, "match")) {
		return s
	}
	s.Sorts = maps.Clone(s.Sorts)
	s.Sorts["match"] = paging.Column{Type: "integer", SQL: "coalesce((SELECT min(CASE WHEN n.key = @q_key THEN 0 WHEN starts_with(n.key, @q_key) THEN 1 ELSE 2 END) FROM " +
		x.Table + " n WHERE n." + x.Owner + " = " + s.ID + "), 3)"}
	s.Default = "match," + s.Default
	w.Bind("q_key", names.Key(q))
	return s
}

// Find gives the records of which one of the names is a spelling, each once, in order of their ids; score is 1.
func (x Index) Find(ctx context.Context, db pg.DB, spellings ...string) ([]apperr.Candidate, error) {
	rows, err := db.Query(ctx, "SELECT r.id, text_sort_key(r.name) AS name, 1::float8 AS score FROM "+x.Records+" r WHERE r.id IN (SELECT n."+
		x.Owner+" FROM "+x.Table+" n WHERE n.key = ANY (@keys)) ORDER BY r.id LIMIT 20", pg.Args{"keys": names.Keys(spellings...)})
	if err != nil {
		return nil, pg.Error(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[apperr.Candidate])
	return found, pg.Error(err)
}

// Distinct is apperr.Conflict with the candidates when a record with one of the names is there already. Two transactions
// that ask for one name wait for each other.
func (x Index) Distinct(ctx context.Context, db pg.DB, spellings []string) error {
	keys := names.Keys(spellings...)
	slices.Sort(keys) // in one order, or two of them could wait for each other for ever
	for _, key := range keys {
		if err := pg.Exec(ctx, db, "SELECT pg_advisory_xact_lock(hashtextextended(@key, 0))", pg.Args{"key": x.Table + " " + key}); err != nil {
			return err
		}
	}
	found, err := x.Find(ctx, db, spellings...)
	if err != nil || len(found) == 0 {
		return err
	}
	e := apperr.New(apperr.Conflict, "duplicate_candidates")
	e.Extra = map[string]any{"candidates": found}
	return e
}

// Of gives all spellings in language maps, in order of their languages.
func Of(maps ...text.Map) []string {
	var all []string
	for _, m := range maps {
		for _, lang := range m.Langs() {
			all = append(all, m[lang])
		}
	}
	return all
}

// OfOthers gives the spellings among other names.
func OfOthers(others []text.OtherName) []string {
	all := make([]string, len(others))
	for i, o := range others {
		all[i] = o.Text
	}
	return slices.Clip(all)
}
