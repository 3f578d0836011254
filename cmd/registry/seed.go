package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"

	"roundtables.kz/registry/internal/sample"
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
