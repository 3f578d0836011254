package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/place"
)

type respellCommand struct {
	JSON bool `name:"json" help:"Print the result as JSON."`
}

func (respellCommand) Help() string {
	return `Every record is found by keys that are made of its names when it is written. When the notes of a release say that the rules for them have
changed, this makes the keys of all people, organizations and places anew. The records themselves stay as they are, with their versions. It
may run while the service answers, again after it was broken off, and as often as you like.`
}

func (k respellCommand) Run(c *call) error {
	return c.withDatabase(func(pool *pgxpool.Pool) error {
		counts := map[string]int{}
		for _, r := range []struct {
			name    string
			respell func(context.Context, changes.Pool) (int, error)
		}{{person.Type, person.Respell}, {organization.Type, organization.Respell}, {place.Type, place.Respell}} {
			n, err := r.respell(c.ctx, pool)
			if err != nil {
				return err
			}
			counts[r.name] = n
			if !k.JSON {
				fmt.Fprintf(c.stdout, "%6d %s\n", n, r.name)
			}
		}
		if k.JSON {
			return c.print(counts)
		}
		return nil
	})
}
