//go:build browser

package api

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/dbtest"

	"github.com/jackc/pgx/v5/pgxpool"
)

// It makes pictures where SHOTS names a directory, and the picture of the README where PICTURE names its file. It needs what TestAnOperatorCanWorkInSwaggerUI needs.
func TestAVisitorCanReadEveryPage(t *testing.T) {
	r := newRigOn(t, dbtest.Filled(t, "sample with a draft", func(ctx context.Context, db *pgxpool.Pool) error {
		if err := loadSample(ctx, db); err != nil {
			return err
		}
		_, err := db.Exec(ctx, "UPDATE round_tables SET title = jsonb_build_object('en', $1::text), purpose = jsonb_build_object('en', $1::text), publication = 'draft' WHERE id = 7", markup)
		if err == nil { // an event that looks like the draft
			_, err = db.Exec(ctx, "UPDATE round_tables r SET title = d.title, starts_on = d.starts_on, ends_on = d.ends_on, date_precision = d.date_precision, place_id = d.place_id FROM round_tables d WHERE d.id = 7 AND r.id = 8")
		}
		return err
	}), nil)
	key, _ := r.key(t, actor.Scopes...)
	service := httptest.NewServer(r.handler)
	defer service.Close()
	paths, err := json.Marshal(sitePages)
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("../openapi/tools/pages.mjs")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", script)
	cmd.Env = append(os.Environ(), "BASE_URL="+service.URL, "PATHS="+string(paths), "KEY="+key, "DRAFT=7")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("%s", out)
}
