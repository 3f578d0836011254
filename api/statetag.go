package api

import (
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

// question is a request whose answer follows from the log: the same request by somebody with the same rights has the same answer
// while the log has no new entry. The day is part of the state, for what people are is told as of today where an event has no date.
type question struct {
	s      *server
	key    [sha256.Size]byte // of all that the answer depends on, but the state
	answer keptAnswer        // as far as it is known
}

// ask reads what is asked.
func (s *server) ask(c echo.Context) *question {
	r := c.Request()
	var buffer [512]byte
	b := buffer[:0]
	for _, part := range [...]string{release, s.config.PublicBaseURL, s.epoch, r.URL.Path, acceptedLanguage(r)} {
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
	return &question{s: s, key: sha256.Sum256(b)}
}

// tag names the answer that a state has.
func (q *question) tag(state paging.State) string {
	var buffer [sha256.Size + 32]byte
	b := append(strconv.AppendInt(append(buffer[:0], q.key[:]...), state.Head, 10), ' ')
	sum := sha256.Sum256(append(b, state.Day...))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// answered answers what the client holds already, with 304, and what is kept. held gives the ETag that the client holds of
// the answer that there is now, or "". Only the head of the log is read for it.
func (q *question) answered(c echo.Context, held func(tags, now string) string) (bool, error) {
	tags, kept := strings.TrimSpace(c.Request().Header.Get("If-None-Match")), q.s.answers.get(q.key)
	if tags == "" && kept == nil {
		return false, nil
	}
	state, err := paging.ReadState(c.Request().Context(), q.s.db)
	if err != nil {
		return false, err
	}
	q.s.answers.saw(state.Head)
	now := q.tag(state)
	if tag := held(tags, now); tag != "" {
		c.Response().Header().Set("ETag", heldForm(c.Request(), tag))
		return true, c.NoContent(http.StatusNotModified)
	}
	if kept != nil && kept.tag == now {
		q.s.metrics.kept.Inc()
		return true, kept.send(c)
	}
	return false, nil
}

// from notes the state that the answer is from, and sets its ETag: prefix and the tag of the state.
func (q *question) from(c echo.Context, state paging.State, prefix string) {
	q.s.answers.saw(state.Head)
	q.answer.head, q.answer.tag = state.Head, q.tag(state)
	q.answer.etag = prefix + q.answer.tag
	c.Response().Header().Set("ETag", `"`+q.answer.etag+`"`)
}

// keep keeps the answer; nil keeps nothing.
func (q *question) keep(c echo.Context, body []byte) {
	if q == nil {
		return
	}
	q.answer.link = c.Response().Header().Get("Link")
	q.s.answers.put(q.key, q.answer, body)
}

// A tag is looked for in If-None-Match, not compared: caches weaken it, and compression adds a suffix.

// heldForm gives the ETag of the form in which a client holds the answer that the tag names: a cache looks for it by the tag
// of the 304. Who holds both gets the one that the request would.
func heldForm(r *http.Request, tag string) string {
	tags := r.Header.Get("If-None-Match")
	if strings.Contains(tags, tag+gzipSuffix) && (acceptsGzip(r) || !strings.Contains(tags, tag+`"`)) {
		tag += gzipSuffix
	}
	return `"` + tag + `"`
}

// heldList is for answered of a list.
func heldList(tags, now string) string {
	if tags == "*" || strings.Contains(tags, now) {
		return now
	}
	return ""
}

// heldItem is heldList for one record, whose tag begins with its version. Whether there is one at all, which * asks, is known to a tag only.
func heldItem(tags, now string) string {
	before, _, found := strings.Cut(tags, "-"+now)
	version := before[strings.LastIndexFunc(before, func(r rune) bool { return r < '0' || r > '9' })+1:]
	if !found || version == "" {
		return ""
	}
	return version + "-" + now
}
