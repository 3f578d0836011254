// Package spelling stores the spellings of the names of people, organizations and places, and finds records by them.
// Package names compares spellings.
package spelling

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"slices"
	"strconv"
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
	Hidden        string // SQL predicate of records r that are hidden from public callers; empty: none are
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

// Sure reports whether two spellings with a score of names.Same or more certainly name the same record.
func (x Index) Sure(a, b string) bool { return names.Sure(x.parse(a), x.parse(b)) }

// lockCount is the number of advisory locks that all phonetic keys of one resource share. The server's lock table holds
// some thousands in all.
const lockCount = 256

// Lock serializes transactions that create records with the same phonetic key. The locks last until the transaction ends.
func (x Index) Lock(ctx context.Context, tx pg.DB, spellings []string) error {
	return x.lock(ctx, tx, x.locksOf(spellings))
}

// locksOf returns the lock numbers of spellings, sorted, so that two transactions cannot deadlock.
func (x Index) locksOf(spellings []string) (locks []int32) {
	for _, s := range spellings {
		if phoneticKey := x.PhoneticKey(s); phoneticKey != "" {
			h := fnv.New32a()
			_, _ = io.WriteString(h, phoneticKey) // never fails
			locks = append(locks, int32(h.Sum32()%lockCount))
		}
	}
	slices.Sort(locks)
	return slices.Compact(locks)
}

func (x Index) lock(ctx context.Context, tx pg.DB, locks []int32) error {
	return pg.Exec(ctx, tx, "SELECT pg_advisory_xact_lock(hashtext(@table), number) FROM unnest(@locks::int[]) number",
		pg.Args{"table": x.Table, "locks": locks})
}

// maxWords is the number of words of a search that count; the rest is ignored.
const maxWords = 8

// Save replaces the spellings of a record. Unchanged rows are not written.
func (x Index) Save(ctx context.Context, tx pgx.Tx, id int64, spellings []string) error {
	keys, kept, phoneticKeys := x.rows(spellings)
	args := pg.Args{"id": id, "keys": keys}
	var b pgx.Batch
	b.Queue("DELETE FROM "+x.Table+" WHERE "+x.Owner+" = @id AND key <> ALL (@keys)", args)
	b.Queue("INSERT INTO "+x.Table+" AS n ("+x.Owner+", key, spelling, sound)"+
		" SELECT @id::bigint, * FROM unnest(@keys::text[], @spellings::text[], @sounds::text[])"+
		" ON CONFLICT ("+x.Owner+", key) DO UPDATE SET spelling = excluded.spelling, sound = excluded.sound"+
		" WHERE (n.spelling, n.sound) <> (excluded.spelling, excluded.sound)",
		pg.Args{"id": id, "keys": keys, "spellings": kept, "sounds": phoneticKeys})
	return pg.Error(tx.SendBatch(ctx, &b).Close())
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
		if len(word) < 3 { // too short for the trigram index
			preds = append(preds, "(n.sound LIKE @"+arg+"||'%' OR n.sound LIKE '% '||@"+arg+"||'%')")
			w.Bind(arg, word)
			continue
		}
		preds = append(preds, "n.sound LIKE '%'||@"+arg+"||'%'")
		w.Bind(arg, word)
	}
	w.Add(id + " IN (SELECT n." + x.Owner + " FROM " + x.Table + " n WHERE " + strings.Join(preds, " AND ") + ")")
}

// Ranked adds the sort order "match" to the source of a search and makes it the default: first names equal to q, then
// names that start with q, then the others.
func (x Index) Ranked(s paging.Source, w *pg.Where, q, sort string) paging.Source {
	if q == "" || (sort != "" && !strings.Contains(sort, "match")) {
		return s
	}
	s.Sorts = maps.Clone(s.Sorts)
	s.Sorts["match"] = paging.Column{Type: "integer", SQL: "coalesce((SELECT min(" +
		"CASE WHEN n.sound = @q_sound THEN 0 WHEN starts_with(n.sound, @q_sound) THEN 1 ELSE 2 END) FROM " +
		x.Table + " n WHERE n." + x.Owner + " = " + s.ID + "), 3)"}
	s.Default = "match," + s.Default
	w.Bind("q_sound", x.parse(q).PhoneticKey())
	return s
}

// FindExact returns the records that have the name as written as a spelling, ordered by id, with score 1.
func (x Index) FindExact(ctx context.Context, db pg.DB, name string) ([]apperr.Candidate, error) {
	rows, err := db.Query(ctx, "SELECT r.id, text_sort_key(r.name) AS name, 1::float8 AS score FROM "+x.Records+" r WHERE r.id IN (SELECT n."+
		x.Owner+" FROM "+x.Table+" n WHERE n.key = @key) ORDER BY r.id LIMIT 20", pg.Args{"key": names.Key(name)})
	if err != nil {
		return nil, pg.Error(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[apperr.Candidate])
	return found, pg.Error(err)
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

// AddAlias adds an alias to the other names of a record, unless it is already one of its spellings or contains no letter
// and no digit. A full list is apperr.Invalid.
func AddAlias(others []text.OtherName, spellings []string, alias string) ([]text.OtherName, error) {
	key := names.Key(alias)
	if key == "" || slices.Contains(names.Keys(spellings...), key) {
		return others, nil
	}
	if len(others) >= text.MaxOtherNames {
		return nil, apperr.Validation([]apperr.Field{apperr.At("/keep_spelling", "other_names_full", "max", strconv.Itoa(text.MaxOtherNames))})
	}
	return append(others, text.OtherName{Text: alias, Kind: "alias"}), nil
}

// beginner begins transactions.
type beginner interface {
	BeginTx(ctx context.Context, o pgx.TxOptions) (pgx.Tx, error)
}

// RebuildOne rebuilds the spellings of one record after another resource has written its names. columns and named are as
// in Rebuild.
func RebuildOne[T any](ctx context.Context, tx pgx.Tx, x Index, id int64, columns string, named func(T) (id int64, spellings []string)) error {
	_, err := rebuildRecords(ctx, tx, x, "SELECT r.id, "+columns+" FROM "+x.Records+" r WHERE r.id = @id", pg.Args{"id": id}, named)
	return err
}

// rebuildRecords rebuilds the spellings of the records of a query and returns their ids.
func rebuildRecords[T any](ctx context.Context, tx pgx.Tx, x Index, sql string, args pg.Args,
	named func(T) (id int64, spellings []string)) (ids []int64, err error) {
	rows, err := tx.Query(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByNameLax[T])
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		id, spellings := named(r)
		if err := x.Save(ctx, tx, id, spellings); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// rebuildBatch is the number of records that Rebuild writes in one transaction.
const rebuildBatch = 500

// Rebuild rebuilds the spellings of all records with the current rules and returns the number of records. It can run
// while other transactions write. named returns the id and the spellings of a record from the given columns.
func Rebuild[T any](ctx context.Context, db beginner, x Index, columns string, named func(T) (id int64, spellings []string)) (records int, err error) {
	for after := int64(0); ; {
		var ids []int64
		err := pgx.BeginTxFunc(ctx, db, pgx.TxOptions{}, func(tx pgx.Tx) (err error) {
			// FOR SHARE keeps the names of these records unchanged until their spellings are written.
			ids, err = rebuildRecords(ctx, tx, x, "SELECT r.id, "+columns+" FROM "+x.Records+" r WHERE r.id > @after ORDER BY r.id LIMIT @limit FOR SHARE",
				pg.Args{"after": after, "limit": rebuildBatch}, named)
			return err
		})
		if err != nil {
			return records, fmt.Errorf("rebuild the names of %s: %w", x.Records, pg.Error(err))
		}
		if records += len(ids); len(ids) < rebuildBatch {
			return records, nil
		}
		after = ids[len(ids)-1]
	}
}
