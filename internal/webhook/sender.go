package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"

	"code.dny.dev/ssrf"
)

// callLimit is how long an address may take to answer.
const callLimit = 15 * time.Second

// longestWait bounds what an address can ask for with Retry-After.
const longestWait = 24 * time.Hour

// The reasons for which an attempt failed.
const (
	blockedAddress = "blocked_address"
	noName         = "dns"
	noConnection   = "connection"
	badCertificate = "tls"
	tooSlow        = "timeout"
	redirected     = "redirect"
	refusedStatus  = "status"
)

// outcome is what became of one attempt.
type outcome struct {
	status     *int   // of the answer, if there was one
	reason     string // why it failed; empty: it was delivered
	retryAfter time.Duration
	took       time.Duration
}

// send calls an address with a message. Nothing of the answer is read but its status.
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
		out.reason = refusedStatus
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
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedPort), errors.Is(err, ssrf.ErrProhibitedNetwork), errors.Is(err, ssrf.ErrInvalidHostPort):
		return blockedAddress
	case errors.As(err, &name) && !name.IsTimeout:
		return noName
	case errors.As(err, &timeout) && timeout.Timeout():
		return tooSlow
	case errors.As(err, &certificate), errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &alert), errors.As(err, &host):
		return badCertificate
	}
	return noConnection
}

// retryAfter reads the header, seconds or a date (RFC 9110 section 10.2.3); 0 where it says nothing.
func retryAfter(header string, now time.Time) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.ParseInt(header, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), longestWait)
}
