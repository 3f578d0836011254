package role

import (
	"context"

	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/vocabulary"

	"github.com/jackc/pgx/v5"
)

// Table is the table of roles, Type their record type in the change log.
const (
	Table = "roles"
	Type  = "roles"
)

// Source is how roles are read.
var Source = paging.Source{
	Columns: changes.Columns("r") + ", r.code, r.label, r.rank, r.speaks",
	Table:   "roles r",
	ID:      "r.id",
	Sorts: map[string]paging.Column{
		"rank":       {SQL: "r.rank", Type: "integer"},
		"code":       {SQL: "r.code", Type: "text"},
		"updated_at": {SQL: "r.updated_at", Type: "timestamptz"},
	},
	Default: "rank",
}

// List returns a page of roles.
func List(ctx context.Context, db pg.DB, f Filter) (paging.Page[Role], error) {
	var w pg.Where
	pg.In(&w, "r.id", "id", f.ID)
	pg.In(&w, "r.code", "code", f.Code)
	if f.Speaks != nil {
		w.Add("r.speaks = @speaks", "speaks", *f.Speaks)
	}
	return paging.Query[Role](ctx, db, Source, w, f.Params)
}

// Get returns one role. It returns apperr.NotFound if there is none and apperr.Gone after its deletion.
func Get(ctx context.Context, db pg.DB, id int64) (Role, error) {
	return changes.Get[Role](ctx, db, Source, Type, id)
}

// Create creates a role. A code that another role has is apperr.Conflict.
func Create(ctx context.Context, tx pgx.Tx, in Input) (int64, error) {
	return pg.ID(ctx, tx, "INSERT INTO roles (code, label, rank, speaks) VALUES (@code, @label, coalesce(@rank, 100), @speaks) RETURNING id", in.args())
}

// Update replaces the content of old. Another code is apperr.Invalid: clients refer to roles by it. Content that is
// already stored changes nothing, not even the version.
func Update(ctx context.Context, tx pgx.Tx, old Role, in Input) error {
	if err := input.Keeps(old.Input, in); err != nil {
		return err
	}
	args := in.args()
	args["id"] = old.ID
	return pg.Exec(ctx, tx, "UPDATE roles SET code = @code, label = @label, rank = coalesce(@rank, 100), speaks = @speaks WHERE id = @id", args)
}

func (in Input) args() pg.Args {
	return pg.Args{"code": in.Code, "label": in.Label, "rank": in.Rank, "speaks": in.Speaks}
}

// Codes returns the codes of all roles with their labels, in the order of their rank.
func Codes(ctx context.Context, db pg.DB) ([]vocabulary.Code, error) {
	rows, err := db.Query(ctx, "SELECT code, label FROM roles ORDER BY rank, id")
	if err != nil {
		return nil, pg.Error(err)
	}
	codes, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c vocabulary.Code, err error) {
		err = row.Scan(&c.Code, &c.Label)
		return c, err
	})
	return codes, pg.Error(err)
}
