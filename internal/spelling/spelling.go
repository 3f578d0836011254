// Package spelling stores the spellings of the names of people, organizations and places, and finds records by them.
// Package names compares spellings.
package spelling

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// Index describes the table of spellings of one resource.
type Index struct {
	Table         string // table of spellings: "person_names"
	Owner         string // its column with the id of the record: "person_id"
	Records       string // table of records: "people"
	Organizations bool   // names of organizations: with legal forms, without patronymics
	References    string // SELECT of the ids of records that other records refer to, once for each reference
	Hidden        string // SQL predicate of records r that are hidden from public callers; empty: none are
	Columns       string // columns of records r that contain names, for Read
	Read          func(pgx.CollectableRow) (Record, error)
}

func (x Index) parse(spelling string) names.Name {
	if x.Organizations {
		return names.ParseOrganization(spelling)
	}
	return names.Parse(spelling)
}

// PhoneticKey returns the key that spellings of a name in different scripts have in common. It is empty for a text without
// letters and digits.
func (x Index) PhoneticKey(spelling string) string { return x.parse(spelling).PhoneticKey() }

// Score returns the similarity of two spellings, 0 to 1.
func (x Index) Score(a, b string) float64 { return names.Score(x.parse(a), x.parse(b)) }

// Sure reports whether two spellings with a score of names.Same or more certainly name the same record.
func (x Index) Sure(a, b string) bool {
	return names.Key(a) == names.Key(b) || names.Sure(x.parse(a), x.parse(b))
}

// IsShortForm reports whether a name is a short form of a person's name, or an abbreviation of an organization.
func (x Index) IsShortForm(name string) bool { return x.parse(name).IsShortForm() }

// Abbreviates reports whether the first of two names of organizations is an abbreviation of the second, by its initials.
func (x Index) Abbreviates(short, full string) bool {
	return x.Organizations && names.Abbreviates(x.parse(short), x.parse(full))
}

// Shortens reports whether the first of two names of organizations is the second without its parent or the home country.
func (x Index) Shortens(short, full string) bool {
	return x.Organizations && names.Shortens(x.parse(short), x.parse(full))
}

// MayShorten reports whether the first of two names of people may be a short form of the second, such as its surname.
func (x Index) MayShorten(short, full string) bool {
	fits := false
	if !x.Organizations {
		fits, _ = names.ShortForm(x.parse(short), x.parse(full))
	}
	return fits
}

// maxWords is the number of words of a search that count; the rest is ignored.
const maxWords = 8

// Save replaces the spellings of a record. Unchanged rows are not written.
func (x Index) Save(ctx context.Context, tx pgx.Tx, id int64, spellings []string) error {
	var b pgx.Batch
	keys, _, _ := x.rows(spellings)
	b.Queue("DELETE FROM "+x.Table+" WHERE "+x.Owner+" = @id AND key <> ALL (@keys)", pg.Args{"id": id, "keys": keys})
	x.Add(&b, id, spellings)
	return pg.Error(tx.SendBatch(ctx, &b).Close())
}

// Add queues the statement that adds spellings to a record.
func (x Index) Add(b *pgx.Batch, id int64, spellings []string) {
	keys, kept, phoneticKeys := x.rows(spellings)
	b.Queue("INSERT INTO "+x.Table+" AS n ("+x.Owner+", key, spelling, sound)"+
		" SELECT @id::bigint, * FROM unnest(@keys::text[], @spellings::text[], @sounds::text[])"+
		" ON CONFLICT ("+x.Owner+", key) DO UPDATE SET spelling = excluded.spelling, sound = excluded.sound"+
		" WHERE (n.spelling, n.sound) <> (excluded.spelling, excluded.sound)",
		pg.Args{"id": id, "keys": keys, "spellings": kept, "sounds": phoneticKeys})
}

// rows returns the columns to store: one row for each distinct key.
func (x Index) rows(spellings []string) (keys, kept, phoneticKeys []string) {
	keys, kept, phoneticKeys = []string{}, []string{}, []string{}
	for _, s := range spellings {
		if key := names.Key(s); key != "" && !slices.Contains(keys, key) {
			keys, kept, phoneticKeys = append(keys, key), append(kept, s), append(phoneticKeys, x.parse(s).PhoneticKey())
		}
	}
	return keys, kept, phoneticKeys
}

// Search restricts w to records with a spelling that contains every word of q, in any order. id is the SQL expression of
// the record's id.
func (x Index) Search(w *pg.Where, id, q string) {
	if q == "" {
		return
	}
	words := x.parse(q).Tokens()
	if len(words) == 0 { // only punctuation: no name matches
		w.Add("false")
		return
	}
	preds := make([]string, 0, maxWords)
	for i, word := range words[:min(len(words), maxWords)] {
		arg := fmt.Sprintf("q_%d", i)
		word = pg.EscapeLike(word)
		w.Bind(arg, word)
		if len(word) < 3 { // too short for the trigram index
			preds = append(preds, "(n.sound LIKE @"+arg+"||'%' OR n.sound LIKE '% '||@"+arg+"||'%')")
		} else {
			preds = append(preds, "n.sound LIKE '%'||@"+arg+"||'%'")
		}
	}
	w.Add(id + " IN (SELECT n." + x.Owner + " FROM " + x.Table + " n WHERE " + strings.Join(preds, " AND ") + ")")
}

// Ranked adds the sort order "match" to the source of a search and makes it the default: first names equal to q, then
// names that start with q, then the others.
func (x Index) Ranked(s paging.Source, w *pg.Where, q, sort string) paging.Source {
	if q == "" || !usesMatch(sort) {
		return s
	}
	w.Bind("q_sound", x.parse(q).PhoneticKey())
	return withMatch(s, "coalesce((SELECT min(CASE WHEN n.sound = @q_sound THEN 0 WHEN starts_with(n.sound, @q_sound) THEN 1 ELSE 2 END) FROM "+
		x.Table+" n WHERE n."+x.Owner+" = "+s.ID+"), 3)")
}

// usesMatch reports whether a list is sorted by the sort order "match", which is the default of a search.
func usesMatch(sort string) bool { return sort == "" || strings.Contains(sort, "match") }

// withMatch adds the sort order "match" to a source and makes it the default.
func withMatch(s paging.Source, sql string) paging.Source {
	s.Sorts = maps.Clone(s.Sorts)
	s.Sorts["match"] = paging.Column{Type: "integer", SQL: sql}
	s.Default = "match," + s.Default
	return s
}

// FindExact returns the records that have the name as written as a spelling, ordered by id, with score 1.
func (x Index) FindExact(ctx context.Context, db pg.DB, name string) ([]apperr.Candidate, error) {
	found, err := x.FindEachExact(ctx, db, []string{name})
	return found[name], err
}

// FindEachExact is FindExact for several names at once. The result is by name.
func (x Index) FindEachExact(ctx context.Context, db pg.DB, list []string) (map[string][]apperr.Candidate, error) {
	keys := make([]string, len(list))
	for i, name := range list {
		keys[i] = names.Key(name)
	}
	return pg.Candidates(ctx, db, "SELECT g.given, f.id, f.name FROM unnest(@given::text[], @keys::text[]) g(given, key) CROSS JOIN LATERAL"+
		" (SELECT r.id, text_sort_key(r.name) AS name FROM "+x.Table+" n JOIN "+x.Records+" r ON r.id = n."+x.Owner+
		" WHERE n.key = g.key ORDER BY r.id LIMIT 20) f ORDER BY f.id", pg.Args{"given": list, "keys": keys})
}

// Of returns all spellings in language maps, ordered by language.
func Of(maps ...text.Map) []string {
	var all []string
	for _, m := range maps {
		for _, lang := range m.Langs() {
			all = append(all, m[lang])
		}
	}
	return all
}

// OfOthers returns the spellings of other names.
func OfOthers(others []text.OtherName) []string {
	all := make([]string, len(others))
	for i, o := range others {
		all[i] = o.Text
	}
	return slices.Clip(all)
}

// beginner begins transactions.
type beginner interface {
	BeginTx(ctx context.Context, o pgx.TxOptions) (pgx.Tx, error)
}

// Record is a record with the spellings of its names.
type Record struct {
	ID        int64
	Spellings []string
}

// Reader makes the Read of an Index from a function that returns the id and the spellings of a record.
func Reader[T any](named func(T) (id int64, spellings []string)) func(pgx.CollectableRow) (Record, error) {
	return func(row pgx.CollectableRow) (r Record, err error) {
		record, err := pgx.RowToStructByNameLax[T](row)
		r.ID, r.Spellings = named(record)
		return r, err
	}
}

// RebuildOne rebuilds the spellings of one record, whose names were restored from the log.
func (x Index) RebuildOne(ctx context.Context, tx pgx.Tx, id int64) error {
	_, err := x.rebuild(ctx, tx, "r.id = @id", pg.Args{"id": id})
	return err
}

// rebuild rebuilds the spellings of the records that match a condition and returns these records.
func (x Index) rebuild(ctx context.Context, tx pgx.Tx, where string, args pg.Args) ([]Record, error) {
	rows, err := tx.Query(ctx, "SELECT r.id, "+x.Columns+" FROM "+x.Records+" r WHERE "+where, args)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, x.Read)
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		if err := x.Save(ctx, tx, r.ID, r.Spellings); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// rebuildBatch is the number of records that Rebuild writes in one transaction.
const rebuildBatch = 500

// Rebuild rebuilds the spellings of all records with the current rules and returns the number of records. It can run
// while other transactions write.
func (x Index) Rebuild(ctx context.Context, db beginner) (records int, err error) {
	for after := int64(0); ; {
		var list []Record
		err := pgx.BeginTxFunc(ctx, db, pgx.TxOptions{}, func(tx pgx.Tx) (err error) {
			// FOR SHARE keeps the names of these records unchanged until their spellings are written.
			list, err = x.rebuild(ctx, tx, "r.id > @after ORDER BY r.id LIMIT @limit FOR SHARE", pg.Args{"after": after, "limit": rebuildBatch})
			return err
		})
		if err != nil {
			return records, fmt.Errorf("rebuild the names of %s: %w", x.Records, pg.Error(err))
		}
		if records += len(list); len(list) < rebuildBatch {
			return records, nil
		}
		after = list[len(list)-1].ID
	}
}
