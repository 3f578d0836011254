package place_test

import (
	"context"
	"errors"
	"testing"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/place"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// update applies a change to a place.
func update(t *testing.T, db *pgxpool.Pool, id int64, set func(*place.Input)) error {
	t.Helper()
	ctx := fixture.Context()
	return changes.Write(ctx, db, changes.Options{}, func(tx pgx.Tx) error {
		old, err := place.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		in := old.Input
		set(&in)
		return place.Update(ctx, tx, old, in)
	})
}

func TestCoordinatesComeInPairs(t *testing.T) {
	t.Parallel()
	for want, in := range map[string]place.Input{
		"":                    {Latitude: new(51.1), Longitude: new(71.4)},
		"/longitude required": {Latitude: new(51.1)},
		"/latitude required":  {Longitude: new(71.4)},
	} {
		var got string
		in.Name = text.Map{"en": "Astana"}
		for _, f := range input.Check(&in) {
			got += f.Pointer + " " + f.Code
		}
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestAPlaceIsFoundByItsCurrentFormerAndOtherNames(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Place(t, db, func(in *place.Input) {
		in.Name, in.FormerNames = text.Map{"en": "Astana"}, []place.FormerName{{Name: text.Map{"en": "Akmola"}}}
		in.OtherNames = []text.OtherName{{Text: "Tselinograd", Kind: "alias"}}
	})
	found := func(when string, names map[string]bool) {
		t.Helper()
		for name, want := range names {
			list, err := place.ByName(context.Background(), db, name)
			if err != nil || (len(list) == 1 && list[0].ID == id) != want {
				t.Errorf("%s, %s: %v, %v", when, name, list, err)
			}
		}
	}
	found("created", map[string]bool{"Astana": true, "Akmola": true, "Tselinograd": true, "Almaty": false})
	if err := update(t, db, id, func(in *place.Input) { in.Name, in.FormerNames = text.Map{"en": "Nur-Sultan"}, nil }); err != nil {
		t.Fatal(err)
	}
	found("renamed", map[string]bool{"Astana": true, "г. Нурсултан": true, "Akmola": false, "Nur-Sultan": true, "Tselinograd": true})
}

func TestAnUpdateThatChangesNothingKeepsTheVersion(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Place(t, db)
	for i, set := range []func(*place.Input){func(*place.Input) {}, func(in *place.Input) { in.Country = new("KZ"); in.Region = new("Almaty Region") }} {
		if err := update(t, db, id, set); err != nil {
			t.Fatal(err)
		}
		if got, err := place.Get(t.Context(), db, id); err != nil || got.Version != int64(i+1) {
			t.Errorf("version %d (%v), want %d", got.Version, err, i+1)
		}
	}
}

func TestAParentIsAKnownPlaceThatDoesNotLieWithinThePlace(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	above := fixture.Place(t, db)
	below := fixture.Place(t, db, func(in *place.Input) { in.ParentID = &above })
	if got, err := place.Get(t.Context(), db, below); err != nil || got.Parent == nil || got.Parent.ID != above {
		t.Errorf("%+v, %v", got.Parent, err)
	}
	for parent, want := range map[int64]string{below: "cycle", above: "cycle", below + 1: "unknown_reference"} {
		err := update(t, db, above, func(in *place.Input) { in.ParentID = &parent })
		var e *apperr.Error
		if !errors.As(err, &e) || e.Kind != apperr.Invalid || len(e.Fields) != 1 || e.Fields[0].Pointer+" "+e.Fields[0].Code != "/parent_id "+want {
			t.Errorf("%d below %d: %v, want %s", above, parent, err, want)
		}
	}
}

func TestASearchFindsACityByTheNamesThatTheRegistryLacks(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Place(t, db, func(in *place.Input) { in.Name = text.Map{"ru": "Астана"} })
	fixture.Place(t, db, func(in *place.Input) { in.Name = text.Map{"ru": "Акмолинская область"} })
	for _, q := range []string{"Нурсултан", "г. Целиноград", "Nur-Sultan", "г. Акмола", "Астана (бывш. Нур-Султан)"} {
		page, err := place.List(fixture.Context(), db, place.Filter{Q: q})
		if err != nil || len(page.Items) != 1 || page.Items[0].ID != id {
			t.Errorf("%s: %+v, %v", q, page.Items, err)
		}
	}
}
