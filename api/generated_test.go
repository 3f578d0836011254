package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"roundtables.kz/registry/internal/input"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"pgregory.net/rapid"
)

// Requests that follow the document are never rejected for their form, and their answers follow it, too.

var (
	generatedCount = flag.Int("generated.requests", 600, "number of generated requests")
	generatedSeed  = flag.Uint64("generated.seed", 1, "seed of the generated requests")
	generatedURL   = flag.String("generated.url", "", "address of a running service to send them to, instead of one in the test")
	generatedKey   = flag.String("generated.key", "", "key with all scopes for that service")
)

// aboutData are the codes that a schema cannot exclude: they depend on records, on other members or on the settings.
var aboutData = map[string]string{
	"unknown_reference": "other records", "merged_reference": "other records", "already_taken": "other records", "already_attends": "other records",
	"already_organizer": "other records", "requires_parameter": "other parameters", "already_distinct": "other records", "cycle": "other records", "same_record": "other members",
	"other_event": "other records", "not_in_round_table": "other records", "unknown_role": "other records", "unknown_version": "other records",
	"version_needed": "other records", "cannot_come_back": "other records", "said_distinct": "other records", "merged": "other records",
	"already_resolved": "other records", "already_undone": "other records", "already_reverted": "other records",

	"before_start": "order of two dates", "precision_mismatch": "other members", "not_of_round_table": "other records", "order_incomplete": "other records", "unknown_request": "other records",
	"unknown_change": "other records", "day_needed": "other members", "only_for_distinct": "other members", "similar_event": "other records", "first_of_month": "other members",
	"first_of_year": "other members", "other_day": "other members", "not_valid": "other members", "collective_speaker": "other members",
	"bad_identifier":   "check digits",
	"original_missing": "one of the texts", "second_original": "one of the texts", "only_csv": "the format in the path", "only_ndjson": "the format in the path", "in_the_past": "the clock",
	"repeated_sort": "title and -title are two words", "unknown_timezone": "the list of time zones changes", "duplicate": "equality of parts of items",
	"no_name":    "letters of all scripts",
	"bad_cursor": "signed by the service", "bad_place": "signed by the service", "changes_began_anew": "signed by the service",

	"ambiguous_names": "other records", "ambiguous_name": "other records", "ambiguous_object": "other records", "duplicate_candidates": "other records", "ambiguous_speaker": "the rest of the bundle",
	"unknown_speaker": "the rest of the bundle", "unknown_document": "the rest of the bundle", "unknown_statement": "the rest of the bundle",
	"unknown_in_document": "the rest of the bundle", "name_of_another": "the rest of the bundle", "like_another": "the rest of the bundle",
	"new_with_id": "the rest of the bundle", "external_ids_of_several": "other records", "other_names_full": "other records",
	"failed_in_document": "the rest of the document", "reason_names_person": "the person",
	"idempotency_key_reused": "earlier requests", "key_of_another_request": "earlier requests",

	"https_required": "settings", "port_not_allowed": "settings", "address_not_allowed": "settings", "bad_webhook_url": "settings",
	"import_refused": "rows of files have no schema", "no_popolo": "the schema of Popolo",
}

// aboutDataAt are codes at members whose presence depends on what no schema says.
var aboutDataAt = regexp.MustCompile(`^(required (/starts_on|/starts_at|/round_table/starts_on|/round_table/starts_at)` + // derived from each other
	`|(required|attendee_needed|one_attendee|empty_position|person_or_organization) /(attendees|statements|recommendations|documents|organizers|round_table)/.*` + // a bundle: only new records need all
	`|too_long X-Change-Reason` + // the limit counts characters, and up to ten bytes of the header encode one
	`|not_allowed /attendees/[0-9]+/roles/[0-9]+` + // roles are records
	`|bad_external_id external_id` + // a quoted identifier with commas: each part is described as an item
	`|required /(people|organizations|places|topics)/.*)$`)

func TestRequestsFromTheDocumentAreNeverRejectedForTheirForm(t *testing.T) {
	if *generatedURL == "" {
		t.Parallel()
	}
	g := newGenerator(t)
	t.Logf("seed %d, %d requests", *generatedSeed, *generatedCount)
	operations := g.operations()
	statuses, failures := map[int]int{}, 0
	for n := range *generatedCount {
		if n%5000 == 0 {
			g.collect()
			if n > 0 {
				t.Logf("%d requests: %v", n, statuses)
			}
		}
		o := operations[g.rand.IntN(len(operations))]
		request, ok := g.request(o)
		if !ok {
			continue
		}
		status, wrong := g.send(o, request)
		statuses[status]++
		if wrong != "" {
			if failures++; failures <= 50 {
				t.Errorf("request %d: %s %s\n%.2000s\n-> %d %.3000s", n, request.method, request.target, request.body, status, wrong)
			}
		}
	}
	for _, o := range operations {
		if g.made[o.id] == 0 && g.tried[o.id] > 20 {
			t.Errorf("%s: no request could be generated; the last one: %v", o.id, g.impossible[o.id])
		}
	}
	t.Logf("%d failures; by status: %v", failures, statuses)
}

// operation is an operation of the document.
type operation struct {
	id, method, path string
	*openapi3.Operation
}

type generated struct {
	method, target string
	header         http.Header
	body           string
}

// generator makes requests from the document and from the ids of records.
type generator struct {
	t       *testing.T
	rand    *rand.Rand
	handler http.Handler // nil: a running service
	key     string
	client  http.Client
	ids     map[string][]int64 // collection -> ids

	patterns    map[string]*rapid.Generator[string]
	made, tried map[string]int // operation -> requests
	impossible  map[string]error
}

func newGenerator(t *testing.T) *generator {
	g := &generator{
		t: t, rand: rand.New(rand.NewPCG(*generatedSeed, 0)), key: *generatedKey, client: http.Client{Timeout: 2 * time.Minute}, ids: map[string][]int64{},
		patterns: map[string]*rapid.Generator[string]{}, made: map[string]int{}, tried: map[string]int{}, impossible: map[string]error{},
	}
	if *generatedURL == "" {
		r := sampled(t)
		g.handler = r.handler
		g.key, _ = r.key(t, "read", "write", "publish", "pii", "admin")
	}
	return g
}

// operations lists what is called: not the streams, which do not end, and not what would take the key away.
func (g *generator) operations() (list []operation) {
	for path, item := range published().doc.Paths.Map() {
		for method, op := range item.Operations() {
			if path != streamPath {
				list = append(list, operation{op.OperationID, method, path, op})
			}
		}
	}
	slices.SortFunc(list, func(a, b operation) int { return cmp.Compare(a.id, b.id) })
	return list
}

// collect reads the ids of existing records.
func (g *generator) collect() {
	for path, item := range published().doc.Paths.Map() {
		collection, ok := strings.CutPrefix(path, "/v1/")
		if !ok || item.Get == nil || strings.ContainsAny(collection, "/{") || item.Get.Parameters.GetByInAndName("query", "fields") == nil || collection == "api-keys" {
			continue
		}
		answer := g.exchange(generated{method: http.MethodGet, target: path + "?limit=500&fields=id&sort=-id", header: http.Header{}})
		if answer.Code != http.StatusOK { // not every list sorts by id
			answer = g.exchange(generated{method: http.MethodGet, target: path + "?limit=500", header: http.Header{}})
		}
		var page struct{ Data []struct{ ID int64 } }
		if err := json.Unmarshal(answer.Body.Bytes(), &page); err != nil || answer.Code != http.StatusOK {
			g.t.Fatalf("%s: %d %.300s", path, answer.Code, answer.Body)
		}
		g.ids[collection] = nil
		for _, r := range page.Data {
			g.ids[collection] = append(g.ids[collection], r.ID)
		}
	}
}

// collectionNames maps names of parameters and members to the collections whose ids they hold.
var collectionNames = map[string]string{
	"person": "people", "organization": "organizations", "round_table": "round-tables", "topic": "topics", "place": "places", "document": "documents",
	"attendee": "attendees", "statement": "statements", "organizer": "organizations", "addressee": "organizations", "evidence_document": "documents",
	"quoted_person": "people", "in_reply_to": "statements", "author": "people", "mention_person": "people", "mention_organization": "organizations",
	"webhook": "webhooks", "first": "people", "second": "people", "into": "people",
}

// collectionOf returns the collection whose ids a member of an operation holds, if it holds ids.
func collectionOf(o operation, name string) string {
	stem := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "s"), "_id"), "[]")
	own, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(o.path, "/v1/exports/"), "/v1/"), "/")
	switch own = strings.TrimSuffix(own, ".{format}"); {
	case stem == "id" && strings.HasSuffix(o.path, "/deliveries/{id}/retry"), stem == "parent", stem == "id":
		return own
	case stem == "into" && own == "organizations":
		return own
	}
	return collectionNames[stem]
}

func (g *generator) chance(p float64) bool { return g.rand.Float64() < p }

func pick[T any](g *generator, list []T) T { return list[g.rand.IntN(len(list))] }

// request makes a request that follows the document, or reports that none was found.
func (g *generator) request(o operation) (generated, bool) {
	g.tried[o.id]++
	for range 30 {
		r := g.draft(o)
		err := g.follows(o, r)
		if err == nil {
			g.made[o.id]++
			return r, true
		}
		g.impossible[o.id] = err
	}
	return generated{}, false
}

func (g *generator) draft(o operation) generated {
	r := generated{method: o.method, header: http.Header{}}
	path, query := o.path, url.Values{}
	for _, ref := range o.Parameters {
		p := ref.Value
		switch {
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(g.parameter(o, p)))
		case p.Name == "dry_run":
			if g.safe(o) || g.chance(.5) {
				query.Set(p.Name, "true")
			}
		case p.Name == "If-Match":
			r.header.Set(p.Name, "*")
		case !p.Required && !g.chance(.2), p.Name == "wait", p.Name == "cursor" && !g.chance(.1):
		case p.In == "header":
			if value := g.parameter(o, p); !strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c > '~' }) {
				r.header.Set(p.Name, value)
			}
		case p.AllowEmptyValue && g.chance(.05):
			query.Set(p.Name, "")
		default:
			query.Set(p.Name, g.parameter(o, p))
		}
	}
	if r.target = path; len(query) > 0 {
		r.target += "?" + query.Encode()
	}
	if o.RequestBody != nil && (o.RequestBody.Value.Required || g.chance(.7)) {
		content := o.RequestBody.Value.Content
		mediaType := pick(g, slices.Sorted(maps.Keys(content)))
		if !strings.HasSuffix(mediaType, "json") && mediaType != formBody { // a file
			mediaType = "application/x-ndjson"
		}
		r.header.Set("Content-Type", mediaType)
		r.body = g.body(o, mediaType, content[mediaType].Schema)
	}
	return r
}

// safe reports whether an operation must not be carried out: it removes what other requests need, or calls other machines.
func (g *generator) safe(o operation) bool {
	return strings.HasPrefix(o.path, "/v1/webhooks") || strings.HasPrefix(o.path, "/v1/api-keys") ||
		(o.method == http.MethodDelete || strings.HasSuffix(o.path, "/erase") || strings.HasSuffix(o.path, "/merge")) && !g.chance(.05)
}

func (g *generator) parameter(o operation, p *openapi3.Parameter) string {
	s := p.Schema.Value
	if p.Name == "code" && o.path == "/problems/{code}" {
		return "required"
	}
	if s.Type.Is("array") {
		items := make([]string, 1+g.rand.IntN(3))
		for i := range items {
			items[i] = strings.ReplaceAll(text1(g.value(o, p.Name, s.Items, 0)), ",", "")
		}
		if s.UniqueItems {
			slices.Sort(items)
			items = slices.Compact(items)
		}
		return strings.Join(items, ",")
	}
	return text1(g.value(o, p.Name, p.Schema, 0))
}

// text1 writes a value as a parameter.
func text1(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, _ := json.Marshal(v)
	return string(b)
}

func (g *generator) body(o operation, mediaType string, schema *openapi3.SchemaRef) string {
	switch mediaType {
	case "application/x-ndjson":
		collection := strings.TrimPrefix(o.path, importsPath)
		create := published().doc.Paths.Value("/v1/" + collection)
		if create == nil || create.Post == nil {
			return "{}\n"
		}
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		for range 1 + g.rand.IntN(3) {
			_ = e.Encode(g.value(o, "", create.Post.RequestBody.Value.Content[jsonBody].Schema, 0))
		}
		return b.String()
	case formBody:
		form := url.Values{}
		object, _ := g.value(o, "", schema, 0).(map[string]any)
		for name, value := range object {
			form.Set(name, text1(value))
		}
		return form.Encode()
	default:
		b, _ := json.Marshal(g.value(o, "", schema, 0))
		return string(b)
	}
}

// value makes a value of a schema; name is the parameter or member that holds it.
func (g *generator) value(o operation, name string, ref *openapi3.SchemaRef, depth int) any {
	s := ref.Value
	types := s.Type.Slice()
	if slices.Contains(types, "null") && g.chance(.15) {
		return nil
	}
	types = slices.DeleteFunc(types, func(t string) bool { return t == "null" })
	switch {
	case s.ContentSchema != nil:
		return text1(g.value(o, name, s.ContentSchema, depth))
	case len(s.Enum) > 0:
		if v := pick(g, s.Enum); v != nil || slices.Contains(s.Type.Slice(), "null") {
			return v
		}
		return s.Enum[0]
	case len(types) == 0 && s.Pattern != "" && len(s.AllOf)+len(s.OneOf) > 0: // the values of an open vocabulary
		return g.text(s)
	case len(s.AnyOf) > 0:
		return g.value(o, name, pick(g, s.AnyOf), depth)
	case len(types) == 0 && len(s.OneOf) > 0: // a reference or null
		return g.value(o, name, pick(g, s.OneOf), depth)
	case len(types) == 0 && len(s.AllOf) == 1: // a reference with more beside it
		return g.value(o, name, s.AllOf[0], depth)
	case len(types) == 0:
		return nil
	}
	switch pick(g, types) {
	case "null":
		return nil
	case "boolean":
		return g.chance(.5)
	case "integer":
		return g.integer(o, name, s)
	case "number":
		low, high := deref(s.Min, -1000), deref(s.Max, 1000)
		return low + g.rand.Float64()*(high-low)
	case "array":
		return g.list(o, name, s, depth)
	case "object":
		return g.object(o, s, depth)
	default:
		return g.text(s)
	}
}

func deref(v *float64, otherwise float64) float64 {
	if v == nil {
		return otherwise
	}
	return *v
}

func (g *generator) integer(o operation, name string, s *openapi3.Schema) any {
	if ids := g.ids[collectionOf(o, name)]; len(ids) > 0 && g.chance(.9) {
		return pick(g, ids)
	}
	low := int64(deref(s.Min, -3))
	if s.Max != nil && g.chance(.1) {
		return int64(*s.Max)
	}
	if s.Max == nil && g.chance(.03) {
		return int64(1<<63 - 1)
	}
	n := low + g.rand.Int64N(50)
	if s.Max != nil {
		n = min(n, int64(*s.Max))
	}
	return n
}

func (g *generator) list(o operation, name string, s *openapi3.Schema, depth int) any {
	most := 3
	if depth > 3 {
		most = 1
	}
	if s.MaxItems != nil {
		most = min(most, int(*s.MaxItems))
	}
	n := max(int(s.MinItems), g.rand.IntN(most+1))
	list := []any{}
	for tries := 0; len(list) < n && tries < 20; tries++ {
		item := g.value(o, name, s.Items, depth+1)
		encoded := text1(item)
		if !s.UniqueItems || !slices.ContainsFunc(list, func(other any) bool { return text1(other) == encoded }) {
			list = append(list, item)
		}
	}
	return list
}

func (g *generator) object(o operation, s *openapi3.Schema, depth int) any {
	object := map[string]any{}
	names := slices.Sorted(maps.Keys(s.Properties))
	given := .35
	if depth > 2 {
		given = .15
	}
	for _, name := range names {
		property := s.Properties[name]
		if (slices.Contains(s.Required, name) || g.chance(given)) && !property.Value.ReadOnly {
			object[name] = g.value(o, name, property, depth+1)
		}
	}
	if len(names) == 0 && s.AdditionalProperties.Schema != nil { // a map
		for len(object) < max(int(s.MinProps), g.rand.IntN(3)) {
			key := "q" + strconv.Itoa(g.rand.IntN(100))
			if s.PropertyNames != nil {
				key = g.text(s.PropertyNames.Value)
			}
			object[key] = g.value(o, "", s.AdditionalProperties.Schema, depth+1)
		}
	}
	return object
}

// alphabets are what texts are made of: three scripts, and what has broken programs before.
var alphabets = [][]rune{
	[]rune("abcdefghijklmnop qrstuvwxyzABCDEXYZ0123456789"), []rune("абвгдежзийклмнопрст уфхцчшщъыьэюяӘІҢҒҮҰҚӨҺәіңғүұқөһ"),
	[]rune("аoеpcxАОЕРСХ iI"), []rune("\"'\\<>&;=+-@%_#?/{}[]() \t\n\r|`~^"), []rune("😀é\u0301\u200b\u00a0\u202e\ufeff\u200c\u200d\u00ad\u2028\u0085\u0001中文"),
}

// text makes a string of a schema.
func (g *generator) text(s *openapi3.Schema) string {
	year := func() int {
		if g.chance(.05) {
			return 1 + g.rand.IntN(9999)
		}
		return 1990 + g.rand.IntN(40)
	}
	day := func() string { return fmt.Sprintf("%04d-%02d-%02d", year(), 1+g.rand.IntN(12), 1+g.rand.IntN(28)) }
	switch s.Format {
	case "date":
		return day()
	case "partial-date":
		return day()[:pick(g, []int{4, 7, 10})]
	case "date-time":
		return fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:%02d%s", 1990+g.rand.IntN(80), 1+g.rand.IntN(12), 1+g.rand.IntN(28),
			g.rand.IntN(24), g.rand.IntN(60), g.rand.IntN(60), pick(g, []string{"Z", "+05:00", "+06:00", "-03:30", ".25Z"}))
	case "time-zone":
		return pick(g, []string{"Asia/Almaty", "Europe/Berlin", "UTC", "America/St_Johns", "Asia/Qyzylorda"})
	case "uri":
		return pick(g, []string{"https", "http"}) + "://example" + strconv.Itoa(g.rand.IntN(1000)) + ".org/" + url.PathEscape(g.free(0, 20))
	}
	most := 40
	if s.MaxLength != nil {
		most = min(most, int(*s.MaxLength))
		if g.chance(.01) {
			most = int(*s.MaxLength)
		}
	}
	patterns := []string{s.Pattern}
	for _, ref := range s.AllOf {
		patterns = append(patterns, ref.Value.Pattern)
	}
	pattern := slices.MaxFunc(patterns, func(a, b string) int { return len(a) - len(b) })
	if pattern == "" {
		return g.free(int(s.MinLength), most)
	}
	for range 20 {
		made := g.matching(pattern)
		if pattern == input.Patterns["notblank"] { // anywhere in the text
			made = string(pick(g, alphabets[0][:16])) + g.free(0, most-1)
		}
		if n := utf8.RuneCountInString(made); n >= int(s.MinLength) && n <= most && !strings.Contains(made, "\x00") {
			return made
		}
	}
	return g.matching(pattern)
}

func (g *generator) matching(pattern string) string {
	if pattern == input.Patterns["notblank"] {
		return ""
	}
	if g.patterns[pattern] == nil {
		g.patterns[pattern] = rapid.StringMatching(pattern)
	}
	return g.patterns[pattern].Example(int(g.rand.Int32()))
}

// free makes a text of a length between two bounds.
func (g *generator) free(least, most int) string {
	n := least
	if most > least {
		n += g.rand.IntN(most - least + 1)
	}
	alphabet := alphabets[0]
	if g.chance(.5) {
		alphabet = pick(g, alphabets)
	}
	made := make([]rune, n)
	for i := range made {
		made[i] = pick(g, alphabet)
	}
	return string(made)
}

// follows returns why a request does not follow the document. Conditions between members are met by trying.
func (g *generator) follows(o operation, r generated) error {
	request := r.http("http://localhost")
	if len(r.target) > 8000 {
		return errors.New("the address is too long")
	}
	route, params, err := published().whole.router.FindRoute(request)
	if err != nil {
		return err
	}
	plainQuery(request)
	options := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, ExcludeRequestBody: true, SkipSettingDefaults: true}
	return errors.Join(
		openapi3filter.ValidateRequest(context.Background(), &openapi3filter.RequestValidationInput{Request: request, PathParams: params, Route: route, Options: options}),
		published().whole.schemas.request(route.Operation, request.Header, []byte(r.body)),
	)
}

func (r generated) http(base string) *http.Request {
	request, err := http.NewRequestWithContext(context.Background(), r.method, base+r.target, strings.NewReader(r.body))
	if err != nil {
		panic(err) // a path and a query that were escaped
	}
	request.Header = r.header.Clone()
	return request
}

func (g *generator) exchange(r generated) *httptest.ResponseRecorder {
	request := r.http(*generatedURL)
	request.Header.Set("Authorization", "Bearer "+g.key)
	recorder := httptest.NewRecorder()
	if g.handler != nil {
		request = request.WithContext(g.t.Context())
		request.RemoteAddr, request.RequestURI = "192.0.2.1:1234", r.target
		g.handler.ServeHTTP(recorder, request)
		return recorder
	}
	answer, err := g.client.Do(request)
	if err != nil {
		g.t.Fatalf("%s %s: %v", r.method, r.target, err)
	}
	defer answer.Body.Close()
	maps.Copy(recorder.Header(), answer.Header)
	recorder.WriteHeader(answer.StatusCode)
	if _, err := io.Copy(recorder, answer.Body); err != nil {
		g.t.Fatalf("%s %s: %v", r.method, r.target, err)
	}
	return recorder
}

// findings collects what a check reports instead of failing the test.
type findings struct {
	testing.TB

	list []string
}

func (*findings) Helper() {}

func (f *findings) Errorf(format string, args ...any) {
	f.list = append(f.list, fmt.Sprintf(format, args...))
}

// send sends a request and returns the status, and what is wrong with the answer.
func (g *generator) send(o operation, r generated) (status int, wrong string) {
	answer := g.exchange(r)
	found := &findings{TB: g.t}
	published().check(found, exchange{r.http(""), []byte(r.body), answer})
	switch {
	case answer.Code >= 500:
		found.Errorf("a server error: %s", answer.Body)
	case o.Responses.Status(answer.Code) == nil:
		found.Errorf("the document has no response %d: %.500s", answer.Code, answer.Body)
	case slices.Contains([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusRequestEntityTooLarge,
		http.StatusRequestURITooLong, http.StatusUnsupportedMediaType, http.StatusPreconditionRequired, http.StatusTooManyRequests}, answer.Code):
		found.Errorf("rejected for its form: %.500s", answer.Body)
	case answer.Code == http.StatusBadRequest || answer.Code == http.StatusUnprocessableEntity:
		g.judge(o, answer, found)
	}
	if location := answer.Header().Get("Location"); answer.Code == http.StatusCreated {
		parts := strings.Split(strings.TrimPrefix(location, "/v1/"), "/")
		if id, err := strconv.ParseInt(parts[len(parts)-1], 10, 64); err == nil && len(parts) == 2 {
			g.ids[parts[0]] = append(g.ids[parts[0]], id)
		}
	}
	return answer.Code, strings.Join(found.list, "\n")
}

// judge finds errors that the schema should have excluded.
func (g *generator) judge(o operation, answer *httptest.ResponseRecorder, found *findings) {
	body, err := plain(answer)
	if err != nil {
		found.Errorf("%v", err)
	}
	var p Problem
	if err := json.Unmarshal(body, &p); err != nil {
		found.Errorf("%v", err)
	}
	if len(p.Errors) == 0 && aboutData[p.Code] == "" {
		found.Errorf("rejected with %s: %s", p.Code, p.Detail)
	}
	for _, e := range p.Errors {
		inPatch := o.method == http.MethodPatch && slices.Contains([]string{"one_attendee", "attendee_needed", "required", "empty_text"}, e.Code) // of the stored members
		unrequested := (aggregated(o.path) != nil || o.path == "/v1/stats/matrix") && e.Code == "bad_sort"                                        // by a metric that is not requested
		if aboutData[e.Code] == "" && !aboutDataAt.MatchString(e.Code+" "+e.Pointer+e.Parameter) && !inPatch && !unrequested {
			found.Errorf("rejected for its form: %s%s %s: %s", e.Pointer, e.Parameter, e.Code, e.Message)
		}
	}
}
