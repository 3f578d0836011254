package roundtable

import (
	"context"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// SimilarEvent is a round table that may be the same event as another one.
//
//	@Description	A round table that may be the same event.
type SimilarEvent struct {
	ID            int64      `json:"id" db:"id" example:"13"`
	Name          text.Map   `json:"name" db:"name" validate:"required"`                                              // The title.
	StartsOn      *date.Day  `json:"starts_on" db:"starts_on"`                                                        // First day. Null if the source gives no date.
	DatePrecision string     `json:"date_precision" db:"date_precision" enums:"day,month,year,unknown" example:"day"` // Precision of `starts_on`.
	Score         float64    `json:"score" db:"score" example:"0.9"`                                                  // Similarity of the titles, or the share of common people, 0 to 1.
	Added         text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	SimilarEvent

// Similar is SQL for the round tables that may be the same event as the stored round table r: their id and score. The rule is that
// of FindSimilar.
const Similar = `similar_round_tables(r, ARRAY(SELECT a.person_id FROM attendees a WHERE a.round_table_id = r.id AND a.person_id IS NOT NULL),
	ARRAY(SELECT o.organization_id FROM organizers o WHERE o.round_table_id = r.id))`

// FindSimilar returns the round tables that may be the same event as a new one, the most similar first. people and organizers are
// the ids of its attendees and organizers, as far as they are known. The function similar_round_tables in the schema has the rule.
// FindSimilar waits for transactions that are creating an event of the same day, so that two of them do not create it twice.
func FindSimilar(ctx context.Context, tx pgx.Tx, in Input, people, organizers []int64) (found []SimilarEvent, err error) {
	in.complete()
	var b pgx.Batch
	b.Queue("SELECT pg_advisory_xact_lock(7244, starts_key(@starts_on::date, @date_precision::text))",
		pg.Args{"starts_on": in.StartsOn, "date_precision": in.DatePrecision})
	b.Queue(`SELECT s.id, s.title AS name, s.starts_on, s.date_precision, round(f.score::numeric, 3)::float8 AS score
		FROM similar_round_tables(jsonb_populate_record(NULL::round_tables, jsonb_build_object('title', @title::jsonb, 'status', @status::text,
			'starts_on', @starts_on::date, 'ends_on', @ends_on::date, 'date_precision', @date_precision::text, 'parent_id', @parent_id::bigint,
			'place_id', @place_id::bigint)), @people, @organizers) f JOIN round_tables s ON s.id = f.id ORDER BY f.score DESC, s.id`,
		pg.Args{"title": in.Title, "status": in.Status, "starts_on": in.StartsOn, "ends_on": in.EndsOn, "date_precision": in.DatePrecision,
			"parent_id": in.ParentID, "place_id": in.PlaceID, "people": pg.OrEmpty(people),
			"organizers": pg.OrEmpty(organizers)}).Query(func(rows pgx.Rows) (err error) {
		found, err = pgx.CollectRows(rows, pgx.RowToStructByName[SimilarEvent])
		return err
	})
	return found, pg.Send(ctx, tx, "find similar events", &b)
}

// Distinct returns apperr.Conflict with the candidates if a new round table may be the same event as an existing one. See FindSimilar.
func Distinct(ctx context.Context, tx pgx.Tx, in Input) error {
	found, err := FindSimilar(ctx, tx, in, nil, nil)
	if err != nil || len(found) == 0 {
		return err
	}
	e := apperr.New(apperr.Conflict, "similar_event")
	e.Extra = map[string]any{"candidates": Candidates(found)}
	return e
}

// Candidates returns similar events as the candidates of an error.
func Candidates(found []SimilarEvent) []apperr.Candidate {
	list := make([]apperr.Candidate, len(found))
	for i, s := range found {
		name, _ := s.Name.In("")
		list[i] = apperr.Candidate{ID: s.ID, Name: name, Score: s.Score}
	}
	return list
}
