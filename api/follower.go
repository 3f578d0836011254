package api

import (
	"context"
	"sync"
	"time"
)

// pollEvery is how often the log is looked at while somebody waits for it. A NOTIFY in every write would cost the writers more.
const pollEvery = 200 * time.Millisecond

// follower tells those who wait that the log has grown. One question serves them all, and nobody asks where nobody waits.
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

// beyond waits until the log has an entry after seq and reports true, or false when ctx, the time or the service ends first.
func (f *follower) beyond(ctx context.Context, seq int64, end <-chan time.Time) bool {
	f.mu.Lock()
	f.waiting++
	if !f.running {
		f.running, f.seq = true, 0 // what was known when the last one waited may be of a database before its restore
		go f.follow()
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
		case <-stopping(ctx):
			return false
		}
		f.mu.Lock()
	}
	f.mu.Unlock()
	return true
}

// follow looks at the log until nobody waits.
func (f *follower) follow() {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		seq, err := f.head(ctx)
		cancel()
		f.mu.Lock()
		if err == nil && seq != f.seq { // where the database does not answer, the next one who asks it says so
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
