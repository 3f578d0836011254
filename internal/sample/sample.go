// Package sample contains the events that ship with the registry: 43 real events from public reports of the Kazakhstan
// Institute for Strategic Studies, other institutes, news services and universities. Names, positions, dates and places
// are as printed in the reports; summaries are in our own words. Each event names its source.
//
// The events are bundles (see package bundle) and are written like any other bundle. People, organizations and places
// with their spellings are described once; an event refers to them by name, and Bundles inserts the full descriptions.
package sample

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/bundle"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

//go:embed data
var files embed.FS

// Report is the result of Load.
type Report struct {
	Created int            // events written
	Skipped int            // events that exist or have existed
	Counts  map[string]int // new records by type
}

// Load writes the events that the database has never contained, all of them or none. Events that were changed or deleted
// stay unchanged. It can run repeatedly, also from several replicas at once.
func Load(ctx context.Context, db *pgxpool.Pool) (Report, error) {
	events, err := Bundles()
	if err != nil {
		return Report{}, err
	}
	finders, err := spelling.NewFinders(db, person.Spellings, organization.Spellings)
	if err != nil {
		return Report{}, err
	}
	defer finders.Close()
	ctx = actor.With(ctx, actor.System("seed"))
	var report Report
	err = changes.Write(ctx, db, changes.Options{Reason: "sample events of the registry"}, func(tx pgx.Tx) error {
		report = Report{Counts: map[string]int{}}
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(7243, 0)"); err != nil {
			return err
		}
		existing, err := everExisted(ctx, tx, events)
		if err != nil {
			return err
		}
		w := bundle.NewWriter(tx, finders)
		for _, e := range events {
			id := e.RoundTable.ExternalIDs[0]
			if existing[id] {
				report.Skipped++
				continue
			}
			made, err := w.Create(ctx, e)
			if err != nil {
				return fmt.Errorf("load %s: %w", id, err)
			}
			report.Created++
			for recordType, n := range made.Counts {
				report.Counts[recordType] += n
			}
		}
		return w.Confirm(ctx)
	})
	if err != nil {
		return Report{}, err
	}
	return report, nil
}

// everExisted returns the external ids of the events that exist or appear in the change log.
func everExisted(ctx context.Context, db pg.DB, events []bundle.Input) (map[string]bool, error) {
	ids := make([]string, len(events))
	for i, e := range events {
		ids[i] = e.RoundTable.ExternalIDs[0]
	}
	existing := map[string]bool{}
	for _, sql := range []string{
		"SELECT external_id FROM external_ids WHERE type = 'round_tables' AND external_id = ANY(@ids)",
		`SELECT x FROM changes, jsonb_array_elements_text(after -> 'external_ids') x
		 WHERE type = 'round-tables' AND op IN ('create', 'update') AND x = ANY(@ids)`,
	} {
		found, err := pg.Column[string](ctx, db, sql, pg.Args{"ids": ids})
		if err != nil {
			return nil, err
		}
		for _, id := range found {
			existing[id] = true
		}
		if len(existing) == len(ids) {
			break
		}
	}
	return existing, nil
}

// Bundles returns the events as complete bundles, in the order of their file names.
func Bundles() ([]bundle.Input, error) {
	personName := func(p bundle.Person) string { return p.Name }
	organizationName := func(o bundle.Organization) string { return o.Name }
	placeName := func(p bundle.Place) string { return p.Name }
	people, err1 := shared("people", personName)
	organizations, err2 := shared("organizations", organizationName)
	places, err3 := shared("places", placeName)
	names, err4 := fs.Glob(files, "data/events/*.json")
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	events := make([]bundle.Input, len(names))
	for i, name := range names {
		e := &events[i]
		if err := read(name, e); err != nil {
			return nil, err
		}
		if len(e.RoundTable.ExternalIDs) != 1 {
			return nil, fmt.Errorf("%s: want one external id", name)
		}
		err := errors.Join(
			complete(e.People, people, personName),
			complete(e.Organizations, organizations, organizationName),
			complete(e.Places, places, placeName))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return events, nil
}

// shared reads the descriptions that events share, by name.
func shared[T any](what string, name func(T) string) (map[string]T, error) {
	var list []T
	if err := read(path.Join("data", what+".json"), &list); err != nil {
		return nil, err
	}
	byName := make(map[string]T, len(list))
	for _, x := range list {
		byName[name(x)] = x
	}
	return byName, nil
}

// complete replaces the names by the shared descriptions.
func complete[T any](list []T, shared map[string]T, name func(T) string) error {
	for i, x := range list {
		full, ok := shared[name(x)]
		if !ok {
			return fmt.Errorf("there is no description of %q", name(x))
		}
		list[i] = full
	}
	return nil
}

func read(name string, into any) error {
	b, err := files.ReadFile(name)
	if err != nil {
		return err
	}
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}
