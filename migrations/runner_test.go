package migrations_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/migrations"
)

func TestRevertingAnyMigrationRestoresThePreviousSchema(t *testing.T) {
	t.Parallel()
	ctx, url := t.Context(), dbtest.Empty(t)
	r, observer := runner(t, migrations.FS, url, migrations.Options{}), connect(t, url)
	described := func() string {
		text, err := migrations.Describe(ctx, observer)
		if err != nil {
			t.Fatal(err)
		}
		return sortColumns(text)
	}
	reach := func(version uint) string {
		if _, err := r.Goto(ctx, version); err != nil {
			t.Fatal(err)
		}
		return described()
	}
	schemas := []string{""}
	for v := uint(1); v <= migrations.Latest(); v++ {
		schemas = append(schemas, reach(v))
	}
	for v := migrations.Latest(); v > 1; v-- {
		if back := reach(v - 1); back != schemas[v-1] {
			t.Errorf("reverting migration %d does not restore the previous schema:\n%s", v, firstDifference(schemas[v-1], back))
		}
	}
	if empty := reach(0); empty != "" {
		t.Errorf("after reverting all migrations there remains:\n%s", empty)
	}
	if err := migrations.Up(ctx, url); err != nil {
		t.Fatal(err)
	}
	if again := described(); again != schemas[len(schemas)-1] {
		t.Errorf("up, down and up create another schema:\n%s", firstDifference(schemas[len(schemas)-1], again))
	}
}

// sortColumns sorts the columns of each table by name. Their order has no meaning, and a migration that brings a column back can only
// add it at the end.
func sortColumns(schema string) string {
	lines := strings.Split(schema, "\n")
	for i := 0; i < len(lines); i++ {
		if !strings.HasPrefix(lines[i], "CREATE TABLE ") {
			continue
		}
		from := i + 1
		for i++; i < len(lines) && strings.HasPrefix(lines[i], " "); i++ {
			lines[i] = strings.TrimSuffix(lines[i], ",")
		}
		slices.Sort(lines[from:i])
	}
	return strings.Join(lines, "\n")
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return "want " + w[i] + "\ngot  " + g[i]
		}
	}
	if len(w) < len(g) {
		return "too much: " + g[len(w)]
	}
	return "missing: " + w[len(g)]
}

var withConcurrentIndex = files(map[string]string{
	"000001_rooms.up.sql":    "CREATE TABLE rooms (name text); INSERT INTO rooms SELECT n FROM generate_series(1, 10000) n;",
	"000001_rooms.down.sql":  "DROP TABLE rooms;",
	"000002_search.up.sql":   "CREATE INDEX CONCURRENTLY IF NOT EXISTS rooms_name_idx ON rooms (name);",
	"000002_search.down.sql": "DROP INDEX CONCURRENTLY IF EXISTS rooms_name_idx;",
	"000003_floors.up.sql":   "CREATE TABLE floors ();",
	"000003_floors.down.sql": "DROP TABLE floors;",
})

func TestConcurrentRunnersApplyEachFileOnceEvenConcurrentIndexes(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	var applied atomic.Int32
	var all sync.WaitGroup
	errs := make([]error, 5)
	for i := range errs {
		all.Go(func() {
			r := runner(t, withConcurrentIndex, url, migrations.Options{Applied: func(migrations.Step) { applied.Add(1) }})
			_, errs[i] = r.Up(t.Context())
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	at(t, url, 3, false)
	if applied.Load() != 3 {
		t.Errorf("%d files were applied, want 3", applied.Load())
	}
	if s, err := runner(t, withConcurrentIndex, url, migrations.Options{}).Status(t.Context()); err != nil || len(s.InvalidIndexes) > 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestGotoAndDownRunTheFilesBetween(t *testing.T) {
	t.Parallel()
	ctx, url := t.Context(), dbtest.Empty(t)
	var names []string
	r := runner(t, withConcurrentIndex, url, migrations.Options{Applied: func(s migrations.Step) { names = append(names, s.File) }})
	move := func(do func() (uint, error), version uint, want ...string) {
		t.Helper()
		names = nil
		reached, err := do()
		if err != nil || reached != version || strings.Join(names, " ") != strings.Join(want, " ") {
			t.Errorf("reached %d with %v (%v), want %d with %v", reached, names, err, version, want)
		}
		at(t, url, version, false)
	}
	move(func() (uint, error) { return r.Goto(ctx, 2) }, 2, "000001_rooms.up.sql", "000002_search.up.sql")
	move(func() (uint, error) { return r.Goto(ctx, 2) }, 2)
	move(func() (uint, error) { return r.Up(ctx) }, 3, "000003_floors.up.sql")
	move(func() (uint, error) { return r.Down(ctx, 2) }, 1, "000003_floors.down.sql", "000002_search.down.sql")
	move(func() (uint, error) { return r.Goto(ctx, 0) }, 0, "000001_rooms.down.sql")
	for _, n := range []uint{0, 1} {
		var wrong *migrations.VersionError
		if _, err := r.Down(ctx, n); !errors.As(err, &wrong) {
			t.Errorf("down %d of nothing: %v", n, err)
		}
	}
}

func TestVersionsThatDoNotExistAreRejected(t *testing.T) {
	t.Parallel()
	r := runner(t, withConcurrentIndex, dbtest.Empty(t), migrations.Options{})
	_, err := r.Goto(t.Context(), 4)
	for _, err := range []error{err, r.Force(t.Context(), 4)} {
		var wrong *migrations.VersionError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), "the newest is 3") {
			t.Error(err)
		}
	}
}

func TestADatabaseOfANewerReleaseIsUnchanged(t *testing.T) {
	t.Parallel()
	ctx, url := t.Context(), dbtest.Empty(t)
	if _, err := runner(t, withConcurrentIndex, url, migrations.Options{}).Up(ctx); err != nil {
		t.Fatal(err)
	}
	old := runner(t, files(map[string]string{"000001_rooms.up.sql": "", "000001_rooms.down.sql": "DROP TABLE rooms"}), url, migrations.Options{})
	_, up := old.Up(ctx)
	_, down := old.Down(ctx, 1)
	_, there := old.Goto(ctx, 1)
	for name, err := range map[string]error{"up": up, "down": down, "goto": there, "force": old.Force(ctx, 1)} {
		var ahead *migrations.AheadError
		if !errors.As(err, &ahead) || ahead.Version != 3 || ahead.Latest != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
	at(t, url, 3, false)
	s, err := old.Status(ctx)
	if err != nil || len(s.Migrations) != 3 || s.Migrations[0].State != migrations.StateApplied || s.Migrations[2].State != migrations.StateUnknown {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestARunnerStopsBetweenFilesWhenTheContextEnds(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	stopping := errors.New("stopping")
	ctx, stop := context.WithCancelCause(t.Context())
	r := runner(t, withConcurrentIndex, url, migrations.Options{Applied: func(migrations.Step) { stop(stopping) }})
	reached, err := r.Up(ctx)
	if reached != 1 || !errors.Is(err, stopping) || !strings.Contains(err.Error(), "stopped before 000002_search.up.sql") {
		t.Errorf("reached %d, %v", reached, err)
	}
	at(t, url, 1, false)
}

func TestSettingsOfOneFileDoNotAffectTheNext(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	_, err := runner(t, files(map[string]string{
		"000001_a.up.sql": "CREATE SCHEMA elsewhere; SET search_path = elsewhere", "000001_a.down.sql": "",
		"000002_b.up.sql": "CREATE TABLE here ()", "000002_b.down.sql": "",
	}), url, migrations.Options{}).Up(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if schema := value[string](t, url, "SELECT schemaname FROM pg_tables WHERE tablename = 'here'"); schema != "public" {
		t.Errorf("the table is in %s", schema)
	}
}

func TestVersionOfADatabaseWithoutMigrationsIsZero(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	at(t, url, 0, false)
	if s, err := runner(t, migrations.FS, url, migrations.Options{}).Status(t.Context()); err != nil || s.Version != 0 || s.Err() != nil {
		t.Errorf("%+v, %v", s, err)
	}
	if describe(t, url) != "" || value[bool](t, url, "SELECT to_regclass('schema_migrations') IS NOT NULL") {
		t.Error("Status changed the database")
	}
}

func TestADatabaseWithoutASchemaIsExplained(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	exec(t, url, "DROP SCHEMA public")
	if err := migrations.Up(t.Context(), url); err == nil || !strings.Contains(err.Error(), "CREATE SCHEMA public") {
		t.Error(err)
	}
}
