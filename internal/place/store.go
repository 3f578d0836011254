package place

import (
	"context"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"
	"roundtables.kz/registry/internal/spelling"

	"github.com/jackc/pgx/v5"
)

// Table is the table of places, Type their record type in the change log.
const (
	Table = "places"
	Type  = "places"
)

// Spellings is the index of the names of places.
var Spellings = spelling.Index{
	Table: "place_names", Owner: "place_id", Records: Table,
	Columns: "r.name, r.other_names, r.former_names", Read: spelling.Reader(func(p Place) (int64, []string) { return p.ID, p.spellings() }),
}

// sourceFor returns how the actor reads places.
var sourceFor = actor.PerView(newSource)

// newSource returns how places are read. For the public, unpublished round tables do not count.
func newSource(public bool) paging.Source {
	s := paging.Source{
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
		Dimensions: map[string]paging.Dimension{
			"country": {Values: paging.Values{SQL: "p.country"}, Vocabulary: "country"},
			"parent":  {Values: paging.Values{SQL: "p.parent_id"}, Named: reference.NamedPlaces},
		},
	}
	reference.AddCounts(&s, Type, public)
	return s
}

// List returns a page of places.
func List(ctx context.Context, db pg.DB, f Filter) (paging.Page[Place], error) {
	var w pg.Where
	pg.In(&w, "p.id", "id", f.ID)
	pg.In(&w, "p.parent_id", "parent", f.Parent)
	pg.In(&w, "p.country", "country", f.Country)
	if f.Q != "" {
		var spelled pg.Where
		Spellings.Search(&spelled, "p.id", f.Q)
		known := strings.TrimPrefix(spelled.SQL("p.id", true), " WHERE ")
		if aliases := Aliases(f.Q); len(aliases) > 0 { // the registry may have the city under its current name only
			known = "(" + known + " OR p.id IN (SELECT a.place_id FROM place_names a WHERE a.key = ANY(@aliases)))"
			spelled.Bind("aliases", names.Keys(aliases...))
		}
		reference.OrSearch(&w, known, "p.id", Type, f.Q, actor.From(ctx).SeesOnlyPublished())
		for name, value := range spelled.Args() {
			w.Bind(name, value)
		}
	}
	return paging.Query[Place](ctx, db, Spellings.Ranked(sourceFor(ctx), &w, f.Q, f.Sort), w, f.Params)
}

// Get returns one place. It returns apperr.NotFound if there is none and apperr.Gone after its deletion.
func Get(ctx context.Context, db pg.DB, id int64) (Place, error) {
	return changes.Get[Place](ctx, db, sourceFor(ctx), Type, id)
}

// ByName returns the places that have or had the name, or else those that have an alias of it: see Aliases.
func ByName(ctx context.Context, db pg.DB, name string) ([]apperr.Candidate, error) {
	all := append([]string{name}, Aliases(name)...)
	by, err := Spellings.FindEachExact(ctx, db, all)
	found := by[name]
	for _, alias := range all[1:] {
		for _, c := range by[alias] {
			if len(by[name]) == 0 && !slices.ContainsFunc(found, func(f apperr.Candidate) bool { return f.ID == c.ID }) {
				found = append(found, c)
			}
		}
	}
	return found, err
}

// Create creates a place. An unknown parent is apperr.Invalid.
func Create(ctx context.Context, tx pgx.Tx, in Input) (int64, error) {
	return pg.Create(ctx, tx, Table, in, Insert)
}

// Insert queues the statements of Create.
func Insert(b *pgx.Batch, id int64, in Input, _ *[]apperr.Field) {
	args := in.args()
	args["id"] = id
	b.Queue(`
		INSERT INTO places (id, name, former_names, other_names, country, region, parent_id, latitude, longitude)
		VALUES (@id, @name, @former_names, @other_names, @country, @region, @parent_id, @latitude, @longitude)`, args)
	Spellings.Add(b, id, in.spellings())
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
	return Spellings.Save(ctx, tx, old.ID, in.spellings())
}

func (in Input) args() pg.Args {
	in.complete()
	return pg.Args{
		"name": in.Name, "former_names": in.FormerNames, "other_names": in.OtherNames, "country": in.Country, "region": in.Region,
		"parent_id": in.ParentID, "latitude": in.Latitude, "longitude": in.Longitude,
	}
}

// Position is a position on the earth (WGS 84), in degrees.
type Position struct {
	Latitude, Longitude float64
}

// Positions returns the positions of places by their ids, as far as they are known.
func Positions(ctx context.Context, db pg.DB, ids []int64) (map[int64]Position, error) {
	positions := map[int64]Position{}
	if len(ids) == 0 {
		return positions, nil
	}
	var id int64
	var p Position
	const sql = "SELECT id, latitude, longitude FROM places WHERE id = ANY(@ids) AND latitude IS NOT NULL"
	rows, _ := db.Query(ctx, sql, pg.Args{"ids": ids}) // the rows carry its error
	_, err := pgx.ForEachRow(rows, []any{&id, &p.Latitude, &p.Longitude}, func() error {
		positions[id] = p
		return nil
	})
	return positions, pg.Error(err)
}
