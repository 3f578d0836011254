package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"

	"github.com/getkin/kin-openapi/openapi3"
)

// examplesOf returns the example requests of an operation: its path with the ids of the examples, and its bodies by name.
func examplesOf(t *testing.T, path string, op *openapi3.Operation) (at, media string, bodies map[string]string) {
	t.Helper()
	for _, p := range op.Parameters {
		if p.Value.In == "path" {
			path = strings.ReplaceAll(path, "{"+p.Value.Name+"}", fmt.Sprint(p.Value.Example))
		}
	}
	if op.RequestBody == nil {
		return path, "", map[string]string{"none": ""}
	}
	bodies = map[string]string{}
	for _, media = range []string{jsonBody, mergeBody, formBody} {
		content := op.RequestBody.Value.Content[media]
		if content == nil {
			continue
		}
		for name, example := range content.Examples {
			if fields, isForm := example.Value.Value.(map[string]any); isForm && media == formBody {
				form := url.Values{}
				for field, value := range fields {
					form.Set(field, fmt.Sprint(value))
				}
				bodies[name] = form.Encode()
				continue
			}
			b, err := json.Marshal(example.Value.Value)
			if err != nil {
				t.Fatal(err)
			}
			bodies[name] = string(b)
		}
		if len(bodies) > 0 {
			return path, media, bodies
		}
	}
	return path, "", bodies
}

// announced reports whether the document says that an example is rejected like that: a deletion while other records refer to the
// record, an attendee that is linked, an event that exists, and types of which the sample has no records.
func announced(op *openapi3.Operation, name string, reply reply) bool {
	says := func(words string) bool { return strings.Contains(op.Description, words) }
	code := struct{ Code string }{}
	_ = json.Unmarshal(reply.Body.Bytes(), &code)
	switch reply.Code {
	case http.StatusNotFound:
		return slices.ContainsFunc(op.Parameters, func(p *openapi3.ParameterRef) bool {
			return p.Value.In == "path" && strings.Contains(p.Value.Description, "belongs to no record")
		})
	case http.StatusUnprocessableEntity:
		return says("does not exist, so the response is 422")
	case http.StatusConflict:
		if code.Code == "wrong_state" {
			return says("rejected with 409") || says("with 409.")
		}
		return code.Code == "in_use" && says("409 while other records refer") || code.Code == "already_resolved" && says("already linked") ||
			op.OperationID == "createBundle" && strings.HasPrefix(name, "full")
	}
	return false
}

func TestEveryExampleOfTheDocumentWorksOnTheSampleAsItStands(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	c := r.as(t, actor.Scopes...)
	tried := 0
	paths := published().doc.Paths.Map()
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		for method, op := range paths[path].Operations() {
			if op.Parameters.GetByInAndName("query", "dry_run") == nil && op.OperationID != "reconcile" || strings.HasPrefix(path, importsPath) {
				continue // it writes nothing, or takes a file
			}
			at, media, bodies := examplesOf(t, path, op)
			if len(bodies) == 0 {
				t.Errorf("%s has a body and no example", op.OperationID)
			}
			for name, body := range bodies {
				target := at
				if op.OperationID != "reconcile" { // it has no dry run
					target += "?dry_run=true"
				}
				headers := append([]string{"If-Match", "*"}, c.headers...)
				var sent any
				if media != "" {
					headers, sent = append(headers, "Content-Type", media), body
				}
				if reply := c.do(t, method, target, sent, headers...); reply.Code/100 != 2 && !announced(op, name, reply) {
					t.Errorf("%s %s: status %d: %s", op.OperationID, name, reply.Code, reply.Body)
				}
				tried++
			}
		}
	}
	if tried < 80 {
		t.Errorf("only %d examples were tried", tried)
	}
}
