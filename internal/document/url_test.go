package document_test

import (
	"testing"

	"roundtables.kz/registry/internal/document"
)

func TestAnAddressIsStoredWithoutTrackingParameters(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://example.org/a":                                 "https://example.org/a",
		"https://example.org/a?utm_source=x&utm_medium=y":       "https://example.org/a",
		"https://example.org/a?id=7&UTM_Source=x&b=%D0%B0#part": "https://example.org/a?id=7&b=%D0%B0#part",
		"https://example.org/a?fbclid=1":                        "https://example.org/a",
		"https://example.org/?p=1&q":                            "https://example.org/?p=1&q",
		"https://example.org/#/a?utm_source=x":                  "https://example.org/#/a?utm_source=x",
		"https://example.org/a?utm_source=x#utm":                "https://example.org/a#utm",
	} {
		in := document.Input{URL: &address}
		if in.Check(); *in.URL != want {
			t.Errorf("%s: %s, want %s", address, *in.URL, want)
		}
	}
}
