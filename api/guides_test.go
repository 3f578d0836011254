package api

import (
	"net/http"
	"os"
	gopath "path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"roundtables.kz/registry/api/docs"
	"roundtables.kz/registry/api/site"
)

func TestEveryGuideIsAPageThatIsLinkedFromTheIndexOfGuides(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	index := r.do(t, http.MethodGet, "/docs/guides/", nil).want(t, http.StatusOK).Body.String()
	files, err := filepath.Glob("../openapi/guides/*.md")
	if err != nil || len(files) < 7 {
		t.Fatalf("%d guides, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".md")
		if !strings.Contains(index, `<dt><a href="`+name+`">`) {
			t.Errorf("the index of guides lacks %s: add it to guideNames", name)
		}
		page := r.do(t, http.MethodGet, "/docs/guides/"+name, nil).want(t, http.StatusOK)
		if got := page.Header().Get("Content-Type"); got != "text/html; charset=utf-8" {
			t.Errorf("%s: Content-Type %q", name, got)
		}
		text := page.Body.String()
		for _, want := range []string{`<h1 `, `aria-current="page"`, `class="anchor"`, `href="../../docs/"`} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the page lacks %s", name, want)
			}
		}
		if strings.Contains(text, "raw HTML omitted") {
			t.Errorf("%s: raw HTML is dropped: write Markdown", name)
		}
	}
	if got := r.do(t, http.MethodGet, "/docs/guides", nil).want(t, http.StatusMovedPermanently).Header().Get("Location"); got != "/docs/guides/" {
		t.Errorf("/docs/guides redirects to %q", got)
	}
	r.do(t, http.MethodGet, "/docs/guides/none", nil).wantProblem(t, http.StatusNotFound, "no_such_path")
	r.do(t, http.MethodGet, "/docs/guides/reading.md", nil).wantProblem(t, http.StatusNotFound, "no_such_path")
}

func TestPagesWorkUnderThePolicyOfTheDocumentation(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for _, at := range pagesOf(t, r) {
		page := r.do(t, http.MethodGet, at, nil, "Accept", "text/html").want(t, http.StatusOK)
		policy := docs.Policy
		if at == "/" {
			policy = site.Policy("")
		}
		if got := page.Header().Get("Content-Security-Policy"); got != policy {
			t.Errorf("%s: Content-Security-Policy: %s", at, got)
		}
		for _, forbidden := range []string{"<script", "<style", " style=", " onclick="} {
			if strings.Contains(strings.Replace(page.Body.String(), `<script type="module" src="/site/site.js">`, "", 1), forbidden) {
				t.Errorf("%s contains %s", at, forbidden)
			}
		}
	}
}

var (
	linkTarget = regexp.MustCompile(`<(?:a|link)[^>]* href="([^"]*)"`)
	anchorID   = regexp.MustCompile(` id="([^"]*)"`)
)

var pageLanguage = regexp.MustCompile(`^/(?:kk|ru|en)(?:/|$)`)

// Links to other sites are not followed.
func TestEveryLinkOfThePagesLeadsSomewhere(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	checked := map[string]bool{}
	for _, at := range pagesOf(t, r) {
		page := r.do(t, http.MethodGet, at, nil, "Accept", "text/html").want(t, http.StatusOK).Body.String()
		for _, link := range linkTarget.FindAllStringSubmatch(page, -1) {
			if strings.Contains(link[1], "://") {
				continue
			}
			target, section, _ := strings.Cut(strings.ReplaceAll(link[1], "&amp;", "&"), "#")
			target, query, _ := strings.Cut(target, "?")
			to := at
			if target != "" {
				to = gopath.Join(gopath.Dir(at+"x"), target)
				if strings.HasSuffix(target, "/") && to != "/" {
					to += "/"
				}
			}
			if query != "" {
				to += "?" + query
			}
			page := pageLanguage.ReplaceAllString(to, "/") + "#" + section // the links of a page are the same in each language
			if checked[page] {
				continue
			}
			checked[page] = true
			found := r.do(t, http.MethodGet, to, nil, "Accept", "text/html, */*")
			if found.Code != http.StatusOK {
				t.Errorf("%s links to %s, which answers %d", at, link[1], found.Code)
			}
			if section != "" && !strings.Contains(found.Body.String(), ` id="`+section+`"`) {
				t.Errorf("%s links to %s, which has no such section", at, link[1])
			}
		}
	}
	if len(checked) < 40 {
		t.Errorf("only %d links were followed", len(checked))
	}
}

func TestTheSectionsOfAGuideHaveAnchorsOfTheirOwn(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for _, at := range pagesOf(t, r) {
		seen := map[string]bool{}
		for _, id := range anchorID.FindAllStringSubmatch(r.do(t, http.MethodGet, at, nil, "Accept", "text/html").Body.String(), -1) {
			if seen[id[1]] {
				t.Errorf("%s has two sections %s", at, id[1])
			}
			seen[id[1]] = true
		}
	}
}

// pagesOf gives the index, the index of guides and every guide.
func pagesOf(t *testing.T, r *rig) []string {
	t.Helper()
	g, err := r.server.guides()
	if err != nil {
		t.Fatal(err)
	}
	pages := []string{"/", "/docs/guides/"}
	for _, l := range g.links {
		pages = append(pages, "/docs/guides/"+l.Name)
	}
	return pages
}

func TestGuidesShowThePublicAddressOfTheService(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.PublicBaseURL = "https://registry.example.org" })
	page := r.do(t, http.MethodGet, "/docs/guides/reading", nil).want(t, http.StatusOK).Body.String()
	if strings.Contains(page, docs.ExampleAddress) || !strings.Contains(page, "https://registry.example.org/v1/") {
		t.Error("the page names the address of the examples, not the public one")
	}
}

func TestTheProgramsOfTheGuidesAreServedAsText(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for _, name := range []string{"mirror/mirror.py", "webhook/receiver.py"} {
		want, err := os.ReadFile("../openapi/examples/" + name)
		if err != nil {
			t.Fatal(err)
		}
		got := r.do(t, http.MethodGet, "/docs/examples/"+name, nil).want(t, http.StatusOK)
		if got.Body.String() != string(want) || got.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%s: %s, %d bytes, want %d", name, got.Header().Get("Content-Type"), got.Body.Len(), len(want))
		}
	}
	r.do(t, http.MethodGet, "/docs/examples/createTopic/full.json", nil).wantProblem(t, http.StatusNotFound, "no_such_path")
}
