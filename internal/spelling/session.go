package spelling

import (
	"context"
	"slices"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/names"

	"github.com/jackc/pgx/v5"
)

// Session is a Finder for the new records of one transaction, however many: the lock of a sound is asked for once. Nobody else can create
// a record of that sound while it is held, so what others write is looked at when a lock is taken, and every now and then for other names: of
// records that were renamed, or that are alike but sound otherwise.
type Session struct {
	finder *Finder
	held   map[int32]bool
	read   time.Time
}

// readEvery is how old what a session knows of others may become.
const readEvery = 100 * time.Millisecond

// Session makes one for a transaction.
func (f *Finder) Session() *Session { return &Session{finder: f, held: map[int32]bool{}} }

// Distinct is apperr.Conflict with the candidates when a record is there already that one of the names is most likely a
// spelling of. Two transactions that ask for names of one sound wait for each other.
func (s *Session) Distinct(ctx context.Context, tx pgx.Tx, spellings []string) error {
	f := s.finder
	missing := slices.DeleteFunc(f.index.queuesOf(spellings), func(queue int32) bool { return s.held[queue] })
	if len(missing) > 0 {
		if err := f.index.lock(ctx, tx, missing); err != nil {
			return err
		}
	}
	if len(missing) > 0 || time.Since(s.read) > readEvery {
		s.read = time.Now()
		if err := f.Refresh(ctx); err != nil {
			return err
		}
	}
	for _, queue := range missing {
		s.held[queue] = true
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

// Undone says that the transaction went back to a savepoint, and gave up the locks that it had taken since.
func (s *Session) Undone() { clear(s.held) }
