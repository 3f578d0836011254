package match

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/apperr"

	"github.com/go-json-experiment/json/jsontext"
)

func TestErrorsOfQueriesNameTheField(t *testing.T) {
	t.Parallel()
	many := make([]string, MaxQueries+1)
	for i := range many {
		many[i] = fmt.Sprintf(`"q%d":{"query":"A"}`, i)
	}
	for raw, want := range map[string][]string{
		`{"q":{}}`:                            {"/q/query required"},
		`{"q":{"query":""}}`:                  {"/q/query required"},
		`{"q":null}`:                          {"/q wrong_type"},
		`{"q":"Karin"}`:                       {"/q wrong_type"},
		`{"q/1":{"query":17}}`:                {"/q~11/query wrong_type"},
		`{"q":{"query":"A","type":"places"}}`: {"/q/type not_allowed"},
		`{"q":{"query":"A","type":["people","places"]}}`:                {"/q/type not_allowed"},
		`{"q":{"query":"A","type":7}}`:                                  {"/q/type wrong_type"},
		`{"q":{"query":"A","type_strict":"maybe"}}`:                     {"/q/type_strict not_allowed"},
		`{"q":{"query":"A","limit":0}}`:                                 {"/q/limit too_small"},
		`{"q":{"query":"A","limit":"3"}}`:                               {"/q/limit wrong_type"},
		`{"q":{"query":"A","limits":3}}`:                                {"/q/limits unknown_field_hint"},
		`{"q":{"query":"A","properties":[{"pid":"age","v":3}]}}`:        {"/q/properties/0/pid not_allowed"},
		`{"q":{"query":"A","properties":[{"pid":"country"}]}}`:          {"/q/properties/0/v required"},
		`{"q":{"query":"A","properties":[{"pid":"country","v":{}}]}}`:   {"/q/properties/0/v wrong_type"},
		`{"q":{"query":"A","properties":[{"pid":"country","v":null}]}}`: {"/q/properties/0/v wrong_type"},
		`{"q":{"query":"A","properties":{}}}`:                           {"/q/properties wrong_type"},
		`{"q":{"query":"` + strings.Repeat("ы", 10_000) + `"}}`:         {"/q/query too_long"},
		`{"a":{"query":""},"b":{"query":"A","type":"x"}}`:               {"/a/query required", "/b/type not_allowed"},
		`{"q":1,"p":2}`: {"/p wrong_type", "/q wrong_type"},
	} {
		if got := mistakesOf(t, raw); !slices.Equal(got, want) {
			t.Errorf("%.60q: %q, want %q", raw, got, want)
		}
	}
	for raw, want := range map[string]string{"": "/queries required", " ": "/queries required", "{" + strings.Join(many, ",") + "}": "/queries too_many"} {
		if kind, got := fieldsOf(t, raw); kind != apperr.Invalid || !slices.Equal(got, []string{want}) {
			t.Errorf("%.60q: %q, want %q", raw, got, want)
		}
	}
	for raw, want := range map[string]string{
		`{`: "/queries json_truncated", `[]`: "/queries not_an_object", `null`: "/queries not_an_object", `"Karin"`: "/queries not_an_object",
		`{"q":{"query":"A"}} x`: "/queries trailing_json", `{"q":{"query":"A"},"q":{}}`: "/queries/q duplicate_name",
		`{"q":{"query":"\u0000"}}`: "/queries/q/query nul_character", "{\"q\":{\"query\":\"\xff\"}}": "/queries/q/query invalid_utf8",
		`{"q":` + strings.Repeat("[", 30) + strings.Repeat("]", 30) + `}`: "/queries/q" + strings.Repeat("/0", 19) + " json_too_deep",
	} {
		if kind, got := fieldsOf(t, raw); kind != apperr.Malformed || !slices.Equal(got, []string{want}) {
			t.Errorf("%.60q: %q, want %q", raw, got, want)
		}
	}
	if queries, err := ParseQueries("{" + strings.Join(many[1:], ",") + "}"); err != nil || len(queries) != MaxQueries {
		t.Errorf("%d queries, %v", len(queries), err)
	}
}

// mistakesOf returns the errors in the results of the queries, with their ids.
func mistakesOf(t *testing.T, raw string) (mistakes []string) {
	t.Helper()
	queries, err := ParseQueries(raw)
	if err != nil {
		t.Fatalf("%.60q: %v", raw, err)
	}
	for _, q := range queries {
		for _, e := range q.result(nil, "en").Errors {
			mistakes = append(mistakes, string(jsontext.Pointer("").AppendToken(q.id))+e.Pointer+" "+e.Code)
		}
	}
	return mistakes
}

func fieldsOf(t *testing.T, raw string) (kind apperr.Kind, fields []string) {
	t.Helper()
	_, err := ParseQueries(raw)
	var e *apperr.Error
	if !errors.As(err, &e) {
		t.Fatalf("%.60q: %v", raw, err)
	}
	for _, f := range e.Fields {
		fields = append(fields, f.Pointer+" "+f.Code)
	}
	return e.Kind, fields
}

func TestValuesOfAPropertyAreReadAsText(t *testing.T) {
	t.Parallel()
	for v, want := range map[string][]string{
		`"KZ"`: {"KZ"}, `17`: {"17"}, `true`: {"true"}, `{"id":"organizations/3","name":"Senate"}`: {"organizations/3"},
		`["KZ"," ",{"id":"UZ"}]`: {"KZ", "UZ"}, `[]`: nil, `""`: nil,
	} {
		queries, err := ParseQueries(`{"q":{"query":"A","properties":[{"pid":"country","v":` + v + `}]}}`)
		if err != nil {
			t.Errorf("%s: %v", v, err)
		} else if got := queries[0].values("country"); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", v, got, want)
		}
	}
}
