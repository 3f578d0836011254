package migrations_test

import (
	"regexp"
	"testing"

	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/migrations"
)

var ofUUID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.roundtables\.kz$`)

func TestEachNewDatabaseHasIDsOfItsOwnAndAnOlderOneKeepsItsIDs(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	const before, after = 20, 21
	seen := map[string]bool{}
	for _, old := range []bool{false, false, true} {
		url := dbtest.Empty(t)
		r, db := runner(t, migrations.FS, url, migrations.Options{}), connect(t, url)
		if _, err := r.Goto(ctx, before); err != nil {
			t.Fatal(err)
		}
		if old {
			_, err := db.Exec(ctx, `ALTER TABLE changes DISABLE TRIGGER USER;
				INSERT INTO changes (seq, type, id, version, op, actor, public) SELECT max(seq) + 1, 'round-tables', 1, 1, 'create', 'test', true FROM changes;
				ALTER TABLE changes ENABLE TRIGGER USER`)
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, err := r.Goto(ctx, after); err != nil {
			t.Fatal(err)
		}
		authority := value[string](t, url, "SELECT authority FROM registry")
		domain := value[string](t, url, "SELECT coalesce(calendar_domain, 'of the service') FROM registry")
		switch {
		case old && (authority != "roundtables.kz" || domain != "of the service"):
			t.Errorf("with a round table: %s, %s", authority, domain)
		case !old && (!ofUUID.MatchString(authority) || domain != authority || seen[authority]):
			t.Errorf("without round tables: %s, %s", authority, domain)
		}
		seen[authority] = true
	}
}
