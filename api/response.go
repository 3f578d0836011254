package api

import (
	"bytes"

	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/text"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
	"golang.org/x/text/language"
)

// License is the licence of the data. Every file and feed states it, in a header and, where the format has a place for it, in
// itself.
const (
	License      = "https://creativecommons.org/licenses/by/4.0/"
	licenseName  = "CC-BY-4.0" // as SPDX names it
	licenseTitle = "Creative Commons Attribution 4.0 International"
	licenseLink  = "<" + License + `>; rel="license"`
)

// Page is the envelope of a list.
type Page[T any] struct {
	Data []T      `json:"data"` // The records of this page, in order.
	Page PageInfo `json:"page"`
	Meta ListMeta `json:"meta"`

	Facets Facets `json:"facets,omitzero"`
}

// PageInfo says where the next page is.
//
//	@Description	The limit of this page and the address of the next page.
type PageInfo struct {
	Limit      int     `json:"limit" example:"50"` // The applied limit.
	NextCursor *string `json:"next_cursor"`        // The `cursor` of the next page; null on the last page.
	Next       *string `json:"next"`               // The address of the next page; null on the last page.
} //	@name	PageInfo

// ListMeta describes a list.
//
//	@Description	The change cursor, the total and the licence of a list.
type ListMeta struct {
	Cursor         string `json:"cursor" example:"q83vEjRWeJB7ImUiOiIxZjBjOWEzZSIsIm4iOjEyOH0"`   // The change cursor of this page: `/v1/changes` returns what changed after it.
	Total          *int64 `json:"total"`                                                          // The number of records that match the filters; null without `count`.
	TotalEstimated bool   `json:"total_estimated"`                                                // Whether `total` is an estimate.
	License        string `json:"license" example:"https://creativecommons.org/licenses/by/4.0/"` // Licence of the data.

	Facets map[string]FacetRest `json:"facets,omitzero"` // With `facets`: the records that the values of each dimension leave out.
} //	@name	ListMeta

// buffers are reused to encode responses, except very large ones.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const largeResponse = 256 << 10 // bytes

// send writes v as JSON.
func send(c echo.Context, status int, mediaType string, v any) error {
	return sendCacheable(c, status, mediaType, v, nil)
}

// sendCacheable is send for a response that goes into the cache, unless q is nil.
func sendCacheable(c echo.Context, status int, mediaType string, v any, q *cacheable) error {
	b := buffers.Get().(*bytes.Buffer)
	defer func() {
		if b.Cap() <= largeResponse {
			b.Reset()
			buffers.Put(b)
		}
	}()
	if err := json.MarshalWrite(b, v, input.JSON); err != nil {
		return fmt.Errorf("encode the response: %w", err)
	}
	body := jsontext.Value(b.Bytes())
	if inOneLanguage(c) {
		var err error
		if body, err = withoutMaps(body); err != nil {
			return err
		}
	}
	q.store(c, body)
	c.Response().Header().Set(echo.HeaderContentLength, strconv.Itoa(len(body))) // otherwise a large response is sent in chunks
	return c.Blob(status, mediaType, body)
}

// list sends a page with its envelope and Link header. q is nil if the page depends on more than the change log.
func (s *server) list(c echo.Context, p *paging.PageParams, page any, info listInfo, q *cacheable) error {
	envelope := struct {
		Data   any      `json:"data"`
		Page   PageInfo `json:"page"`
		Meta   ListMeta `json:"meta"`
		Facets Facets   `json:"facets,omitzero"`
	}{
		page, PageInfo{Limit: info.limit},
		ListMeta{s.changeCursor(c.Request().Context(), info.state.Head), info.total, info.estimated, License, info.rest}, info.facets,
	}
	if info.next != nil {
		s.linkNext(c, &envelope.Page, s.cursors.encode(info.next, c.Request().URL.Path, c.QueryParams()))
	}
	localize(page, p.Lang)
	if len(p.Fields) > 0 {
		projected, err := project(page, p.Fields)
		if err != nil {
			return err
		}
		envelope.Data = projected
	}
	if info.estimated { // the next estimate may differ
		q = nil
	}
	return sendCacheable(c, http.StatusOK, echo.MIMEApplicationJSON, envelope, q)
}

// linkNext sets the cursor and the address of the next page, also in the Link header.
func (s *server) linkNext(c echo.Context, page *PageInfo, cursor string) {
	query := maps.Clone(c.QueryParams())
	if taken, ok := c.Get(otherStateParams).(url.Values); ok {
		maps.Copy(query, taken)
	}
	query.Set("cursor", cursor)
	link := s.config.PublicBaseURL + c.Request().URL.Path + "?" + query.Encode()
	page.NextCursor, page.Next = &cursor, &link
	c.Response().Header().Set("Link", "<"+link+`>; rel="next"`)
}

type listInfo struct {
	limit     int
	next      *paging.Cursor
	state     paging.State
	total     *int64
	estimated bool
	facetResult
}

func infoOf[T any](p paging.Page[T]) listInfo {
	return listInfo{limit: p.Limit, next: p.Next, state: p.State, total: p.Total, estimated: p.Estimated}
}

// record is a record of a resource.
type record interface {
	Meta() changes.Record
	Cursor() paging.Cursor
}

// itemParams are the parameters of every item.
type itemParams struct {
	Fields []string `query:"fields" form:"fields"`                           // Returns only these members, and always `id` and `version`.
	Lang   string   `query:"lang" form:"lang" validate:"omitempty,language"` // Adds `<field>_text` and `<field>_lang` to every text, in this language or, if missing, the first available of ru, en, kk.
}

// written sends the record that a write created or changed, with the ETag that a GET of path has. A dry run has none.
func written[T record](s *server, c echo.Context, status int, r *T, path string, p writeParams) error {
	meta := (*r).Meta()
	if own, ok := any(*r).(unlogged); ok && !p.DryRun {
		tag, err := unloggedTag(meta.Version, own, nil)
		if err != nil {
			return err
		}
		c.Response().Header().Set("ETag", `"`+tag+`"`)
	} else if !p.DryRun {
		s.tagWritten(c, writtenItem{path, p.Lang, versionTag(meta.Version), meta.ReadAt})
	}
	return show(c, status, r, itemParams{Lang: p.Lang}, nil)
}

// tagWritten sets the ETag of a record that a write created or changed, after the commit.
func (s *server) tagWritten(c echo.Context, w writtenItem) {
	if _, pending := c.Get(transactionKey).(pgx.Tx); pending {
		c.Set(writtenKey, &w)
	} else {
		c.Response().Header().Set("ETag", w.etag(s, c))
	}
}

// show sends one record. q is nil if the record depends on more than the change log.
func show[T any](c echo.Context, status int, r *T, p itemParams, q *cacheable) error {
	localize(r, p.Lang)
	if len(p.Fields) == 0 {
		return sendCacheable(c, status, echo.MIMEApplicationJSON, r, q)
	}
	projected, err := project(r, p.Fields)
	if err != nil {
		return err
	}
	return sendCacheable(c, status, echo.MIMEApplicationJSON, projected, q)
}

// localize adds the texts in a language, unless it is empty.
func localize(v any, lang string) {
	if lang != "" {
		text.Localize(v, lang)
	}
}

func versionTag(version int64) string { return strconv.FormatInt(version, 10) }

// ifMatch returns the version in If-Match, or 0 for "*". It ignores W/ and suffixes that proxies add. RFC 9110 compares bytes;
// the deviation is intended, because the tag identifies a version of the record.
func ifMatch(r *http.Request) (int64, error) {
	tag := strings.TrimSpace(r.Header.Get("If-Match"))
	if tag == "" {
		return 0, &apperr.Error{Kind: apperr.Required, Code: "if_match_required"}
	}
	if tag == "*" {
		return 0, nil
	}
	digits := strings.TrimPrefix(strings.TrimPrefix(tag, "W/"), `"`)
	if end := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
		digits = digits[:end]
	}
	version, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || version < 1 {
		return 0, apperr.BadQuery([]apperr.Field{apperr.In("If-Match", "bad_if_match")})
	}
	return version, nil
}

func stale(current int64) error {
	return &apperr.Error{Kind: apperr.Stale, Code: "stale_version", Args: apperr.Args{"current": strconv.FormatInt(current, 10)},
		Extra: map[string]any{"current_version": current}}
}

// acceptedLanguage returns the first language of Accept-Language, or "".
func acceptedLanguage(r *http.Request) string {
	header := r.Header.Get("Accept-Language")
	if header == "" || header == "*" {
		return ""
	}
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil || len(tags) == 0 || tags[0] == language.Und {
		return ""
	}
	return tags[0].String()
}

// project keeps the named members, id and version of a record or of each record of a list.
func project(v any, names []string) (jsontext.Value, error) {
	t := reflect.TypeOf(v)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	keep, err := selectMembers(t, names)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(v, input.JSON)
	if err != nil {
		return nil, fmt.Errorf("encode the response: %w", err)
	}
	return keepMembers(raw, keep)
}

// selection is the members to keep of an object, each with the members to keep within it: nil for all of them.
type selection map[string]selection

// selectionOf selects whole members.
func selectionOf(names ...string) selection {
	s := selection{}
	for _, n := range names {
		s[n] = nil
	}
	return s
}

// selectMembers returns the members to keep for the given names, or an error for unknown names. A name may be that of a member of
// the records in a list, such as `attendees.person`.
func selectMembers(t reflect.Type, names []string) (selection, error) {
	keep, known := selectionOf("id", "version"), fieldsOf(t)
	var unknown []apperr.Field
	for _, n := range names {
		if !slices.Contains(known, n) {
			unknown = append(unknown, unknownField(n, known))
			continue
		}
		name, member, within := strings.Cut(n, ".")
		inner, selected := keep[name]
		switch {
		case !within:
			inner = nil
		case !selected:
			inner = selectionOf("id", "version")
		}
		if inner != nil {
			inner.add(member)
		}
		keep.add(name)
		keep[name] = inner
	}
	return keep, apperr.BadQuery(unknown)
}

// unknownField is the mistake of a name in `fields` that is none of known.
func unknownField(name string, known []string) apperr.Field {
	return input.Suggest(apperr.In("fields", "unknown_field", "value", name), "unknown_field_hint", name, known)
}

// fieldsOf returns the names that `fields` can have: the members of a record, then those of the records in its lists.
func fieldsOf(t reflect.Type) []string {
	members := input.Members(t)
	names := slices.Sorted(maps.Keys(members))
	for _, name := range slices.Clone(names) {
		list := t.FieldByIndex(members[name]).Type
		if list.Kind() == reflect.Slice && list.Elem().Kind() == reflect.Struct && input.IsObject(list.Elem()) {
			for _, member := range slices.Sorted(maps.Keys(input.Members(list.Elem()))) {
				names = append(names, name+"."+member)
			}
		}
	}
	return names
}

// add selects a whole member with the texts that a language adds.
func (s selection) add(name string) { s[name], s[name+"_text"], s[name+"_lang"] = nil, nil, nil }

// keepMembers copies an object, or an array of objects, with only the selected members.
func keepMembers(raw jsontext.Value, keep selection) (jsontext.Value, error) {
	var out bytes.Buffer
	d, e := jsontext.NewDecoder(bytes.NewReader(raw)), jsontext.NewEncoder(&out)
	for {
		token, err := d.ReadToken()
		if err == io.EOF {
			return bytes.TrimSpace(out.Bytes()), nil
		}
		if err != nil {
			return nil, err
		}
		if token.Kind() != '"' { // a bracket of the array or of an object
			if err := e.WriteToken(token); err != nil {
				return nil, err
			}
			continue
		}
		name := token.String()
		value, err := d.ReadValue()
		inner, kept := keep[name]
		if inner != nil && err == nil && (value.Kind() == '{' || value.Kind() == '[') {
			value, err = keepMembers(value, inner)
		}
		if err == nil && kept {
			err = errors.Join(e.WriteToken(jsontext.String(name)), e.WriteValue(value))
		}
		if err != nil {
			return nil, err
		}
	}
}
