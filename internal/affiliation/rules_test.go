package affiliation_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/person"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func write(db *pgxpool.Pool, f func(ctx context.Context, tx pgx.Tx) error) error {
	ctx := fixture.Context()
	return changes.Write(ctx, db, changes.Options{}, func(tx pgx.Tx) error { return f(ctx, tx) })
}

func TestAPositionDoesNotEndBeforeItBegins(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		valid    bool
	}{{"2017", "2016", false}, {"2017-05", "2017-04-30", false}, {"2017-05", "2017", true}, {"2017", "2017", true}} {
		in := affiliation.Input{From: partial(c.from), To: partial(c.to)}
		fields := in.Check()
		if c.valid != (len(fields) == 0) || !c.valid && (fields[0].Pointer != "/to" || fields[0].Code != "before_start") {
			t.Errorf("%s to %s: %v", c.from, c.to, fields)
		}
	}
}

func TestAnAffiliationRequiresAKnownPersonAndOrganization(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	someone, institute := fixture.Person(t, db), fixture.Organization(t, db)
	for want, in := range map[string]affiliation.Input{
		"/person_id unknown_reference":       {PersonID: someone + 1, OrganizationID: institute},
		"/organization_id unknown_reference": {PersonID: someone, OrganizationID: institute + 1},
	} {
		err := write(db, func(ctx context.Context, tx pgx.Tx) error {
			_, err := affiliation.Create(ctx, tx, in)
			return err
		})
		var e *apperr.Error
		if !errors.As(err, &e) || e.Kind != apperr.Invalid || len(e.Fields) != 1 || e.Fields[0].Pointer+" "+e.Fields[0].Code != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestAnUpdateReplacesAPositionAndIncreasesItsVersionOnlyIfItChanges(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Affiliation(t, db, func(in *affiliation.Input) {
		in.PersonID, in.OrganizationID, in.From = fixture.Person(t, db), fixture.Organization(t, db), partial("2017")
	})
	for i, want := range []int64{1, 2} {
		err := write(db, func(ctx context.Context, tx pgx.Tx) error {
			old, err := affiliation.Get(ctx, tx, id)
			if err != nil {
				return err
			}
			in := old.Input
			if i == 1 {
				in.To = partial("2019")
			}
			return affiliation.Update(ctx, tx, old, in)
		})
		got, getErr := affiliation.Get(fixture.Context(), db, id)
		if err != nil || getErr != nil || got.Version != want || (got.To != nil) != (i == 1) || *got.From != "2017" {
			t.Errorf("%+v (%v, %v), want version %d", got, err, getErr, want)
		}
	}
}

func TestThePublicDoesNotSeeThePositionsOfRestrictedPeople(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	of := func(visibility string) int64 {
		return fixture.Affiliation(t, db, func(in *affiliation.Input) {
			in.PersonID = fixture.Person(t, db, func(p *person.Input) { p.Visibility = visibility })
			in.OrganizationID = fixture.Organization(t, db)
		})
	}
	shown, hidden := of("public"), of("restricted")
	f := affiliation.Filter{}
	f.Limit = 10
	for ctx, want := range map[context.Context][]int64{context.Background(): {shown}, fixture.Context(): {shown, hidden}} {
		page, err := affiliation.List(ctx, db, f)
		var got []int64
		for _, a := range page.Items {
			got = append(got, a.ID)
		}
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%v, want %v (%v)", got, want, err)
		}
	}
	if _, err := affiliation.Get(context.Background(), db, hidden); !apperr.IsKind(err, apperr.NotFound) {
		t.Errorf("%v", err)
	}
}

func TestTheLatestPositionsOfEachParentAreReturnedUpToALimit(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	one, other, institute := fixture.Person(t, db), fixture.Person(t, db), fixture.Organization(t, db)
	add := func(person, organization int64, from string) int64 {
		return fixture.Affiliation(t, db, func(in *affiliation.Input) {
			in.PersonID, in.OrganizationID, in.From = person, organization, partial(from)
		})
	}
	add(one, institute, "2010")
	middle, last := add(one, fixture.Organization(t, db), "2015"), add(one, fixture.Organization(t, db), "2020")
	others := add(other, institute, "2012")
	for name, c := range map[string]struct {
		list func() ([]affiliation.Affiliation, error)
		want []int64
	}{
		"people": {func() ([]affiliation.Affiliation, error) {
			return affiliation.OfPeople(fixture.Context(), db, []int64{one, other}, 2)
		}, []int64{middle, last, others}},
		"organizations": {func() ([]affiliation.Affiliation, error) {
			return affiliation.OfOrganizations(fixture.Context(), db, []int64{institute}, 1)
		}, []int64{others}},
	} {
		list, err := c.list()
		var got []int64
		for _, a := range list {
			got = append(got, a.ID)
		}
		slices.Sort(got)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v (%v)", name, got, c.want, err)
		}
	}
}
