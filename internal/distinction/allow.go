package distinction

import (
	"context"
	"errors"

	"roundtables.kz/registry/internal/apperr"

	"github.com/jackc/pgx/v5"
)

// Allow returns the candidates that a record was rejected for as a likely duplicate, if duplicates are allowed. Any other
// rejection comes back as it is; without one there are no candidates.
func Allow(rejection error, allowed bool) ([]apperr.Candidate, error) {
	var rejected *apperr.Error
	if !allowed || !errors.As(rejection, &rejected) || rejected.Code != "duplicate_candidates" {
		return nil, rejection
	}
	candidates, _ := rejected.Extra["candidates"].([]apperr.Candidate)
	return candidates, nil
}

// Record stores that a record is distinct from each candidate. A candidate that was deleted in the meantime is skipped.
func Record(ctx context.Context, tx pgx.Tx, recordType string, id int64, candidates []apperr.Candidate) error {
	for _, c := range candidates {
		_, err := Create(ctx, tx, Input{Type: recordType, FirstID: c.ID, SecondID: id})
		if err != nil && !apperr.IsKind(err, apperr.Invalid) {
			return err
		}
	}
	return nil
}
