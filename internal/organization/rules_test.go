package organization_test

import (
	"context"
	"errors"
	"testing"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// update applies a change to a organization.
func update(t *testing.T, db *pgxpool.Pool, id int64, set func(*organization.Input)) error {
	t.Helper()
	ctx := fixture.Context()
	return changes.Write(ctx, db, changes.Options{}, func(tx pgx.Tx) error {
		old, err := organization.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		in := old.Input
		set(&in)
		return organization.Update(ctx, tx, old, in)
	})
}

func TestAnOrganizationIsNotDissolvedBeforeItIsFounded(t *testing.T) {
	t.Parallel()
	for dissolved, want := range map[date.Partial]string{"1996": "/dissolved_on before_start", "1997": "", "2020-05": ""} {
		in := organization.Input{FoundedOn: new(date.Partial("1997-06")), DissolvedOn: &dissolved}
		var got string
		for _, f := range in.Check() {
			got += f.Pointer + " " + f.Code
		}
		if got != want || in.Kind != "other" {
			t.Errorf("%s: %q, want %q, kind %s", dissolved, got, want, in.Kind)
		}
	}
}

func TestAnOrganizationIsFoundByItsFullShortAndOtherNames(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Organization(t, db, func(in *organization.Input) {
		in.Name, in.ShortName = text.Map{"en": "Institute for Strategic Studies"}, text.Map{"en": "KazISS"}
		in.OtherNames = []text.OtherName{{Text: "Strategy Institute", Kind: "alias"}}
	})
	found := func(when string, names map[string]bool) {
		t.Helper()
		for name, want := range names {
			list, err := organization.Spellings.FindExact(context.Background(), db, name)
			if err != nil || (len(list) == 1 && list[0].ID == id) != want {
				t.Errorf("%s, %s: %v, %v", when, name, list, err)
			}
		}
	}
	found("created", map[string]bool{"Institute for Strategic Studies": true, "KazISS": true, "Strategy Institute": true, "Ministry of Culture": false})
	if err := update(t, db, id, func(in *organization.Input) { in.Name, in.ShortName = text.Map{"en": "Research Centre"}, nil }); err != nil {
		t.Fatal(err)
	}
	found("renamed", map[string]bool{"Institute for Strategic Studies": false, "KazISS": false, "Research Centre": true, "Strategy Institute": true})
}

func TestAnUpdateThatChangesNothingKeepsTheVersion(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Organization(t, db)
	for i, set := range []func(*organization.Input){func(*organization.Input) {}, func(in *organization.Input) { in.Country = new("KZ") }} {
		if err := update(t, db, id, set); err != nil {
			t.Fatal(err)
		}
		if got, err := organization.Get(t.Context(), db, id); err != nil || got.Version != int64(i+1) {
			t.Errorf("version %d (%v), want %d", got.Version, err, i+1)
		}
	}
}

func TestAParentIsAKnownOrganizationThatIsNoPartOfTheOrganization(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	above := fixture.Organization(t, db)
	below := fixture.Organization(t, db, func(in *organization.Input) { in.ParentID = &above })
	if got, err := organization.Get(t.Context(), db, below); err != nil || got.Parent == nil || got.Parent.ID != above {
		t.Errorf("%+v, %v", got.Parent, err)
	}
	for parent, want := range map[int64]string{below: "cycle", above: "cycle", below + 1: "unknown_reference"} {
		err := update(t, db, above, func(in *organization.Input) { in.ParentID = &parent })
		var e *apperr.Error
		if !errors.As(err, &e) || e.Kind != apperr.Invalid || len(e.Fields) != 1 || e.Fields[0].Pointer+" "+e.Fields[0].Code != "/parent_id "+want {
			t.Errorf("%d below %d: %v, want %s", above, parent, err, want)
		}
	}
}

func TestAnAddedSpellingFindsAnOrganizationOnce(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Organization(t, db, func(in *organization.Input) { in.Name = text.Map{"en": "Culture Fund"} })
	ctx := fixture.Context()
	for range 2 { // the second time it is already there
		if err := changes.Write(ctx, db, changes.Options{}, func(tx pgx.Tx) error {
			return organization.AddSpelling(ctx, tx, id, text.OtherName{Text: "Fund of Culture", Kind: "alias"})
		}); err != nil {
			t.Fatal(err)
		}
	}
	list, err := organization.Spellings.FindExact(ctx, db, "Fund of Culture")
	got, getErr := organization.Get(ctx, db, id)
	if err != nil || getErr != nil || len(list) != 1 || list[0].ID != id || len(got.OtherNames) != 1 || got.Version != 2 {
		t.Errorf("%v, %+v, version %d (%v, %v)", list, got.OtherNames, got.Version, err, getErr)
	}
}
