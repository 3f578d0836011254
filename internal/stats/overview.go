// Package stats computes the numbers of dashboards that concern several collections: the overview of round tables, and the network
// of who took part together. It writes nothing.
package stats

import (
	"context"
	"fmt"
	"time"

	"roundtables.kz/registry/internal/aggregate"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/roundtable"

	"github.com/jackc/pgx/v5"
)

// Overview are the numbers of the front page of a dashboard.
//
//	@Description	The numbers of the round tables that match the filters, with four charts.
type Overview struct {
	Counts    aggregate.Numbers `json:"counts"`     // The round tables, and what is distinct at them.
	FirstOn   *date.Day         `json:"first_on"`   // First day of the earliest round table. Null if none has a date.
	LastOn    *date.Day         `json:"last_on"`    // First day of the latest round table.
	UpdatedAt *time.Time        `json:"updated_at"` // When one of the round tables, or of their organizers, attendees, statements or recommendations, last changed. Null if there are none.
	Charts    Charts            `json:"charts"`
} //	@name	Overview

// Charts are the standard charts of an overview.
//
//	@Description	The standard charts, each as an aggregate of round tables.
type Charts struct {
	EventsPerMonth aggregate.Result `json:"events_per_month"` // Round tables by month.
	Formats        aggregate.Result `json:"formats"`          // Round tables by format.
	TopTopics      aggregate.Result `json:"top_topics"`       // The ten most frequent topics.
	TopOrganizers  aggregate.Result `json:"top_organizers"`   // The ten most frequent organizers.
} //	@name	OverviewCharts

// Each calls do with each of the charts.
func (c *Charts) Each(do func(*aggregate.Result)) {
	for _, chart := range []*aggregate.Result{&c.EventsPerMonth, &c.Formats, &c.TopTopics, &c.TopOrganizers} {
		do(chart)
	}
}

// top is how many topics and organizers an overview shows.
const top = 10

// ReadOverview returns the overview of the round tables that match a filter. The request names the list and its filters.
func ReadOverview(ctx context.Context, tx pgx.Tx, f roundtable.Filter, r aggregate.Request) (o Overview, err error) {
	limit := top
	for _, chart := range []struct {
		to    *aggregate.Result
		by    string
		limit *int
	}{
		{&o.Charts.EventsPerMonth, "month", nil}, {&o.Charts.Formats, "format", nil},
		{&o.Charts.TopTopics, "topic", &limit}, {&o.Charts.TopOrganizers, "organizer", &limit},
	} {
		r.Query = aggregate.Query{GroupBy: []string{chart.by}, Options: aggregate.Options{Limit: chart.limit, Lang: f.Lang}}
		if *chart.to, err = aggregate.Of(ctx, tx, roundtable.List, f, r); err != nil {
			return o, err
		}
	}
	r.Query = aggregate.Query{Options: aggregate.Options{
		Metric: []string{"round_tables", "people", "organizations", "statements", "recommendations", "topics"},
	}}
	whole, err := aggregate.Of(ctx, tx, roundtable.List, f, r)
	if err != nil {
		return o, err
	}
	o.Counts = whole.Meta.Metrics.Total
	err = o.readDays(ctx, tx, f)
	return o, err
}

// matching calls do with how the actor reads the round tables that match a filter.
func matching(ctx context.Context, tx pgx.Tx, f roundtable.Filter, do func(paging.Source, pg.Where) error) error {
	paging.Instead(&f, func(_ context.Context, _ pg.DB, s paging.Source, w pg.Where) (paging.State, error) {
		return paging.State{}, do(s, w)
	})
	_, err := roundtable.List(ctx, tx, f)
	return err
}

// matched is a common table expression with the ids, days and times of the round tables that match.
func matched(s paging.Source, w *pg.Where) string {
	w.Whole()
	return "matched AS MATERIALIZED (SELECT r.id, r.starts_on, r.updated_at FROM " + s.Table + " " + s.Joins + w.SQL(s.ID, false) + ")"
}

// fewEvents is how many round tables are few enough to look at each of their records.
const fewEvents = 1000

// readDays reads the first and the last day, and the time of the last change. Among the records of few round tables it looks for the
// latest; of many round tables, one of the records that changed last is soon found.
func (o *Overview) readDays(ctx context.Context, tx pgx.Tx, f roundtable.Filter) error {
	return matching(ctx, tx, f, func(s paging.Source, w pg.Where) error {
		latest := "(SELECT max(x.updated_at) FROM %s x JOIN matched ON matched.id = x.round_table_id)"
		if n := o.Counts.RoundTables; n != nil && *n > fewEvents {
			latest = "(SELECT x.updated_at FROM %s x WHERE x.round_table_id IN (SELECT id FROM matched) ORDER BY x.updated_at DESC LIMIT 1)"
		}
		sql := "WITH " + matched(s, &w) + " SELECT min(starts_on), max(starts_on), greatest(max(updated_at)"
		for _, table := range []string{"organizers", "attendees", "statements", "recommendations"} {
			sql += ", " + fmt.Sprintf(latest, table)
		}
		sql += ") FROM matched"
		return tx.QueryRow(ctx, sql, w.Args().Of(sql)).Scan(&o.FirstOn, &o.LastOn, &o.UpdatedAt)
	})
}
