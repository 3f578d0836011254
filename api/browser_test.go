//go:build browser

package api

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"roundtables.kz/registry/internal/actor"
)

// task is one call of an operation in Swagger UI.
type task struct {
	Operation  string            `json:"operation"`
	Method     string            `json:"method"`
	Parameters map[string]string `json:"parameters,omitempty"` // typed into the form; "{name}" stands for what an earlier task remembered
	Example    string            `json:"example,omitempty"`    // chosen from the list
	Body       any               `json:"body,omitempty"`       // typed instead
	Status     int               `json:"status"`               // shown on the page
	Shows      []string          `json:"shows,omitempty"`      // words of the response on the page
	Reload     bool              `json:"reload,omitempty"`     // loads the page again before, so that its forms hold what they begin with
	tag        string
	Remember   string `json:"remember,omitempty"` // stores the id of the response under this name
}

// It makes pictures where SHOTS names a directory. It needs Node, the packages of openapi/tools (openapi/tools/install.sh)
// and Chromium; .ci/run installs them.
func TestAnOperatorCanWorkInSwaggerUI(t *testing.T) {
	r := sampled(t)
	key, _ := r.key(t, actor.Scopes...)
	var event, attendee string
	err := r.pool.QueryRow(t.Context(), `SELECT a.round_table_id::text, a.id::text FROM attendees a JOIN people p ON p.id = a.person_id
		WHERE p.name ->> 'en' = 'Talgat Kaliyev' ORDER BY a.id LIMIT 1`).Scan(&event, &attendee)
	if err != nil {
		t.Fatal(err)
	}
	service := httptest.NewServer(r.handler)
	defer service.Close()
	tasks, err := json.Marshal(append(conditionalTasks(t, r, key), operatorTasks(event, attendee)...))
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("../openapi/tools/browser.mjs")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", script)
	cmd.Env = append(os.Environ(), "BASE_URL="+service.URL, "API_KEY="+key, "TASKS="+string(tasks))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("%s", out)
}

// conditionalTasks press every operation that takes If-Match, with `auto` and everything else that the page fills in, as a dry run.
// The page must show the status that the same request with the current version has.
func conditionalTasks(t *testing.T, r *rig, key string) (tasks []task) {
	t.Helper()
	for path, item := range published().doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.Parameters.GetByInAndName("header", "If-Match") == nil {
				continue
			}
			at, media, bodies := examplesOf(t, path, op)
			headers := []string{"If-Match", "*", "Authorization", "Bearer " + key}
			var body any
			if media != "" {
				headers, body = append(headers, "Content-Type", media), bodies[slices.Min(slices.Collect(maps.Keys(bodies)))]
			}
			status := r.do(t, method, at+"?dry_run=true", body, headers...).Code
			tasks = append(tasks, task{Operation: op.OperationID, Method: method, Parameters: map[string]string{"dry_run": "true"}, Status: status, tag: op.Tags[0]})
		}
	}
	if len(tasks) < 28 {
		t.Fatalf("only %d operations take If-Match", len(tasks))
	}
	slices.SortFunc(tasks, func(a, b task) int { return cmp.Or(cmp.Compare(a.tag, b.tag), cmp.Compare(a.Operation, b.Operation)) })
	for i := range tasks { // a page with many open tags is slow
		tasks[i].Reload = i == 0 || tasks[i].tag != tasks[i-1].tag
	}
	return tasks
}

// operatorTasks are what an operator does in a day: find a person, create a statement of an attendee, read it, get an
// invalid one rejected, correct it.
func operatorTasks(event, attendee string) []task {
	said := func(act string) map[string]any {
		return map[string]any{"round_table_id": json.Number(event), "attendee_id": json.Number(attendee), "act": act,
			"texts": []map[string]any{{"lang": "en", "text": "Closed the discussion with thanks."}}}
	}
	return []task{
		{Operation: "listPeople", Method: "GET", Parameters: map[string]string{"q": "kaliyev talgat"}, Status: 200, Shows: []string{"Talgat Kaliyev"}},
		{Operation: "createStatement", Method: "POST", Parameters: map[string]string{"dry_run": "true"}, Body: said("thanks"), Status: 200, Shows: []string{"Closed the discussion"}},
		{Operation: "createStatement", Method: "POST", Parameters: map[string]string{"dry_run": "false"}, Body: said("thanks"), Status: 201, Shows: []string{"Closed the discussion", `"version": 1`, "director"}, Remember: "statement"},
		{Operation: "getStatement", Method: "GET", Parameters: map[string]string{"id": "{statement}"}, Status: 200, Shows: []string{"Closed the discussion", "Talgat Kaliyev"}},
		{Operation: "createStatement", Method: "POST", Body: said("applause"), Status: 422, Shows: []string{"/act", "must be one of: welcome, report"}},
		{Operation: "patchStatement", Method: "PATCH", Parameters: map[string]string{"id": "{statement}"}, Body: map[string]any{"act": "closing"}, Status: 200, Shows: []string{`"version": 2`, `"act": "closing"`}},
		{Operation: "deleteStatement", Method: "DELETE", Parameters: map[string]string{"id": "{statement}"}, Status: 204},
		{Operation: "createTopic", Method: "POST", Parameters: map[string]string{"X-Change-Reason": "из пресс-релиза, 100% верно"}, Example: "full", Status: 201, Shows: []string{"Демография", `"version": 1`}, Remember: "topic"},
		{Operation: "createTopic", Method: "POST", Body: map[string]any{"lable": map[string]any{"en": "Language policy"}}, Status: 422,
			Shows: []string{`"lable\" is not a field here`, `is required`}},
		{Operation: "patchTopic", Method: "PATCH", Parameters: map[string]string{"id": "{topic}"}, Example: "change", Status: 200, Shows: []string{`"version": 2`}},
		{Operation: "getTopicHistory", Method: "GET", Parameters: map[string]string{"id": "{topic}"}, Status: 200, Shows: []string{"из пресс-релиза, 100% верно"}},
		{Operation: "createBundle", Method: "POST", Parameters: map[string]string{"dry_run": "true"}, Example: "minimal", Status: 200, Shows: []string{"matched", "Irina Chernykh"}},
	}
}
