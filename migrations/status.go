package migrations

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// State says where a migration stands in a database.
type State string

// The states of a migration.
const (
	StateApplied State = "applied"
	StatePending State = "pending"
	StateRunning State = "running" // a migration to or from it is at work
	StateDirty   State = "dirty"   // it began and nobody knows that it ended
	StateUnknown State = "unknown" // the database has it, this program does not
)

// Status is how a database stands to a set of migrations.
type Status struct {
	Database       string   `json:"database"` // name, host and port
	Version        uint     `json:"version"`
	Dirty          bool     `json:"dirty"`  // also while a migration is running
	Latest         uint     `json:"latest"` // the newest version of the set
	Migrations     []Entry  `json:"migrations"`
	InvalidIndexes []string `json:"invalid_indexes"` // left by a CREATE INDEX CONCURRENTLY that failed, or still being built
	Running        *Holder  `json:"running"`         // the migration that is at work now
}

// Entry is one migration of a Status. The name is empty when the state is unknown.
type Entry struct {
	Version uint   `json:"version"`
	Name    string `json:"name"`
	State   State  `json:"state"`
}

// Err is the *AheadError or *DirtyError that would stop a move, nil when nothing is in the way.
func (s Status) Err() error {
	switch {
	case s.Version > s.Latest:
		return &AheadError{s.Version, s.Latest}
	case s.Dirty && s.Running == nil:
		return &DirtyError{s.Version}
	}
	return nil
}

// Status reads; it takes no lock, waits for nobody and changes nothing.
func (r *Runner) Status(ctx context.Context) (Status, error) {
	s := Status{Database: where(r.config), Latest: r.set.Latest(), InvalidIndexes: []string{}}
	conn, err := pgx.ConnectConfig(ctx, r.config)
	if err != nil {
		return s, fmt.Errorf("connect to %s: %w", where(r.config), err)
	}
	defer closeConn(conn)
	s.Version, s.Dirty, err = Version(ctx, conn)
	if err == nil {
		s.Running, err = holder(ctx, conn)
	}
	if err == nil && s.Dirty && s.Running == nil { // it may have ended between the two questions
		s.Version, s.Dirty, err = Version(ctx, conn)
	}
	if err != nil {
		return s, err
	}
	s.Migrations = r.entries(s)
	rows, err := conn.Query(ctx, `
		SELECT i.indexrelid::regclass::text
		  FROM pg_index i
		  JOIN pg_class c ON c.oid = i.indexrelid
		 WHERE NOT i.indisvalid AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace)
		 ORDER BY 1`)
	if err == nil {
		s.InvalidIndexes, err = pgx.AppendRows(s.InvalidIndexes, rows, pgx.RowTo[string])
	}
	if err != nil {
		return s, fmt.Errorf("look for invalid indexes: %w", err)
	}
	return s, nil
}

func (r *Runner) entries(s Status) []Entry {
	list := []Entry{}
	for v := uint(1); v <= max(s.Version, s.Latest); v++ {
		e := Entry{Version: v, State: StateUnknown}
		if v <= s.Latest {
			e.Name, e.State = r.set[v-1].Name, StateApplied
		}
		switch {
		case v > s.Version:
			e.State = StatePending
		case v == s.Version && s.Dirty && s.Running != nil:
			e.State = StateRunning
		case v == s.Version && s.Dirty:
			e.State = StateDirty
		}
		list = append(list, e)
	}
	return list
}
