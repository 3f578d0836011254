//go:build browser

package api

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"roundtables.kz/registry/internal/actor"
)

// They need what TestAnOperatorCanWorkInSwaggerUI needs, and also make pictures where SHOTS names a directory.
func TestARussianOperatorRecordsPublishesAndCorrectsAnEvent(t *testing.T) { tellStory(t, "ru") }

func TestAKazakhOperatorRecordsPublishesAndCorrectsAnEvent(t *testing.T) { tellStory(t, "kk") }

// tellStory runs story.mjs in a language.
func tellStory(t *testing.T, lang string) {
	r := sampled(t)
	key, _ := r.key(t, actor.Scopes...)
	service := httptest.NewServer(r.handler)
	defer service.Close()
	script, err := filepath.Abs("../openapi/tools/story.mjs")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", script)
	cmd.Env = append(os.Environ(), "BASE_URL="+service.URL, "API_KEY="+key, "LANGUAGE="+lang)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("%s", out)
}
