package api

import (
	"context"
	"net/http"
	"slices"

	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/match"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

var attendees = resource[attendee.Input, attendee.Attendee, attendee.Filter]{
	Kind: history.Kind{
		Type: attendee.Type, Table: attendee.Table,
		Parts: []history.Part{
			history.Values("roles", "attendee_roles", "attendee_id", "role"),
			history.Objects("affiliations", "attendee_affiliations", "attendee_id",
				"organization_id bigint", "organization_as_listed text", "title jsonb"),
		},
	},
	one: "attendee", many: "attendees",
	about: "Who took part, in which roles, with the positions they held at the time.",
	sorts: []string{"-starts_on", "position", "updated_at"},
	list:  attendee.List, get: attendee.Get, create: attendee.Create, update: attendee.Update,
	input: func(r *attendee.Attendee) *attendee.Input { return &r.Input },
	order: &reference.Order{Table: attendee.Table, Column: "position"}, placed: func(in attendee.Input) (int64, *int64) { return in.RoundTableID, in.Position },
	more: map[Feature]Operation{
		Within: with[attendeeWithinQuery, Page[Attendee]]((*server).listAttendeesOfRoundTable, "position", "starts_on", "updated_at"),
	},
	replaced: map[Feature]Operation{
		List: with[attendeeQuery, Page[Attendee]]((*server).listAttendees),
		Get:  getWith(attendee.Get, withAttendees, func(p *attendeeParams) (*itemParams, *[]string) { return &p.itemParams, &p.Include }),
	},
	notes: map[Feature]string{
		List: "With `resolved=false` each attendee comes with `candidates`: the people and organizations that the name as listed may refer " +
			"to, `match` before `possible`. A shared organization raises the score. A page then has at most 100 records.",
		Create: "Without `position` the attendee becomes the last one of the round table. A person or an organization that already attends " +
			"is rejected with 409.",
		Within: "The list of attendees, limited to one round table, in the order of the source. With `resolved=false` each attendee comes " +
			"with `candidates`.",
	},
}

func (s *server) listAttendees(c echo.Context) error {
	return listOf(s, c, func(ctx context.Context, db pg.DB, q attendeeQuery) (paging.Page[Attendee], error) {
		page, err := attendee.List(ctx, db, q.Filter)
		return pageWith(ctx, db, page, err, q.parts(), s.withCandidates)
	})
}

func (s *server) listAttendeesOfRoundTable(c echo.Context) error {
	return withinOf(s, c, func(ctx context.Context, db pg.DB, roundTable int64, q attendeeWithinQuery) (paging.Page[Attendee], error) {
		page, err := attendee.ListWithin(ctx, db, roundTable, q.Within)
		return pageWith(ctx, db, page, err, q.parts(), s.withCandidates)
	})
}

// orCandidates adds the candidates to the parts that a list of unresolved attendees shows.
func orCandidates(include []string, resolved *bool) []string {
	if resolved == nil || *resolved {
		return include
	}
	return append(slices.Clone(include), "candidates")
}

// withCandidates is withAttendees with the candidates as one more part.
func (s *server) withCandidates(ctx context.Context, db pg.DB, list []attendee.Attendee, include []string) ([]Attendee, error) {
	with, err := withAttendees(ctx, db, list, include)
	if err != nil || !asks(include, "candidates") {
		return with, err
	}
	candidates, err := s.matcher.Candidates(ctx, list)
	for i := range candidates {
		with[i].Candidates = candidates[i]
	}
	return with, err
}

// resolveAttendee links an attendee with a person or an organization.
//
//	@ID				resolveAttendee
//	@Summary		Link an unresolved attendee
//	@Description	Links an attendee that is recorded by a name or a position only. Returns 409 if the attendee is already linked
//	@Description	or is a group, or if the person or the
//	@Description	organization already attends the round table. The name as listed becomes another name of the record (kind
//	@Description	`as_listed`), so that the next document finds it; `learn=false` prevents that.
//	@Tags			Attendees
//	@Param			id		path		int					true	"The attendee."
//	@Param			params	query		learnParams			false	"-"
//	@Param			who		body		match.ResolveInput	true	"The person or the organization."
//	@Success		200		{object}	attendee.Attendee	"The attendee, linked."
//	@Router			/v1/attendees/{id}/resolve [post]
func (s *server) resolveAttendee(c echo.Context) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	in, err := body[match.ResolveInput](c)
	if err != nil {
		return err
	}
	var p learnParams
	var a attendee.Attendee
	err = s.writeWith(c, &p, &p.writeParams, func(ctx context.Context, tx pgx.Tx) (err error) {
		if err = lock(ctx, tx, attendee.Table, attendee.Type, n, 0); err != nil {
			return err
		}
		a, err = match.Resolve(ctx, tx, n, in, p.Learn)
		return err
	})
	if err != nil {
		return err
	}
	return written(s, c, http.StatusOK, &a, itemPath(c), p.writeParams)
}
