package api

import (
	"context"
	"net/http"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apikey"
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

var apiKeys = resource[apikey.Input, apikey.APIKey, apikey.Filter]{
	Kind: history.Kind{Type: apikey.Type, Table: apikey.Table},
	one:  "API key", many: "API keys",
	sorts: []string{"name", "updated_at"},
	list:  apikey.List, get: apikey.Get, update: apikey.Update,
	input: func(k *apikey.APIKey) *apikey.Input { return &k.Input },
	read:  actor.Admin, write: actor.Admin,
	unlogged: true, // the log has no entry when a key is used
	replaced: map[Feature]Operation{
		Create: with[writeParams, apikey.Created]((*server).createAPIKey),
		Get:    with[itemParams, apikey.APIKey](func(s *server, c echo.Context) error { return unloggedItemOf(s, c, apikey.Get) }),
	},
	only: []Feature{List, Create, Get, Patch, History},
	notes: map[Feature]string{
		List: "The response does not contain the secret keys. They are shown only when they are created.",
		Create: "Only this response shows the key: store `key` now. Give each client only the scopes that it needs. A scope that your own key lacks " +
			"is rejected with 403.",
		Patch: "A scope that your own key lacks can be kept or removed, but not added.",
	},
}

func (s *server) createAPIKey(c echo.Context) error {
	var token *string
	create := func(ctx context.Context, tx pgx.Tx, in apikey.Input) (int64, error) {
		id, made, err := apikey.Create(ctx, tx, s.secret, in)
		if c.QueryParam("dry_run") != "true" { // a dry run shows no key, because its key does not exist
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

// revokeAPIKey revokes a key.
//
//	@ID				revokeApiKey
//	@Summary		Revoke a key
//	@Description	The key stops working at once and cannot be enabled again. Revoking a revoked key has no effect.
//	@Tags			API keys
//	@Param			id		path		int				true	"The key."
//	@Param			params	query		writeParams		false	"-"
//	@Success		200		{object}	apikey.APIKey	"The revoked key."
//	@Router			/v1/api-keys/{id}/revoke [post]
func (s *server) revokeAPIKey(c echo.Context) error {
	return actOn(s, c, apikey.Revoke, apikey.Get)
}

// Me describes the caller.
//
//	@Description	Your key, its scopes and your limits.
type Me struct {
	Key    *MeKey        `json:"key"`                                              // Your key; null without one.
	Scopes []actor.Scope `json:"scopes" example:"read" swaggertype:"array,string"` // What the key may do; empty without one. `write` and `publish` include `read`.
	Limits MeLimits      `json:"limits"`
} //	@name	Me

// MeKey describes the key of the caller, without its secret.
//
//	@Description	Your key, without its secret.
type MeKey struct {
	ID        int64      `json:"id" example:"1"`
	Name      string     `json:"name" example:"Nightly report of the institute"`
	Prefix    string     `json:"prefix" example:"rtr_4kq9d2"`   // The beginning of the key.
	ExpiresAt *time.Time `json:"expires_at" format:"date-time"` // When the key expires; null: never.
} //	@name	MeKey

// MeLimits are the limits of the caller.
//
//	@Description	Your limits.
type MeLimits struct {
	RequestsPerMinute *int `json:"requests_per_minute" example:"600"` // As in RateLimit-Policy; null: no limit. Responses 304 do not count.
	PageSize          int  `json:"page_size" example:"500"`           // The most records on a page.
	BodyBytes         int  `json:"body_bytes" example:"1048576"`      // The largest request body.
	URLBytes          int  `json:"url_bytes" example:"8192"`          // The longest address, with its query.
} //	@name	MeLimits

// showMe describes the caller.
//
//	@ID				getMe
//	@Summary		Show your key and limits
//	@Description	Returns the scopes of your key and your limits. Without a key, returns the limits of anonymous requests.
//	@Tags			Service
//	@Success		200	{object}	Me	"Your key, scopes and limits."
//	@Router			/v1/me [get]
func (s *server) showMe(c echo.Context) error {
	if err := noQuery(c); err != nil {
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
