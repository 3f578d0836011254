package popolo

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/imports"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/spelling"

	"github.com/jackc/pgx/v5"
)

// Options of an import of a Popolo document.
type Options struct {
	Base           string // precedes the paths of our addresses; an object with its own address among its sources is ours
	Lang           string // language of texts without one; empty: guessed by their letters
	Source         string // scheme under which the ids of the document are stored as external ids; empty: they are not stored
	AllowDuplicate bool   // create people and organizations even if there are candidates for duplicates
	MessageLang    string // of the messages in the report

	People, Organizations *spelling.Finder
}

// importer writes a document in one transaction. It adds what the registry lacks. It replaces and deletes nothing, so
// that a document can be imported repeatedly.
type importer struct {
	Options
	doc  *Document
	head *imports.Head
	rows []imports.Row

	ids          map[string]int64   // of the records by class and key of their objects
	failed       map[string]bool    // objects with mistakes, by class and key
	matched      map[recordKey]bool // records that belong to an object
	affiliations map[string][]int64 // organizations of people, by key
	places       map[string]*int64  // by name
	cyrillic     string             // language of texts in Cyrillic letters, empty: Kazakh or Russian by the letters of each

	people, organizations *spelling.Session
}

type recordKey struct {
	recordType string
	id         int64
}

// Import writes the objects of a document, each in its own savepoint, and returns a report of each. head counts them.
// Mistakes of the document are in the report; an error is a different failure.
func Import(ctx context.Context, tx pgx.Tx, d *Document, head *imports.Head, o Options) ([]imports.Row, error) {
	m := &importer{
		Options: o, doc: d, head: head, rows: []imports.Row{}, ids: map[string]int64{}, failed: map[string]bool{},
		matched: map[recordKey]bool{}, affiliations: map[string][]int64{}, places: map[string]*int64{},
		people: o.People.Session(), organizations: o.Organizations.Session(),
	}
	m.cyrillic = d.cyrillic()
	for _, step := range []func(context.Context, pgx.Tx) error{
		m.writeOrganizations, m.writePeople, m.writeMemberships, m.writeEvents, m.organizations.Confirm, m.people.Confirm,
	} {
		if err := step(ctx, tx); err != nil {
			return nil, err
		}
	}
	head.Ignored = d.Ignored
	for _, r := range m.rows {
		head.Add(r.Action)
	}
	return m.rows, nil
}

// class is a class of objects.
type class[T any] struct {
	name, recordType string
	properties       map[string]string // of the objects by the members of their records
	write            func(context.Context, pgx.Tx, *Listed[T], *outcome) error
}

// outcome is what was done with an object.
type outcome struct {
	id        int64
	matchedBy string // empty: the record is new
	changed   bool
	kept      []string // properties of which the registry keeps another value
	ignored   []string // properties that the registry does not have
	lang      string   // that the name was given, if it has none
}

// importAll writes objects, each in a savepoint, unless it already has mistakes.
func importAll[T any](ctx context.Context, tx pgx.Tx, m *importer, c class[T], objects []*Listed[T]) error {
	for _, o := range objects {
		ignored := append([]string{}, o.Ignored...)
		object := &imports.Object{Pointer: string(o.At), Type: c.recordType, Key: o.Key, Kept: []string{}, Ignored: ignored}
		row := imports.Row{Object: object, Action: imports.Failed}
		var err error
		mistakes := o.Mistakes
		if len(mistakes) == 0 {
			if mistakes, err = importObject(ctx, tx, m, c, o, &row); err != nil {
				return err
			}
		}
		row.Errors = m.head.Mistakes(mistakes, m.MessageLang)
		if name := c.name + " " + o.Key; row.Action == imports.Failed && m.ids[name] == 0 {
			m.failed[name] = true
		}
		m.rows = append(m.rows, row)
		if err := imports.Replan(ctx, tx, len(m.rows)-1, len(m.rows)); err != nil {
			return err
		}
	}
	return nil
}

// importObject writes an object and completes its row, or returns its mistakes.
func importObject[T any](ctx context.Context, tx pgx.Tx, m *importer, c class[T], o *Listed[T], row *imports.Row) ([]apperr.Field, error) {
	var out outcome
	err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error { return c.write(ctx, tx, o, &out) })
	var refused *apperr.Error
	switch {
	case errors.As(err, &refused) && refused.Kind != apperr.Unavailable:
		return mistakesOf(refused, string(o.At), c.properties), nil
	case err != nil:
		return nil, err
	}
	m.ids[c.name+" "+o.Key] = out.id
	m.matched[recordKey{c.recordType, out.id}] = true
	row.ID, row.Action = &out.id, imports.Created
	row.Object.Kept = append(row.Object.Kept, out.kept...)
	for _, property := range out.ignored {
		if !slices.Contains(row.Object.Ignored, property) {
			row.Object.Ignored = append(row.Object.Ignored, property)
		}
	}
	if out.lang != "" {
		row.Object.Lang = &out.lang
	}
	if out.matchedBy != "" {
		row.Object.MatchedBy, row.Action = &out.matchedBy, imports.Unchanged
	}
	if out.matchedBy != "" && out.changed {
		row.Action = imports.Updated
	}
	return nil, nil
}

// parentsFirst orders objects so that each comes after its parent, if the document has it.
func parentsFirst[T any](objects []*Listed[T], parentKey func(T) string) (ordered []*Listed[T]) {
	byKey := map[string]*Listed[T]{}
	for _, o := range slices.Backward(objects) { // the first object of a key counts
		byKey[o.Key] = o
	}
	started := map[*Listed[T]]bool{nil: true}
	var add func(*Listed[T])
	add = func(o *Listed[T]) {
		if started[o] { // also in a circle of parents
			return
		}
		started[o] = true
		add(byKey[parentKey(o.Value)])
		ordered = append(ordered, o)
	}
	for _, o := range objects {
		add(o)
	}
	return ordered
}

// mistakesOf translates an error of a resource to the names of the properties in the document.
func mistakesOf(e *apperr.Error, at string, properties map[string]string) []apperr.Field {
	fields := slices.Clone(e.Mistakes())
	for i, f := range fields {
		first, _, _ := strings.Cut(strings.TrimPrefix(f.Pointer, "/"), "/")
		fields[i].Pointer = at
		if property := properties[first]; property != "" {
			fields[i].Pointer += "/" + property
		}
	}
	return fields
}

// reference returns the id of the record of another object of the document, or nil without a key. A key that leads to
// no record is a mistake of the property that holds it.
func (m *importer) reference(v *values, class, key, property string) *int64 {
	if key == "" {
		return nil
	}
	if id, ok := m.ids[class+" "+key]; ok {
		return &id
	}
	code := "unknown_in_document"
	if m.failed[class+" "+key] {
		code = "failed_in_document"
	}
	v.mistakes = append(v.mistakes, apperr.At("/"+property, code, "value", key))
	return nil
}

// registryID returns the id in a key like "people/1", or 0. It is sure if the address of that record is among the
// sources.
func (m *importer) registryID(path, key string, sources []linkObject) (id int64, sure bool) {
	number, ok := strings.CutPrefix(key, path+"/")
	if !ok {
		return 0, false
	}
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil || id < 1 {
		return 0, false
	}
	own := func(s linkObject) bool { return s.URL == link(m.Base, path, id) }
	return id, m.Base != "" && slices.ContainsFunc(sources, own)
}

// check applies the rules that apply to a write of a client.
func check(in any) error { return apperr.Validation(input.Check(in)) }

// collection is how the records of a resource are read and written.
type collection[I any, T record] = imports.Collection[I, T]

type record interface{ Meta() changes.Record }

// addTo lets add complete what clients write of a record, and updates the record if that changes it.
func addTo[I any, T record](ctx context.Context, tx pgx.Tx, of collection[I, T], r T, out *outcome, add func(in *I) error) error {
	in := *of.Input(&r)
	out.id = r.Meta().ID
	if err := add(&in); err != nil || !out.changed {
		return err
	}
	if err := apperr.Validation(input.CheckChange(of.Input(&r), &in)); err != nil {
		return err
	}
	if _, err := changes.Lock(ctx, tx, of.Table, of.Type, out.id); err != nil {
		return err
	}
	return of.Update(ctx, tx, r, in)
}
