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

// ports are those that may be called.
var ports = []uint16{443, 8443}

// Reach is which addresses may be called: by default https at public ones, with Private also http and any network, such as that of a
// developer's machine.
type Reach struct{ Private bool }

// check gives what is wrong with the address of a webhook, so that whoever writes it is told at once. What a name stands for is
// known only when it is called: the guard of client decides then.
func (r Reach) check(raw string) []apperr.Field {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" || !isPort(u.Port(), u.Host) {
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

// isPort reports whether the port of a host is one, or none is given.
func isPort(port, host string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" && !strings.HasSuffix(host, ":") || err == nil && n > 0
}

// isInternal reports whether a host is an address that may not be called, or one of the names that stand for such.
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

// client makes what calls addresses: the guard looks at the address that a name was resolved to, when it is dialled. Redirects are not
// followed, proxies not used, and nothing of one call is kept for another.
func (r Reach) client(limit time.Duration) *http.Client {
	dialer := &net.Dialer{Timeout: limit, KeepAlive: -1}
	if !r.Private {
		dialer.Control = guard().Safe
	}
	return &http.Client{
		Timeout:       limit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: limit, ResponseHeaderTimeout: limit,
			DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: 16 << 10,
		},
	}
}
