package input_test

import (
	"errors"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/text"

	"github.com/go-json-experiment/json/jsontext"
)

// part is a nested object.
type part struct {
	Title text.Map `json:"title" validate:"text=5"`
	Count int      `json:"count" validate:"max=3"`
}

// document has a member of each type that inputs use.
type document struct {
	Name     string     `json:"name" validate:"required,max=10"`
	Kind     string     `json:"kind" validate:"omitempty,oneof=one two"`
	Size     *int64     `json:"size" validate:"omitnil,gt=0"`
	Day      *date.Day  `json:"day"`
	At       *time.Time `json:"at"`
	Flag     bool       `json:"flag"`
	Website  *string    `json:"website" validate:"omitnil,http_url"`
	IDs      []string   `json:"ids" validate:"max=2,unique,dive,external_id"`
	Language string     `json:"language" validate:"omitempty,language"`
	One      *part      `json:"one"`
	Parts    []part     `json:"parts" validate:"dive"`
}

func (d *document) Check() []apperr.Field {
	if d.Name == "bad" {
		return []apperr.Field{apperr.At("/name", "bad_value")}
	}
	return nil
}

// errorsOf returns the kind of an error and its fields as "pointer code".
func errorsOf(t *testing.T, err error) (kind apperr.Kind, fields []string) {
	t.Helper()
	var e *apperr.Error
	if !errors.As(err, &e) {
		t.Fatalf("want an error for the client, got %v", err)
	}
	for _, f := range e.Fields {
		fields = append(fields, f.Pointer+f.Parameter+" "+f.Code)
	}
	return e.Kind, fields
}

func TestAValidDocumentIsDecodedCompletely(t *testing.T) {
	t.Parallel()
	var d document
	err := input.Decode(jsontext.Value(`{"name":"a","kind":"two","size":7,"day":"2020-02-27","at":"2020-02-27T10:00:00Z","flag":true,"website":"https://example.org",
		"ids":["kisi:1","bin:2"],"language":"kk-Latn","one":{"title":{"en":"A"},"count":1},"parts":[{"count":2},{"count":3}]}`), &d)
	if err != nil {
		t.Fatal(err)
	}
	if d.Name != "a" || d.Kind != "two" || *d.Size != 7 || d.Day.Time.Day() != 27 || d.At.Hour() != 10 || !d.Flag || *d.Website != "https://example.org" ||
		!slices.Equal(d.IDs, []string{"kisi:1", "bin:2"}) || d.One.Title["en"] != "A" || len(d.Parts) != 2 || d.Parts[1].Count != 3 {
		t.Errorf("%+v", d)
	}
}

func TestAllErrorsOfADocumentAreReportedTogetherAtTheirMember(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string][]string{
		`{}`: {"/name required"},
		`{"name":7,"flag":"yes","size":"1","parts":{}}`:         {"/flag wrong_type", "/name wrong_type", "/parts wrong_type", "/size wrong_type"},
		`{"name":"a","nme":"b","zzzzzz":1}`:                     {"/nme unknown_field_hint", "/zzzzzz unknown_field"},
		`{"name":"a","Name":"b"}`:                               {"/Name unknown_field_hint"},
		`{"name":"a","parts":[{"count":1},{"count":4,"x":1}]}`:  {"/parts/1/x unknown_field", "/parts/1/count too_large"},
		`{"name":"a","one":{"title":{"en":"too long"}}}`:        {"/one/title/en too_long"},
		`{"name":"a","kind":"three","size":0,"website":"x"}`:    {"/kind not_allowed", "/size too_small", "/website bad_url"},
		`{"name":"a","ids":["x"],"language":"??"}`:              {"/ids/0 bad_external_id", "/language unknown_language"},
		`{"name":"a","ids":["a:1","a:1"]}`:                      {"/ids duplicate"},
		`{"name":"a","ids":["a:1","a:2","a:3"]}`:                {"/ids too_many"},
		`{"name":"bad"}`:                                        {"/name bad_value"},
		`{"name":"elevenchars"}`:                                {"/name too_long"},
		`{"name":"a","day":"2020-02-30","at":"2020-02-27 10h"}`: {"/at wrong_type", "/day no_such_date"},
	} {
		kind, got := errorsOf(t, input.Decode(jsontext.Value(raw), new(document)))
		if kind != apperr.Invalid || !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
	if kind, _ := errorsOf(t, input.Decode(jsontext.Value(`[]`), new(document))); kind != apperr.Malformed {
		t.Errorf("a list: %v", kind)
	}
}

func TestTheSyntaxOfJSONIsStrict(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 21) + strings.Repeat("]", 21)
	for raw, want := range map[string]string{
		``: "empty_body", `{"a":1`: "json_truncated", `{"a":}`: "json_syntax", `{"a":1,"a":2}`: "duplicate_name", `{} {}`: "trailing_json",
		"{\"a\":\"\xff\"}": "invalid_utf8", `{"a":"\u0000"}`: "nul_character", deep: "json_too_deep",
	} {
		kind, got := errorsOf(t, input.Scan([]byte(raw)))
		if kind != apperr.Malformed || len(got) != 1 || !strings.HasSuffix(got[0], " "+want) {
			t.Errorf("%q: %q, want %s", raw, got, want)
		}
	}
	for _, raw := range []string{`{"a":[1,{"b":null}]}`, deep[1:41], ` 1 `} {
		if err := input.Scan([]byte(raw)); err != nil {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

func TestAMergePatchKeepsClearsAndReplaces(t *testing.T) {
	t.Parallel()
	const record = `{"name":"a","size":1,"text":{"en":"A","ru":"Б"},"ids":[1,2]}`
	for patch, want := range map[string]string{
		`{}`:                             `{"ids":[1,2],"name":"a","size":1,"text":{"en":"A","ru":"Б"}}`,
		`{"size":null}`:                  `{"ids":[1,2],"name":"a","text":{"en":"A","ru":"Б"}}`,
		`{"text":{"ru":null,"kk":"Г"}}`:  `{"ids":[1,2],"name":"a","size":1,"text":{"en":"A","kk":"Г"}}`,
		`{"ids":[3]}`:                    `{"ids":[3],"name":"a","size":1,"text":{"en":"A","ru":"Б"}}`,
		`{"text":"x"}`:                   `{"ids":[1,2],"name":"a","size":1,"text":"x"}`,
		`{"unknown":null}`:               `{"ids":[1,2],"name":"a","size":1,"text":{"en":"A","ru":"Б"},"unknown":null}`,
		`{"name":{"new":1,"gone":null}}`: `{"ids":[1,2],"name":{"new":1},"size":1,"text":{"en":"A","ru":"Б"}}`,
	} {
		got, err := input.Patch(jsontext.Value(record), jsontext.Value(patch))
		if err != nil {
			t.Fatal(err)
		}
		if err := got.Canonicalize(); err != nil || string(got) != want {
			t.Errorf("%s: %s, want %s (%v)", patch, got, want, err)
		}
	}
}

// query has a parameter of each type that filters use.
type query struct {
	ID    []int64   `query:"id" validate:"max=2"`
	Limit int       `query:"limit" default:"50" validate:"min=1,max=100"`
	Kind  []string  `query:"kind" enums:"one,two"`
	On    *date.Day `query:"on"`
	Near  *float64  `query:"near"`
	Open  *bool     `query:"open"`
	Q     string    `query:"q" validate:"max=5"`
	Inner string    `query:"-"`
}

func TestAQueryStringIsBoundWithDefaultsAndLists(t *testing.T) {
	t.Parallel()
	var q query
	if fields := input.Bind(url.Values{"id": {"1, 2"}, "kind": {"two,one"}, "on": {"2020-02-27"}, "near": {"1.5"}, "open": {"false"}, "q": {""}}, &q); fields != nil {
		t.Fatal(fields)
	}
	if !slices.Equal(q.ID, []int64{1, 2}) || q.Limit != 50 || !slices.Equal(q.Kind, []string{"two", "one"}) || q.On.Time.Day() != 27 || *q.Near != 1.5 || *q.Open || q.Q != "" {
		t.Errorf("%+v", q)
	}
	for range 2 { // the second time the rules are not checked again
		q = query{}
		if fields := input.Bind(url.Values{}, &q); fields != nil || q.Limit != 50 || q.ID != nil || q.Open != nil {
			t.Errorf("%+v, %v", q, fields)
		}
	}
}

func TestAllErrorsOfAQueryStringAreReportedTogetherInTheOrderOfParameters(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string][]string{
		"limit=101&id=1,2,3":               {"id too_many", "limit too_large"},
		"limit=x&id=1,x&near=NaN&open=yes": {"id wrong_type", "limit wrong_type", "near wrong_type", "open wrong_type"},
		"kind=one,three&on=2020-02-30":     {"kind not_allowed", "on no_such_date"},
		"limit=1&limit=2":                  {"limit repeated_parameter"},
		"q=%FF":                            {"q invalid_utf8"},
		"q=a%00":                           {"q invalid_utf8"},
		"lmit=1&Inner=1":                   {"Inner unknown_parameter", "lmit unknown_parameter_hint"},
		"q=toolong":                        {"q too_long"},
	} {
		values, err := url.ParseQuery(raw)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range input.Bind(values, new(query)) {
			got = append(got, f.Parameter+f.Pointer+" "+f.Code)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
}

func TestSeveralStructsShareAQueryStringAndRejectOmittedNames(t *testing.T) {
	t.Parallel()
	var q query
	var more struct {
		Format string `query:"format"`
	}
	fields := input.BindAll(url.Values{"q": {"a"}, "format": {"csv"}, "limit": {"7"}, "other": {"1"}}, []string{"limit"}, &q, &more)
	var got []string
	for _, f := range fields {
		got = append(got, f.Parameter+" "+f.Code)
	}
	if q.Q != "a" || more.Format != "csv" || q.Limit == 7 || !slices.Equal(got, []string{"limit unknown_parameter", "other unknown_parameter"}) {
		t.Errorf("%+v %+v %q", q, more, got)
	}
}

func TestOnlyANameThatIsCloseIsSuggested(t *testing.T) {
	t.Parallel()
	names := []string{"title", "kind", "starts_from", "q"}
	for name, want := range map[string]string{"titl": "title", "kinds": "kind", "titel": "title", "knid": "kind", "-": "", "x": "", "Q": "q", "start_from": "starts_from", "venue": "", "": "", strings.Repeat("t", 70): ""} {
		if got := input.Suggest(apperr.Field{Args: apperr.Args{}}, "hinted", name, names); got.Args["hint"] != want || (got.Code == "hinted") != (want != "") {
			t.Errorf("%q: %v, want %q", name, got, want)
		}
	}
}

func TestTagsOfLanguagesAreReadInAnyCase(t *testing.T) {
	t.Parallel()
	var d document
	raw := `{"name":"a","language":"EN-us","parts":[{"title":{"KK":"Су","zh-hant":"水"}}],"one":{"title":{"RU":"a"}}}`
	if err := input.Decode(jsontext.Value(raw), &d); err != nil {
		t.Fatal(err)
	}
	if title := d.Parts[0].Title; d.Language != "en-US" || title["kk"] != "Су" || title["zh-Hant"] != "水" || len(title) != 2 || d.One.Title["ru"] != "a" {
		t.Errorf("%+v", d)
	}
	err := input.Decode(jsontext.Value(`{"name":"a","one":{"title":{"kk":"a","KK":"b"}}}`), &d)
	if _, fields := errorsOf(t, err); len(fields) != 1 || fields[0] != "/one/title/KK duplicate_name" {
		t.Errorf("%v", fields)
	}
	merged, err := input.Patch(jsontext.Value(`{"title":{"kk":"a","ru":"b"}}`), jsontext.Value(`{"title":{"KK":"c","RU":null}}`))
	if err != nil || string(merged) != `{"title":{"kk":"c"}}` {
		t.Errorf("%s, %v", merged, err)
	}
}

func TestAnErrorInJSONSaysWhereAndWhatPeopleMostOftenForget(t *testing.T) {
	for raw, want := range map[string]string{
		"{\n \"name\": \"РГУ \"Қоғамдық келісім\"\"}": "json_quotation_mark 2 16 \"name\": \"РГУ \"Қоғамдық келісі",
		"{\"a\": \"РГУ\" \"Қоғам\"\"}":                "json_quotation_mark 1 13 {\"a\": \"РГУ\" \"Қоғам\"\"}",
		"{\"a\": 1\n \"b\": 2}":                       "json_comma 2 2 \"b\": 2}",
		"{\"a\": null \"b\": 2}":                      "json_comma 1 12 {\"a\": null \"b\": 2}",
		"{\"a\": \"x\" \"b\": 2}":                     "json_comma 1 11 {\"a\": \"x\" \"b\": 2}",
		"{\"a\": [\"x\" \"y\"]}":                      "json_comma 1 12 {\"a\": [\"x\" \"y\"]}",
		"{\"a\": [{} {}]}":                            "json_comma 1 11 {\"a\": [{} {}]}",
		"{\"a\": \"x\"\n \"b\": 2}":                   "json_comma 2 2 \"b\": 2}",
		"{\"a\": [1, 2,]}":                            "json_extra_comma 1 12 {\"a\": [1, 2,]}",
		"{\"a\": «x»}":                                "json_quotes 1 7 {\"a\": «x»}",
		"{'a': 1}":                                    "json_quotes 1 2 {'a': 1}",
		"{\"a\": \"x\ny\"}":                           "json_control 1 9 {\"a\": \"x",
		"{\"a\": {\n\n\"b\": 1":                       "json_truncated 3 7 \"b\": 1",
		"{\"a\": 1}\n\n{\"b\": 2}":                    "trailing_json 3 1 {\"b\": 2}",
		"{\"a\": tru}":                                "json_syntax 1 10 {\"a\": tru}",
	} {
		var e *apperr.Error
		if err := input.Scan([]byte(raw)); !errors.As(err, &e) || len(e.Fields) != 1 {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		f := e.Fields[0]
		if got := strings.Join([]string{f.Code, f.Args["line"], f.Args["column"], f.Args["near"]}, " "); got != want {
			t.Errorf("%s:\n%s, want\n%s", raw, got, want)
		}
	}
	long := `{"a": "` + strings.Repeat("ә", 1000) + `" b}`
	var e *apperr.Error
	if err := input.Scan([]byte(long)); !errors.As(err, &e) || len([]rune(e.Fields[0].Args["near"])) > 50 || e.Fields[0].Args["column"] != "1010" {
		t.Errorf("%v", e.Fields)
	}
}

type plainDocument struct {
	Lang  string       `json:"lang"`
	Title text.Map     `json:"title"`
	Host  *plainNamed  `json:"host"`
	Hosts []plainNamed `json:"hosts"`
	Kind  string       `json:"kind" validate:"omitempty,oneof=verbatim paraphrase collective"`
}

func (*plainDocument) PlainTexts() {}

type plainNamed struct {
	Name string `json:"name"`
}

func (n *plainNamed) SetName(name string) { n.Name = name }

func TestAPlainStringStandsForATextOrAName(t *testing.T) {
	var d plainDocument
	if err := input.Decode([]byte(`{"title":"Су","hosts":["A",{"name":"B"}],"host":"C","lang":"kk","kind":"В изложении"}`), &d); err != nil {
		t.Fatal(err)
	}
	want := plainDocument{Lang: "kk", Title: text.Map{"kk": "Су"}, Host: &plainNamed{"C"}, Hosts: []plainNamed{{"A"}, {"B"}}, Kind: "paraphrase"}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("%+v", d)
	}
	for raw, want := range map[string]plainDocument{
		`{"title":"Су"}`:              {Title: text.Map{text.NoLanguage: "Су"}},
		`{"lang":"xx-","title":"Су"}`: {Lang: "xx-", Title: text.Map{text.NoLanguage: "Су"}},
		`{"lang":"kk","hosts":"A"}`:   {Lang: "kk", Hosts: []plainNamed{{"A"}}},
		`{"lang":"KK","title":"Су"}`:  {Lang: "KK", Title: text.Map{"kk": "Су"}},
	} {
		var d plainDocument
		if err := input.Decode([]byte(raw), &d); err != nil || !reflect.DeepEqual(d, want) {
			t.Errorf("%s: %+v, %v", raw, d, err)
		}
	}
	for raw, want := range map[string]string{
		`{"lang":"kk","title":["Су"]}`:  "/title:wrong_type",
		`{"lang":"kk","host":1}`:        "/host:wrong_type",
		`{"lang":"kk","kind":"Басқа"}`:  "/kind:not_allowed",
		`{"lang":"kk","hosts":["A",1]}`: "/hosts/1:wrong_type",
	} {
		if err := input.Decode([]byte(raw), new(plainDocument)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", raw, err, want)
		}
	}
}
