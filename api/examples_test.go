package api

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
)

func TestEveryExampleOfTheDocumentWorksOnTheSampleAsItStands(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	c := r.as(t, actor.Scopes...)
	tried := 0
	for path, item := range published().doc.Paths.Map() {
		for method, op := range item.Operations() {
			files, err := filepath.Glob("../openapi/examples/" + op.OperationID + "/*.json")
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range files {
				body, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				at := strings.NewReplacer("{id}", "1", "{person_id}", "1").Replace(path) + "?dry_run=true"
				name := op.OperationID + "/" + filepath.Base(file)
				if op.OperationID == "patchAffiliation" { // the sample has no positions beyond those at an event
					at = c.make(t, "/v1/affiliations", `{"person_id":2,"organization_id":2}`) + "?dry_run=true"
				}
				if op.OperationID == "patchContact" { // the sample holds no personal data
					at = c.make(t, "/v1/people/1/contacts", `{"kind":"phone","value":"+7 7172 111111"}`) + "?dry_run=true"
				}
				if op.OperationID == "resolveAttendee" {
					at = r.listed(t, 1, "M. Ashimbaev") + "/resolve?dry_run=true"
				}
				if strings.HasSuffix(op.OperationID, "Webhook") && strings.Contains(path, "{id}") { // the sample has no webhooks
					at = strings.Replace(at, "/1", c.make(t, "/v1/webhooks", `{"url":"https://mirror.example.org/"}`)[len("/v1/webhooks"):], 1)
				}
				sent, media := string(body), jsonBody
				if op.OperationID == "replayWebhook" { // the cursor in the example is of another registry
					sent = `{"cursor":"` + pageOf(t, c.get(t, "/v1/changes").want(t, 200)).Meta.Cursor + `"}`
				}
				if op.OperationID == "reconcile" { // it takes a form and has no dry run
					sent, media, at = queriesForm(t, body), formBody, path
				}
				reply := c.do(t, method, at, sent, append([]string{"Content-Type", media, "If-Match", "*"}, c.headers...)...)
				full := op.OperationID == "createBundle" && strings.HasPrefix(filepath.Base(file), "full")
				switch {
				case strings.HasPrefix(op.OperationID, "restore"): // it needs a deleted record; these are not deleted
					if reply.Code != http.StatusNotFound || !strings.Contains(path, "affiliations") && !strings.Contains(path, "distinctions") { // the sample has none of them
						reply.wantProblem(t, 422, "validation_failed", "/version version_needed")
					}
				case full: // the example is an event of the sample: the registry says which one
					if reply.Code != http.StatusOK && reply.Code != http.StatusConflict {
						t.Errorf("%s: status %d: %s", name, reply.Code, reply.Body)
					}
				case reply.Code != http.StatusOK:
					t.Errorf("%s: status %d: %s", name, reply.Code, reply.Body)
				}
				tried++
			}
		}
	}
	if tried < 30 {
		t.Errorf("only %d examples were tried", tried)
	}
}
