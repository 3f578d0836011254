package api

import (
	"context"
	"net/http"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/imports"
	"roundtables.kz/registry/internal/merge"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// UndoInput names what is to be undone.
//
//	@Description	What is to be undone: all changes of one request, or one change.
type UndoInput struct {
	// The id of the request, from its header `X-Request-Id` or from a history.
	Request *string `json:"request" validate:"any_of=request_or_change Change,not_with=request_or_change Change,omitnil,min=1,max=100" example:"W6YKVLIOIJQ47V5EVZKO6JBC4K"`
	// The number of the change, from a history.
	Change *int64 `json:"change" validate:"omitnil,gt=0" example:"842"`
} //	@name	UndoInput

// Undone lists the changes that were undone.
//
//	@Description	The changes that were undone.
type Undone struct {
	Data []UndoneChange `json:"data"`
} //	@name	UndoneChanges

// UndoneChange is a change that was undone.
//
//	@Description	A change that was undone.
type UndoneChange struct {
	Change int64  `json:"change" example:"842"`      // The number of the change.
	Type   string `json:"type" example:"statements"` // The type of the record, as in the path.
	ID     int64  `json:"id" example:"30"`           // The record.
	Op     string `json:"op" example:"update"`       // What the change had done.
} //	@name	UndoneChange

// undo undoes the changes of a request, or one change.
//
//	@ID				undo
//	@Summary		Undo a request or a change
//	@Description	Gives every record that the request changed its content from before: what it created is deleted, what it deleted
//	@Description	comes back. The request may be a bundle, an import, a merge, a publication or an undo. If one of the records has
//	@Description	changed since, nothing is undone: the response is 409 with the code `changed_since`, and `changed_since` lists the
//	@Description	later changes. An undo requires the scopes that the changes themselves require. An erasure cannot be undone.
//	@Description
//	@Description	The request of the example does not exist, so the response is 422 until you put in the id of one.
//	@Tags			Changes
//	@Param			body	body		UndoInput	true	"The request or the change."
//	@Param			params	query		writeParams	false	"-"
//	@Success		200		{object}	Undone		"What was undone."
//	@Router			/v1/undo [post]
func (s *server) undo(c echo.Context) error {
	in, err := body[UndoInput](c)
	if err != nil {
		return err
	}
	done := Undone{Data: []UndoneChange{}}
	_, err = s.write(c, func(ctx context.Context, tx pgx.Tx) error {
		var list []history.Entry
		if in.Request != nil {
			list, err = history.OfRequest(ctx, tx, *in.Request)
		} else {
			list, err = history.OfChange(ctx, tx, *in.Change)
		}
		if err != nil {
			return err
		}
		done.Data = done.Data[:0]
		for _, e := range list {
			if err := mayWrite(ctx, e.Type); err != nil {
				return err
			}
			done.Data = append(done.Data, UndoneChange{e.Seq, e.Type, e.ID, e.Op})
		}
		for _, e := range list { // these know what else belongs to the change
			switch {
			case e.Type == merge.Type && e.Op == "create":
				_, err := merge.Undo(ctx, tx, Kinds(), e.ID)
				return err
			case e.Type == imports.Type && e.Op == "create":
				_, err := imports.Revert(ctx, tx, Kinds(), e.ID)
				return err
			}
		}
		return Kinds().Undo(ctx, tx, list)
	})
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, done)
}

// mayWrite returns apperr.Forbidden unless the actor has the scopes that a write of records of the type requires.
func mayWrite(ctx context.Context, recordType string) error {
	for _, r := range append(Resources(), OtherResources()...) {
		if r.Type != recordType {
			continue
		}
		for _, o := range r.Operations {
			if o.Feature != Create && o.Feature != Patch {
				continue
			}
			for scope := range o.Scope.Each() {
				if !actor.From(ctx).Can(scope) {
					return apperr.MissingScope(string(scope))
				}
			}
		}
	}
	return nil
}
