package api

import (
	"context"
	"sync"
	"time"
)

// pollEvery is how often the head of the log is read while requests wait. A NOTIFY in every write would cost more.
const pollEvery = 200 * time.Millisecond

// follower wakes waiting requests when the log has new entries. One query serves all of them; without any it does not poll.
type follower struct {
	head func(context.Context) (int64, error)

	mu      sync.Mutex
	waiting int
	running bool
	seq     int64
	moved   chan struct{} // closed when seq moves
}

func newFollower(head func(context.Context) (int64, error)) *follower {
	return &follower{head: head, moved: make(chan struct{})}
}

// beyond waits for a log entry after seq and reports true. It reports false if ctx, end, the connection of the client or the service ends first.
func (f *follower) beyond(ctx context.Context, seq int64, end <-chan time.Time) bool {
	f.mu.Lock()
	f.waiting++
	if !f.running {
		f.running, f.seq = true, 0 // the last known head may be from before a restore of the database
		go f.follow()              // #nosec G118 -- it outlives the request, because all requests share it
	}
	defer func() {
		f.mu.Lock()
		f.waiting--
		f.mu.Unlock()
	}()
	for f.seq <= seq {
		moved := f.moved
		f.mu.Unlock()
		select {
		case <-moved:
		case <-end:
			return false
		case <-ctx.Done():
			return false
		case <-gone(ctx):
			return false
		case <-stopping(ctx):
			return false
		}
		f.mu.Lock()
	}
	f.mu.Unlock()
	return true
}

// follow polls the log until no request waits.
func (f *follower) follow() {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		seq, err := f.head(ctx)
		cancel()
		f.mu.Lock()
		if err == nil && seq != f.seq { // the next query of a request reports a database error
			f.seq = seq
			close(f.moved)
			f.moved = make(chan struct{})
		}
		if f.waiting == 0 {
			f.running = false
			f.mu.Unlock()
			return
		}
		f.mu.Unlock()
		time.Sleep(pollEvery)
	}
}
