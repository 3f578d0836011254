package bundle

import (
	"context"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// kind is a type of records that documents name.
type kind[T any] struct {
	plural   string // the type in paths and in the log
	table    string
	name     string // the column of the main name
	external bool   // whether its records have external ids
	identity func(T) identity
	find     func(ctx context.Context, db pg.DB, name string) ([]apperr.Candidate, error)
	check    func(lang string, of T) []apperr.Field
	create   func(ctx context.Context, tx pgx.Tx, lang string, of T, parent *int64) (int64, error)

	// Of kinds whose records are found by the sound of their names, too:
	sounding func(T) []string                         // the names that are asked for
	spelled  func(lang string, of T) []string         // all names that the record will have
	learn    func(into *T, other text.OtherName) bool // adds a name; false: there is no room
	beside   func(ctx context.Context, db pg.DB, records, organizations []int64) (map[beside]string, error)
}

// identity is by what a record is known in the document.
type identity struct {
	id     *int64
	name   string   // as the document gives it
	others []string // further names
	ids    []string // external ids
	parent *string  // name of another record of the kind
	isNew  bool     // the document says so
}

// entry is one record that the document names, however often.
type entry[T any] struct {
	at     string // where it is named first
	about  T      // all that the document says of it
	parent *entry[T]
	beside []*entry[Organization] // where the document says that a person works

	id       int64 // of a record that is to be created, a negative one that no other has until then
	name     string
	score    float64
	reasons  []spelling.Reason
	possible []PossibleDuplicate // of a new record
}

// directory holds the records of one kind that the document names: the same name is the same record.
type directory[T any] struct {
	kind    kind[T]
	lang    string
	entries []*entry[T]
	byName  map[string]*entry[T]
	byID    map[int64]*entry[T]

	sounds *sounds // nil: records of this kind are found by exact names only
	united []United

	mistakes  []apperr.Field
	ambiguous []apperr.Field
}

func newDirectory[T any](k kind[T], lang string, s *sounds) *directory[T] {
	return &directory[T]{kind: k, lang: lang, byName: map[string]*entry[T]{}, byID: map[int64]*entry[T]{}, sounds: s}
}

// add gives the entry of the record that is named at the pointer. What is said of a record in several places is put
// together; what was said first holds.
func (d *directory[T]) add(at string, about T) *entry[T] {
	who := d.kind.identity(about)
	e := d.known(who)
	if e == nil {
		e = &entry[T]{at: at, about: about}
		d.entries = append(d.entries, e)
	} else {
		fill(&e.about, about)
	}
	if who.id != nil {
		d.byID[*who.id] = e
	}
	if who.id == nil && names.Key(who.name) == "" {
		d.mistakes = append(d.mistakes, apperr.At(at, "no_name"))
	}
	for _, key := range names.Keys(append([]string{who.name}, who.others...)...) {
		if other, ok := d.byName[key]; ok && other != e {
			d.mistakes = append(d.mistakes, apperr.At(at, "name_of_another", "pointer", other.at))
			continue
		}
		d.byName[key] = e
	}
	return e
}

func (d *directory[T]) known(who identity) *entry[T] {
	named := d.byName[names.Key(who.name)]
	if who.id == nil {
		return named
	}
	if e, ok := d.byID[*who.id]; ok {
		return e
	}
	if named != nil && d.kind.identity(named.about).id == nil {
		return named
	}
	return nil
}

// fill sets the fields of into that say nothing to those of from.
func fill[T any](into *T, from T) {
	v, w := reflect.ValueOf(into).Elem(), reflect.ValueOf(from)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			v.Field(i).Set(w.Field(i))
		}
	}
}

// link finds the parents that the document names, which may be parts of nothing else in it.
func (d *directory[T]) link(named func(name string) T) {
	for i := 0; i < len(d.entries); i++ { // a parent may be new and have a parent itself
		e := d.entries[i]
		if parent := d.kind.identity(e.about).parent; parent != nil {
			e.parent = d.add(e.at+"/parent", named(*parent))
		}
	}
}

// breakRings refuses records that are parts of themselves.
func (d *directory[T]) breakRings() {
	for _, e := range d.entries {
		for up, steps := e.parent, 0; up != nil; up, steps = up.parent, steps+1 {
			if up == e || steps > len(d.entries) {
				d.mistakes = append(d.mistakes, apperr.At(e.at+"/parent", "cycle"))
				e.parent = nil
				break
			}
		}
	}
}

// resolve finds the existing records. A record that is given by id must exist; a name that several records bear, or may
// well be spellings of, is ambiguous and never decided here.
func (d *directory[T]) resolve(ctx context.Context, tx pg.DB) error {
	var unknown []*entry[T]
	for i, e := range d.entries {
		e.id = -int64(i) - 1
		who := d.kind.identity(e.about)
		if who.isNew {
			if who.id != nil {
				d.mistakes = append(d.mistakes, apperr.At(e.at+"/new", "new_with_id"))
			}
			continue
		}
		found, why, err := d.match(ctx, tx, who)
		switch {
		case err != nil:
			return err
		case len(found) == 1:
			why.Record = found[0].Name
			e.take(found[0], why)
		case len(found) > 1:
			d.ambiguous = append(d.ambiguous, apperr.Field{Pointer: e.at, Code: "ambiguous_name", Args: apperr.Args{"name": who.name}, Candidates: found})
		case who.id != nil:
			d.mistakes = append(d.mistakes, apperr.At(e.at+"/id", "unknown_reference"))
		case !slices.ContainsFunc(d.mistakes, func(f apperr.Field) bool { return f.Pointer == e.at }): // else it is not clear whose names they are
			unknown = append(unknown, e)
		}
	}
	if d.sounds != nil && len(unknown) > 0 {
		if err := d.listen(ctx, tx, unknown); err != nil {
			return err
		}
	}
	d.breakRings()
	d.checkNew()
	return nil
}

func (e *entry[T]) take(c apperr.Candidate, why ...spelling.Reason) {
	e.id, e.name, e.score, e.reasons = c.ID, c.Name, c.Score, why
}

// checkNew asks the resource about the records that are to be made.
func (d *directory[T]) checkNew() {
	for _, e := range d.entries {
		if e.id > 0 || d.kind.identity(e.about).id != nil {
			continue
		}
		for _, f := range d.kind.check(d.lang, e.about) {
			f.Pointer = within(e.at, f.Pointer)
			d.mistakes = append(d.mistakes, f)
		}
	}
}

// match finds the records that are meant by an id, an external id, the very name, or the other names. The first of these
// that finds anything decides.
func (d *directory[T]) match(ctx context.Context, db pg.DB, who identity) ([]apperr.Candidate, spelling.Reason, error) {
	why := spelling.Reason{Feature: "id", Score: 1}
	if who.id != nil {
		why.Query = strconv.FormatInt(*who.id, 10)
		found, err := d.byColumn(ctx, db, "r.id = ANY(@values)", []int64{*who.id})
		return found, why, err
	}
	if d.kind.external && len(who.ids) > 0 {
		why.Feature, why.Query = "external_id", strings.Join(who.ids, ", ")
		found, err := d.byColumn(ctx, db, "r.id IN (SELECT x.id FROM external_ids x WHERE x.type = '"+d.kind.table+"' AND x.external_id = ANY(@values))", who.ids)
		if len(found) > 0 || err != nil {
			return found, why, err
		}
	}
	why.Feature, why.Query = "name", who.name
	found, err := d.kind.find(ctx, db, who.name)
	if len(found) > 0 || err != nil {
		return found, why, err
	}
	for _, name := range who.others {
		more, err := d.kind.find(ctx, db, name)
		if err != nil {
			return nil, why, err
		}
		for _, c := range more {
			if !slices.ContainsFunc(found, func(f apperr.Candidate) bool { return f.ID == c.ID }) {
				found = append(found, c)
				why.Query = name
			}
		}
	}
	return found, why, nil
}

func (d *directory[T]) byColumn(ctx context.Context, db pg.DB, where string, values any) ([]apperr.Candidate, error) {
	rows, err := db.Query(ctx, "SELECT r.id, text_sort_key(r."+d.kind.name+") AS name, 1.0::float8 AS score FROM "+d.kind.table+" r WHERE "+where+" ORDER BY r.id LIMIT 10", pg.Args{"values": values})
	if err != nil {
		return nil, pg.Error(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[apperr.Candidate])
	return found, pg.Error(err)
}

// of gives the entry of a record that the document names so.
func (d *directory[T]) of(about T) *entry[T] { return d.known(d.kind.identity(about)) }

// report notes what was matched or united. It must come before write.
func (d *directory[T]) report(r *Report) {
	for _, e := range d.entries {
		if e.id > 0 {
			r.Matched = append(r.Matched, Matched{e.at, d.kind.plural, e.id, e.name, e.score, e.reasons})
		}
	}
	r.United = append(r.United, d.united...)
}

// write creates the records that were not found, parents first.
func (d *directory[T]) write(ctx context.Context, tx pgx.Tx, r *Report) error {
	for _, e := range d.entries {
		if err := d.create(ctx, tx, r, e); err != nil {
			return err
		}
	}
	return nil
}

func (d *directory[T]) create(ctx context.Context, tx pgx.Tx, r *Report, e *entry[T]) error {
	if e.id > 0 {
		return nil
	}
	var parent *int64
	if e.parent != nil {
		if err := d.create(ctx, tx, r, e.parent); err != nil {
			return err
		}
		parent = &e.parent.id
	}
	id, err := d.kind.create(ctx, tx, d.lang, e.about, parent)
	if err != nil {
		return under(e.at, err)
	}
	e.id = id
	r.made(e.at, d.kind.plural, id, d.kind.identity(e.about).name)
	r.Created[len(r.Created)-1].Candidates = e.possible
	if d.sounds != nil {
		d.sounds.made.Set(id, d.kind.spelled(d.lang, e.about))
	}
	return nil
}
