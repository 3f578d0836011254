package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"testing"
	"unicode/utf8"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/topic"
)

func FuzzACursorIsReadOnlyWithTheQueryThatItWasMadeFor(f *testing.F) {
	c := cursors{[]byte("secret of this test")}
	query := url.Values{"q": {"education"}, "sort": {"-label"}, "limit": {"2"}}
	good := c.encode(&paging.Cursor{Keys: []string{"a", "Ә"}, ID: 7}, "/v1/topics", query)
	f.Add(good, "education")
	f.Add(good[1:], "education")
	f.Add("", "")
	f.Add("AAAAAAAAAAA", "education")
	f.Fuzz(func(t *testing.T, s, q string) {
		at, err := c.decode(s, "/v1/topics", url.Values{"q": {q}, "sort": {"-label"}, "limit": {"50"}})
		if s == good && q == "education" && err != nil {
			t.Fatalf("the cursor that was made is refused: %v", err)
		}
		if err == nil && (q != "education" || at.ID != 7 || !slices.Equal(at.Keys, []string{"a", "Ә"})) {
			t.Fatalf("cursor %q with q=%q gave %+v", s, q, at)
		}
		if err != nil && !apperr.IsKind(err, apperr.Malformed) {
			t.Fatalf("the error is none for the client: %v", err)
		}
	})
}

func FuzzABodyIsReadStrictlyOrRefusedWithAMistakeThatHasAPlace(f *testing.F) {
	for _, seed := range []string{
		`{"label":{"en":"Education"},"parent_id":1}`, `{"label":null}`, `{"label":{"en":""},"x":1}`, `{"label":1,"parent_id":"1"}`, `[]`, ``, ` `, `{`, `{"a":1,"a":2}`,
		"{\"label\":{\"en\":\"\\u0000\"}}", "{\"label\":{\"en\":\"\xff\"}}", `{"parent_id":1e400}`, `{"parent_id":9223372036854775808}`, `{"label":{"en":"\ud800"}}`, `{} {}`, `{"parent_id":-0.5}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		err := input.Scan(raw)
		var in topic.Input
		if err == nil {
			if !json.Valid(raw) || !utf8.Valid(raw) {
				t.Fatalf("%q was taken for JSON", raw)
			}
			err = input.Decode(raw, &in)
		}
		var known *apperr.Error
		if err == nil {
			for _, text := range in.Label {
				if !utf8.ValidString(text) || bytes.ContainsRune([]byte(text), 0) {
					t.Fatalf("%q let the text %q through", raw, text)
				}
			}
			return
		}
		if !errors.As(err, &known) || len(known.Fields) == 0 {
			t.Fatalf("%q: the error is none for the client: %v", raw, err)
		}
		for _, field := range known.Fields {
			message := apperr.Message(field.Code, "en", field.Args)
			if message == field.Code || field.Pointer != "" && field.Pointer[0] != '/' {
				t.Fatalf("%q: %+v has no text or no pointer", raw, field)
			}
		}
	})
}

func FuzzAQueryIsBoundStrictlyOrRefusedByTheNameOfTheParameter(f *testing.F) {
	for _, seed := range []string{
		"q=a&parent=1,2&limit=10", "limit=x", "limit=9223372036854775808", "count=all", "Q=a", "parent=1,,2", "parent=-1&parent=2", "sort=-label&fields=id,label",
		"q=%00", "q=%ff", "cursor=x", "=", "limit=", "id=1,2,3&lang=ru", "after=1", "Params=1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		values, err := url.ParseQuery(raw)
		if err != nil {
			return // checkQuery refuses it before
		}
		var filter topic.Filter
		mistakes := input.Bind(values, &filter)
		if filter.After != nil {
			t.Fatalf("%q set what is no parameter", raw)
		}
		for _, m := range mistakes {
			if _, given := values[m.Parameter]; !given {
				t.Fatalf("%q: the mistake %+v names no given parameter", raw, m)
			}
			if apperr.Message(m.Code, "en", m.Args) == m.Code {
				t.Fatalf("%q: %+v has no text", raw, m)
			}
		}
		if len(mistakes) == 0 && (!utf8.ValidString(filter.Q) || bytes.ContainsRune([]byte(filter.Q), 0)) {
			t.Fatalf("%q let q=%q through", raw, filter.Q)
		}
	})
}
