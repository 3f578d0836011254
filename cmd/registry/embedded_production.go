//go:build production

package main

import (
	"context"
	"log/slog"

	"roundtables.kz/registry/internal/config"
)

// embeddedServer is what startEmbedded returns in builds with an embedded database.
type embeddedServer struct{}

func (embeddedServer) URL() string     { return "" }
func (embeddedServer) Version() string { return "" }
func (embeddedServer) Stop() error     { return nil }

func (embeddedServer) Keep(context.Context) error { return nil }

// startEmbedded reports that this build has no embedded database: production images neither start nor download one.
func startEmbedded(*call, config.Config, *slog.Logger) (embeddedServer, error) {
	return embeddedServer{}, config.Problems{"DATABASE_URL: is not set, and this build has no embedded database"}
}
