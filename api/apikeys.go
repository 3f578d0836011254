package api

import (
	"context"
	"net/http"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apikey"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

func (s *server) listAPIKeys(c echo.Context) error { return listOf(s, c, apikey.List) }

func (s *server) getAPIKey(c echo.Context) error { return itemOf(s, c, apikey.Get) }

func (s *server) createAPIKey(c echo.Context) error {
	var token *string
	create := func(ctx context.Context, tx pgx.Tx, in apikey.Input) (int64, error) {
		id, made, err := apikey.Create(ctx, tx, s.secret, in)
		if c.QueryParam("dry_run") != "true" { // a key that was rolled back opens nothing
			token = &made
		}
		return id, err
	}
	get := func(ctx context.Context, db pg.DB, id int64) (apikey.Created, error) {
		k, err := apikey.Get(ctx, db, id)
		return apikey.Created{APIKey: k, Key: token}, err
	}
	return createOf(s, c, create, get)
}

func (s *server) patchAPIKey(c echo.Context) error {
	return patchOf(s, c, apikey.Table, apikey.Type, apikey.Get, func(k *apikey.APIKey) *apikey.Input { return &k.Input }, apikey.Update)
}

func (s *server) revokeAPIKey(c echo.Context) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	var k apikey.APIKey
	p, err := s.write(c, func(ctx context.Context, tx pgx.Tx) error {
		if err := apikey.Revoke(ctx, tx, n); err != nil {
			return err
		}
		k, err = apikey.Get(ctx, tx, n)
		return err
	})
	if err != nil {
		return err
	}
	return item(c, http.StatusOK, &k, itemParams{Lang: p.Lang})
}

// Me is who asks.
//
//	@Description	Who you are to the service, what you may do and how much.
type Me struct {
	Key    *MeKey        `json:"key"`                                          // Your key; null without one.
	Scopes []actor.Scope `json:"scopes" example:"read" swaggertype:"[]string"` // What the key may do; empty without one. `write` and `publish` include `read`.
	Limits MeLimits      `json:"limits"`
} //	@name	Me

// MeKey is the key of who asks, without the key itself.
//
//	@Description	Your key, without the key itself.
type MeKey struct {
	ID        int64      `json:"id" example:"1"`
	Name      string     `json:"name" example:"Dashboard of the frontend team"`
	Prefix    string     `json:"prefix" example:"rtr_4kq9d2"`   // How it begins.
	ExpiresAt *time.Time `json:"expires_at" format:"date-time"` // When it stops to work; null: never.
} //	@name	MeKey

// MeLimits are the limits that hold for who asks.
//
//	@Description	The limits that hold for you.
type MeLimits struct {
	RequestsPerMinute *int `json:"requests_per_minute" example:"600"` // As in RateLimit-Policy; null: no limit. Answers 304 are free.
	PageSize          int  `json:"page_size" example:"500"`           // Records a page at most.
	BodyBytes         int  `json:"body_bytes" example:"1048576"`      // Of a request body at most.
	URLBytes          int  `json:"url_bytes" example:"8192"`          // Of an address at most, with its query.
} //	@name	MeLimits

func (s *server) showMe(c echo.Context) error {
	var none struct{}
	if err := apperr.BadQuery(bind(c.QueryParams(), &none)); err != nil {
		return err
	}
	ctx := c.Request().Context()
	who := actor.From(ctx)
	me := Me{Scopes: who.Scopes, Limits: MeLimits{PageSize: paging.MaxLimit, BodyBytes: maxBody, URLBytes: maxURL}}
	quota := s.anonymous.quota
	if !who.Anonymous() {
		quota = s.keyed.quota
		k, err := apikey.Get(ctx, s.db, who.KeyID)
		if err != nil {
			return err
		}
		me.Key = &MeKey{k.ID, k.Name, k.Prefix, k.ExpiresAt}
	}
	if quota > 0 {
		me.Limits.RequestsPerMinute = &quota
	}
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, me)
}
