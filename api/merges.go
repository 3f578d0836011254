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

// mergePerson merges a person into another one.
//
//	@ID				mergePerson
//	@Summary		Merge a person into another one
//	@Description	For two records of the same person. All references move to the record that stays. Two attendances of one round
//	@Description	table become one, with the roles of
//	@Description	both. The merge adds the names to the other names of the record that stays and fills its empty fields. The old
//	@Description	address returns 308.
//	@Description	`dry_run=true` shows the result without saving. A merge can be undone.
//	@Tags			People
//	@Param			id		path		int				true	"The person to merge."
//	@Param			params	query		writeParams		false	"-"
//	@Param			into	body		merge.Input		true	"The person that stays."
//	@Success		200		{object}	merge.Outcome	"What the merge changed."
//	@Router			/v1/people/{id}/merge [post]
func (s *server) mergePerson(c echo.Context) error { return s.mergeInto(c, merge.People) }

// mergeOrganization merges an organization into another one.
//
//	@ID				mergeOrganization
//	@Summary		Merge an organization into another one
//	@Description	For two records of the same organization. All references move to the record that stays, those of its parts too.
//	@Description	Two attendances of one round table
//	@Description	become one. The merge adds the names to the other names of the record that stays and fills its empty fields. The
//	@Description	old address returns 308.
//	@Description	`dry_run=true` shows the result without saving. A merge can be undone.
//	@Tags			Organizations
//	@Param			id		path		int				true	"The organization to merge."
//	@Param			params	query		writeParams		false	"-"
//	@Param			into	body		merge.Input		true	"The organization that stays."
//	@Success		200		{object}	merge.Outcome	"What the merge changed."
//	@Router			/v1/organizations/{id}/merge [post]
func (s *server) mergeOrganization(c echo.Context) error { return s.mergeInto(c, merge.Organizations) }

// mergeInto merges the record of the path into the one that the body names.
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
		if err == nil {
			err = withinLimits(&o)
		}
		return o, err
	})
}

// withinLimits returns apperr.Invalid if the merged record breaks a rule that its PATCH checks.
func withinLimits(o *merge.Outcome) error {
	if o.Person != nil {
		return apperr.Validation(input.Check(&o.Person.Input))
	}
	return apperr.Validation(input.Check(&o.Organization.Input))
}

// outcome runs a merge or the undo of one and returns its outcome.
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

// listMerges lists merges.
//
//	@ID			listMerges
//	@Summary	List merges
//	@Tags		Merges
//	@x-sort		["-updated_at"]
//	@Param		filter	query		merge.Filter	false	"-"
//	@Success	200		{object}	Page[merge.Merge]		"A page of merges."
//	@Router		/v1/merges [get]
func (s *server) listMerges(c echo.Context) error { return listOf(s, c, merge.List) }

// getMerge returns a merge.
//
//	@ID			getMerge
//	@Summary	Get a merge
//	@Tags		Merges
//	@Param		id		path		int			true	"The merge."
//	@Param		params	query		itemParams	false	"-"
//	@Success	200		{object}	merge.Merge	"The merge."
//	@Router		/v1/merges/{id} [get]
func (s *server) getMerge(c echo.Context) error { return itemOf(s, c, merge.Get) }

// undoMerge undoes a merge.
//
//	@ID				undoMerge
//	@Summary		Undo a merge
//	@Description	Restores the exact state before the merge: the record with its id, its references, and the attendances that were
//	@Description	combined. If one of these records
//	@Description	has changed since, nothing is restored: the response is 409 with the code `changed_since`, and `changed_since`
//	@Description	lists the changes.
//	@Tags			Merges
//	@Param			id		path		int				true	"The merge."
//	@Param			params	query		writeParams		false	"-"
//	@Success		200		{object}	merge.Outcome	"What the undo restored."
//	@Router			/v1/merges/{id}/undo [post]
func (s *server) undoMerge(c echo.Context) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	return s.outcome(c, func(ctx context.Context, tx pgx.Tx) (merge.Outcome, error) { return merge.Undo(ctx, tx, Kinds(), n) })
}
