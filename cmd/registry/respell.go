package main

import (
	"context"
	"fmt"

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
	s, err := c.database()
	if err != nil {
		return err
	}
	s.PoolSize = 1
	pool, err := ready(c.ctx, s)
	if err != nil {
		return err
	}
	defer pool.Close()
	counts := map[string]int{}
	for _, r := range []struct {
		name    string
		respell func(context.Context, changes.Pool) (int, error)
	}{{person.Type, person.Respell}, {organization.Type, organization.Respell}, {place.Type, place.Respell}} {
		if counts[r.name], err = r.respell(c.ctx, pool); err != nil {
			return err
		}
		if !k.JSON {
			fmt.Fprintf(c.stdout, "%6d %s\n", counts[r.name], r.name)
		}
	}
	if k.JSON {
		return c.print(counts)
	}
	return nil
}
