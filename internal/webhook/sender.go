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
