package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"roundtables.kz/registry/api/docs"
	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/text"
	"roundtables.kz/registry/openapi"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// contract holds what the tests send and get against the published document.
type contract struct {
	doc    *openapi3.T
	whole  strict // answers have every member and none that is not described
	sparse strict // `fields` leaves members out

	mu   sync.Mutex
	seen map[string]bool // "listTopics 200"
}

var published = sync.OnceValue(func() *contract {
	doc, whole := strictDocument(false)
	_, sparse := strictDocument(true)
	return &contract{doc: doc, whole: whole, sparse: sparse, seen: map[string]bool{}}
})

// strict finds what a document says of a request, and holds bodies against it.
type strict struct {
	router  routers.Router
	schemas *schemas
}

// strictDocument loads the document with its answers closed: the published one is open, as a client must live with
// members that a later release adds, but ours has no business adding one in silence.
func strictDocument(sparse bool) (*openapi3.T, strict) {
	content, err := docs.Compressed("", openapi.V31).Content()
	if err != nil {
		panic(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(content)
	if err != nil {
		panic(err)
	}
	for _, ref := range doc.Components.Schemas {
		s := ref.Value
		if len(s.Properties) > 0 && s.AdditionalProperties.Has == nil {
			s.AdditionalProperties.Has = openapi3.Ptr(false)
		}
		if sparse {
			s.Required = nil
		}
	}
	allowEmptyValues(doc)
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		panic(err)
	}
	schemas, err := newSchemas(doc)
	if err != nil {
		panic(err)
	}
	return doc, strict{router, schemas}
}

// allowEmptyValues says that a parameter without a value counts as absent, except on writes. The published document does not, as
// Swagger UI would show a box beside every parameter.
func allowEmptyValues(doc *openapi3.T) {
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if !strings.HasPrefix(path, "/v1/") || method != http.MethodGet {
				continue
			}
			for i, ref := range op.Parameters {
				if ref.Value.In == "query" {
					v := *ref.Value // a component that writes have, too
					v.AllowEmptyValue = true
					op.Parameters[i] = &openapi3.ParameterRef{Value: &v}
				}
			}
		}
	}
}

// exchange is a request and what it was answered.
type exchange struct {
	request *http.Request
	sent    []byte
	answer  *httptest.ResponseRecorder
}

// check fails the test where an exchange is not as the document says. Requests are held against it when they succeed:
// what the service takes has to be what the document allows.
func (c *contract) check(t testing.TB, e exchange) {
	t.Helper()
	at := e.request.Method + " " + e.request.URL.Path
	if e.answer.Code >= 400 && e.request.Method != http.MethodHead && e.answer.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s: %d is not answered with a problem: %s", at, e.answer.Code, e.answer.Body)
	}
	document := c.whole
	if e.request.URL.Query().Has("fields") || e.request.URL.Query().Has("names") {
		document = c.sparse
	}
	route, params, err := document.router.FindRoute(e.request)
	if err != nil {
		if e.answer.Code < 400 && !undocumented(e.request) {
			t.Errorf("%s answers %d but is not in the document: %v", at, e.answer.Code, err)
		}
		return
	}
	c.saw(route.Operation.OperationID, e.answer.Code)
	if e.answer.Code < 300 && route.Operation.Responses.Status(e.answer.Code) == nil {
		t.Errorf("%s: %d is not in the document", at, e.answer.Code)
	}
	body, err := plain(e.answer)
	if err != nil {
		t.Errorf("%s: %v", at, err)
	}
	plainQuery(e.request)
	options := &openapi3filter.Options{
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, MultiError: true, SkipSettingDefaults: true,
		ExcludeRequestBody: true, ExcludeResponseBody: true, // see schemas
	}
	in := &openapi3filter.RequestValidationInput{Request: e.request, PathParams: params, Route: route, Options: options}
	if e.answer.Code < 300 {
		err := errors.Join(
			openapi3filter.ValidateRequest(context.Background(), in),
			document.schemas.request(route.Operation, e.request.Header, e.sent),
		)
		if err != nil {
			t.Errorf("%s?%s: the service took a request that the document forbids: %v", at, e.request.URL.RawQuery, err)
		}
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: e.answer.Code, Header: e.answer.Header(), Options: options}
	err = openapi3filter.ValidateResponse(context.Background(), out)
	if e.request.Method != http.MethodHead {
		err = errors.Join(err, document.schemas.answer(route.Operation, e.answer.Code, e.answer.Header(), body))
	}
	if err != nil && !linkedData(route.Operation, e.answer) {
		t.Errorf("%s: the answer %d is not as the document says: %v", at, e.answer.Code, err)
	}
}

// plainQuery takes the parameters without a value from a request, as the library cannot check them, and writes languages in
// their canonical case, the only one that patterns can state.
func plainQuery(r *http.Request) {
	query := r.URL.Query()
	maps.DeleteFunc(query, func(_ string, values []string) bool { return len(values) == 1 && values[0] == "" })
	for _, name := range []string{"lang", "language"} {
		if tag, ok := text.Tag(query.Get(name)); ok {
			query.Set(name, tag)
		}
	}
	for _, name := range []string{"updated_from", "updated_to"} { // a + that is not escaped
		if query.Has(name) {
			query.Set(name, strings.ReplaceAll(query.Get(name), " ", "+"))
		}
	}
	r.URL.RawQuery = query.Encode()
}

// linkedData reports whether an answer is JSON-LD, which an operation also returns and describes in words: its own address
// describes the type.
func linkedData(op *openapi3.Operation, answer *httptest.ResponseRecorder) bool {
	kind, _, _ := strings.Cut(answer.Header().Get("Content-Type"), ";")
	return kind == mediaJSONLD && strings.Contains(op.Description, mediaJSONLD)
}

func (c *contract) saw(id string, status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[fmt.Sprint(id, " ", status)] = true
}

// undocumented reports whether a request is none of the document's: HEAD goes with GET, OPTIONS is for browsers, and the
// pages that show the document are not in it.
func undocumented(r *http.Request) bool {
	if r.Method == http.MethodHead || r.Method == http.MethodOptions {
		return true
	}
	return slices.ContainsFunc(Documentation(), func(d Route) bool {
		return r.URL.Path == d.Path || strings.HasSuffix(d.Path, "*") && strings.HasPrefix(r.URL.Path, strings.TrimSuffix(d.Path, "*"))
	})
}

// plain gives the body of an answer as it was before compression.
func plain(answer *httptest.ResponseRecorder) ([]byte, error) {
	if answer.Header().Get("Content-Encoding") != "gzip" {
		return answer.Body.Bytes(), nil
	}
	z, err := gzip.NewReader(bytes.NewReader(answer.Body.Bytes()))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// missed gives the documented successes that no test has met.
func (c *contract) missed() []string {
	var missed []string
	for _, item := range c.doc.Paths.Map() {
		for _, op := range item.Operations() {
			for status := range op.Responses.Map() {
				if met := op.OperationID + " " + status; status[0] == '2' && !c.seen[met] {
					missed = append(missed, met)
				}
			}
		}
	}
	slices.Sort(missed)
	return missed
}

// covered runs the tests of the package and then asks whether they have met every success that the document promises.
// It asks only when all tests were to run.
type covered struct{ *testing.M }

func (m covered) Run() int {
	code := m.M.Run()
	if code != 0 || !allTests() {
		return code
	}
	if missed := published().missed(); len(missed) > 0 {
		fmt.Fprintf(os.Stderr, "no test meets these answers of the document: %s\n", strings.Join(missed, ", "))
		return 1
	}
	return 0
}

func allTests() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list", "test.fuzz", "test.bench"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return false
		}
	}
	return true
}

func TestTheDocumentDescribesExactlyTheRoutes(t *testing.T) {
	t.Parallel()
	routes := map[string]Route{}
	for _, r := range append(Routes(), Operations()...) {
		routes[r.Method+" "+documented(r.Path)] = r
	}
	for path, item := range published().doc.Paths.Map() {
		for method, op := range item.Operations() {
			at := method + " " + path
			r, ok := routes[at]
			if !ok {
				t.Errorf("%s is in the document but not in the route table", at)
				continue
			}
			delete(routes, at)
			checkSecurity(t, at, r, op)
		}
	}
	for _, at := range slices.Sorted(maps.Keys(routes)) {
		t.Errorf("%s is in the route table but not in the document: annotate its handler (see openapi/generate/doc.go)", at)
	}
}

var pathParameter = regexp.MustCompile(`:(\w+)`)

// documented writes the path of a route as the document does.
func documented(path string) string {
	return pathParameter.ReplaceAllString(path, "{$1}")
}

// checkSecurity holds the keys that the document asks for against the scope of the route.
func checkSecurity(t *testing.T, at string, r Route, op *openapi3.Operation) {
	t.Helper()
	anonymous, keyed := false, false
	required := &published().doc.Security // what holds where an operation states nothing
	if op.Security != nil {
		required = op.Security
	}
	for _, requirement := range *required {
		_, bearer := requirement["Bearer"]
		anonymous, keyed = anonymous || len(requirement) == 0, keyed || bearer
	}
	scope, _ := op.Extensions["x-required-scope"].(string)
	if takesKey := r.Scope != "" || slices.ContainsFunc(Routes(), func(o Route) bool { return o.Method == r.Method && o.Path == r.Path }); keyed != takesKey {
		t.Errorf("%s: a key is asked for: %v, want %v", at, keyed, takesKey)
	}
	if scope != string(r.Scope) {
		t.Errorf("%s: the document asks for the scope %q, the route for %q", at, scope, r.Scope)
	}
	if keyed && anonymous != (r.Scope == "") {
		t.Errorf("%s: the document lets everyone in: %v, the route's scope is %q", at, anonymous, r.Scope)
	}
}

// aggregated returns the resource whose aggregate has the path; nil for other paths.
func aggregated(path string) *Resource {
	for _, r := range Resources() {
		for _, o := range r.Operations {
			if o.Path == path && (o.Feature == Aggregate || o.Feature == AggregateCSV) {
				return &r
			}
		}
	}
	return nil
}

func TestListsSortByWhatTheDocumentSays(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	key, _ := r.key(t, "read", "write", "publish", "pii", "admin")
	for path, item := range published().doc.Paths.Map() {
		if item.Get == nil {
			continue
		}
		p := item.Get.Parameters.GetByInAndName("query", "sort")
		file := strings.Replace(path, "{format}", "ndjson", 1)
		if p == nil || strings.Contains(file, "{") {
			continue
		}
		query, schema := "?sort=nothing", p.Schema.Value
		// A matrix is the aggregate of statements.
		if of := aggregated(strings.Replace(path, "/v1/stats/matrix", "/v1/statements/aggregate", 1)); of != nil { // sorts groups by one order, also by the requested metrics
			query += "&metric=" + strings.Join(of.Metrics, ",")
		} else {
			schema = schema.Items.Value
		}
		answer := r.do(t, http.MethodGet, file+query, nil, "Authorization", "Bearer "+key)
		problem := answer.wantProblem(t, http.StatusBadRequest, "bad_parameters", "sort bad_sort")
		var documented []string
		for _, name := range schema.Enum {
			if name := name.(string); name[0] != '-' {
				documented = append(documented, name)
			}
		}
		slices.Sort(documented)
		allowed := slices.Sorted(slices.Values(problem.Errors[0].Allowed))
		if !slices.Equal(documented, allowed) {
			t.Errorf("%s: the document says %q, the service %q", path, documented, allowed)
		}
	}
}

func TestFieldsNamesWhatTheDocumentSays(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	key, _ := r.key(t, "read", "write", "publish", "pii", "admin")
	checked := 0
	for path, item := range published().doc.Paths.Map() {
		if item.Get == nil || item.Get.Parameters.GetByInAndName("query", "fields") == nil {
			continue
		}
		file := strings.NewReplacer("{format}", "ndjson", "{id}", "1", "{person_id}", "1", "{webhook_id}", "1").Replace(path)
		answer := r.do(t, http.MethodGet, file+"?fields=zzzzzzzzzzzz", nil, "Authorization", "Bearer "+key)
		if answer.Code == http.StatusNotFound { // there is none in the sample
			continue
		}
		problem := answer.wantProblem(t, http.StatusBadRequest, "bad_parameters", "fields unknown_field")
		var documented []string
		for _, name := range item.Get.Parameters.GetByInAndName("query", "fields").Schema.Value.Items.Value.Enum {
			documented = append(documented, name.(string))
		}
		if !slices.Equal(documented, problem.Errors[0].Allowed) {
			t.Errorf("%s: the document says %q, the service %q", path, documented, problem.Errors[0].Allowed)
		}
		checked++
	}
	if checked < 40 {
		t.Errorf("only %d operations were looked at", checked)
	}
}

func TestTheDocumentListsEveryParameterThatAnOperationTakesAndNoOther(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	key, _ := r.key(t, "read", "write", "publish", "pii", "admin")
	event := strconv.FormatInt(fixture.RoundTable(t, r.pool), 10)
	someone := strconv.FormatInt(fixture.Person(t, r.pool), 10)
	hook, _ := fixture.Webhook(t, r.pool)
	checked := 0
	for path, item := range published().doc.Paths.Map() {
		if item.Get == nil || !strings.HasPrefix(path, "/v1/") || path == "/v1/me" {
			continue
		}
		at := strings.NewReplacer("{person_id}", someone, "{webhook_id}", strconv.FormatInt(hook, 10), "{id}", event, "{format}", "csv").Replace(path)
		answer := r.do(t, http.MethodGet, at+"?zzzzzzzzzzzz=1", nil, "Authorization", "Bearer "+key)
		problem := answer.wantProblem(t, http.StatusBadRequest, "bad_parameters", "zzzzzzzzzzzz unknown_parameter")
		var documented []string
		for _, p := range item.Get.Parameters {
			if p.Value.In == "query" {
				documented = append(documented, p.Value.Name)
			}
		}
		if of := aggregated(path); of != nil && len(of.Dimensions) == 0 {
			documented = append(documented, "group_by") // is always rejected
		}
		slices.Sort(documented)
		if allowed := slices.Sorted(slices.Values(problem.Errors[0].Allowed)); !slices.Equal(documented, allowed) {
			t.Errorf("%s: the document says %q, the service %q", path, documented, allowed)
		}
		checked++
	}
	if checked < 20 {
		t.Errorf("only %d operations were looked at", checked)
	}
}

func TestWhatIsOutsideTheDocumentIsNoticed(t *testing.T) {
	t.Parallel()
	c := newRig(t, nil).as(t, actor.Write)
	const asked = `{"label":{"en":"Water"}}`
	topic := c.get(t, c.make(t, "/v1/topics", asked)).object(t)
	whole, sparse := published().whole, published().sparse
	operation := func(document strict, method, path string) *openapi3.Operation {
		t.Helper()
		route, _, err := document.router.FindRoute(httptest.NewRequest(method, path, nil))
		if err != nil {
			t.Fatal(err)
		}
		return route.Operation
	}
	for name, test := range map[string]struct {
		document strict
		status   int
		change   func(body map[string]any, header http.Header)
		wrong    bool
	}{
		"as it is":              {whole, 200, func(map[string]any, http.Header) {}, false},
		"a member too many":     {whole, 200, func(b map[string]any, _ http.Header) { b["colour"] = "blue" }, true},
		"a member missing":      {whole, 200, func(b map[string]any, _ http.Header) { delete(b, "version") }, true},
		"fields were asked for": {sparse, 200, func(b map[string]any, _ http.Header) { delete(b, "version") }, false},
		"of another type":       {whole, 200, func(b map[string]any, _ http.Header) { b["version"] = "1" }, true},
		"too large a number":    {whole, 200, func(b map[string]any, _ http.Header) { b["version"] = 1e30 }, true},
		"no time":               {whole, 200, func(b map[string]any, _ http.Header) { b["created_at"] = "yesterday" }, true},
		"no problem":            {whole, 404, func(_ map[string]any, h http.Header) { h.Set("Content-Type", "application/problem+json") }, true},
		"no problem by default": {whole, 500, func(_ map[string]any, h http.Header) { h.Set("Content-Type", "application/problem+json") }, true},
		"another media type":    {whole, 200, func(_ map[string]any, h http.Header) { h.Set("Content-Type", "text/csv") }, true},
	} {
		body, header := maps.Clone(topic), http.Header{"Content-Type": {"application/json"}}
		test.change(body, header)
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		if err := test.document.schemas.answer(operation(test.document, http.MethodGet, "/v1/topics/1"), test.status, header, text); (err != nil) != test.wrong {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, test := range map[string]struct {
		path, mediaType, body string
		wrong                 bool
	}{
		"as it was asked":   {"/v1/topics", "application/json", asked, false},
		"a member too many": {"/v1/topics", "application/json", `{"label":{"en":"Water"},"colour":"blue"}`, true},
		"no JSON":           {"/v1/topics", "application/json", `{"label":`, true},
		"no body":           {"/v1/topics", "application/json", "", true},
		"no file":           {"/v1/imports/topics", "text/csv", "", true},
		"a file":            {"/v1/imports/topics", "text/csv", "label_en\r\nWater\r\n", false},
		"another kind":      {"/v1/topics", "text/csv", asked, true},
	} {
		err := whole.schemas.request(operation(whole, http.MethodPost, test.path), http.Header{"Content-Type": {test.mediaType}}, []byte(test.body))
		if (err != nil) != test.wrong {
			t.Errorf("asked with %s: %v", name, err)
		}
	}
}
