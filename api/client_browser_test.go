//go:build browser

package api

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/dbtest"
)

// It needs Node and the packages of openapi/tools.
func TestTheTypedClientReadsFollowsAndWrites(t *testing.T) {
	r := newRigOn(t, dbtest.Filled(t, "sample", loadSample), func(c *Config) { c.StreamFor = time.Minute })
	key, _ := r.key(t, actor.Read, actor.Write)
	service := httptest.NewServer(r.handler)
	defer service.Close()
	if out, err := exec.CommandContext(t.Context(), "../openapi/client/build.sh").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), "node", "--test", "--test-reporter=spec", "build/test/client.test.js")
	cmd.Dir = "../openapi/client"
	cmd.Env = append(os.Environ(), "BASE_URL="+service.URL, "API_KEY="+key)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("%s", out)
}
