package input_test

import (
	"net/url"
	"slices"
	"testing"

	"roundtables.kz/registry/internal/input"
)

func TestExternalIDsOfKnownSchemesAreCheckedAndHaveOneForm(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		"orcid:0000-0002-1825-0097": "orcid:0000-0002-1825-0097", "orcid:0000000218250097": "orcid:0000-0002-1825-0097", "ORCID:0000-0002-1825-0097": "orcid:0000-0002-1825-0097",
		"orcid:https://orcid.org/0000-0002-1825-0097": "orcid:0000-0002-1825-0097", "https://orcid.org/0000-0002-1694-233x": "orcid:0000-0002-1694-233X",
		"http://www.orcid.org/0000-0002-1694-233X/": "orcid:0000-0002-1694-233X",
		"orcid:0000-0002-1825-0098":                 "", "orcid:0000-0002-1694-2330": "", "orcid:1": "", "orcid:https://example.org/0000-0002-1825-0097": "", "https://orcid.org/me": "",
		"isni:0000 0001 2103 2683": "isni:0000000121032683", "isni:0000-0001-2103-2683": "isni:0000000121032683", "https://isni.org/isni/0000000121032683": "isni:0000000121032683",
		"isni:000000012146438x": "isni:000000012146438X", "isni:0000000121032684": "", "isni:00000001210326830": "",
		"wikidata:q42": "wikidata:Q42", "wikidata:Q42": "wikidata:Q42", "https://www.wikidata.org/wiki/Q42": "wikidata:Q42", "wikidata:http://www.wikidata.org/entity/Q42": "wikidata:Q42",
		"https://m.wikidata.org/wiki/q42": "wikidata:Q42", "wikidata:42": "", "wikidata:Q0": "", "wikidata:P31": "", "wikidata:": "",
		"ror:03yrm5c26": "ror:03yrm5c26", "ror:03YRM5C26": "ror:03yrm5c26", "https://ror.org/05dxps055": "ror:05dxps055", "ror:ror.org/05dxps055": "", "ror:03yrm5c27": "", "ror:03yrm5c2": "", "ror:13yrm5c26": "", "ror:03yrm5u26": "",
		"doi:10.1000/182": "doi:10.1000/182", "doi:10.5555/ABC.Def": "doi:10.5555/abc.def", "https://doi.org/10.1000/a%2Cb": "doi:10.1000/a,b", "doi:doi:10.1000/182": "doi:10.1000/182",
		"http://dx.doi.org/10.1002/(SICI)1<1:2>3": "doi:10.1002/(sici)1<1:2>3", "doi:10.1/a,b": "doi:10.1/a,b", "doi:11.1000/182": "", "doi:10.1000": "", "doi:10.1000/": "",
		"kisi:5298": "kisi:5298", "kisi:A b": "", "bin:1,2": "bin:1,2", "https://example.org/7": "https://example.org/7", "KISI:1": "", "kisi": "", "kisi:": "",
	} {
		got, ok := input.ExternalID(sent)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q %t, want %q", sent, got, ok, want)
		}
		if again, ok := input.ExternalID(want); want != "" && (again != want || !ok) {
			t.Errorf("%q becomes %q", want, again)
		}
	}
}

func TestExternalIDsThatBecomeEqualAreOne(t *testing.T) {
	t.Parallel()
	v := texts{IDs: []string{"wikidata:q42", "kisi:1\u200b", "wikidata:Q42", "https://www.wikidata.org/wiki/Q42", "a:1", "a:1", "orcid:7"}}
	input.Clean(&v)
	if want := []string{"wikidata:Q42", "kisi:1", "a:1", "a:1", "orcid:7"}; !slices.Equal(v.IDs, want) { // sent twice, or wrong: an error of Check
		t.Errorf("%q, want %q", v.IDs, want)
	}
}

func TestAFilterFindsAnIDInEveryFormAndOneWithACommaInQuotes(t *testing.T) {
	t.Parallel()
	for given, want := range map[string][]string{
		`wikidata:q42`:                          {"wikidata:q42", "wikidata:Q42"},
		`"doi:10.1/a,b",kisi:1`:                 {"doi:10.1/a,b", "kisi:1"},
		`kisi:1, "a:""x"",y"`:                   {"kisi:1", `a:"x",y`},
		`orcid:7`:                               {"orcid:7"}, // nothing has it: no error
		`https://orcid.org/0000-0002-1825-0097`: {"https://orcid.org/0000-0002-1825-0097", "orcid:0000-0002-1825-0097"},
	} {
		var f struct {
			ExternalID []string `query:"external_id" validate:"max=200,dive,external_id_filter"`
		}
		if fields := input.Bind(url.Values{"external_id": {given}}, &f); fields != nil || !slices.Equal(f.ExternalID, want) {
			t.Errorf("%s: %q %v, want %q", given, f.ExternalID, fields, want)
		}
	}
}
