//go:build browser

package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"

	"github.com/getkin/kin-openapi/openapi3"
)

// liveResponse is a successful response in JSON.
type liveResponse struct {
	Operation string          `json:"operation"`
	Target    string          `json:"target"`
	Body      json.RawMessage `json:"body"`
}

// It needs Node and the packages of openapi/tools.
func TestResponsesFitTheSchemasOfZod(t *testing.T) {
	c := sampled(t).as(t, actor.Scopes...)
	created := createdIDs(t, c)
	var responses []liveResponse
	seen := map[string]bool{}
	for path, item := range published().doc.Paths.Map() {
		for method, op := range item.Operations() {
			if name, _ := sampledSchema(op); name == "" || path == streamPath || strings.HasPrefix(path, importsPath) {
				continue
			}
			for _, r := range responsesOf(t, c, created, method, path, op) {
				responses, seen[r.Operation] = append(responses, r), true
			}
		}
	}
	for _, want := range []string{"listRoundTables", "getRoundTable", "listStatements", "getPerson", "aggregateStatements", "search", "getPersonProfile",
		"getOrganizationProfile", "getNetwork", "getRoundTableBundle", "listChanges", "getOverview", "listVocabularies", "patchTopic", "createBundle",
		"listAffiliations", "getAffiliation", "getAffiliationHistory", "getContact", "getDistinction"} {
		if !seen[want] {
			t.Errorf("there is no response of %s", want)
		}
	}
	input, err := json.Marshal(responses)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "../openapi/tools/zod.mjs")
	cmd.Stdin = bytes.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("%s", out)
}

// createdIDs creates what the sample has no records of, and returns the addresses of the examples with those of the new records.
func createdIDs(t *testing.T, c caller) *strings.Replacer {
	t.Helper()
	var pairs []string
	for _, path := range []string{"/v1/affiliations", "/v1/distinctions", "/v1/people/{person_id}/contacts", "/v1/api-keys"} {
		at, media, bodies := examplesOf(t, path, published().doc.Paths.Value(path).Post)
		for _, body := range bodies {
			reply := c.do(t, http.MethodPost, at, body, append([]string{"Content-Type", media}, c.headers...)...).want(t, http.StatusCreated)
			var record struct {
				ID int64 `json:"id"`
			}
			if err := json.Unmarshal(reply.Body.Bytes(), &record); err != nil {
				t.Fatal(err)
			}
			example := published().doc.Paths.Value(path+"/{id}").Get.Parameters.GetByInAndName("path", "id").Example
			pairs = append(pairs, fmt.Sprint(at, "/", example), fmt.Sprint(at, "/", record.ID))
			break
		}
	}
	return strings.NewReplacer(pairs...)
}

// responsesOf returns the successful responses to the example of an operation: with a write as a dry run, and a read also with all that
// can be included, in a language.
func responsesOf(t *testing.T, c caller, created *strings.Replacer, method, path string, op *openapi3.Operation) (found []liveResponse) {
	t.Helper()
	if method != http.MethodGet && op.Parameters.GetByInAndName("query", "dry_run") == nil {
		return nil
	}
	target, media, body := sampleRequest(t, method, path, op)
	target = created.Replace(target)
	targets := []string{target}
	if method == http.MethodGet {
		targets = append(targets, richest(target, op))
	}
	for _, target := range targets {
		headers := append([]string{"If-Match", "*"}, c.headers...)
		var content any
		if media != "" {
			headers, content = append(headers, "Content-Type", media), body
		}
		reply := c.do(t, method, target, content, headers...)
		if reply.Code < 300 && strings.Contains(reply.Header().Get("Content-Type"), "json") {
			found = append(found, liveResponse{op.OperationID, target, slices.Clone(reply.Body.Bytes())})
		}
	}
	return found
}

// richest asks for up to 100 records, all that can be included, and texts in Kazakh.
func richest(target string, op *openapi3.Operation) string {
	path, _, _ := strings.Cut(target, "?")
	query := url.Values{}
	for _, p := range op.Parameters {
		switch p.Value.Name {
		case "limit":
			query.Set("limit", "100")
		case "lang":
			query.Set("lang", "kk")
		case "include_data":
			query.Set("include_data", "true")
		case "q":
			query.Set("q", "Kazakhstan")
		case "include":
			var all []string
			for _, name := range p.Value.Schema.Value.Items.Value.Enum {
				all = append(all, fmt.Sprint(name))
			}
			query.Set("include", strings.Join(all, ","))
		}
	}
	return path + "?" + query.Encode()
}
