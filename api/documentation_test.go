package api

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"roundtables.kz/registry/api/docs"
)

func TestTheDocumentIsServedInThreeNotations(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for path, member := range map[string][2]string{
		"/openapi.json": {"openapi", "3.1.0"}, "/openapi-3.0.json": {"openapi", "3.0.3"}, "/swagger.json": {"swagger", "2.0"},
	} {
		answer := r.do(t, http.MethodGet, path, nil).want(t, http.StatusOK)
		var doc map[string]any
		if err := json.Unmarshal(answer.Body.Bytes(), &doc); err != nil || doc[member[0]] != member[1] {
			t.Errorf("%s: %s is %v, want %s (%v)", path, member[0], doc[member[0]], member[1], err)
		}
		if got := answer.Header().Get("Access-Control-Allow-Origin"); got != "*" {
			t.Errorf("%s: any page may read it, but Access-Control-Allow-Origin is %q", path, got)
		}
	}
}

func TestAFileThatTheBrowserHasIsNotSentAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for _, path := range []string{"/openapi.json", "/docs/", "/docs/swagger-ui-bundle.js"} {
		tag := r.do(t, http.MethodGet, path, nil, "Accept-Encoding", "gzip").want(t, http.StatusOK).Header().Get("ETag")
		if tag == "" {
			t.Fatalf("%s has no ETag", path)
		}
		again := r.do(t, http.MethodGet, path, nil, "Accept-Encoding", "gzip", "If-None-Match", tag).want(t, http.StatusNotModified)
		if again.Body.Len() > 0 || again.Header().Get("ETag") != tag {
			t.Errorf("%s: 304 of %s with the tag %s and the body %q", path, tag, again.Header().Get("ETag"), again.Body)
		}
		r.do(t, http.MethodGet, path, nil, "If-None-Match", `"other"`).want(t, http.StatusOK)
	}
}

func TestFilesAreSentAsTheyAreStoredAndPlainToClientsWithoutGzip(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for _, path := range []string{"/openapi.json", "/docs/", "/docs/swagger-ui.css", "/docs/guides/reading"} {
		plain := r.do(t, http.MethodGet, path, nil).want(t, http.StatusOK)
		if got := plain.Header().Get("Content-Encoding"); got != "" {
			t.Errorf("%s: Content-Encoding %q for a client without gzip", path, got)
		}
		refused := r.do(t, http.MethodGet, path, nil, "Accept-Encoding", "gzip;q=0").want(t, http.StatusOK)
		if !bytes.Equal(refused.Body.Bytes(), plain.Body.Bytes()) {
			t.Errorf("%s: a client that refuses gzip receives something else", path)
		}
		small := r.do(t, http.MethodGet, path, nil, "Accept-Encoding", "gzip").want(t, http.StatusOK)
		z, err := gzip.NewReader(small.Body)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		content, err := io.ReadAll(z)
		if err != nil || !bytes.Equal(content, plain.Body.Bytes()) {
			t.Errorf("%s: decompressed it is something else (%v)", path, err)
		}
		if small.Header().Get("ETag") == plain.Header().Get("ETag") {
			t.Errorf("%s: both forms have the ETag %s", path, plain.Header().Get("ETag"))
		}
		head := r.do(t, http.MethodHead, path, nil).want(t, http.StatusOK)
		if got := head.Header(); got.Get("ETag") != plain.Header().Get("ETag") || got.Get("Content-Type") != plain.Header().Get("Content-Type") ||
			got.Get("Content-Length") != strconv.Itoa(plain.Body.Len()) || head.Body.Len() > 0 {
			t.Errorf("%s: HEAD answers %v and %d bytes", path, got, head.Body.Len())
		}
		for _, answer := range []reply{plain, small, head} {
			if got := strings.Join(answer.Header().Values("Vary"), ","); !strings.Contains(got, "Accept-Encoding") {
				t.Errorf("%s: Vary %q", answer.request, got)
			}
		}
	}
}

func TestTheLicenceOfTheDocumentIsThatOfTheData(t *testing.T) {
	t.Parallel()
	if l := published().doc.Info.License; l.URL != License || l.Name != "CC BY 4.0" {
		t.Errorf("the document says %s, %s", l.Name, l.URL)
	}
}

var loaded = regexp.MustCompile(`(?:src|href)="([^"]*)"`)

func TestThePageOfTheDocumentationNeedsNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	if got := r.do(t, http.MethodGet, "/docs", nil).want(t, http.StatusMovedPermanently).Header().Get("Location"); got != "/docs/" {
		t.Errorf("/docs leads to %q", got)
	}
	page := r.do(t, http.MethodGet, "/docs/", nil).want(t, http.StatusOK)
	if got := page.Header().Get("Content-Security-Policy"); got != docs.Policy || !strings.Contains(got, "default-src 'none'") || strings.Contains(got, "unsafe") {
		t.Errorf("Content-Security-Policy: %s", got)
	}
	if bytes.Contains(page.Body.Bytes(), []byte("<style")) || bytes.Contains(page.Body.Bytes(), []byte("<script>")) {
		t.Error("the page has something inline, which its policy forbids")
	}
	for _, m := range loaded.FindAllStringSubmatch(page.Body.String(), -1) {
		if strings.Contains(m[1], "//") {
			t.Errorf("the page loads %s", m[1])
		}
		path := "/docs/" + m[1]
		if rest, ok := strings.CutPrefix(m[1], ".."); ok {
			path = rest
		}
		r.do(t, http.MethodGet, path, nil).want(t, http.StatusOK)
	}
	r.do(t, http.MethodGet, "/docs/none.js", nil).wantProblem(t, http.StatusNotFound, "no_such_path")
	r.do(t, http.MethodGet, "/docs/../api.go", nil).want(t, http.StatusNotFound)
}

func TestTheDocumentationIsServedInThreeLanguages(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	tags := map[string]bool{}
	for lang, word := range map[string]string{"en": "Create a whole event", "ru": "Добавить мероприятие целиком", "kk": "Іс-шараны тұтас қосу"} {
		for _, path := range []string{"/openapi.json", "/openapi-3.0.json", "/swagger.json"} {
			answer := r.do(t, http.MethodGet, path+"?lang="+strings.ToUpper(lang)+"-KZ", nil).want(t, http.StatusOK)
			if !strings.Contains(answer.Body.String(), word) || !json.Valid(answer.Body.Bytes()) {
				t.Errorf("%s in %s lacks %q", path, lang, word)
			}
			if tag := answer.Header().Get("ETag"); tags[tag] {
				t.Errorf("%s in %s has the ETag of another one", path, lang)
			} else {
				tags[tag] = true
			}
		}
		page := r.do(t, http.MethodGet, "/docs/?lang="+lang, nil).want(t, http.StatusOK).Body.String()
		if !strings.Contains(page, `<html lang="`+lang+`">`) || strings.Contains(page, "{{") {
			t.Errorf("the page in %s: %s", lang, page)
		}
	}
	if page := r.do(t, http.MethodGet, "/docs/", nil, "Accept-Language", "kk-KZ,ru;q=0.8").want(t, http.StatusOK); !strings.Contains(page.Body.String(), `<html lang="kk">`) {
		t.Errorf("for a browser in Kazakh: %s", page.Body)
	}
	if to := r.do(t, http.MethodGet, "/docs?lang=ru", nil).want(t, http.StatusMovedPermanently).Header().Get("Location"); to != "/docs/?lang=ru" {
		t.Errorf("/docs?lang=ru leads to %s", to)
	}
	if plain := r.do(t, http.MethodGet, "/openapi.json", nil, "Accept-Language", "ru").want(t, http.StatusOK); !strings.Contains(plain.Body.String(), "Create a whole event") {
		t.Error("the document is not English by default")
	}
	r.do(t, http.MethodGet, "/openapi.json?lang=de", nil).wantProblem(t, http.StatusBadRequest, "bad_parameters", "lang not_allowed")
}
