package api

import (
	"net/http"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
)

const listedOrigin, unlistedOrigin = "https://dashboard.example.org", "https://elsewhere.example.org"

func corsRig(t *testing.T) *rig {
	return newRig(t, func(c *Config) {
		c.CORSOrigins = []string{listedOrigin}
		c.PublicBaseURL = "https://registry.example.org"
	})
}

func TestPagesOfAnyOriginMayReadAndSeeTheHeadersTheyNeed(t *testing.T) {
	t.Parallel()
	r := corsRig(t)
	for _, origin := range []string{listedOrigin, unlistedOrigin, "null", ""} {
		for _, path := range []string{"/v1/topics", "/v1/nothing"} {
			h := r.do(t, http.MethodGet, path, nil, "Origin", origin).Header()
			if got := h.Get("Access-Control-Allow-Origin"); got != "*" {
				t.Errorf("%s from %q: Access-Control-Allow-Origin %q", path, origin, got)
			}
			if h.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s from %q: credentials are allowed", path, origin)
			}
			for _, name := range []string{"ETag", "Link", "Location", "Retry-After", "RateLimit", "RateLimit-Policy", "X-Request-Id", "X-Change-Cursor", "X-Dry-Run"} {
				if !strings.Contains(h.Get("Access-Control-Expose-Headers"), name) {
					t.Errorf("%s from %q: %s is not exposed", path, origin, name)
				}
			}
		}
	}
}

func TestPagesOfAnyOriginMaySendAPostThatOnlyReads(t *testing.T) {
	t.Parallel()
	r := corsRig(t)
	reads := 0
	for _, route := range Routes() {
		if !route.onlyReads() {
			continue
		}
		reads++
		h := r.do(t, http.MethodOptions, route.Path, nil, "Origin", unlistedOrigin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type").
			want(t, http.StatusNoContent).Header()
		if h.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(h.Get("Access-Control-Allow-Methods"), "POST") || !strings.Contains(h.Get("Access-Control-Allow-Headers"), "Content-Type") {
			t.Errorf("%s: %v", route.Path, h)
		}
	}
	if reads < 3 {
		t.Errorf("%d routes only read", reads)
	}
	answer := r.do(t, http.MethodPost, "/v1/people/match", `{"queries":[{"name":"A"}]}`, "Content-Type", jsonBody, "Origin", unlistedOrigin, "Sec-Fetch-Site", "cross-site").
		want(t, http.StatusOK)
	if answer.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("%v", answer.Header())
	}
}

func TestAPreflightAllowsWritingAndKeysOnlyToListedOrigins(t *testing.T) {
	t.Parallel()
	r := corsRig(t)
	for origin, want := range map[string]struct{ origin, methods, header string }{
		listedOrigin:   {listedOrigin, "GET, HEAD, POST, PUT, PATCH, DELETE", "Authorization"},
		unlistedOrigin: {"*", "GET, HEAD", ""},
		"null":         {"*", "GET, HEAD", ""},
	} {
		h := r.do(t, http.MethodOptions, "/v1/topics", nil, "Origin", origin, "Access-Control-Request-Method", "PATCH", "Access-Control-Request-Headers", "authorization").
			want(t, http.StatusNoContent).Header()
		if h.Get("Access-Control-Allow-Origin") != want.origin || h.Get("Access-Control-Allow-Methods") != want.methods {
			t.Errorf("%s: %v", origin, h)
		}
		if got := strings.Contains(h.Get("Access-Control-Allow-Headers"), "Authorization"); got != (want.header != "") {
			t.Errorf("%s: Access-Control-Allow-Headers %q", origin, h.Get("Access-Control-Allow-Headers"))
		}
		if !strings.Contains(strings.Join(h.Values("Vary"), ","), "Origin") {
			t.Errorf("%s: the preflight does not vary by Origin: %v", origin, h)
		}
	}
}

func TestAWriteFromAPageNeedsAListedOrigin(t *testing.T) {
	t.Parallel()
	r := corsRig(t)
	key, _ := r.key(t, actor.Write)
	post := func(label string, headers ...string) reply {
		return r.do(t, http.MethodPost, "/v1/topics", `{"label":{"en":"`+label+`"}}`, append(headers, "Content-Type", jsonBody, "Authorization", "Bearer "+key)...)
	}
	h := post("From a listed page", "Origin", listedOrigin, "Sec-Fetch-Site", "cross-site").want(t, http.StatusCreated).Header()
	if h.Get("Access-Control-Allow-Origin") != listedOrigin {
		t.Errorf("the listed page cannot read the answer: %v", h)
	}
	post("From our own page", "Origin", "https://registry.example.org", "Sec-Fetch-Site", "same-origin").want(t, http.StatusCreated)
	post("From our own page in an old browser", "Origin", "https://registry.example.org").want(t, http.StatusCreated)
	post("From a program").want(t, http.StatusCreated)
	before := r.changeCount(t)
	for _, headers := range [][]string{
		{"Origin", unlistedOrigin, "Sec-Fetch-Site", "cross-site"}, {"Origin", unlistedOrigin}, {"Origin", "null"}, {"Sec-Fetch-Site", "same-site"},
	} {
		post("From elsewhere", headers...).wantProblem(t, http.StatusForbidden, "cross_origin")
	}
	if after := r.changeCount(t); after != before {
		t.Errorf("%d changes were written", after-before)
	}
}
