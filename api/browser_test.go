//go:build browser

package api

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"roundtables.kz/registry/internal/actor"
)

// task is one use of an operation in Swagger UI.
type task struct {
	Operation  string            `json:"operation"`
	Method     string            `json:"method"`
	Parameters map[string]string `json:"parameters,omitempty"` // typed into the form; "{name}" is what an earlier task remembered
	Example    string            `json:"example,omitempty"`    // chosen from the list
	Body       any               `json:"body,omitempty"`       // typed instead
	Status     int               `json:"status"`               // that the page shows
	Shows      []string          `json:"shows,omitempty"`      // words of the answer on the page
	Remember   string            `json:"remember,omitempty"`   // keeps the id in the answer under this name
}

// It needs Node, the packages of openapi/tools (npm ci --prefix openapi/tools) and Chromium; .ci/run installs them.
func TestAnOperatorCanWorkInSwaggerUI(t *testing.T) {
	r := newRig(t, nil)
	key, _ := r.key(t, actor.Read, actor.Write, actor.Publish)
	service := httptest.NewServer(r.handler)
	defer service.Close()
	tasks, err := json.Marshal(operatorTasks())
	if err != nil {
		t.Fatal(err)
	}
	shots := os.Getenv("SHOTS")
	if shots == "" {
		shots = t.TempDir()
	}
	script, err := filepath.Abs("../openapi/tools/browser.mjs")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", script)
	cmd.Env = append(os.Environ(), "BASE_URL="+service.URL, "API_KEY="+key, "SHOTS="+shots, "TASKS="+string(tasks))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("%s", out)
}

func operatorTasks() []task {
	return []task{
		{Operation: "createTopic", Method: "POST", Example: "full", Status: 201, Shows: []string{"Межэтнические отношения", `"version": 1`}, Remember: "topic"},
		{Operation: "listTopics", Method: "GET", Parameters: map[string]string{"q": "interethnic"}, Status: 200, Shows: []string{"Этносаралық қатынастар"}},
		{Operation: "createTopic", Method: "POST", Body: map[string]any{"lable": map[string]any{"en": "Language policy"}}, Status: 422,
			Shows: []string{`"lable\" is not a field here`, `is required`}},
		{Operation: "patchTopic", Method: "PATCH", Parameters: map[string]string{"id": "{topic}"}, Example: "change", Status: 200, Shows: []string{`"version": 2`}},
		{Operation: "deleteTopic", Method: "DELETE", Parameters: map[string]string{"id": "{topic}"}, Status: 204},
	}
}
