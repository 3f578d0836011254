package organizer_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/roundtable"

	"github.com/jackc/pgx/v5"
)

func ids(t *testing.T, page func() ([]organizer.Organizer, error)) (ids []int64) {
	t.Helper()
	items, err := page()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range items {
		ids = append(ids, o.ID)
	}
	return ids
}

func TestEveryFilterRuns(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	first := fixture.Organizer(t, db)
	o, err := organizer.Get(fixture.Context(), db, first)
	if err != nil {
		t.Fatal(err)
	}
	draft := fixture.RoundTable(t, db, fixture.Draft, func(in *roundtable.Input) { in.StartsOn = nil })
	for range 3 {
		fixture.Organizer(t, db, func(in *organizer.Input) { in.RoundTableID = o.RoundTableID })
		fixture.Organizer(t, db, func(in *organizer.Input) { in.OrganizationID = o.OrganizationID })
		fixture.Organizer(t, db, func(in *organizer.Input) { in.RoundTableID, in.Kind = draft, "host" })
	}
	fixture.EveryFilter(t, db, organizer.List,
		func(f *organizer.Filter) { f.RoundTable = []int64{o.RoundTableID} },
		func(f *organizer.Filter) { f.RoundTable = []int64{draft} },
		func(f *organizer.Filter) { f.Organization = []int64{o.OrganizationID} },
		func(f *organizer.Filter) { f.Kind = []string{"host", "organizer"} },
		func(f *organizer.Filter) {
			f.StartsFrom, f.StartsTo = fixture.Day(2020, 2, 27), fixture.Day(2020, 2, 28)
		})
}

func TestAnOrganizerWithoutAPositionIsTheLastOfItsRoundTable(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	event := fixture.RoundTable(t, db)
	at := func(position *int64) int64 {
		return fixture.Organizer(t, db, func(in *organizer.Input) { in.RoundTableID, in.Position = event, position })
	}
	one, nine := int64(1), int64(9)
	second, fourth, third := at(nil), at(&nine), at(&one) // at positions 1, 9 and 1: the same place goes by id
	fifth := at(nil)
	fixture.Organizer(t, db)
	got := ids(t, func() ([]organizer.Organizer, error) {
		page, err := organizer.ListWithin(context.Background(), db, event, organizer.Within{})
		return page.Items, err
	})
	if want := []int64{second, third, fourth, fifth}; !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
}

func TestTheSameContentAgainChangesNothing(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Organizer(t, db)
	was, err := organizer.Get(fixture.Context(), db, id)
	if err != nil {
		t.Fatal(err)
	}
	in := was.Input
	in.Position = nil
	update(t, db, was, in)
	if is, err := organizer.Get(fixture.Context(), db, id); err != nil || is.Version != 1 || *is.Position != *was.Position {
		t.Errorf("version %d, position %d: %v", is.Version, *is.Position, err)
	}
}

func update(t *testing.T, db changes.Pool, old organizer.Organizer, in organizer.Input) {
	t.Helper()
	err := changes.Write(fixture.Context(), db, changes.Options{}, func(tx pgx.Tx) error { return organizer.Update(fixture.Context(), tx, old, in) })
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnOrganizerMovesWithItsDateAndToAnotherRoundTable(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Organizer(t, db)
	o, err := organizer.Get(fixture.Context(), db, id)
	if err != nil {
		t.Fatal(err)
	}
	in := o.Input
	in.RoundTableID = fixture.RoundTable(t, db, func(in *roundtable.Input) { in.StartsOn = fixture.Day(2025, time.May, 1) })
	update(t, db, o, in)
	page, err := organizer.List(context.Background(), db, organizer.Filter{StartsFrom: fixture.Day(2025, time.May, 1)})
	if err != nil || len(page.Items) != 1 || page.Items[0].RoundTable.ID != in.RoundTableID {
		t.Errorf("%+v: %v", page.Items, err)
	}
}

func TestTheOrganizersOfADraftAreNotThereForThePublic(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	draft := fixture.RoundTable(t, db, fixture.Draft)
	id := fixture.Organizer(t, db, func(in *organizer.Input) { in.RoundTableID = draft })
	open := fixture.Organizer(t, db)
	page, err := organizer.List(context.Background(), db, organizer.Filter{})
	if err != nil || len(page.Items) != 1 || page.Items[0].ID != open {
		t.Errorf("%+v: %v", page.Items, err)
	}
	var e *apperr.Error
	if _, err := organizer.Get(context.Background(), db, id); !errors.As(err, &e) || e.Kind != apperr.NotFound {
		t.Errorf("%v", err)
	}
	if _, err := organizer.Get(fixture.Context(), db, id); err != nil {
		t.Errorf("%v", err)
	}
}
