package migrations_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5/pgconn"

	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/migrations"
)

// twoMigrations returns two migrations; the second runs sql.
func twoMigrations(sql string) fstest.MapFS {
	return files(map[string]string{
		"000001_rooms.up.sql":   "CREATE TABLE rooms (name text); INSERT INTO rooms VALUES ('a'), ('a'); CREATE SEQUENCE attempts;",
		"000001_rooms.down.sql": "DROP TABLE rooms; DROP SEQUENCE attempts;",
		"000002_next.up.sql":    sql,
		"000002_next.down.sql":  "",
	})
}

func fails(t *testing.T, err error) *migrations.FileError {
	t.Helper()
	var failure *migrations.FileError
	if !errors.As(err, &failure) {
		t.Fatalf("%v is not a failed file", err)
	}
	return failure
}

func TestAFileWhoseSecondStatementFailsIsRolledBack(t *testing.T) {
	t.Parallel()
	ctx, url := t.Context(), dbtest.Empty(t)
	reached, err := runner(t, twoMigrations("CREATE TABLE floors ();\n\nINSERT INTO rooms VALUES (oops);"), url, migrations.Options{}).Up(ctx)
	f := fails(t, err)
	if reached != 1 || f.Dirty || f.Lost || !f.Atomic || f.File != "000002_next.up.sql" || f.Line != 3 || f.Previous != 1 || f.Target != 2 {
		t.Errorf("reached %d, %+v", reached, f)
	}
	for _, want := range []string{"000002_next.up.sql, line 3: ", `column "oops" does not exist`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not contain %q", err, want)
		}
	}
	at(t, url, 1, false)
	if strings.Contains(describe(t, url), "floors") {
		t.Error("the first statement took effect")
	}
	if _, err := runner(t, twoMigrations("CREATE TABLE floors ()"), url, migrations.Options{}).Up(ctx); err != nil {
		t.Errorf("the corrected file: %v", err)
	}
}

func TestAFirstFileThatCannotBeRevertedStays(t *testing.T) {
	t.Parallel()
	ctx, url := t.Context(), dbtest.Empty(t)
	r := runner(t, files(map[string]string{"000001_a.up.sql": "CREATE TABLE a ()", "000001_a.down.sql": "DROP TABLE a; DROP TABLE b"}), url, migrations.Options{})
	if _, err := r.Up(ctx); err != nil {
		t.Fatal(err)
	}
	_, err := r.Down(ctx, 1)
	if f := fails(t, err); f.Dirty || f.Previous != 1 || f.Target != 0 {
		t.Errorf("%+v", f)
	}
	at(t, url, 1, false)
}

func TestAFailureAtCommitIsRolledBack(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	_, err := runner(t, twoMigrations(`
		CREATE TABLE floors (id int PRIMARY KEY, above int REFERENCES floors DEFERRABLE INITIALLY DEFERRED);
		INSERT INTO floors VALUES (1, 2)`), url, migrations.Options{}).Up(t.Context())
	if f := fails(t, err); f.Dirty || !strings.Contains(err.Error(), `detail: Key (above)=(2)`) {
		t.Errorf("%+v", f)
	}
	at(t, url, 1, false)
}

func TestAProcedureCannotCommitPartOfAFile(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	_, err := runner(t, twoMigrations("DO $$ BEGIN INSERT INTO rooms VALUES ('half'); COMMIT; RAISE 'no'; END $$"), url, migrations.Options{}).Up(t.Context())
	if f := fails(t, err); f.Dirty {
		t.Errorf("%+v", f)
	}
	at(t, url, 1, false)
	if value[bool](t, url, "SELECT EXISTS (SELECT FROM rooms WHERE name = 'half')") {
		t.Error("part of the file was committed")
	}
}

func TestAFailedFileThatIsNotATransactionStaysDirtyUntilForced(t *testing.T) {
	t.Parallel()
	ctx, url := t.Context(), dbtest.Empty(t)
	r := runner(t, twoMigrations("CREATE UNIQUE INDEX CONCURRENTLY rooms_name_key ON rooms (name)"), url, migrations.Options{})
	_, err := r.Up(ctx)
	if f := fails(t, err); !f.Dirty || f.Atomic || f.Lost {
		t.Errorf("%+v", f)
	}
	at(t, url, 2, true)
	var dirty *migrations.DirtyError
	if _, err := r.Up(ctx); !errors.As(err, &dirty) || dirty.Version != 2 {
		t.Errorf("up of a dirty database: %v", err)
	}
	if _, err := r.Down(ctx, 1); !errors.As(err, &dirty) {
		t.Errorf("down of a dirty database: %v", err)
	}
	s, err := r.Status(ctx)
	if err != nil || !errors.As(s.Err(), &dirty) || len(s.InvalidIndexes) != 1 || s.InvalidIndexes[0] != "rooms_name_key" || s.Migrations[1].State != migrations.StateDirty {
		t.Errorf("%+v, %v", s, err)
	}
	exec(t, url, "DROP INDEX rooms_name_key; DELETE FROM rooms")
	if err := r.Force(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if reached, err := r.Up(ctx); err != nil || reached != 2 {
		t.Errorf("reached %d, %v", reached, err)
	}
	if err := r.Force(ctx, 0); err != nil {
		t.Fatal(err)
	}
	at(t, url, 0, false)
}

func TestAFileThatCannotLockItsTableIsRetried(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	_, err := runner(t, twoMigrations(`DO $$ BEGIN
		IF nextval('attempts') < 3 THEN
			RAISE EXCEPTION 'busy' USING ERRCODE = 'lock_not_available';
		END IF;
	END $$`), url, migrations.Options{}).Up(t.Context())
	if err != nil {
		t.Error(err)
	}
	at(t, url, 2, false)
}

func TestATableLockedByATransactionEndsInALockTimeout(t *testing.T) {
	t.Parallel()
	ctx, url := t.Context(), dbtest.Empty(t)
	files := twoMigrations("ALTER TABLE rooms ADD floor int")
	if _, err := runner(t, files, url, migrations.Options{}).Goto(ctx, 1); err != nil {
		t.Fatal(err)
	}
	tx, err := connect(t, url).Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, "SELECT FROM rooms"); err != nil {
		t.Fatal(err)
	}
	_, err = runner(t, files, with(t, url, "lock_timeout", "20"), migrations.Options{}).Up(ctx)
	if f := fails(t, err); !errors.Is(err, migrations.ErrLockTimeout) || f.Tries != 3 || f.Dirty {
		t.Errorf("%v, %+v", err, f)
	}
	at(t, url, 1, false)
}

// blocked is a file that waits until the test releases advisory lock 42.
const blocked = "SET LOCAL lock_timeout = 0; CREATE TABLE floors (); SELECT pg_advisory_xact_lock(42)"

// waiting counts the sessions in this database that wait for the lock. Other tests use other databases.
const waiting = "FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"

const isBlocked = "SELECT EXISTS (SELECT " + waiting + ")"

// start migrates a database up in the background.
func start(r *migrations.Runner, t *testing.T) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := r.Up(t.Context())
		done <- err
	}()
	return done
}

func TestARunnerWaitsForAnotherOneUpToItsTimeout(t *testing.T) {
	t.Parallel()
	ctx, url := t.Context(), dbtest.Empty(t)
	gate := connect(t, url)
	if _, err := gate.Exec(ctx, "SELECT pg_advisory_lock(42)"); err != nil {
		t.Fatal(err)
	}
	first := start(runner(t, twoMigrations(blocked), url, migrations.Options{}), t)
	eventually(t, "the first runner is at work", func() bool { return value[bool](t, url, isBlocked) })

	impatient := runner(t, twoMigrations(blocked), url, migrations.Options{LockTimeout: -1})
	if _, err := impatient.Up(ctx); !errors.Is(err, migrations.ErrLockTimeout) || !strings.Contains(err.Error(), "server process") {
		t.Errorf("while another runner is running: %v", err)
	}
	if s, err := impatient.Status(ctx); err != nil || s.Running == nil || s.Err() != nil || s.Migrations[1].State != migrations.StateRunning {
		t.Errorf("%+v, %v", s, err)
	}
	_, err := runner(t, twoMigrations(blocked), url, migrations.Options{Waiting: func(migrations.Holder) {
		if _, err := gate.Exec(ctx, "SELECT pg_advisory_unlock(42)"); err != nil {
			t.Error(err)
		}
	}}).Up(ctx)
	if err := errors.Join(err, <-first); err != nil {
		t.Error(err)
	}
	at(t, url, 2, false)
}

func TestALostConnectionIsReportedAsDirtyAndTheFileIsRolledBack(t *testing.T) {
	t.Parallel()
	ctx, url := t.Context(), dbtest.Empty(t)
	if _, err := connect(t, url).Exec(ctx, "SELECT pg_advisory_lock(42)"); err != nil {
		t.Fatal(err)
	}
	done := start(runner(t, twoMigrations(blocked), url, migrations.Options{}), t)
	eventually(t, "the file runs", func() bool { return value[bool](t, url, isBlocked) })
	exec(t, url, "SELECT pg_terminate_backend(pid) "+waiting)
	err := <-done
	f := fails(t, err)
	var answer *pgconn.PgError
	if !f.Dirty || !f.Lost || !f.Atomic || f.Previous != 1 || !errors.As(err, &answer) || answer.Code != "57P01" {
		t.Errorf("%v, %+v", err, f)
	}
	at(t, url, 2, true)
	if strings.Contains(describe(t, url), "floors") {
		t.Error("the file took effect")
	}
}
