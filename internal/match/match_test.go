package match

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// world is a database with Yerlan Karin of the Senate and a restricted person of the same name.
type world struct {
	*Matcher
	db                    *pgxpool.Pool
	karin, hidden, senate int64
	public, reader        context.Context
}

func newWorld(t *testing.T) world {
	t.Helper()
	db := dbtest.New(t)
	m, err := New(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	w := world{Matcher: m, db: db, public: t.Context(), reader: actor.With(t.Context(), actor.System("test"))}
	w.senate = fixture.Organization(t, db, func(in *organization.Input) { in.Name = text.Map{"en": "Senate of the Parliament"} })
	w.karin = fixture.Person(t, db, func(in *person.Input) {
		in.Name, in.ExternalIDs = text.Map{"en": "Yerlan Karin", "ru": "Ерлан Карин"}, []string{"wikidata:Q1"}
	})
	w.hidden = fixture.Person(t, db, func(in *person.Input) { in.Name, in.Visibility = text.Map{"en": "Erlan Karin"}, "restricted" })
	fixture.Affiliation(t, db, func(in *affiliation.Input) { in.PersonID, in.OrganizationID = w.karin, w.senate })
	return w
}

func TestResultsHoldOnlyRecordsThatTheActorMaySee(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	karin, hidden := fmt.Sprint("people/", w.karin), fmt.Sprint("people/", w.hidden)
	for ctx, want := range map[context.Context][]string{w.public: {karin}, w.reader: {karin, hidden}} {
		var got []string
		matches, err := w.Match(ctx, People, []Query{{Name: "Карин Ерлан", Organization: "Senate of the Parliament"}})
		for _, c := range matches.Data[0].Candidates {
			got = append(got, recordPath(People, c.ID))
		}
		check(t, "match", got, want, err)

		got = nil
		hits, err := w.LookupPeople(ctx, "erlan kar", 10)
		for _, h := range hits.Data {
			got = append(got, recordPath(People, h.ID))
		}
		check(t, "lookup", got, want, err)

		got = nil
		suggestions, err := w.SuggestRecords(ctx, SuggestQuery{Prefix: "karin", Type: "people"})
		for _, s := range suggestions.Result {
			got = append(got, s.ID)
		}
		check(t, "suggestions", got, want, err)

		got = nil
		queries, err := ParseQueries(`{"name":{"query":"Erlan Karin"},"id":{"query":"` + hidden + `"},"external":{"properties":[{"pid":"external_id","v":"wikidata:Q1"}]}}`)
		if err != nil {
			t.Fatal(err)
		}
		results, err := w.Reconcile(ctx, queries, "ru")
		for _, c := range results["name"].Result {
			got = append(got, c.ID)
		}
		check(t, "reconciliation", got, want, err)
		if got := results["external"].Result; len(got) != 1 || !got[0].Match || got[0].Name != "Ерлан Карин" || got[0].Description != "Director, Senate of the Parliament" {
			t.Errorf("by the external id: %+v", got)
		}
		if got := len(results["id"].Result); got != len(want)-1 {
			t.Errorf("by the id of the restricted person: %d results", got)
		}
	}
	hits, err := w.LookupOrganizations(w.public, "senate", 10)
	if err != nil || len(hits.Data) != 1 || hits.Data[0].ID != w.senate {
		t.Errorf("organizations: %+v, %v", hits, err)
	}
	for _, q := range []string{"", "…", "Nobody Whom We Know"} {
		hits, err := w.LookupPeople(w.public, q, 10)
		if err != nil || hits.Data == nil || len(hits.Data) != 0 {
			t.Errorf("%q: %+v, %v", q, hits, err)
		}
	}
}

// check compares lists without their order.
func check(t *testing.T, what string, got, want []string, err error) {
	t.Helper()
	slices.Sort(got)
	if err != nil || !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("%s: %q, want %q, %v", what, got, want, err)
	}
}

func TestDuplicatesAreListedUntilADistinctionIsRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fixture.Affiliation(t, w.db, func(in *affiliation.Input) { in.PersonID, in.OrganizationID = w.hidden, w.senate })
	f := DuplicateFilter{MinScore: .92, Limit: 1000}
	page, err := w.PeopleDuplicates(w.reader, f)
	if err != nil || len(page.Items) != 1 || page.Limit != maxPairs || page.Head == 0 || page.Next != nil {
		t.Fatalf("%+v, %v", page, err)
	}
	if d := page.Items[0]; d.First.ID != w.karin || d.Second.ID != w.hidden || len(d.Reasons) != 2 || d.First.Affiliation.Organization.ID != w.senate {
		t.Errorf("%+v", d)
	}
	err = changes.Write(fixture.Context(), w.db, changes.Options{}, func(tx pgx.Tx) error {
		_, err := distinction.Create(fixture.Context(), tx, distinction.Input{Type: person.Type, FirstID: w.karin, SecondID: w.hidden})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if page, err := w.PeopleDuplicates(w.reader, f); err != nil || page.Items == nil || len(page.Items) != 0 {
		t.Errorf("with a distinction: %+v, %v", page, err)
	}
	if page, err := w.OrganizationsDuplicates(w.reader, f); err != nil || page.Items == nil || len(page.Items) != 0 {
		t.Errorf("organizations: %+v, %v", page, err)
	}
}

func TestAnAttendeeIsResolvedWithACandidate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	name := "Е. Карин"
	id := fixture.Attendee(t, w.db, func(in *attendee.Input) {
		in.NameAsListed, in.Affiliations = &name, []attendee.Affiliation{{OrganizationID: &w.senate}}
	})
	group := fixture.Attendee(t, w.db, func(in *attendee.Input) { in.Description = text.Map{"en": "Students"} })
	var list []attendee.Attendee
	for _, id := range []int64{id, group} {
		a, err := attendee.Get(w.public, w.db, id)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, a)
	}
	candidates, err := w.Candidates(w.public, list)
	if err != nil || len(candidates[0]) != 1 || candidates[1] == nil || len(candidates[1]) != 0 {
		t.Fatalf("%+v, %v", candidates, err)
	}
	if c := candidates[0][0]; c.Type != person.Type || c.ID != w.karin || c.Band != "match" || len(c.Reasons) != 2 {
		t.Errorf("%+v", c)
	}
	var resolved attendee.Attendee
	err = changes.Write(fixture.Context(), w.db, changes.Options{}, func(tx pgx.Tx) (err error) {
		resolved, err = Resolve(fixture.Context(), tx, id, ResolveInput{PersonID: &w.karin, KeepSpelling: true}, false)
		return err
	})
	if err != nil || resolved.PersonID == nil || *resolved.PersonID != w.karin {
		t.Fatalf("%+v, %v", resolved, err)
	}
	p, err := person.Get(w.reader, w.db, w.karin)
	if err != nil || len(p.OtherNames) != 1 || p.OtherNames[0].Text != name {
		t.Errorf("%+v, %v", p.OtherNames, err)
	}
}

func TestSuggestionsAreRestrictedToThePrefixAndTheType(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		got  Suggestions
		want string
	}{
		{SuggestProperties(SuggestQuery{}), "organization external_id country kind"},
		{SuggestProperties(SuggestQuery{Prefix: " EXT", Type: "organizations"}), "external_id"},
		{SuggestProperties(SuggestQuery{Prefix: "k", Type: "people"}), ""},
		{SuggestProperties(SuggestQuery{Cursor: 3}), "kind"},
		{SuggestTypes(SuggestQuery{}), "people organizations"},
		{SuggestTypes(SuggestQuery{Prefix: "org"}), "organizations"},
		{SuggestTypes(SuggestQuery{Cursor: 1000}), ""},
	} {
		var ids []string
		for _, s := range c.got.Result {
			ids = append(ids, s.ID)
		}
		if got := strings.Join(ids, " "); got != c.want || c.got.Result == nil {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
