//go:build !linux && !darwin

package embeddedpg

import (
	"context"
	"errors"
	"runtime"
)

var errUnsupported = errors.New("the embedded database runs on Linux and macOS, not on " + runtime.GOOS +
	"; start PostgreSQL 14 or newer yourself and set DATABASE_URL")

// build is unused on this platform.
type build struct{}

// Server is a running embedded PostgreSQL server. It does not exist on this platform.
type Server struct{}

// Start always returns an error on this platform. The error explains the alternative.
func Start(context.Context, Options) (*Server, error) { return nil, errUnsupported }

// URL returns the empty string.
func (*Server) URL() string { return "" }

// Version returns the empty string.
func (*Server) Version() string { return "" }

// Keep returns at once.
func (*Server) Keep(context.Context) error { return nil }

// Stop does nothing.
func (*Server) Stop() error { return nil }
