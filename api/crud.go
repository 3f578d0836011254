package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// The life of a resource over HTTP, written once. A resource brings its functions, nothing else.

// listOf answers a list, or 304 where the client holds it as it is.
func listOf[F any, T paging.Row, P filter[F]](s *server, c echo.Context, list func(context.Context, pg.DB, F) (paging.Page[T], error)) error {
	f, err := query[F, P](s, c)
	if err != nil {
		return err
	}
	q := s.ask(c)
	if done, err := q.answered(c, heldList); done || err != nil {
		return err
	}
	page, err := list(c.Request().Context(), s.db, f)
	if err != nil {
		return err
	}
	q.from(c, page.State, "")
	return s.list(c, P(&f).Page(), page.Items, infoOf(page), q)
}

// freshListOf is listOf for what changes without an entry in the log.
func freshListOf[F any, T paging.Row, P filter[F]](s *server, c echo.Context, list func(context.Context, pg.DB, F) (paging.Page[T], error)) error {
	f, err := query[F, P](s, c)
	if err != nil {
		return err
	}
	page, err := list(c.Request().Context(), s.db, f)
	if err != nil {
		return err
	}
	return s.list(c, P(&f).Page(), page.Items, infoOf(page), nil)
}

// withinOf answers what belongs to the round table of the path: the list whose filter names that round table, without the
// parameter for it. A round table that the actor may not see is 404 or 410.
func withinOf[F any, T paging.Row, P filter[F]](s *server, c echo.Context, list func(context.Context, pg.DB, int64, F) (paging.Page[T], error)) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	f, err := query[F, P](s, c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	q := s.ask(c)
	if done, err := q.answered(c, heldList); done || err != nil {
		return err
	}
	page, err := list(ctx, s.db, n, f)
	if err != nil {
		return err
	}
	if len(page.Items) == 0 { // what is there is there only in a round table that can be seen
		if err := changes.See(ctx, s.db, "round_tables", "round-tables", n); err != nil {
			return err
		}
	}
	q.from(c, page.State, "")
	return s.list(c, P(&f).Page(), page.Items, infoOf(page), q)
}

// itemOf answers one record.
func itemOf[T any, P record[T]](s *server, c echo.Context, get func(context.Context, pg.DB, int64) (T, error)) error {
	var p itemParams
	return itemWith[T, P](s, c, &p, &p, get)
}

// itemWith is itemOf with parameters of its own: params is a pointer to a struct that embeds p.
func itemWith[T any, P record[T]](s *server, c echo.Context, params any, p *itemParams, get func(context.Context, pg.DB, int64) (T, error)) error {
	if err := apperr.BadQuery(bind(c.QueryParams(), params)); err != nil {
		return err
	}
	n, err := id(c)
	if err != nil {
		return err
	}
	q := s.ask(c)
	if done, err := q.answered(c, heldItem); done || err != nil {
		return err
	}
	r, err := get(c.Request().Context(), s.db, n)
	if err != nil {
		return err
	}
	meta := P(&r).Meta()
	q.from(c, meta.ReadAt, versionTag(meta.Version)+"-")
	return show(c, http.StatusOK, &r, *p, q)
}

// freshItemOf is itemOf for what changes without an entry in the log.
func freshItemOf[T any, P record[T]](s *server, c echo.Context, get func(context.Context, pg.DB, int64) (T, error)) error {
	var p itemParams
	if err := apperr.BadQuery(bind(c.QueryParams(), &p)); err != nil {
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
	return item[T, P](c, http.StatusOK, &r, p)
}

// writeParams are what every write takes.
type writeParams struct {
	DryRun bool   `query:"dry_run" form:"dry_run"`                         // Do everything and check everything, then undo it: the answer says what would have happened.
	Lang   string `query:"lang" form:"lang" validate:"omitempty,language"` // Adds `<field>_text` and `<field>_lang` beside every text, in this language or the next one of the chain ru, en, kk.
}

// write reads the parameters of a write and runs it; a dry run says so in its answer.
func (s *server) write(c echo.Context, f func(ctx context.Context, tx pgx.Tx) error) (writeParams, error) {
	var p writeParams
	err := s.writeWith(c, &p, &p, f)
	return p, err
}

// writeWith is write with parameters of its own: params is a pointer to a struct that embeds p.
func (s *server) writeWith(c echo.Context, params any, p *writeParams, f func(ctx context.Context, tx pgx.Tx) error) error {
	mistakes := bind(c.QueryParams(), params)
	why, bad := reason(c.Request())
	if err := apperr.BadQuery(append(mistakes, bad...)); err != nil {
		return err
	}
	ctx := c.Request().Context()
	o := changes.Options{DryRun: p.DryRun, Reason: why}
	var err error
	if tx, ok := c.Get(transactionKey).(pgx.Tx); ok { // the request is bound to an Idempotency-Key, which is written with it
		err = changes.Within(ctx, tx, o, func(tx pgx.Tx) error { return f(ctx, tx) })
	} else {
		err = changes.Write(ctx, s.db, o, func(tx pgx.Tx) error { return f(ctx, tx) })
	}
	if p.DryRun {
		c.Response().Header().Set("X-Dry-Run", "true")
	}
	return err
}

// created answers 201 with Location, or 200 after a dry run, which has created nothing.
func created[T any, P record[T]](c echo.Context, r *T, p writeParams) error {
	if p.DryRun {
		return item[T, P](c, http.StatusOK, r, itemParams{Lang: p.Lang})
	}
	c.Response().Header().Set(echo.HeaderLocation, c.Request().URL.Path+"/"+strconv.FormatInt(P(r).Meta().ID, 10))
	return item[T, P](c, http.StatusCreated, r, itemParams{Lang: p.Lang})
}

// createOf makes a record from the body and answers it.
func createOf[I, T any, IP input[I], P record[T]](s *server, c echo.Context,
	create func(context.Context, pgx.Tx, I) (int64, error), get func(context.Context, pg.DB, int64) (T, error)) error {
	var p writeParams
	return createWith[I, T, IP, P](s, c, &p, &p, create, get)
}

// createWith is createOf with parameters of its own: params is a pointer to a struct that embeds p.
func createWith[I, T any, IP input[I], P record[T]](s *server, c echo.Context, params any, p *writeParams,
	create func(context.Context, pgx.Tx, I) (int64, error), get func(context.Context, pg.DB, int64) (T, error)) error {
	in, err := body[I, IP](c)
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
	return created[T, P](c, &r, *p)
}

// duplicateParams are what the creation of a person or an organization takes.
type duplicateParams struct {
	writeParams
	AllowDuplicate bool `query:"allow_duplicate" form:"allow_duplicate"` // Create the record although others seem to be the same. That they are not is kept as distinctions.
}

// createDistinct is createOf for records that are known by their name: another of the same name is refused with its
// candidates, unless the client says that it knows. Then it is kept that they are not the same.
func createDistinct[I, T any, IP input[I], P record[T]](s *server, c echo.Context, kind string, finder *spelling.Finder, distinct func(context.Context, pgx.Tx, *spelling.Session, I) error,
	create func(context.Context, pgx.Tx, I) (int64, error), get func(context.Context, pg.DB, int64) (T, error)) error {
	var p duplicateParams
	return createWith[I, T, IP, P](s, c, &p, &p.writeParams, func(ctx context.Context, tx pgx.Tx, in I) (int64, error) {
		others, err := allowedBeside(distinct(ctx, tx, finder.Session(), in), p.AllowDuplicate)
		if err != nil {
			return 0, err
		}
		n, err := create(ctx, tx, in)
		if err != nil {
			return 0, err
		}
		return n, tellApart(ctx, tx, kind, n, others)
	}, get)
}

// allowedBeside gives the records for which a new one was refused, since they seem to be the same, where it is allowed beside them.
func allowedBeside(refusal error, allowed bool) ([]apperr.Candidate, error) {
	var refused *apperr.Error
	if !allowed || !errors.As(refusal, &refused) || refused.Code != "duplicate_candidates" {
		return nil, refusal
	}
	candidates, _ := refused.Extra["candidates"].([]apperr.Candidate)
	return candidates, nil
}

// tellApart keeps that a record is none of the candidates.
func tellApart(ctx context.Context, tx pgx.Tx, kind string, n int64, candidates []apperr.Candidate) error {
	for _, c := range candidates {
		_, err := distinction.Create(ctx, tx, distinction.Input{Type: kind, FirstID: c.ID, SecondID: n})
		if err != nil && !apperr.IsKind(err, apperr.Invalid) { // that one was deleted just now
			return err
		}
	}
	return nil
}

// patchOf applies a merge patch (RFC 7396) to the content of a record: absent keeps, null clears, arrays are replaced.
// content gives the part of the record that clients write.
func patchOf[I, T any, IP input[I], P record[T]](s *server, c echo.Context, _, _ string,
	get func(context.Context, pg.DB, int64) (T, error), content func(*T) *I, update func(context.Context, pgx.Tx, T, I) error) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	version, err := ifMatch(c.Request())
	if err != nil {
		return err
	}
	patch, err := readJSON(c, "application/merge-patch+json", "application/json")
	if err != nil {
		return err
	}
	if patch.Kind() != '{' {
		return malformed("not_an_object", "")
	}
	var r T
	p, err := s.write(c, func(ctx context.Context, tx pgx.Tx) error {
		if r, err = get(ctx, pg.ForUpdate{Tx: tx}, n); err != nil {
			return err
		}
		if now := P(&r).Meta().Version; version != 0 && version != now {
			return stale(now)
		}
		current, err := json.Marshal(content(&r), jsonOptions)
		if err != nil {
			return err
		}
		merged, err := mergeRecord(current, patch)
		if err != nil {
			return err
		}
		var in I
		if err := decode[I, IP](merged, &in); err != nil {
			return err
		}
		if err := update(ctx, tx, r, in); err != nil {
			return err
		}
		r, err = get(ctx, tx, n)
		return err
	})
	if err != nil {
		return err
	}
	return item[T, P](c, http.StatusOK, &r, itemParams{Lang: p.Lang})
}

// deleteOf deletes a record; see answers whether the actor may see it at all.
func deleteOf[T any](s *server, c echo.Context, table, kind string, see func(context.Context, pg.DB, int64) (T, error)) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	version, err := ifMatch(c.Request())
	if err != nil {
		return err
	}
	_, err = s.write(c, func(ctx context.Context, tx pgx.Tx) error {
		if err := lock(ctx, tx, table, kind, n, version); err != nil {
			return err
		}
		if _, err := see(ctx, tx, n); err != nil {
			return err
		}
		return changes.Delete(ctx, tx, table, n)
	})
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// lock locks the record and holds its version against If-Match (0: any).
func lock(ctx context.Context, tx pgx.Tx, table, kind string, n, version int64) error {
	current, err := changes.Lock(ctx, tx, table, kind, n)
	if err != nil {
		return err
	}
	if version != 0 && version != current {
		return stale(current)
	}
	return nil
}

// mergeRecord applies a merge patch to a record, which has all its members: null for one that it lacks is kept, so that an
// unknown name is refused whatever its value.
func mergeRecord(record, patch jsontext.Value) (jsontext.Value, error) {
	merged, err := mergePatch(record, patch)
	if err != nil {
		return nil, err
	}
	var known, changed, members map[string]jsontext.Value
	if err := errors.Join(json.Unmarshal(record, &known), json.Unmarshal(patch, &changed), json.Unmarshal(merged, &members)); err != nil {
		return nil, err
	}
	for name, value := range changed {
		if _, ok := known[name]; !ok {
			members[name] = value
		}
	}
	return json.Marshal(members)
}

// mergePatch applies RFC 7396.
func mergePatch(target, patch jsontext.Value) (jsontext.Value, error) {
	if patch.Kind() != '{' {
		return patch, nil
	}
	var changed map[string]jsontext.Value
	if err := json.Unmarshal(patch, &changed); err != nil {
		return nil, err
	}
	members := map[string]jsontext.Value{}
	if target.Kind() == '{' {
		if err := json.Unmarshal(target, &members); err != nil {
			return nil, err
		}
	}
	for name, value := range changed {
		if value.Kind() == 'n' {
			delete(members, name)
			continue
		}
		merged, err := mergePatch(members[name], value)
		if err != nil {
			return nil, err
		}
		members[name] = merged
	}
	return json.Marshal(members)
}

// maxReason is the longest reason of a write, in characters.
const maxReason = 500

// reason is why a write is made, for the log: the header X-Change-Reason, and its mistake if it has one.
func reason(r *http.Request) (why string, mistakes []apperr.Field) {
	const header = "X-Change-Reason"
	why = strings.TrimSpace(r.Header.Get(header))
	switch {
	case !utf8.ValidString(why) || strings.ContainsRune(why, 0):
		return "", []apperr.Field{apperr.In(header, "invalid_utf8")}
	case utf8.RuneCountInString(why) > maxReason:
		return "", []apperr.Field{apperr.In(header, "too_long", "max", strconv.Itoa(maxReason))}
	}
	return why, nil
}
