package webhook_test

import (
	"strings"
	"testing"

	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/migrations"

	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

func TestOurMigrationsCreateTheJobQueueAsRiverDoes(t *testing.T) {
	t.Parallel()
	theirs := dbtest.Open(t, dbtest.Empty(t), pg.Options{MaxConns: 2})
	migrator, err := rivermigrate.New(riverpgxv5.New(theirs), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := migrator.Migrate(t.Context(), rivermigrate.DirectionUp, nil); err != nil {
		t.Fatal(err)
	}
	exec(t, theirs, "DROP TABLE river_migration") // our own migrations track the version
	want, err := migrations.Describe(t.Context(), theirs)
	if err != nil {
		t.Fatal(err)
	}
	all, err := migrations.Describe(t.Context(), dbtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	var ours []string
	for _, part := range strings.Split(all, "\n\n") {
		if strings.Contains(part, "river_") {
			ours = append(ours, strings.TrimSpace(part))
		}
	}
	if got := strings.Join(ours, "\n\n"); got != strings.TrimSpace(want) {
		t.Errorf("the queue is\n%s\n\nwant\n%s", got, want)
	}
}
