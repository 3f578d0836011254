package api

import (
	"context"
	"net/http"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apikey"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// listAPIKeys answers a page of keys.
//
//	@ID				listApiKeys
//	@Summary		List keys
//	@Description	The keys themselves are in no answer but the one to their creation.
//	@Tags			API keys
//	@x-sort			["name", "updated_at"]
//	@x-fresh		true
//	@Param			filter	query		apikey.Filter	false	"-"
//	@Success		200		{object}	Page[apikey.APIKey]		"A page of keys."
//	@Router			/v1/api-keys [get]
func (s *server) listAPIKeys(c echo.Context) error { return uncachedListOf(s, c, apikey.List) }

// getAPIKey answers one key.
//
//	@ID			getApiKey
//	@Summary	Get a key
//	@Tags		API keys
//	@x-fresh	true
//	@Param		id		path		int				true	"The key."
//	@Param		params	query		itemParams		false	"-"
//	@Success	200		{object}	apikey.APIKey	"The key."
//	@Router		/v1/api-keys/{id} [get]
func (s *server) getAPIKey(c echo.Context) error { return uncachedItemOf(s, c, apikey.Get) }

// createAPIKey makes a key.
//
//	@ID				createApiKey
//	@Summary		Create a key
//	@Description	The answer is the only one that shows the key. A client gets exactly the scopes that it needs.
//	@Tags			API keys
//	@Param			params	query		writeParams		false	"-"
//	@Param			key		body		apikey.Input	true	"The key."
//	@Success		201		{object}	apikey.Created	"The new key. Keep `key` now."
//	@Router			/v1/api-keys [post]
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

// patchAPIKey changes a key.
//
//	@ID			patchApiKey
//	@Summary	Change a key
//	@Tags		API keys
//	@Param		id		path		int				true	"The key."
//	@Param		params	query		writeParams		false	"-"
//	@Param		patch	body		apikey.Input	true	"What changes."
//	@Success	200		{object}	apikey.APIKey	"The key as it is now."
//	@Router		/v1/api-keys/{id} [patch]
func (s *server) patchAPIKey(c echo.Context) error {
	return patchOf(s, c, apikey.Get, func(k *apikey.APIKey) *apikey.Input { return &k.Input }, apikey.Update)
}

// revokeAPIKey revokes a key.
//
//	@ID				revokeApiKey
//	@Summary		Revoke a key
//	@Description	The key stops to work at once and for good. To revoke it again changes nothing.
//	@Tags			API keys
//	@Param			id		path		int				true	"The key."
//	@Param			params	query		writeParams		false	"-"
//	@Success		200		{object}	apikey.APIKey	"The key, revoked."
//	@Router			/v1/api-keys/{id}/revoke [post]
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
	Key    *MeKey        `json:"key"`                                              // Your key; null without one.
	Scopes []actor.Scope `json:"scopes" example:"read" swaggertype:"array,string"` // What the key may do; empty without one. `write` and `publish` include `read`.
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

// showMe answers who asks.
//
//	@ID				getMe
//	@Summary		Who am I?
//	@Description	Tells what the key of the request may do and which limits hold; without a key, the limits of everyone.
//	@Tags			Service
//	@Success		200	{object}	Me	"You, as the service sees you."
//	@Router			/v1/me [get]
func (s *server) showMe(c echo.Context) error {
	var none struct{}
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), &none)); err != nil {
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
