package changes_test

import (
	"fmt"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// feedOf reads a feed to its end and returns its changes as "upsert topics/1 3".
func feedOf(t *testing.T, db *pgxpool.Pool, f changes.Feed) string {
	t.Helper()
	if f.Limit == 0 {
		f.Limit = 100
	}
	var list []string
	for more := true; more; {
		page, next, err := f.Read(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) > f.Limit || next && len(page) < f.Limit {
			t.Fatalf("%d changes in a page of %d", len(page), f.Limit)
		}
		for _, c := range page {
			s := fmt.Sprintf("%s %s/%d %d", c.Op, c.Type, c.ID, c.Version)
			if c.Into != nil {
				s += fmt.Sprintf(" into %d", *c.Into)
			}
			if c.Seq <= f.After || c.At.IsZero() {
				t.Errorf("after %d: %+v", f.After, c)
			}
			list, f.After = append(list, s), c.Seq
		}
		more = next
	}
	return strings.Join(list, ", ")
}

func seqOf(t *testing.T, db *pgxpool.Pool) int64 {
	t.Helper()
	head, err := changes.ReadHead(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return head.Seq
}

func TestAFeedHasEachRecordOnceAtItsNewestChange(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	start := seqOf(t, db)
	first, second, third := fixture.Topic(t, db), fixture.Topic(t, db), fixture.Topic(t, db)
	exec(t, db, `UPDATE topics SET label = '{"en": "Changed"}' WHERE id = $1`, first)
	exec(t, db, "DELETE FROM topics WHERE id = $1", third)
	want := fmt.Sprintf("upsert topics/%d 1, upsert topics/%d 2, delete topics/%d 2", second, first, third)
	for _, limit := range []int{1, 2, 3, 100} {
		for _, public := range []bool{true, false} {
			if got := feedOf(t, db, changes.Feed{Types: []string{"topics"}, After: start, Limit: limit, Public: public}); got != want {
				t.Errorf("pages of %d, public %t: %s, want %s", limit, public, got, want)
			}
		}
	}
}

func TestAFeedHasTheRequestedTypesOnly(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	start := seqOf(t, db)
	organization, topic := fixture.Organization(t, db), fixture.Topic(t, db)
	a, b := fmt.Sprintf("upsert organizations/%d 1", organization), fmt.Sprintf("upsert topics/%d 1", topic)
	for _, c := range []struct {
		types []string
		want  string
	}{{[]string{"topics"}, b}, {[]string{"topics", "organizations"}, a + ", " + b}, {[]string{"people"}, ""}} {
		if got := feedOf(t, db, changes.Feed{Types: c.types, After: start}); got != c.want {
			t.Errorf("%v: %s, want %s", c.types, got, c.want)
		}
	}
}

func TestThePublicFeedHasOnlyRecordsThatThePublicSeesOrSaw(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	types := []string{"round-tables", "attendees"}
	start := seqOf(t, db)
	event := fixture.RoundTable(t, db, fixture.Draft)
	seat := fixture.Attendee(t, db, func(in *attendee.Input) { in.RoundTableID = event })
	read := func(public bool) string {
		return feedOf(t, db, changes.Feed{Types: types, After: start, Public: public})
	}
	check := func(when, full, public string) {
		t.Helper()
		replace := strings.NewReplacer("E", fmt.Sprint("round-tables/", event), "A", fmt.Sprint("attendees/", seat))
		if got := read(false); got != replace.Replace(full) {
			t.Errorf("%s, all: %s, want %s", when, got, replace.Replace(full))
		}
		if got := read(true); got != replace.Replace(public) {
			t.Errorf("%s, public: %s, want %s", when, got, replace.Replace(public))
		}
	}
	check("a draft", "upsert E 1, upsert A 1", "")
	exec(t, db, "UPDATE round_tables SET publication = 'published' WHERE id = $1", event)
	check("published", "upsert A 1, upsert E 2", "upsert E 2, upsert A 1")
	exec(t, db, "UPDATE round_tables SET publication = 'withdrawn' WHERE id = $1", event)
	check("withdrawn", "upsert A 1, upsert E 3", "withdraw E 3, withdraw A 1")
	exec(t, db, "DELETE FROM attendees WHERE id = $1", seat)
	check("deleted while withdrawn", "upsert E 3, delete A 2", "withdraw E 3, withdraw A 1")
}

func TestAFeedAfterAFullCopyOmitsRecordsDeletedBeforeIt(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	start := seqOf(t, db)
	kept, gone := fixture.Topic(t, db), fixture.Topic(t, db)
	exec(t, db, "DELETE FROM topics WHERE id = $1", gone)
	end := seqOf(t, db)
	later := fixture.Topic(t, db)
	exec(t, db, "DELETE FROM topics WHERE id = $1", later)
	want := fmt.Sprintf("upsert topics/%d 1, delete topics/%d 2", kept, later)
	for _, public := range []bool{true, false} {
		if got := feedOf(t, db, changes.Feed{Types: []string{"topics"}, After: start, Copied: end, Public: public}); got != want {
			t.Errorf("public %t: %s, want %s", public, got, want)
		}
	}
}

func TestAMergeNamesItsTargetOnlyToReadersWhoSeeIt(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	for _, hidden := range []bool{false, true} {
		from, into := fixture.Person(t, db), fixture.Person(t, db)
		if hidden {
			exec(t, db, "UPDATE people SET visibility = 'restricted' WHERE id = $1", into)
		}
		start := seqOf(t, db)
		merge := fixture.Insert(t, db, "INSERT INTO merges (type, from_id, into_id, name) SELECT 'people', $1, $2, name FROM people WHERE id = $1 RETURNING id", from, into)
		write(t, db, func(tx pgx.Tx) {
			exec(t, tx, "INSERT INTO merged (type, id, into_id, merge_id) VALUES ('people', $1, $2, $3)", from, into, merge)
			exec(t, tx, "DELETE FROM people WHERE id = $1", from)
		})
		full := fmt.Sprintf("merge people/%d 2 into %d", from, into)
		public := full
		if hidden {
			public = fmt.Sprintf("delete people/%d 2", from)
		}
		for readsPublic, want := range map[bool]string{false: full, true: public} {
			if got := feedOf(t, db, changes.Feed{Types: []string{"people"}, After: start, Public: readsPublic}); got != want {
				t.Errorf("hidden %t, public %t: %s, want %s", hidden, readsPublic, got, want)
			}
		}
	}
}
