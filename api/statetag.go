package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
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

// stateTag names an answer: the same request by somebody with the same rights has the same answer while the log has no new entry. The day
// is part of it, for what people are is told as of today where an event has no date.
func (s *server) stateTag(c echo.Context, state paging.State) string {
	r := c.Request()
	var buffer [512]byte
	b := strconv.AppendInt(buffer[:0], state.Head, 10)
	for _, part := range [...]string{release, s.config.PublicBaseURL, s.epoch, state.Day, r.URL.Path, acceptedLanguage(r)} {
		b = strconv.AppendQuote(b, part)
	}
	for _, scope := range slices.Sorted(slices.Values(actor.From(r.Context()).Scopes)) {
		b = strconv.AppendQuote(b, string(scope))
	}
	query := c.QueryParams()
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if value := query.Get(name); value != "" {
			b = strconv.AppendQuote(append(strconv.AppendQuote(b, name), '='), value)
		}
	}
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// held gives the tags that the client holds, and the one that the answer would have now; empty where it holds none. Only the head of the log
// is read for it.
func (s *server) held(ctx context.Context, c echo.Context) (tags, now string, err error) {
	if tags = strings.TrimSpace(c.Request().Header.Get("If-None-Match")); tags == "" {
		return "", "", nil
	}
	state, err := paging.ReadState(ctx, s.db)
	return tags, s.stateTag(c, state), err
}

// A tag is looked for in If-None-Match, not compared: caches weaken it, and compression adds a suffix.

// unchangedList reports whether the client holds the list already, and then answers so.
func (s *server) unchangedList(ctx context.Context, c echo.Context) (bool, error) {
	tags, now, err := s.held(ctx, c)
	if err != nil || tags == "" || tags != "*" && !strings.Contains(tags, now) {
		return false, err
	}
	return true, notModified(c, now)
}

// unchangedItem is unchangedList for one record. Whether there is one at all, which * asks, is known to a tag only.
func (s *server) unchangedItem(ctx context.Context, c echo.Context) (bool, error) {
	tags, now, err := s.held(ctx, c)
	if err != nil || tags == "" {
		return false, err
	}
	before, _, found := strings.Cut(tags, "-"+now)
	version := before[strings.LastIndexFunc(before, func(r rune) bool { return r < '0' || r > '9' })+1:]
	if !found || version == "" {
		return false, nil
	}
	return true, notModified(c, version+"-"+now)
}

func notModified(c echo.Context, tag string) error {
	c.Response().Header().Set("ETag", `"`+tag+`"`)
	return c.NoContent(http.StatusNotModified)
}
