package api

import (
	"net/http"
	"strings"
	"testing"
)

func TestTheRootListsWhatTheServiceOffers(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	answer := r.do(t, http.MethodGet, "/", nil).want(t, http.StatusOK)
	if got := answer.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type %q", got)
	}
	links := answer.object(t)["links"].([]any)
	groups := map[string]int{}
	for _, l := range links {
		link := l.(map[string]any)
		groups[link["group"].(string)]++
		found := r.do(t, http.MethodGet, link["href"].(string), nil).want(t, http.StatusOK)
		if got, _, _ := strings.Cut(found.Header().Get("Content-Type"), ";"); got != link["type"] {
			t.Errorf("%s is %s, the index says %s", link["href"], got, link["type"])
		}
	}
	for _, g := range indexGroups {
		if groups[g] == 0 {
			t.Errorf("nothing is in the group %s", g)
		}
		delete(groups, g)
	}
	if len(groups) > 0 {
		t.Errorf("the page about the data has no heading for %v", groups)
	}
}

func TestTheRootIsAPageForBrowsers(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	page := r.do(t, http.MethodGet, "/", nil, "Accept", browser).want(t, http.StatusOK)
	if got := page.Header().Get("Content-Type"); !strings.HasPrefix(got, "text/html") || !strings.Contains(page.Header().Get("Vary"), "Accept") {
		t.Errorf("Content-Type %q, Vary %q", got, page.Header().Get("Vary"))
	}
	head := r.do(t, http.MethodHead, "/", nil, "Accept", browser).want(t, http.StatusOK)
	if got := head.Header().Get("Content-Type"); !strings.HasPrefix(got, "text/html") {
		t.Errorf("HEAD: Content-Type %q", got)
	}
	if got := r.do(t, http.MethodHead, "/", nil).want(t, http.StatusOK).Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("HEAD without Accept: Content-Type %q", got)
	}
}

func TestTheLinksOfTheRootBeginWithThePublicAddress(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.PublicBaseURL = "https://registry.example.org" })
	for _, l := range r.do(t, http.MethodGet, "/", nil).object(t)["links"].([]any) {
		if href := l.(map[string]any)["href"].(string); !strings.HasPrefix(href, "https://registry.example.org/") {
			t.Errorf("%s", href)
		}
	}
}
