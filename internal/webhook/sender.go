package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
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
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// callTimeout is how long a receiver may take to answer.
const callTimeout = 15 * time.Second

// maxRetryAfter limits the delay that a receiver can request with Retry-After.
const maxRetryAfter = 24 * time.Hour

// The reasons for which an attempt failed.
const (
	blockedAddress   = "blocked_address"
	dnsFailed        = "dns"
	connectionFailed = "connection"
	tlsFailed        = "tls"
	timedOut         = "timeout"
	redirected       = "redirect"
	badStatus        = "status"
)

// outcome is the result of one attempt.
type outcome struct {
	status     *int   // HTTP status of the response; nil if there was none
	reason     string // why the attempt failed; empty: it succeeded
	retryAfter time.Duration
	took       time.Duration
}

// send posts a message to a URL. Of the response it reads only the status and Retry-After.
func send(ctx context.Context, client *http.Client, url string, secrets []string, messageID string, payload []byte) (outcome, error) {
	at := time.Now()
	signature, err := signatures(secrets, messageID, at, payload)
	if err != nil {
		return outcome{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(payload))
	if err != nil {
		return outcome{}, err
	}
	request.Header = http.Header{
		"Content-Type": {"application/json"}, "User-Agent": {"roundtables-registry"},
		"Webhook-Id": {messageID}, "Webhook-Timestamp": {strconv.FormatInt(at.Unix(), 10)}, "Webhook-Signature": {signature},
	}
	response, err := client.Do(request)
	took := time.Since(at)
	if err != nil {
		return outcome{reason: reasonOf(err), took: took}, nil
	}
	_ = response.Body.Close()
	out := outcome{status: &response.StatusCode, took: took}
	switch {
	case response.StatusCode >= 300 && response.StatusCode < 400:
		out.reason = redirected
	case response.StatusCode < 200 || response.StatusCode > 299:
		out.reason = badStatus
		out.retryAfter = retryAfter(response.Header.Get("Retry-After"), at)
	}
	return out, nil
}

func reasonOf(err error) string {
	var name *net.DNSError
	var timeout net.Error
	var certificate *tls.CertificateVerificationError
	var alert tls.AlertError
	var host x509.HostnameError
	switch {
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedPort),
		errors.Is(err, ssrf.ErrProhibitedNetwork), errors.Is(err, ssrf.ErrInvalidHostPort):
		return blockedAddress
	case errors.As(err, &name) && !name.IsTimeout:
		return dnsFailed
	case errors.As(err, &timeout) && timeout.Timeout():
		return timedOut
	case errors.As(err, &certificate), errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &alert), errors.As(err, &host):
		return tlsFailed
	}
	return connectionFailed
}

// retryAfter parses the header Retry-After: seconds or a date (RFC 9110 section 10.2.3). It returns 0 if there is neither.
func retryAfter(header string, now time.Time) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.ParseInt(header, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}

// secretOverlap is how long messages are also signed with the previous secret after a rotation, so that receivers have
// time to switch.
const secretOverlap = 24 * time.Hour

// newSeed returns the seed of a secret, at least 130 random bits.
func newSeed() string { return rand.Text() }

// secretOf derives the secret of a seed: "whsec_" and 256 bits in base64. It also depends on the registry's secret, so
// that the table of webhooks alone is not enough to sign messages.
func secretOf(registry []byte, seed string) string {
	m := hmac.New(sha256.New, registry)
	m.Write([]byte("webhook:" + seed))
	return "whsec_" + base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// signatures signs a message with each secret and returns the signatures, separated by spaces.
func signatures(secrets []string, messageID string, at time.Time, payload []byte) (string, error) {
	all := make([]string, len(secrets))
	for i, secret := range secrets {
		signer, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			return "", err
		}
		if all[i], err = signer.Sign(messageID, at, payload); err != nil {
			return "", err
		}
	}
	return strings.Join(all, " "), nil
}

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
