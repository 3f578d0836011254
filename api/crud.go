package api

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/roundtable"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// listOf sends a list, or 304 if the client has the current one.
func listOf[F any, T paging.Row](s *server, c echo.Context, list func(context.Context, pg.DB, F) (paging.Page[T], error)) error {
	return listWith(s, c, s.cacheable(c), list)
}

// uncachedListOf is listOf without ETag and 304, for data that is not recorded in the change log.
func uncachedListOf[F any, T paging.Row](s *server, c echo.Context, list func(context.Context, pg.DB, F) (paging.Page[T], error)) error {
	return listWith(s, c, nil, list)
}

// listWith is listOf with the cache entry of the request, or nil.
func listWith[F any, T paging.Row](s *server, c echo.Context, q *cacheable, list func(context.Context, pg.DB, F) (paging.Page[T], error)) error {
	f, facets, err := facetQuery[F](s, c)
	if err != nil {
		return err
	}
	if done, err := q.sendCached(c, matchList); done || err != nil {
		return err
	}
	if len(facets.Facets) > 0 { // they may read all records of the collection
		held, err := s.aggregates.enter(c)
		if err != nil {
			return err
		}
		defer s.aggregates.leave(held)
	}
	var page paging.Page[T]
	err = s.shares.run(c, func(ctx context.Context) (err error) {
		page, err = list(ctx, s.db, f)
		return err
	})
	if err != nil {
		return err
	}
	info := infoOf(page)
	if len(facets.Facets) > 0 {
		if info.facetResult, err = readFacets(s, c, list, facets, paging.ParamsOf(&f).Lang); err != nil {
			return err
		}
	}
	q.setState(c, page.State, "")
	return s.list(c, paging.ParamsOf(&f), page.Items, info, q)
}

// withinOf sends a list narrowed to the round table in the path. A round table that the actor may not see is 404 or 410.
func withinOf[F any, T paging.Row](s *server, c echo.Context, list func(context.Context, pg.DB, int64, F) (paging.Page[T], error)) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	return listOf(s, c, func(ctx context.Context, db pg.DB, f F) (paging.Page[T], error) {
		page, err := list(ctx, db, n, f)
		if err == nil && len(page.Items) == 0 { // records belong to visible round tables only
			err = changes.See(ctx, db, roundtable.Table, roundtable.Type, n)
		}
		return page, err
	})
}

// itemOf sends one record, or 304 if the client has the current one.
func itemOf[T record](s *server, c echo.Context, get func(context.Context, pg.DB, int64) (T, error)) error {
	var p itemParams
	return itemWith(s, c, &p, &p, get)
}

// unloggedItemOf is itemOf for records that can change without an entry in the change log: it reads the record first.
func unloggedItemOf[T interface {
	record
	unlogged
}](s *server, c echo.Context, get func(context.Context, pg.DB, int64) (T, error)) error {
	var p itemParams
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), &p)); err != nil {
		return err
	}
	n, err := id(c)
	if err != nil {
		return err
	}
	r, err := get(c.Request().Context(), s.db, n)
	if err != nil {
		return err
	}
	tag, err := unloggedTag(r.Meta().Version, r, p.Fields)
	if err != nil {
		return err
	}
	if strings.Contains(c.Request().Header.Get("If-None-Match"), tag) {
		c.Response().Header().Set("ETag", matchedETag(c.Request(), tag))
		return c.NoContent(http.StatusNotModified)
	}
	c.Response().Header().Set("ETag", `"`+tag+`"`)
	return show(c, http.StatusOK, &r, p, nil)
}

// itemWith is itemOf with further parameters: params points to a struct that embeds p.
func itemWith[T record](s *server, c echo.Context, params any, p *itemParams, get func(context.Context, pg.DB, int64) (T, error)) error {
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), params)); err != nil {
		return err
	}
	n, err := id(c)
	if err != nil {
		return err
	}
	q := s.cacheable(c)
	if done, err := q.sendCached(c, matchItem); done || err != nil {
		return err
	}
	var r T
	err = s.shares.run(c, func(ctx context.Context) (err error) {
		r, err = get(ctx, s.db, n)
		return err
	})
	if err != nil {
		return err
	}
	meta := r.Meta()
	q.setState(c, meta.ReadAt, versionTag(meta.Version)+"-")
	return show(c, http.StatusOK, &r, *p, q)
}

// writeParams are the parameters of every write.
type writeParams struct {
	DryRun bool   `query:"dry_run" form:"dry_run"`                                     // Validates and runs the request, then rolls back. The response shows what would have happened, with `X-Dry-Run: true`.
	Reason string `query:"reason" form:"reason" validate:"omitempty,notblank,max=500"` // Why, for the history: at most 500 characters, in any script. The header `X-Change-Reason` does the same.
	Lang   string `query:"lang" form:"lang" validate:"omitempty,language"`             // Adds `<field>_text` and `<field>_lang` to every text, in this language or, if missing, the first available of ru, en, kk.
}

// write reads the parameters of a write and runs f in its transaction.
func (s *server) write(c echo.Context, f func(ctx context.Context, tx pgx.Tx) error) (writeParams, error) {
	var p writeParams
	err := s.writeWith(c, &p, &p, f)
	return p, err
}

// writeWith is write with further parameters: params points to a struct that embeds p.
func (s *server) writeWith(c echo.Context, params any, p *writeParams, f func(ctx context.Context, tx pgx.Tx) error) error {
	fieldErrors := input.BindWrite(c.QueryParams(), params)
	why, bad := reason(c.Request())
	if err := apperr.BadQuery(append(fieldErrors, bad...)); err != nil {
		return err
	}
	ctx := c.Request().Context()
	o := changes.Options{DryRun: p.DryRun, Reason: why, Request: c.Response().Header().Get(echo.HeaderXRequestID)}
	var err error
	if tx, ok := c.Get(transactionKey).(pgx.Tx); ok { // the transaction that stores the Idempotency-Key
		err = changes.Within(ctx, tx, o, func(tx pgx.Tx) error { return f(ctx, tx) })
	} else {
		err = s.shares.run(c, func(ctx context.Context) error {
			return changes.Write(ctx, s.db, o, func(tx pgx.Tx) error { return f(ctx, tx) })
		})
	}
	if p.DryRun {
		c.Response().Header().Set("X-Dry-Run", "true")
	}
	return err
}

// actOn runs a write on the record in the path and sends what get reads after it.
func actOn[T record](s *server, c echo.Context, act func(ctx context.Context, tx pgx.Tx, id int64) error,
	get func(context.Context, pg.DB, int64) (T, error)) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	return writeItem(s, c, func(ctx context.Context, tx pgx.Tx) (r T, err error) {
		if err := act(ctx, tx, n); err != nil {
			return r, err
		}
		return get(ctx, tx, n)
	})
}

// itemPath returns the address of the record of a PATCH or an action: "/v1/topics/7" of "/v1/topics/7/restore".
func itemPath(c echo.Context) string {
	n := slices.Index(strings.Split(c.Path(), "/"), ":id") + 1
	return strings.Join(strings.Split(c.Request().URL.Path, "/")[:n], "/")
}

// writeItem runs a write and sends the record that it returns.
func writeItem[T record](s *server, c echo.Context, f func(ctx context.Context, tx pgx.Tx) (T, error)) error {
	var r T
	p, err := s.write(c, func(ctx context.Context, tx pgx.Tx) (err error) {
		r, err = f(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	return written(s, c, http.StatusOK, &r, itemPath(c), p)
}

// created sends a record of the list with 201 and Location, or with 200 after a dry run.
func created[T record](s *server, c echo.Context, r *T, list string, p writeParams) error {
	if p.DryRun {
		return written(s, c, http.StatusOK, r, "", p)
	}
	path := list + "/" + strconv.FormatInt((*r).Meta().ID, 10)
	c.Response().Header().Set(echo.HeaderLocation, path)
	return written(s, c, http.StatusCreated, r, path, p)
}

// createOf creates a record from the body and sends it.
func createOf[I any, T record](s *server, c echo.Context,
	create func(context.Context, pgx.Tx, I) (int64, error), get func(context.Context, pg.DB, int64) (T, error)) error {
	var p writeParams
	return createWith(s, c, &p, &p, create, get)
}

// createWith is createOf with further parameters: params points to a struct that embeds p.
func createWith[I any, T record](s *server, c echo.Context, params any, p *writeParams,
	create func(context.Context, pgx.Tx, I) (int64, error), get func(context.Context, pg.DB, int64) (T, error)) error {
	in, err := body[I](c)
	if err != nil {
		return err
	}
	var r T
	err = s.writeWith(c, params, p, func(ctx context.Context, tx pgx.Tx) error {
		n, err := create(ctx, tx, in)
		if err != nil {
			return err
		}
		r, err = get(ctx, tx, n)
		return err
	})
	if err != nil {
		return err
	}
	return created(s, c, &r, c.Request().URL.Path, *p)
}

// duplicateParams are the parameters of creating a person or an organization.
type duplicateParams struct {
	writeParams
	AllowDuplicate bool `query:"allow_duplicate" form:"allow_duplicate"` // Creates the record even if it seems to be a duplicate. The registry then stores that the records are distinct.
}

// learnParams are the parameters of writes that confirm to which record a name belongs.
type learnParams struct {
	writeParams
	Learn bool `query:"learn" form:"learn" default:"true"` // Whether to remember the confirmed names (kind `as_listed`), so that the next document is not asked about them.
}

// patchOf applies a merge patch (RFC 7396) to the part of a record that clients write, which content returns.
func patchOf[I any, T record](s *server, c echo.Context, get func(context.Context, pg.DB, int64) (T, error),
	content func(*T) *I, update func(context.Context, pgx.Tx, T, I) error) error {
	n, version, err := versionedID(c)
	if err != nil {
		return err
	}
	patch, err := readJSON(c, "application/merge-patch+json", "application/json")
	if err != nil {
		return err
	}
	if patch.Kind() != '{' {
		return input.Malformed("not_an_object", "")
	}
	return writeItem(s, c, func(ctx context.Context, tx pgx.Tx) (r T, err error) {
		if r, err = get(ctx, pg.ForUpdate{Tx: tx}, n); err != nil {
			return r, err
		}
		if now := r.Meta().Version; version != 0 && version != now {
			return r, stale(now)
		}
		current, err := json.Marshal(content(&r), input.JSON)
		if err != nil {
			return r, err
		}
		merged, err := input.Patch(current, patch)
		if err != nil {
			return r, err
		}
		var in I
		if err := input.DecodeChange(merged, content(&r), &in); err != nil {
			return r, err
		}
		if err := update(ctx, tx, r, in); err != nil {
			return r, err
		}
		return get(ctx, tx, n)
	})
}

// deleteOf deletes a record. see returns an error if the actor may not see it.
func deleteOf[T any](s *server, c echo.Context, kind history.Kind, see func(context.Context, pg.DB, int64) (T, error)) error {
	n, version, err := versionedID(c)
	if err != nil {
		return err
	}
	_, err = s.write(c, func(ctx context.Context, tx pgx.Tx) error {
		if err := lock(ctx, tx, kind.Table, kind.Type, n, version); err != nil {
			return err
		}
		if _, err := see(ctx, tx, n); err != nil {
			return err
		}
		return kind.Delete(ctx, tx, n)
	})
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// versionedID reads the id of the path and the version of If-Match (0: any version).
func versionedID(c echo.Context) (n, version int64, err error) {
	if n, err = id(c); err != nil {
		return 0, 0, err
	}
	version, err = ifMatch(c.Request())
	return n, version, err
}

// lock locks the record and compares its version with If-Match (0: any version).
func lock(ctx context.Context, tx pgx.Tx, table, recordType string, n, version int64) error {
	current, err := changes.Lock(ctx, tx, table, recordType, n)
	if err != nil {
		return err
	}
	if version != 0 && version != current {
		return stale(current)
	}
	return nil
}

// maxReason is the length limit of the reason of a change, in characters.
const maxReason = 500

// reason returns why the client changes something: the parameter `reason`, or else the header X-Change-Reason.
func reason(r *http.Request) (why string, fieldErrors []apperr.Field) {
	name := "reason"
	if why = r.URL.Query().Get(name); why == "" {
		name = "X-Change-Reason"
		why = unescaped(r.Header.Get(name))
	}
	if !utf8.ValidString(why) || strings.ContainsRune(why, 0) {
		return "", []apperr.Field{apperr.In(name, "invalid_utf8")}
	}
	if why = input.Line(why); name != "reason" && utf8.RuneCountInString(why) > maxReason { // the parameter has a rule
		return "", []apperr.Field{apperr.In(name, "too_long", "max", strconv.Itoa(maxReason))}
	}
	return why, nil
}

// unescaped decodes a header with percent-encoded UTF-8, with or without the prefix "UTF-8" and two apostrophes (RFC 8187), because
// browsers cannot send other scripts than Latin as they are. A text in which a % encodes nothing stays as it is.
func unescaped(header string) string {
	encoded := header
	if len(header) >= 7 && strings.EqualFold(header[:6], "utf-8'") {
		_, encoded, _ = strings.Cut(header[6:], "'") // a language may be between the apostrophes
	}
	if text, err := url.PathUnescape(encoded); err == nil && utf8.ValidString(text) {
		return text
	}
	return header
}

// RestoreInput names the version to restore.
//
//	@Description	The version of the record to restore.
type RestoreInput struct {
	// The version to restore, as in the history. Without it, a deleted record is restored in its last state.
	Version *int64 `json:"version" validate:"omitnil,gt=0" example:"2"`
} //	@name	RestoreInput

// restoreOf restores a deleted record or an earlier version and sends the record.
func restoreOf[T record](s *server, c echo.Context, kind history.Kind, get func(context.Context, pg.DB, int64) (T, error)) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	var in RestoreInput
	if c.Request().ContentLength != 0 {
		if in, err = body[RestoreInput](c); err != nil {
			return err
		}
	}
	return writeItem(s, c, func(ctx context.Context, tx pgx.Tx) (r T, err error) {
		if err := kind.Restore(ctx, tx, n, in.Version); err != nil {
			return r, err
		}
		return get(ctx, tx, n)
	})
}
