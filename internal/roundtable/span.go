package roundtable

import (
	"context"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Span is the time from the first to the last moment of events.
type Span struct {
	First, Last time.Time
}

// Spans returns the span of all events with times that the actor may see, by time zone. Times of day of a last day without
// times are within it.
func Spans(ctx context.Context, db pg.DB) (map[string]Span, error) {
	where := "starts_at IS NOT NULL"
	if actor.From(ctx).SeesOnlyPublished() {
		where += " AND publication = 'published'"
	}
	spans := map[string]Span{}
	var zone string
	var s Span
	rows, _ := db.Query(ctx, "SELECT timezone, min(starts_at), max(greatest(starts_at, ends_at, ends_on + 2)) FROM round_tables WHERE "+where+
		" GROUP BY timezone") // the rows carry its error
	_, err := pgx.ForEachRow(rows, []any{&zone, &s.First, &s.Last}, func() error {
		spans[zone] = s
		return nil
	})
	return spans, pg.Error(err)
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
