package spelling_test

import (
	"reflect"
	"testing"

	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/place"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// stored returns all rows of a table of spellings.
func stored(t *testing.T, db *pgxpool.Pool, table, owner string) (rows []string) {
	t.Helper()
	found, err := db.Query(t.Context(), "SELECT n::text FROM "+table+" n ORDER BY n."+owner+", n.key")
	if err != nil {
		t.Fatal(err)
	}
	if rows, err = pgx.CollectRows(found, pgx.RowTo[string]); err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestSpellingsAreRebuiltFromTheRecords(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	other := []text.OtherName{{Text: "Former", Kind: "former"}}
	fixture.Person(t, db, func(in *person.Input) {
		in.Name, in.OtherNames = text.Map{"ru": "Ерлан Карин", "en": "Yerlan Karin"}, other
	})
	fixture.Organization(t, db, func(in *organization.Input) { in.ShortName, in.OtherNames = text.Map{"en": "KazISS"}, other })
	fixture.Place(t, db, func(in *place.Input) {
		in.Name, in.FormerNames = text.Map{"en": "Astana"}, []place.FormerName{{Name: text.Map{"en": "Nur-Sultan"}}}
	})
	for _, x := range []struct {
		table, owner string
		respell      func() (int, error)
	}{
		{"person_names", "person_id", func() (int, error) { return person.Spellings.Rebuild(t.Context(), db) }},
		{"organization_names", "organization_id", func() (int, error) { return organization.Spellings.Rebuild(t.Context(), db) }},
		{"place_names", "place_id", func() (int, error) { return place.Spellings.Rebuild(t.Context(), db) }},
	} {
		want := stored(t, db, x.table, x.owner)
		if len(want) < 2 {
			t.Fatalf("%s: %q", x.table, want)
		}
		for _, damage := range []string{
			"UPDATE " + x.table + " SET sound = 'of old rules'",
			"UPDATE " + x.table + " SET key = 'old key ' || key",
			"DELETE FROM " + x.table,
		} {
			if _, err := db.Exec(t.Context(), damage); err != nil {
				t.Fatal(err)
			}
			if n, err := x.respell(); n != 1 || err != nil {
				t.Errorf("%s: %d records, %v", x.table, n, err)
			}
			if got := stored(t, db, x.table, x.owner); !reflect.DeepEqual(got, want) {
				t.Errorf("%s after %s: %q, want %q", x.table, damage, got, want)
			}
		}
	}
}

func TestRebuildCoversAllRecordsAndChangesNone(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	err := changes.Write(fixture.Context(), db, changes.Options{}, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "INSERT INTO people (name) SELECT jsonb_build_object('en', 'Karin ' || n) FROM generate_series(1, 1203) n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	count := func(sql string) (n int) {
		t.Helper()
		if err := db.QueryRow(t.Context(), sql).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	log := count("SELECT count(*) FROM changes")
	if n, err := person.Spellings.Rebuild(t.Context(), db); n != 1203 || err != nil {
		t.Errorf("%d records, %v", n, err)
	}
	if n := count("SELECT count(DISTINCT person_id) FROM person_names"); n != 1203 {
		t.Errorf("%d people have spellings", n)
	}
	if count("SELECT count(*) FROM changes") != log {
		t.Error("the change log has an entry for an unchanged record")
	}
}
