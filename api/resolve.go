package api

import (
	"context"
	"slices"

	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/match"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

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
//	@Description	organization already attends the round table.
//	@Tags			Attendees
//	@Param			id		path		int					true	"The attendee."
//	@Param			params	query		writeParams			false	"-"
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
	return writeItem(s, c, func(ctx context.Context, tx pgx.Tx) (attendee.Attendee, error) {
		if err := lock(ctx, tx, attendee.Table, attendee.Type, n, 0); err != nil {
			return attendee.Attendee{}, err
		}
		return match.Resolve(ctx, tx, n, in)
	})
}
