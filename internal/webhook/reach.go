package webhook

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"roundtables.kz/registry/internal/apperr"

	"code.dny.dev/ssrf"
)

// ports are the allowed ports.
var ports = []uint16{443, 8443}

// Reach decides which URLs may be called: https at public addresses by default; with Private also http and private
// networks, for development.
type Reach struct{ Private bool }

// check returns what is wrong with the URL of a webhook. It does not resolve host names: the client checks the resolved
// address of every call.
func (r Reach) check(raw string) []apperr.Field {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" ||
		u.User != nil || u.Fragment != "" || u.Opaque != "" || !isPort(u.Port(), u.Host) {
		return []apperr.Field{apperr.At("/url", "bad_webhook_url")}
	}
	if r.Private {
		return nil
	}
	port, _ := strconv.ParseUint(u.Port(), 10, 16)
	switch {
	case u.Scheme != "https":
		return []apperr.Field{apperr.At("/url", "https_required")}
	case u.Port() != "" && !slices.Contains(ports, uint16(port)):
		return []apperr.Field{apperr.At("/url", "port_not_allowed")}
	case isInternal(u.Hostname()):
		return []apperr.Field{apperr.At("/url", "address_not_allowed")}
	}
	return nil
}

// isPort reports whether the port of a host is valid or absent.
func isPort(port, host string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" && !strings.HasSuffix(host, ":") || err == nil && n > 0
}

// isInternal reports whether a host is a blocked address or a name of the local host.
func isInternal(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if ip, err := netip.ParseAddr(host); err == nil {
		network := "tcp4"
		if !ip.Is4() {
			network = "tcp6"
		}
		return guard().Safe(network, netip.AddrPortFrom(ip, ports[0]).String(), nil) != nil
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

func guard() *ssrf.Guardian { return ssrf.New(ssrf.WithPorts(ports...)) }

// client returns the client that calls webhooks. It checks each resolved address when it connects. It does not follow
// redirects, uses no proxy and reuses no connection.
func (r Reach) client(timeout time.Duration) *http.Client {
	dialer := &net.Dialer{Timeout: timeout, KeepAlive: -1}
	if !r.Private {
		dialer.Control = guard().Safe
	}
	return &http.Client{
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: timeout, ResponseHeaderTimeout: timeout,
			DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: 16 << 10,
		},
	}
}
