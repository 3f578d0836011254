package aggregate

import (
	"testing"
	"time"

	"roundtables.kz/registry/internal/dbtest"

	"github.com/jackc/pgx/v5"
)

func TestTheShorterOfTwoTimeoutsApplies(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	for _, c := range []struct {
		connection    string
		request, want time.Duration
		setting       string
	}{
		{"15s", 5 * time.Second, 5 * time.Second, "5s"},
		{"5s", 5 * time.Second, 5 * time.Second, "5s"},
		{"2500ms", 5 * time.Second, 2500 * time.Millisecond, "2500ms"},
		{"1s", 5 * time.Second, time.Second, "1s"},
		{"2min", 5 * time.Second, 5 * time.Second, "5s"},
		{"1d", 5 * time.Hour, 5 * time.Hour, "5h"},
		{"0", 5 * time.Second, 5 * time.Second, "5s"}, // no limit
	} {
		tx, err := db.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var b pgx.Batch
		limit, setting := c.request, ""
		b.Queue("SELECT set_config('statement_timeout', $1, true)", c.connection)
		settings(&b, &limit)
		b.Queue("SELECT current_setting('statement_timeout')").QueryRow(func(row pgx.Row) error { return row.Scan(&setting) })
		if err := tx.SendBatch(t.Context(), &b).Close(); err != nil {
			t.Fatal(err)
		}
		if limit != c.want || setting != c.setting {
			t.Errorf("%s of the connection, %s of the request: %s, set to %s, want %s", c.connection, c.request, limit, setting, c.want)
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
