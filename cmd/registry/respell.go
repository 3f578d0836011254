package main

import (
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/place"
	"roundtables.kz/registry/internal/spelling"
)

type respellCommand struct {
	JSON bool `name:"json" help:"Print the result as JSON."`
}

func (respellCommand) Help() string {
	return `The search keys of a record are derived from its names when it is written. Run this command after an upgrade if the
release notes say that the rules of these keys have changed. It rebuilds the keys of all people, organizations and
places. The records and their versions do not change. It can run while the service is running, and can be repeated.`
}

func (k respellCommand) Run(c *call) error {
	return c.withDatabase(func(pool *pgxpool.Pool) error {
		counts := map[string]int{}
		for _, r := range []struct {
			name      string
			spellings spelling.Index
		}{{person.Type, person.Spellings}, {organization.Type, organization.Spellings}, {place.Type, place.Spellings}} {
			n, err := r.spellings.Rebuild(c.ctx, pool)
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
