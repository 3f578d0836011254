package roundtable

import (
	"context"
	"time"

	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Span is the time from the first to the last moment of events.
type Span struct {
	First, Last time.Time
}

// Spans returns the span of the events of a list that have times, by time zone. Times of day of a last day without times are within
// it. The page and the order of the filter do not matter.
func Spans(ctx context.Context, db pg.DB, f Filter) (map[string]Span, error) {
	spans := map[string]Span{}
	paging.Instead(&f, func(ctx context.Context, db pg.DB, source paging.Source, w pg.Where) (state paging.State, err error) {
		w.Add("r.starts_at IS NOT NULL")
		w.Whole()
		sql := "SELECT r.timezone, min(r.starts_at), max(greatest(r.starts_at, r.ends_at, r.ends_on + 2)) FROM " + source.Table + " " + source.Joins +
			w.SQL(source.ID, false) + " GROUP BY r.timezone"
		rows, _ := db.Query(ctx, sql, w.Args().Of(sql)) // the rows carry its error
		var zone string
		var s Span
		_, err = pgx.ForEachRow(rows, []any{&zone, &s.First, &s.Last}, func() error {
			spans[zone] = s
			return nil
		})
		return state, err
	})
	_, err := List(ctx, db, f)
	return spans, err
}

// Span returns the span of one event with times, by its time zone, as Spans does.
func (r RoundTable) Span() map[string]Span {
	if r.StartsAt == nil {
		return nil
	}
	s := Span{*r.StartsAt, *r.StartsAt}
	if r.EndsAt != nil {
		s.Last = *r.EndsAt
	} else if r.EndsOn != nil {
		s.Last = r.EndsOn.Time.AddDate(0, 0, 2)
	}
	return map[string]Span{r.Timezone: s}
}
