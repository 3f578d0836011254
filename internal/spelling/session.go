package spelling

import (
	"context"
	"slices"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Session checks the new records of one transaction for duplicates. It takes no lock while it checks: Confirm looks, before
// the commit, at what other transactions have committed in the meantime.
type Session struct {
	finder    *Finder
	refreshed time.Time
	since     int64      // the log position before the first check
	checked   [][]string // the spellings of each record that was checked
}

// refreshInterval is how old the finder's data may become in a session.
const refreshInterval = 100 * time.Millisecond

// Session returns a session for a transaction.
func (f *Finder) Session() *Session { return &Session{finder: f} }

// FindEach is Finder.FindEach for the names of new records: Confirm checks them again.
func (s *Session) FindEach(ctx context.Context, least float64, limit int, each [][]string) ([][]Match, error) {
	if err := s.refresh(ctx); err != nil {
		return nil, err
	}
	s.checked = append(s.checked, each...)
	return s.finder.findEach(ctx, false, least, limit, each)
}

// Distinct returns apperr.Conflict with the candidates if one of the spellings may name an existing record. Records with
// other identifiers than externalIDs are no candidates.
func (s *Session) Distinct(ctx context.Context, tx pgx.Tx, spellings, externalIDs []string) error {
	found, err := s.FindEach(ctx, names.Possible, 20, [][]string{spellings})
	if err != nil {
		return err
	}
	x := s.finder.index
	plausible := slices.DeleteFunc(found[0], func(m Match) bool { return !x.IsPlausible(m) })
	ids := make([]int64, len(plausible))
	for i, m := range plausible {
		ids[i] = m.ID
	}
	others, err := x.Contradicting(ctx, tx, ids, externalIDs)
	if err != nil {
		return err
	}
	plausible = slices.DeleteFunc(plausible, func(m Match) bool { return others[m.ID] })
	if plausible = plausible[:min(len(plausible), maxDuplicates)]; len(plausible) == 0 {
		return nil
	}
	candidates, err := x.Candidates(ctx, tx, plausible)
	if err != nil || len(candidates) == 0 {
		return err
	}
	e := apperr.New(apperr.Conflict, "duplicate_candidates")
	e.Extra = map[string]any{"candidates": candidates}
	return e
}

// maxDuplicates is the number of candidates that a rejected record names.
const maxDuplicates = 10

func (s *Session) refresh(ctx context.Context) error {
	if time.Since(s.refreshed) <= refreshInterval {
		return nil
	}
	first := s.refreshed.IsZero()
	s.refreshed = time.Now()
	head, err := s.finder.refresh(ctx)
	if first {
		s.since = head
	}
	return err
}

// Confirm makes sure that no other transaction has committed a record with one of the checked names since they were checked.
// Otherwise the transaction must run again: the error wraps pg.ErrAgain. Confirm locks the change log, so it must come after
// the last write. So two transactions that create the same record never both commit.
func (s *Session) Confirm(ctx context.Context, tx pgx.Tx) error {
	if len(s.checked) == 0 {
		return nil
	}
	x := s.finder.index
	since := names.NewIndex(x.Organizations)
	var b pgx.Batch
	b.Queue("SELECT registry_lock_log()")
	b.Queue("SELECT n."+x.Owner+", array_agg(n.spelling) FROM changes c JOIN "+x.Table+" n ON n."+x.Owner+" = c.id"+
		" WHERE c.seq > @since AND c.type = @type AND c.is_head AND c.xact <> pg_current_xact_id() GROUP BY n."+x.Owner,
		pg.Args{"since": s.since, "type": x.Records}).Query(func(rows pgx.Rows) error {
		var id int64
		var spellings []string
		_, err := pgx.ForEachRow(rows, []any{&id, &spellings}, func() error {
			since.Set(id, spellings)
			return nil
		})
		return err
	})
	if err := pg.Send(ctx, tx, "confirm that records are new", &b); err != nil || len(since.Owners()) == 0 {
		return err
	}
	least := names.SameWithContext
	if x.Organizations { // nothing but the name counts
		least = names.Duplicate
	}
	for _, spellings := range s.checked {
		if len(FindIn(since.View(false), least, 1, spellings)) > 0 {
			return &apperr.Error{Kind: apperr.Unavailable, Code: "locked", Err: pg.ErrAgain}
		}
	}
	return nil
}
