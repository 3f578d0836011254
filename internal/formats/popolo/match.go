package popolo

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"

	"github.com/jackc/pgx/v5"
)

// subject is an organization or a person of a document.
type subject struct {
	path      string // type of the record, with which its keys begin
	key       string
	name      string
	spellings []string
	external  []string
	sources   []linkObject
	index     spelling.Index
	session   *spelling.Session
	get       func(ctx context.Context, tx pgx.Tx, id int64) (spellings []string, err error)
}

// find returns the record of a subject and how it was matched: by its id in the registry if a name agrees, by an
// identifier, or by the exact name if narrow leaves one record of that name. Otherwise id is 0, and exact are the
// records of that name.
func (m *importer) find(ctx context.Context, tx pgx.Tx, s subject, narrow func(exact []apperr.Candidate) ([]apperr.Candidate, error)) (
	id int64, matchedBy string, exact []apperr.Candidate, err error,
) {
	if id, sure := m.registryID(s.path, s.key, s.sources); id != 0 {
		theirs, err := s.get(ctx, tx, id)
		switch {
		case err == nil && (sure || shareSpelling(s.spellings, theirs)):
			return id, "id", nil, nil
		case err != nil && !apperr.IsKind(err, apperr.NotFound) && !apperr.IsKind(err, apperr.Gone) && !apperr.IsKind(err, apperr.Merged):
			return 0, "", nil, err
		}
	}
	if len(s.external) > 0 {
		found, err := candidates(ctx, tx, "SELECT DISTINCT r.id, text_sort_key(r.name) AS name, 1.0::float8 AS score FROM external_ids x JOIN "+s.path+
			" r ON r.id = x.id WHERE x.type = '"+s.path+"' AND x.external_id = ANY(@given) ORDER BY r.id LIMIT 10", pg.Args{"given": s.external})
		switch {
		case err != nil:
			return 0, "", nil, err
		case len(found) > 1:
			return 0, "", nil, ambiguous(s.name, found)
		case len(found) == 1:
			return found[0].ID, "identifier", nil, nil
		}
	}
	for _, name := range s.spellings {
		found, err := s.index.FindExact(ctx, tx, name)
		if err != nil {
			return 0, "", nil, err
		}
		for _, c := range m.unmatched(s.path, found) {
			if !slices.ContainsFunc(exact, func(e apperr.Candidate) bool { return e.ID == c.ID }) {
				exact = append(exact, c)
			}
		}
	}
	if len(exact) == 0 {
		return 0, "", nil, nil
	}
	left, err := narrow(exact)
	if err == nil && len(left) == 1 {
		return left[0].ID, "name", nil, nil
	}
	return 0, "", exact, err
}

func candidates(ctx context.Context, db pg.DB, sql string, args pg.Args) ([]apperr.Candidate, error) {
	rows, err := db.Query(ctx, sql, args)
	if err != nil {
		return nil, pg.Error(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[apperr.Candidate])
	return list, pg.Error(err)
}

// shareSpelling reports whether two lists of spellings have one in common.
func shareSpelling(a, b []string) bool {
	keys := names.Keys(b...)
	return slices.ContainsFunc(names.Keys(a...), func(key string) bool { return slices.Contains(keys, key) })
}

func (m *importer) isMatched(recordType string, id int64) bool {
	return m.matched[recordType+" "+strconv.FormatInt(id, 10)]
}

// unmatched returns the candidates that do not belong to another object. Different objects of a document are different
// records.
func (m *importer) unmatched(recordType string, candidates []apperr.Candidate) (left []apperr.Candidate) {
	for _, c := range candidates {
		if !m.isMatched(recordType, c.ID) {
			left = append(left, c)
		}
	}
	return left
}

// ambiguous is the error for an object that several records match.
func ambiguous(name string, candidates []apperr.Candidate) error {
	return &apperr.Error{Kind: apperr.Invalid, Code: "ambiguous_names", Fields: []apperr.Field{
		{Pointer: "/name", Code: "ambiguous_object", Args: apperr.Args{"name": name}, Candidates: candidates},
	}}
}

// checkDistinct compares the names of a new record with those of the registry. Candidates for duplicates are an error
// unless AllowDuplicate is set; then they are returned.
func (m *importer) checkDistinct(ctx context.Context, tx pgx.Tx, s subject, exact []apperr.Candidate) ([]apperr.Candidate, error) {
	err := s.session.Distinct(ctx, tx, s.spellings)
	var refused *apperr.Error
	if errors.As(err, &refused) && refused.Code == "duplicate_candidates" {
		similar, _ := refused.Extra["candidates"].([]apperr.Candidate)
		for _, c := range similar {
			if !slices.ContainsFunc(exact, func(e apperr.Candidate) bool { return e.ID == c.ID }) {
				exact = append(exact, c)
			}
		}
		err = nil
	}
	if err != nil {
		return nil, err
	}
	if exact = m.unmatched(s.path, exact); len(exact) > 0 && !m.AllowDuplicate {
		return nil, ambiguous(s.name, exact)
	}
	return exact, nil
}

// createRecord creates the record of a subject beside those of the same name, exact, and stores that it is distinct
// from all candidates for duplicates.
func createRecord[I any](ctx context.Context, tx pgx.Tx, m *importer, s subject, exact []apperr.Candidate, in I,
	create func(context.Context, pgx.Tx, I) (int64, error),
) (int64, error) {
	if err := m.check(&in); err != nil {
		return 0, err
	}
	others, err := m.checkDistinct(ctx, tx, s, exact)
	if err != nil {
		return 0, err
	}
	id, err := create(ctx, tx, in)
	if err != nil {
		return 0, err
	}
	for _, c := range others {
		_, err := distinction.Create(ctx, tx, distinction.Input{Type: s.path, FirstID: c.ID, SecondID: id})
		if err != nil && !apperr.IsKind(err, apperr.Invalid) {
			return 0, err
		}
	}
	return id, nil
}
