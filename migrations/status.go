package migrations

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// State is the state of a migration in a database.
type State string

// The states of a migration.
const (
	StateApplied State = "applied"
	StatePending State = "pending"
	StateRunning State = "running" // it is being applied or reverted
	StateDirty   State = "dirty"   // it started and may not have completed
	StateUnknown State = "unknown" // it is in the database but not in this program
)

// Status is the state of a database compared with a set of migrations.
type Status struct {
	Database       string   `json:"database"` // name, host and port
	Version        uint     `json:"version"`
	Dirty          bool     `json:"dirty"`  // also while a migration is running
	Latest         uint     `json:"latest"` // the newest version of the set
	Migrations     []Entry  `json:"migrations"`
	InvalidIndexes []string `json:"invalid_indexes"` // left by a failed CREATE INDEX CONCURRENTLY, or still being built
	Running        *Holder  `json:"running"`         // the migration in progress
}

// Entry is one migration of a Status. The name is empty if the state is unknown.
type Entry struct {
	Version uint   `json:"version"`
	Name    string `json:"name"`
	State   State  `json:"state"`
}

// Err returns the *AheadError or *DirtyError that would prevent a migration, or nil.
func (s Status) Err() error {
	switch {
	case s.Version > s.Latest:
		return &AheadError{s.Version, s.Latest}
	case s.Dirty && s.Running == nil:
		return &DirtyError{s.Version}
	}
	return nil
}

// Status returns the state of the database. It takes no lock, does not wait, and changes nothing.
func (r *Runner) Status(ctx context.Context) (Status, error) {
	s := Status{Database: databaseName(r.config), Latest: r.set.Latest(), InvalidIndexes: []string{}}
	conn, err := pgx.ConnectConfig(ctx, r.config)
	if err != nil {
		return s, fmt.Errorf("connect to %s: %w", databaseName(r.config), err)
	}
	defer closeConn(conn)
	s.Version, s.Dirty, err = Version(ctx, conn)
	if err == nil {
		s.Running, err = holder(ctx, conn)
	}
	if err == nil && s.Dirty && s.Running == nil { // the migration may have finished between the two queries
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
		return s, fmt.Errorf("list invalid indexes: %w", err)
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
