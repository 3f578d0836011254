package api

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/merge"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// SettleInput holds decisions about pairs of possible duplicates.
//
//	@Description	Decisions about pairs of possible duplicates, up to ten. They are made in order, all or none.
type SettleInput struct {
	Decisions []Decision `json:"decisions" validate:"required,min=1,max=10,dive"` // The decisions.
} //	@name	DuplicateDecisions

// Decision is a decision about a pair of possible duplicates.
//
//	@Description	A decision about a pair of possible duplicates.
type Decision struct {
	FirstID  int64   `json:"first_id" validate:"required,gt=0" example:"1"`                                              // One of the records.
	SecondID int64   `json:"second_id" validate:"required,gt=0" example:"2"`                                             // The other record.
	Decision string  `json:"decision" validate:"required,oneof=merge distinct" enums:"merge,distinct" example:"merge"`   // `merge`: they are the same, and the second becomes part of the first. `distinct`: they are not the same.
	Note     *string `json:"note" validate:"omitnil,min=1,max=1000" lines:"keep" example:"Two generations of a family."` // Of a `distinct` pair: why they are not the same.
} //	@name	DuplicateDecision

// Check returns the errors that the tags cannot express.
func (in *SettleInput) Check() (fields []apperr.Field) {
	for i, d := range in.Decisions {
		at := "/decisions/" + strconv.Itoa(i)
		if d.FirstID == d.SecondID && d.FirstID > 0 {
			fields = append(fields, apperr.At(at+"/second_id", "same_record"))
		}
		if d.Note != nil && d.Decision == "merge" {
			fields = append(fields, apperr.At(at+"/note", "only_for_distinct"))
		}
	}
	return fields
}

// Settled lists what was decided.
//
//	@Description	What became of each pair, in the order of the decisions.
type Settled struct {
	Data []SettledPair `json:"data"` // The pairs.
} //	@name	SettledDuplicates

// SettledPair is a pair after the decision about it.
//
//	@Description	A pair after the decision about it.
type SettledPair struct {
	FirstID       int64  `json:"first_id" example:"1"`
	SecondID      int64  `json:"second_id" example:"2"`
	Decision      string `json:"decision" enums:"merge,distinct" example:"merge"` // The decision.
	MergeID       *int64 `json:"merge_id" example:"5"`                            // The merge, for `POST /v1/merges/{id}/undo`. Null for a `distinct` pair.
	DistinctionID *int64 `json:"distinction_id" example:"7"`                      // The distinction. Null for a `merge`.
} //	@name	SettledDuplicate

// settleOf decides about pairs of records of a type.
func settleOf(recordType string, mergeInto func(ctx context.Context, tx pgx.Tx, from, into int64) (merge.Outcome, error)) Operation {
	decide := func(ctx context.Context, tx pgx.Tx, d Decision) (done SettledPair, err error) {
		done = SettledPair{FirstID: d.FirstID, SecondID: d.SecondID, Decision: d.Decision}
		if d.Decision == "merge" {
			o, err := mergeInto(ctx, tx, d.SecondID, d.FirstID)
			if err == nil {
				err = withinLimits(&o)
			}
			done.MergeID = &o.Merge.ID
			return done, err
		}
		id, err := distinction.Create(ctx, tx, distinction.Input{Type: recordType, FirstID: d.FirstID, SecondID: d.SecondID, Note: d.Note})
		done.DistinctionID = &id
		return done, err
	}
	o := with[writeParams, Settled](func(s *server, c echo.Context) error {
		in, err := body[SettleInput](c)
		if err != nil {
			return err
		}
		var settled Settled
		_, err = s.write(c, func(ctx context.Context, tx pgx.Tx) error {
			settled = Settled{}
			for i, d := range in.Decisions {
				done, err := decide(ctx, tx, d)
				if err != nil {
					return ofDecision(err, i)
				}
				settled.Data = append(settled.Data, done)
			}
			return nil
		})
		if err != nil {
			return err
		}
		return send(c, http.StatusOK, echo.MIMEApplicationJSON, settled)
	})
	o.Body = reflect.TypeFor[SettleInput]()
	return o
}

// ofDecision returns an error with pointers to the i-th decision.
func ofDecision(err error, i int) error {
	var known *apperr.Error
	if !errors.As(err, &known) {
		return err
	}
	at := "/decisions/" + strconv.Itoa(i)
	e := *known
	e.Fields = slices.Clone(known.Fields)
	if e.Kind == apperr.NotFound || e.Kind == apperr.Gone || e.Kind == apperr.Merged { // the path exists
		e.Kind, e.Fields = apperr.Conflict, []apperr.Field{{Pointer: "/second_id", Code: known.Code, Args: known.Args}}
	}
	if len(e.Fields) == 0 {
		e.Fields = []apperr.Field{{Code: known.Code, Args: known.Args}}
	}
	for j := range e.Fields {
		if e.Fields[j].Pointer == "/into" {
			e.Fields[j].Pointer = "/first_id"
		}
		e.Fields[j].Pointer = at + e.Fields[j].Pointer
	}
	return &e
}
