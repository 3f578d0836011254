package api

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"

	"github.com/go-json-experiment/json"
	"github.com/labstack/echo/v4"
)

// release identifies the build, because another build may represent the same records differently.
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

// cacheable is a request whose response depends only on the change log: while the log has no new entry, the same request
// with the same rights has the same response. The day is part of the state, because an event without a date shows the
// positions that people hold today.
type cacheable struct {
	s        *server
	key      cacheKey
	response cachedResponse // as far as it is known
}

// cacheable computes the cache key of a request.
func (s *server) cacheable(c echo.Context) *cacheable {
	return s.cacheableAt(c, c.Request().URL.Path, c.QueryParams(), routeOf(c).messages(c.Request()))
}

// cacheableAt computes the cache key of a GET of an address by the client of a request. messages is the language of the messages
// in its response, see Route.messages. A response with another state of the registry is not cacheable: nil.
func (s *server) cacheableAt(c echo.Context, path string, query url.Values, messages string) *cacheable {
	if otherState(c.Request().Context()) != nil {
		return nil
	}
	var buffer [512]byte
	b := buffer[:0]
	for _, part := range [...]string{release, s.config.PublicBaseURL, s.epoch, path, messages} {
		b = strconv.AppendQuote(b, part)
	}
	if inOneLanguage(c) {
		b = append(b, "one language"...)
	}
	for _, scope := range slices.Sorted(slices.Values(actor.From(c.Request().Context()).Scopes)) {
		b = strconv.AppendQuote(b, string(scope))
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if value := query.Get(name); value != "" {
			b = strconv.AppendQuote(append(strconv.AppendQuote(b, name), '='), value)
		}
	}
	return &cacheable{s: s, key: sha256.Sum256(b)}
}

// tag identifies the response in a state.
func (q *cacheable) tag(state paging.State) string {
	var buffer [sha256.Size + 32]byte
	b := append(strconv.AppendInt(append(buffer[:0], q.key[:]...), state.Head, 10), ' ')
	sum := sha256.Sum256(append(b, state.Day...))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// sendCached sends 304 if the client has the current response, or the cached response if it is current. It reports whether
// it sent one; a nil q never does. match returns the ETag of If-None-Match that has the current tag, or "". It reads only the
// head of the log.
func (q *cacheable) sendCached(c echo.Context, match func(ifNoneMatch, current string) string) (bool, error) {
	if q == nil {
		return false, nil
	}
	ifNoneMatch, cached := strings.TrimSpace(joined(c.Request(), "If-None-Match")), q.s.cache.get(q.key)
	if ifNoneMatch == "" && cached == nil {
		return false, nil
	}
	state, err := paging.ReadState(c.Request().Context(), q.s.spare())
	if err != nil {
		return false, err
	}
	q.s.cache.advance(state.Head)
	current := q.tag(state)
	if tag := match(ifNoneMatch, current); tag != "" {
		c.Response().Header().Set("ETag", matchedETag(c.Request(), tag))
		return true, c.NoContent(http.StatusNotModified)
	}
	if cached != nil && cached.tag == current {
		q.s.metrics.cached.Inc()
		return true, cached.send(c)
	}
	return false, nil
}

// heldVersion is the version of a file or feed that a client has: the value of If-None-Match, or else the time of If-Modified-Since. The
// zero value is none.
type heldVersion struct {
	tags  string
	since time.Time
}

// versionHeld returns the version that a client has. A time counts only without a key, because it does not say which scopes the
// client had.
func versionHeld(c echo.Context) heldVersion {
	tags := strings.TrimSpace(joined(c.Request(), "If-None-Match"))
	if tags != "" || !actor.From(c.Request().Context()).Anonymous() {
		return heldVersion{tags: tags}
	}
	since, _ := http.ParseTime(c.Request().Header.Get(echo.HeaderIfModifiedSince)) // a malformed time counts as absent
	return heldVersion{since: since}
}

// tagged reports whether the client names the version by an ETag, which only clients that got the response know.
func (h heldVersion) tagged() bool { return h.tags != "" && h.tags != "*" }

// untagged reports whether the client asks for a newer version without naming its own by an ETag.
func (h heldVersion) untagged() bool { return h.tags == "*" || !h.since.IsZero() }

// sendUnmodified sends 304 if the client has the current file or feed. It reports whether it did; a nil q never does. It reads
// only the head of the log.
func (q *cacheable) sendUnmodified(c echo.Context) (bool, error) {
	has := versionHeld(c)
	if q == nil || has == (heldVersion{}) {
		return false, nil
	}
	now, err := paging.ReadDated(c.Request().Context(), q.s.spare(), q.s.releasedAt)
	if err != nil || !q.unmodified(has, now) {
		return false, err
	}
	return true, q.sendNotModified(c, now)
}

// unmodified reports whether a client has the version of a state. A nil q says no.
func (q *cacheable) unmodified(has heldVersion, now paging.Dated) bool {
	if q == nil {
		return false
	}
	q.s.cache.advance(now.Head)
	if has.tags != "" {
		return matchList(has.tags, q.tag(now.State)) != ""
	}
	return now.UnchangedSince(has.since)
}

// sendNotModified sends 304 with the headers of the current file or feed.
func (q *cacheable) sendNotModified(c echo.Context, now paging.Dated) error {
	q.describe(c.Response().Header(), now.State, now)
	return c.NoContent(http.StatusNotModified)
}

// describe sets the ETag of a file or feed with the content of a state, and Last-Modified if now is that state. The tag is weak,
// because the bytes depend on the compression. A nil q has neither header.
func (q *cacheable) describe(h http.Header, state paging.State, now paging.Dated) {
	if q == nil {
		return
	}
	q.s.cache.advance(state.Head)
	h.Set("ETag", `W/"`+q.tag(state)+`"`)
	if h.Del(echo.HeaderLastModified); state == now.State {
		h.Set(echo.HeaderLastModified, now.LastModified().UTC().Format(http.TimeFormat))
	}
}

// setState notes the state that the response is made from, and sets its ETag: prefix and the tag of the state. It
// does nothing if q is nil.
func (q *cacheable) setState(c echo.Context, state paging.State, prefix string) {
	if q == nil {
		return
	}
	q.s.cache.advance(state.Head)
	q.response.head, q.response.tag = state.Head, q.tag(state)
	q.response.etag = prefix + q.response.tag
	c.Response().Header().Set("ETag", `"`+q.response.etag+`"`)
}

// writtenItem is a record that a write sends, with what its ETag depends on.
type writtenItem struct {
	Path    string       `json:"path"` // of the record
	Lang    string       `json:"lang"`
	Version string       `json:"version"` // that its ETag begins with
	ReadAt  paging.State `json:"read_at"`
}

// etag returns the ETag that a GET of the record has after the commit, so that the client need not send one. If the log has
// grown in between, the ETag is only the version, which If-Match accepts. A failure must not turn the write into an error.
func (w writtenItem) etag(s *server, c echo.Context) string {
	tag := w.Version
	if state, known, err := w.ReadAt.After(c.Request().Context(), s.db); known && err == nil {
		messages := routeOf(c).messages(c.Request()) // as of the record
		tag += "-" + s.cacheableAt(c, w.Path, url.Values{"lang": {w.Lang}}, messages).tag(state)
	}
	return `"` + tag + `"`
}

// unlogged is a record that can change without an entry in the change log. The method returns what changes like that.
type unlogged interface{ Unlogged() any }

// unloggedTag is the ETag of a record that can change without an entry in the change log.
func unloggedTag(version int64, r unlogged, fields []string) (string, error) {
	b, err := json.Marshal([]any{release, version, r.Unlogged(), fields}, input.JSON)
	if err != nil {
		return "", fmt.Errorf("encode what is not in the log: %w", err)
	}
	sum := sha256.Sum256(b)
	return versionTag(version) + "-" + base64.RawURLEncoding.EncodeToString(sum[:16]), nil
}

// store puts the response into the cache. It does nothing if q is nil.
func (q *cacheable) store(c echo.Context, body []byte) {
	if q == nil {
		return
	}
	q.response.link = c.Response().Header().Get("Link")
	q.s.cache.put(q.key, q.response, body)
}

// The following functions search If-None-Match for a tag instead of comparing it: caches weaken tags, and compression adds
// a suffix.

// matchedETag returns the ETag of a 304 in the form that the client sent it, because a cache finds its entry by it. If the
// client sent both forms, the form is that of a full response to the request.
func matchedETag(r *http.Request, tag string) string {
	tags := joined(r, "If-None-Match")
	if strings.Contains(tags, tag+gzipSuffix) && (acceptsGzip(r) || !strings.Contains(tags, tag+`"`)) {
		tag += gzipSuffix
	}
	return `"` + tag + `"`
}

// matchList matches the tag of a list.
func matchList(ifNoneMatch, current string) string {
	if ifNoneMatch == "*" || strings.Contains(ifNoneMatch, current) {
		return current
	}
	return ""
}

// matchItem matches the tag of one record, which begins with its version. It does not match *, because the state does not
// say whether the record exists.
func matchItem(ifNoneMatch, current string) string {
	before, _, found := strings.Cut(ifNoneMatch, "-"+current)
	version := before[strings.LastIndexFunc(before, func(r rune) bool { return r < '0' || r > '9' })+1:]
	if !found || version == "" {
		return ""
	}
	return version + "-" + current
}

// matchEvent matches the tag of a whole event, which begins with the tag of its parts.
func matchEvent(ifNoneMatch, current string) string {
	before, _, found := strings.Cut(ifNoneMatch, "-"+current)
	if tag := eventTag(before); found && tag != "" {
		return tag + "-" + current
	}
	return ""
}

// eventTag returns the tag of an event with its parts at the end of a text.
func eventTag(s string) string {
	return s[strings.LastIndexFunc(s, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef-", r) })+1:]
}

// hasEventTag reports whether If-Match has the tag of an event with its parts. It ignores W/ and suffixes, as ifMatch does.
func hasEventTag(ifMatch, tag string) bool {
	before, after, found := strings.Cut(ifMatch, tag)
	return found && eventTag(before) == "" && (after == "" || eventTag(after[:1]) == "" || after[0] == '-')
}
