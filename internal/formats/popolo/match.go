package popolo

import (
	"cmp"
	"context"
	"slices"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"

	"github.com/jackc/pgx/v5"
)

// subject is an organization or a person of a document.
type subject[I any, T record] struct {
	collection[I, T]
	key       string
	name      string
	spellings []string
	external  []string
	sources   []linkObject
	index     spelling.Index
	session   *spelling.Session
	named     func(T) []string   // the spellings of a record
	others    []apperr.Candidate // records of the same name that are others by their identifiers
	narrow    func(ctx context.Context, tx pgx.Tx, exact []apperr.Candidate) ([]apperr.Candidate, error)
}

// write creates the record of a subject from in, or lets add complete the record that it matches.
func (s *subject[I, T]) write(ctx context.Context, tx pgx.Tx, m *importer, in I, out *outcome, add func(in *I)) error {
	id, exact, err := s.find(ctx, tx, m, out)
	if err != nil {
		return err
	}
	if id == 0 {
		out.id, err = s.create(ctx, tx, m, exact, in)
		return err
	}
	r, err := s.Get(ctx, tx, id)
	if err != nil {
		return err
	}
	return addTo(ctx, tx, s.collection, r, out, func(in *I) error {
		add(in)
		return nil
	})
}

// find returns the id of the record of a subject: of the one with its id in the registry if a name agrees, of the one
// with an identifier, or of the one with the exact name if narrow leaves one. Otherwise id is 0, and exact are the
// records of that name.
func (s *subject[I, T]) find(ctx context.Context, tx pgx.Tx, m *importer, out *outcome) (id int64, exact []apperr.Candidate, err error) {
	r, err := byID(ctx, tx, m, s.collection, s.key, s.sources, func(r T) bool { return shareSpelling(s.spellings, s.named(r)) })
	if err != nil {
		return 0, nil, err
	}
	if r != nil {
		out.matchedBy = "id"
		return (*r).Meta().ID, nil, nil
	}
	found, err := byIdentifier(ctx, tx, s.Table, "name", s.external)
	switch {
	case err != nil:
		return 0, nil, err
	case len(found) > 1:
		return 0, nil, ambiguous(s.name, found)
	case len(found) == 1:
		if others, err := s.contradicting(ctx, tx, m, found); err != nil || len(others) > 0 {
			return 0, nil, cmp.Or(err, contradicting(found))
		}
		out.matchedBy = "identifier"
		return found[0].ID, nil, nil
	}
	for _, name := range s.spellings {
		found, err := s.index.FindExact(ctx, tx, name)
		if err != nil {
			return 0, nil, err
		}
		exact = union(exact, m.unmatched(s.Type, found))
	}
	s.others, err = s.contradicting(ctx, tx, m, exact)
	if err != nil {
		return 0, nil, err
	}
	exact = without(exact, s.others)
	left := exact
	if s.narrow != nil && len(exact) > 0 {
		if left, err = s.narrow(ctx, tx, exact); err != nil {
			return 0, nil, err
		}
	}
	if len(left) == 1 {
		out.matchedBy = "name"
		return left[0].ID, nil, nil
	}
	return 0, exact, nil
}

// byID returns the record whose id in the registry is the key of an object, if the sources name it or it agrees, else nil.
func byID[I any, T record](ctx context.Context, tx pgx.Tx, m *importer, of collection[I, T], key string, sources []linkObject,
	agrees func(T) bool,
) (*T, error) {
	id, sure := m.registryID(of.Type, key, sources)
	if id == 0 {
		return nil, nil
	}
	r, err := of.Get(ctx, tx, id)
	switch {
	case err == nil && (sure || agrees(r)):
		return &r, nil
	case apperr.IsKind(err, apperr.NotFound), apperr.IsKind(err, apperr.Gone), apperr.IsKind(err, apperr.Merged):
		return nil, nil
	}
	return nil, err
}

// byIdentifier returns the records of a table that have one of the external ids. name is the column with their names.
func byIdentifier(ctx context.Context, tx pgx.Tx, table, name string, external []string) ([]apperr.Candidate, error) {
	if len(external) == 0 {
		return nil, nil
	}
	return pg.All[apperr.Candidate](ctx, tx, "SELECT DISTINCT r.id, text_sort_key(r."+name+") AS name, 1.0::float8 AS score"+
		" FROM external_ids x JOIN "+table+" r ON r.id = x.id WHERE x.type = '"+table+"' AND x.external_id = ANY(@given)"+
		" ORDER BY r.id LIMIT 10", pg.Args{"given": external})
}

// shareSpelling reports whether two lists of spellings have one in common.
func shareSpelling(a, b []string) bool {
	keys := names.Keys(b...)
	return slices.ContainsFunc(names.Keys(a...), func(key string) bool { return slices.Contains(keys, key) })
}

// unmatched returns the candidates that do not belong to another object. Different objects of a document are different
// records.
func (m *importer) unmatched(recordType string, candidates []apperr.Candidate) []apperr.Candidate {
	return slices.DeleteFunc(slices.Clone(candidates), func(c apperr.Candidate) bool { return m.matched[recordKey{recordType, c.ID}] })
}

// union adds the candidates to a list that it lacks.
func union(list, more []apperr.Candidate) []apperr.Candidate {
	for _, c := range more {
		if !slices.ContainsFunc(list, func(l apperr.Candidate) bool { return l.ID == c.ID }) {
			list = append(list, c)
		}
	}
	return list
}

// ambiguous is the error for an object that several records match.
func ambiguous(name string, candidates []apperr.Candidate) error {
	return &apperr.Error{Kind: apperr.Invalid, Code: "ambiguous_names", Fields: []apperr.Field{
		{Pointer: "/name", Code: "ambiguous_object", Args: apperr.Args{"name": name}, Candidates: candidates},
	}}
}

// contradicting returns the candidates that have another identifier of a scheme of which a record has one.
func (s *subject[I, T]) contradicting(ctx context.Context, tx pgx.Tx, m *importer, candidates []apperr.Candidate) (others []apperr.Candidate, err error) {
	if len(candidates) == 0 || len(s.external) == 0 {
		return nil, nil
	}
	wanted := make([]int64, len(candidates))
	for i, c := range candidates {
		wanted[i] = c.ID
	}
	distinct, err := s.index.Contradicting(ctx, tx, wanted, s.external, m.Source)
	for _, c := range candidates {
		if distinct[c.ID] {
			others = append(others, c)
		}
	}
	return others, err
}

// without returns the candidates of a list that are not among others.
func without(list, others []apperr.Candidate) []apperr.Candidate {
	return slices.DeleteFunc(slices.Clone(list), func(c apperr.Candidate) bool {
		return slices.ContainsFunc(others, func(o apperr.Candidate) bool { return o.ID == c.ID })
	})
}

// contradicting is the error for an object that shares an identifier with a record and has another one that contradicts it.
func contradicting(candidates []apperr.Candidate) error {
	return &apperr.Error{Kind: apperr.Invalid, Code: "ambiguous_names", Fields: []apperr.Field{
		{Pointer: "/external_ids", Code: "contradicting_identifiers", Candidates: candidates},
	}}
}

// create creates the record of a subject beside those of the same name, exact, and stores that it is distinct from all
// candidates for duplicates. These are an error unless AllowDuplicate is set.
func (s *subject[I, T]) create(ctx context.Context, tx pgx.Tx, m *importer, exact []apperr.Candidate, in I) (int64, error) {
	if err := check(&in); err != nil {
		return 0, err
	}
	similar, err := distinction.Allow(s.session.Distinct(ctx, tx, s.spellings, nil), true)
	if err != nil {
		return 0, err
	}
	others := m.unmatched(s.Type, union(exact, similar))
	distinct, err := s.contradicting(ctx, tx, m, others)
	if err != nil {
		return 0, err
	}
	if doubtful := without(others, distinct); len(doubtful) > 0 && !m.AllowDuplicate {
		return 0, ambiguous(s.name, doubtful)
	}
	others = union(others, s.others)
	id, err := s.Create(ctx, tx, in)
	if err != nil {
		return 0, err
	}
	return id, distinction.Record(ctx, tx, s.Type, id, others)
}
