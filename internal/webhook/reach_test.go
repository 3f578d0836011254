package webhook_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"roundtables.kz/registry/internal/webhook"
)

// internalHosts are addresses that must not be called.
var internalHosts = []string{
	"127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "192.0.2.1", "224.0.0.1", "255.255.255.255",
	"[::1]", "[::]", "[::ffff:10.0.0.1]", "[::ffff:127.0.0.1]", "[fe80::1]", "[fc00::1]", "[64:ff9b::7f00:1]", "[ff02::1]", "[2001:db8::1]",
}

func TestURLsWithBlockedAddressesAreRejected(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"https://mirror.example.org/hooks": "", "https://mirror.example.org:8443/hooks?a=b": "", "https://8.8.8.8/": "", "https://[2606:4700::1111]/": "",
		"https://зеркало.kz/": "", "http://mirror.example.org/": "/url https_required", "https://mirror.example.org:8080/": "/url port_not_allowed", "https://mirror.example.org:80/": "/url port_not_allowed",
		"https://localhost/": "/url address_not_allowed", "https://LOCALHOST./": "/url address_not_allowed", "https://a.localhost/": "/url address_not_allowed",
		"": "/url bad_webhook_url", "mirror.example.org": "/url bad_webhook_url", "ftp://mirror.example.org/": "/url bad_webhook_url", "https:///hooks": "/url bad_webhook_url", "https://me:secret@mirror.example.org/": "/url bad_webhook_url",
		"https://mirror.example.org/#part": "/url bad_webhook_url", "https:mirror.example.org": "/url bad_webhook_url", "https://mirror.example.org:/": "/url bad_webhook_url", "https://mirror.example.org:0/": "/url bad_webhook_url",
		"https://mirror.example.org:99999/": "/url bad_webhook_url", "https://mirror example.org/": "/url bad_webhook_url", "https://mirror.example.org/\n": "/url bad_webhook_url", "//mirror.example.org/": "/url bad_webhook_url",
		"javascript:alert(1)": "/url bad_webhook_url", "file:///etc/passwd": "/url bad_webhook_url",
	}
	for _, host := range internalHosts {
		cases["https://"+host+"/"] = "/url address_not_allowed"
	}
	for address, want := range cases {
		if got := strings.Join(webhook.Reach{}.Check(address), ", "); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
	for address, want := range map[string]string{"http://127.0.0.1:9000/hooks": "", "https://localhost/": "", "ftp://127.0.0.1/": "/url bad_webhook_url"} {
		if got := strings.Join(webhook.Reach{Private: true}.Check(address), ", "); got != want {
			t.Errorf("private, %q: %q, want %q", address, got, want)
		}
	}
}

func TestBlockedAddressesAreNotDialledUnderAnyName(t *testing.T) {
	t.Parallel()
	reached := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { reached <- r.Host }))
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	names := append([]string{"localhost", "0x7f000001", "2130706433", "127.1"}, internalHosts...) // some systems take these as names, others as addresses
	for _, host := range names {
		for _, p := range []string{"443", "8443", port} {
			reason, err := webhook.Reach{}.Call(t.Context(), "http://"+host+":"+p+"/", 10*time.Second)
			if err != nil || reason == "" || reason == "status" || reason == "redirect" {
				t.Errorf("%s: %q, %v", host, reason, err)
			}
			if strings.Count(host, ".") == 3 && reason != "blocked_address" { // this system may not resolve the others
				t.Errorf("%s: %q", host, reason)
			}
		}
	}
	select {
	case host := <-reached:
		t.Errorf("%s was called", host)
	default:
	}
}

func TestReasonsOfFailedCalls(t *testing.T) {
	t.Parallel()
	reached := make(chan struct{}, 1)
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached <- struct{}{} }))
	defer target.Close()
	redirecting := httptest.NewServer(http.RedirectHandler(target.URL, http.StatusTemporaryRedirect))
	defer redirecting.Close()
	selfSigned := httptest.NewTLSServer(http.NotFoundHandler())
	defer selfSigned.Close()
	leave := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-leave }))
	defer slow.Close()
	defer close(leave)
	reach := webhook.Reach{Private: true}
	for _, c := range []struct {
		url, reason string
		limit       time.Duration
	}{
		{redirecting.URL, "redirect", time.Minute},
		{selfSigned.URL, "tls", time.Minute},
		{"https" + strings.TrimPrefix(target.URL, "http"), "tls", time.Minute}, // the target does not speak TLS
		{slow.URL, "timeout", 50 * time.Millisecond},
		{"http://127.0.0.1:1/", "connection", time.Minute},
	} {
		if reason, err := reach.Call(t.Context(), c.url, c.limit); reason != c.reason || err != nil {
			t.Errorf("%s: %q, %v, want %q", c.url, reason, err, c.reason)
		}
	}
	select {
	case <-reached:
		t.Error("a redirect was followed")
	default:
	}
	for want, err := range map[string]error{"dns": &net.DNSError{Err: "no such host", IsNotFound: true}, "timeout": &net.DNSError{IsTimeout: true}, "connection": errors.New("broken off")} {
		if got := webhook.ReasonOf(&url.Error{Op: "Post", Err: err}); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
	if reason, err := reach.Call(t.Context(), target.URL, time.Minute); reason != "" || err != nil {
		t.Errorf("%q, %v", reason, err)
	}
	if reason, err := webhook.CallWith(t.Context(), selfSigned.Client(), selfSigned.URL); reason != "status" || err != nil {
		t.Errorf("404: %q, %v", reason, err)
	}
}
