package main

import (
	"fmt"
	"maps"
	"slices"

	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/place"
	"roundtables.kz/registry/internal/sample"
	"roundtables.kz/registry/internal/spelling"

	"github.com/jackc/pgx/v5/pgxpool"
)

type seedCommand struct {
	JSON bool `name:"json" help:"Print the result as JSON."`
}

func (seedCommand) Help() string {
	return `Loads the real events that ship with the registry, all of them or none. It skips events that exist or have been
deleted, so it can run again at any time.`
}

func (k seedCommand) Run(c *call) error {
	return c.withDatabase(func(pool *pgxpool.Pool) error {
		report, err := sample.Load(c.ctx, pool)
		if err != nil {
			return fmt.Errorf("load the sample events: %w", err)
		}
		if k.JSON {
			return c.print(map[string]any{"created": report.Created, "skipped": report.Skipped, "records": report.Counts})
		}
		fmt.Fprintf(c.stdout, "%d events created, %d skipped.\n", report.Created, report.Skipped)
		for _, name := range slices.Sorted(maps.Keys(report.Counts)) {
			fmt.Fprintf(c.stdout, "%6d %s\n", report.Counts[name], name)
		}
		return nil
	})
}

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
