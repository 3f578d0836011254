package popolo

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/imports"
	"roundtables.kz/registry/internal/spelling"

	"github.com/jackc/pgx/v5"
)

// Options of an import of a Popolo document.
type Options struct {
	Base           string // of our own addresses: an object with one of them among its sources is ours
	Lang           string // of texts that do not say theirs; empty: guessed by their letters
	Source         string // whose document it is: its ids are kept as external ids, "source:id"; empty: they are not kept
	AllowDuplicate bool   // create people and organizations although others seem to be the same

	People, Organizations *spelling.Finder
}

// Result is what became of one object.
type Result struct {
	imports.Row

	Mistakes []apperr.Field
}

// importer writes a document in one transaction. It adds what the registry lacks, and replaces and deletes nothing: then a
// document can be imported again and again.
type importer struct {
	Options
	doc     *Document
	results []*Result

	known  map[string]int64   // records by class and key
	failed map[string]bool    // objects with mistakes
	taken  map[string]bool    // records that an object of the document is
	works  map[string][]int64 // organizations in which people of the document have a position
	places map[string]*int64  // by name

	people, organizations *spelling.Session
}

// Import writes what a document holds, each object in a savepoint of its own, and gives what became of each. An error is none of
// the document's.
func Import(ctx context.Context, tx pgx.Tx, d *Document, o Options) ([]*Result, error) {
	m := &importer{Options: o, doc: d, results: []*Result{}, known: map[string]int64{}, failed: map[string]bool{}, taken: map[string]bool{}, works: map[string][]int64{}, places: map[string]*int64{},
		people: o.People.Session(), organizations: o.Organizations.Session()}
	for _, step := range []func(context.Context, pgx.Tx) error{m.writeOrganizations, m.writePeople, m.writeMemberships, m.writeEvents} {
		if err := step(ctx, tx); err != nil {
			return nil, err
		}
	}
	return m.results, nil
}

// outcome is what a function that takes an object says of it.
type outcome struct {
	id      int64
	by      string // empty: it is new
	changed bool
	kept    []string
	ignored []string
}

// take runs f for an object, unless it has mistakes already, in a savepoint.
func take[T any](ctx context.Context, tx pgx.Tx, m *importer, class, kind string, o *Listed[T], properties map[string]string, f func(ctx context.Context, tx pgx.Tx) (outcome, error)) error {
	object := &imports.Object{Pointer: string(o.At), Type: kind, Key: o.Key, Kept: []string{}, Ignored: append([]string{}, o.Ignored...)}
	r := &Result{Row: imports.Row{Object: object}, Mistakes: o.Mistakes}
	m.results = append(m.results, r)
	name := class + " " + o.Key
	if len(r.Mistakes) == 0 {
		var out outcome
		err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) (err error) {
			out, err = f(ctx, tx)
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
			m.known[name] = out.id
			m.taken[kind+" "+strconv.FormatInt(out.id, 10)] = true
			r.ID, object.Kept, object.Ignored = &out.id, append(object.Kept, out.kept...), append(object.Ignored, out.ignored...)
			r.Action = imports.Unchanged
			if out.by != "" {
				object.MatchedBy = &out.by
			}
			switch {
			case out.by == "":
				r.Action = imports.Created
			case out.changed:
				r.Action = imports.Updated
			}
		}
	}
	if len(r.Mistakes) > 0 {
		r.Action = imports.Failed
		if _, ok := m.known[name]; !ok {
			m.failed[name] = true
		}
	}
	return imports.Replan(ctx, tx, len(m.results)-1, len(m.results))
}

// mistakesOf words an error of a resource for the document: its fields have other names there.
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

// reference gives the record that an object of the document became, nil without a key, or the mistake at the property that
// refers to it.
func (m *importer) reference(class, key, at string) (*int64, []apperr.Field) {
	if key == "" {
		return nil, nil
	}
	if id, ok := m.known[class+" "+key]; ok {
		return &id, nil
	}
	code := "unknown_in_document"
	if m.failed[class+" "+key] {
		code = "failed_in_document"
	}
	return nil, []apperr.Field{apperr.At("/"+at, code, "value", key)}
}

// ours gives the id that a key of ours, "people/1", stands for, and whether the sources leave no doubt that it is.
func (m *importer) ours(path, key string, sources []popoloLink) (id int64, sure bool) {
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

func (m *importer) isTaken(kind string, id int64) bool {
	return m.taken[kind+" "+strconv.FormatInt(id, 10)]
}

// free leaves out the candidates that other objects of the document are: it says itself that those are not the same.
func (m *importer) free(kind string, candidates []apperr.Candidate) (left []apperr.Candidate) {
	for _, c := range candidates {
		if !m.isTaken(kind, c.ID) {
			left = append(left, c)
		}
	}
	return left
}

// doubtful is the error for an object that may be one of several records.
func doubtful(name string, candidates []apperr.Candidate) error {
	return &apperr.Error{Kind: apperr.Invalid, Code: "ambiguous_names", Fields: []apperr.Field{{Pointer: "/name", Code: "ambiguous_object", Args: apperr.Args{"name": name}, Candidates: candidates}}}
}

// distinct holds the names of a new record against those that are there. Candidates that it was created beside are told apart
// by apart.
func (m *importer) distinct(ctx context.Context, tx pgx.Tx, kind string, session *spelling.Session, name string, spellings []string, exact []apperr.Candidate) (apart []apperr.Candidate, err error) {
	err = session.Distinct(ctx, tx, spellings)
	var refused *apperr.Error
	if errors.As(err, &refused) && refused.Code == "duplicate_candidates" {
		similar, _ := refused.Extra["candidates"].([]apperr.Candidate)
		for _, c := range similar {
			if !hasCandidate(exact, c.ID) {
				exact = append(exact, c)
			}
		}
		err = nil
	}
	if err != nil {
		return nil, err
	}
	if exact = m.free(kind, exact); len(exact) > 0 && !m.AllowDuplicate {
		return nil, doubtful(name, exact)
	}
	return exact, nil
}

func hasCandidate(list []apperr.Candidate, id int64) bool {
	for _, c := range list {
		if c.ID == id {
			return true
		}
	}
	return false
}

// apart keeps that a new record is none of the candidates.
func apart(ctx context.Context, tx pgx.Tx, kind string, id int64, candidates []apperr.Candidate) error {
	for _, c := range candidates {
		if _, err := distinction.Create(ctx, tx, distinction.Input{Type: kind, FirstID: c.ID, SecondID: id}); err != nil && !apperr.IsKind(err, apperr.Invalid) {
			return err
		}
	}
	return nil
}
