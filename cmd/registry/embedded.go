//go:build !production

package main

import (
	"cmp"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"roundtables.kz/registry/internal/config"
	"roundtables.kz/registry/internal/embeddedpg"
)

// startEmbedded starts the embedded database in DATA_DIR.
func startEmbedded(c *call, s config.Config, log *slog.Logger) (*embeddedpg.Server, error) {
	dir := filepath.Join(s.DataDir, "postgres")
	return embeddedpg.Start(c.ctx, embeddedpg.Options{Dir: dir, Role: "registry", Downloads: downloads(c.environ), Log: log})
}

// downloads returns the directory for downloaded servers in the user's cache, so that each is downloaded once. It returns
// "", which means DATA_DIR, if there is no cache directory.
func downloads(environ []string) string {
	var cache, home string
	for _, entry := range environ {
		if v, ok := strings.CutPrefix(entry, "XDG_CACHE_HOME="); ok {
			cache = v
		} else if v, ok := strings.CutPrefix(entry, "HOME="); ok && v != "" {
			home = filepath.Join(v, ".cache")
		}
	}
	if dir := cmp.Or(cache, home); filepath.IsAbs(dir) && os.MkdirAll(dir, 0o755) == nil { // #nosec G301 -- the server may run as another user
		return filepath.Join(dir, "registry-postgres")
	}
	return ""
}
