package popolo

import (
	"context"
	"errors"
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

	People, Organizations *spelling.Finder
}

// Result is the result of one object.
type Result struct {
	imports.Row

	Mistakes []apperr.Field
}

// importer writes a document in one transaction. It adds what the registry lacks. It replaces and deletes nothing, so
// that a document can be imported repeatedly.
type importer struct {
	Options
	doc     *Document
	results []*Result

	ids          map[string]int64   // of the records by class and key of their objects
	failed       map[string]bool    // objects with mistakes, by class and key
	matched      map[string]bool    // records that belong to an object, by type and id
	affiliations map[string][]int64 // organizations of people, by key
	places       map[string]*int64  // by name

	people, organizations *spelling.Session
}

// Import writes the objects of a document, each in its own savepoint, and returns the result of each. Mistakes of the
// document are in the results; an error is a different failure.
func Import(ctx context.Context, tx pgx.Tx, d *Document, o Options) ([]*Result, error) {
	m := &importer{
		Options: o, doc: d, results: []*Result{},
		ids: map[string]int64{}, failed: map[string]bool{}, matched: map[string]bool{}, affiliations: map[string][]int64{}, places: map[string]*int64{},
		people: o.People.Session(), organizations: o.Organizations.Session(),
	}
	for _, step := range []func(context.Context, pgx.Tx) error{m.writeOrganizations, m.writePeople, m.writeMemberships, m.writeEvents} {
		if err := step(ctx, tx); err != nil {
			return nil, err
		}
	}
	return m.results, nil
}

// outcome is what was done with an object.
type outcome struct {
	id        int64
	matchedBy string // empty: the record is new
	changed   bool
	kept      []string // properties of which the registry keeps another value
	ignored   []string // properties that the registry does not have
}

// importObject runs f for an object in a savepoint, unless the object already has mistakes.
func importObject[T any](ctx context.Context, tx pgx.Tx, m *importer, class, recordType string, o *Listed[T],
	properties map[string]string, f func(context.Context, pgx.Tx, *Listed[T]) (outcome, error),
) error {
	object := &imports.Object{Pointer: string(o.At), Type: recordType, Key: o.Key, Kept: []string{}, Ignored: append([]string{}, o.Ignored...)}
	r := &Result{Row: imports.Row{Object: object}, Mistakes: o.Mistakes}
	m.results = append(m.results, r)
	name := class + " " + o.Key
	if len(r.Mistakes) == 0 {
		var out outcome
		err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) (err error) {
			out, err = f(ctx, tx, o)
			return err
		})
		var refused *apperr.Error
		switch {
		case errors.As(err, &refused) && refused.Kind != apperr.Unavailable:
			m.people.RolledBack()
			m.organizations.RolledBack()
			r.Mistakes = mistakesOf(refused, string(o.At), properties)
		case err != nil:
			return err
		default:
			m.ids[name] = out.id
			m.matched[recordType+" "+strconv.FormatInt(out.id, 10)] = true
			r.ID, object.Kept, object.Ignored = &out.id, append(object.Kept, out.kept...), append(object.Ignored, out.ignored...)
			r.Action = imports.Unchanged
			if out.matchedBy != "" {
				object.MatchedBy = &out.matchedBy
			}
			switch {
			case out.matchedBy == "":
				r.Action = imports.Created
			case out.changed:
				r.Action = imports.Updated
			}
		}
	}
	if len(r.Mistakes) > 0 {
		r.Action = imports.Failed
		if _, ok := m.ids[name]; !ok {
			m.failed[name] = true
		}
	}
	return imports.Replan(ctx, tx, len(m.results)-1, len(m.results))
}

// parentsFirst calls write once for each object, after its parent if the document has it.
func parentsFirst[T any](objects []*Listed[T], parentKey func(*Listed[T]) string, write func(*Listed[T]) error) error {
	byKey := map[string]*Listed[T]{}
	for _, o := range objects {
		if byKey[o.Key] == nil {
			byKey[o.Key] = o
		}
	}
	started := map[*Listed[T]]bool{}
	var writeOne func(o *Listed[T]) error
	writeOne = func(o *Listed[T]) error {
		if started[o] { // also in a circle of parents
			return nil
		}
		started[o] = true
		if parent := byKey[parentKey(o)]; parent != nil {
			if err := writeOne(parent); err != nil {
				return err
			}
		}
		return write(o)
	}
	for _, o := range objects {
		if err := writeOne(o); err != nil {
			return err
		}
	}
	return nil
}

// mistakesOf translates an error of a resource to the names of the properties in the document.
func mistakesOf(e *apperr.Error, at string, properties map[string]string) []apperr.Field {
	if len(e.Fields) == 0 {
		candidates, _ := e.Extra["candidates"].([]apperr.Candidate)
		return []apperr.Field{{Pointer: at, Code: e.Code, Args: e.Args, Candidates: candidates}}
	}
	fields := make([]apperr.Field, len(e.Fields))
	for i, f := range e.Fields {
		first, _, _ := strings.Cut(strings.TrimPrefix(f.Pointer, "/"), "/")
		f.Pointer = at
		if property := properties[first]; property != "" {
			f.Pointer += "/" + property
		}
		fields[i] = f
	}
	return fields
}

// reference returns the id of the record of another object of the document, or nil without a key. A key that leads to
// no record is a mistake of the property that holds it.
func (m *importer) reference(class, key, at string) (*int64, []apperr.Field) {
	if key == "" {
		return nil, nil
	}
	if id, ok := m.ids[class+" "+key]; ok {
		return &id, nil
	}
	code := "unknown_in_document"
	if m.failed[class+" "+key] {
		code = "failed_in_document"
	}
	return nil, []apperr.Field{apperr.At("/"+at, code, "value", key)}
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
	for _, s := range sources {
		sure = sure || m.Base != "" && s.URL == link(m.Base, path, id)
	}
	return id, sure
}

// check applies the rules that apply to a write of a client.
func (m *importer) check(in any) error {
	return apperr.Validation(input.Check(in))
}

// change updates a record if an object adds something to it.
func (m *importer) change(ctx context.Context, tx pgx.Tx, table, recordType string, id int64, changed bool, in any, update func() error) error {
	if !changed {
		return nil
	}
	if err := m.check(in); err != nil {
		return err
	}
	if _, err := changes.Lock(ctx, tx, table, recordType, id); err != nil {
		return err
	}
	return update()
}
