package migrations

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// lockKey is the key of the advisory lock that a migration holds while it runs. It must differ from golang-migrate's own
// key (CRC-32, below 2^32).
const lockKey int64 = 0x7265_6769_7374_7279

const lockPoll = 200 * time.Millisecond

// Holder is the session that is migrating a database. Since and Client are nil if our role may not see them.
type Holder struct {
	PID    int32      `json:"pid"`
	Since  *time.Time `json:"since"`
	Client *string    `json:"client"`
}

// String describes the session.
func (h Holder) String() string {
	text := fmt.Sprintf("server process %d", h.PID)
	if h.Client != nil {
		text += " from " + *h.Client
	}
	if h.Since != nil {
		text += " since " + h.Since.UTC().Format(time.RFC3339)
	}
	return text
}

// lock takes the lock, or returns an error after limit. It polls, because golang-migrate's own lock waits in the server
// with an open snapshot, and CREATE INDEX CONCURRENTLY waits for all snapshots: two migrations at once would deadlock.
func lock(ctx context.Context, conn *pgx.Conn, limit time.Duration, waiting func(Holder)) error {
	deadline := time.Now().Add(limit)
	for first := true; ; first = false {
		var locked bool
		if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", lockKey).Scan(&locked); err != nil {
			return fmt.Errorf("lock the migrations: %w", err)
		}
		if locked {
			return nil
		}
		other, err := holder(ctx, conn)
		if err != nil {
			return err
		}
		if first && other != nil && limit > 0 && waiting != nil {
			waiting(*other)
		}
		left := time.Until(deadline)
		if left <= 0 {
			text := "another migration is running"
			if other != nil {
				text += " (" + other.String() + ")"
			}
			return fmt.Errorf("%s and did not finish within %v: %w", text, limit, ErrLockTimeout)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("stopped while waiting for another migration: %w", context.Cause(ctx))
		case <-time.After(min(lockPoll, left)):
		}
	}
}

// holder returns the session that holds the lock, or nil.
func holder(ctx context.Context, conn *pgx.Conn) (*Holder, error) {
	var h Holder
	err := conn.QueryRow(ctx, `
		SELECT l.pid, a.backend_start, host(a.client_addr)
		  FROM pg_locks l
		  LEFT JOIN pg_stat_activity a ON a.pid = l.pid
		 WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
		   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
		   AND (l.classid::bigint << 32 | l.objid::bigint) = $1
		 LIMIT 1`, lockKey).Scan(&h.PID, &h.Since, &h.Client)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find the running migration: %w", err)
	}
	return &h, nil
}
