package spelling

import (
	"context"
	"slices"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/names"

	"github.com/jackc/pgx/v5"
)

// Session checks the new records of one transaction for duplicates. It takes each lock once. While it holds the lock of a
// phonetic key, no other transaction can create a record with that key. So it refreshes the finder when it takes a lock,
// and from time to time for other changes: renamed records, and similar names with another key.
type Session struct {
	finder    *Finder
	held      map[int32]bool
	refreshed time.Time
}

// refreshInterval is how old the finder's data may become in a session.
const refreshInterval = 100 * time.Millisecond

// Session returns a session for a transaction.
func (f *Finder) Session() *Session { return &Session{finder: f, held: map[int32]bool{}} }

// Distinct returns apperr.Conflict with the candidates if one of the spellings most likely names an existing record.
// Transactions that check names with the same phonetic key wait for each other.
func (s *Session) Distinct(ctx context.Context, tx pgx.Tx, spellings []string) error {
	f := s.finder
	missing := slices.DeleteFunc(f.index.locksOf(spellings), func(lock int32) bool { return s.held[lock] })
	if len(missing) > 0 {
		if err := f.index.lock(ctx, tx, missing); err != nil {
			return err
		}
	}
	if len(missing) > 0 || time.Since(s.refreshed) > refreshInterval {
		s.refreshed = time.Now()
		if err := f.Refresh(ctx); err != nil {
			return err
		}
	}
	for _, lock := range missing {
		s.held[lock] = true
	}
	f.mu.RLock()
	found := FindIn(f.names.View(false), names.Duplicate, 10, spellings)
	f.mu.RUnlock()
	if len(found) == 0 {
		return nil
	}
	candidates, err := f.index.Candidates(ctx, tx, found)
	if err != nil || len(candidates) == 0 {
		return err
	}
	e := apperr.New(apperr.Conflict, "duplicate_candidates")
	e.Extra = map[string]any{"candidates": candidates}
	return e
}

// RolledBack must be called after a rollback to a savepoint, which releases the locks taken since.
func (s *Session) RolledBack() { clear(s.held) }
