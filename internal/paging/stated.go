package paging

import (
	"context"

	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Stated is a database whose State is read with the first question that is asked of it, just before that: what was read is at least as new.
// It is for one request.
type Stated struct {
	pg.DB
	State
	read bool
}

// WithState makes one of a database.
func WithState(db pg.DB) *Stated { return &Stated{DB: db} }

// Query sends the first question in one round trip with that for the state.
func (s *Stated) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if s.read {
		return s.DB.Query(ctx, sql, args...)
	}
	s.read = true
	var b pgx.Batch
	b.Queue(readState)
	b.Queue(sql, args...)
	answers := s.DB.SendBatch(ctx, &b)
	err := s.scan(answers.QueryRow())
	if err == nil {
		var rows pgx.Rows
		if rows, err = answers.Query(); err == nil {
			return &lastRows{rows, answers}, nil
		}
	}
	_ = answers.Close() // says the same
	return nil, err
}

// QueryRow reads the state in a round trip of its own if it is the first question.
func (s *Stated) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	if !s.read {
		s.read = true
		if err := s.scan(s.DB.QueryRow(ctx, readState)); err != nil {
			return failedRow{err}
		}
	}
	return s.DB.QueryRow(ctx, sql, args...)
}

// lastRows are those of the last question of a batch, which ends with them.
type lastRows struct {
	pgx.Rows
	of pgx.BatchResults
}

// Close gives the connection back.
func (r *lastRows) Close() {
	r.Rows.Close()
	_ = r.of.Close() // what it could say the rows have said
}

type failedRow struct{ err error }

func (r failedRow) Scan(...any) error { return r.err }
