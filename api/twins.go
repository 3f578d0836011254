package api

import (
	"context"
	"net/http"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/merge"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// Two records of one person, or of two that look alike.

// MergePage is a page of merges.
type MergePage = Page[merge.Merge] //	@name	MergePage

// mergePerson makes a person part of another one.
//
//	@ID				mergePerson
//	@Summary		Merge a person into another one
//	@Description	For two records of one person. All that refers to the person refers to the other one from now on; two attendances of one round table become one,
//	@Description	with the roles of both; names become other names of the record that stays, which also gets what it lacks. The old address answers 308.
//	@Description	`dry_run=true` shows what would happen. A merge can be undone.
//	@Tags			People
//	@Param			id		path		int				true	"The person that becomes part of the other one."
//	@Param			params	query		writeParams		false	"-"
//	@Param			into	body		merge.Input		true	"The person that stays."
//	@Success		200		{object}	merge.Outcome	"What was done."
//	@Router			/v1/people/{id}/merge [post]
func (s *server) mergePerson(c echo.Context) error { return s.mergeInto(c, merge.People) }

// mergeOrganization makes an organization part of another one.
//
//	@ID				mergeOrganization
//	@Summary		Merge an organization into another one
//	@Description	For two records of one organization. All that refers to the organization refers to the other one from now on, its parts too; two attendances of one round table
//	@Description	become one; names become other names of the record that stays, which also gets what it lacks. The old address answers 308.
//	@Description	`dry_run=true` shows what would happen. A merge can be undone.
//	@Tags			Organizations
//	@Param			id		path		int				true	"The organization that becomes part of the other one."
//	@Param			params	query		writeParams		false	"-"
//	@Param			into	body		merge.Input		true	"The organization that stays."
//	@Success		200		{object}	merge.Outcome	"What was done."
//	@Router			/v1/organizations/{id}/merge [post]
func (s *server) mergeOrganization(c echo.Context) error { return s.mergeInto(c, merge.Organizations) }

// mergeInto makes the record of the path part of the one that the body names.
func (s *server) mergeInto(c echo.Context, of func(ctx context.Context, tx pgx.Tx, from, into int64) (merge.Outcome, error)) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	in, err := body[merge.Input](c)
	if err != nil {
		return err
	}
	return s.outcome(c, func(ctx context.Context, tx pgx.Tx) (merge.Outcome, error) {
		o, err := of(ctx, tx, n, in.Into)
		if err != nil {
			return o, err
		}
		return o, withinLimits(&o)
	})
}

// withinLimits refuses a record that became larger than its own PATCH would take.
func withinLimits(o *merge.Outcome) error {
	if o.Person != nil {
		return apperr.Validation(input.Check(&o.Person.Input))
	}
	return apperr.Validation(input.Check(&o.Organization.Input))
}

// outcome runs a merge or an undoing and answers what it has done.
func (s *server) outcome(c echo.Context, f func(ctx context.Context, tx pgx.Tx) (merge.Outcome, error)) error {
	var o merge.Outcome
	p, err := s.write(c, func(ctx context.Context, tx pgx.Tx) (err error) {
		o, err = f(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	if p.Lang != "" {
		text.Localize(&o, p.Lang)
	}
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, o)
}

// listMerges answers a page of merges.
//
//	@ID			listMerges
//	@Summary	List merges
//	@Tags		Merges
//	@x-sort		["-updated_at"]
//	@Param		filter	query		merge.Filter	false	"-"
//	@Success	200		{object}	MergePage		"A page of merges."
//	@Router		/v1/merges [get]
func (s *server) listMerges(c echo.Context) error { return listOf(s, c, merge.List) }

// getMerge answers one merge.
//
//	@ID			getMerge
//	@Summary	Get a merge
//	@Tags		Merges
//	@Param		id		path		int			true	"The merge."
//	@Param		params	query		itemParams	false	"-"
//	@Success	200		{object}	merge.Merge	"The merge."
//	@Router		/v1/merges/{id} [get]
func (s *server) getMerge(c echo.Context) error { return itemOf(s, c, merge.Get) }

// undoMerge takes a merge back.
//
//	@ID				undoMerge
//	@Summary		Undo a merge
//	@Description	Brings back exactly what was there before the merge: the record with its id, what referred to it, and whatever was folded. If one of these records was
//	@Description	changed since, nothing is done: the answer is 409 with code `changed_since`, and `changed_since` lists the changes.
//	@Tags			Merges
//	@Param			id		path		int				true	"The merge."
//	@Param			params	query		writeParams		false	"-"
//	@Success		200		{object}	merge.Outcome	"What was brought back."
//	@Router			/v1/merges/{id}/undo [post]
func (s *server) undoMerge(c echo.Context) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	return s.outcome(c, func(ctx context.Context, tx pgx.Tx) (merge.Outcome, error) { return merge.Undo(ctx, tx, Kinds(), n) })
}
