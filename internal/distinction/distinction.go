// Package distinction records decisions that two similar records are not duplicates.
package distinction

import (
	"context"
	"errors"
	"slices"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// Table and Type are the table of distinctions and their record type in the change log.
const (
	Table = "distinctions"
	Type  = "distinctions"
)

// Input is what a client writes.
//
//	@Description	A decision that two similar people, organizations or round tables are not duplicates.
type Input struct {
	Type     string `json:"type" db:"type" validate:"required,oneof=people organizations round-tables" enums:"people,organizations,round-tables" example:"people"` // The type of the two records, as in their path.
	FirstID  int64  `json:"first_id" db:"first_id" validate:"required,gt=0" example:"1"`                                                                           // One of the records; in responses, the one with the lower id.
	SecondID int64  `json:"second_id" db:"second_id" validate:"required,gt=0" example:"2"`                                                                         // The other record.
	// Why they are not the same.
	Note *string `json:"note" db:"note" validate:"omitnil,min=1,max=1000" lines:"keep" example:"Two generations of a family: the older one died 1998."`
} //	@name	DistinctionInput

// Check returns the errors that the tags cannot express.
func (in *Input) Check() []apperr.Field {
	if in.FirstID == in.SecondID && in.FirstID > 0 {
		return []apperr.Field{apperr.At("/second_id", "same_record")}
	}
	return nil
}

// Distinction is the record.
//
//	@Description	A decision that two similar people, organizations or round tables are not duplicates.
type Distinction struct {
	changes.Record
	Input
	First  text.Ref   `json:"first" db:"first"`   // A short form of the first record.
	Second text.Ref   `json:"second" db:"second"` // A short form of the second record.
	Added  text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Distinction

// Filter narrows a list of distinctions.
type Filter struct {
	paging.Params
	ID           []int64 `query:"id" form:"id" validate:"max=200"`                     // Only records with these ids.
	Person       []int64 `query:"person" form:"person" validate:"max=200"`             // Only distinctions of these people.
	Organization []int64 `query:"organization" form:"organization" validate:"max=200"` // Only distinctions of these organizations.
	RoundTable   []int64 `query:"round_table" form:"round_table" validate:"max=200"`   // Only distinctions of these round tables.
}

// Source is how distinctions are read.
var Source = paging.Source{
	Columns: changes.Columns("d") + `, d.type, d.first_id, d.second_id, d.note,
		json_build_object('id', d.first_id, 'name', coalesce(p.name, g.name, r.title)) AS first,
		json_build_object('id', d.second_id, 'name', coalesce(q.name, h.name, s.title)) AS second`,
	Table: "distinctions d",
	Joins: `LEFT JOIN people p ON p.id = d.first_person_id LEFT JOIN people q ON q.id = d.second_person_id
		LEFT JOIN organizations g ON g.id = d.first_organization_id LEFT JOIN organizations h ON h.id = d.second_organization_id
		LEFT JOIN round_tables r ON r.id = d.first_round_table_id LEFT JOIN round_tables s ON s.id = d.second_round_table_id`,
	ID:      "d.id",
	Sorts:   map[string]paging.Column{"updated_at": {SQL: "d.updated_at", Type: "timestamptz"}},
	Default: "-updated_at",
}

// List returns a page of distinctions.
func List(ctx context.Context, db pg.DB, f Filter) (paging.Page[Distinction], error) {
	var w pg.Where
	pg.In(&w, "d.id", "id", f.ID)
	if len(f.Person) > 0 {
		w.Add("(d.first_person_id = ANY (@person) OR d.second_person_id = ANY (@person))", "person", f.Person)
	}
	if len(f.Organization) > 0 {
		w.Add("(d.first_organization_id = ANY (@organization) OR d.second_organization_id = ANY (@organization))", "organization", f.Organization)
	}
	if len(f.RoundTable) > 0 {
		w.Add("(d.first_round_table_id = ANY (@round_table) OR d.second_round_table_id = ANY (@round_table))", "round_table", f.RoundTable)
	}
	return paging.Query[Distinction](ctx, db, Source, w, f.Params)
}

// Get returns one distinction, or apperr.NotFound, or apperr.Gone after its deletion.
func Get(ctx context.Context, db pg.DB, id int64) (Distinction, error) {
	return changes.Get[Distinction](ctx, db, Source, Type, id)
}

// Create records that two records are not duplicates and returns the id. Missing records are apperr.Invalid; a distinction
// that exists already is apperr.Conflict.
func Create(ctx context.Context, tx pgx.Tx, in Input) (int64, error) {
	if err := lockBoth(ctx, tx, in); err != nil {
		return 0, err
	}
	return pg.ID(ctx, tx, `INSERT INTO distinctions (type, first_id, second_id, note)
		VALUES (@type, least(@first::bigint, @second), greatest(@first::bigint, @second), @note) RETURNING id`,
		pg.Args{"type": in.Type, "first": in.FirstID, "second": in.SecondID, "note": in.Note})
}

// lockBoth keeps the two records from being deleted until the transaction ends. Missing ones are field errors.
func lockBoth(ctx context.Context, tx pgx.Tx, in Input) error {
	found, err := lock(ctx, tx, in.Type, []int64{in.FirstID, in.SecondID})
	if err != nil {
		return err
	}
	var missing []apperr.Field
	if !slices.Contains(found, in.FirstID) {
		missing = append(missing, apperr.At("/first_id", "unknown_reference"))
	}
	if !slices.Contains(found, in.SecondID) {
		missing = append(missing, apperr.At("/second_id", "unknown_reference"))
	}
	return apperr.Validation(missing)
}

// Between returns the id of the distinction of two records of a type, or pgx.ErrNoRows.
func Between(ctx context.Context, db pg.DB, recordType string, one, other int64) (id int64, err error) {
	return pg.ID(ctx, db, `SELECT id FROM distinctions
		WHERE type = @type AND first_id = least(@one::bigint, @other) AND second_id = greatest(@one::bigint, @other)`,
		pg.Args{"type": recordType, "one": one, "other": other})
}

// DistinctPairs returns the pairs recorded as distinct whose lower id is in ids. The lower id of each pair comes first.
func DistinctPairs(ctx context.Context, db pg.DB, recordType string, ids []int64) (map[[2]int64]bool, error) {
	list, err := pg.All[struct {
		First  int64 `db:"first_id"`
		Second int64 `db:"second_id"`
	}](ctx, db, "SELECT first_id, second_id FROM distinctions WHERE type = @type AND first_id = ANY (@ids)",
		pg.Args{"type": recordType, "ids": ids})
	pairs := map[[2]int64]bool{}
	for _, p := range list {
		pairs[[2]int64{p.First, p.Second}] = true
	}
	return pairs, err
}

// Allow returns the candidates that a record was rejected for as a likely duplicate, if duplicates are allowed. Any other
// rejection comes back as it is; without one there are no candidates.
func Allow(rejection error, allowed bool) ([]apperr.Candidate, error) {
	var rejected *apperr.Error
	if !allowed || !errors.As(rejection, &rejected) || rejected.Code != "duplicate_candidates" && rejected.Code != "similar_event" {
		return nil, rejection
	}
	candidates, _ := rejected.Extra["candidates"].([]apperr.Candidate)
	return candidates, nil
}

// Record stores that a record is distinct from each candidate. A candidate that was deleted in the meantime is skipped.
func Record(ctx context.Context, tx pgx.Tx, recordType string, id int64, candidates []apperr.Candidate) error {
	pairs := make([][2]int64, len(candidates))
	for i, c := range candidates {
		pairs[i] = [2]int64{c.ID, id}
	}
	return RecordPairs(ctx, tx, recordType, pairs)
}

// RecordPairs stores that the two records of each pair are distinct. It skips pairs that are stored already, and those of which a
// record was deleted. It makes two statements, however many pairs there are.
func RecordPairs(ctx context.Context, tx pgx.Tx, recordType string, pairs [][2]int64) error {
	if len(pairs) == 0 {
		return nil
	}
	var first, second, all []int64
	for _, p := range pairs {
		first, second, all = append(first, p[0]), append(second, p[1]), append(all, p[0], p[1])
	}
	existing, err := lock(ctx, tx, recordType, all)
	if err != nil {
		return err
	}
	return pg.Exec(ctx, tx, `INSERT INTO distinctions (type, first_id, second_id)
		SELECT DISTINCT @type, least(p.one, p.other), greatest(p.one, p.other) FROM unnest(@first::bigint[], @second::bigint[]) p(one, other)
		WHERE p.one <> p.other AND p.one = ANY (@existing) AND p.other = ANY (@existing) ORDER BY 2, 3 ON CONFLICT DO NOTHING`,
		pg.Args{"type": recordType, "first": first, "second": second, "existing": existing})
}

// tables are the tables of the records by their type.
var tables = map[string]string{"people": "people", "organizations": "organizations", "round-tables": "round_tables"}

// lock keeps records from being deleted until the transaction ends, and returns the ids of those that exist.
func lock(ctx context.Context, tx pgx.Tx, recordType string, ids []int64) ([]int64, error) {
	return pg.Column[int64](ctx, tx, "SELECT id FROM "+tables[recordType]+" WHERE id = ANY (@ids) ORDER BY id FOR KEY SHARE", pg.Args{"ids": ids})
}

// Return brings back the distinctions of a record that were deleted because one of their two records was, if both exist.
func Return(ctx context.Context, tx pgx.Tx, recordType string, id int64) error {
	return pg.Exec(ctx, tx, `
		INSERT INTO distinctions (id, version, type, first_id, second_id, note, created_at)
		SELECT d.id, d.version + 1, s.type, s.first_id, s.second_id, s.note, s.created_at
		FROM changes d CROSS JOIN LATERAL jsonb_populate_record(NULL::distinctions, d.before) s
		WHERE d.type = 'distinctions' AND d.is_head AND d.op = 'delete' AND s.type = @type AND @id IN (s.first_id, s.second_id)
			AND EXISTS (SELECT FROM changes r WHERE r.type = s.type AND r.id IN (s.first_id, s.second_id) AND r.op = 'delete' AND r.xact = d.xact)
			AND (SELECT count(*) FROM `+tables[recordType]+` r WHERE r.id IN (s.first_id, s.second_id)) = 2
		ON CONFLICT DO NOTHING`, pg.Args{"type": recordType, "id": id})
}
