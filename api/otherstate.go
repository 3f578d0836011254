package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/roundtable"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"
)

// A GET can show another state of the registry than the current one: `view=public` shows drafts as if they were published, and
// `as_of` shows a record as it was. A transaction makes that state, the handler reads from it, and it is rolled back.

// publicViewParams are the parameters of every GET that needs no key.
type publicViewParams struct {
	// `public` is the only value. See the parameter View of the OpenAPI document.
	View string `query:"view" form:"view" enums:"public"`
}

// asOfParams are the parameters of GETs of records and of the parts of an event.
type asOfParams struct {
	// The time whose state is shown. See the parameter AsOf of the OpenAPI document.
	AsOf *date.Instant `query:"as_of" form:"as_of" swaggertype:"string" validate:"omitnil,instant" example:"2026-01-15T09:30:00Z"`
}

// TakesView reports whether the route takes publicViewParams.
func (r Route) TakesView() bool {
	return r.Method == http.MethodGet && r.Scope == actor.Public && strings.HasPrefix(r.Path, "/v1/")
}

// TakesAsOf reports whether the route takes asOfParams.
func (r Route) TakesAsOf() bool { return r.past != "" }

// database is the pool. For requests that show another state, it is the transaction that the context carries.
type database struct{ *pgxpool.Pool }

type otherStateKey struct{}

// otherState returns the transaction with the state that a request shows; nil for the current state.
func otherState(ctx context.Context) pgx.Tx {
	tx, _ := ctx.Value(otherStateKey{}).(pgx.Tx)
	return tx
}

func (d database) db(ctx context.Context) pg.DB {
	if tx := otherState(ctx); tx != nil {
		return tx
	}
	return d.Pool
}

func (d database) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return d.db(ctx).Exec(ctx, sql, args...)
}

func (d database) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return d.db(ctx).Query(ctx, sql, args...)
}

func (d database) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return d.db(ctx).QueryRow(ctx, sql, args...)
}

func (d database) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return d.db(ctx).SendBatch(ctx, b)
}

// BeginTx begins a transaction, or a nested one in that of the context.
func (d database) BeginTx(ctx context.Context, o pgx.TxOptions) (pgx.Tx, error) {
	if tx := otherState(ctx); tx != nil {
		return tx.Begin(ctx)
	}
	return d.Pool.BeginTx(ctx, o)
}

// otherStateParams is where showOtherState stores the parameters that it has taken from the query.
const otherStateParams = "other state"

// withOtherStates makes the handler of a GET take publicViewParams and asOfParams, as far as its route does.
func (s *server) withOtherStates(r Route, handle echo.HandlerFunc) echo.HandlerFunc {
	if !r.TakesView() && !r.TakesAsOf() {
		return handle
	}
	return func(c echo.Context) error {
		taken := url.Values{}
		var view publicViewParams
		var past asOfParams
		for name, takes := range map[string]bool{"view": r.TakesView(), "as_of": r.TakesAsOf()} {
			if values := c.QueryParams()[name]; takes && values != nil {
				taken[name] = values
			}
		}
		if len(taken) == 0 {
			return r.allowOtherStates(handle(c))
		}
		if err := apperr.BadQuery(input.BindAll(maps.Clone(taken), nil, &view, &past)); err != nil {
			return err
		}
		return r.allowOtherStates(s.showOtherState(c, r, taken, view.View != "", past.AsOf, handle))
	}
}

// allowOtherStates adds the parameters that showOtherState takes to those that the error of an unknown parameter lists.
func (r Route) allowOtherStates(err error) error {
	var names []string
	if r.TakesAsOf() {
		names = append(names, "as_of")
	}
	if r.TakesView() {
		names = append(names, "view")
	}
	return allowParameters(err, "", names...)
}

// allowParameters adds parameters to those that the error of an unknown parameter lists, if beside, unless it is empty, is one of them.
func allowParameters(err error, beside string, names ...string) error {
	var bad *apperr.Error
	if !errors.As(err, &bad) {
		return err
	}
	for i, f := range bad.Fields {
		if !strings.HasPrefix(f.Code, "unknown_parameter") || beside != "" && !slices.Contains(f.Allowed, beside) {
			continue
		}
		f.Allowed = append(slices.Clone(f.Allowed), names...)
		f.Args = maps.Clone(f.Args)
		f.Args["allowed"] = strings.Join(f.Allowed, ", ")
		bad.Fields[i] = f
	}
	return err
}

// showOtherState runs the handler in the state that the client asks for, without the parameters that say so.
func (s *server) showOtherState(c echo.Context, r Route, taken url.Values, public bool, at *date.Instant, handle echo.HandlerFunc) error {
	original := c.Request()
	defer c.SetRequest(original)
	ctx, who := original.Context(), actor.From(original.Context())
	if at != nil {
		if err := admit(who, actor.Read); err != nil {
			return err
		}
	}
	public = public && who.Can(actor.Read)
	if public {
		ctx = actor.With(ctx, actor.Actor{})
	}
	named := draftsNamed(c)
	for name := range taken {
		c.QueryParams().Del(name)
	}
	c.Set(otherStateParams, taken)
	show := func(ctx context.Context) {
		shown := original.WithContext(ctx)
		shown.URL = new(*original.URL)
		shown.URL.RawQuery = c.QueryParams().Encode()
		c.SetRequest(shown)
	}
	if show(ctx); at == nil && (!public || named.none() || r.wait != nil) {
		return handle(c)
	}
	tx, err := s.db.Pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		return pg.Error(fmt.Errorf("begin: %w", err))
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if at != nil {
		n, err := id(c)
		if err != nil {
			return err
		}
		if err := Kinds().ShowPast(ctx, tx, r.past, n, at.Time); err != nil {
			return err
		}
	} else if err := roundtable.ShowPublished(ctx, tx, named.events, named.parts); err != nil {
		return err
	}
	show(context.WithValue(ctx, otherStateKey{}, tx))
	response, err := capture(c, nil, handle)
	if err != nil {
		return err
	}
	c.SetRequest(original)
	h := response.header
	h.Del("ETag")
	h.Del(echo.HeaderLastModified)
	h.Set("Cache-Control", "private, no-store")
	if at != nil {
		response.markAsOf(at.Time, r)
	}
	return response.send(s, c)
}

// markAsOf adds the time whose state a response shows. The document of an event has no member for it, because clients send it back.
func (r *storedResponse) markAsOf(at time.Time, of Route) {
	text := at.UTC().Format(time.RFC3339Nano)
	r.header.Set("X-As-Of", text)
	if body, ok := bytes.CutSuffix(r.Body, []byte("}")); ok && r.ContentType == echo.MIMEApplicationJSON && !strings.HasSuffix(of.Path, "/bundle") {
		r.Body = append(slices.Clone(body), `,"as_of":"`+text+`"}`...)
		r.header.Set(echo.HeaderContentLength, strconv.Itoa(len(r.Body)))
	}
}

// drafts are the events that a request names: by their ids, and by the ids of records that belong to them.
type drafts struct {
	events []int64
	parts  map[string][]int64 // by the table of the records
}

func (d drafts) none() bool { return len(d.events) == 0 && len(d.parts) == 0 }

// draftsNamed returns the events that a request names in its path, or in its parameters round_table and id. Malformed ids name none:
// the handler rejects them.
func draftsNamed(c echo.Context) (d drafts) {
	d.parts = map[string][]int64{}
	add := func(collection string, values ...string) {
		for _, value := range values {
			for text := range strings.SplitSeq(value, ",") {
				n, err := strconv.ParseInt(text, 10, 64)
				if err != nil {
					continue
				}
				kind, ok := Kinds().Of(collection)
				switch {
				case collection == roundtable.Type:
					d.events = append(d.events, n)
				case ok && slices.Contains(roundtable.PartTables, kind.Table) || collection == document.Type:
					d.parts[kind.Table] = append(d.parts[kind.Table], n)
				}
			}
		}
	}
	query := c.QueryParams()
	for _, name := range []string{"round_table", "round_table[]"} {
		add(roundtable.Type, query[name]...)
	}
	segments := strings.Split(strings.TrimPrefix(c.Path(), "/v1/"), "/")
	collection, _, _ := strings.Cut(segments[0], ".")
	if collection == "exports" && len(segments) > 1 {
		collection, _, _ = strings.Cut(segments[1], ".")
	}
	if len(segments) > 1 && strings.HasPrefix(segments[1], ":id") {
		value, _, _ := strings.Cut(c.Param("id"), ".")
		add(collection, value)
		return d
	}
	for _, name := range []string{"id", "id[]"} {
		add(collection, query[name]...)
	}
	return d
}
