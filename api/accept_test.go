package api

import (
	"net/http"
	"testing"
)

func TestTheQualityOfAMediaTypeFollowsRFC9110(t *testing.T) {
	t.Parallel()
	// The example of section 12.5.1.
	const example = `text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, */*;q=0.5`
	for _, c := range []struct {
		header, offer string
		q             float64
		named         bool
	}{
		{example, "text/plain", 0.7, true},
		{example, "text/html", 0.3, false},
		{example, "image/jpeg", 0.5, false},

		// absent and without an element that can be read
		{"", "text/html", 1, false},
		{" , ,", "text/html", 1, false},
		{"text/html;q=high", "text/html", 1, false},
		{"a b c, text/html;q", "application/json", 1, false},

		// specificity, in any order
		{"application/json;q=0, */*", "application/json", 0, true},
		{"*/*, application/json;q=0", "application/json", 0, true},
		{"application/*;q=0, */*", "application/json", 0, false},
		{"application/*, application/json;q=0.2, */*;q=0.9", "application/json", 0.2, true},
		{"text/html;level=1;q=0.4, text/html;q=0.2", "text/html", 0.2, true},
		{"text/html;level=1;q=0.4", "text/html", 0.4, true},
		{"text/html;q=0.1, text/html;q=0.6", "text/html", 0.6, true},

		// wildcards
		{"*/*", "application/json", 1, false},
		{"*", "application/json", 1, false},
		{"text/*", "application/json", 0, false},
		{"app/*", "application/json", 0, false},
		{"*/json", "application/json", 0, false},

		// case, spaces and parameters
		{"Application/JSON;Q=0.5", "application/json", 0.5, true},
		{"  text/csv ,\tapplication/json ; charset=UTF-8 ; q=0.25 ", "application/json", 0.25, true},
		{"application/json;q=0.5;charset=utf-8", "application/json", 0.5, true},
		{`application/ld+json;profile="a,b;q=0\",c", text/html;q=0.5`, "application/ld+json", 1, true},
		{`application/ld+json;profile="a,b;q=0\",c", text/html;q=0.5`, "text/html", 0.5, true},

		// qualities
		{"application/json;q=0.000", "application/json", 0, true},
		{"application/json;q=1.000", "application/json", 1, true},
		{"application/json;q=.5", "application/json", 0.5, true},
		{`application/json;q="0.5"`, "application/json", 0.5, true},

		// malformed elements are ignored, the others count
		{"application/json;q=2, */*;q=0.5", "application/json", 0.5, false},
		{"application/json;q=-1, */*;q=0.5", "application/json", 0.5, false},
		{"application/json;q=NaN, */*;q=0.5", "application/json", 0.5, false},
		{"application/json;q=, */*;q=0.5", "application/json", 0.5, false},
		{"application/json;q=0.1;q=0.2, */*;q=0.5", "application/json", 0.5, false},
		{`application/json;a=",*/*, text/html`, "application/json", 1, false},
		{"text, /, ;q=1, text/html", "text/html", 1, true},
		{"text/html,", "text/html", 1, true},

		// codings
		{"gzip", "gzip", 1, true},
		{"deflate, GZIP;q=0.8, br", "gzip", 0.8, true},
		{"br, *;q=0.1", "gzip", 0.1, false},
		{"gzip;q=0, *", "gzip", 0, true},
		{"identity", "gzip", 0, false},
	} {
		if q, named := quality(c.header, c.offer); q != c.q || named != c.named {
			t.Errorf("%q gives %s %v, named %v; want %v, %v", c.header, c.offer, q, named, c.q, c.named)
		}
	}
}

func TestJSONIsSentUnlessAClientDoesNotAcceptIt(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]bool{
		"": true, "*/*": true, "application/*": true, "application/json": true, "application/problem+json": true,
		"text/html, */*;q=0.1": true, "text/html": false, "application/json;q=0": false, "application/json;q=0, */*": false,
		"application/problem+json;q=0": false, "nonsense": false, "application/json;q=x": true,
	} {
		if got := acceptsJSON(requestWith("Accept", accept)); got != want {
			t.Errorf("Accept: %s: %v, want %v", accept, got, want)
		}
	}
	if !acceptsJSON(requestWith("Accept", "text/html", "Accept", "application/json")) {
		t.Error("the second line of Accept is not read")
	}
}

func TestAnotherFormIsSentToThoseWhoNameIt(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]bool{
		"": false, "*/*": false, "text/*": false, "text/html": true, "text/html, */*": true, "text/html;q=0": false,
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": true,
		"text/html;q=0.5, application/json":                               false, "application/json;q=0.5, text/html;q=0.5": true,
		"text/html;q=0.5, */*": false, "application/json": false,
	} {
		if got := prefers(requestWith("Accept", accept), "text/html"); got != want {
			t.Errorf("Accept: %s: %v, want %v", accept, got, want)
		}
	}
}

func TestGzipIsSentToThoseWhoNameIt(t *testing.T) {
	t.Parallel()
	for encodings, want := range map[string]bool{
		"": false, "*": false, "gzip": true, "br, gzip;q=0.5": true, "gzip;q=0": false, "gzip;q=0.0, *": false, "identity": false,
	} {
		if got := acceptsGzip(requestWith("Accept-Encoding", encodings)); got != want {
			t.Errorf("Accept-Encoding: %s: %v, want %v", encodings, got, want)
		}
	}
	head := requestWith("Accept-Encoding", "gzip")
	head.Method = http.MethodHead
	if acceptsGzip(head) {
		t.Error("HEAD gets gzip")
	}
}

// requestWith makes a GET with headers, of which empty ones are left out.
func requestWith(headers ...string) *http.Request {
	r := &http.Request{Method: http.MethodGet, Header: http.Header{}}
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] != "" {
			r.Header.Add(headers[i], headers[i+1])
		}
	}
	return r
}
