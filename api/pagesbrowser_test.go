//go:build browser

package api

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// It makes pictures where SHOTS names a directory, and needs what TestAnOperatorCanWorkInSwaggerUI needs.
func TestAVisitorCanReadEveryPage(t *testing.T) {
	r := sampled(t)
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
	cmd.Env = append(os.Environ(), "BASE_URL="+service.URL, "PATHS="+string(paths))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("%s", out)
}
