package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/user"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apikey"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
)

type keysCommand struct {
	Create keysCreate `cmd:"" help:"Create a key and show it once."`
	List   keysList   `cmd:"" help:"List the keys, without the keys themselves."`
	Revoke keysRevoke `cmd:"" help:"Revoke a key permanently."`
}

type keysCreate struct {
	Name    string    `required:"" help:"Who uses the key and what for."`
	Scope   []string  `required:"" placeholder:"SCOPE" help:"What the key may do: read, write, publish, pii, admin; separate several scopes with commas."`
	Expires time.Time `format:"2006-01-02" placeholder:"YYYY-MM-DD" help:"First day (UTC) on which the key is invalid. Default: valid until revoked."`
	JSON    bool      `name:"json" help:"Print the key as JSON."`
}

func (k keysCreate) Run(c *call) error {
	in := apikey.Input{Name: strings.TrimSpace(k.Name), Scopes: k.Scope}
	if in.Name == "" {
		return usageError{errors.New("--name must not be blank")}
	}
	if len([]rune(in.Name)) > 200 {
		return usageError{errors.New("--name must not be longer than 200 characters")}
	}
	for i, s := range in.Scopes {
		if !slices.Contains(actor.Scopes, actor.Scope(s)) {
			return usageError{fmt.Errorf("--scope %q is not one of read, write, publish, pii, admin", s)}
		}
		if slices.Contains(in.Scopes[:i], s) {
			return usageError{fmt.Errorf("--scope %s is repeated", s)}
		}
	}
	if !k.Expires.IsZero() {
		if !k.Expires.After(time.Now()) {
			return usageError{fmt.Errorf("--expires %s is in the past", k.Expires.Format(time.DateOnly))}
		}
		in.ExpiresAt = &k.Expires
	}
	return c.withKeys(func(ctx context.Context, pool *pgxpool.Pool) error {
		secret, err := registrySecret(ctx, pool)
		if err != nil {
			return err
		}
		var made apikey.Created
		err = changes.Write(ctx, pool, changes.Options{}, func(tx pgx.Tx) error {
			id, token, err := apikey.Create(ctx, tx, secret, in)
			if err != nil {
				return err
			}
			made.Key = &token
			made.APIKey, err = apikey.Get(ctx, tx, id)
			return err
		})
		if err != nil {
			return err
		}
		if k.JSON {
			return c.print(made)
		}
		_, err = fmt.Fprintf(c.stdout, "%s\n\nThis is key %d. Store it now: it is not shown again.\n", *made.Key, made.ID)
		return err
	})
}

type keysList struct {
	JSON bool `name:"json" help:"Print the keys as JSON."`
}

func (k keysList) Run(c *call) error {
	return c.withKeys(func(ctx context.Context, pool *pgxpool.Pool) error {
		keys, err := allKeys(ctx, pool)
		if err != nil {
			return err
		}
		if k.JSON {
			return c.print(keys)
		}
		w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tNAME\tPREFIX\tSCOPES\tSTATE\tLAST USED")
		for _, k := range keys {
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Name, k.Prefix, strings.Join(k.Scopes, ","), state(k, time.Now()), day(k.LastUsedAt, "never"))
		}
		return w.Flush()
	})
}

func allKeys(ctx context.Context, pool *pgxpool.Pool) (keys []apikey.APIKey, err error) {
	keys = []apikey.APIKey{}
	f := apikey.Filter{Params: paging.Params{PageParams: paging.PageParams{Limit: paging.MaxLimit}}}
	for {
		page, err := apikey.List(ctx, pool, f)
		if err != nil {
			return nil, err
		}
		keys = append(keys, page.Items...)
		if page.Next == nil {
			return keys, nil
		}
		f.After = page.Next
	}
}

func state(k apikey.APIKey, now time.Time) string {
	switch {
	case k.RevokedAt != nil:
		return "revoked " + day(k.RevokedAt, "")
	case k.ExpiresAt == nil:
		return "valid"
	case k.ExpiresAt.After(now):
		return "valid until " + day(k.ExpiresAt, "")
	}
	return "expired " + day(k.ExpiresAt, "")
}

func day(at *time.Time, none string) string {
	if at == nil {
		return none
	}
	return at.UTC().Format(time.DateOnly)
}

type keysRevoke struct {
	ID int64 `arg:"" name:"ID" help:"Id of the key, from \"registry keys list\"."`
}

func (k keysRevoke) Run(c *call) error {
	return c.withKeys(func(ctx context.Context, pool *pgxpool.Pool) error {
		var key apikey.APIKey
		err := changes.Write(ctx, pool, changes.Options{}, func(tx pgx.Tx) (err error) {
			if err = apikey.Revoke(ctx, tx, k.ID); err == nil {
				key, err = apikey.Get(ctx, tx, k.ID)
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("revoke key %d: %w", k.ID, err)
		}
		_, err = fmt.Fprintf(c.stdout, "Revoked key %d (%s).\n", key.ID, key.Name)
		return err
	})
}

// withKeys runs do with the database. The change log records the operating system user as the actor.
func (c *call) withKeys(do func(context.Context, *pgxpool.Pool) error) error {
	return c.withDatabase(func(pool *pgxpool.Pool) error {
		who := actor.System("keys")
		if u, err := user.Current(); err == nil {
			who.Name += ":" + u.Username
		}
		return do(actor.With(c.ctx, who), pool)
	})
}

func (c *call) print(v any) error {
	e := json.NewEncoder(c.stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
