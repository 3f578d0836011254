package roundtable

import (
	"context"
	"slices"
	"strings"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Transition is an action that moves a round table from one state into another.
type Transition struct {
	Action  string      // in the path: "publish"
	Scope   actor.Scope // that the action requires
	Checked bool        // whether errors that a check finds prevent it

	publication, status string                 // the new state; empty: as it was
	from                []string               // the publications or statuses before; nil: any
	set                 func(in Move, to *Row) // what else changes
}

// Move is what a client says about an action.
//
//	@Description	Details of an action on a round table. Each action reads its own members.
type Move struct {
	// What is to be corrected, for `return`.
	Note *string `json:"note" validate:"omitnil,min=1,max=2000" lines:"keep" example:"The place is missing."`
	// The new first day, for `postpone` and `reschedule`.
	StartsOn *date.Day `json:"starts_on"`
	// The new last day, for `postpone` and `reschedule`. Null for an event of one day.
	EndsOn *date.Day `json:"ends_on"`
	// The new start time, for `postpone` and `reschedule`.
	StartsAt *time.Time `json:"starts_at" format:"date-time" example:"2030-05-16T10:00:00+05:00"`
	// The new end time, for `postpone` and `reschedule`.
	EndsAt *time.Time `json:"ends_at" format:"date-time" example:"2030-05-16T13:00:00+05:00"`
} //	@name	RoundTableAction

// Row is what transitions change.
type Row struct {
	Input
	SubmittedBy *string
	SubmittedAt *time.Time
	ReviewNote  *string
}

// Transitions are all actions on round tables.
var Transitions = []Transition{
	{Action: "submit", Scope: actor.Write, publication: "review", from: []string{"draft", "review", "withdrawn"},
		set: func(_ Move, to *Row) { to.ReviewNote = nil }},
	{Action: "return", Scope: actor.Write, publication: "draft", from: []string{"review"}, set: func(in Move, to *Row) { to.ReviewNote = in.Note }},
	{Action: "publish", Scope: actor.Publish, Checked: true, publication: "published", set: func(_ Move, to *Row) { to.ReviewNote = nil }},
	{Action: "withdraw", Scope: actor.Publish, publication: "withdrawn"},
	{Action: "cancel", Scope: actor.Write, status: "cancelled", from: []string{"scheduled", "postponed", "cancelled"}},
	{Action: "postpone", Scope: actor.Write, status: "postponed", from: []string{"scheduled", "postponed"}, set: moveDate},
	{Action: "reschedule", Scope: actor.Write, status: "scheduled", from: []string{"scheduled", "postponed", "cancelled"}, set: moveDate},
}

// moveDate gives an event the date of the client, if there is one.
func moveDate(in Move, to *Row) {
	if in.StartsOn == nil && in.StartsAt == nil {
		return
	}
	to.StartsOn, to.EndsOn, to.StartsAt, to.EndsAt, to.DatePrecision = in.StartsOn, in.EndsOn, in.StartsAt, in.EndsAt, ""
}

// Apply moves a round table. An action that does not fit its state is apperr.Conflict with code wrong_state, a publication by the
// submitter under RequireReview apperr.Forbidden, and a wrong date apperr.Invalid. A move that changes nothing keeps the version.
func (t Transition) Apply(ctx context.Context, tx pgx.Tx, id int64, in Move) error {
	old, err := Get(ctx, tx, id)
	if err != nil {
		return err
	}
	was := old.Publication
	if t.status != "" {
		was = old.Status
	}
	if t.from != nil && !slices.Contains(t.from, was) {
		return apperr.New(apperr.Conflict, "wrong_state", "action", t.Action, "state", was, "allowed", strings.Join(t.from, ", "))
	}
	to := Row{Input: old.Input}
	if old.Review != nil {
		to.SubmittedBy, to.SubmittedAt, to.ReviewNote = old.Review.SubmittedBy, old.Review.SubmittedAt, old.Review.Note
	}
	if t.publication != "" {
		if err := mayPublish(ctx, was, t.publication, old.submitter()); err != nil {
			return err
		}
		to.Publication = t.publication
	}
	if t.status != "" {
		to.Status = t.status
	}
	if t.publication == "review" && was != "review" {
		to.SubmittedBy, to.SubmittedAt = new(actor.From(ctx).String()), new(time.Now())
	}
	if t.set != nil {
		t.set(in, &to)
	}
	if err := apperr.Validation(to.Check()); err != nil {
		return err
	}
	return pg.Exec(ctx, tx, `
		UPDATE round_tables SET publication = @publication, status = @status, starts_on = @starts_on, ends_on = @ends_on, date_precision = @date_precision,
			starts_at = @starts_at, ends_at = @ends_at, submitted_by = @submitted_by, submitted_at = @submitted_at, review_note = @review_note
		WHERE id = @id`, pg.Args{
		"id": id, "publication": to.Publication, "status": to.Status, "starts_on": to.StartsOn, "ends_on": to.EndsOn, "date_precision": to.DatePrecision,
		"starts_at": to.StartsAt, "ends_at": to.EndsAt, "submitted_by": to.SubmittedBy, "submitted_at": to.SubmittedAt, "review_note": to.ReviewNote,
	})
}

// Review is what the registry knows about the review of an event.
//
//	@Description	Who submitted an event for review, when, and what the reviewer answered.
type Review struct {
	SubmittedBy     *string    `json:"submitted_by" example:"key:7"`                                          // Who submitted it last.
	SubmittedByName *string    `json:"submitted_by_name" example:"Editors"`                                   // The name of that key.
	SubmittedAt     *time.Time `json:"submitted_at" format:"date-time" example:"2026-01-15T09:30:00.123456Z"` // When.
	Note            *string    `json:"note" example:"The place is missing."`                                  // What is to be corrected, if it was returned.
} //	@name	RoundTableReview

func (r RoundTable) submitter() string {
	if r.Review == nil || r.Review.SubmittedBy == nil {
		return ""
	}
	return *r.Review.SubmittedBy
}

// PartTables are the tables of the records that belong to a round table.
var PartTables = []string{"organizers", "attendees", "statements", "recommendations"}

// ShowPublished makes all queries of the transaction see drafts as if they were published: those with the ids, and those of the parts
// and documents, whose ids are given by table. The transaction must be rolled back.
func ShowPublished(ctx context.Context, tx pgx.Tx, ids []int64, parts map[string][]int64) error {
	of := "SELECT unnest(@ids::bigint[])"
	args := pg.Args{"ids": pg.OrEmpty(ids)}
	for table, list := range parts {
		column := "id"
		if table == "documents" {
			table, column = "document_links", "document_id"
		}
		of += " UNION SELECT round_table_id FROM " + table + " WHERE " + column + " = ANY(@" + table + ")"
		args[table] = list
	}
	return pg.Exec(ctx, tx, "UPDATE round_tables SET publication = 'published' WHERE publication <> 'published' AND id IN ("+of+")", args)
}

// MayCreate checks that the actor may create a round table with a publication.
func MayCreate(ctx context.Context, publication string) error {
	return mayPublish(ctx, "draft", publication, "")
}

type reviewKey struct{}

// RequireReview returns a context in which an event is published only after its review, by another actor than its submitter.
func RequireReview(ctx context.Context) context.Context {
	return context.WithValue(ctx, reviewKey{}, true)
}

// mayPublish is MayPublish for a round table with a submitter.
func mayPublish(ctx context.Context, was, is, submitter string) error {
	if err := MayPublish(ctx, was, is); err != nil || is != "published" || was == is || ctx.Value(reviewKey{}) == nil {
		return err
	}
	if who := actor.From(ctx).String(); was == "review" && submitter != who {
		return nil
	}
	return apperr.New(apperr.Forbidden, "review_required")
}
