// Package spelling keeps the spellings by which people, organizations and places are found, and finds records by them. How
// alike two spellings are is said by package names.
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

// Index is where the spellings of one resource are kept: a table of them beside the table of records.
type Index struct {
	Table         string // "person_names"
	Owner         string // its column that names the record, "person_id"
	Records       string // "people"
	Organizations bool   // names of organizations: with legal forms, without patronymics
	Hidden        string // the predicate of records r that the public does not see; empty: it sees all
}

func (x Index) parse(spelling string) names.Name {
	if x.Organizations {
		return names.ParseOrganization(spelling)
	}
	return names.Parse(spelling)
}

// Sound is what spellings of a name have in common whatever their script; empty for what is no name.
func (x Index) Sound(spelling string) string { return x.parse(spelling).Sound() }

// Sure reports whether two spellings that are as good as the same are of one record without a doubt.
func (x Index) Sure(a, b string) bool { return names.Sure(x.parse(a), x.parse(b)) }

// queues is how many locks all the sounds of one resource share: the server has room for some thousands in all.
const queues = 256

// Lock lets this transaction wait for others that ask for names of the same sound, and others for this one, until it ends.
func (x Index) Lock(ctx context.Context, tx pg.DB, spellings []string) error {
	return x.lock(ctx, tx, x.queuesOf(spellings))
}

// queuesOf gives the locks of the sounds of spellings, in one order, or two transactions could wait for each other for ever.
func (x Index) queuesOf(spellings []string) (locks []int32) {
	for _, s := range spellings {
		if sound := x.Sound(s); sound != "" {
			h := fnv.New32a()
			_, _ = io.WriteString(h, sound) // never fails
			locks = append(locks, int32(h.Sum32()%queues))
		}
	}
	slices.Sort(locks)
	return slices.Compact(locks)
}

func (x Index) lock(ctx context.Context, tx pg.DB, locks []int32) error {
	return pg.Exec(ctx, tx, "SELECT pg_advisory_xact_lock(hashtext(@table), queue) FROM unnest(@queues::int[]) queue",
		pg.Args{"table": x.Table, "queues": locks})
}

// maxWords bounds the words of a search; further ones are not looked at.
const maxWords = 8

// Save makes the spellings those of a record. Those that are there already stay.
func (x Index) Save(ctx context.Context, tx pgx.Tx, id int64, spellings []string) error {
	keys, kept, sounds := x.rows(spellings)
	args := pg.Args{"id": id, "keys": keys}
	var b pgx.Batch
	b.Queue("DELETE FROM "+x.Table+" WHERE "+x.Owner+" = @id AND key <> ALL (@keys)", args)
	b.Queue("INSERT INTO "+x.Table+" AS n ("+x.Owner+", key, spelling, sound) SELECT @id::bigint, * FROM unnest(@keys::text[], @spellings::text[], @sounds::text[])"+
		" ON CONFLICT ("+x.Owner+", key) DO UPDATE SET spelling = excluded.spelling, sound = excluded.sound WHERE (n.spelling, n.sound) <> (excluded.spelling, excluded.sound)",
		pg.Args{"id": id, "keys": keys, "spellings": kept, "sounds": sounds})
	return pg.Error(tx.SendBatch(ctx, &b).Close())
}

// rows gives what is kept of spellings, one row for each key.
func (x Index) rows(spellings []string) (keys, kept, sounds []string) {
	keys, kept, sounds = []string{}, []string{}, []string{}
	for _, s := range spellings {
		if key := names.Key(s); key != "" && !slices.Contains(keys, key) {
			keys, kept, sounds = append(keys, key), append(kept, s), append(sounds, x.parse(s).Sound())
		}
	}
	return keys, kept, sounds
}

// Search narrows to the records that have a spelling with every word of q in it, in any order. id is the expression of
// the listed record's id.
func (x Index) Search(w *pg.Where, id, q string) {
	if q == "" {
		return
	}
	words := x.parse(q).Tokens()
	if len(words) == 0 { // punctuation is in no name
		w.Add("false")
		return
	}
	preds := make([]string, 0, maxWords)
	for i, word := range words[:min(len(words), maxWords)] {
		arg := fmt.Sprintf("q_%d", i)
		word = pg.EscapeLike(word)
		if len(word) < 3 { // too short for the index in the middle of a word
			preds = append(preds, "(n.sound LIKE @"+arg+"||'%' OR n.sound LIKE '% '||@"+arg+"||'%')")
			w.Bind(arg, word)
			continue
		}
		preds = append(preds, "n.sound LIKE '%'||@"+arg+"||'%'")
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
	s.Sorts["match"] = paging.Column{Type: "integer", SQL: "coalesce((SELECT min(CASE WHEN n.sound = @q_sound THEN 0 WHEN starts_with(n.sound, @q_sound) THEN 1 ELSE 2 END) FROM " +
		x.Table + " n WHERE n." + x.Owner + " = " + s.ID + "), 3)"}
	s.Default = "match," + s.Default
	w.Bind("q_sound", x.parse(q).Sound())
	return s
}

// Exactly gives the records of which the name is a spelling as written, each once, in order of their ids; score is 1.
func (x Index) Exactly(ctx context.Context, db pg.DB, name string) ([]apperr.Candidate, error) {
	rows, err := db.Query(ctx, "SELECT r.id, text_sort_key(r.name) AS name, 1::float8 AS score FROM "+x.Records+" r WHERE r.id IN (SELECT n."+
		x.Owner+" FROM "+x.Table+" n WHERE n.key = @key) ORDER BY r.id LIMIT 20", pg.Args{"key": names.Key(name)})
	if err != nil {
		return nil, pg.Error(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[apperr.Candidate])
	return found, pg.Error(err)
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

// Learn adds an alias to the other names of a record, unless it is one of its spellings already or has no letter and no digit. A
// list that is full is apperr.Invalid.
func Learn(others []text.OtherName, spellings []string, alias string) ([]text.OtherName, error) {
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

// Renew keeps the spellings of one record anew, after its names were written by other hands than its own. columns and named are
// those of Rebuild.
func Renew[T any](ctx context.Context, tx pgx.Tx, x Index, id int64, columns string, named func(T) (id int64, spellings []string)) error {
	_, err := renew(ctx, tx, x, "SELECT r.id, "+columns+" FROM "+x.Records+" r WHERE r.id = @id", pg.Args{"id": id}, named)
	return err
}

// renew keeps the spellings of the records of a query anew and gives their ids.
func renew[T any](ctx context.Context, tx pgx.Tx, x Index, sql string, args pg.Args, named func(T) (id int64, spellings []string)) (ids []int64, err error) {
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

// rebuilt is how many records are written in one transaction by Rebuild.
const rebuilt = 500

// Rebuild keeps the spellings of all records anew, by the rules of today, and gives how many records there are. It may run
// beside writes. columns are those that named gives the id and the spellings of a record from.
func Rebuild[T any](ctx context.Context, db beginner, x Index, columns string, named func(T) (id int64, spellings []string)) (records int, err error) {
	for after := int64(0); ; {
		var ids []int64
		err := pgx.BeginTxFunc(ctx, db, pgx.TxOptions{}, func(tx pgx.Tx) (err error) {
			// The lock keeps the names of these records as they are until their spellings are written.
			ids, err = renew(ctx, tx, x, "SELECT r.id, "+columns+" FROM "+x.Records+" r WHERE r.id > @after ORDER BY r.id LIMIT @most FOR SHARE",
				pg.Args{"after": after, "most": rebuilt}, named)
			return err
		})
		if err != nil {
			return records, fmt.Errorf("rebuild the names of %s: %w", x.Records, pg.Error(err))
		}
		if records += len(ids); len(ids) < rebuilt {
			return records, nil
		}
		after = ids[len(ids)-1]
	}
}
