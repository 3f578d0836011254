package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/paging"

	"github.com/labstack/echo/v4"
)

// release names the build: another one may word the same records differently.
var release = func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	name := info.Main.Version
	for _, s := range info.Settings {
		if strings.HasPrefix(s.Key, "vcs.") {
			name += " " + s.Value
		}
	}
	return name
}()

// listTag is the ETag of a list: the same request by somebody with the same rights has the same answer while the log has no new entry. The day
// is part of it, for what people are is told as of today where an event has no date.
func (s *server) listTag(c echo.Context, state paging.State) string {
	r := c.Request()
	var b strings.Builder
	fmt.Fprintf(&b, "%q", []string{release, s.config.PublicBaseURL, s.epoch, fmt.Sprint(state.Head), state.Day, r.URL.Path, acceptedLanguage(r)})
	fmt.Fprintf(&b, "%q", slices.Sorted(slices.Values(actor.From(r.Context()).Scopes)))
	query := c.QueryParams()
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if value := query.Get(name); value != "" {
			fmt.Fprintf(&b, "%q=%q", name, value)
		}
	}
	sum := sha256.Sum256([]byte(b.String()))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// unchanged reports whether the client holds the list already, and then answers so. Only the head of the log was read for it.
func (s *server) unchanged(ctx context.Context, c echo.Context) (bool, error) {
	held := c.Request().Header.Get("If-None-Match")
	if held == "" {
		return false, nil
	}
	state, err := paging.ReadState(ctx, s.db)
	if err != nil {
		return false, err
	}
	tag := s.listTag(c, state)
	// It is looked for, not compared: caches weaken it, and compression adds a suffix.
	if strings.TrimSpace(held) != "*" && !strings.Contains(held, tag) {
		return false, nil
	}
	c.Response().Header().Set("ETag", `"`+tag+`"`)
	return true, c.NoContent(http.StatusNotModified)
}
