package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"roundtables.kz/registry/internal/formats/export"

	"github.com/klauspost/compress/gzhttp"
)

// Stop says how Serve ends.
type Stop struct {
	// Delay is how long requests are still taken after /readyz began to answer 503, so that a load balancer notices
	// before anyone is refused. None by default.
	Delay time.Duration
	// Grace is how long requests that are being answered may take to finish after that.
	Grace time.Duration
}

// Serve answers requests on l with h until ctx ends, then stops in order: /readyz says 503, after stop.Delay new
// connections are refused, and what is being answered finishes within stop.Grace. It returns nil after an orderly stop
// and an error when requests had to be broken off. It closes l.
func Serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger, stop Stop) error {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.WithoutCancel(ctx), stoppingKey{}, ctx.Done())
		},
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-time.After(stop.Delay):
	}
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), stop.Grace)
	defer cancel()
	if err := server.Shutdown(finish); err != nil {
		return errors.Join(fmt.Errorf("requests were broken off after %s: %w", stop.Grace, err), server.Close())
	}
	return nil
}

type stoppingKey struct{}

// stopping gives a channel that is closed when the service begins to stop: answers that wait for something end then.
// Outside of Serve it is nil, which never happens.
func stopping(ctx context.Context) <-chan struct{} {
	done, _ := ctx.Value(stoppingKey{}).(<-chan struct{})
	return done
}

// compress makes answers over 1 KiB smaller for clients that ask for it. An ETag gets the suffix -gzip then, as a strong
// tag names the bytes; If-Match and If-None-Match do not mind it. Level 1 costs half of what the usual level 6 does. Files,
// which have no ETag, are compressed by zstd where the client takes it.
func compress(h http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(minCompressed), gzhttp.CompressionLevel(compressionLevel), gzhttp.EnableZstd(false),
		gzhttp.SuffixETag(gzipSuffix), gzhttp.SetContentType(false))
	if err != nil {
		return nil, fmt.Errorf("set up compression: %w", err)
	}
	wrapWhole, err := gzhttp.NewWrapper(gzhttp.MinSize(minCompressed), gzhttp.CompressionLevel(compressionLevel), gzhttp.SetContentType(false),
		gzhttp.ExceptContentTypes([]string{export.MediaTypes["xlsx"]})) // which are compressed already
	if err != nil {
		return nil, fmt.Errorf("set up compression: %w", err)
	}
	pages, whole := wrap(h), wrapWhole(h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isDownload(r.URL.Path) {
			whole(w, r)
		} else {
			pages(w, r)
		}
	}), nil
}
