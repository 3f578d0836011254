package api

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/fixture"

	"github.com/labstack/echo/v4"
)

func TestABodyThatIsNoStrictJSONIsA400ThatNamesThePlace(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	token, _ := r.key(t, actor.Write)
	before := r.changeCount(t)
	for body, mistake := range map[string]string{
		``:                        " empty_body",
		` `:                       " empty_body",
		`{"label":{"en":"x"}`:     " json_truncated",
		`{"label":{"en":"x"}} {}`: " trailing_json",
		`{"label":{"en":"x"},"label":{"en":"y"}}`: "/label duplicate_name",
		`{"label":{"en":"x","en":"y"}}`:           "/label/en duplicate_name",
		`{"label":{"en":"a\u0000b"}}`:             "/label/en nul_character",
		"{\"label\":{\"en\":\"\xff\"}}":           "/label/en invalid_utf8",
		`{"label":{"en":"\ud800"}}`:               "/label/en json_syntax",
		`{label:1}`:                               " json_syntax",
		`[]`:                                      " not_an_object",
		`null`:                                    " not_an_object",
		`"x"`:                                     " not_an_object",
		strings.Repeat(`{"a":`, 21) + `1` + strings.Repeat(`}`, 21):         strings.Repeat("/a", 20) + " json_too_deep",
		`{"label":` + strings.Repeat("[", 500000) + strings.Repeat("]", 10): "/label" + strings.Repeat("/0", 19) + " json_too_deep",
	} {
		reply := r.do(t, "POST", "/v1/topics", body, "Authorization", "Bearer "+token, "Content-Type", jsonBody)
		p := reply.wantProblem(t, 400, "malformed_json")
		if got := p.Errors[0].Pointer + " " + p.Errors[0].Code; got != mistake {
			t.Errorf("%.60q: %s, want %s", body, got, mistake)
		}
	}
	if r.changeCount(t) != before {
		t.Error("a refused body was written")
	}
}

func TestABodyOverTheLimitIsA413AndOneOfAnotherTypeA415(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	token, _ := r.key(t, actor.Write)
	auth := []string{"Authorization", "Bearer " + token, "Content-Type", jsonBody}
	large := `{"label":{"en":"` + strings.Repeat("x", maxBody) + `"}}`
	r.do(t, "POST", "/v1/topics", large, auth...).wantProblem(t, 413, "body_too_large")
	r.do(t, "POST", "/v1/topics", io.MultiReader(strings.NewReader(large)), auth...).wantProblem(t, 413, "body_too_large")
	for _, media := range []string{"", "text/plain", "application/xml", "application/json;;", "application/merge-patch+json"} {
		r.do(t, "POST", "/v1/topics", `{"label":{"en":"x"}}`, "Authorization", "Bearer "+token, "Content-Type", media).wantProblem(t, 415, "unsupported_media_type")
	}
	r.do(t, "POST", "/v1/topics", `{"label":{"en":"x"}}`, "Authorization", "Bearer "+token, "Content-Type", "application/json; charset=utf-8").want(t, 201)
}

func TestEveryMistakeOfABodyIsToldAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	token, _ := r.key(t, actor.Write)
	reply := r.do(t, "POST", "/v1/topics", `{"Label":{"en":"x"},"label":{"xx-yy-zz-1":"x","en":" ","ru":7},"description":{},"parent_id":"7","id":1}`,
		"Authorization", "Bearer "+token, "Content-Type", jsonBody)
	p := reply.wantProblem(t, 422, "validation_failed")
	got := map[string]string{}
	for _, e := range p.Errors {
		got[e.Pointer] = e.Code
	}
	for pointer, code := range map[string]string{"/Label": "unknown_field_hint", "/label/ru": "wrong_type", "/description": "empty_text", "/parent_id": "wrong_type", "/id": "unknown_field"} {
		if got[pointer] != code {
			t.Errorf("%s: %q, want %q in %s", pointer, got[pointer], code, reply.Body)
		}
	}
}

func TestMessagesComeInTheLanguageOfTheClient(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	token, _ := r.key(t, actor.Write)
	for accept, want := range map[string]string{"": "is required", "en": "is required", "ru-RU,ru;q=0.9": "обязательн", "kk": "міндетті", "de": "is required", "%%": "is required"} {
		p := r.do(t, "POST", "/v1/topics", `{}`, "Authorization", "Bearer "+token, "Content-Type", jsonBody, "Accept-Language", accept).wantProblem(t, 422, "validation_failed", "/label required")
		if !strings.Contains(p.Errors[0].Message, want) {
			t.Errorf("%s: %q", accept, p.Errors[0].Message)
		}
	}
}

func TestAParameterThatIsUnknownOrIllTypedIsA400WithWhatIsAllowed(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for query, mistake := range map[string]string{
		"parant=1":                      "parant unknown_parameter_hint",
		"zzz=1":                         "zzz unknown_parameter",
		"Q=x":                           "Q unknown_parameter_hint",
		"parent=x":                      "parent wrong_type",
		"parent=1,,2":                   "parent wrong_type",
		"limit=1.5":                     "limit wrong_type",
		"limit=99999999999999999999":    "limit wrong_type",
		"count=all":                     "count not_allowed",
		"q=a&q=b":                       "q repeated_parameter",
		"q=%00":                         "q invalid_utf8",
		"q=%ff":                         "q invalid_utf8",
		"sort=colour":                   "sort bad_sort",
		"sort=label,label":              "sort repeated_sort",
		"fields=colour":                 "fields unknown_field",
		"cursor=x":                      "cursor bad_cursor",
		"q=" + strings.Repeat("a", 201): "q too_long",
		"id=" + strings.TrimSuffix(strings.Repeat("1,", 201), ","): "id too_many",
	} {
		reply := r.do(t, "GET", "/v1/topics?"+query, nil)
		p := reply.wantProblem(t, 400, "bad_parameters", mistake)
		if strings.HasPrefix(mistake, "parant") && (!strings.Contains(p.Errors[0].Message, "parent") || len(p.Errors[0].Allowed) < 5) {
			t.Errorf("no hint or list: %s", reply.Body)
		}
	}
	r.do(t, "GET", "/v1/topics?q=%zz", nil).wantProblem(t, 400, "malformed_query")
	r.do(t, "GET", "/v1/topics?cursor=&q=&parent=&limit=", nil).want(t, 200)
	r.do(t, "GET", "/v1/topics?q="+strings.Repeat("a", maxURL), nil).wantProblem(t, 414, "uri_too_long")
}

func TestPathsAndMethodsThatDoNotExistAreProblemsToo(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.do(t, "GET", "/v1/nothing", nil).wantProblem(t, 404, "no_such_path")
	r.do(t, "GET", "/v1/topics/x", nil).wantProblem(t, 404, "not_found")
	r.do(t, "GET", "/v1/topics/0", nil).wantProblem(t, 404, "not_found")
	r.do(t, "GET", "/v1/topics/99999999999999999999", nil).wantProblem(t, 404, "not_found")
	reply := r.do(t, "PUT", "/v1/topics", `{}`)
	reply.wantProblem(t, 405, "method_not_allowed")
	if reply.Header().Get("Allow") == "" {
		t.Error("a 405 without Allow")
	}
	r.do(t, "GET", "/v1/topics", nil, "Accept", "text/csv").wantProblem(t, 406, "not_acceptable")
	r.do(t, "GET", "/v1/topics", nil, "Accept", "application/json;q=0").wantProblem(t, 406, "not_acceptable")
}

func TestACursorBelongsToItsQuery(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for range 5 {
		fixture.Topic(t, r.pool)
	}
	first := pageOf(t, r.do(t, "GET", "/v1/topics?limit=2&sort=-label&count=exact", nil).want(t, 200))
	if len(first.Data) != 2 || first.Page.NextCursor == nil || *first.Meta.Total != 5 {
		t.Fatalf("%+v", first)
	}
	cursor := *first.Page.NextCursor
	seen := ids(first)
	for cursor != "" {
		next := pageOf(t, r.do(t, "GET", "/v1/topics?limit=2&sort=-label&cursor="+cursor, nil).want(t, 200))
		seen = append(seen, ids(next)...)
		cursor = ""
		if next.Page.NextCursor != nil {
			cursor = *next.Page.NextCursor
		}
	}
	if len(seen) != 5 {
		t.Errorf("the walk saw %v", seen)
	}
	cursor = *first.Page.NextCursor
	other := "A" + cursor[1:]
	if other == cursor {
		other = "B" + cursor[1:]
	}
	for _, query := range []string{"sort=label&cursor=" + cursor, "sort=-label&q=x&cursor=" + cursor, "sort=-label&cursor=" + other, "sort=-label&cursor=" + cursor[:len(cursor)-2]} {
		r.do(t, "GET", "/v1/topics?"+query, nil).wantProblem(t, 400, "bad_parameters", "cursor bad_cursor")
	}
	if got := pageOf(t, r.do(t, "GET", "/v1/topics?limit=100000", nil).want(t, 200)).Page.Limit; got != 500 {
		t.Errorf("limit=100000 gives %d", got)
	}
	r.do(t, "GET", "/v1/topics?limit=0", nil).wantProblem(t, 400, "bad_parameters", "limit too_small")
	r.do(t, "GET", "/v1/topics?limit=-1", nil).wantProblem(t, 400, "bad_parameters", "limit too_small")
}

func TestLinksAreBuiltFromThePublicBaseURLNeverFromTheHost(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.PublicBaseURL = "https://registry.example.org" })
	for range 3 {
		fixture.Topic(t, r.pool)
	}
	reply := r.do(t, "GET", "/v1/topics?limit=1", nil, "Host", "evil.example", "X-Forwarded-Host", "evil.example").want(t, 200)
	next := *pageOf(t, reply).Page.Next
	if !strings.HasPrefix(next, "https://registry.example.org/v1/topics?") || reply.Header().Get("Link") != fmt.Sprintf(`<%s>; rel="next"`, next) {
		t.Errorf("next %q, Link %q", next, reply.Header().Get("Link"))
	}
}

// nested is an input with objects and lists of objects in it.
type nested struct {
	Head  nestedPart   `json:"head"`
	Parts []nestedPart `json:"parts" validate:"max=3,dive"`
	More  *nestedPart  `json:"more"`
}

type nestedPart struct {
	Name  string       `json:"name" validate:"required"`
	Size  *int         `json:"size"`
	Parts []nestedPart `json:"parts" validate:"dive"`
}

func (*nested) Check() []apperr.Field { return nil }

func TestEveryMistakeInNestedObjectsIsNamedAtItsPlace(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil, route(http.MethodPost, "/v1/nested", actor.Public, func(_ *server, c echo.Context) error {
		in, err := body[nested](c)
		if err != nil {
			return err
		}
		return send(c, http.StatusOK, jsonBody, in)
	}))
	post := func(body string) reply { return r.do(t, "POST", "/v1/nested", body, "Content-Type", jsonBody) }
	p := post(`{"head": {"name": "a", "sise": 1}, "parts": [{"name": 5}, {}, {"name": "b", "parts": [{"name": "c", "size": "big"}, 7]}], "more": []}`).
		wantProblem(t, 422, "validation_failed", "/head/sise unknown_field_hint", "/more wrong_type", "/parts/0/name wrong_type",
			"/parts/2/parts/0/size wrong_type", "/parts/2/parts/1 wrong_type", "/parts/1/name required")
	if allowed := p.Errors[0].Allowed; strings.Join(allowed, " ") != "name parts size" {
		t.Errorf("allowed: %v", allowed)
	}
	got := post(`{"head": {"name": "a", "size": null}, "parts": [{"name": "b", "size": 2}], "more": null}`).want(t, 200).Body.String()
	if want := `{"head":{"name":"a","size":null,"parts":[]},"parts":[{"name":"b","size":2,"parts":[]}],"more":null}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAnEmptyValueIsAbsentInAReadAndAnErrorInAWrite(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.do(t, http.MethodGet, "/v1/topics?lang=&fields=&limit=", nil).want(t, http.StatusOK)
	key, _ := r.key(t, actor.Write)
	before := r.changeCount(t)
	for target, body := range map[string][2]string{
		"/v1/people?dry_run=":           {jsonBody, `{"name":{"en":"A"}}`},
		"/v1/people?allow_duplicate=":   {jsonBody, `{"name":{"en":"A"}}`},
		"/v1/topics?lang=":              {jsonBody, `{"label":{"en":"A"}}`},
		"/v1/imports/topics?on_error=":  {"text/csv", "label_en\nA\n"},
		"/v1/imports/topics?overwrite=": {"text/csv", "label_en\nA\n"},
		"/v1/merges/1/undo?dry_run=":    {jsonBody, "{}"},
	} {
		_, query, _ := strings.Cut(target, "?")
		r.do(t, http.MethodPost, target, body[1], "Authorization", "Bearer "+key, "Content-Type", body[0]).
			wantProblem(t, http.StatusBadRequest, "bad_parameters", strings.TrimSuffix(query, "=")+" empty_parameter")
	}
	if r.changeCount(t) != before {
		t.Error("something was written")
	}
}

func TestALanguageIsTakenInAnyCase(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	at := c.make(t, "/v1/topics", `{"label":{"kk":"Су","en-GB":"Water"}}`)
	for lang, want := range map[string]string{"KK": "kk", "Kk": "kk", "en": "en-GB", "EN-us": "en-GB", "en-gb": "en-GB"} {
		if got := c.get(t, at+"?lang="+lang).object(t)["label_lang"]; got != want {
			t.Errorf("lang=%s: %v, want %s", lang, got, want)
		}
	}
	r.do(t, http.MethodGet, "/v1/topics?lang=kz", nil).wantProblem(t, http.StatusBadRequest, "bad_parameters", "lang unknown_language")
}

func TestAnIDHasDigitsOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for _, id := range []string{"+1", "-1", "0", "1.0", "1e0"} {
		r.do(t, http.MethodGet, "/v1/people/"+id, nil).want(t, http.StatusNotFound)
	}
}

func TestAFilterThatMatchesNoListIsRejected(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	key, _ := r.key(t, actor.Read, actor.Admin)
	for target, want := range map[string]string{
		"/v1/imports?collection=nope":    "collection not_allowed",
		"/v1/audit?type=nope":            "type not_allowed",
		"/v1/round-tables?external_id=x": "external_id bad_external_id",
		"/v1/topics?sort=id,-id":         "sort repeated_sort",
	} {
		r.do(t, http.MethodGet, target, nil, "Authorization", "Bearer "+key).wantProblem(t, http.StatusBadRequest, "bad_parameters", want)
	}
	for _, target := range []string{"/v1/imports?collection=people,popolo", "/v1/audit?type=people,imports,api-keys,merges,webhooks"} {
		r.do(t, http.MethodGet, target, nil, "Authorization", "Bearer "+key).want(t, http.StatusOK)
	}
}

func TestAnErrorNamesTheParameterAlsoInAnEmbeddedStruct(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	key, _ := r.key(t, actor.Write)
	r.do(t, http.MethodPost, "/v1/imports/people?lang=zzzzzzzzzzz", "name_en\nA\n", "Authorization", "Bearer "+key, "Content-Type", "text/csv").
		wantProblem(t, http.StatusBadRequest, "bad_parameters", "lang unknown_language")
}
