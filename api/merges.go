package api

import (
	"context"
	"net/http"
	"reflect"
	"slices"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/merge"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

var merges = resource[merge.Input, merge.Merge, merge.Filter]{
	Kind: history.Kind{Type: merge.Type, Table: merge.Table},
	one:  "merge", many: "merges",
	sorts: []string{"-updated_at"},
	list:  merge.List, get: merge.Get,
	read: actor.Read,
	only: []Feature{List, Get},
}

// mergeOf merges the record of the path into the one that the body names.
func mergeOf(of func(ctx context.Context, tx pgx.Tx, from, into int64) (merge.Outcome, error)) Operation {
	o := with[writeParams, merge.Outcome](func(s *server, c echo.Context) error {
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
	})
	o.Body = reflect.TypeFor[merge.Input]()
	return o
}

// withinLimits returns apperr.Invalid if the merged record breaks a rule that its PATCH checks. Identifiers that were stored
// before they were checked do not stop a merge.
func withinLimits(o *merge.Outcome) error {
	var fields []apperr.Field
	if o.Person != nil {
		fields = input.Check(&o.Person.Input)
	} else {
		fields = input.Check(&o.Organization.Input)
	}
	return apperr.Validation(slices.DeleteFunc(fields, func(f apperr.Field) bool { return f.Code == "bad_identifier" }))
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
	localize(&o, p.Lang)
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, o)
}

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
