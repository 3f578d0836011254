package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"testing"

	"roundtables.kz/registry/internal/actor"
)

// caller sends requests with a key, or with none.
type caller struct {
	*rig
	headers []string
}

// as gives a caller whose key has the scopes; without any it has no key.
func (r *rig) as(t testing.TB, scopes ...actor.Scope) caller {
	t.Helper()
	if len(scopes) == 0 {
		return caller{rig: r}
	}
	token, _ := r.key(t, scopes...)
	return caller{r, []string{"Authorization", "Bearer " + token}}
}

func (c caller) get(t testing.TB, path string) reply {
	t.Helper()
	return c.do(t, http.MethodGet, path, nil, c.headers...)
}

func (c caller) post(t testing.TB, path, body string) reply {
	t.Helper()
	return c.do(t, http.MethodPost, path, body, append([]string{"Content-Type", jsonBody}, c.headers...)...)
}

// patch overwrites whatever version is there.
func (c caller) patch(t testing.TB, path, body string) reply {
	t.Helper()
	return c.do(t, http.MethodPatch, path, body, append([]string{"Content-Type", mergeBody, "If-Match", "*"}, c.headers...)...)
}

// act runs an action on whatever version is there.
func (c caller) act(t testing.TB, path string) reply {
	t.Helper()
	return c.do(t, http.MethodPost, path, nil, append([]string{"If-Match", "*"}, c.headers...)...)
}

func (c caller) del(t testing.TB, path string) reply {
	t.Helper()
	return c.do(t, http.MethodDelete, path, nil, append([]string{"If-Match", "*"}, c.headers...)...)
}

// make creates a record and gives its address.
func (c caller) make(t testing.TB, path, body string, args ...any) string {
	t.Helper()
	return c.post(t, path, fmt.Sprintf(body, args...)).want(t, http.StatusCreated).Header().Get("Location")
}

// object reads an answer as it is.
func (r reply) object(t testing.TB) (o map[string]any) {
	t.Helper()
	if err := json.Unmarshal(r.Body.Bytes(), &o); err != nil {
		t.Fatalf("%s: %v: %s", r.request, err, r.Body)
	}
	return o
}

// path reads a value below an object: path(o, "counts", "attendees").
func path(o any, names ...string) any {
	for _, name := range names {
		switch in := o.(type) {
		case map[string]any:
			o = in[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(in) {
				return nil
			}
			o = in[i]
		default:
			return nil
		}
	}
	return o
}

// refusals sends bodies that break a rule, as POST to a list, and holds the mistakes against those wanted. None of them
// may leave a trace.
func (c caller) refusals(t *testing.T, list string, bodies map[string][]string) {
	t.Helper()
	before := c.changeCount(t)
	for body, mistakes := range bodies {
		c.post(t, list, body).wantProblem(t, http.StatusUnprocessableEntity, "validation_failed", mistakes...)
	}
	if c.changeCount(t) != before {
		t.Error("a refused record was written")
	}
}
