package api

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// needs skips a test if one of its programs is missing. In continuous integration the test fails instead.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skipf("%s is not installed", p)
		}
	}
}

func TestTheMirrorExamplesKeepACopyCurrentAndVerifyIt(t *testing.T) {
	t.Parallel()
	for name, command := range map[string][]string{
		"python": {"python3", "../openapi/examples/mirror/mirror.py"},
		"curl":   {"bash", "../openapi/examples/mirror/mirror.sh"},
	} {
		t.Run(name, func(t *testing.T) {
			needs(t, command[0])
			if name == "curl" {
				needs(t, "curl", "jq", "sha256sum")
			}
			r := sampled(t)
			server := httptest.NewServer(r.handler)
			t.Cleanup(server.Close)
			held := filepath.Join(t.TempDir(), "copy")
			run := func() string {
				t.Helper()
				args := append(command[1:], server.URL, held)
				out, err := exec.CommandContext(t.Context(), command[0], args...).CombinedOutput()
				if err != nil || !strings.HasSuffix(string(out), " records, equal to the registry\n") {
					t.Fatalf("%v: %s", err, out)
				}
				return strings.Fields(string(out))[0]
			}
			full := run()
			if again := run(); again != full {
				t.Errorf("%s records became %s without a change", full, again)
			}
			r.write(t, func(ctx context.Context, tx pgx.Tx) error {
				return pg.Exec(ctx, tx, "UPDATE round_tables SET publication = 'withdrawn' WHERE id = (SELECT min(id) FROM round_tables)", nil)
			})
			var public string
			if err := r.pool.QueryRow(t.Context(), "SELECT count(*)::text FROM changes WHERE is_public_head AND public AND op NOT IN ('delete', 'merge', 'erase')").Scan(&public); err != nil {
				t.Fatal(err)
			}
			if now := run(); now == full || now != public {
				t.Errorf("%s records became %s when an event was withdrawn, want %s", full, now, public)
			}
			if _, err := r.pool.Exec(t.Context(), "UPDATE registry SET epoch = 'another'"); err != nil {
				t.Fatal(err)
			}
			if name == "python" { // it starts again without help
				if now := run(); now != public {
					t.Errorf("after a restore %s records, want %s", now, public)
				}
			}
		})
	}
}
