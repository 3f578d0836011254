package place

import (
	"context"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"

	"github.com/jackc/pgx/v5"
)

// Table is the table of places, Type their record type in the change log.
const (
	Table = "places"
	Type  = "places"
)

var spellings = spelling.Index{Table: "place_names", Owner: "place_id", Records: Table}

// Source is how places are read.
var Source = paging.Source{
	Columns: changes.Columns("p") + `, p.name, p.former_names, p.other_names, p.country, p.region, p.parent_id, p.latitude, p.longitude,
		CASE WHEN u.id IS NOT NULL THEN json_build_object('id', u.id, 'name', u.name) END AS parent`,
	Table: "places p",
	Joins: "LEFT JOIN places u ON u.id = p.parent_id",
	ID:    "p.id",
	Sorts: map[string]paging.Column{
		"name":       {SQL: "p.name_sort", Type: "text"},
		"updated_at": {SQL: "p.updated_at", Type: "timestamptz"},
	},
	Default: "name",
}

// List returns a page of places.
func List(ctx context.Context, db pg.DB, f Filter) (paging.Page[Place], error) {
	var w pg.Where
	pg.In(&w, "p.id", "id", f.ID)
	pg.In(&w, "p.parent_id", "parent", f.Parent)
	pg.In(&w, "p.country", "country", f.Country)
	spellings.Search(&w, "p.id", f.Q)
	return paging.Query[Place](ctx, db, spellings.Ranked(Source, &w, f.Q, f.Sort), w, f.Params)
}

// Get returns one place. It returns apperr.NotFound if there is none and apperr.Gone after its deletion.
func Get(ctx context.Context, db pg.DB, id int64) (Place, error) {
	return changes.Get[Place](ctx, db, Source, Type, id)
}

// ByName returns the places that have or had the name.
func ByName(ctx context.Context, db pg.DB, name string) ([]apperr.Candidate, error) {
	return spellings.FindExact(ctx, db, name)
}

// Create creates a place. An unknown parent is apperr.Invalid.
func Create(ctx context.Context, tx pgx.Tx, in Input) (int64, error) {
	id, err := pg.ID(ctx, tx, `
		INSERT INTO places (name, former_names, other_names, country, region, parent_id, latitude, longitude)
		VALUES (@name, @former_names, @other_names, @country, @region, @parent_id, @latitude, @longitude) RETURNING id`, in.args())
	if err != nil {
		return 0, err
	}
	return id, spellings.Save(ctx, tx, id, in.spellings())
}

// Update replaces the content of old, with the errors of Create. A parent that lies within the place is apperr.Invalid.
// Content that is already stored changes nothing, not even the version.
func Update(ctx context.Context, tx pgx.Tx, old Place, in Input) error {
	args := in.args()
	args["id"] = old.ID
	err := pg.Exec(ctx, tx, `
		UPDATE places SET name = @name, former_names = @former_names, other_names = @other_names, country = @country, region = @region,
			parent_id = @parent_id, latitude = @latitude, longitude = @longitude WHERE id = @id`, args)
	if err != nil {
		return err
	}
	return spellings.Save(ctx, tx, old.ID, in.spellings())
}

// Respell rebuilds the spellings of all places by the current rules and returns the number of places.
func Respell(ctx context.Context, db changes.Pool) (int, error) {
	return spelling.Rebuild(ctx, db, spellings, spelled, named)
}

// Relearn rebuilds the spellings of a place whose names were restored from the log.
func Relearn(ctx context.Context, tx pgx.Tx, id int64) error {
	return spelling.RebuildOne(ctx, tx, spellings, id, spelled, named)
}

const spelled = "r.name, r.other_names, r.former_names"

func named(p Place) (id int64, spellings []string) { return p.ID, p.spellings() }

func (in Input) args() pg.Args {
	in.complete()
	return pg.Args{
		"name": in.Name, "former_names": in.FormerNames, "other_names": in.OtherNames, "country": in.Country, "region": in.Region,
		"parent_id": in.ParentID, "latitude": in.Latitude, "longitude": in.Longitude,
	}
}
