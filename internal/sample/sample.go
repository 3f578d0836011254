// Package sample holds the events that ship with the registry: 43 real ones, taken from public reports of the Kazakhstan
// Institute for Strategic Studies and of neighbouring institutes, news services and universities. Names, positions, dates
// and places stand as the reports print them; summaries are in our own words. Each event names its source.
//
// They are documents of the registry's own format (see bundle) and go in through the same door as everybody's. What
// events share, the spellings of people, organizations and places, stands once: an event names them, and the full
// description is put in its place.
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
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

//go:embed data
var files embed.FS

// Report says what Load has done.
type Report struct {
	Created int            // events that were written
	Skipped int            // events that are there, or were once
	Counts  map[string]int // new records by type
}

// Load writes the events that the database has never held; those that were changed or deleted since stay as they are.
// All are written, or none. It may run again at any time, also from several replicas at once.
func Load(ctx context.Context, db *pgxpool.Pool) (Report, error) {
	events, err := Bundles()
	if err != nil {
		return Report{}, err
	}
	finders, err := bundle.NewFinders(db)
	if err != nil {
		return Report{}, err
	}
	defer finders.Close()
	ctx = actor.With(ctx, actor.System("seed"))
	var report Report
	err = changes.Write(ctx, db, changes.Options{Reason: "the events that ship with the registry"}, func(tx pgx.Tx) error {
		report = Report{Counts: map[string]int{}}
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(7243, 0)"); err != nil {
			return err
		}
		held, err := everHeld(ctx, tx, events)
		if err != nil {
			return err
		}
		w := bundle.NewWriter(tx, finders)
		for _, e := range events {
			id := e.RoundTable.ExternalIDs[0]
			if held[id] {
				report.Skipped++
				continue
			}
			made, err := w.Create(ctx, e)
			if err != nil {
				return fmt.Errorf("load %s: %w", id, err)
			}
			report.Created++
			for kind, n := range made.Counts {
				report.Counts[kind] += n
			}
		}
		return nil
	})
	if err != nil {
		return Report{}, err
	}
	return report, nil
}

// everHeld gives the external ids of the events that are there, or that the log has ever seen.
func everHeld(ctx context.Context, db pg.DB, events []bundle.Input) (map[string]bool, error) {
	ids := make([]string, len(events))
	for i, e := range events {
		ids[i] = e.RoundTable.ExternalIDs[0]
	}
	held := map[string]bool{}
	for _, sql := range []string{
		"SELECT external_id FROM external_ids WHERE type = 'round_tables' AND external_id = ANY(@ids)",
		`SELECT x FROM changes, jsonb_array_elements_text(after -> 'external_ids') x
		 WHERE type = 'round-tables' AND op IN ('create', 'update') AND x = ANY(@ids)`,
	} {
		rows, err := db.Query(ctx, sql, pg.Args{"ids": ids})
		if err != nil {
			return nil, pg.Error(err)
		}
		found, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, pg.Error(err)
		}
		for _, id := range found {
			held[id] = true
		}
		if len(held) == len(ids) {
			break
		}
	}
	return held, nil
}

// Bundles gives the events in order of their file names, each a whole document.
func Bundles() ([]bundle.Input, error) {
	people, err := shared("people", func(p bundle.Person) string { return p.Name })
	if err != nil {
		return nil, err
	}
	organizations, err := shared("organizations", func(o bundle.Organization) string { return o.Name })
	if err != nil {
		return nil, err
	}
	places, err := shared("places", func(p bundle.Place) string { return p.Name })
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(files, "data/events/*.json")
	if err != nil {
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
			complete(e.People, people, func(p bundle.Person) string { return p.Name }),
			complete(e.Organizations, organizations, func(o bundle.Organization) string { return o.Name }),
			complete(e.Places, places, func(p bundle.Place) string { return p.Name }))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return events, nil
}

// shared reads what events share, by the name under which they name it.
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

// complete puts the shared descriptions in the place of the names.
func complete[T any](list []T, shared map[string]T, name func(T) string) error {
	for i, x := range list {
		full, ok := shared[name(x)]
		if !ok {
			return fmt.Errorf("nothing is shared about %q", name(x))
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
