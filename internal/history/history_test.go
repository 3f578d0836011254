package history_test

import (
	"fmt"
	"slices"
	"testing"

	"roundtables.kz/registry/api"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func write(t *testing.T, db *pgxpool.Pool, f func(tx pgx.Tx) error) {
	t.Helper()
	if err := changes.Write(fixture.Context(), db, changes.Options{}, f); err != nil {
		t.Fatal(err)
	}
}

// record is what a record looks like, with the spellings by which it is found.
type record struct {
	ID       int64
	Version  int64
	Snapshot []byte
	Keys     []string
}

func recordsOf(t *testing.T, db pg.DB, k history.Kind) []record {
	t.Helper()
	keys := "'{}'::text[]"
	for table, owner := range map[string]string{"people": "person", "organizations": "organization", "places": "place"} {
		if k.Table == table {
			keys = fmt.Sprintf("ARRAY(SELECT n.key || n.spelling || n.sound FROM %[1]s_names n WHERE n.%[1]s_id = r.id ORDER BY 1)", owner)
		}
	}
	rows, err := db.Query(t.Context(), fmt.Sprintf("SELECT r.id, r.version, %[1]s_snapshot(r.id) - '{version,updated_at,xact}'::text[] AS snapshot, %[2]s AS keys FROM %[1]s r ORDER BY r.id", k.Table, keys))
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[record])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestWhatWasDeletedComesBackAsItWas(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	fixture.Everything(t, db)
	was := map[string][]record{}
	for _, k := range api.Kinds() {
		// The columns of records without lists or names are restored alike for all resources.
		if was[k.Type] = recordsOf(t, db, k); len(was[k.Type]) == 0 && (len(k.Parts) > 0 || k.Relearn != nil) {
			t.Fatalf("there is no record of %s: add one", k.Type)
		}
	}
	write(t, db, func(tx pgx.Tx) error {
		for _, k := range slices.Backward(api.Kinds()) {
			for _, r := range slices.Backward(was[k.Type]) {
				if err := pg.Exec(t.Context(), tx, "DELETE FROM "+k.Table+" WHERE id = @id", pg.Args{"id": r.ID}); err != nil {
					return fmt.Errorf("delete %s: %w", k.Type, err)
				}
			}
		}
		return nil
	})
	for range 2 { // the second time there is nothing to do
		write(t, db, func(tx pgx.Tx) error {
			for _, k := range api.Kinds() {
				for _, r := range was[k.Type] {
					if err := k.Put(fixture.Context(), tx, r.ID, r.Snapshot); err != nil {
						return fmt.Errorf("bring back %s: %w", k.Type, err)
					}
				}
			}
			return nil
		})
		for _, k := range api.Kinds() {
			is := recordsOf(t, db, k)
			for i, r := range was[k.Type] {
				if len(is) <= i || string(is[i].Snapshot) != string(r.Snapshot) || !slices.Equal(is[i].Keys, r.Keys) {
					t.Errorf("%s: was %s %v\nis %s", k.Type, r.Snapshot, r.Keys, fmt.Sprint(is))
				} else if is[i].Version != r.Version+2 {
					t.Errorf("%s %d has the version %d, had %d before it was deleted", k.Type, r.ID, is[i].Version, r.Version)
				}
			}
		}
	}
}

func TestARecordGetsTheContentOfAnotherTime(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	event := fixture.RoundTable(t, db)
	seat := fixture.Attendee(t, db, func(in *attendee.Input) { in.RoundTableID, in.Roles = event, []string{"speaker"} })
	first := recordsOf(t, db, kind(t, attendee.Type))[0]
	write(t, db, func(tx pgx.Tx) error {
		a, err := attendee.Get(fixture.Context(), tx, seat)
		if err != nil {
			return err
		}
		in := a.Input
		in.Roles, in.Attendance, in.Affiliations = []string{"moderator", "welcome"}, "online", []attendee.Affiliation{{Title: text.Map{"en": "Director"}}}
		return attendee.Update(fixture.Context(), tx, a, in)
	})
	second := recordsOf(t, db, kind(t, attendee.Type))[0]
	for i, r := range []record{first, second, first} {
		write(t, db, func(tx pgx.Tx) error { return kind(t, attendee.Type).Put(t.Context(), tx, seat, r.Snapshot) })
		is := recordsOf(t, db, kind(t, attendee.Type))[0]
		if string(is.Snapshot) != string(r.Snapshot) || is.Version != int64(i+3) {
			t.Errorf("is %d %s, want %s", is.Version, is.Snapshot, r.Snapshot)
		}
	}
}

func TestWhatCannotComeBackSaysWhy(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	one := fixture.Person(t, db, func(in *person.Input) { in.ExternalIDs = []string{"wikidata:Q1"} })
	was := recordsOf(t, db, kind(t, person.Type))[0]
	write(t, db, func(tx pgx.Tx) error { return changes.Delete(t.Context(), tx, person.Table, one) })
	fixture.Person(t, db, func(in *person.Input) { in.ExternalIDs = []string{"wikidata:Q1"} })
	err := changes.Write(fixture.Context(), db, changes.Options{}, func(tx pgx.Tx) error { return kind(t, person.Type).Put(t.Context(), tx, one, was.Snapshot) })
	if err == nil || err.Error()[:len("already_exists /external_ids:already_taken")] != "already_exists /external_ids:already_taken" {
		t.Errorf("%v", err)
	}
}

func kind(t *testing.T, logged string) history.Kind {
	t.Helper()
	k, ok := api.Kinds().Of(logged)
	if !ok {
		t.Fatalf("no kind %s", logged)
	}
	return k
}
