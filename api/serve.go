package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"roundtables.kz/registry/internal/formats/export"

	"github.com/klauspost/compress/gzhttp"
)

// Stop configures how Serve ends.
type Stop struct {
	// Delay is how long Serve still accepts requests after /readyz began to return 503, so that a load balancer notices
	// before connections are rejected. The default is none.
	Delay time.Duration
	// Grace is how long requests in progress may take to finish after that.
	Grace time.Duration
}

// linger is how long kept connections are still served after the listener has closed. Clients that are busy learn from a response
// within it that their connection closes, so that no request is on its way when idle connections are closed.
const linger = 200 * time.Millisecond

// Serve serves h on l until ctx ends, then shuts down: /readyz returns 503, responses close their connections, new connections
// are rejected after stop.Delay, idle connections are closed after linger, and requests in progress finish within stop.Grace. It
// returns an error if requests had to be aborted. It closes l.
func Serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger, stop Stop) error {
	var closed atomic.Bool
	server := &http.Server{
		Handler: closeConnections(h, func() bool {
			// Without a delay, the listener closes first: clients that reconnect just then could be cut.
			return ctx.Err() != nil && (stop.Delay > 0 || closed.Load())
		}),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.WithoutCancel(ctx), stoppingKey{}, ending{ctx.Done(), stop.Delay})
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
	err := l.Close()
	<-served //nolint:errcheck // it says that the listener is closed
	closed.Store(true)
	time.Sleep(linger)
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), stop.Grace)
	defer cancel()
	if aborted := server.Shutdown(finish); aborted != nil {
		return errors.Join(fmt.Errorf("requests were aborted after %s: %w", stop.Grace, aborted), server.Close())
	}
	return err
}

// closeConnections sets `Connection: close` in responses while the service stops, so that clients leave before their connections
// are closed. To close idle connections at once, as SetKeepAlivesEnabled does, would cut those on which a request is on its way.
func closeConnections(h http.Handler, stops func() bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if stops() {
			w.Header().Set("Connection", "close")
		}
		h.ServeHTTP(w, r)
	})
}

// Keys of values in the context of a request.
type (
	stoppingKey struct{}
	goneKey     struct{}
)

// ending is the value of stoppingKey.
type ending struct {
	done  <-chan struct{} // closed when the service begins to stop
	delay time.Duration
}

// detached returns the context of a request without the end of its connection. A client may close its sending side after the
// request (as nc -N does) and still read the response, and Go cannot tell that from a client that has gone. Requests that
// wait look at gone.
func detached(ctx context.Context) context.Context {
	return context.WithValue(context.WithoutCancel(ctx), goneKey{}, ctx.Done())
}

// gone returns a channel that is closed when the client has closed its side of the connection.
func gone(ctx context.Context) <-chan struct{} {
	done, _ := ctx.Value(goneKey{}).(<-chan struct{})
	return done
}

// stopping returns a channel that is closed when the service begins to stop, so that waiting requests end. Outside of Serve the
// channel is nil.
func stopping(ctx context.Context) <-chan struct{} {
	end, _ := ctx.Value(stoppingKey{}).(ending)
	return end.done
}

// stopDelay returns how long a stopping service still accepts requests.
func stopDelay(ctx context.Context) time.Duration {
	end, _ := ctx.Value(stoppingKey{}).(ending)
	return end.delay
}

// compress compresses responses over 1 KiB for clients that accept it. The ETag then gets the suffix -gzip, because a strong
// tag identifies the bytes; If-Match and If-None-Match ignore the suffix. Level 1 takes half the time of the default level 6.
// Downloads have a weak ETag and may also use zstd.
func compress(h http.Handler, routes []Route) (http.Handler, error) {
	type around struct{ begin, end string } // what a path has before and after its parameter
	var downloads []around
	for _, r := range routes {
		if r.streams {
			record, extension, ok := splitExtension(r.Path)
			if !ok {
				record, extension = r.Path, ""
			}
			begin, _, _ := strings.Cut(record, ":")
			downloads = append(downloads, around{begin, extension})
		}
	}
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(minCompressed), gzhttp.CompressionLevel(compressionLevel), gzhttp.EnableZstd(false),
		gzhttp.SuffixETag(gzipSuffix), gzhttp.SetContentType(false))
	if err != nil {
		return nil, fmt.Errorf("set up compression: %w", err)
	}
	wrapWhole, err := gzhttp.NewWrapper(gzhttp.MinSize(minCompressed), gzhttp.CompressionLevel(compressionLevel), gzhttp.SetContentType(false),
		gzhttp.ExceptContentTypes([]string{export.MediaTypes["xlsx"], mediaZIP})) // already compressed
	if err != nil {
		return nil, fmt.Errorf("set up compression: %w", err)
	}
	pages, whole := wrap(h), wrapWhole(h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, of := range downloads {
			if strings.HasPrefix(r.URL.Path, of.begin) && strings.HasSuffix(r.URL.Path, of.end) {
				whole(w, r)
				return
			}
		}
		pages(w, r)
	}), nil
}
