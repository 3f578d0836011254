package api

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/fixture"
)

func TestTheManifestIsWhatTheProtocolAsksForWithLinksOfThePublicAddress(t *testing.T) {
	t.Parallel()
	const base = "https://registry.example.org"
	r := newRig(t, func(c *Config) { c.PublicBaseURL = base })
	someone := fixture.Person(t, r.pool)
	answer := r.do(t, "GET", reconcilePath, nil, "Origin", "https://openrefine.example.org", "Host", "evil.example.org").want(t, 200)
	if got := answer.Header().Get("Access-Control-Allow-Origin"); got != "*" {
		t.Errorf("Access-Control-Allow-Origin %q", got)
	}
	var m ReconcileService
	decodeReply(t, answer, &m)
	if !slices.Equal(m.Versions, []string{"0.2"}) || m.Name == "" || m.IdentifierSpace != base+"/v1/" || !strings.HasPrefix(m.SchemaSpace, "https://") || m.BatchSize != 100 {
		t.Errorf("%+v", m)
	}
	if strings.Count(m.View.URL, "{{id}}") != 1 || len(m.DefaultTypes) != 2 || m.DefaultTypes[0] == m.DefaultTypes[1] {
		t.Errorf("%+v", m)
	}
	if strings.Contains(answer.Body.String(), "evil") {
		t.Errorf("links are made from Host: %s", answer.Body)
	}
	// A client puts the id into the address as a component.
	for _, id := range []string{fmt.Sprint("people/", someone), fmt.Sprint("people%2F", someone), fmt.Sprint("people%2f", someone)} {
		at := strings.TrimPrefix(strings.Replace(m.View.URL, "{{id}}", id, 1), base)
		plain, err := url.PathUnescape(at)
		if err != nil {
			t.Fatal(err)
		}
		shown := r.doRaw(t, at, plain)
		if shown.Code != 200 || !strings.Contains(shown.Body.String(), fmt.Sprintf(`"id":%d`, someone)) {
			t.Errorf("%s: status %d: %s", at, shown.Code, shown.Body)
		}
	}
	for _, s := range []ReconcileSuggester{m.Suggest.Entity, m.Suggest.Property, m.Suggest.Type} {
		at := strings.TrimPrefix(s.ServiceURL+s.ServicePath, base)
		if s.ServiceURL != base || !strings.HasPrefix(at, "/v1/") {
			t.Errorf("%+v", s)
		}
		r.do(t, "GET", at+"?prefix=", nil).want(t, 200)
	}
	r.do(t, "GET", reconcilePath+"?callback=jsonp", nil).wantProblem(t, 400, "bad_parameters", "callback unknown_parameter")
}

func TestTheManifestOfARegistryOnOneMachineNamesThatMachine(t *testing.T) {
	t.Parallel()
	for base, set := range map[string]func(*Config){
		"http://localhost:8080":        func(c *Config) { c.OwnURL = "http://localhost:8080" },
		"https://registry.example.org": func(c *Config) { c.PublicBaseURL, c.OwnURL = "https://registry.example.org", "http://localhost:8080" },
		"":                             nil,
	} {
		r := newRig(t, set)
		var m ReconcileService
		decodeReply(t, r.do(t, "GET", reconcilePath, nil).want(t, 200), &m)
		if m.View.URL != base+"/v1/{{id}}" || m.Suggest.Entity.ServiceURL != base {
			t.Errorf("%q: %+v", base, m)
		}
	}
}
