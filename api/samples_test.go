package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"

	"github.com/getkin/kin-openapi/openapi3"
)

// The examples of responses in the document are responses of the service to the sample events, one for each schema. With
// -samples.update, the test writes them; then go run ./openapi/generate puts them into the document.

var updateSamples = flag.Bool("samples.update", false, "write the examples of responses")

const samplesDir = "../openapi/samples"

// notSampled are schemas whose values depend on the release or on the machine, and those with values of any type, in which the
// validator of the document allows no null.
var notSampled = []string{"Health", "Links", "ReconcileService", "RevisionPage", "PersonDisclosure"}

// maxSampleText is how many characters of a text with spaces an example has. An ellipsis marks the end of a longer one.
const maxSampleText = 60

// sampleValues replace what differs from run to run: times, cursors, ids of requests.
var sampleValues = map[string]any{
	"created_at": "2026-01-15T09:30:00.123456Z", "updated_at": "2026-01-15T09:30:00.123456Z", "changed_at": "2026-01-15T09:30:00.123456Z",
	"at": "2026-01-15T09:30:00.123456Z", "last_used_at": "2026-01-15T09:30:00.123456Z", "date_modified": "2026-01-15T09:30:00.123456Z",
	"cursor": "eyJuIjo4NDIsInYiOiJwdWJsaWMifQ", "next_cursor": "eyJrIjpbIjIwMjAwMjI3Il0sImkiOjEzfQ", "next": "/v1/topics?cursor=eyJrIjpbIjIwMjAwMjI3Il0sImkiOjEzfQ",
	"request": "01JD3Z6V2N8Q4T7M0KX5W9R1BC", "prefix": "rtr_3f9a",
}

// shortened makes an example of a response: lists have one element, and long texts end early.
func shortened(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			if text, ok := member.(string); ok && sampleValues[name] != nil && text != "" {
				v[name] = sampleValues[name]
			} else {
				v[name] = shortened(member)
			}
		}
	case []any:
		if len(v) > 1 {
			v = v[:1]
		}
		for i := range v {
			v[i] = shortened(v[i])
		}
		return v
	case string:
		if runes := []rune(v); len(runes) > maxSampleText && strings.Contains(v, " ") {
			return strings.TrimSpace(string(runes[:maxSampleText])) + "…"
		}
	}
	return value
}

// sampledSchema returns the name of the schema of the successful JSON of an operation, and its status.
func sampledSchema(op *openapi3.Operation) (name string, status int) {
	for _, status := range []int{http.StatusOK, http.StatusCreated} {
		response := op.Responses.Status(status)
		if response == nil || response.Value.Content[jsonBody] == nil {
			continue
		}
		ref := response.Value.Content[jsonBody].Schema.Ref
		return ref[strings.LastIndex(ref, "/")+1:], status
	}
	return "", 0
}

// sampleRequest returns the request whose response is the example: the lists with one record, and writes as a dry run.
func sampleRequest(t *testing.T, method, path string, op *openapi3.Operation) (target, media, body string) {
	at, media, bodies := examplesOf(t, path, op)
	var query []string
	if op.Parameters.GetByInAndName("query", "limit") != nil {
		query = append(query, "limit=1")
	}
	item := published().doc.Paths.Value(path + "/{id}")
	if item != nil && item.Get != nil && method == http.MethodGet && op.Parameters.GetByInAndName("query", "id") != nil {
		query = append(query, fmt.Sprint("id=", item.Get.Parameters.GetByInAndName("path", "id").Example))
	}
	if op.Parameters.GetByInAndName("query", "q") != nil && strings.HasSuffix(path, "/lookup") {
		query = append(query, "q=a")
	}
	if op.Parameters.GetByInAndName("query", "dry_run") != nil {
		query = append(query, "dry_run=true")
	}
	for _, name := range slices.Sorted(maps.Keys(bodies)) {
		body = bodies[name]
	}
	return strings.TrimSuffix(at+"?"+strings.Join(query, "&"), "?"), media, body
}

func TestTheExamplesOfResponsesComeFromTheSample(t *testing.T) {
	t.Parallel()
	c := sampled(t).as(t, actor.Scopes...)
	type operation struct {
		method, path string
		op           *openapi3.Operation
	}
	var operations []operation
	for path, item := range published().doc.Paths.Map() {
		for method, op := range item.Operations() {
			safe := method == http.MethodGet || op.Parameters.GetByInAndName("query", "dry_run") != nil || strings.HasSuffix(path, "/match")
			if name, _ := sampledSchema(op); safe && name != "" && path != streamPath && !slices.Contains(notSampled, name) && !strings.HasPrefix(path, importsPath) {
				operations = append(operations, operation{method, path, op})
			}
		}
	}
	slices.SortFunc(operations, func(a, b operation) int { // what only reads comes first
		return cmp.Or(cmp.Compare(a.method, b.method), cmp.Compare(len(a.path), len(b.path)), cmp.Compare(a.path, b.path))
	})
	made := map[string][]byte{}
	var missing []string
	for _, o := range operations {
		name, _ := sampledSchema(o.op)
		if made[name] != nil {
			continue
		}
		target, media, body := sampleRequest(t, o.method, o.path, o.op)
		headers := append([]string{"If-Match", "*"}, c.headers...)
		var sent any
		if media != "" {
			headers, sent = append(headers, "Content-Type", media), body
		}
		reply := c.do(t, o.method, target, sent, headers...)
		var value any
		if reply.Code/100 != 2 || json.Unmarshal(reply.Body.Bytes(), &value) != nil {
			missing = append(missing, fmt.Sprint(o.method, " ", target, " ", reply.Code))
			continue
		}
		if page, ok := value.(map[string]any); ok {
			if data, isList := page["data"].([]any); isList && len(data) == 0 {
				continue // says nothing
			}
		}
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(shortened(value)); err != nil {
			t.Fatal(err)
		}
		made[name] = b.Bytes()
	}
	if len(made) < 45 {
		t.Errorf("only %d responses have an example; none: %q", len(made), missing)
	}
	t.Logf("%d examples; none: %q", len(made), missing)
	if *updateSamples {
		if err := os.RemoveAll(samplesDir); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(samplesDir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range made {
		file := filepath.Join(samplesDir, name+".json")
		if *updateSamples {
			if err := os.WriteFile(file, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the service returns (%v); run this test with -samples.update, and then go run ./openapi/generate", file, err)
		}
	}
	files, err := filepath.Glob(filepath.Join(samplesDir, "*.json"))
	if err != nil || len(files) != len(made) {
		t.Errorf("%s has %d files, want %d (%v)", samplesDir, len(files), len(made), err)
	}
}
