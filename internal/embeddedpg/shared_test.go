//go:build linux || darwin

package embeddedpg

import (
	"context"
	"path/filepath"
	"testing"
	"time"
)

func TestProcessesShareOneServerAndTheLastOneStopsIt(t *testing.T) {
	t.Parallel()
	o := Options{Dir: newDir(t), Ephemeral: true, Shared: true}
	owners := make([]*owner, 6)
	for n := range owners {
		owners[n] = startOwner(t, o)
	}
	first := owners[0].url(t)
	for _, p := range owners[1:] {
		if url := p.url(t); url != first {
			t.Errorf("one process got %s, another %s", first, url)
		}
	}
	_, err := Start(t.Context(), Options{Dir: o.Dir, Ephemeral: true})
	wantError(t, err, "in use by process")

	l, err := resolve(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	last := owners[len(owners)-1]
	for _, p := range owners[:len(owners)-1] {
		if p == owners[2] {
			p.kill(t)
		} else {
			p.quit(t)
		}
		if got := query(t, first, "SELECT 1"); got != "1" {
			t.Error("the server does not answer while a process uses it")
		}
	}
	last.quit(t)
	if running(l.data()) != nil {
		t.Error("the server runs after the last process left")
	}
}

func TestProcessesThatStartAndStopConcurrentlyAlwaysHaveAServer(t *testing.T) {
	t.Parallel()
	o := Options{Dir: newDir(t), Ephemeral: true, Shared: true}
	var running []*owner
	for range 4 {
		for range 4 {
			running = append(running, startOwner(t, o))
		}
		for _, p := range running[:len(running)-2] {
			if got := query(t, p.url(t), "SELECT 1"); got != "1" {
				t.Error("no server")
			}
			p.quit(t)
		}
		running = running[len(running)-2:]
	}
	for _, p := range running {
		p.quit(t)
	}
}

func TestWaitingForAServerEndsWithTheContext(t *testing.T) {
	t.Parallel()
	dir := newCluster(t, true)
	mustStart(t, Options{Dir: dir, Ephemeral: true})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := Start(ctx, Options{Dir: dir, Ephemeral: true, Shared: true})
	wantError(t, err, filepath.Base(dir), "process", context.DeadlineExceeded.Error())
}
