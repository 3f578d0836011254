package changes_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"roundtables.kz/registry/api"
	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"

	"github.com/jackc/pgx/v5"
)

func TestSumsThatFollowTheChangesAreThoseOfAllRecords(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	event, someone := fixture.RoundTable(t, db), fixture.Person(t, db)
	fixture.Attendee(t, db, func(in *attendee.Input) { in.RoundTableID, in.PersonID = event, &someone })
	fixture.Affiliation(t, db, func(in *affiliation.Input) { in.PersonID, in.OrganizationID = someone, fixture.Organization(t, db) })
	topic := fixture.Topic(t, db)
	steps := []struct {
		sql string
		id  int64
	}{
		{"UPDATE round_tables SET publication = 'withdrawn' WHERE id = $1", event},
		{"UPDATE round_tables SET publication = 'published' WHERE id = $1", event},
		{"UPDATE round_tables SET venue = jsonb_build_object('en', clock_timestamp()::text) WHERE id = $1", event},
		{"UPDATE people SET visibility = 'restricted' WHERE id = $1", someone},
		{"UPDATE people SET visibility = 'public' WHERE id = $1", someone},
		{"DELETE FROM attendees WHERE round_table_id = $1", event},
		{"INSERT INTO attendees (round_table_id, name_as_listed, position) VALUES ($1, 'E. Karin', 1)", event},
		{"DELETE FROM topics WHERE id = $1", topic},
		{"INSERT INTO topics (id, label, version) SELECT $1, '{\"en\": \"Ethnic policy\"}', c.version + 1 FROM changes c WHERE c.type = 'topics' AND c.id = $1 AND c.is_head AND c.after IS NULL", topic},
	}
	r := rand.New(rand.NewPCG(7, 7))
	known := map[bool]changes.Sums{}
	var first []changes.Sum
	for range 60 {
		for range 1 + r.IntN(3) { // some transactions, of some statements each
			write(t, db, func(tx pgx.Tx) {
				for range 1 + r.IntN(2) {
					s := steps[r.IntN(len(steps))]
					exec(t, tx, s.sql, s.id)
				}
			})
		}
		for _, public := range []bool{true, false} {
			whole, err := changes.Checkpoint(t.Context(), db, api.FeedTypes(), changes.Sums{}, public)
			if err != nil {
				t.Fatal(err)
			}
			if known[public], err = changes.Checkpoint(t.Context(), db, api.FeedTypes(), known[public], public); err != nil {
				t.Fatal(err)
			}
			want, got := whole.List(api.FeedTypes()), known[public].List(api.FeedTypes())
			if !slices.Equal(want, got) || whole.Head != known[public].Head {
				t.Fatalf("public %t: followed to %v, want %v", public, got, want)
			}
			if first == nil {
				first = got
			}
		}
	}
	if now := known[true].List(api.FeedTypes()); slices.Equal(first, now) {
		t.Error("nothing has changed: the test proves nothing")
	}
}

func TestARestoredDatabaseIsAnotherOne(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	identify := func() changes.Identity {
		i, err := changes.Identify(t.Context(), db, changes.Service{Release: "1", Domain: "example.org"})
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	made := value[string](t, db, "SELECT epoch FROM registry")
	first := identify()
	if again := identify(); first.Epoch != made || again.Epoch != made {
		t.Errorf("made with the epoch %s, which became %s and %s without a restore", made, first.Epoch, again.Epoch)
	}
	home := value[string](t, db, "SELECT home FROM registry")
	for _, other := range []string{"1" + home, home + "1", "elsewhere"} {
		if _, err := db.Exec(t.Context(), "UPDATE registry SET home = $1", other); err != nil { // as a dump brings it along
			t.Fatal(err)
		}
		now := identify()
		if now.Epoch == first.Epoch || string(now.Secret) != string(first.Secret) || identify().Epoch != now.Epoch {
			t.Errorf("restored from %s: %s, was %s", other, now.Epoch, first.Epoch)
		}
		if now := value[string](t, db, "SELECT home FROM registry"); now != home {
			t.Errorf("at home in %s, want %s", now, home)
		}
		first = now
	}
}

func TestIDsStayWhenTheServiceMovesAndARestartIsNoRelease(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	identify := func(release, domain string) changes.Identity {
		i, err := changes.Identify(t.Context(), db, changes.Service{Release: release, Domain: domain})
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	first := identify("1", "one.example.org")
	if first.Authority == "" || first.CalendarDomain != first.Authority || first.ReleasedAt == nil {
		t.Errorf("%+v", first)
	}
	if again := identify("1", "two.example.org"); again.Authority != first.Authority || again.CalendarDomain != first.CalendarDomain || !again.ReleasedAt.Equal(*first.ReleasedAt) {
		t.Errorf("%+v, was %+v", again, first)
	}
	if next := identify("2", "two.example.org"); next.Epoch != first.Epoch || !next.ReleasedAt.After(*first.ReleasedAt) {
		t.Errorf("another release: %+v, was %+v", next, first)
	}
	if _, err := db.Exec(t.Context(), "UPDATE registry SET calendar_domain = NULL"); err != nil { // as in an older database
		t.Fatal(err)
	}
	for _, domain := range []string{"one.example.org", "two.example.org"} {
		if got := identify("2", domain).CalendarDomain; got != "one.example.org" {
			t.Errorf("the domain of calendars is %s", got)
		}
	}
}

func TestTheLastChangeForThePublicIsOneThatItCanSee(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	last := func(public bool) time.Time {
		at, err := changes.LastAt(t.Context(), db, public)
		if err != nil || at == nil {
			t.Fatal(at, err)
		}
		return *at
	}
	fixture.RoundTable(t, db)
	public := last(true)
	fixture.RoundTable(t, db, fixture.Draft)
	if got := last(true); !got.Equal(public) || !last(false).After(public) {
		t.Errorf("after a draft: %s for the public, %s for others, was %s", got, last(false), public)
	}
}
