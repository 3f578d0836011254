package site

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/text"
)

// view is one request of a page.
type view struct {
	site  *Site
	ctx   context.Context
	lang  string
	path  string // below the language
	query url.Values

	incomplete bool // see Page
}

// failure is an answer of the API that is not the wanted one.
type failure struct {
	status   int
	detail   string // for people, in the language of the page
	location string // the page to go to
}

func (f *failure) Error() string { return fmt.Sprintf("status %d: %s", f.status, f.detail) }

// get reads a resource of the API. A status other than 200 is a *failure; a merged record leads to the page of the other one.
func get[T any](v *view, target string) (answer T, err error) {
	got := v.site.config.Get(v.ctx, target, v.lang)
	switch {
	case got.Status == http.StatusPermanentRedirect && got.Location != "":
		at := got.Location
		if _, path, found := strings.Cut(at, "/v1/"); found {
			at = v.site.href(v.lang, path, nil)
		}
		return answer, &failure{status: got.Status, location: at}
	case got.Status != http.StatusOK:
		var problem struct{ Title, Detail string }
		_ = json.Unmarshal(got.Body, &problem) // without it, the status has a text of its own
		return answer, &failure{status: got.Status, detail: strings.TrimSpace(problem.Detail)}
	}
	if err := json.Unmarshal(got.Body, &answer); err != nil {
		return answer, fmt.Errorf("read %s: %w", target, err)
	}
	return answer, nil
}

// list is a page of a list of the API.
type list[T any] struct {
	Data []T `json:"data"`
	Page struct {
		Next *string `json:"next_cursor"`
	} `json:"page"`
	Meta struct {
		Total  *int64 `json:"total"`
		Facets map[string]struct {
			Other, Missing, Imprecise int64
		} `json:"facets"`
	} `json:"meta"`
	Facets map[string][]facetValue `json:"facets"`
}

type facetValue struct {
	Key      string   `json:"key"`
	Label    text.Map `json:"label"`
	Count    int64    `json:"count"`
	Selected bool     `json:"selected"`
}

// at returns an address of the API with the filters of the page, and with further parameters: pairs of name and value.
func (v *view) at(path string, filters bool, parameters ...string) string {
	query := url.Values{}
	if filters {
		for name, values := range v.query {
			if joined := strings.Join(values, ","); joined != "" {
				query.Set(name, joined)
			}
		}
	}
	return address(path, query, parameters...)
}

// set sets parameters, pairs of name and value. An empty value removes one.
func set(query url.Values, parameters []string) {
	for i := 0; i < len(parameters); i += 2 {
		if query.Set(parameters[i], parameters[i+1]); parameters[i+1] == "" {
			query.Del(parameters[i])
		}
	}
}

func address(path string, query url.Values, parameters ...string) string {
	set(query, parameters)
	// Commas separate values; escaped they are hard to read.
	if encoded := strings.ReplaceAll(query.Encode(), "%2C", ","); encoded != "" {
		return path + "?" + encoded
	}
	return path
}

// with returns the address of this page with changed parameters; an empty value removes one. It begins at the first page.
func (v *view) with(parameters ...string) string {
	query := url.Values{}
	for name, values := range v.query {
		if name != "cursor" {
			query[name] = values
		}
	}
	set(query, parameters)
	return v.site.href(v.lang, v.path, query)
}

// paged are the collections whose lists are pages, too.
var paged = []string{"round-tables", "people", "organizations", "statements", "recommendations"}

var versioned = regexp.MustCompile(`^.*/v1/`)

// listPage returns the page of a list of the API, or "" if it has no page.
func (v *view) listPage(list string) string {
	path, encoded, _ := strings.Cut(versioned.ReplaceAllString(list, ""), "?")
	query, err := url.ParseQuery(encoded)
	if err != nil || !slices.Contains(paged, path) {
		return ""
	}
	query.Del("lang")
	return v.site.href(v.lang, path, query)
}

// text returns a text of the catalogue.
func (v *view) text(key string, arguments ...any) string {
	return v.site.text(v.lang, key, arguments...)
}

// in returns a text of the registry in the language of the page, or else in another one.
func (v *view) in(m text.Map) string {
	s, _ := m.In(v.lang)
	return s
}

func itoa(id int64) string { return strconv.FormatInt(id, 10) }
