package api

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/text"
	"roundtables.kz/registry/internal/topic"
)

// The tests of the OWASP API Security Top 10 (2023). They derive from the route table, so that a new route is covered without
// being named. The table in deployments/SECURITY.md says where the other tests of each section are.

// accepts are the media types that a client may ask for; "" is none.
var accepts = []string{"", "application/json", "application/ld+json", "text/html", "text/csv", "application/problem+json"}

// API1, API3: no response in any format shows a caller what its scopes do not include.
func TestNoFormatShowsWhatTheScopesOfACallerDoNotInclude(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	for _, scopes := range append([][]actor.Scope{nil}, oneByOne(actor.Scopes)...) {
		who := actor.Actor{Scopes: scopes}
		c := m.as(t, scopes...)
		for _, route := range Routes() {
			if route.Method != http.MethodGet || !who.Can(route.Scope) || route.Path == streamPath {
				continue
			}
			for _, s := range []state{shown, hidden} {
				path, accepts := m.path(t, route, s), accepts
				for i, target := range variants(route, path) {
					if i > 0 {
						accepts = accepts[:1] // all of them at the plain address only
					}
					for _, accept := range accepts {
						body := strings.ToLower(c.do(t, http.MethodGet, target, nil, append([]string{"Accept", accept}, c.headers...)...).Body.String())
						sees := map[string]bool{
							draftCanary: who.Can(actor.Read), restrictedCanary: who.Can(actor.Read), notesCanary: who.Can(actor.Read),
							contactCanary: who.Can(actor.PII) && strings.Contains(path, "/contacts"),
						}
						for canary, visible := range sees {
							if route.Path != disclosurePath && !visible && strings.Contains(body, strings.ToLower(canary)) {
								t.Errorf("%v: GET %s as %q shows %s", scopes, target, accept, canary)
							}
						}
					}
				}
			}
		}
	}
}

// variants returns the addresses of a route with the parameters that add to a response.
func variants(r Route, path string) []string {
	list := []string{path}
	switch {
	case strings.Contains(r.Path, ":format"):
		for _, format := range []string{"csv", "ndjson"} {
			list = append(list, path[:strings.LastIndex(path, ".")+1]+format+"?lang=en")
		}
	case r.Path == "/v1/changes":
		list = append(list, path+"?include_data=true&limit=500")
	case strings.Count(r.Path, "/") == 2:
		list = append(list, path+"?lang=en&count=exact&limit=500")
	}
	for _, resource := range Resources() {
		for _, o := range resource.Operations {
			if o.Path != r.Path || o.Method != r.Method || o.Query == nil {
				continue
			}
			if f, ok := o.Query.FieldByName("Include"); ok {
				list = append(list, path+"?include="+f.Tag.Get("enums"))
			}
		}
	}
	return list
}

func oneByOne(scopes []actor.Scope) (lists [][]actor.Scope) {
	for _, s := range scopes {
		lists = append(lists, []actor.Scope{s})
	}
	return lists
}

// API3: a client cannot set what only the registry writes.
func TestNoBodySetsWhatOnlyTheRegistryWrites(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	c := m.as(t, actor.Scopes...)
	tested := 0
	for _, resource := range append(Resources(), OtherResources()...) {
		own := membersOf(resource.Record)
		written := membersOf(resource.Input)
		for _, o := range resource.Operations {
			if o.Feature != Create && o.Feature != Patch {
				continue
			}
			for _, name := range own {
				if slices.Contains(written, name) {
					continue
				}
				tested++
				path := m.path(t, o.Route, shown)
				headers := append([]string{"Content-Type", jsonBody, "If-Match", "*"}, c.headers...)
				got := c.do(t, o.Method, path, fmt.Sprintf(`{%q:null}`, name), headers...)
				p := got.wantProblem(t, http.StatusUnprocessableEntity, "validation_failed")
				if !slices.ContainsFunc(p.Errors, func(e ProblemError) bool {
					return e.Pointer == "/"+name && strings.HasPrefix(e.Code, "unknown_field")
				}) {
					t.Errorf("%s %s accepts %s: %v", o.Method, path, name, p.Errors)
				}
			}
		}
	}
	if tested < 100 {
		t.Errorf("only %d members were tried", tested)
	}
}

// membersOf lists the members of a struct in JSON.
func membersOf(of reflect.Type) (names []string) {
	for _, f := range reflect.VisibleFields(of) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); !f.Anonymous && name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// API4: no parameter asks for more than a page.
func TestNoPageIsLargerThanTheLimit(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for n := range 501 {
		fixture.Topic(t, r.pool, func(in *topic.Input) { in.Label = text.Map{"en": fmt.Sprint("Topic ", n)} })
	}
	for _, limit := range []string{"500", "501", "1000000000", "9223372036854775807"} {
		if page := pageOf(t, r.as(t).get(t, "/v1/topics?limit="+limit).want(t, http.StatusOK)); len(page.Data) != 500 {
			t.Errorf("limit=%s: %d records", limit, len(page.Data))
		}
	}
	for _, limit := range []string{"0", "-1", "1e9", "9223372036854775808", "all"} {
		r.as(t).get(t, "/v1/topics?limit="+limit).wantProblem(t, http.StatusBadRequest, "bad_parameters")
	}
}

// API4: a body that is too large or too deep is rejected on every route that reads one.
func TestNoRouteReadsABodyBeyondItsLimits(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	token, _ := m.key(t, actor.Scopes...)
	deep := `{"label":` + strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_001)
	for _, route := range Routes() {
		if route.Method != http.MethodPost && route.Method != http.MethodPatch || takesNoBody(route) {
			continue
		}
		for name, body := range map[string]string{"large": `{"label":"` + strings.Repeat("x", maxFile) + `"}`, "deep": deep} {
			request := httptest.NewRequest(route.Method, m.path(t, route, shown), strings.NewReader(body))
			for header, value := range map[string]string{"Authorization": "Bearer " + token, "Content-Type": jsonBody, "If-Match": "*"} {
				request.Header.Set(header, value)
			}
			got := httptest.NewRecorder()
			m.handler.ServeHTTP(got, request)
			if got.Code < 400 && !ignoresBody(route) || got.Code >= 500 || got.Body.Len() > 64<<10 {
				t.Errorf("%s %s with a %s body: status %d, %d bytes", route.Method, route.Path, name, got.Code, got.Body.Len())
			}
		}
	}
}

// ignoresBody reports whether an action succeeds without reading the body.
func ignoresBody(r Route) bool {
	return strings.HasSuffix(r.Path, "/publish") || strings.HasSuffix(r.Path, "/withdraw") || strings.HasSuffix(r.Path, "/erase")
}

// API5: a header or a parameter does not change the method of a request.
func TestNoHeaderChangesTheMethod(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	c := m.as(t, actor.Scopes...)
	before := m.changeCount(t)
	for _, header := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
		for _, route := range Routes() {
			if route.Method == http.MethodDelete || route.Method == http.MethodPatch {
				path := m.path(t, route, shown)
				c.do(t, http.MethodGet, path, nil, append([]string{header, route.Method, "If-Match", "*"}, c.headers...)...)
				m.do(t, http.MethodPost, path, `{}`, "Content-Type", jsonBody, header, route.Method, "If-Match", "*")
			}
		}
	}
	if after := m.changeCount(t); after != before {
		t.Errorf("%d changes were written", after-before)
	}
}

// API8: every response has the security headers, also errors, and no page may be framed or sniffed.
func TestEveryResponseHasTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	targets := []string{"/no/such/path", "/v1/topics?unknown=1", "/v1/topics/0"}
	for _, route := range append(Routes(), append(Operations(), Documentation()...)...) {
		if route.Method == http.MethodGet && route.Path != streamPath {
			targets = append(targets, strings.NewReplacer(":code", "internal", "*", "").Replace(m.path(t, route, shown)))
		}
	}
	token, _ := m.key(t, actor.Scopes...)
	for _, target := range targets {
		for _, accept := range []string{"", "text/html"} {
			request := httptest.NewRequest(http.MethodGet, target, nil)
			request.Header.Set("Accept", accept)
			request.Header.Set("Authorization", "Bearer "+token)
			got := httptest.NewRecorder()
			m.handler.ServeHTTP(got, request)
			policy := got.Header().Get("Content-Security-Policy")
			if got.Header().Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(policy, "default-src 'none'") && !strings.Contains(policy, "default-src 'self'") ||
				!strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe-eval") || got.Header().Get("Referrer-Policy") == "" {
				t.Errorf("GET %s (%s): status %d, headers %v", target, accept, got.Code, got.Header())
			}
			if strings.Contains(got.Header().Get("Content-Type"), "text/html") && strings.Contains(policy, "script-src 'unsafe-inline'") {
				t.Errorf("GET %s: a page may run inline scripts: %s", target, policy)
			}
		}
	}
}

// API8: without trusted proxies, forwarding headers change neither quotas nor links.
func TestForwardingHeadersOfStrangersAreIgnored(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.RateAnonymous, c.PublicBaseURL = 3, "https://registry.example.org" })
	for n := range 5 {
		got := r.do(t, http.MethodGet, "/v1/topics?limit=1", nil, "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", n), "X-Real-IP", fmt.Sprintf("203.0.113.%d", n),
			"Forwarded", fmt.Sprintf("for=203.0.113.%d;host=evil.example", n), "X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "http")
		if n < 3 != (got.Code == http.StatusOK) || strings.Contains(got.Body.String()+fmt.Sprint(got.Header()), "evil.example") {
			t.Errorf("request %d: status %d: %s", n, got.Code, got.Body)
		}
	}
}

// API8: what a client sends cannot begin a line of the log of its own, and no key is written to it.
func TestNoRequestWritesLinesIntoTheLog(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	token, _ := r.key(t, actor.Write)
	r.log.take()
	forged := "\n{\"level\":\"ERROR\",\"msg\":\"forged\"}"
	r.do(t, http.MethodGet, "/v1/topics?q="+strings.ReplaceAll(strings.ReplaceAll(forged, "\n", "%0A"), `"`, "%22"), nil, "Authorization", "Bearer "+token, "X-Change-Reason", "forged")
	r.do(t, http.MethodGet, "/v1/topics/forged%0A", nil, "User-Agent", "forged", "Authorization", "Bearer rtr_forged")
	r.do(t, http.MethodPost, "/v1/topics", `{"label":{"en":"forged"}}`, "Content-Type", jsonBody, "Authorization", "Bearer "+token, "Idempotency-Key", "forged")
	for _, line := range r.log.take() {
		if strings.Contains(line, "forged") || strings.Contains(line, token) {
			t.Errorf("the log holds what a client sent: %s", line)
		}
	}
}

// hostile are texts that some reader of a format takes for more than text.
var hostile = []string{
	`=HYPERLINK("https://evil.example","x")`, "+1+1", "-1+1", "@SUM(A1)", "\t=1", "</script><script>alert(1)</script>", `"><img src=x onerror=alert(1)>`,
	"]]><x>", "&lt;b&gt;", "END:VEVENT\r\nBEGIN:VEVENT", "A;B,C\\n:D", "{{7*7}}", "\u202etxt.exe", "<!-- --><![CDATA[",
}

// API10: a text stays a text in every format in which it leaves the registry.
func TestHostileTextsStayTextsInEveryFormat(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for _, h := range hostile {
		id := fixture.Person(t, r.pool, func(in *person.Input) { in.Name = text.Map{"en": h}; in.Bio = text.Map{"en": h} })
		event := fixture.RoundTable(t, r.pool, func(in *roundtable.Input) {
			in.Title, in.Publication, in.Venue = text.Map{"en": h}, "published", text.Map{"en": h}
			in.Purpose = text.Map{"en": h}
		})
		fixture.Statement(t, r.pool, func(in *statement.Input) {
			in.RoundTableID, in.QuotedPersonID, in.Texts = event, &id, []statement.Text{{Lang: "en", Text: h, Original: true}}
		})
	}
	reader := r.as(t, actor.Read)
	for _, path := range []string{"/v1/exports/people.csv?bom=0", "/v1/exports/round-tables.csv?bom=0", "/v1/exports/statements.csv?bom=0"} {
		for line := range strings.Lines(reader.get(t, path).want(t, http.StatusOK).Body.String()) {
			for cell := range strings.SplitSeq(strings.TrimSpace(line), ",") {
				if cell = strings.Trim(cell, `"`); cell != "" && strings.ContainsAny(cell[:1], "=+@\t") {
					t.Errorf("%s has a formula: %s", path, line)
				}
			}
		}
	}
	calendar := r.as(t).get(t, "/v1/calendar.ics").want(t, http.StatusOK).Body.String()
	if events := strings.Count(calendar, "\r\nBEGIN:VEVENT\r\n"); events != len(hostile) || strings.Count(calendar, "\r\nEND:VEVENT\r\n") != len(hostile) {
		t.Errorf("the calendar has %d events", events)
	}
	for _, path := range []string{"/v1/feed.atom", "/v1/round-tables/1", "/v1/people/1", "/v1/exports/popolo.json"} {
		for _, accept := range []string{"", "application/ld+json", "text/html, */*"} {
			got := reader.do(t, http.MethodGet, path, nil, append([]string{"Accept", accept}, reader.headers...)...)
			if got.Code != http.StatusOK && (accept != "application/ld+json" || got.Code != http.StatusNotAcceptable) {
				t.Errorf("GET %s as %q: status %d", path, accept, got.Code)
			}
			body := got.Body.String()
			if strings.HasSuffix(path, ".atom") && (strings.Contains(body, "<script>") || strings.Contains(body, "<img")) {
				t.Errorf("GET %s has markup of a text: %s", path, body)
			}
			if strings.Contains(got.Header().Get("Content-Type"), "html") {
				t.Errorf("GET %s is a page for a browser: %s", path, got.Header().Get("Content-Type"))
			}
		}
	}
}
