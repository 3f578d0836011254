package text_test

import (
	"testing"

	"roundtables.kz/registry/internal/text"

	"github.com/go-json-experiment/json"
)

func TestAMapIsWrittenInOrderOfItsLanguages(t *testing.T) {
	null := json.FormatNilMapAsNull(true)
	for _, c := range []struct {
		m       text.Map
		options json.Options
		want    string
	}{
		{text.Map{"ru": "б", "en": "b", "kk": "ә", "kk-Latn": "ä", "de": "\"\n\\"}, null, `{"de":"\"\n\\","en":"b","kk":"ә","kk-Latn":"ä","ru":"б"}`},
		{text.Map{}, null, `{}`},
		{nil, null, `null`},
		{nil, json.FormatNilMapAsNull(false), `{}`},
	} {
		got, err := json.Marshal(c.m, c.options)
		if err != nil || string(got) != c.want {
			t.Errorf("%v is written as %s, %v; want %s", c.m, got, err, c.want)
		}
		var back text.Map
		if err := json.Unmarshal(got, &back); err != nil || len(back) != len(c.m) {
			t.Errorf("%s is read as %v, %v", got, back, err)
		}
	}
	if got, err := json.Marshal(text.Map{"ru": "a\xff"}, null); err == nil {
		t.Errorf("bad UTF-8 is written as %s", got)
	}
}
